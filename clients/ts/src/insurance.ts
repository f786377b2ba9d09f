// The insurance fund: staking in it, leaving it, and taking over insolvent accounts for what it pays.
import type { Address, TransactionSigner } from "@solana/kit";
import { withAccounts } from "./accounts";
import type { Receipt } from "./chain";
import { PlimsollClient, tokenAccountOf } from "./client";
import {
  decodeInsuranceFund,
  decodePoolStake,
  getCollectInsuranceInstruction,
  getOpenStakeInstruction,
  getRequestUnstakeInstruction,
  getStakeInstruction,
  getTakeOverInstruction,
  getUnstakeInstruction,
  type InsuranceFund,
  type PoolStake,
} from "./generated";
import { insuranceFundAddress, stakeAddress } from "./pdas";
import type { Options } from "./requests";

export type TakeOverRequest = {
  taker: Address;
  authority: TransactionSigner;
  liquidatee: Address;
  /** Part to take, 1e-9, at least 1 %; default all of it. */
  fractionE9?: bigint;
  /** Least to be paid, in quote atoms; default nothing. */
  minSupportAtoms?: bigint;
  /** The account's liquidation sequence the decision was made on; default whatever it is. */
  liquidationSequence?: bigint;
};

export class PlimsollInsurance extends PlimsollClient {
  fundAddress(): Promise<Address> {
    return insuranceFundAddress(this.exchange, this.config);
  }

  async fetchFund(): Promise<InsuranceFund> {
    return this.fetch(await this.fundAddress(), "Insurance fund", decodeInsuranceFund);
  }

  /** An owner's stake; one that has none yet is an error. */
  async fetchStake(owner: Address): Promise<PoolStake> {
    const stake = await stakeAddress(await this.fundAddress(), owner, this.config);
    return this.fetch(stake, "Stake", decodePoolStake);
  }

  /** Pays quote into the fund for shares; the first time opens the stake, whose rent the owner pays. */
  async stake(owner: TransactionSigner, amount: bigint, options?: Options): Promise<Receipt> {
    const accounts = await this.#accounts(owner);
    const instruction = getStakeInstruction({ ...accounts, amount }, this.config);
    if ((await this.chain.fetchAccount(accounts.stake)).exists) return this.run(options, instruction);
    const { fund, stake } = accounts;
    return this.run(options, getOpenStakeInstruction({ owner, fund, stake }, this.config), instruction);
  }

  /** Asks for shares to leave after the fund's cooldown, within two days of its end; 0 takes it back. */
  async requestUnstake(owner: TransactionSigner, shares: bigint, options?: Options): Promise<Receipt> {
    const { fund, stake } = await this.#accounts(owner);
    return this.run(options, getRequestUnstakeInstruction({ owner, fund, stake, shares }, this.config));
  }

  /** Takes out what the shares that have waited are worth now. */
  async unstake(owner: TransactionSigner, options?: Options): Promise<Receipt> {
    return this.run(options, getUnstakeInstruction(await this.#accounts(owner), this.config));
  }

  /** Moves what an account has set aside: fees of its liquidations to the fund, parts of shared losses to their reserve. Anyone may. */
  async collect(marginAccount: Address, options?: Options): Promise<Receipt> {
    const fund = await this.fundAddress();
    const input = { exchange: this.exchange, fund, marginAccount };
    return this.run(options, getCollectInsuranceInstruction(input, this.config));
  }

  /** Takes over an insolvent account, or a part of it, for what the fund pays. */
  async takeOver(
    { taker, authority, liquidatee, ...limits }: TakeOverRequest,
    options?: Options,
  ): Promise<Receipt> {
    const accounts = await Promise.all([this.fetchMarginAccount(taker), this.fetchMarginAccount(liquidatee)]);
    const input = {
      takerAuthority: authority,
      exchange: this.exchange,
      taker,
      liquidatee,
      fund: await this.fundAddress(),
      fractionE9: limits.fractionE9 ?? 1_000_000_000n,
      minSupportAtoms: limits.minSupportAtoms ?? 0n,
      liquidationSequence: limits.liquidationSequence ?? null,
    };
    return this.run(options, withAccounts(getTakeOverInstruction(input, this.config), await this.markets(accounts)));
  }

  async #accounts(owner: TransactionSigner) {
    const { quoteMint, quoteVault, quoteTokenProgram: tokenProgram } = await this.fetchExchange();
    const fund = await this.fundAddress();
    const stake = await stakeAddress(fund, owner.address, this.config);
    const userTokens = await tokenAccountOf(owner.address, quoteMint, tokenProgram);
    return { owner, exchange: this.exchange, fund, stake, quoteMint, quoteVault, userTokens, tokenProgram };
  }
}
