// Hedges: options that a provider sells to an account in breach, for the mark and the bonus of its auction.
import type { Address, TransactionSigner } from "@solana/kit";
import { withAccounts } from "./accounts";
import type { Receipt } from "./chain";
import { PlimsollClient } from "./client";
import { getHedgeInstruction, type HedgeOptionInput, type Underlying } from "./generated";
import type { Options } from "./requests";

export type HedgeRequest = {
  provider: Address;
  authority: TransactionSigner;
  liquidatee: Address;
  underlying: Address;
  /** A listed series, or one to be listed: a round strike, see `hedgeStrikeStep`. */
  option: HedgeOptionInput;
  /** In 1e-6 contracts. */
  sizeE6: bigint;
  /** Least to be paid, mark and bonus together, in quote atoms; default whatever it is. */
  minPaymentAtoms?: bigint;
  /** The account's liquidation sequence the decision was made on; default whatever it is. */
  liquidationSequence?: bigint;
};

export class PlimsollHedging extends PlimsollClient {
  /** Sells an account in breach an option that covers its risk. */
  async hedge(
    { provider, authority, liquidatee, underlying, option, sizeE6, ...limits }: HedgeRequest,
    options?: Options,
  ): Promise<Receipt> {
    const accounts = await Promise.all([this.fetchMarginAccount(provider), this.fetchMarginAccount(liquidatee)]);
    const input = {
      providerAuthority: authority,
      exchange: this.exchange,
      underlying,
      provider,
      liquidatee,
      option,
      sizeE6,
      minPaymentAtoms: limits.minPaymentAtoms ?? 0n,
      liquidationSequence: limits.liquidationSequence ?? null,
    };
    const further = await this.markets(accounts, { named: [underlying] });
    return this.run(options, withAccounts(getHedgeInstruction(input, this.config), further));
  }
}

/** Strikes that anyone may list for a hedge are multiples of this, from half the index to twice the index, in 1e-9 USD: the
 * largest of 1, 2 and 5 times a power of ten that is at most 2.5 % of the index. */
export function hedgeStrikeStep(indexE9: bigint): bigint {
  const most = indexE9 / 40n;
  if (most <= 0n) return 1n;
  const unit = 10n ** BigInt(most.toString().length - 1);
  const leading = most / unit;
  return leading >= 5n ? 5n * unit : leading >= 2n ? 2n * unit : unit;
}

/** The nearest strike at or beyond a price, upwards for a call and downwards for a put, that a hedge in this market may list. */
export function hedgeStrike({ price }: Pick<Underlying, "price">, isPut: boolean, beyondE9: bigint): bigint {
  const step = hedgeStrikeStep(price.indexE9);
  return ((isPut ? beyondE9 : beyondE9 + step - 1n) / step) * step;
}
