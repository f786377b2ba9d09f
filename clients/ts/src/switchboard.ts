// Switchboard On-Demand's pull feed, to the byte: a writer and a reader for local networks and tests.
// On public networks Switchboard's oracles write these accounts themselves.
import { address } from "@solana/kit";

/** Owner of pull feeds: Switchboard On-Demand on mainnet, which is also the one local networks have. */
export const SWITCHBOARD_ON_DEMAND = address("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");

export const FEED_SIZE = 3208;
const DISCRIMINATOR = [196, 27, 108, 196, 10, 215, 219, 40];

// Offsets in the account, its discriminator included.
const SUBMISSIONS = 8;
const SUBMISSION_SIZE = 64;
const MIN_SAMPLE_SIZE = 2215;
const LAST_UPDATE = 2216;
const VALUE = 2264;
const STD_DEV = 2280;
const MEAN = 2296;
const MIN_VALUE = 2328;
const MAX_VALUE = 2344;
const NUM_SAMPLES = 2360;
const SLOT = 2368;
const MIN_SLOT = 2376;
const MAX_SLOT = 2384;
const MAX_STALENESS = 2392;

/** What a feed says. Value and deviation have scale 1e-18. */
export type Feed = {
  value: bigint;
  stdDev: bigint;
  /** Oracles that answered, and how many the feed asks for. */
  samples: number;
  minSamples: number;
  /** Unix seconds at which the last answer landed. */
  lastUpdate: bigint;
  /** Slot at which the oldest answer was signed, and at which the newest landed. */
  minSlot: bigint;
  landedAt: bigint;
};

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

export function encodeFeed(feed: Feed): Uint8Array {
  const data = new Uint8Array(FEED_SIZE);
  const bytes = view(data);
  const wide = (offset: number, value: bigint): void => {
    bytes.setBigUint64(offset, BigInt.asUintN(64, value), true);
    bytes.setBigInt64(offset + 8, value >> 64n, true);
  };
  data.set(DISCRIMINATOR, 0);
  for (let index = 0; index < Math.min(feed.samples, 32); index++) {
    const at = SUBMISSIONS + index * SUBMISSION_SIZE;
    data.fill(index + 1, at, at + 32);
    bytes.setBigUint64(at + 32, feed.minSlot, true);
    bytes.setBigUint64(at + 40, feed.landedAt, true);
    wide(at + 48, feed.value);
  }
  data[MIN_SAMPLE_SIZE] = feed.minSamples;
  data[NUM_SAMPLES] = feed.samples;
  bytes.setBigInt64(LAST_UPDATE, feed.lastUpdate, true);
  for (const offset of [VALUE, MEAN, MIN_VALUE, MAX_VALUE]) wide(offset, feed.value);
  wide(STD_DEV, feed.stdDev);
  bytes.setBigUint64(SLOT, feed.minSlot, true);
  bytes.setBigUint64(MIN_SLOT, feed.minSlot, true);
  bytes.setBigUint64(MAX_SLOT, feed.landedAt, true);
  bytes.setUint32(MAX_STALENESS, 100, true);
  return data;
}

export function decodeFeed(data: Uint8Array): Feed {
  if (data.length < FEED_SIZE || !DISCRIMINATOR.every((byte, index) => data[index] === byte)) {
    throw new RangeError("not a Switchboard pull feed: pass the data of such an account");
  }
  const bytes = view(data);
  const wide = (offset: number): bigint =>
    (bytes.getBigInt64(offset + 8, true) << 64n) | bytes.getBigUint64(offset, true);
  let landedAt = 0n;
  for (let index = 0; index < 32; index++) {
    const landed = bytes.getBigUint64(SUBMISSIONS + index * SUBMISSION_SIZE + 40, true);
    if (landed > landedAt) landedAt = landed;
  }
  return {
    value: wide(VALUE),
    stdDev: wide(STD_DEV),
    samples: data[NUM_SAMPLES] ?? 0,
    minSamples: data[MIN_SAMPLE_SIZE] ?? 0,
    lastUpdate: bytes.getBigInt64(LAST_UPDATE, true),
    minSlot: bytes.getBigUint64(MIN_SLOT, true),
    landedAt,
  };
}
