// Risk arrays on a local network: a keeper refreshes what a book holds, and its margin is bounded from below, near what it is
// in full, until the price has moved or the arrays are old. Nothing passes or fails by them. What they save is measured where
// books are large enough to save something: tests/budgets.json.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  DEFAULT_KEY,
  findEvent,
  MarginMode,
  missedArrays,
  positionsOf,
  units,
  type MarginBoundReport,
} from "@plimsoll/client";
import type { Address } from "@solana/kit";
import { chainTime } from "./network";
import { assertRefused, Scene, type Actor } from "./scene";

const PRICE = "140.61593700";
const STRIKES = ["120", "130", "140", "160"];
/** How far below this book's margin a bound may lie after a refresh, most of it for the ends of the price range. */
const CLOSE = units.usd("1");

let scene: Scene;
let maker: Actor;
let writer: Actor;
let cache: Address;

/** Two expiries with a call and a put at each strike; shorts in the first, fewer longs in the second. */
async function openBook(): Promise<void> {
  const { admin, underlying } = scene;
  for (const { days, size } of [
    { days: 9n, size: "-2" },
    { days: 16n, size: "1.5" },
  ]) {
    const { expiry } = await scene.listCall(days, "150");
    const wanted = STRIKES.flatMap((strike) =>
      [false, true].map((isPut) => ({ expiry, isPut, strikeE9: units.price(strike) })),
    );
    for (const series of await admin.listManySeries(underlying, wanted)) await trade(series, size);
  }
}

const trade = (series: number, size: string, caches: readonly Address[] = []) =>
  scene.admin.trade(
    {
      underlying: scene.underlying,
      series,
      sizeE6: units.contracts(size),
      priceE9: units.price("6"),
      taker: writer.account,
      takerAuthority: writer.owner,
      maker: maker.account,
      makerAuthority: maker.owner,
    },
    { caches },
  );

const withdraw = (amount: bigint, caches: readonly Address[]) =>
  scene.admin.withdraw({ authority: writer.owner, marginAccount: writer.account, amount }, { caches });

const inFull = () => scene.admin.checkMargin(writer.account);
const withCache = () => scene.admin.checkMargin(writer.account, { caches: [cache] });
const withoutArray = () => scene.admin.seriesWithoutArray({ cache, marginAccounts: [writer.account] });
const refresh = () => scene.admin.refreshHeldSeries({ cache, marginAccounts: [writer.account, maker.account] });

/** The bound, and the margin in full before and after it: the clock goes on between two looks. */
async function bracketed(): Promise<{ bound: MarginBoundReport; full: MarginBoundReport[] }> {
  const earlier = await inFull();
  const bound = await withCache();
  return { bound, full: [earlier, await inFull()] };
}

async function assertMissed(reason: string): Promise<void> {
  const report = await withCache();
  assert.equal(report.isBound, false);
  assert.deepEqual(missedArrays(report), [{ slot: 0, reason }]);
}

before(async () => {
  scene = await Scene.open();
  await scene.calm(PRICE);
  maker = await scene.actor("50000", MarginMode.Portfolio);
  writer = await scene.actor("5000", MarginMode.Portfolio);
  await openBook();
  await scene.movePrice(PRICE);
});

test("anyone creates a cache, which knows of no series yet", async () => {
  const created = await scene.admin.createRiskCache(scene.underlying);
  cache = created.cache;
  const event = findEvent(created.events, "RiskCacheCreated");
  assert.deepEqual(event, { underlying: scene.underlying, cache, refresher: DEFAULT_KEY });
  const held = positionsOf(await scene.admin.fetchMarginAccount(writer.account)).map(({ series }) => series);
  const missing = await withoutArray();
  assert.deepEqual(new Set(missing.map(({ series }) => series)), new Set(held));
  assert.ok(missing.every(({ reason }) => reason === "NoArray"));
  await assertMissed("NoArray");
});

test("one transaction refreshes every series that the accounts hold", async () => {
  const refreshed = (await refresh())?.events.flatMap((event) =>
    event.name === "SeriesRefreshed" ? [event.data] : [],
  );
  assert.deepEqual(
    refreshed?.map(({ count }) => count),
    [8, 8],
    "by expiry",
  );
  assert.deepEqual(await withoutArray(), []);
  const stranger = await scene.actor("100", MarginMode.Portfolio);
  assert.equal(await scene.admin.refreshHeldSeries({ cache, marginAccounts: [stranger.account] }), undefined);
});

test("the bound is below the margin and near it", async () => {
  const { bound, full } = await bracketed();
  assert.equal(bound.isBound, true);
  assert.deepEqual(missedArrays(bound), []);
  for (const balance of ["equityAtoms", "initialAtoms", "maintenanceAtoms"] as const) {
    const [low, high] = [bound[balance], full.map((report) => report[balance])];
    const most = high.reduce((one, other) => (one > other ? one : other));
    assert.ok(low <= most && most - low < CLOSE, `${balance}: ${low} ≤ ${high.join(", ")}`);
  }
  const [cached, valued] = [
    await scene.admin.measureMargin(writer.account, { caches: [cache] }),
    await scene.admin.measureMargin(writer.account),
  ];
  assert.ok(cached.computeUnits > 0n && valued.computeUnits > 0n, "both are measured");
  assert.notEqual(cached.computeUnits, valued.computeUnits, "one is from arrays");
  const health = await scene.admin.checkHealth(writer.account);
  assert.ok(health.initialAtoms - bound.initialAtoms < CLOSE, "check_health and check_margin say the same");
});

test("withdrawals and trades pass or fail with the cache as without", async () => {
  const { initialAtoms } = await inFull();
  assert.ok(initialAtoms > units.usd("100"), `${initialAtoms}`);
  const [first] = positionsOf(await scene.admin.fetchMarginAccount(writer.account));
  assert.ok(first);
  for (const caches of [[], [cache]]) {
    await assertRefused("InitialMargin", () => withdraw(initialAtoms + units.usd("10"), caches));
    await assertRefused("InitialMargin", () => trade(first.series, "-500", caches));
    await withdraw(units.usd("10"), caches);
    await trade(first.series, "-0.1", caches);
  }
});

test("a least initial margin is decided in full, not by the bound", async () => {
  const { admin } = scene;
  // A move inside the band: the bound holds, and is far enough below for the clock not to matter.
  await scene.movePrice("141.3");
  const { bound, full } = await bracketed();
  const [least] = full.map(({ initialAtoms }) => initialAtoms - units.usd("0.1"));
  assert.ok(least !== undefined && bound.isBound && bound.initialAtoms < least, `${bound.initialAtoms} < ${least}`);
  const caches = [cache];
  const report = await admin.checkMargin(writer.account, { caches, leastInitialAtoms: least });
  assert.equal(report.isBound, false, "valued in full");
  await admin.chain.send([await admin.checkMarginInstruction(writer.account, { caches, leastInitialAtoms: least })]);
  await assertRefused("InitialMargin", () =>
    admin.checkMargin(writer.account, { caches, leastInitialAtoms: least + units.usd("1") }),
  );
});

test("a price that has left the band is valued in full, and back inside the arrays serve again", async () => {
  await scene.movePrice("143.5");
  await assertMissed("PriceMoved");
  assert.deepEqual(await withoutArray(), [], "no array is at fault");
  await scene.movePrice(PRICE);
  assert.equal((await withCache()).isBound, true);
});

test("arrays that are old are not used until they are refreshed", async () => {
  await scene.travel((await chainTime()) + 301n, PRICE);
  await assertMissed("Old");
  const missing = await withoutArray();
  assert.equal(missing.length, 16);
  assert.ok(missing.every(({ reason }) => reason === "Old"));
  await refresh();
  assert.deepEqual(await withoutArray(), []);
  assert.equal((await withCache()).isBound, true);
});
