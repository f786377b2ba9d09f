// The insurance fund through @plimsoll/client: stake in, stake out, and an insolvent account that it pays for.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { findEvent, AccountState, PlimsollInsurance, units } from "@plimsoll/client";
import { assertRefused, Scene, type Actor } from "./scene";

let scene: Scene;
let insurance: PlimsollInsurance;
let staker: Actor;

before(async () => {
  scene = await Scene.open();
  insurance = new PlimsollInsurance(scene.chain, scene.admin.exchange);
  await scene.calm("140.61593700");
  staker = await scene.actor("5000");
});

test("stake buys shares, and waits a week before it may leave", async () => {
  const before = await insurance.fetchFund();
  assert.equal(before.cooldownSecs, 604_800n);
  await scene.admin.withdraw({ authority: staker.owner, marginAccount: staker.account, amount: units.usd("4000") });
  const staked = findEvent((await insurance.stake(staker.owner, units.usd("2500"))).events, "Staked");
  assert.equal(staked?.fundAtoms, before.cashAtoms + units.usd("2500"));
  await insurance.stake(staker.owner, units.usd("1000"));
  const { shares } = await insurance.fetchStake(staker.owner.address);
  assert.ok(staked && shares > staked.shares);
  const asked = findEvent((await insurance.requestUnstake(staker.owner, shares)).events, "UnstakeRequested");
  assert.ok(asked && asked.leavesAt > 0n);
  await assertRefused("StakeNotReady", () => insurance.unstake(staker.owner));
  await insurance.requestUnstake(staker.owner, 0n);
  assert.equal((await insurance.fetchStake(staker.owner.address)).leavingShares, 0n);
});

test("a gap leaves a writer insolvent, and the fund pays who takes him over", async () => {
  const { admin } = scene;
  const market = await scene.listCall(7n, "150");
  const [writer, buyer, taker] = [await scene.actor("1500"), await scene.actor("1000"), await scene.actor("6000")];
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
  const request = { taker: taker.account, authority: taker.owner, liquidatee: writer.account };
  await assertRefused("NotLiquidatable", () => insurance.takeOver(request));
  await scene.movePrice("190");
  assert.equal((await admin.checkHealth(writer.account)).state, AccountState.Bankrupt);
  const fund = await insurance.fetchFund();
  const tooMuch = { ...request, minSupportAtoms: units.usd("100000") };
  await assertRefused("SupportTooSmall", () => insurance.takeOver(tooMuch));
  const told = findEvent((await insurance.takeOver(request)).events, "AccountTakenOver");
  assert.ok(told && told.supportAtoms > 0n && told.supportAtoms <= -told.equityBeforeAtoms);
  assert.equal((await insurance.fetchFund()).cashAtoms, fund.cashAtoms - told.supportAtoms);
  assert.equal((await admin.fetchMarginAccount(writer.account)).cashAtoms, 0n);
});
