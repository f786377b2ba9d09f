import assert from "node:assert/strict";
import { test } from "node:test";
import { hedgeStrike, hedgeStrikeStep, units } from "../src";

const market = (index: string) => ({ price: { indexE9: units.price(index) } }) as never;

test("strikes for hedges are round: 1, 2 or 5 times a power of ten, at most 2.5 % of the index", () => {
  const vectors = [
    ["1500", "20"],
    ["1999", "20"],
    ["2000", "50"],
    ["60000", "1000"],
    ["150", "2"],
    ["0.5", "0.01"],
    ["0.000000001", "0.000000001"],
  ] as const;
  for (const [index, step] of vectors) assert.equal(hedgeStrikeStep(units.price(index)), units.price(step), index);
});

test("the nearest strike lies beyond the price, on the side of the option", () => {
  const [at, on] = [units.price("1731"), units.price("1740")];
  assert.equal(hedgeStrike(market("1700"), false, at), units.price("1740"));
  assert.equal(hedgeStrike(market("1700"), true, at), units.price("1720"));
  assert.equal(hedgeStrike(market("1700"), false, on), on);
  assert.equal(hedgeStrike(market("1700"), true, on), on);
});
