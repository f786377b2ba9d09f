import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFeed, encodeFeed, FEED_SIZE, type Feed } from "../src/switchboard";

const FEED: Feed = {
  value: 140_615_937_000_000_000_000n,
  stdDev: 137_936_990_000_000_000n,
  samples: 3,
  minSamples: 2,
  lastUpdate: 1_800_000_000n,
  minSlot: 299_999_998n,
  landedAt: 300_000_000n,
};

test("a feed is written in the published layout and read back", () => {
  const data = encodeFeed(FEED);
  assert.equal(data.length, FEED_SIZE);
  const bytes = new DataView(data.buffer);
  // Low and high word of the value, behind the discriminator, 32 submissions and the feed's terms.
  assert.equal(bytes.getBigUint64(8 + 2256, true), FEED.value & 0xffff_ffff_ffff_ffffn);
  assert.equal(bytes.getBigUint64(8 + 2264, true), FEED.value >> 64n);
  assert.equal(bytes.getBigInt64(8 + 2208, true), FEED.lastUpdate);
  assert.deepEqual(decodeFeed(data), FEED);
});

test("a negative value survives", () => {
  assert.equal(decodeFeed(encodeFeed({ ...FEED, value: -1n })).value, -1n);
});

test("what is no feed is refused", () => {
  for (const data of [new Uint8Array(FEED_SIZE), encodeFeed(FEED).slice(0, FEED_SIZE - 1)]) {
    assert.throws(() => decodeFeed(data), /not a Switchboard pull feed/);
  }
});
