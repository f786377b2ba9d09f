// Both binary layouts of Pyth, to the byte: writers and readers for local networks and tests.
// On public networks Pyth writes these accounts itself.
import { address, getAddressDecoder, getAddressEncoder, getProgramDerivedAddress, type Address } from "@solana/kit";

/** Owner of pull accounts (`PriceUpdateV2`): Pyth's receiver. */
export const PYTH_RECEIVER = address("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/** Owner of price accounts: Pyth's oracle program. */
export const PYTH_ORACLE = address("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
const PUSH_ORACLE = address("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");

export const PULL_SIZE = 134;
export const PRICE_ACCOUNT_SIZE = 3312;
const PULL_DISCRIMINATOR = [34, 241, 35, 99, 157, 126, 244, 205];
const NO_KEY = address("11111111111111111111111111111111");

/** A fully verified pull update. Prices have `exponent` decimals (−8: 1e-8 USD). */
export type PullUpdate = {
  writeAuthority: Address;
  /** 64 hexadecimal digits. */
  feedId: string;
  price: bigint;
  confidence: bigint;
  exponent: number;
  publishTime: bigint;
  previousPublishTime: bigint;
  emaPrice: bigint;
  emaConfidence: bigint;
  postedSlot: bigint;
};

/** What has to be said of an update; the rest follows. */
export type PullInput = Pick<PullUpdate, "feedId" | "price" | "confidence" | "publishTime"> & Partial<PullUpdate>;

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Address at which the first shard of Pyth's push oracle keeps a feed, on every cluster. */
export async function pullAddress(feedId: string): Promise<Address> {
  const [found] = await getProgramDerivedAddress({
    programAddress: PUSH_ORACLE,
    seeds: [new Uint8Array([0, 0]), feedIdBytes(feedId)],
  });
  return found;
}

/** Bytes of a feed id, with or without `0x`. */
export function feedIdBytes(feedId: string): Uint8Array {
  const digits = feedId.replace(/^0x/, "");
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new RangeError(`'${feedId}' is not a feed id: pass its 64 hexadecimal digits`);
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function encodePullUpdate(input: PullInput): Uint8Array {
  const update = {
    writeAuthority: NO_KEY,
    exponent: -8,
    previousPublishTime: input.publishTime - 1n,
    emaPrice: input.price,
    emaConfidence: input.confidence,
    postedSlot: 0n,
    ...input,
  };
  const data = new Uint8Array(PULL_SIZE);
  const bytes = view(data);
  data.set(PULL_DISCRIMINATOR, 0);
  data.set(getAddressEncoder().encode(update.writeAuthority), 8);
  data[40] = 1; // verification level Full, which has no further byte
  data.set(feedIdBytes(update.feedId), 41);
  bytes.setBigInt64(73, update.price, true);
  bytes.setBigUint64(81, update.confidence, true);
  bytes.setInt32(89, update.exponent, true);
  bytes.setBigInt64(93, update.publishTime, true);
  bytes.setBigInt64(101, update.previousPublishTime, true);
  bytes.setBigInt64(109, update.emaPrice, true);
  bytes.setBigUint64(117, update.emaConfidence, true);
  bytes.setBigUint64(125, update.postedSlot, true);
  return data;
}

export function decodePullUpdate(data: Uint8Array): PullUpdate {
  const isPull = data.length >= PULL_SIZE && PULL_DISCRIMINATOR.every((byte, index) => data[index] === byte);
  if (!isPull) throw new RangeError("not a Pyth pull account: pass the data of a PriceUpdateV2");
  if (data[40] !== 1) throw new RangeError("price update is not fully verified: post it with full verification");
  const bytes = view(data);
  return {
    writeAuthority: getAddressDecoder().decode(data, 8),
    feedId: hex(data.subarray(41, 73)),
    price: bytes.getBigInt64(73, true),
    confidence: bytes.getBigUint64(81, true),
    exponent: bytes.getInt32(89, true),
    publishTime: bytes.getBigInt64(93, true),
    previousPublishTime: bytes.getBigInt64(101, true),
    emaPrice: bytes.getBigInt64(109, true),
    emaConfidence: bytes.getBigUint64(117, true),
    postedSlot: bytes.getBigUint64(125, true),
  };
}

/** The parts of a price account that say what the price is. */
export type PriceAccount = {
  exponent: number;
  price: bigint;
  confidence: bigint;
  /** 0 unknown, 1 trading, 2 halted, 3 auction, 4 ignored. */
  status: number;
  timestamp: bigint;
  publishSlot: bigint;
  emaPrice: bigint;
  emaConfidence: bigint;
  previousPrice: bigint;
  previousConfidence: bigint;
  previousTimestamp: bigint;
  previousSlot: bigint;
};

export type PriceAccountInput = Pick<PriceAccount, "price" | "confidence" | "timestamp"> & Partial<PriceAccount>;

const MAGIC = 0xa1b2c3d4;
const VERSION = 2;
const PRICE_TYPE = 3;
const BYTES_IN_USE = 240;

/**
 * Writes a price account. `base` is an account whose other parts (product, publishers) are kept; without one they are
 * empty, which readers of the price do not mind.
 */
export function encodePriceAccount(input: PriceAccountInput, base?: Uint8Array): Uint8Array {
  const account = {
    exponent: -8,
    status: 1,
    publishSlot: 0n,
    emaPrice: input.price,
    emaConfidence: input.confidence,
    previousPrice: input.price,
    previousConfidence: input.confidence,
    previousTimestamp: input.timestamp - 1n,
    previousSlot: 0n,
    ...input,
  };
  const data = base ? Uint8Array.from(base) : new Uint8Array(PRICE_ACCOUNT_SIZE);
  const bytes = view(data);
  if (!base) {
    bytes.setUint32(0, MAGIC, true);
    bytes.setUint32(4, VERSION, true);
    bytes.setUint32(8, PRICE_TYPE, true);
    bytes.setUint32(12, BYTES_IN_USE, true);
    bytes.setUint32(16, 1, true); // type: price
    bytes.setBigUint64(32, account.publishSlot, true);
    bytes.setBigUint64(40, account.publishSlot, true);
  }
  bytes.setInt32(20, account.exponent, true);
  bytes.setBigInt64(48, account.emaPrice, true);
  bytes.setBigInt64(72, account.emaConfidence, true);
  bytes.setBigInt64(96, account.timestamp, true);
  bytes.setBigUint64(176, account.previousSlot, true);
  bytes.setBigInt64(184, account.previousPrice, true);
  bytes.setBigUint64(192, account.previousConfidence, true);
  bytes.setBigInt64(200, account.previousTimestamp, true);
  bytes.setBigInt64(208, account.price, true);
  bytes.setBigUint64(216, account.confidence, true);
  bytes.setUint32(224, account.status, true);
  bytes.setBigUint64(232, account.publishSlot, true);
  return data;
}

export function decodePriceAccount(data: Uint8Array): PriceAccount {
  const bytes = view(data);
  const isPrice =
    data.length >= BYTES_IN_USE &&
    bytes.getUint32(0, true) === MAGIC &&
    bytes.getUint32(4, true) === VERSION &&
    bytes.getUint32(8, true) === PRICE_TYPE;
  if (!isPrice) throw new RangeError("not a Pyth price account: pass the data of a version 2 price account");
  return {
    exponent: bytes.getInt32(20, true),
    emaPrice: bytes.getBigInt64(48, true),
    emaConfidence: bytes.getBigInt64(72, true),
    timestamp: bytes.getBigInt64(96, true),
    previousSlot: bytes.getBigUint64(176, true),
    previousPrice: bytes.getBigInt64(184, true),
    previousConfidence: bytes.getBigUint64(192, true),
    previousTimestamp: bytes.getBigInt64(200, true),
    price: bytes.getBigInt64(208, true),
    confidence: bytes.getBigUint64(216, true),
    status: bytes.getUint32(224, true),
    publishSlot: bytes.getBigUint64(232, true),
  };
}
