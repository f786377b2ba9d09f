// One method per instruction for people who trade, watch and liquidate; admin.ts has those of an exchange's admin.
//
// A method finds the accounts an instruction needs, sends one transaction and returns what it did. Whatever is given as
// `before` runs first in the same transaction: a price update ahead of a liquidation, say.
import {
  generateKeyPairSigner,
  type Address,
  type Decoder,
  type Instruction,
  type TransactionSigner,
} from "@solana/kit";
import { findAssociatedTokenPda, TOKEN_PROGRAM_ADDRESS } from "@solana-program/token";
import { readonlyMetas, withAccounts } from "./accounts";
import {
  createRiskCacheInstructions,
  heldSeries,
  refreshSeriesInstructions,
  RISK_CACHE_SIZE,
  seriesWithoutArray,
  type Refresh,
  type UnusableArray,
} from "./arrays";
import type { Chain, Receipt } from "./chain";
import {
  getBuyCollateralInstruction,
  getCallMarginInstruction,
  getCheckHealthInstruction,
  getCheckMarginInstruction,
  getCloseAccountInstruction,
  getCollectFeesInstruction,
  getCollectInsuranceInstruction,
  getDepositInstruction,
  getFlagAccountInstruction,
  getHealthReportDecoder,
  getLiquidateInstruction,
  getMarginBoundReportDecoder,
  getOpenAccountInstruction,
  getRemoveExpiryInstruction,
  getSampleVolatilityInstruction,
  getSetDelegateInstruction,
  getSetForecastInstruction,
  getSettleAccountInstruction,
  getSettleExpiryInstruction,
  getTradeInstruction,
  getUpdateCollateralPriceInstruction,
  getUpdatePriceInstruction,
  getUpdateStablePriceInstruction,
  getUpdateVolatilityInstruction,
  getWithdrawInstruction,
  MarginMode,
  type HealthReport,
  type MarginBoundReport,
  type SetForecastInstructionDataInput,
  type UpdateVolatilityInstructionDataInput,
} from "./generated";
import { collateralAddress, exchangeAddress, insuranceFundAddress, vaultAddress } from "./pdas";
import { PlimsollReader } from "./reader";
import type {
  CachedOptions,
  CacheUse,
  CollateralPurchase,
  LiquidationRequest,
  MarginOptions,
  Options,
  TokenMove,
  TradeRequest,
} from "./requests";

/** A report, and the compute units of the whole transaction that was simulated for it. */
export type Measured<T> = { report: T; computeUnits: bigint };

const NO_LIMIT = (1n << 63n) - 1n;

export class PlimsollClient extends PlimsollReader {
  /** The exchange that `creator` has created. */
  static async of(chain: Chain, creator: Address, programAddress?: Address): Promise<PlimsollClient> {
    const config = programAddress ? { programAddress } : {};
    return new PlimsollClient(chain, await exchangeAddress(creator, config), programAddress);
  }

  protected run(options: Options | undefined, ...instructions: Instruction[]): Promise<Receipt> {
    return this.chain.send([...(options?.before ?? []), ...instructions]);
  }

  // Prices: anyone

  /** The instruction alone, to run before another. `oracles` are the accounts the underlying's sources name. */
  updatePriceInstruction(underlying: Address, oracles: readonly Address[]): Instruction {
    return withAccounts(getUpdatePriceInstruction({ underlying }, this.config), readonlyMetas(oracles));
  }

  updatePrice(underlying: Address, oracles: readonly Address[], options?: Options): Promise<Receipt> {
    return this.run(options, this.updatePriceInstruction(underlying, oracles));
  }

  updateCollateralPriceInstruction(collateral: Address, oracles: readonly Address[]): Instruction {
    return withAccounts(getUpdateCollateralPriceInstruction({ collateral }, this.config), readonlyMetas(oracles));
  }

  updateCollateralPrice(collateral: Address, oracles: readonly Address[], options?: Options): Promise<Receipt> {
    return this.run(options, this.updateCollateralPriceInstruction(collateral, oracles));
  }

  updateStablePriceInstruction(oracles: readonly Address[]): Instruction {
    return withAccounts(
      getUpdateStablePriceInstruction({ exchange: this.exchange }, this.config),
      readonlyMetas(oracles),
    );
  }

  updateStablePrice(oracles: readonly Address[], options?: Options): Promise<Receipt> {
    return this.run(options, this.updateStablePriceInstruction(oracles));
  }

  // Volatility

  /** Publishes a surface. Signer: one of the underlying's publishers. A rise goes from the last expiry to the first. */
  updateVolatility(
    underlying: Address,
    publisher: TransactionSigner,
    surface: UpdateVolatilityInstructionDataInput,
    options?: Options,
  ): Promise<Receipt> {
    const input = { underlying, publisher, ...surface };
    return this.run(options, getUpdateVolatilityInstruction(input, this.config));
  }

  /** Adds the index's return to realised volatility, at most once per interval. Anyone may. */
  sampleVolatility(underlying: Address, options?: Options): Promise<Receipt> {
    return this.run(options, getSampleVolatilityInstruction({ underlying }, this.config));
  }

  /** Sets the forecast factor for some seconds. Signer: the underlying's forecast authority. */
  setForecast(
    underlying: Address,
    forecastAuthority: TransactionSigner,
    forecast: SetForecastInstructionDataInput,
    options?: Options,
  ): Promise<Receipt> {
    const input = { underlying, forecastAuthority, ...forecast };
    return this.run(options, getSetForecastInstruction(input, this.config));
  }

  // Accounts

  /** Opens a margin account and returns its address. */
  async openAccount(
    owner: TransactionSigner,
    { number = 0, mode = MarginMode.Cross }: { number?: number; mode?: MarginMode } = {},
    options?: Options,
  ): Promise<Receipt & { marginAccount: Address }> {
    const marginAccount = await this.marginAccountOf(owner.address, number);
    const input = { owner, exchange: this.exchange, marginAccount, number, mode };
    return { ...(await this.run(options, getOpenAccountInstruction(input, this.config))), marginAccount };
  }

  /** Closes an empty account; what it has set aside for the insurance fund and for shared losses goes there first. */
  async closeAccount(owner: TransactionSigner, marginAccount: Address, options?: Options): Promise<Receipt> {
    const { insuranceDueAtoms, lossDueAtoms } = await this.fetchMarginAccount(marginAccount);
    const close = getCloseAccountInstruction({ owner, marginAccount }, this.config);
    if (insuranceDueAtoms + lossDueAtoms === 0n) return this.run(options, close);
    const fund = await insuranceFundAddress(this.exchange, this.config);
    const input = { exchange: this.exchange, fund, marginAccount };
    return this.run(options, getCollectInsuranceInstruction(input, this.config), close);
  }

  /** Lets another key trade and liquidate with the account; DEFAULT_KEY ends it. */
  setDelegate(
    owner: TransactionSigner,
    marginAccount: Address,
    delegate: Address,
    options?: Options,
  ): Promise<Receipt> {
    return this.run(options, getSetDelegateInstruction({ owner, marginAccount, delegate }, this.config));
  }

  async deposit(move: TokenMove, options?: Options): Promise<Receipt> {
    return this.run(options, getDepositInstruction(await this.#tokenMove(move), this.config));
  }

  /** Takes money out. Caches can let it pass in fewer compute units; they never decide whether it passes. */
  async withdraw(move: TokenMove, options?: CachedOptions): Promise<Receipt> {
    const [accounts, account] = await Promise.all([this.#tokenMove(move), this.fetchMarginAccount(move.marginAccount)]);
    const markets = await this.markets([account], { caches: options?.caches });
    return this.run(options, withAccounts(getWithdrawInstruction(accounts, this.config), markets));
  }

  async #tokenMove({ authority, marginAccount, amount, mint: token, userTokens }: TokenMove) {
    const exchange = await this.fetchExchange();
    const mint = token ?? exchange.quoteMint;
    const isQuote = mint === exchange.quoteMint;
    const collateral = isQuote ? undefined : await collateralAddress(this.exchange, mint, this.config);
    const tokenProgram = collateral
      ? (await this.fetchCollateral(collateral)).tokenProgram
      : exchange.quoteTokenProgram;
    return {
      authority,
      exchange: this.exchange,
      marginAccount,
      ...(collateral ? { collateral } : {}),
      mint,
      vault: await vaultAddress(this.exchange, mint, this.config),
      userTokens: userTokens ?? (await tokenAccountOf(authority.address, mint, tokenProgram)),
      tokenProgram,
      amount,
    };
  }

  // Health

  /** Values an account as the program does now, without sending anything. */
  async checkHealth(marginAccount: Address, options?: Options): Promise<HealthReport> {
    return (await this.measureHealth(marginAccount, options)).report;
  }

  /** The same, with the compute units of the simulation. */
  async measureHealth(marginAccount: Address, options?: Options): Promise<Measured<HealthReport>> {
    const account = await this.fetchMarginAccount(marginAccount);
    const instruction = getCheckHealthInstruction({ exchange: this.exchange, marginAccount }, this.config);
    const valued = withAccounts(instruction, await this.markets([account]));
    return this.#measure(valued, getHealthReportDecoder(), options);
  }

  /** Margin of an account without sending anything: at least this much, by risk arrays where the caches have them. */
  async checkMargin(marginAccount: Address, options?: MarginOptions): Promise<MarginBoundReport> {
    return (await this.measureMargin(marginAccount, options)).report;
  }

  /** The same, with the compute units of the simulation. */
  async measureMargin(marginAccount: Address, options?: MarginOptions): Promise<Measured<MarginBoundReport>> {
    const instruction = await this.checkMarginInstruction(marginAccount, options);
    return this.#measure(instruction, getMarginBoundReportDecoder(), options);
  }

  /** The instruction alone: with a least initial margin it guards whatever else is in its transaction. */
  async checkMarginInstruction(
    marginAccount: Address,
    { caches, leastInitialAtoms }: Omit<MarginOptions, "before"> = {},
  ): Promise<Instruction> {
    const account = await this.fetchMarginAccount(marginAccount);
    const input = { exchange: this.exchange, marginAccount, leastInitialAtoms: leastInitialAtoms ?? null };
    const markets = await this.markets([account], { caches });
    return withAccounts(getCheckMarginInstruction(input, this.config), markets);
  }

  async #measure<T>(instruction: Instruction, decoder: Decoder<T>, options?: Options): Promise<Measured<T>> {
    const { returnData, computeUnits } = await this.chain.simulate([...(options?.before ?? []), instruction]);
    return { report: decoder.decode(returnData), computeUnits };
  }

  /** Records a margin call, or clears one that has been met. Anyone may. */
  async callMargin(marginAccount: Address, options?: Options): Promise<Receipt> {
    const account = await this.fetchMarginAccount(marginAccount);
    const instruction = getCallMarginInstruction({ exchange: this.exchange, marginAccount }, this.config);
    return this.run(options, withAccounts(instruction, await this.markets([account])));
  }

  /**
   * Notes what prices make of an account: starts, continues or ends its auction, or warns of a breach to come. The event says
   * which: `BreachSeen`, `AuctionEnded` or `AccountWarned`. Anyone may.
   */
  async flagAccount(marginAccount: Address, options?: Options): Promise<Receipt> {
    const account = await this.fetchMarginAccount(marginAccount);
    const instruction = getFlagAccountInstruction({ exchange: this.exchange, marginAccount }, this.config);
    return this.run(options, withAccounts(instruction, await this.markets([account])));
  }

  // Risk arrays: anyone

  /** Creates an empty risk cache, whose rent the chain's payer pays. Only the refresher may fill it; anyone if left out. */
  async createRiskCache(
    underlying: Address,
    refresher?: Address,
    options?: Options,
  ): Promise<Receipt & { cache: Address }> {
    const cache = await generateKeyPairSigner();
    const instructions = createRiskCacheInstructions({
      payer: this.chain.payer,
      underlying,
      cache,
      ...(refresher ? { refresher } : {}),
      rentLamports: await this.chain.rentLamports(RISK_CACHE_SIZE),
      ...this.config,
    });
    return { ...(await this.run(options, ...instructions)), cache: cache.address };
  }

  /** Refreshes series of one expiry in one transaction, which has room for some 300. Others of the expiry become outdated. */
  refreshSeries(refresh: Omit<Refresh, "programAddress">, options?: Options): Promise<Receipt> {
    return this.run(options, ...refreshSeriesInstructions({ ...refresh, ...this.config }));
  }

  /** The same for every live series that these accounts hold; undefined if they hold none of the cache's underlying. */
  async refreshHeldSeries(
    { cache, marginAccounts }: CacheUse,
    refresher?: TransactionSigner,
    options?: Options,
  ): Promise<Receipt | undefined> {
    const { underlying, held } = await this.#heldSeries({ cache, marginAccounts });
    if (held.length === 0) return undefined;
    const common = { underlying, cache, ...(refresher ? { refresher } : {}), ...this.config };
    return this.run(options, ...held.flatMap((series) => refreshSeriesInstructions({ ...common, ...series })));
  }

  /** Which series of these accounts have no fresh array in the cache, and why; see `heldSeries` and `refreshHeldSeries`. */
  async seriesWithoutArray(use: CacheUse): Promise<UnusableArray[]> {
    const [{ riskCache, market, held }, now] = await Promise.all([this.#heldSeries(use), this.chain.now()]);
    return seriesWithoutArray(riskCache, market, held, now);
  }

  async #heldSeries({ cache, marginAccounts }: CacheUse) {
    const riskCache = await this.fetchRiskCache(cache);
    const { underlying } = riskCache;
    const [market, ...accounts] = await Promise.all([
      this.fetchUnderlying(underlying),
      ...marginAccounts.map((account) => this.fetchMarginAccount(account)),
    ]);
    return { riskCache, underlying, market, held: heldSeries(accounts, underlying, market) };
  }

  // Trading and liquidation

  /** Trades a series between two accounts; both sides sign. Caches serve as in `withdraw`. */
  async trade({ taker, maker, underlying, ...input }: TradeRequest, options?: CachedOptions): Promise<Receipt> {
    const accounts = await Promise.all([this.fetchMarginAccount(taker), this.fetchMarginAccount(maker)]);
    const instruction = getTradeInstruction(
      { ...input, exchange: this.exchange, underlying, taker, maker },
      this.config,
    );
    const markets = await this.markets(accounts, { named: [underlying], caches: options?.caches });
    return this.run(options, withAccounts(instruction, markets));
  }

  /** Takes a slice of an unhealthy account at the discount. */
  async liquidate(
    { liquidator, authority, liquidatee, ...limits }: LiquidationRequest,
    options?: Options,
  ): Promise<Receipt> {
    const accounts = await Promise.all([this.fetchMarginAccount(liquidator), this.fetchMarginAccount(liquidatee)]);
    const input = {
      liquidatorAuthority: authority,
      exchange: this.exchange,
      liquidator,
      liquidatee,
      maxFractionE9: limits.maxFractionE9 ?? 1_000_000_000n,
      minFractionE9: limits.minFractionE9 ?? 1n,
      maxPaymentAtoms: limits.maxPaymentAtoms ?? NO_LIMIT,
      liquidationSequence: limits.liquidationSequence ?? null,
    };
    return this.run(options, withAccounts(getLiquidateInstruction(input, this.config), await this.markets(accounts)));
  }

  /** Buys collateral of an account in breach that owes cash, at the discount of its auction. */
  async buyCollateral(
    { buyer, authority, liquidatee, collateral, ...limits }: CollateralPurchase,
    options?: Options,
  ): Promise<Receipt> {
    const accounts = await Promise.all([this.fetchMarginAccount(buyer), this.fetchMarginAccount(liquidatee)]);
    const input = {
      ...{ buyerAuthority: authority, exchange: this.exchange, buyer, liquidatee, collateral },
      maxAmountAtoms: limits.maxAmountAtoms ?? NO_LIMIT,
      maxPaymentAtoms: limits.maxPaymentAtoms ?? NO_LIMIT,
      liquidationSequence: limits.liquidationSequence ?? null,
    };
    const markets = await this.markets(accounts);
    return this.run(options, withAccounts(getBuyCollateralInstruction(input, this.config), markets));
  }

  // Expiry: anyone

  settleExpiry(underlying: Address, expiry: number, options?: Options): Promise<Receipt> {
    return this.run(options, getSettleExpiryInstruction({ underlying, expiry }, this.config));
  }

  settleAccount(underlying: Address, marginAccount: Address, options?: Options): Promise<Receipt> {
    const input = { exchange: this.exchange, underlying, marginAccount };
    return this.run(options, getSettleAccountInstruction(input, this.config));
  }

  removeExpiry(underlying: Address, expiry: number, options?: Options): Promise<Receipt> {
    return this.run(options, getRemoveExpiryInstruction({ underlying, expiry }, this.config));
  }

  /** Pays an underlying's trading fees to a token account of the fee recipient. */
  async collectFees(underlying: Address, destination: Address, options?: Options): Promise<Receipt> {
    const { quoteMint, quoteVault, quoteTokenProgram: tokenProgram } = await this.fetchExchange();
    const input = { exchange: this.exchange, underlying, quoteMint, quoteVault, destination, tokenProgram };
    return this.run(options, getCollectFeesInstruction(input, this.config));
  }
}

/** The associated token account of an owner. */
export async function tokenAccountOf(
  owner: Address,
  mint: Address,
  tokenProgram: Address = TOKEN_PROGRAM_ADDRESS,
): Promise<Address> {
  return (await findAssociatedTokenPda({ owner, mint, tokenProgram }))[0];
}
