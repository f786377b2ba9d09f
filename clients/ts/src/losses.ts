// What happens to a debt the insurance fund cannot pay: deleveraging of ranked holders, sale of what is left, sharing of the rest.
import type { Address, TransactionSigner } from "@solana/kit";
import { withAccounts } from "./accounts";
import type { Receipt } from "./chain";
import {
  decodeDeleveragingQueue,
  getDeleverageInstruction,
  getOpenQueueInstruction,
  getRankPositionInstruction,
  getShareLossInstruction,
  type DeleveragingQueue,
  type MarginAccount,
} from "./generated";
import { PlimsollInsurance } from "./insurance";
import { queueAddress } from "./pdas";
import type { Options } from "./requests";

export type DeleverageRequest = {
  underlying: Address;
  series: number;
  /** The insolvent account, short in the series. */
  liquidatee: Address;
  /** A holder of the series, ranked at most ten minutes ago and not more than a tenth under the first. */
  counterparty: Address;
  /** Most contracts to close, 1e-6; default all that both have. */
  maxSizeE6?: bigint;
};

const MAX_SIZE = (1n << 63n) - 1n;
const CASH_INDEX_ONE = 10n ** 18n;

/** What an account's cash is worth now, in quote atoms: a positive balance less the shared losses it has not borne yet. */
export function cashOf(account: MarginAccount, cashIndexE18: bigint): bigint {
  if (account.cashAtoms <= 0n || account.cashIndexE18 === cashIndexE18) return account.cashAtoms;
  return (account.cashAtoms * cashIndexE18) / account.cashIndexE18;
}

/** Part of all cash that was ever lost, 1e-18. */
export const sharedLossE18 = (cashIndexE18: bigint): bigint => CASH_INDEX_ONE - cashIndexE18;

/** Average premium a position was entered at, scale 1e-9, from its four bytes; good to 3e-8 of itself. */
export function entryPriceE9(entry: number): bigint {
  return BigInt(entry % 2 ** 26) << BigInt(Math.floor(entry / 2 ** 26));
}

export class PlimsollLosses extends PlimsollInsurance {
  async fetchQueue(underlying: Address, series: number): Promise<DeleveragingQueue> {
    const queue = await queueAddress(underlying, series, this.config);
    return this.fetch(queue, "Deleveraging queue", decodeDeleveragingQueue);
  }

  /** Ranks a holder of a series for deleveraging; the first time opens the queue, whose rent the payer pays. Anyone may. */
  async rankPosition(
    { underlying, series, marginAccount, payer }: {
      underlying: Address;
      series: number;
      marginAccount: Address;
      payer: TransactionSigner;
    },
    options?: Options,
  ): Promise<Receipt> {
    const queue = await queueAddress(underlying, series, this.config);
    const account = await this.fetchMarginAccount(marginAccount);
    const markets = await this.markets([account], { named: [underlying] });
    const input = { exchange: this.exchange, underlying, queue, marginAccount };
    const rank = withAccounts(getRankPositionInstruction(input, this.config), markets);
    if ((await this.chain.fetchAccount(queue)).exists) return this.run(options, rank);
    const open = getOpenQueueInstruction({ payer, underlying, queue, series }, this.config);
    return this.run(options, open, rank);
  }

  /** Closes a short of an insolvent account that nobody pays for against a ranked holder, at its bankruptcy price. Anyone may. */
  async deleverage(request: DeleverageRequest, options?: Options): Promise<Receipt> {
    const { underlying, series, liquidatee, counterparty, maxSizeE6 = MAX_SIZE } = request;
    const accounts = await Promise.all([this.fetchMarginAccount(liquidatee), this.fetchMarginAccount(counterparty)]);
    const input = {
      exchange: this.exchange,
      underlying,
      queue: await queueAddress(underlying, series, this.config),
      fund: await this.fundAddress(),
      liquidatee,
      counterparty,
      maxSizeE6,
    };
    const markets = await this.markets(accounts, { named: [underlying] });
    return this.run(options, withAccounts(getDeleverageInstruction(input, this.config), markets));
  }

  /**
   * Pays a debt that nothing is left to pay: out of the fund, then out of what all cash has paid in; what is left is borne by all cash from
   * now on. `collect` moves the parts of accounts to where the next call draws them. Anyone may.
   */
  async shareLoss(marginAccount: Address, options?: Options): Promise<Receipt> {
    const { quoteVault } = await this.fetchExchange();
    const input = { exchange: this.exchange, fund: await this.fundAddress(), marginAccount, quoteVault };
    const markets = await this.markets([await this.fetchMarginAccount(marginAccount)]);
    return this.run(options, withAccounts(getShareLossInstruction(input, this.config), markets));
  }
}
