// All four accounts, decoded from bytes that the program itself has written.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { address, type Address } from "@solana/kit";
import {
  CONSTANTS,
  DEFAULT_KEY,
  exchangeAddress,
  findEvent,
  findExpiry,
  findSeries,
  getCollateralCodec,
  getExchangeCodec,
  getHistoryDecoder,
  getMarginAccountCodec,
  getUnderlyingCodec,
  listedSeries,
  marginAccountAddress,
  marketMetas,
  marketsOf,
  PlimsollFailure,
  positionsOf,
  sizeOf,
  symbolOf,
  UNDERLYING_SIZE,
  units,
  vaultAddress,
} from "../src";
import { LIQUIDATION, NOW, oracle, PARAMS, TestWorld } from "./world";

let world: TestWorld;
let expiry: number;
let call: number;
let put: number;
const EXPIRY = NOW + 7n * 86_400n;
type Actor = Awaited<ReturnType<TestWorld["actor"]>>;
let writer: Actor;
let buyer: Actor;

const trade = (series: number, size: string, price: string) =>
  world.admin.trade({
    underlying: world.underlying,
    series,
    sizeE6: units.contracts(size),
    priceE9: units.price(price),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  });

before(async () => {
  world = await TestWorld.create();
  const { admin, underlying, wallet } = world;
  await world.price("140");
  expiry = await admin.listExpiry(underlying, EXPIRY);
  const terms = { forwardRatioQ40: units.q40("1.001"), rateE9: units.ratio("0.05"), confidenceE9: units.ratio("0.9") };
  const surface = { expiry, ...units.flatSvi("0.7"), ...terms };
  await admin.updateVolatility(underlying, wallet, surface);
  const strikes = [
    { expiry, isPut: false, strikeE9: units.price("150") },
    { expiry, isPut: true, strikeE9: units.price("130") },
  ];
  [call = -1, put = -1] = await admin.listManySeries(underlying, strikes);
  [writer, buyer] = [await world.actor("1000", "10"), await world.actor("1000")];
  await trade(put, "2", "1.5");
  await trade(call, "10", "3");
});

/** Data as the program wrote it, and what encoding the decoded account gives. */
async function bothWays<T>(
  account: Address,
  codec: { decode: (data: Uint8Array) => T; encode: (value: T) => unknown; fixedSize: number },
) {
  const found = await world.admin.chain.fetchAccount(account);
  assert.ok(found.exists);
  const data = new Uint8Array(found.data);
  assert.equal(data.length, codec.fixedSize, "size");
  const decoded = codec.decode(data);
  assert.deepEqual(new Uint8Array(codec.encode(decoded) as Uint8Array), data, "encoded again");
  return decoded;
}

test("exchange", async () => {
  const { admin, wallet, usdc } = world;
  const exchange = await bothWays(admin.exchange, getExchangeCodec());
  assert.equal(exchange.version, 1);
  assert.equal(exchange.creator, wallet.address);
  assert.equal(exchange.admin, wallet.address);
  assert.equal(exchange.pendingAdmin, DEFAULT_KEY);
  assert.equal(exchange.quoteMint, usdc);
  assert.equal(exchange.quoteVault, await vaultAddress(admin.exchange, usdc));
  assert.equal(exchange.feeCapE9, 125_000_000n);
  assert.deepEqual(exchange.liquidation, LIQUIDATION);
  assert.equal(exchange.stable.indexE9, 1_000_000_000n);
  assert.equal(exchange.stable.maxAgeSecs, 60n);
  assert.equal(exchange.reserved.length, 23);
});

test("collateral", async () => {
  const collateral = await bothWays(world.collateral, getCollateralCodec());
  assert.equal(collateral.decimals, 9);
  assert.equal(collateral.mint, world.sol);
  assert.equal(collateral.price.indexE9, units.price("140"));
  assert.equal(collateral.haircutMaintenanceE9, 100_000_000n);
  assert.equal(collateral.totalDepositsAtoms, units.tokens("10", 9));
});

test("underlying, at its very end too", async () => {
  const { admin } = world;
  const underlying = await bothWays(world.underlying, getUnderlyingCodec());
  assert.equal(UNDERLYING_SIZE, 35_504n);
  assert.equal(symbolOf(underlying), "SOL");
  assert.deepEqual(underlying.params, PARAMS);
  assert.equal(underlying.expiries.length, CONSTANTS.MAX_EXPIRIES);
  assert.equal(underlying.series.length, CONSTANTS.MAX_SERIES);
  assert.equal(findExpiry(underlying, EXPIRY), expiry);
  assert.equal(findExpiry(underlying, EXPIRY + 60n), undefined);
  assert.equal(underlying.expiries[expiry]?.rateE9, 50_000_000n);
  assert.equal(underlying.expiries[expiry]?.volUpdatedAt, NOW);
  const wanted = { expiry, isPut: true, strikeE9: units.price("130") };
  assert.equal(findSeries(underlying, wanted), put);
  assert.equal(findSeries(underlying, { ...wanted, isPut: false }), undefined);
  assert.deepEqual(
    listedSeries(underlying).map(({ number, kind, longE6, shortE6 }) => [number, kind, longE6, shortE6]),
    [
      [call, 0, 10_000_000n, 10_000_000n],
      [put, 1, 2_000_000n, 2_000_000n],
    ],
  );
  // 140 · 0.0003 = 0.042 per contract, 12 contracts, two sides
  assert.equal(underlying.feesAtoms, units.usd("1.008"));
  const last = underlying.series.at(-1);
  assert.deepEqual([last?.status, last?.strikeE9], [0, 0n]);
  assert.equal((await admin.fetchUnderlying(world.underlying)).seriesUsed, 2);
});

test("margin account: positions sorted, collateral, cash to the atom", async () => {
  const account = await bothWays(writer.account, getMarginAccountCodec());
  assert.equal(account.owner, writer.owner.address);
  assert.equal(account.mode, 1);
  assert.deepEqual(
    positionsOf(account).map(({ series, sizeE6 }) => [series, sizeE6]),
    [
      [call, -10_000_000n],
      [put, -2_000_000n],
    ],
  );
  assert.equal(sizeOf(account, world.underlying, call), units.contracts("-10"));
  assert.equal(sizeOf(account, world.underlying, 99), 0n);
  assert.equal(account.cashAtoms, units.usd("1032.496")); // 1000 + 33 − 12 · 0.042
  assert.equal(account.collaterals[0]?.balanceAtoms, units.tokens("10", 9));
});

test("an instruction gets every market of its accounts, each once, and none it names already", async () => {
  const accounts = await Promise.all([writer, buyer].map(({ account }) => world.admin.fetchMarginAccount(account)));
  assert.deepEqual(marketsOf(accounts), [world.underlying, world.collateral]);
  assert.deepEqual(marketMetas(accounts, [world.underlying]), [{ address: world.collateral, role: 0 }]);
});

test("addresses follow from their seeds", async () => {
  const { admin, wallet } = world;
  assert.equal(await exchangeAddress(wallet.address), admin.exchange);
  assert.equal(await marginAccountAddress(admin.exchange, writer.owner.address, 0), writer.account);
  assert.notEqual(await marginAccountAddress(admin.exchange, writer.owner.address, 1), writer.account);
  // Known ones, so that a change of seeds is noticed: those of every local network.
  const known = await exchangeAddress(address("CBebMyxXHJCvbzLpJNBmZVKkgjrKUFGVpWfgGyfAwN5W"));
  assert.equal(known, "3G8qTdgMXaeNDmNgkXTdGKBtWdPDYgHmPfNVHCWTCYCP");
});

test("health is the program's: E = cash + collateral + mark, IM ≤ MM ≤ E", async () => {
  const report = await world.admin.checkHealth(writer.account);
  assert.equal(report.equityAtoms, report.cashAtoms + report.collateralAtoms + report.markAtoms);
  assert.equal(report.collateralAtoms, units.usd("1400"));
  assert.ok(report.initialAtoms < report.maintenanceAtoms && report.maintenanceAtoms < report.equityAtoms);
  assert.equal(report.isCalm, true);
  assert.deepEqual(report.worst.__option === "Some" ? report.worst.value.series : undefined, call);
});

test("events carry what happened, in order", async () => {
  const { events, computeUnits } = await trade(call, "1", "3");
  assert.deepEqual(
    events.map(({ name }) => name),
    ["Traded"],
  );
  const traded = findEvent(events, "Traded");
  assert.equal(traded?.taker, buyer.account);
  assert.equal(traded?.premiumAtoms, -units.usd("3"));
  assert.equal(traded?.indexE9, units.price("140"));
  assert.ok(computeUnits > 0n && computeUnits < 200_000n, `${computeUnits} units`);
});

test("every method of an admin reaches the program", async () => {
  const { admin, underlying, collateral, wallet } = world;
  const { guardian, feeRecipient, feeRateE9, feeCapE9, liquidation } = await admin.fetchExchange();
  const names: string[] = [];
  const note = async (receipt: Promise<{ events: { name: string }[] }>) =>
    names.push(...(await receipt).events.map(({ name }) => name));
  await note(admin.setExchange({ guardian, feeRecipient, feeRateE9: feeRateE9 + 1n, feeCapE9, liquidation }));
  assert.equal((await admin.fetchExchange()).feeRateE9, feeRateE9 + 1n);
  await note(
    admin.setCollateral(collateral, {
      haircutInitialE9: units.ratio("0.3"),
      haircutMaintenanceE9: units.ratio("0.1"),
      depositCapAtoms: 1n,
      underlying: DEFAULT_KEY,
    }),
  );
  const authorities = { publishers: [writer.owner.address, wallet.address], forecastAuthority: buyer.owner.address };
  await note(admin.setUnderlying(underlying, { ...PARAMS, maxOpenInterestE6: 1n }, authorities));
  await note(admin.setForecast(underlying, buyer.owner, { factorE9: units.ratio("1.2"), lifetimeSecs: 3_600n }));
  await note(admin.sampleVolatility(underlying));
  const history = await admin.createHistory(underlying);
  const moves = ["-0.3", "0.2"].map((part) => ({ returnE9: units.ratio(part), volChangeE9: units.ratio("0.5") }));
  await note(admin.setHistory(underlying, 0, moves));
  const found = await admin.chain.fetchAccount(history);
  assert.ok(found.exists);
  const stored = getHistoryDecoder().decode(found.data);
  assert.deepEqual(
    stored.moves.slice(0, stored.count).map(({ returnE9 }) => returnE9),
    [-300_000_000n, 200_000_000n],
  );
  await note(admin.setDelegate(writer.owner, writer.account, wallet.address));
  await note(admin.pause(1n, 60n));
  await assert.rejects(world.actor("1"), (error: PlimsollFailure) => error.is("Paused"));
  await note(admin.pause(0n, 0n));
  await note(admin.nominateAdmin(wallet.address));
  await note(admin.acceptAdmin());
  await note(admin.setStableOracle({ ...oracle((await stableSources()) ?? []), maxAgeSecs: 59n }));
  assert.deepEqual(names, [
    "ExchangeChanged",
    "CollateralChanged",
    "UnderlyingChanged",
    "ForecastSet",
    "VolatilitySampled",
    "HistorySet",
    "DelegateChanged",
    "PauseChanged",
    "PauseChanged",
    "AdminNominated",
    "AdminChanged",
    "OracleChanged",
  ]);
  assert.equal((await admin.fetchExchange()).stable.maxAgeSecs, 59n);
});

const stableSources = async () => {
  const [source] = (await world.admin.fetchExchange()).stable.sources;
  return source ? [{ kind: 1, key: source.key }] : undefined;
};

test("what does not exist is named", async () => {
  const nobody = await marginAccountAddress(world.admin.exchange, world.usdc, 7);
  await assert.rejects(
    world.admin.fetchMarginAccount(nobody),
    /^PlimsollFailure: Margin account .* does not exist: create it first/,
  );
});
