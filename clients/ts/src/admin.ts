// What an exchange's admin does: creating the exchange, admitting collateral, listing markets, setting parameters.
import type { Address, TransactionSigner } from "@solana/kit";
import { createUnderlyingInstructions, UNDERLYING_SIZE } from "./accounts";
import { backstopTerms, type BackstopSettings } from "./backstop";
import type { Chain, Receipt } from "./chain";
import { PlimsollClient } from "./client";
import { findEvent } from "./events";
import {
  getAcceptAdminInstruction,
  getCreateBackstopInstruction,
  getCreateCollateralInstruction,
  getCreateExchangeInstruction,
  getCreateHistoryInstruction,
  getCreateInsuranceFundInstruction,
  getListExpiryInstruction,
  getListSeriesInstruction,
  getNominateAdminInstruction,
  getPauseInstruction,
  getSetBackstopInstruction,
  getSetCollateralInstruction,
  getSetExchangeInstruction,
  getSetHistoryInstruction,
  getSetInsuranceFundInstruction,
  getSetPortfolioParamsInstruction,
  getSetScenariosInstruction,
  getSetStableOracleInstruction,
  getSetUnderlyingInstruction,
  type CollateralArgsInput,
  type CreateUnderlyingInstructionDataInput,
  type ExchangeArgsInput,
  type MoveArgsInput,
  type OracleConfigInput,
  type PortfolioParamsRawInput,
  type ScenarioArgsInput,
  type UnderlyingParamsInput,
} from "./generated";
import {
  backstopAddress,
  collateralAddress,
  exchangeAddress,
  historyAddress,
  insuranceFundAddress,
  marginAccountAddress,
  vaultAddress,
} from "./pdas";
import type { Options } from "./requests";

export type NewExchange = {
  quoteMint: Address;
  terms: ExchangeArgsInput;
  stableOracle: OracleConfigInput;
  tokenProgram?: Address;
};

export type NewCollateral = {
  mint: Address;
  terms: CollateralArgsInput;
  oracle: OracleConfigInput;
  tokenProgram?: Address;
};

/** Who may publish surfaces of an underlying, at most four, and who may set its forecast (DEFAULT_KEY: nobody). */
export type VolatilityAuthorities = { publishers: Address[]; forecastAuthority: Address };

export type NewSeries = { expiry: number; isPut: boolean; strikeE9: bigint };

export class PlimsollAdmin extends PlimsollClient {
  constructor(
    chain: Chain,
    exchange: Address,
    readonly admin: TransactionSigner,
    programAddress?: Address,
  ) {
    super(chain, exchange, programAddress);
  }

  /** Creates the exchange of this creator, who becomes its admin. */
  static async createExchange(
    chain: Chain,
    creator: TransactionSigner,
    { quoteMint, terms, stableOracle, tokenProgram }: NewExchange,
    programAddress?: Address,
  ): Promise<PlimsollAdmin> {
    const config = programAddress ? { programAddress } : {};
    const exchange = await exchangeAddress(creator.address, config);
    const admin = new PlimsollAdmin(chain, exchange, creator, programAddress);
    const quoteVault = await vaultAddress(exchange, quoteMint, config);
    const accounts = { creator, exchange, quoteMint, quoteVault, ...(tokenProgram ? { tokenProgram } : {}) };
    await admin.run({}, getCreateExchangeInstruction({ ...accounts, exchangeArg: terms, stableOracle }, admin.config));
    return admin;
  }

  setExchange(terms: ExchangeArgsInput, options?: Options): Promise<Receipt> {
    return this.run(options, getSetExchangeInstruction({ ...this.#self, args: terms }, this.config));
  }

  /** Replaces where the quote stablecoin's price comes from; the price starts over. */
  setStableOracle(oracle: OracleConfigInput, options?: Options): Promise<Receipt> {
    return this.run(options, getSetStableOracleInstruction({ ...this.#self, oracle }, this.config));
  }

  nominateAdmin(next: Address, options?: Options): Promise<Receipt> {
    return this.run(options, getNominateAdminInstruction({ ...this.#self, next }, this.config));
  }

  /** Signed by the nominee: `new PlimsollAdmin(chain, exchange, nominee).acceptAdmin()`. */
  acceptAdmin(options?: Options): Promise<Receipt> {
    return this.run(options, getAcceptAdminInstruction({ nominee: this.admin, exchange: this.exchange }, this.config));
  }

  /** Pauses deposits (1), withdrawals (2), trades (4) for some seconds; guardian or admin. */
  pause(bits: bigint, seconds: bigint, options?: Options): Promise<Receipt> {
    return this.run(
      options,
      getPauseInstruction({ guardian: this.admin, exchange: this.exchange, bits, seconds }, this.config),
    );
  }

  /** Admits a token as collateral and returns the address of its account. */
  async createCollateral({ mint, terms, oracle, tokenProgram }: NewCollateral, options?: Options): Promise<Address> {
    const collateral = await collateralAddress(this.exchange, mint, this.config);
    const vault = await vaultAddress(this.exchange, mint, this.config);
    const accounts = { ...this.#self, mint, collateral, vault, ...(tokenProgram ? { tokenProgram } : {}) };
    await this.run(options, getCreateCollateralInstruction({ ...accounts, args: terms, oracle }, this.config));
    return collateral;
  }

  setCollateral(collateral: Address, terms: CollateralArgsInput, options?: Options): Promise<Receipt> {
    return this.run(options, getSetCollateralInstruction({ ...this.#self, collateral, args: terms }, this.config));
  }

  /** Creates the insurance fund, empty, and returns its address. Stake waits so many seconds before it may leave. */
  async createInsuranceFund(cooldownSecs: bigint, options?: Options): Promise<Address> {
    const fund = await insuranceFundAddress(this.exchange, this.config);
    await this.run(options, getCreateInsuranceFundInstruction({ ...this.#self, fund, cooldownSecs }, this.config));
    return fund;
  }

  async setInsuranceFund(cooldownSecs: bigint, options?: Options): Promise<Receipt> {
    const fund = await insuranceFundAddress(this.exchange, this.config);
    return this.run(options, getSetInsuranceFundInstruction({ ...this.#self, fund, cooldownSecs }, this.config));
  }

  /** Creates the backstop and its margin account, empty, and returns its address. */
  async createBackstop(terms: BackstopSettings, options?: Options): Promise<Address> {
    const backstop = await backstopAddress(this.exchange, this.config);
    const book = await marginAccountAddress(this.exchange, backstop, 0, this.config);
    const accounts = { ...this.#self, backstop, book };
    await this.run(options, getCreateBackstopInstruction({ ...accounts, terms: backstopTerms(terms) }, this.config));
    return backstop;
  }

  async setBackstop(terms: BackstopSettings, options?: Options): Promise<Receipt> {
    const backstop = await backstopAddress(this.exchange, this.config);
    const input = { ...this.#self, backstop, terms: backstopTerms(terms) };
    return this.run(options, getSetBackstopInstruction(input, this.config));
  }

  /** Creates an underlying at the address of a fresh key pair. */
  async createUnderlying(
    underlying: TransactionSigner,
    args: CreateUnderlyingInstructionDataInput,
    options?: Options,
  ): Promise<Receipt> {
    const instructions = createUnderlyingInstructions({
      ...args,
      ...this.#self,
      payer: this.chain.payer,
      underlying,
      rentLamports: await this.chain.rentLamports(UNDERLYING_SIZE),
      programAddress: this.programAddress,
    });
    return this.run(options, ...instructions);
  }

  setUnderlying(
    underlying: Address,
    params: UnderlyingParamsInput,
    authorities: VolatilityAuthorities,
    options?: Options,
  ): Promise<Receipt> {
    const input = { ...this.#self, underlying, params, ...authorities };
    return this.run(options, getSetUnderlyingInstruction(input, this.config));
  }

  /** How portfolio margin of an underlying is computed. Accounts in that mode may trade it once scenarios are set too. */
  setPortfolioParams(underlying: Address, params: PortfolioParamsRawInput, options?: Options): Promise<Receipt> {
    return this.run(options, getSetPortfolioParamsInstruction({ ...this.#self, underlying, params }, this.config));
  }

  /** Replaces the scenario grid of an underlying: one to 40, with a weight up and down at least. */
  setScenarios(underlying: Address, scenarios: ScenarioArgsInput[], options?: Options): Promise<Receipt> {
    return this.run(options, getSetScenariosInstruction({ ...this.#self, underlying, scenarios }, this.config));
  }

  /** Creates the empty set of an underlying's historical moves and returns its address. */
  async createHistory(underlying: Address, options?: Options): Promise<Address> {
    const history = await historyAddress(underlying, this.config);
    await this.run(options, getCreateHistoryInstruction({ ...this.#self, underlying, history }, this.config));
    return history;
  }

  /** Writes up to 40 historical moves from a place on; without moves the set is cut there. */
  async setHistory(underlying: Address, start: number, moves: MoveArgsInput[], options?: Options): Promise<Receipt> {
    const history = await historyAddress(underlying, this.config);
    const input = { ...this.#self, underlying, history, start, moves };
    return this.run(options, getSetHistoryInstruction(input, this.config));
  }

  /** Lists an expiry on a full minute and returns its slot. */
  async listExpiry(underlying: Address, expiryTs: bigint, options?: Options): Promise<number> {
    const instruction = getListExpiryInstruction({ ...this.#self, underlying, expiryTs }, this.config);
    const { events } = await this.run(options, instruction);
    const listed = findEvent(events, "ExpiryListed");
    return listed ? listed.expiry : missing("ExpiryListed");
  }

  /** Lists a call or put and returns its number. */
  async listSeries(underlying: Address, series: NewSeries, options?: Options): Promise<number> {
    const [number] = await this.listManySeries(underlying, [series], options);
    return number ?? missing("SeriesListed");
  }

  /** Lists up to 16 series in one transaction and returns their numbers. */
  async listManySeries(underlying: Address, series: readonly NewSeries[], options?: Options): Promise<number[]> {
    const instructions = series.map((one) =>
      getListSeriesInstruction({ ...this.#self, underlying, ...one }, this.config),
    );
    const { events } = await this.run(options, ...instructions);
    const numbers = events.flatMap((event) => (event.name === "SeriesListed" ? [event.data.series] : []));
    return numbers.length === series.length ? numbers : missing("SeriesListed");
  }

  get #self() {
    return { admin: this.admin, exchange: this.exchange };
  }
}

function missing(event: string): never {
  throw new Error(
    `transaction went through without event ${event}: the program is of another version than this client`,
  );
}
