// The backstop through @plimsoll/client: stake in, an account that it takes for a caller without money, stake out.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AccountState, findEvent, PlimsollBackstop, units } from "@plimsoll/client";
import { assertRefused, Scene, type Actor } from "./scene";

let scene: Scene;
let backstop: PlimsollBackstop;
let staker: Actor;

before(async () => {
  scene = await Scene.open();
  backstop = new PlimsollBackstop(scene.chain, scene.admin.exchange);
  await scene.calm("140.61593700");
  staker = await scene.actor("30000");
});

test("stake buys shares, and waits a week before it may leave", async () => {
  await scene.admin.withdraw({ authority: staker.owner, marginAccount: staker.account, amount: units.usd("29000") });
  const before = await scene.admin.fetchMarginAccount(await backstop.bookAddress());
  const told = findEvent((await backstop.stake(staker.owner, units.usd("20000"))).events, "BackstopDeposited");
  assert.ok(told && told.shares > 0n && told.equityAtoms === before.cashAtoms);
  await backstop.stake(staker.owner, units.usd("5000"));
  const { shares } = await backstop.fetchStake(staker.owner.address);
  assert.ok(shares > told.shares);
  const asked = findEvent((await backstop.requestLeave(staker.owner, shares)).events, "BackstopLeaveRequested");
  assert.ok(asked && asked.leavesAt > 0n);
  await assertRefused("StakeNotReady", () => backstop.leave(staker.owner, shares));
  await backstop.requestLeave(staker.owner, 0n);
});

test("a gap leaves a writer in breach, and a caller without money gives him to the backstop", async () => {
  const { admin } = scene;
  const market = await scene.listCall(7n, "150");
  const [writer, buyer, caller] = [await scene.actor("1500"), await scene.actor("1000"), await scene.actor("1")];
  await admin.trade({
    underlying: scene.underlying,
    series: market.call,
    sizeE6: units.contracts("60"),
    priceE9: units.price("3.1"),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  });
  const request = { caller: caller.account, authority: caller.owner, liquidatee: writer.account };
  await assertRefused("NotLiquidatable", () => backstop.liquidateToBackstop(request));
  await scene.movePrice("170");
  assert.equal((await admin.checkHealth(writer.account)).state, AccountState.Liquidatable);
  await assertRefused("BackstopNotOpen", () => backstop.liquidateToBackstop(request));
  const { terms } = await backstop.fetchBackstop();
  await admin.setBackstop({ ...terms, opensSecs: 0n });
  await assertRefused("RewardTooSmall", () => backstop.liquidateToBackstop({ ...request, minRewardAtoms: units.usd("1000") }));
  const cash = (await admin.fetchMarginAccount(caller.account)).cashAtoms;
  const { events } = await backstop.liquidateToBackstop(request);
  const [told, sold] = [findEvent(events, "BackstopTook"), findEvent(events, "AccountLiquidated")];
  assert.ok(told && sold && told.partAtoms > 0n && told.partAtoms <= (sold.bonusAtoms - sold.feeAtoms) / 5n);
  const reward = told.partAtoms + told.bountyAtoms;
  assert.equal((await admin.fetchMarginAccount(caller.account)).cashAtoms, cash + reward);
  const book = await admin.fetchMarginAccount(await backstop.bookAddress());
  assert.equal(book.cashAtoms, told.cashAtoms);
  assert.ok(book.positionCount > 0);
  await admin.setBackstop(terms);
  // It holds calls and no collateral: nothing of that is for sale.
  const purchase = { buyer: buyer.account, authority: buyer.owner, collateral: scene.underlying };
  await assertRefused("MarketMissing", () => backstop.buyBackstopCollateral(purchase));
});
