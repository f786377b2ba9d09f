// The laws notice a broken ledger: accounts of an embedded SVM are tampered with, which no transaction could do.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { getCollateralCodec, getMarginAccountCodec, units } from "@plimsoll/client";
import { NOW, TestWorld } from "../../clients/ts/test/world";
import { checkLaws } from "./laws";

let world: TestWorld;
type Actor = Awaited<ReturnType<TestWorld["actor"]>>;
let writer: Actor;
let buyer: Actor;

before(async () => {
  world = await TestWorld.create();
  const { admin, underlying, wallet } = world;
  await world.price("140");
  const expiry = await admin.listExpiry(underlying, NOW + 86_400n);
  const surface = {
    expiry,
    ...units.flatSvi("0.7"),
    forwardRatioQ40: units.ONE_Q40,
    rateE9: 0n,
    confidenceE9: units.ONE_E9,
  };
  await admin.updateVolatility(underlying, wallet, surface);
  const series = await admin.listSeries(underlying, { expiry, isPut: true, strikeE9: units.price("140") });
  [writer, buyer] = [await world.actor("1000", "5"), await world.actor("1000")];
  await admin.trade({
    underlying,
    series,
    sizeE6: units.contracts("3"),
    priceE9: units.price("2"),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  });
});

type Codec<T> = { decode: (data: Uint8Array) => T; encode: (value: T) => unknown };

/** Changes an account, expects this law to notice, and puts the account back. */
async function assertNoticed<T>(account: Actor["account"], codec: Codec<T>, change: (value: T) => void, law: RegExp) {
  await checkLaws(world.admin);
  const found = world.svm.getAccount(account);
  assert.ok(found.exists);
  const value = codec.decode(new Uint8Array(found.data));
  change(value);
  world.svm.setAccount({ ...found, data: new Uint8Array(codec.encode(value) as Uint8Array) });
  await assert.rejects(checkLaws(world.admin), law);
  world.svm.setAccount(found);
  await checkLaws(world.admin);
}

test("an atom of cash too much", () =>
  assertNoticed(buyer.account, getMarginAccountCodec(), (account) => (account.cashAtoms += 1n), /quote vault = cash/));

test("a position without its other side", () =>
  assertNoticed(
    buyer.account,
    getMarginAccountCodec(),
    (account) => {
      const [position] = account.positions;
      assert.ok(position);
      position.sizeE6 += 1n;
    },
    /Σ positions of series 0/,
  ));

test("a collateral total that is nobody's", () =>
  assertNoticed(
    world.collateral,
    getCollateralCodec(),
    (collateral) => (collateral.totalDepositsAtoms -= 1n),
    /total of collateral/,
  ));
