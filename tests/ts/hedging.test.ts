// A hedge through @plimsoll/client: a writer in breach buys a part of his calls back from a provider, and is in breach no more.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AccountState, findEvent, PlimsollHedging, sizeOf, units } from "@plimsoll/client";
import { chainTime } from "./network";
import { assertRefused, Scene, type Actor, type Market } from "./scene";

let scene: Scene;
let client: PlimsollHedging;
let market: Market;
let writer: Actor;
let provider: Actor;

before(async () => {
  scene = await Scene.open();
  client = new PlimsollHedging(scene.chain, scene.admin.exchange);
  await scene.calm("140.61593700");
  market = await scene.listCall(7n, "150");
  writer = await scene.actor("2200");
  const buyer = await scene.actor("2000");
  provider = await scene.actor("20000");
  await scene.admin.trade({
    underlying: scene.underlying,
    series: market.call,
    sizeE6: units.contracts("60"),
    priceE9: units.price("3.1"),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  });
});

test("a part of what is short is bought back until the account is in breach no more", async () => {
  const { admin, underlying } = scene;
  const option = { __kind: "Listed", series: market.call } as const;
  const request = { provider: provider.account, authority: provider.owner, liquidatee: writer.account, underlying, option };
  await assertRefused("NotLiquidatable", () => client.hedge({ ...request, sizeE6: units.contracts("6") }));
  // Slowly up, so that the slow price follows, until maintenance margin is short.
  let [price, report] = [146, await admin.checkHealth(writer.account)];
  while (report.maintenanceAtoms >= 0n) {
    await scene.travel((await chainTime()) + 1_800n, String((price += 6)));
    report = await admin.checkHealth(writer.account);
  }
  assert.equal(report.state, AccountState.Liquidatable);
  const refused = (sizeE6: bigint, limits = {}) => () => client.hedge({ ...request, ...limits, sizeE6 });
  await assertRefused("HedgeWithoutUse", refused(1n));
  await assertRefused("HedgeTooLarge", refused(units.contracts("60")));
  await assertRefused("PriceLimit", refused(units.contracts("6"), { minPaymentAtoms: units.usd("1000000") }));
  const strikeE9 = units.price("161.3");
  const offGrid = { __kind: "New", expiry: market.expiry, isPut: false, strikeE9 } as const;
  await assertRefused("StrikeOffGrid", refused(units.contracts("60"), { option: offGrid }));
  // What brings the account to its buffer of 10 %, as each contract releases as much as the other.
  const required = report.equityAtoms - report.maintenanceAtoms;
  const sizeE6 = (units.contracts("60") * (required / 10n - report.maintenanceAtoms)) / ((required * 11n) / 10n);
  const { events } = await client.hedge({ ...request, sizeE6 });
  const told = findEvent(events, "AccountHedged");
  const after = await admin.checkHealth(writer.account);
  assert.ok(told && told.bonusAtoms > 0n && told.releasedAtoms > told.bonusAtoms);
  assert.deepEqual([told.equityAfterAtoms, told.maintenanceAfterAtoms], [after.equityAtoms, after.maintenanceAtoms]);
  assert.ok(after.maintenanceAtoms >= 0n && after.healthFactorE9 > report.healthFactorE9);
  const held = await admin.fetchMarginAccount(provider.account);
  assert.equal(sizeOf(held, underlying, market.call), -sizeE6);
});
