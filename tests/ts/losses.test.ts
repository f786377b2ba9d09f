// Deleveraging and shared losses through @plimsoll/client: anybody ranks a holder, and nobody is closed while somebody can pay.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { cashOf, entryPriceE9, findEvent, PlimsollLosses, units } from "@plimsoll/client";
import { assertRefused, Scene } from "./scene";

let scene: Scene;
let losses: PlimsollLosses;

before(async () => {
  scene = await Scene.open();
  losses = new PlimsollLosses(scene.chain, scene.admin.exchange);
  await scene.calm("140.61593700");
});

test("a holder is ranked by profit and leverage, and closed only against a debt nobody pays for", async () => {
  const { admin, underlying } = scene;
  const market = await scene.listCall(7n, "155");
  const [writer, buyer] = [await scene.actor("1500"), await scene.actor("1000")];
  const trade = {
    underlying,
    series: market.call,
    sizeE6: units.contracts("50"),
    priceE9: units.price("2.5"),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  };
  await admin.trade(trade);
  await scene.movePrice("190");
  const place = { underlying, series: market.call };
  const request = { ...place, marginAccount: buyer.account, payer: buyer.owner };
  const ranked = findEvent((await losses.rankPosition(request)).events, "PositionRanked");
  assert.ok(ranked && ranked.scoreE9 > 0n && ranked.sizeE6 === units.contracts("50"));
  await losses.rankPosition(request);
  const [position] = (await admin.fetchMarginAccount(buyer.account)).positions;
  const entry = entryPriceE9(position?.entry ?? 0);
  assert.ok(entry <= trade.priceE9 && trade.priceE9 - entry < 100n, `${entry}`);
  const queue = await losses.fetchQueue(underlying, market.call);
  assert.equal(queue.ranks[0]?.account, buyer.account);
  const match = { ...place, liquidatee: writer.account, counterparty: buyer.account };
  await assertRefused("DebtStillInsured", () => losses.deleverage(match));
  await assertRefused("NotRanked", () => losses.rankPosition({ ...request, marginAccount: writer.account }));
});

test("nothing is shared while there is something to pay with", async () => {
  const actor = await scene.actor("10");
  await assertRefused("LossNotFinal", () => losses.shareLoss(actor.account));
  const { cashIndexE18 } = await losses.fetchExchange();
  const account = await losses.fetchMarginAccount(actor.account);
  assert.equal(cashOf(account, cashIndexE18), account.cashAtoms);
});
