// What every other story relies on: program, tokens and prices are there, and tests can move prices and time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFeed } from "@plimsoll/client/switchboard";
import { addresses, chainTime, publishPrice, readAccount, rpc, travelTo } from "./network";

test("the program is deployed at its address", async () => {
  const { value } = await rpc.getAccountInfo(addresses.program, { encoding: "base64" }).send();
  assert.equal(value?.executable, true);
});

for (const [name, asset] of Object.entries(addresses.assets)) {
  test(`${name}: the wallet holds tokens of the mint's decimals`, async () => {
    const { value } = await rpc.getTokenAccountBalance(asset.walletTokenAccount).send();
    assert.equal(value.decimals, asset.decimals);
    assert.equal(value.uiAmountString, "10000000");
  });

  test(`${name}: oracle accounts belong to their oracles' programs`, async () => {
    assert.equal((await readAccount(asset.pythPullAccount)).owner, "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
    assert.equal((await readAccount(asset.pythPriceAccount)).owner, "FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
    assert.equal((await readAccount(asset.switchboardFeed)).owner, "SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");
  });
}

test("a published price is read back from every layout", async () => {
  const { SOL } = addresses.assets;
  await publishPrice(SOL, 12_345_000_000n, 1_000_000n);
  const pull = (await readAccount(SOL.pythPullAccount)).data;
  const price = (await readAccount(SOL.pythPriceAccount)).data;
  // feed id, price, confidence and exponent follow each other in the pull layout
  assert.equal(pull.subarray(41, 73).toString("hex"), SOL.feedId);
  assert.equal(pull.readBigInt64LE(73), 12_345_000_000n);
  assert.equal(pull.readInt32LE(89), -8);
  assert.equal(price.readBigInt64LE(208), 12_345_000_000n);
  assert.equal(price.readUInt32LE(224), 1, "status trading");
  const feed = decodeFeed((await readAccount(SOL.switchboardFeed)).data);
  assert.equal(feed.value, 123_450_000_000_000_000_000n);
  assert.equal(feed.stdDev, 10_000_000_000_000_000n);
  assert.ok(feed.samples >= feed.minSamples && feed.minSlot > 0n);
});

test("the clock moves to where a test wants it", async () => {
  const later = (await chainTime()) + 86_400n;
  await travelTo(later);
  const now = await chainTime();
  assert.ok(now >= later && now < later + 60n, `clock says ${now}, wanted about ${later}`);
});
