// Deploying again changes nothing, and says what differs from the parameter file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { units } from "@plimsoll/client";
import type { Addresses } from "../../migrations/setup/environment";
import { deployExchange, table } from "../../migrations/setup/exchange";
import { nextFridays, roundStrikes } from "../../migrations/setup/market";
import { readParams } from "../../migrations/setup/params";
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
    ["exchange exists", "collateral SOL exists", "underlying SOL exists", "underlying BTC exists"],
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
