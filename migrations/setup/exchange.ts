// Brings an exchange to what its parameter file says. Whatever exists already is left alone: a second run changes
// nothing, and what differs is only changed when asked for.
import { generateKeyPairSigner, type Address, type TransactionSigner } from "@solana/kit";
import {
  backstopAddress,
  backstopTerms,
  collateralAddress,
  decodeUnderlying,
  DEFAULT_KEY,
  exchangeAddress,
  getUnderlyingDiscriminatorBytes,
  insuranceFundAddress,
  PlimsollAdmin,
  PlimsollBackstop,
  PlimsollInsurance,
  symbolOf,
  takesPortfolios,
  type Chain,
  type Underlying,
} from "@plimsoll/client";
import type { ClusterParams, CollateralParams, MarketParams } from "./params";

export type Outcome = "exists" | "created" | "differs" | "changed";
export type Row = { what: string; address: Address; outcome: Outcome; differences: string[] };
export type Deployment = {
  admin: PlimsollAdmin;
  exchange: Address;
  underlyings: Record<string, Address>;
  collaterals: Record<string, Address>;
  rows: Row[];
};

export type DeployInput = {
  chain: Chain;
  /** Creates the exchange, and is its admin, guardian, fee recipient, publisher and forecaster until told otherwise. */
  wallet: TransactionSigner;
  params: ClusterParams;
  /** Mints and decimals by asset name, where the parameter file names none. */
  assets: Record<string, { mint: Address; decimals: number }>;
  /** Also change parameters that differ. */
  apply?: boolean;
};

export async function deployExchange({
  chain,
  wallet,
  params,
  assets,
  apply = false,
}: DeployInput): Promise<Deployment> {
  const steps = new Steps(chain, wallet, assets, apply);
  const admin = await steps.exchange(params);
  const deployment: Deployment = {
    admin,
    exchange: admin.exchange,
    underlyings: {},
    collaterals: {},
    rows: steps.rows,
  };
  await steps.insurance(admin, params);
  const known = await underlyingsOf(chain, admin);
  for (const market of params.underlyings) {
    const underlying = await steps.underlying(admin, market, known.get(market.symbol));
    await steps.portfolio(admin, market, underlying);
    deployment.underlyings[market.symbol] = underlying;
  }
  // After the underlyings: a collateral names the one of the same asset.
  for (const collateral of params.collaterals) {
    const underlying = collateral.underlying === undefined ? undefined : deployment.underlyings[collateral.underlying];
    deployment.collaterals[collateral.asset] = await steps.collateral(admin, collateral, underlying ?? DEFAULT_KEY);
  }
  await steps.backstop(admin, params, deployment.underlyings);
  return deployment;
}

/** Underlyings of the exchange by symbol. */
async function underlyingsOf(
  chain: Chain,
  admin: PlimsollAdmin,
): Promise<Map<string, { address: Address; data: Underlying }>> {
  const discriminator = getUnderlyingDiscriminatorBytes();
  const accounts = (await chain.fetchProgramAccounts(admin.programAddress))
    .filter(({ data }) => discriminator.every((byte, index) => data[index] === byte))
    .map((encoded) => decodeUnderlying(encoded))
    .filter(({ data }) => data.exchange === admin.exchange);
  return new Map(accounts.map(({ address, data }) => [symbolOf(data), { address, data }]));
}

class Steps {
  readonly rows: Row[] = [];

  constructor(
    private readonly chain: Chain,
    private readonly wallet: TransactionSigner,
    private readonly assets: DeployInput["assets"],
    private readonly apply: boolean,
  ) {}

  async exchange({ stable, terms }: ClusterParams): Promise<PlimsollAdmin> {
    const address = await exchangeAddress(this.wallet.address);
    const wanted = { guardian: this.wallet.address, feeRecipient: this.wallet.address, ...terms };
    if (!(await this.chain.fetchAccount(address)).exists) {
      const quoteMint = stable.mint ?? this.#asset(stable.asset).mint;
      const admin = await PlimsollAdmin.createExchange(this.chain, this.wallet, {
        quoteMint,
        terms: wanted,
        stableOracle: stable.oracle,
      });
      this.rows.push({ what: "exchange", address, outcome: "created", differences: [] });
      return admin;
    }
    const admin = new PlimsollAdmin(this.chain, address, this.wallet);
    const found = await admin.fetchExchange();
    // Guardian and fee recipient are people's decisions, not parameters: they are not compared.
    const differences = compare(terms, found);
    await this.#settle("exchange", address, differences, () =>
      admin.setExchange({ ...terms, guardian: found.guardian, feeRecipient: found.feeRecipient }),
    );
    return admin;
  }

  async insurance(admin: PlimsollAdmin, { insurance }: ClusterParams): Promise<void> {
    const address = await insuranceFundAddress(admin.exchange);
    if (!(await this.chain.fetchAccount(address)).exists) {
      await admin.createInsuranceFund(insurance.cooldownSecs);
      this.rows.push({ what: "insurance fund", address, outcome: "created", differences: [] });
      return;
    }
    const fund = await new PlimsollInsurance(this.chain, admin.exchange).fetchFund();
    await this.#settle("insurance fund", address, compare(insurance, fund), () =>
      admin.setInsuranceFund(insurance.cooldownSecs),
    );
  }

  async backstop(
    admin: PlimsollAdmin,
    { backstop: { markets, ...numbers } }: ClusterParams,
    underlyings: Record<string, Address>,
  ): Promise<void> {
    const address = await backstopAddress(admin.exchange);
    const entry = ({ symbol, maxNotionalAtoms }: (typeof markets)[number]) => {
      const underlying = underlyings[symbol];
      if (underlying === undefined) throw new Error(`the backstop takes ${symbol}, which is not listed`);
      return { underlying, maxNotionalAtoms };
    };
    const wanted = { ...numbers, markets: markets.map(entry) };
    if (!(await this.chain.fetchAccount(address)).exists) {
      await admin.createBackstop(wanted);
      this.rows.push({ what: "backstop", address, outcome: "created", differences: [] });
      return;
    }
    const { terms } = await new PlimsollBackstop(this.chain, admin.exchange).fetchBackstop();
    await this.#settle("backstop", address, compare(backstopTerms(wanted), terms), () => admin.setBackstop(wanted));
  }

  async collateral(
    admin: PlimsollAdmin,
    { asset, mint: named, oracle, terms }: CollateralParams,
    underlying: Address,
  ): Promise<Address> {
    const known = this.#asset(asset);
    const mint = named ?? known.mint;
    const address = await collateralAddress(admin.exchange, mint);
    const wanted = { ...terms(known.decimals), underlying };
    if (!(await this.chain.fetchAccount(address)).exists) {
      await admin.createCollateral({ mint, terms: wanted, oracle });
      this.rows.push({ what: `collateral ${asset}`, address, outcome: "created", differences: [] });
      return address;
    }
    const differences = compare(wanted, await admin.fetchCollateral(address));
    await this.#settle(`collateral ${asset}`, address, differences, () => admin.setCollateral(address, wanted));
    return address;
  }

  async underlying(
    admin: PlimsollAdmin,
    { symbol, params, oracle }: MarketParams,
    known: { address: Address; data: Underlying } | undefined,
  ): Promise<Address> {
    const what = `underlying ${symbol}`;
    if (!known) {
      const underlying = await generateKeyPairSigner();
      const authorities = { publishers: [this.wallet.address], forecastAuthority: this.wallet.address };
      await admin.createUnderlying(underlying, { symbol, params, oracle, ...authorities });
      this.rows.push({ what, address: underlying.address, outcome: "created", differences: [] });
      return underlying.address;
    }
    const { address, data } = known;
    const differences = compare(params, data.params);
    // Who publishes is a decision of people, not a parameter: it is not compared.
    const publishers = data.publishers.filter((key) => key !== DEFAULT_KEY);
    await this.#settle(what, address, differences, () =>
      admin.setUnderlying(address, params, { publishers, forecastAuthority: data.forecastAuthority }),
    );
    return address;
  }

  /** Parameters and scenarios of portfolio margin; without both nobody in that mode can trade the underlying. */
  async portfolio(admin: PlimsollAdmin, { symbol, portfolio }: MarketParams, address: Address): Promise<void> {
    const what = `portfolio ${symbol}`;
    const { params, scenarios } = portfolio;
    const setBoth = async () => {
      await admin.setPortfolioParams(address, params);
      // A transaction of its own: a large grid leaves no room for the parameters.
      await admin.setScenarios(address, scenarios);
    };
    const found = await admin.fetchUnderlying(address);
    if (!takesPortfolios(found)) {
      await setBoth();
      this.rows.push({ what, address, outcome: "created", differences: [] });
      return;
    }
    const differences = compare({ params, scenarioCount: scenarios.length, scenarios }, found.portfolio);
    await this.#settle(what, address, differences, setBoth);
  }

  async #settle(what: string, address: Address, differences: string[], change: () => Promise<unknown>): Promise<void> {
    if (differences.length > 0 && this.apply) await change();
    const outcome = differences.length === 0 ? "exists" : this.apply ? "changed" : "differs";
    this.rows.push({ what, address, outcome, differences });
  }

  #asset(name: string): { mint: Address; decimals: number } {
    const asset = this.assets[name];
    if (!asset)
      throw new Error(`mint of ${name} is unknown: name it in the parameter file, or start a local network first`);
    return asset;
  }
}

/** Every number that is not as wanted, as `path: chain → file`. */
export function compare(wanted: object, found: object, path = ""): string[] {
  return Object.entries(wanted).flatMap(([key, value]: [string, unknown]) => {
    const other = (found as Record<string, unknown>)[key];
    const where = path === "" ? key : `${path}.${key}`;
    if (typeof value === "object" && value !== null) return compare(value, (other ?? {}) as object, where);
    return value === other ? [] : [`${where}: ${String(other)} → ${String(value)}`];
  });
}

/** The rows as lines of text. */
export function table(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ what, address, outcome, differences }) => [
    `${what.padEnd(18)} ${address.padEnd(44)} ${outcome}`,
    ...differences.map((difference) => `  ${difference}`),
  ]);
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const [created, changed, differs] = [count("created"), count("changed"), count("differs")];
  const summary =
    created + changed + differs === 0
      ? "everything is as the parameter file says: nothing was changed"
      : `${created} created, ${changed} changed, ${differs} left different${differs > 0 ? ": run again with --apply to change them" : ""}`;
  return [...lines, summary].join("\n");
}
