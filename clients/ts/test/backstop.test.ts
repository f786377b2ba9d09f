// Terms of a backstop as people write them, and as the program keeps them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backstopTerms, DEFAULT_KEY, type BackstopSettings } from "../src";

const market = { underlying: DEFAULT_KEY, maxNotionalAtoms: 5n };
const settings = (count: number): BackstopSettings => ({
  cooldownSecs: 604_800n,
  opensSecs: 600n,
  callerPartE9: 200_000_000n,
  minBountyAtoms: 1_000_000n,
  bountyBudgetAtoms: 100_000_000n,
  maxNotionalAtoms: 9n,
  maxLossE9: 100_000_000n,
  markets: Array.from({ length: count }, () => market),
});

test("free places of a backstop's table are filled up", () => {
  for (const count of [0, 1, 8]) {
    const { markets, ...numbers } = backstopTerms(settings(count));
    assert.equal(markets.length, 8);
    assert.deepEqual(markets.slice(0, count), settings(count).markets);
    assert.ok(markets.slice(count).every((free) => free.underlying === DEFAULT_KEY && free.maxNotionalAtoms === 0n));
    assert.equal(numbers.opensSecs, 600n);
  }
});

test("a backstop takes no ninth underlying", () => {
  assert.throws(() => backstopTerms(settings(9)), /at most 8 underlyings, not 9/);
});

test("terms that were read can be written again", () => {
  const terms = backstopTerms(settings(2));
  assert.deepEqual(backstopTerms(terms), terms);
});
