// Reads params/<cluster>.toml into what the program's instructions take. A name that is missing or unknown is an error:
// a parameter that is misspelt must not silently fall back to anything.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { address, getAddressEncoder, type Address } from "@solana/kit";
import {
  SourceKind,
  units,
  type BackstopSettings,
  type CollateralArgs,
  type ExchangeArgs,
  type OracleConfig,
  type UnderlyingParams,
} from "@plimsoll/client";
import { feedIdBytes } from "@plimsoll/client/pyth";
import { parse } from "smol-toml";
import { portfolio, type PortfolioSettings } from "./portfolio";
import { Table } from "./table";

export type MarketParams = {
  symbol: string;
  params: UnderlyingParams;
  oracle: OracleConfig;
  portfolio: PortfolioSettings;
};
export type CollateralParams = {
  asset: string;
  mint: Address | undefined;
  oracle: OracleConfig;
  /** Symbol of the underlying of the same asset, if it is listed. */
  underlying: string | undefined;
  /** Needs the mint's decimals for the cap. */
  terms: (decimals: number) => Omit<CollateralArgs, "underlying">;
};
export type ClusterParams = {
  stable: { asset: string; mint: Address | undefined; oracle: OracleConfig };
  terms: Omit<ExchangeArgs, "guardian" | "feeRecipient">;
  insurance: { cooldownSecs: bigint };
  /** Terms of the backstop; its underlyings by symbol. */
  backstop: Omit<BackstopSettings, "markets"> & { markets: { symbol: string; maxNotionalAtoms: bigint }[] };
  collaterals: CollateralParams[];
  underlyings: MarketParams[];
};

const ratioOf = (table: Table, key: string): bigint => units.ratio(table.number(key));
const secondsOf = (table: Table, key: string): bigint => BigInt(table.number(key));

export function readParams(cluster: string): ClusterParams {
  const file = fileURLToPath(new URL(`../params/${cluster}.toml`, import.meta.url));
  const root = new Table(parse(readFileSync(file, "utf8")) as Record<string, unknown>, `params/${cluster}.toml`);
  const stable = root.table("stable");
  const params: ClusterParams = {
    stable: { asset: stable.text("asset"), mint: stable.optionalAddress("mint"), oracle: oracle(stable) },
    terms: exchangeTerms(root.table("exchange")),
    insurance: { cooldownSecs: secondsOf(root.table("insurance"), "cooldown_secs") },
    backstop: backstop(root.table("backstop")),
    collaterals: root.tables("collaterals").map(collateral),
    underlyings: root.tables("underlyings").map(market),
  };
  root.refuseUnread();
  const symbols = params.underlyings.map(({ symbol }) => symbol);
  for (const { symbol } of params.backstop.markets) {
    if (!symbols.includes(symbol))
      throw new Error(`params/${cluster}.toml: backstop: 'symbol' is ${symbol}: it must be one of ${symbols.join(", ")}`);
  }
  for (const { asset, underlying } of params.collaterals) {
    if (underlying !== undefined && !symbols.includes(underlying))
      throw new Error(
        `params/${cluster}.toml: collateral ${asset}: 'underlying' is ${underlying}: it must be one of ${symbols.join(", ")}, or left out`,
      );
  }
  return params;
}

function exchangeTerms(table: Table): ClusterParams["terms"] {
  const liquidation = table.table("liquidation");
  return {
    feeRateE9: ratioOf(table, "fee_rate"),
    feeCapE9: ratioOf(table, "fee_cap"),
    liquidation: {
      discountE9: ratioOf(liquidation, "discount"),
      fastDiscountE9: ratioOf(liquidation, "fast_discount"),
      fastSecs: secondsOf(liquidation, "fast_secs"),
      slowSecs: secondsOf(liquidation, "slow_secs"),
      maxGapSecs: secondsOf(liquidation, "max_gap_secs"),
      insolventSecs: secondsOf(liquidation, "insolvent_secs"),
      bufferE9: ratioOf(liquidation, "buffer"),
      dustAtoms: units.usd(liquidation.number("dust_usd")),
      feeE9: ratioOf(liquidation, "fee"),
      warningE9: ratioOf(liquidation, "warning"),
      callSecs: secondsOf(liquidation, "call_secs"),
    },
  };
}

function backstop(table: Table): ClusterParams["backstop"] {
  return {
    cooldownSecs: secondsOf(table, "cooldown_secs"),
    opensSecs: secondsOf(table, "opens_secs"),
    callerPartE9: ratioOf(table, "caller_part"),
    minBountyAtoms: units.usd(table.number("min_bounty_usd")),
    bountyBudgetAtoms: units.usd(table.number("bounty_budget_usd")),
    maxNotionalAtoms: units.usd(table.number("max_notional_usd")),
    maxLossE9: ratioOf(table, "max_loss"),
    markets: table.tables("markets").map((market) => ({
      symbol: market.text("symbol"),
      maxNotionalAtoms: units.usd(market.number("max_notional_usd")),
    })),
  };
}

function collateral(table: Table): CollateralParams {
  const haircutInitialE9 = ratioOf(table, "haircut_initial");
  const haircutMaintenanceE9 = ratioOf(table, "haircut_maintenance");
  const cap = table.number("deposit_cap");
  return {
    asset: table.text("asset"),
    mint: table.optionalAddress("mint"),
    underlying: table.optionalText("underlying"),
    oracle: oracle(table.table("oracle")),
    terms: (decimals) => ({
      haircutInitialE9,
      haircutMaintenanceE9,
      depositCapAtoms: units.tokens(cap, decimals),
    }),
  };
}

function market(table: Table): MarketParams {
  return {
    symbol: table.text("symbol"),
    oracle: oracle(table.table("oracle")),
    portfolio: portfolio(table.table("portfolio")),
    params: {
      cross: cross(table.table("cross")),
      volatility: volatility(table.table("volatility")),
      maxBasisE9: ratioOf(table, "max_basis"),
      maxOpenInterestE6: units.contracts(table.number("max_open_interest")),
      maxStrikeFactorE9: ratioOf(table, "max_strike_factor"),
    },
  };
}

function volatility(table: Table): UnderlyingParams["volatility"] {
  return {
    minVolQ40: units.q40(table.number("min_vol")),
    maxVolQ40: units.q40(table.number("max_vol")),
    maxAgeSecs: secondsOf(table, "max_age_secs"),
    realisedLowE9: ratioOf(table, "realised_low"),
    realisedHighE9: ratioOf(table, "realised_high"),
    staleMultE9: ratioOf(table, "stale_mult"),
    staleChargeE9: ratioOf(table, "stale_charge"),
    sampleSecs: secondsOf(table, "sample_secs"),
    halfLifeSecs: secondsOf(table, "half_life_secs"),
    minSamples: BigInt(table.number("min_samples")),
    maxForecastE9: ratioOf(table, "max_forecast"),
    maxForecastStepE9: ratioOf(table, "max_forecast_step"),
    forecastIntervalSecs: secondsOf(table, "forecast_interval_secs"),
    maxForecastSecs: secondsOf(table, "max_forecast_secs"),
  };
}

function cross(table: Table): UnderlyingParams["cross"] {
  return {
    maxSpotE9: ratioOf(table, "max_spot"),
    minSpotE9: ratioOf(table, "min_spot"),
    mmCallE9: ratioOf(table, "mm_call"),
    mmPutE9: ratioOf(table, "mm_put"),
    mmPutMtmE9: ratioOf(table, "mm_put_mtm"),
    unpairedImE9: ratioOf(table, "unpaired_im"),
    unpairedMmE9: ratioOf(table, "unpaired_mm"),
    mmOffsetE9: ratioOf(table, "mm_offset"),
    confidenceThresholdE9: ratioOf(table, "confidence_threshold"),
    confidenceFactorE9: ratioOf(table, "confidence_factor"),
    pegThresholdE9: ratioOf(table, "peg_threshold"),
    pegFactorE9: ratioOf(table, "peg_factor"),
  };
}

function oracle(table: Table): OracleConfig {
  return {
    sources: table.tables("sources").map(source),
    required: table.number("required"),
    maxAgeSecs: secondsOf(table, "max_age_secs"),
    maxLiquidationAgeSecs: secondsOf(table, "max_liquidation_age_secs"),
    slowSecs: secondsOf(table, "slow_secs"),
    maxDivergenceE9: ratioOf(table, "max_divergence"),
    maxConfidenceE9: ratioOf(table, "max_confidence"),
  };
}

function source(table: Table): OracleConfig["sources"][number] {
  const kind = table.text("kind");
  if (kind === "pyth_pull") return { kind: SourceKind.PythPull, key: feedIdBytes(table.text("feed_id")) };
  const accounts: Record<string, SourceKind> = {
    pyth_price_account: SourceKind.PythPriceAccount,
    switchboard: SourceKind.Switchboard,
  };
  const known = accounts[kind];
  if (known !== undefined) return { kind: known, key: getAddressEncoder().encode(address(table.text("address"))) };
  throw new Error(`oracle source '${kind}' is unknown: use pyth_pull, pyth_price_account or switchboard`);
}
