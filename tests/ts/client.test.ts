// An option's life through @plimsoll/client: written, called, liquidated, settled on the average, withdrawn.
// The laws are checked after every transaction, by the chain the client sends through.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AccountState, findEvent, sizeOf, units } from "@plimsoll/client";
import { tokenAccountOf } from "@plimsoll/client";
import { balance } from "./laws";
import { assertRefused, Scene, type Actor, type Market } from "./scene";

let scene: Scene;
let market: Market;
let writer: Actor;
let buyer: Actor;
let liquidator: Actor;

const trade = (taker: Actor, maker: Actor, size: string, takerAuthority = taker.owner) =>
  scene.admin.trade({
    underlying: scene.underlying,
    series: market.call,
    sizeE6: units.contracts(size),
    priceE9: units.price("3.1"),
    taker: taker.account,
    takerAuthority,
    maker: maker.account,
    makerAuthority: maker.owner,
  });

before(async () => {
  scene = await Scene.open();
  await scene.calm("140.61593700");
  market = await scene.listCall(7n, "150");
  [writer, buyer, liquidator] = [await scene.actor("2800"), await scene.actor("2000"), await scene.actor("3000")];
});

test("a writer sells calls: both sides sign, the premium changes hands", async () => {
  const { events } = await trade(buyer, writer, "100");
  await trade(liquidator, writer, "20");
  const traded = findEvent(events, "Traded");
  assert.equal(traded?.premiumAtoms, -units.usd("310"));
  assert.equal(
    sizeOf(await scene.admin.fetchMarginAccount(writer.account), scene.underlying, market.call),
    units.contracts("-120"),
  );
  assert.equal((await scene.admin.checkHealth(writer.account)).state, AccountState.Healthy);
});

test("what must not be is refused in words", async () => {
  const { admin } = scene;
  await assertRefused("InitialMargin", () => trade(buyer, writer, "200"));
  await assertRefused("Unauthorized", () => trade(buyer, writer, "1", liquidator.owner));
  await assertRefused("InitialMargin", () =>
    admin.withdraw({ authority: writer.owner, marginAccount: writer.account, amount: units.usd("2500") }),
  );
  await assertRefused("InsufficientBalance", () =>
    admin.withdraw({ authority: writer.owner, marginAccount: writer.account, amount: units.usd("25000") }),
  );
  await assertRefused("NoMarginCall", () => admin.callMargin(writer.account));
  await assertRefused("NothingToFlag", () => admin.flagAccount(buyer.account));
  await assertRefused("NotLiquidatable", () =>
    admin.liquidate({ liquidator: liquidator.account, authority: liquidator.owner, liquidatee: writer.account }),
  );
  await assertRefused("NotExpired", () => admin.settleExpiry(scene.underlying, market.expiry));
});

test("a higher price restricts the writer, and anyone records the margin call", async () => {
  await scene.movePrice("154");
  const report = await scene.admin.checkHealth(writer.account);
  assert.equal(report.state, AccountState.Restricted);
  const called = findEvent((await scene.admin.callMargin(writer.account)).events, "MarginCalled");
  assert.equal(called?.account, writer.account);
  assert.ok(called && called.initialAtoms < 0n && called.maintenanceAtoms > 0n);
  await assertRefused("InitialMargin", () => trade(buyer, writer, "1"));
});

test("below HF 1 a liquidator takes a slice, is paid the discount, and the account recovers", async () => {
  const { admin } = scene;
  await scene.movePrice("164");
  const before = await admin.checkHealth(writer.account);
  assert.equal(before.state, AccountState.Liquidatable);
  assert.ok(before.healthFactorE9 < units.ONE_E9);
  const seen = findEvent((await admin.flagAccount(writer.account)).events, "BreachSeen");
  assert.deepEqual([seen?.account, seen?.elapsedSecs, seen?.discountE9], [writer.account, 0n, units.ratio("0.98")]);
  const worthBefore = (await admin.checkHealth(liquidator.account)).equityAtoms;
  const { events } = await admin.liquidate({
    liquidator: liquidator.account,
    authority: liquidator.owner,
    liquidatee: writer.account,
  });
  const done = findEvent(events, "AccountLiquidated");
  assert.ok(done && done.fractionE9 > 0n && done.fractionE9 < units.ONE_E9, "a part");
  assert.ok(done.discountE9 <= units.ratio("0.98") && done.lagSecs >= 0n && done.keptAtoms === 0n);
  assert.ok(done.bonusAtoms > 0n, "a bonus");
  const after = await admin.checkHealth(writer.account);
  assert.ok(
    after.healthFactorE9 >= units.ONE_E9 && after.healthFactorE9 <= units.ratio("1.1001"),
    `HF ${after.healthFactorE9}`,
  );
  const gain = (await admin.checkHealth(liquidator.account)).equityAtoms - worthBefore;
  // Both valuations are some seconds apart, so the marks have moved a little.
  assert.ok(gain > 0n && gain < done.bonusAtoms * 2n, `gain ${gain}, bonus ${done.bonusAtoms}`);
  await assertRefused("NotLiquidatable", () =>
    admin.liquidate({ liquidator: liquidator.account, authority: liquidator.owner, liquidatee: writer.account }),
  );
});

test("the average of the last half hour settles the expiry", async () => {
  const { admin, underlying } = scene;
  for (let minute = 17n; minute >= 1n; minute -= 1n) await scene.travel(market.expiryTs - minute * 60n, "162");
  await scene.travel(market.expiryTs + 1n, "500");
  const settled = findEvent((await admin.settleExpiry(underlying, market.expiry)).events, "ExpirySettled");
  assert.equal(settled?.isFallback, false);
  assert.equal(settled?.settlementE9, units.price("162"), "the price after the expiry counts for nothing");
  for (const { account } of [writer, buyer, liquidator]) await admin.settleAccount(underlying, account);
  await assertRefused("NothingToSettle", () => admin.settleAccount(underlying, buyer.account));
});

test("everybody withdraws, the slots are freed, the accounts close", async () => {
  const { admin, chain, underlying } = scene;
  const { quoteMint } = await admin.fetchExchange();
  for (const { owner, account } of [writer, buyer, liquidator]) {
    const { cashAtoms } = await admin.fetchMarginAccount(account);
    await admin.withdraw({ authority: owner, marginAccount: account, amount: cashAtoms });
    assert.equal(await balance(chain, await tokenAccountOf(owner.address, quoteMint)), cashAtoms);
    await admin.closeAccount(owner, account);
  }
  await admin.removeExpiry(underlying, market.expiry);
});
