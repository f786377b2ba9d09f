// Risk arrays: creating a cache, what to refresh in it, refreshing, reading what a bound was worth.
import { getCreateAccountInstruction } from "@solana-program/system";
import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { DEFAULT_KEY, positionsOf, underlyingOf } from "./accounts";
import {
  ArrayUse,
  getCreateRiskCacheInstruction,
  getRefreshSeriesInstruction,
  getRiskCacheEncoder,
  PLIMSOLL_PROGRAM_ADDRESS,
  type MarginAccount,
  type MarginBoundReport,
  type RiskCache,
  type SviRaw,
  type Underlying,
} from "./generated";
import { CONSTANTS } from "./generated/tables";

/** Bytes of a risk cache, its discriminator included. */
export const RISK_CACHE_SIZE: bigint = BigInt(getRiskCacheEncoder().fixedSize);

/** Series that one transaction refreshes with room to spare for others: some 2,500 compute units each. */
export const SERIES_PER_REFRESH = 64;

/** Risk arrays older than this are not used. */
export const MAX_ARRAY_AGE_SECS = BigInt(CONSTANTS.MAX_ARRAY_AGE_SECS);

/** A series slot in use. */
const LISTED = 1;

/** An expiry slot whose settlement price is not known yet. */
const LIVE = 1;

export type NewRiskCache = {
  /** Pays the rent. */
  payer: TransactionSigner;
  underlying: Address;
  /** A fresh key pair: the cache's address. It signs once and is never needed again. */
  cache: TransactionSigner;
  /** The only key that may refresh the cache; anyone if left out. */
  refresher?: Address;
  /** Rent exemption of RISK_CACHE_SIZE bytes, from `getMinimumBalanceForRentExemption`. */
  rentLamports: bigint;
  programAddress?: Address;
};

/** Creates a risk cache: made by the system program and taken over in the next instruction of the same transaction. */
export function createRiskCacheInstructions(input: NewRiskCache): Instruction[] {
  const { payer, underlying, cache, rentLamports, refresher = DEFAULT_KEY } = input;
  const { programAddress = PLIMSOLL_PROGRAM_ADDRESS } = input;
  const space = RISK_CACHE_SIZE;
  return [
    getCreateAccountInstruction({ payer, newAccount: cache, lamports: rentLamports, space, programAddress }),
    getCreateRiskCacheInstruction({ underlying, cache: cache.address, refresher }, { programAddress }),
  ];
}

export type Refresh = {
  underlying: Address;
  cache: Address;
  expiry: number;
  series: readonly number[];
  refresher?: TransactionSigner;
  programAddress?: Address;
};

/**
 * Refreshes series of one expiry, a transaction's worth in each instruction. All of them have to land in one second at one
 * price: a later one starts over, and outdates the others.
 */
export function refreshSeriesInstructions({ series, programAddress, ...input }: Refresh): Instruction[] {
  const config = programAddress ? { programAddress } : {};
  const starts = Array.from({ length: Math.ceil(series.length / SERIES_PER_REFRESH) }, (_, n) => n * SERIES_PER_REFRESH);
  return starts.map((start) =>
    getRefreshSeriesInstruction({ ...input, series: series.slice(start, start + SERIES_PER_REFRESH) }, config),
  );
}

/** Slots of the listed series of an expiry. */
export const seriesOfExpiry = ({ series }: Underlying, expiry: number): number[] =>
  series.flatMap((entry, slot) => (entry.status === LISTED && entry.expiry === expiry ? [slot] : []));

export type ExpirySeries = { expiry: number; series: number[] };

/** By live expiry, every series of an underlying that one of these accounts holds, once. */
export function heldSeries(
  accounts: readonly MarginAccount[],
  address: Address,
  { expiries }: Underlying,
): ExpirySeries[] {
  const held = new Map<number, Set<number>>();
  for (const account of accounts) {
    for (const position of positionsOf(account)) {
      const { expiry, series } = position;
      if (underlyingOf(account, position) !== address || expiries[expiry]?.status !== LIVE) continue;
      held.set(expiry, (held.get(expiry) ?? new Set()).add(series));
    }
  }
  return [...held].map(([expiry, series]) => ({ expiry, series: [...series] }));
}

/** Series whose array a bound could not use, and why. */
export type UnusableArray = { expiry: number; series: number; reason: string };

/**
 * Which of these series have no fresh array at `now`, unix seconds. The price is not looked at: whether it has moved too far
 * is in the report of `check_margin`.
 */
export function seriesWithoutArray(
  cache: RiskCache,
  underlying: Underlying,
  held: readonly ExpirySeries[],
  now: bigint,
): UnusableArray[] {
  const slots = held.flatMap(({ expiry, series }) => series.map((slot) => ({ expiry, series: slot })));
  return slots
    .map((slot) => ({ ...slot, array: arrayUse(cache, underlying, slot, now) }))
    .filter(({ array }) => array !== ArrayUse.Used)
    .map(({ array, ...slot }) => ({ ...slot, reason: reasonOf(array) }));
}

/** What the program compares before it uses an array, in its order. */
function arrayUse(
  cache: RiskCache,
  { expiries, arraysGeneration }: Underlying,
  { expiry, series }: { expiry: number; series: number },
  now: bigint,
): ArrayUse {
  const [snapshot, live] = [cache.expiries[expiry], expiries[expiry]];
  if (!snapshot || !live || snapshot.stamp === 0) return ArrayUse.NoArray;
  const isOfThisMarket = snapshot.generation === arraysGeneration && snapshot.expiryTs === live.expiryTs;
  if (!isOfThisMarket || !isSameSurface(snapshot.svi, live.svi)) return ArrayUse.Outdated;
  if (now - snapshot.refreshedAt > MAX_ARRAY_AGE_SECS) return ArrayUse.Old;
  return cache.series[series]?.stamp === snapshot.stamp ? ArrayUse.Used : ArrayUse.NoArray;
}

const isSameSurface = (one: SviRaw, other: SviRaw): boolean =>
  (Object.keys(one) as (keyof SviRaw)[]).every((part) => one[part] === other[part]);

const reasonOf = (array: ArrayUse): string => ArrayUse[array] ?? "unknown";

/** Why arrays were not used, by slot of the underlying in the account; empty where they were. */
export const missedArrays = ({ arrays }: MarginBoundReport): { slot: number; reason: string }[] =>
  arrays
    .filter(({ array }) => array !== ArrayUse.Used)
    .map(({ slot, array }) => ({ slot, reason: reasonOf(array) }));
