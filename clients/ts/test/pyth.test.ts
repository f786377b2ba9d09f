import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  decodePriceAccount,
  decodePullUpdate,
  encodePriceAccount,
  encodePullUpdate,
  PRICE_ACCOUNT_SIZE,
  pullAddress,
  PULL_SIZE,
} from "../src/pyth";

const SOL_FEED = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const PULL = "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE";
const PRICE = "Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD";
const real = (account: string) =>
  new Uint8Array(readFileSync(new URL(`../../../tests/fixtures/pyth/${account}.bin`, import.meta.url)));

test("mainnet's pull account is read as it is, and written back to the byte", () => {
  const data = real(PULL);
  const update = decodePullUpdate(data);
  assert.equal(update.feedId, SOL_FEED);
  assert.equal(update.price, 14_061_593_700n);
  assert.equal(update.confidence, 13_793_699n);
  assert.equal(update.exponent, -8);
  assert.equal(update.publishTime, 1_720_533_480n);
  assert.equal(update.emaPrice, 14_106_684_700n);
  assert.equal(data.length, PULL_SIZE);
  assert.deepEqual(encodePullUpdate(update), data);
});

test("mainnet's price account is read as it is, and written back to the byte", () => {
  const data = real(PRICE);
  const account = decodePriceAccount(data);
  assert.equal(account.price, 100_000_750n);
  assert.equal(account.confidence, 24_249n);
  assert.equal(account.exponent, -8);
  assert.equal(account.status, 1);
  assert.equal(account.timestamp, 1_701_981_042n);
  assert.equal(data.length, PRICE_ACCOUNT_SIZE);
  assert.deepEqual(encodePriceAccount(account, data), data);
});

test("what is written from nothing is read again", () => {
  const update = decodePullUpdate(
    encodePullUpdate({ feedId: `0x${SOL_FEED}`, price: 5n, confidence: 1n, publishTime: 99n }),
  );
  assert.deepEqual([update.price, update.emaPrice, update.publishTime, update.previousPublishTime], [5n, 5n, 99n, 98n]);
  const account = decodePriceAccount(encodePriceAccount({ price: 7n, confidence: 2n, timestamp: 99n }));
  assert.deepEqual([account.price, account.confidence, account.status, account.timestamp], [7n, 2n, 1, 99n]);
});

test("a feed's account has mainnet's address", async () => {
  assert.equal(await pullAddress(SOL_FEED), PULL);
});

test("what is something else is refused", () => {
  assert.throws(() => decodePullUpdate(real(PRICE)), /not a Pyth pull account/);
  assert.throws(() => decodePriceAccount(real(PULL)), /not a Pyth price account/);
  const partial = real(PULL);
  partial[40] = 0;
  assert.throws(() => decodePullUpdate(partial), /not fully verified/);
  assert.throws(
    () => encodePullUpdate({ feedId: "abc", price: 1n, confidence: 1n, publishTime: 1n }),
    /64 hexadecimal digits/,
  );
});
