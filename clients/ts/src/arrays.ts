// Risk arrays: creating a cache, refreshing it in as many transactions as it takes, reading what a bound was worth.
import { getCreateAccountInstruction } from "@solana-program/system";
import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { DEFAULT_KEY } from "./accounts";
import {
  ArrayUse,
  getCreateRiskCacheInstruction,
  getRefreshSeriesInstruction,
  getRiskCacheEncoder,
  PLIMSOLL_PROGRAM_ADDRESS,
  type MarginBoundReport,
  type Underlying,
} from "./generated";

/** Bytes of a risk cache, its discriminator included. */
export const RISK_CACHE_SIZE: bigint = BigInt(getRiskCacheEncoder().fixedSize);

/** Series that one transaction refreshes with room to spare for others: some 2,500 compute units each. */
export const SERIES_PER_REFRESH = 64;

/** A series slot in use. */
const LISTED = 1;

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

/** Why arrays were not used, by slot of the underlying in the account; empty where they were. */
export const missedArrays = ({ arrays }: MarginBoundReport): { slot: number; reason: string }[] =>
  arrays
    .filter(({ array }) => array !== ArrayUse.Used)
    .map(({ slot, array }) => ({ slot, reason: ArrayUse[array] ?? "unknown" }));
