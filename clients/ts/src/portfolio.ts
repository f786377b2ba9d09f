// Portfolio margin for people: scenarios from decimals, Greeks in USD, the worst scenario in words.
import type { Address } from "@solana/kit";
import {
  VolMove,
  type GreeksReport,
  type HealthReport,
  type MarginAccount,
  type ScenarioArgs,
  type ScenarioRaw,
  type Underlying,
  type UnderlyingReport,
} from "./generated";
import { formatDecimal, formatUsd, ONE_E9, ratio, type Decimal } from "./units";

const MOVES = { up: VolMove.Up, down: VolMove.Down, none: VolMove.None } as const;

/** Where the volatility goes in a scenario. */
export type VolDirection = keyof typeof MOVES;

/** What a scenario does: `spot` is a factor, `weight` the part of the loss that counts, 1 if left out. */
export type Scenario = { spot: Decimal; vol: VolDirection; weight?: Decimal };

/** A scenario as `set_scenarios` takes it. */
export const scenarioArgs = ({ spot, vol, weight = 1 }: Scenario): ScenarioArgs => ({
  spotE9: ratio(spot),
  weightE9: ratio(weight),
  vol: MOVES[vol],
});

/** The scenarios of an underlying in their order: reports name them by their place. */
export const scenariosOf = ({ portfolio }: Underlying): ScenarioRaw[] =>
  portfolio.scenarios.slice(0, portfolio.scenarioCount);

/** Whether accounts in portfolio mode may hold positions in an underlying: parameters and scenarios are set. */
export const takesPortfolios = ({ portfolio }: Underlying): boolean => portfolio.count > 0;

/** Whether portfolio margin of an underlying reads its historical moves, so that their account has to be passed. */
export const readsHistory = ({ portfolio: { params } }: Underlying): boolean =>
  params.esSource === 1n && params.esWeightE9 > 0n;

/** What a report says about one underlying of the account. */
export function partOf(
  report: HealthReport,
  account: MarginAccount,
  underlying: Address,
): UnderlyingReport | undefined {
  return report.underlyings.find(({ slot }) => account.underlyings[slot] === underlying);
}

/**
 * Greeks in USD: the gain when spot rises by 100 % (delta, to first order), volatility by 1.00 (vega) or the rate by 1.00
 * (rho), and in a day (theta); gamma is twice the convex part of that gain.
 */
export function greeksInUsd(greeks: GreeksReport, places = 2) {
  return {
    delta: formatUsd(greeks.deltaAtoms, places),
    gamma: formatUsd(greeks.gammaAtoms, places),
    vega: formatUsd(greeks.vegaAtoms, places),
    theta: formatUsd(greeks.thetaAtoms, places),
    rho: formatUsd(greeks.rhoAtoms, places),
  };
}

/** Numbers of `ScenarioReport.worst` that are no places in the grid. */
const OTHER: Record<number, string> = {
  253: "no scenario loses",
  254: "smile tilts",
  255: "smile bends",
};

const VOLATILITY: Record<number, string> = {
  [VolMove.Up]: "volatility up",
  [VolMove.Down]: "volatility down",
  [VolMove.None]: "volatility unchanged",
};

/** 13.5 % from 135_000_000, all digits and no more. */
const percent = (e9: bigint): string => `${formatDecimal(e9, 7).replace(/\.?0+$/, "")} %`;

/** The worst scenario as a person would say it: `spot -13.5 %, volatility up`. */
export function worstInWords(worst: number, scenarios: readonly Pick<ScenarioRaw, keyof ScenarioArgs>[]): string {
  const other = OTHER[worst];
  if (other !== undefined) return other;
  const scenario = scenarios[worst];
  if (!scenario) throw new RangeError(`scenario ${worst} is not in the grid: read the underlying again`);
  const move = scenario.spotE9 - ONE_E9;
  const spot = move === 0n ? "spot unchanged" : `spot ${move > 0n ? "+" : ""}${percent(move)}`;
  const weight = scenario.weightE9 === ONE_E9 ? "" : `, ${percent(scenario.weightE9)} of the loss`;
  return `${spot}, ${VOLATILITY[scenario.vol]}${weight}`;
}
