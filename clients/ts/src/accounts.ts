// Accounts: creating the large ones, and which markets an instruction has to be given for which margin accounts.
import { getCreateAccountInstruction } from "@solana-program/system";
import { AccountRole, type AccountMeta, type Address, type Instruction, type TransactionSigner } from "@solana/kit";
import {
  getCreateUnderlyingInstruction,
  getUnderlyingEncoder,
  PLIMSOLL_PROGRAM_ADDRESS,
  type CreateUnderlyingInstructionDataInput,
  type MarginAccount,
  type Position,
  type Series,
  type Underlying,
} from "./generated";

/** The key that marks a free slot, a missing delegate, and so on. */
export const DEFAULT_KEY = "11111111111111111111111111111111" as Address;

/** Bytes of an underlying, its discriminator included. */
export const UNDERLYING_SIZE: bigint = BigInt(getUnderlyingEncoder().fixedSize);

export type NewUnderlying = CreateUnderlyingInstructionDataInput & {
  /** Pays the rent. */
  payer: TransactionSigner;
  admin: TransactionSigner;
  exchange: Address;
  /** A fresh key pair: the underlying's address. It signs once and is never needed again. */
  underlying: TransactionSigner;
  /** Rent exemption of UNDERLYING_SIZE bytes, from `getMinimumBalanceForRentExemption`. */
  rentLamports: bigint;
  programAddress?: Address;
};

/**
 * Creates an underlying. It is larger than the 10 KiB a program can allocate in one instruction, so the account is made
 * by the system program and taken over in the next instruction; both have to be in one transaction.
 */
export function createUnderlyingInstructions(input: NewUnderlying): Instruction[] {
  const {
    payer,
    admin,
    exchange,
    underlying,
    rentLamports,
    programAddress = PLIMSOLL_PROGRAM_ADDRESS,
    ...args
  } = input;
  return [
    getCreateAccountInstruction({
      payer,
      newAccount: underlying,
      lamports: rentLamports,
      space: UNDERLYING_SIZE,
      programAddress,
    }),
    getCreateUnderlyingInstruction({ admin, exchange, underlying: underlying.address, ...args }, { programAddress }),
  ];
}

/** The positions in use. */
export const positionsOf = (account: MarginAccount): Position[] => account.positions.slice(0, account.positionCount);

/** Address of a position's underlying. */
export function underlyingOf(account: MarginAccount, position: Position): Address {
  return account.underlyings[position.underlying] ?? DEFAULT_KEY;
}

/** Size held of a series, + long; 0 if none. */
export function sizeOf(account: MarginAccount, underlying: Address, series: number): bigint {
  const held = positionsOf(account).find((p) => p.series === series && underlyingOf(account, p) === underlying);
  return held?.sizeE6 ?? 0n;
}

/** Every underlying and collateral that valuing these accounts needs, each once. */
export function marketsOf(accounts: readonly MarginAccount[]): Address[] {
  const markets = new Set<Address>();
  for (const account of accounts) {
    for (const position of positionsOf(account)) markets.add(underlyingOf(account, position));
    for (const slot of account.collaterals) if (slot.balanceAtoms > 0n) markets.add(slot.collateral);
  }
  return [...markets];
}

/** The remaining accounts of an instruction that values these margin accounts; `named` are passed to it by name. */
export function marketMetas(accounts: readonly MarginAccount[], named: readonly Address[] = []): AccountMeta[] {
  return marketsOf(accounts)
    .filter((market) => !named.includes(market))
    .map((address) => ({ address, role: AccountRole.READONLY }));
}

/** The same instruction with accounts after its own. */
export function withAccounts<T extends Instruction>(instruction: T, metas: readonly AccountMeta[]): Instruction {
  return { ...instruction, accounts: [...(instruction.accounts ?? []), ...metas] };
}

export const readonlyMetas = (addresses: readonly Address[]): AccountMeta[] =>
  addresses.map((address) => ({ address, role: AccountRole.READONLY }));

/** Symbol of an underlying, without its padding. */
export const symbolOf = (underlying: Underlying): string =>
  new TextDecoder().decode(new Uint8Array(underlying.symbol)).replace(/\0+$/, "");

export type ListedSeries = Series & { number: number };

/** Series that are listed, with their numbers. */
export function listedSeries(underlying: Underlying): ListedSeries[] {
  return underlying.series
    .slice(0, underlying.seriesUsed)
    .map((series, number) => ({ ...series, number }))
    .filter((series) => series.status === 1);
}

/** Number of a listed series. */
export function findSeries(
  underlying: Underlying,
  wanted: { expiry: number; isPut: boolean; strikeE9: bigint },
): number | undefined {
  return listedSeries(underlying).find(
    (s) => s.expiry === wanted.expiry && s.kind === (wanted.isPut ? 1 : 0) && s.strikeE9 === wanted.strikeE9,
  )?.number;
}

/** Slot of a listed expiry. */
export function findExpiry(underlying: Underlying, expiryTs: bigint): number | undefined {
  const slot = underlying.expiries.findIndex((expiry) => expiry.status !== 0 && expiry.expiryTs === expiryTs);
  return slot < 0 ? undefined : slot;
}
