// What the client's methods are asked for.
import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import type { TradeInstructionDataInput } from "./generated";

export type Options = { before?: readonly Instruction[] };

/** Where risk arrays may bound a margin: caches in any order, of which the first of each underlying counts. */
export type CachedOptions = Options & { caches?: readonly Address[] };

export type MarginOptions = CachedOptions & {
  /** Fail with InitialMargin if IM is less, in quote atoms; where a bound is less, IM in full decides. */
  leastInitialAtoms?: bigint;
};

/** A risk cache and the margin accounts whose margins it is to bound. */
export type CacheUse = { cache: Address; marginAccounts: readonly Address[] };

export type TokenMove = {
  /** Depositor; for a withdrawal the account's owner. */
  authority: TransactionSigner;
  marginAccount: Address;
  /** In the mint's atoms. */
  amount: bigint;
  /** The collateral's mint; the quote asset if left out. */
  mint?: Address;
  /** Default: the authority's associated token account. */
  userTokens?: Address;
};

export type TradeRequest = TradeInstructionDataInput & {
  underlying: Address;
  taker: Address;
  takerAuthority: TransactionSigner;
  maker: Address;
  makerAuthority: TransactionSigner;
};

export type CollateralPurchase = {
  buyer: Address;
  authority: TransactionSigner;
  liquidatee: Address;
  collateral: Address;
  /** Most to buy, in the mint's atoms; default everything the rules allow. */
  maxAmountAtoms?: bigint;
  /** Most to pay, in quote atoms; default no limit. */
  maxPaymentAtoms?: bigint;
  /** The account's liquidation sequence the decision was made on; default whatever it is. */
  liquidationSequence?: bigint;
};

export type LiquidationRequest = {
  liquidator: Address;
  authority: TransactionSigner;
  liquidatee: Address;
  /** Largest part to take, 1e-9; default everything the rules allow. */
  maxFractionE9?: bigint;
  /** Smallest part worth taking, 1e-9; default any. */
  minFractionE9?: bigint;
  /** Most to pay, in quote atoms; default no limit. */
  maxPaymentAtoms?: bigint;
  /** The account's liquidation sequence the decision was made on; default whatever it is. */
  liquidationSequence?: bigint;
};
