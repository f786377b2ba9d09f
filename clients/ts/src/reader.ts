// An exchange on a chain: fetching its accounts, and finding those that an instruction has to be given.
import type { Account, AccountMeta, Address, EncodedAccount } from "@solana/kit";
import { marketMetas, marketsOf, readonlyMetas } from "./accounts";
import type { Chain } from "./chain";
import { PlimsollFailure } from "./errors";
import {
  decodeCollateral,
  decodeExchange,
  decodeMarginAccount,
  decodeRiskCache,
  decodeUnderlying,
  getMarginAccountDecoder,
  getMarginAccountDiscriminatorBytes,
  getUnderlyingDiscriminatorBytes,
  MarginMode,
  PLIMSOLL_PROGRAM_ADDRESS,
  type Collateral,
  type Exchange,
  type MarginAccount,
  type RiskCache,
  type Underlying,
} from "./generated";
import { historyAddress, marginAccountAddress } from "./pdas";
import { readsHistory } from "./portfolio";

const isUnderlying = ({ data }: EncodedAccount): boolean =>
  getUnderlyingDiscriminatorBytes().every((byte, index) => data[index] === byte);

/** An exchange as anyone can read it. */
export class PlimsollReader {
  constructor(
    readonly chain: Chain,
    /** Address of the exchange. */
    readonly exchange: Address,
    readonly programAddress: Address = PLIMSOLL_PROGRAM_ADDRESS,
  ) {}

  protected get config(): { programAddress: Address } {
    return { programAddress: this.programAddress };
  }

  protected async fetch<T extends object>(
    account: Address,
    what: string,
    decode: (encoded: EncodedAccount) => Account<T>,
  ): Promise<T> {
    const found = await this.chain.fetchAccount(account);
    if (!found.exists)
      throw new PlimsollFailure(`${what} ${account} does not exist: create it first or check the address`, {});
    return decode(found).data;
  }

  fetchExchange(): Promise<Exchange> {
    return this.fetch(this.exchange, "Exchange", decodeExchange);
  }

  fetchUnderlying(underlying: Address): Promise<Underlying> {
    return this.fetch(underlying, "Underlying", decodeUnderlying);
  }

  fetchCollateral(collateral: Address): Promise<Collateral> {
    return this.fetch(collateral, "Collateral", decodeCollateral);
  }

  fetchMarginAccount(marginAccount: Address): Promise<MarginAccount> {
    return this.fetch(marginAccount, "Margin account", decodeMarginAccount);
  }

  fetchRiskCache(cache: Address): Promise<RiskCache> {
    return this.fetch(cache, "Risk cache", decodeRiskCache);
  }

  /** Every margin account of the exchange: for keepers and checks. */
  async fetchMarginAccounts(): Promise<{ address: Address; data: MarginAccount }[]> {
    const discriminator = getMarginAccountDiscriminatorBytes();
    const decoder = getMarginAccountDecoder();
    return (await this.chain.fetchProgramAccounts(this.programAddress))
      .filter(({ data }) => discriminator.every((byte, index) => data[index] === byte))
      .map(({ address, data }) => ({ address, data: decoder.decode(data) }))
      .filter(({ data }) => data.exchange === this.exchange);
  }

  marginAccountOf(owner: Address, number = 0): Promise<Address> {
    return marginAccountAddress(this.exchange, owner, number, this.config);
  }

  /**
   * What valuing these accounts reads: their markets, for portfolio mode the historical moves of these, and the caches.
   * Markets that are `named` count too; their own accounts are passed elsewhere.
   */
  protected async markets(
    accounts: readonly MarginAccount[],
    { named = [], caches = [] }: { named?: readonly Address[]; caches?: readonly Address[] | undefined } = {},
  ): Promise<AccountMeta[]> {
    const metas = [...marketMetas(accounts, named), ...readonlyMetas(caches)];
    if (!accounts.some(({ mode }) => mode === MarginMode.Portfolio)) return metas;
    const histories = [...new Set([...marketsOf(accounts), ...named])].map(async (market) => {
      const found = await this.chain.fetchAccount(market);
      if (!found.exists || !isUnderlying(found)) return [];
      return readsHistory(decodeUnderlying(found).data) ? [await historyAddress(market, this.config)] : [];
    });
    return [...metas, ...readonlyMetas((await Promise.all(histories)).flat())];
  }
}
