// Portfolio mode through the client: what has to be set first, what the report says, and in which words.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  findEvent,
  greeksInUsd,
  MarginMode,
  partOf,
  PlimsollFailure,
  scenarioArgs,
  scenariosOf,
  takesPortfolios,
  units,
  VolMove,
  worstInWords,
  type PortfolioParamsRaw,
  type Scenario,
} from "../src";
import { NOW, PARAMS, TestWorld } from "./world";

const skew = { weightE9: units.ONE_E9, baseCapE9: units.ratio("0.15"), capSlopeE9: units.ratio("-0.05") };

/** The set P2T of docs/risk-model.md. */
const P2T: PortfolioParamsRaw = {
  rangeUpE9: units.ratio("0.5"),
  rangeDownE9: units.ratio("0.275"),
  shortPowerE9: units.ratio("0.3"),
  longPowerE9: units.ratio("0.13"),
  minVolUpE9: units.ratio("0.45"),
  mmFactorE9: units.ratio("0.8"),
  imFactorE9: units.ratio("1"),
  shortMultE9: units.ratio("0.5"),
  longMultE9: units.ratio("1"),
  shortAddE9: units.ratio("0.08"),
  longAddE9: units.ratio("0.08"),
  longBaseE9: units.ratio("0.95"),
  shortBaseE9: units.ratio("1.04"),
  basisUpE9: units.ratio("1.045"),
  basisDownE9: units.ratio("0.955"),
  basisAddE9: units.ratio("0.5"),
  basisMultE9: units.ratio("2"),
  pegThresholdE9: units.ratio("0.98"),
  pegFactorE9: units.ratio("2"),
  confidenceThresholdE9: units.ratio("0.55"),
  confidenceFactorE9: units.ratio("1"),
  mmOptionE9: units.ratio("0.003"),
  imOptionE9: units.ratio("0.002"),
  tenorFloorSecs: 86_400n,
  skewLinear: skew,
  skewAbsolute: skew,
  minKstarE9: units.ratio("0.01"),
  widthScaleE9: units.ratio("4"),
  volStaticE9: units.ratio("0.6"),
  volScaleE9: units.ratio("-0.1"),
  esWeightE9: 0n,
  esMassE9: units.ratio("0.05"),
  gammaChargeE9: 0n,
  gammaMoveE9: 0n,
  vegaChargeE9: 0n,
  vegaMoveE9: 0n,
  realisedMultE9: 0n,
  depthAtoms: 0n,
  esSource: 0n,
};

const SCENARIOS: Scenario[] = [
  { spot: "0.865", vol: "up" },
  { spot: "1", vol: "down" },
  { spot: "1.135", vol: "up" },
  { spot: "4", vol: "up", weight: "0.012" },
];

type Actor = Awaited<ReturnType<TestWorld["actor"]>>;
let world: TestWorld;
let call: number;
let writer: Actor;
let buyer: Actor;

const trade = (size: string) =>
  world.admin.trade({
    underlying: world.underlying,
    series: call,
    sizeE6: units.contracts(size),
    priceE9: units.price("3"),
    taker: buyer.account,
    takerAuthority: buyer.owner,
    maker: writer.account,
    makerAuthority: writer.owner,
  });

before(async () => {
  world = await TestWorld.create();
  const { admin, underlying, wallet } = world;
  await world.price("140");
  const expiry = await admin.listExpiry(underlying, NOW + 7n * 86_400n);
  const terms = { forwardRatioQ40: units.ONE_Q40, rateE9: 0n, confidenceE9: units.ONE_E9 };
  await admin.updateVolatility(underlying, wallet, { expiry, ...units.flatSvi("0.7"), ...terms });
  call = await admin.listSeries(underlying, { expiry, isPut: false, strikeE9: units.price("150") });
  [writer, buyer] = [await world.actor("2000", "3", MarginMode.Portfolio), await world.actor("1000")];
});

test("scenarios come from decimals", () => {
  assert.deepEqual(scenarioArgs({ spot: "0.865", vol: "up" }), {
    spotE9: 865_000_000n,
    weightE9: units.ONE_E9,
    vol: VolMove.Up,
  });
  assert.equal(scenarioArgs({ spot: 4, vol: "none", weight: 0.012 }).weightE9, 12_000_000n);
  assert.throws(() => scenarioArgs({ spot: "0.8650000001", vol: "up" }), /more digits than its unit/);
});

test("every scenario has its words", () => {
  const grid = SCENARIOS.map(scenarioArgs);
  const words = [0, 1, 2, 3, 253, 254, 255].map((worst) => worstInWords(worst, grid));
  assert.deepEqual(words, [
    "spot -13.5 %, volatility up",
    "spot unchanged, volatility down",
    "spot +13.5 %, volatility up",
    "spot +300 %, volatility up, 1.2 % of the loss",
    "no scenario loses",
    "smile tilts",
    "smile bends",
  ]);
  assert.throws(() => worstInWords(4, grid), /scenario 4 is not in the grid/);
});

test("without parameters and scenarios a portfolio account holds nothing; with both it trades", async () => {
  const { admin, underlying } = world;
  const isOpen = async () => takesPortfolios(await admin.fetchUnderlying(underlying));
  await assert.rejects(trade("1"), (error: PlimsollFailure) => error.is("ScenarioGrid"));
  await admin.setPortfolioParams(underlying, P2T);
  assert.equal(await isOpen(), false);
  await assert.rejects(trade("1"), (error: PlimsollFailure) => error.is("ScenarioGrid"));
  const { events } = await admin.setScenarios(underlying, SCENARIOS.map(scenarioArgs));
  assert.equal(findEvent(events, "PortfolioChanged")?.isSet, true);
  assert.equal(await isOpen(), true);
  const stored = scenariosOf(await admin.fetchUnderlying(underlying));
  assert.deepEqual(
    stored.map(({ spotE9, weightE9, vol }) => ({ spotE9, weightE9, vol })),
    SCENARIOS.map(scenarioArgs),
  );
  await trade("10");
});

test("the report of a writer of calls: Greeks in USD, the worst scenario a rise", async () => {
  const { admin, underlying } = world;
  const report = await admin.checkHealth(writer.account);
  const part = partOf(report, await admin.fetchMarginAccount(writer.account), underlying);
  assert.ok(part?.scenarios.__option === "Some");
  assert.equal(part.markAtoms, report.markAtoms);
  assert.deepEqual(part.greeks, report.greeks);
  const { delta, gamma, vega, theta } = greeksInUsd(report.greeks);
  assert.match(delta, /^-\d+\.\d\d$/);
  assert.ok(Number(gamma) < 0 && Number(vega) < 0 && Number(theta) > 0, `${gamma}, ${vega}, ${theta}`);
  const { worst, worstAtoms } = part.scenarios.value;
  assert.ok(worstAtoms < 0n);
  assert.match(worstInWords(worst, scenariosOf(await admin.fetchUnderlying(underlying))), /^spot \+/);
  assert.equal(partOf(report, await admin.fetchMarginAccount(writer.account), world.collateral), undefined);
});

test("a short call loses less in the scenarios once SOL collateral moves with them", async () => {
  const { admin, collateral, underlying } = world;
  const alone = (await admin.checkHealth(writer.account)).initialAtoms;
  const { haircutInitialE9, haircutMaintenanceE9, depositCapAtoms } = await admin.fetchCollateral(collateral);
  await admin.setCollateral(collateral, { haircutInitialE9, haircutMaintenanceE9, depositCapAtoms, underlying });
  assert.ok((await admin.checkHealth(writer.account)).initialAtoms > alone);
});

test("where the shortfall is taken from history, its account is passed by every method", async () => {
  const { admin, underlying } = world;
  await admin.createHistory(underlying);
  const moves = ["-0.3", "0.6"].map((part) => ({ returnE9: units.ratio(part), volChangeE9: units.ratio("0.5") }));
  await admin.setHistory(underlying, 0, moves);
  const before = (await admin.checkHealth(writer.account)).initialAtoms;
  await admin.setPortfolioParams(underlying, { ...P2T, esWeightE9: units.ONE_E9, esSource: 1n });
  assert.ok((await admin.checkHealth(writer.account)).initialAtoms < before, "a rise of 60 % is the worst now");
  await trade("-1");
  await admin.withdraw({ authority: writer.owner, marginAccount: writer.account, amount: units.usd("1") });
});

test("a parameter or a grid outside its limits is refused", async () => {
  const { admin, underlying } = world;
  const refused = (name: "ParameterOutOfRange" | "ScenarioGrid") => (error: PlimsollFailure) => error.is(name);
  const params = { ...P2T, mmFactorE9: units.ratio("1.1") };
  await assert.rejects(admin.setPortfolioParams(underlying, params), refused("ParameterOutOfRange"));
  await assert.rejects(admin.setScenarios(underlying, [scenarioArgs({ spot: 2, vol: "up" })]), refused("ScenarioGrid"));
  assert.deepEqual((await admin.fetchUnderlying(underlying)).params, PARAMS);
});
