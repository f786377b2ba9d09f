// Portfolio margin on a local network: a calendar spread in portfolio and in cross mode. Scenarios see that the later call
// pays for the earlier one; charges per short do not.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  collateralAddress,
  greeksInUsd,
  MarginMode,
  partOf,
  scenariosOf,
  takesPortfolios,
  units,
  worstInWords,
  type HealthReport,
} from "@plimsoll/client";
import { addresses } from "./network";
import { assertRefused, Scene, type Actor, type Market } from "./scene";

let scene: Scene;
let near: Market;
let far: Market;
let maker: Actor;
let portfolio: Actor;
let cross: Actor;

const trade = (taker: Actor, market: Market, size: string, price: string) =>
  scene.admin.trade({
    underlying: scene.underlying,
    series: market.call,
    sizeE6: units.contracts(size),
    priceE9: units.price(price),
    taker: taker.account,
    takerAuthority: taker.owner,
    maker: maker.account,
    makerAuthority: maker.owner,
  });

/** What an account has to keep, whatever it is worth. */
const required = ({ equityAtoms, initialAtoms }: HealthReport): bigint => equityAtoms - initialAtoms;

before(async () => {
  scene = await Scene.open();
  await scene.calm("140.61593700");
  near = await scene.listCall(8n, "150");
  far = await scene.listCall(15n, "150");
  maker = await scene.actor("50000");
  portfolio = await scene.actor("2000", MarginMode.Portfolio);
  cross = await scene.actor("2000");
});

test("the parameter file opens every underlying to portfolio accounts", async () => {
  const underlying = await scene.admin.fetchUnderlying(scene.underlying);
  assert.equal(takesPortfolios(underlying), true);
  assert.equal(scenariosOf(underlying).length, 29);
  const collateral = await collateralAddress(scene.admin.exchange, addresses.assets.SOL.mint);
  const bound = (await scene.admin.fetchCollateral(collateral)).underlying;
  assert.equal(bound, scene.underlying, "SOL collateral moves with SOL");
});

test("the same spread needs less in portfolio mode than in cross mode", async () => {
  for (const actor of [portfolio, cross]) {
    await trade(actor, far, "50", "6");
    await trade(actor, near, "-50", "3.5");
  }
  const { admin } = scene;
  const [scanned, charged] = [await admin.checkHealth(portfolio.account), await admin.checkHealth(cross.account)];
  assert.ok(scanned.maintenanceAtoms < scanned.equityAtoms, "something is required");
  assert.ok(required(scanned) < required(charged), `${required(scanned)} < ${required(charged)}`);
});

test("the report names Greeks in USD and the worst scenario", async () => {
  const { admin, underlying } = scene;
  const report = await admin.checkHealth(portfolio.account);
  const part = partOf(report, await admin.fetchMarginAccount(portfolio.account), underlying);
  assert.ok(part?.scenarios.__option === "Some");
  const { worst, worstAtoms, minSpanAtoms } = part.scenarios.value;
  assert.ok(worstAtoms < 0n && minSpanAtoms <= worstAtoms, `${minSpanAtoms} ≤ ${worstAtoms} < 0`);
  const words = worstInWords(worst, scenariosOf(await admin.fetchUnderlying(underlying)));
  assert.match(words, /^(spot .+, volatility (up|down|unchanged)|smile (tilts|bends))/);
  const { vega } = greeksInUsd(report.greeks);
  assert.ok(Number(vega) > 0, `the later call has more vega: ${vega}`);
  const { underlyings } = await admin.checkHealth(cross.account);
  assert.deepEqual(
    underlyings.map(({ scenarios }) => scenarios.__option),
    ["None"],
    "cross margin has no scenarios",
  );
});

test("so portfolio mode lets money go that cross mode keeps, and keeps what is left for the short call alone", async () => {
  const withdraw = ({ owner, account }: Actor) =>
    scene.admin.withdraw({ authority: owner, marginAccount: account, amount: units.usd("1200") });
  await assertRefused("InitialMargin", () => withdraw(cross));
  await withdraw(portfolio);
  await assertRefused("InitialMargin", () => trade(portfolio, far, "-50", "6"));
});
