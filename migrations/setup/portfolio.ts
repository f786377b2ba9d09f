// The table [underlyings.portfolio] of a parameter file. The limits are those of docs/risk-model.md, "Portfolio margin": the
// program refuses the same, but cannot say which parameter it was.
import { scenarioArgs, units, type PortfolioParamsRaw, type ScenarioArgs } from "@plimsoll/client";
import type { Table } from "./table";

export type PortfolioSettings = { params: PortfolioParamsRaw; scenarios: ScenarioArgs[] };

type Limits = readonly [low: number, high: number];

/** Every ratio with its limits, by its name in the file. */
export const RATIOS = {
  range_up: [0, 5],
  range_down: [0, 1],
  short_power: [0, 1],
  long_power: [0, 1],
  min_vol_up: [0, 3],
  mm_factor: [0.1, 5],
  im_factor: [0.1, 5],
  short_mult: [0, 2],
  long_mult: [0, 2],
  short_add: [0, 1],
  long_add: [0, 1],
  long_base: [0.5, 1],
  short_base: [1, 2],
  basis_up: [1, 1.5],
  basis_down: [0.5, 1],
  basis_add: [0, 2],
  basis_mult: [0, 4],
  peg_threshold: [0, 1],
  peg_factor: [0, 20],
  confidence_threshold: [0, 1],
  confidence_factor: [0, 2],
  mm_option: [0, 0.2],
  im_option: [0, 0.2],
  min_kstar: [0.001, 1],
  width_scale: [0.1, 20],
  vol_static: [0.05, 5],
  vol_scale: [-0.3, 1],
  es_weight: [0, 1],
  es_mass: [0.000000001, 1],
  gamma_charge: [0, 5],
  gamma_move: [0, 1],
  vega_charge: [0, 5],
  vega_move: [0, 1],
  realised_mult: [0, 5],
} as const satisfies Record<string, Limits>;

/** Both skews have the same parameters. */
export const SKEW_RATIOS = {
  weight: [0, 1],
  base_cap: [0, 1],
  cap_slope: [-0.5, 0.5],
} as const satisfies Record<string, Limits>;

/** Seconds; the floor of the tenor. */
const TENOR_FLOOR: Limits = [3_600, 2_592_000];
/** USD, unless it is 0: no size charge. */
const DEPTH: Limits = [1_000, 1_000_000_000_000];
const SPOT: Limits = [0.05, 6];
const WEIGHT: Limits = [0, 1];
const MOST_SCENARIOS = 40;

/** The least √years that is above two years: vol_static + this · vol_scale has to stay above 0. */
const LONGEST_SQRT = 1.415;

type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type Raw<Names extends string> = Record<`${Camel<Names>}E9`, bigint>;

/** The program's name of a ratio. */
export const rawName = (name: string): string => `${name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}E9`;

function ratios<Names extends string>(table: Table, limits: Record<Names, Limits>, prefix = ""): Raw<Names> {
  const entries = Object.entries<Limits>(limits).map(([name, [low, high]]) => [
    rawName(name),
    units.ratio(table.within(`${prefix}${name}`, low, high)),
  ]);
  return Object.fromEntries(entries) as Raw<Names>;
}

export function portfolio(table: Table): PortfolioSettings {
  const params: PortfolioParamsRaw = {
    ...ratios(table, RATIOS),
    tenorFloorSecs: BigInt(table.within("tenor_floor_secs", ...TENOR_FLOOR)),
    skewLinear: ratios(table, SKEW_RATIOS, "skew_linear_"),
    skewAbsolute: ratios(table, SKEW_RATIOS, "skew_absolute_"),
    depthAtoms: depth(table),
    esSource: shortfallSource(table),
  };
  if (params.mmFactorE9 > params.imFactorE9) table.refuse("mm_factor", "it must be at most im_factor");
  if (table.number("vol_static") + LONGEST_SQRT * table.number("vol_scale") <= 0)
    table.refuse("vol_scale", "vol_static + vol_scale·√years must stay above 0 up to two years");
  return { params, scenarios: scenarios(table) };
}

function depth(table: Table): bigint {
  const usd = table.number("depth_usd");
  if (usd !== 0 && (usd < DEPTH[0] || usd > DEPTH[1]))
    table.refuse("depth_usd", `it must be 0 or lie between ${DEPTH[0]} and ${DEPTH[1]}`);
  return units.usd(usd);
}

function shortfallSource(table: Table): bigint {
  const source = table.text("es_source");
  if (source === "grid") return 0n;
  if (source === "history") return 1n;
  return table.refuse("es_source", "use grid or history");
}

function scenarios(table: Table): ScenarioArgs[] {
  const given = table.tables("scenarios").map(scenario);
  if (given.length > MOST_SCENARIOS)
    throw new Error(`${table.path}: 'scenarios' has ${given.length} entries: at most ${MOST_SCENARIOS} are possible`);
  const weighs = (is: (spotE9: bigint) => boolean) => given.some((s) => s.weightE9 > 0n && is(s.spotE9));
  // A grid that looks one way only would leave the other way free.
  if (!weighs((spot) => spot > units.ONE_E9) || !weighs((spot) => spot < units.ONE_E9))
    throw new Error(`${table.path}: 'scenarios' looks one way only: with a weight there must be one up and one down`);
  return given;
}

function scenario(table: Table): ScenarioArgs {
  const vol = table.text("vol");
  if (vol !== "up" && vol !== "down" && vol !== "none") return table.refuse("vol", "use up, down or none");
  return scenarioArgs({ spot: table.within("spot", ...SPOT), weight: table.within("weight", ...WEIGHT), vol });
}
