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
  missedArrays,
  refreshSeriesInstructions,
  RISK_CACHE_SIZE,
  seriesOfExpiry,
  SERIES_PER_REFRESH,
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
