// The backstop: staking in it, leaving it, and giving accounts in breach to it for a part of its gain.
import type { Address, TransactionSigner } from "@solana/kit";
import { DEFAULT_KEY, withAccounts } from "./accounts";
import type { Receipt } from "./chain";
import { PlimsollClient, tokenAccountOf } from "./client";
import {
  decodeBackstop,
  decodePoolStake,
  getBackstopLiquidateInstruction,
  getBuyBackstopCollateralInstruction,
  getDepositBackstopInstruction,
  getOpenBackstopStakeInstruction,
  getRequestBackstopLeaveInstruction,
  getWithdrawBackstopInstruction,
  type Backstop,
  type BackstopMarket,
  type BackstopTerms,
  type PoolStake,
} from "./generated";
import { backstopAddress, backstopStakeAddress, insuranceFundAddress, marginAccountAddress } from "./pdas";
import type { Options } from "./requests";

/** Places in a backstop's table of underlyings. */
const PLACES = 8;

/** Terms with as many underlyings as there are, not always eight. */
export type BackstopSettings = Omit<BackstopTerms, "markets"> & { markets: readonly BackstopMarket[] };

/** The terms as the program keeps them: free places filled up. */
export function backstopTerms({ markets, ...numbers }: BackstopSettings): BackstopTerms {
  if (markets.length > PLACES) throw new Error(`a backstop takes at most ${PLACES} underlyings, not ${markets.length}`);
  const free = Array.from({ length: PLACES - markets.length }, () => ({ underlying: DEFAULT_KEY, maxNotionalAtoms: 0n }));
  return { ...numbers, markets: [...markets, ...free] };
}

export type BackstopRequest = {
  /** The caller's margin account, which receives the reward. It needs no money. */
  caller: Address;
  authority: TransactionSigner;
  liquidatee: Address;
  /** Largest part to give, 1e-9; default as much as the rules allow. */
  maxFractionE9?: bigint;
  /** Least to be paid, in quote atoms; default nothing. */
  minRewardAtoms?: bigint;
  /** The account's liquidation sequence the decision was made on; default whatever it is. */
  liquidationSequence?: bigint;
};

export type BackstopPurchase = {
  /** The margin account that pays and receives. */
  buyer: Address;
  authority: TransactionSigner;
  collateral: Address;
  /** Most to buy, in the mint's atoms; default all of it. */
  maxAmountAtoms?: bigint;
  /** Most to pay, in quote atoms; default whatever it costs. */
  maxPaymentAtoms?: bigint;
};

export class PlimsollBackstop extends PlimsollClient {
  backstopAddress(): Promise<Address> {
    return backstopAddress(this.exchange, this.config);
  }

  /** The backstop's margin account: what it holds, and what a share is worth by its health. */
  async bookAddress(): Promise<Address> {
    return marginAccountAddress(this.exchange, await this.backstopAddress(), 0, this.config);
  }

  async fetchBackstop(): Promise<Backstop> {
    return this.fetch(await this.backstopAddress(), "Backstop", decodeBackstop);
  }

  /** An owner's stake; one that has none yet is an error. */
  async fetchStake(owner: Address): Promise<PoolStake> {
    const stake = await backstopStakeAddress(await this.backstopAddress(), owner, this.config);
    return this.fetch(stake, "Stake", decodePoolStake);
  }

  /** Pays quote into the backstop for shares; the first time opens the stake, whose rent the owner pays. */
  async stake(owner: TransactionSigner, amount: bigint, options?: Options): Promise<Receipt> {
    const accounts = await this.#accounts(owner);
    const { backstop, backstopStake, book } = accounts;
    const bare = getDepositBackstopInstruction({ ...accounts, amount }, this.config);
    const instruction = withAccounts(bare, await this.#markets([book]));
    if ((await this.chain.fetchAccount(backstopStake)).exists) return this.run(options, instruction);
    return this.run(
      options,
      getOpenBackstopStakeInstruction({ owner, backstop, backstopStake }, this.config),
      instruction,
    );
  }

  /** Asks for shares to leave after the cooldown, within two days of its end; 0 takes it back. */
  async requestLeave(owner: TransactionSigner, shares: bigint, options?: Options): Promise<Receipt> {
    const { backstop, backstopStake } = await this.#accounts(owner);
    const input = { owner, backstop, backstopStake, shares };
    return this.run(options, getRequestBackstopLeaveInstruction(input, this.config));
  }

  /** Takes out what shares that have waited are worth now: all of them, or as many as the backstop has cash for. */
  async leave(owner: TransactionSigner, shares: bigint, options?: Options): Promise<Receipt> {
    const accounts = await this.#accounts(owner);
    const bare = getWithdrawBackstopInstruction({ ...accounts, shares }, this.config);
    return this.run(options, withAccounts(bare, await this.#markets([accounts.book])));
  }

  /** Gives a slice of an account in breach to the backstop, for a part of its gain in cash. */
  async liquidateToBackstop(
    { caller, authority, liquidatee, ...limits }: BackstopRequest,
    options?: Options,
  ): Promise<Receipt> {
    const book = await this.bookAddress();
    const input = {
      callerAuthority: authority,
      exchange: this.exchange,
      caller,
      liquidatee,
      backstop: await this.backstopAddress(),
      book,
      fund: await insuranceFundAddress(this.exchange, this.config),
      maxFractionE9: limits.maxFractionE9 ?? 1_000_000_000n,
      minRewardAtoms: limits.minRewardAtoms ?? 0n,
      liquidationSequence: limits.liquidationSequence ?? null,
    };
    const bare = getBackstopLiquidateInstruction(input, this.config);
    return this.run(options, withAccounts(bare, await this.#markets([book, liquidatee])));
  }

  /** Buys collateral of the backstop at the first discount of an auction, so that its stakers can leave with the cash. */
  async buyBackstopCollateral(
    { buyer, authority, collateral, ...limits }: BackstopPurchase,
    options?: Options,
  ): Promise<Receipt> {
    const [backstop, book] = await Promise.all([this.backstopAddress(), this.bookAddress()]);
    const input = {
      buyerAuthority: authority,
      exchange: this.exchange,
      buyer,
      backstop,
      book,
      collateral,
      maxAmountAtoms: limits.maxAmountAtoms ?? (1n << 64n) - 1n,
      maxPaymentAtoms: limits.maxPaymentAtoms ?? (1n << 63n) - 1n,
    };
    const bare = getBuyBackstopCollateralInstruction(input, this.config);
    return this.run(options, withAccounts(bare, await this.#markets([book, buyer])));
  }

  async #markets(accounts: readonly Address[]) {
    return this.markets(await Promise.all(accounts.map((account) => this.fetchMarginAccount(account))));
  }

  async #accounts(owner: TransactionSigner) {
    const { quoteMint, quoteVault, quoteTokenProgram: tokenProgram } = await this.fetchExchange();
    const [backstop, book] = await Promise.all([this.backstopAddress(), this.bookAddress()]);
    const backstopStake = await backstopStakeAddress(backstop, owner.address, this.config);
    const userTokens = await tokenAccountOf(owner.address, quoteMint, tokenProgram);
    const exchange = this.exchange;
    return { owner, exchange, backstop, backstopStake, book, quoteMint, quoteVault, userTokens, tokenProgram };
  }
}
