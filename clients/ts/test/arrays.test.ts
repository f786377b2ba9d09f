// Risk arrays in the client: instructions, slots, reasons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, generateKeyPairSigner } from "@solana/kit";
import {
  ArrayUse,
  createRiskCacheInstructions,
  DEFAULT_KEY,
  getCreateRiskCacheInstructionDataDecoder,
  getRefreshSeriesInstructionDataDecoder,
  heldSeries,
  missedArrays,
  refreshSeriesInstructions,
  RISK_CACHE_SIZE,
  seriesOfExpiry,
  seriesWithoutArray,
  SERIES_PER_REFRESH,
  type MarginAccount,
  type RiskCache,
  type Underlying,
} from "../src";

const underlying = address("Ar657pizBp5R8dHCyEEiZ8tsgP4uTR2gXYhJ33kXeZAx");

test("a cache is made by the system program and taken over", async () => {
  const [payer, cache] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
  const instructions = createRiskCacheInstructions({ payer, underlying, cache, rentLamports: 1n });
  assert.equal(RISK_CACHE_SIZE, 104_080n);
  assert.equal(instructions.length, 2);
  const [, take] = instructions;
  assert.deepEqual(
    take?.accounts?.map((meta) => meta.address),
    [underlying, cache.address],
  );
  assert.equal(getCreateRiskCacheInstructionDataDecoder().decode(take!.data!).refresher, DEFAULT_KEY);
});

test("a refresh takes as many instructions as its series need", () => {
  const series = Array.from({ length: SERIES_PER_REFRESH + 1 }, (_, slot) => slot);
  const instructions = refreshSeriesInstructions({ underlying, cache: DEFAULT_KEY, expiry: 3, series });
  const sent = instructions.map(({ data }) => getRefreshSeriesInstructionDataDecoder().decode(data!));
  assert.deepEqual(
    sent.map(({ expiry, series }) => [expiry, series.length]),
    [
      [3, SERIES_PER_REFRESH],
      [3, 1],
    ],
  );
  assert.deepEqual(
    sent.flatMap((part) => part.series),
    series,
  );
  assert.equal(refreshSeriesInstructions({ underlying, cache: DEFAULT_KEY, expiry: 3, series: [] }).length, 0);
});

test("series are found by expiry, and reasons have names", () => {
  const slots = [
    { status: 1, expiry: 0 },
    { status: 0, expiry: 0 },
    { status: 1, expiry: 1 },
    { status: 1, expiry: 0 },
  ];
  assert.deepEqual(seriesOfExpiry({ series: slots } as unknown as Underlying, 0), [0, 3]);
  const report = { equityAtoms: 0n, initialAtoms: 0n, maintenanceAtoms: 0n, isBound: true, isCalm: true };
  const arrays = [
    { slot: 0, array: ArrayUse.Used },
    { slot: 1, array: ArrayUse.PriceMoved },
  ];
  assert.deepEqual(missedArrays({ ...report, arrays }), [{ slot: 1, reason: "PriceMoved" }]);
});

test("series that accounts hold are named once, by live expiry and of one underlying", () => {
  const [live, settled, other] = [1, 2, address("5zpyutJu9ee6jFymDGoK7F6S5Kczqtc9FomP3ueKuyA9")];
  const account = (slots: [underlying: number, expiry: number, series: number][]) => {
    const positions = slots.map(([underlying, expiry, series]) => ({ underlying, expiry, series }));
    return { underlyings: [other, underlying], positions, positionCount: slots.length } as unknown as MarginAccount;
  };
  const accounts = [
    account([
      [0, 0, 1],
      [1, 0, 3],
      [1, 2, 7],
    ]),
    account([
      [1, 0, 3],
      [1, 0, 4],
      [1, 1, 9],
    ]),
  ];
  const expiries = [live, settled, live].map((status) => ({ status }));
  assert.deepEqual(heldSeries(accounts, underlying, { expiries } as unknown as Underlying), [
    { expiry: 0, series: [3, 4] },
    { expiry: 2, series: [7] },
  ]);
});

test("an array is fresh while its snapshot is the newest, of this market and young", () => {
  const surface = { aQ40: 1n, bQ40: 2n, rhoQ40: 3n, mQ40: 4n, sQ40: 5n, maxLogMoneynessQ40: 6n };
  const market = { arraysGeneration: 8n, expiries: [{ status: 1, expiryTs: 9_000n, svi: surface }] };
  const snapshot = { stamp: 2, generation: 8n, expiryTs: 9_000n, svi: { ...surface }, refreshedAt: 1_000n };
  const reasons = (change: object, now = 1_300n) => {
    const cache = { expiries: [{ ...snapshot, ...change }], series: [{ stamp: 2 }, { stamp: 1 }, { stamp: 0 }] };
    const held = [{ expiry: 0, series: [0, 1, 2] }];
    const unusable = seriesWithoutArray(cache as unknown as RiskCache, market as unknown as Underlying, held, now);
    return unusable.map(({ series, reason }) => `${series} ${reason}`);
  };
  const every = (reason: string) => [0, 1, 2].map((series) => `${series} ${reason}`);
  assert.deepEqual(reasons({}), ["1 NoArray", "2 NoArray"]);
  assert.deepEqual(reasons({}, 1_301n), every("Old"));
  assert.deepEqual(reasons({ generation: 7n }), every("Outdated"));
  assert.deepEqual(reasons({ expiryTs: 8_000n }), every("Outdated"));
  assert.deepEqual(reasons({ svi: { ...surface, rhoQ40: 0n } }, 1_301n), every("Outdated"));
  assert.deepEqual(reasons({ stamp: 0 }), every("NoArray"));
});
