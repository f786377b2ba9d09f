// Deploying again changes nothing, and says what differs from the parameter file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import {
  getSetPortfolioParamsInstruction,
  PlimsollBackstop,
  PlimsollFailure,
  units,
  type PortfolioParamsRaw,
} from "@plimsoll/client";
import type { Addresses } from "../../migrations/setup/environment";
import { deployExchange, table } from "../../migrations/setup/exchange";
import { nextFridays, roundStrikes } from "../../migrations/setup/market";
import { readParams } from "../../migrations/setup/params";
import { portfolio, RATIOS, rawName, SKEW_RATIOS } from "../../migrations/setup/portfolio";
import { Table } from "../../migrations/setup/table";
import { addresses } from "./network";
import { Scene } from "./scene";

const deploy = async (scene: Scene, params = readParams("localnet"), apply = false) => {
  const assets = (addresses as Addresses).assets ?? {};
  return deployExchange({ chain: scene.chain, wallet: scene.wallet, params, assets, apply });
};

test("a second run changes nothing and says so", async () => {
  const scene = await Scene.open();
  const before = await scene.chain.fetchProgramAccounts(scene.admin.programAddress);
  const { rows, underlyings } = await deploy(scene);
  assert.deepEqual(
    rows.map(({ what, outcome }) => `${what} ${outcome}`),
    ["exchange", "insurance fund", "underlying SOL", "portfolio SOL", "underlying BTC", "portfolio BTC", "collateral SOL", "backstop"].map(
      (what) => `${what} exists`,
    ),
  );
  assert.match(table(rows), /nothing was changed$/);
  assert.equal(underlyings["SOL"], scene.underlying);
  const after = await scene.chain.fetchProgramAccounts(scene.admin.programAddress);
  const bytes = (accounts: typeof before) =>
    new Map(accounts.map(({ address, data }) => [address, Buffer.from(data).toString("hex")]));
  assert.deepEqual(bytes(after), bytes(before));
});

test("a parameter that differs is shown, and changed only on demand", async () => {
  const scene = await Scene.open();
  const wanted = readParams("localnet");
  const sol = wanted.underlyings.find(({ symbol }) => symbol === "SOL");
  assert.ok(sol);
  sol.params.cross.maxSpotE9 = units.ratio("0.2");
  const shown = (await deploy(scene, wanted)).rows.find(({ what }) => what === "underlying SOL");
  assert.equal(shown?.outcome, "differs");
  assert.deepEqual(shown?.differences, ["cross.maxSpotE9: 150000000 → 200000000"]);
  const onChain = async () => (await scene.admin.fetchUnderlying(scene.underlying)).params.cross.maxSpotE9;
  assert.equal(await onChain(), 150_000_000n);
  await deploy(scene, wanted, true);
  assert.equal(await onChain(), 200_000_000n);
  await deploy(scene, readParams("localnet"), true);
  assert.equal(await onChain(), 150_000_000n);
});

test("terms of the backstop that differ are shown, and changed only on demand", async () => {
  const scene = await Scene.open();
  const wanted = readParams("localnet");
  wanted.backstop.minBountyAtoms = units.usd("3");
  wanted.backstop.markets.pop();
  const shown = (await deploy(scene, wanted)).rows.find(({ what }) => what === "backstop");
  assert.equal(shown?.outcome, "differs");
  assert.ok(shown?.differences.includes("minBountyAtoms: 1000000 → 3000000"));
  assert.ok(shown?.differences.some((line) => line.startsWith("markets.1.underlying: ")));
  const onChain = async () => {
    const { terms } = await new PlimsollBackstop(scene.chain, scene.admin.exchange).fetchBackstop();
    return [terms.minBountyAtoms, terms.markets.filter(({ maxNotionalAtoms }) => maxNotionalAtoms > 0n).length];
  };
  await deploy(scene, wanted, true);
  assert.deepEqual(await onChain(), [3_000_000n, 1]);
  await deploy(scene, readParams("localnet"), true);
  assert.deepEqual(await onChain(), [1_000_000n, 2]);
});

test("portfolio margin of a changed file is shown, and applied on demand", async () => {
  const scene = await Scene.open();
  const wanted = readParams("localnet");
  const sol = wanted.underlyings.find(({ symbol }) => symbol === "SOL");
  assert.ok(sol);
  sol.portfolio.params.mmOptionE9 = units.ratio("0.004");
  sol.portfolio.scenarios.pop();
  const shown = (await deploy(scene, wanted)).rows.find(({ what }) => what === "portfolio SOL");
  assert.equal(shown?.outcome, "differs");
  assert.deepEqual(shown?.differences, ["params.mmOptionE9: 3000000 → 4000000", "scenarioCount: 29 → 28"]);
  const onChain = async () => {
    const { portfolio } = await scene.admin.fetchUnderlying(scene.underlying);
    return [portfolio.params.mmOptionE9, portfolio.scenarioCount];
  };
  assert.deepEqual(await onChain(), [3_000_000n, 29]);
  await deploy(scene, wanted, true);
  assert.deepEqual(await onChain(), [4_000_000n, 28]);
  await deploy(scene, readParams("localnet"), true);
  assert.deepEqual(await onChain(), [3_000_000n, 29]);
});

/** What the table of portfolio margin of localnet.toml reads as with some values replaced. */
const portfolioWith = (values: Record<string, unknown>) => {
  const file = fileURLToPath(new URL("../../migrations/params/localnet.toml", import.meta.url));
  const { underlyings } = parse(readFileSync(file, "utf8")) as { underlyings: { portfolio: object }[] };
  return portfolio(new Table({ ...underlyings[0]?.portfolio, ...values }, "portfolio"));
};

test("a parameter of portfolio margin outside its limits is named with them", () => {
  const up = { spot: 1.1, vol: "up", weight: 1 };
  const wrong: [Record<string, unknown>, string][] = [
    [{ range_up: 6 }, "portfolio: 'range_up' is 6: it must lie between 0 and 5"],
    [{ skew_linear_cap_slope: -0.6 }, "portfolio: 'skew_linear_cap_slope' is -0.6: it must lie between -0.5 and 0.5"],
    [{ mm_factor: 1.1 }, "portfolio: 'mm_factor' is 1.1: it must be at most im_factor"],
    [{ depth_usd: 5 }, "portfolio: 'depth_usd' is 5: it must be 0 or lie between 1000 and 1000000000000"],
    [{ es_source: "both" }, "portfolio: 'es_source' is both: use grid or history"],
    [{ scenarios: [up] }, "portfolio: 'scenarios' looks one way only: with a weight there must be one up and one down"],
    [{ scenarios: Array(41).fill(up) }, "portfolio: 'scenarios' has 41 entries: at most 40 are possible"],
    [{ scenarios: [{ ...up, spot: 7 }] }, "portfolio.scenarios[0]: 'spot' is 7: it must lie between 0.05 and 6"],
  ];
  for (const [values, message] of wrong) assert.throws(() => portfolioWith(values), { message });
});

/** The parameters with one of them changed by so many billionths. */
function nudged(params: PortfolioParamsRaw, name: string, by: bigint): PortfolioParamsRaw {
  const [, skew, part = name] = /^skew_(linear|absolute)_(.*)$/.exec(name) ?? [];
  const change = <T extends object>(values: T): T => {
    const key = rawName(part) as keyof T;
    return { ...values, [key]: (values[key] as bigint) + by };
  };
  if (skew === "linear") return { ...params, skewLinear: change(params.skewLinear) };
  if (skew === "absolute") return { ...params, skewAbsolute: change(params.skewAbsolute) };
  return change(params);
}

test("the limits of the loader are the program's", async () => {
  const { admin, underlying } = await Scene.open();
  const accepts = (params: PortfolioParamsRaw) => {
    const input = { admin: admin.admin, exchange: admin.exchange, underlying, params };
    return admin.chain.simulate([getSetPortfolioParamsInstruction(input)]).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof PlimsollFailure && error.is("ParameterOutOfRange"), String(error));
        return false;
      },
    );
  };
  // Other parameters at values that leave each one free up to its limits.
  const base = { mm_factor: 0.1, im_factor: 5, vol_static: 5, vol_scale: 0 };
  const skews = Object.entries(SKEW_RATIOS).flatMap(([name, limits]) =>
    [`skew_linear_${name}`, `skew_absolute_${name}`].map((full) => [full, limits] as const),
  );
  for (const [name, limits] of [...Object.entries(RATIOS), ...skews]) {
    for (const [index, limit] of limits.entries()) {
      const { params } = portfolioWith({ ...base, [name]: limit });
      assert.equal(await accepts(params), true, `${name} = ${limit}`);
      assert.equal(await accepts(nudged(params, name, index === 0 ? -1n : 1n)), false, `${name} beyond ${limit}`);
    }
  }
});

test("both parameter files are complete and name nothing unknown", () => {
  for (const cluster of ["localnet", "devnet"]) {
    const { underlyings, collaterals } = readParams(cluster);
    assert.deepEqual(
      underlyings.map(({ symbol }) => symbol),
      ["SOL", "BTC"],
    );
    assert.deepEqual(
      collaterals.map(({ asset }) => asset),
      ["SOL"],
    );
  }
});

test("the demo market's expiries are Fridays at eight, two days ahead at least", () => {
  for (const now of [0n, 1_800_000_000n, 1_800_300_000n, 1_795_161_600n]) {
    for (const expiry of nextFridays(now, 3)) {
      const date = new Date(Number(expiry) * 1_000);
      assert.deepEqual([date.getUTCDay(), date.getUTCHours(), date.getUTCMinutes()], [5, 8, 0]);
      assert.ok(expiry > now + 2n * 86_400n);
    }
    assert.ok((nextFridays(now, 1)[0] ?? 0n) <= now + 9n * 86_400n);
  }
  assert.deepEqual(roundStrikes(units.price("140.6"), [0.9, 1]), [units.price("130"), units.price("140")]);
});
