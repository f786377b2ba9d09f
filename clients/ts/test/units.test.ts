import assert from "node:assert/strict";
import { test } from "node:test";
import * as units from "../src/units";

test("decimals become integers exactly, or not at all", () => {
  assert.equal(units.usd("12.5"), 12_500_000n);
  assert.equal(units.usd(-0.000001), -1n);
  assert.equal(units.usd(3n), 3_000_000n);
  assert.equal(units.price("140.615937"), 140_615_937_000n);
  assert.equal(units.contracts("-0.25"), -250_000n);
  assert.equal(units.ratio(0.15), 150_000_000n);
  assert.equal(units.ratio(1e-9), 1n);
  assert.equal(units.tokens("1", 9), 1_000_000_000n);
  assert.throws(() => units.usd("0.0000001"), /more digits than its unit: name a rounding/);
  for (const nonsense of ["", "1,000", "0x10", "1.2.3", ".", "NaN", "e5"]) {
    assert.throws(() => units.usd(nonsense), /not a decimal number/, nonsense);
  }
  assert.throws(() => units.usd("1e99"), /out of range/);
});

test("rounding goes where its name says, for either sign", () => {
  assert.equal(units.usd("0.0000019", "down"), 1n);
  assert.equal(units.usd("0.0000011", "up"), 2n);
  assert.equal(units.usd("-0.0000011", "down"), -2n);
  assert.equal(units.usd("-0.0000019", "up"), -1n);
  assert.equal(units.usd("0.0000015", "nearest"), 2n);
  assert.equal(units.usd("-0.0000016", "nearest"), -2n);
  assert.equal(units.divide(7n, -2n, "down"), -4n);
  assert.equal(units.divide(7n, -2n, "up"), -3n);
  assert.throws(() => units.divide(1n, 0n, "down"), /division by zero/);
});

test("numbers read back as they were written", () => {
  for (const text of ["0.000001", "-0.000001", "123456.789012", "-1.000000", "0.000000"]) {
    assert.equal(units.formatDecimal(units.usd(text), 6), text);
  }
  assert.equal(units.formatUsd(-1n), "-0.01", "shortened towards −∞");
  assert.equal(units.formatUsd(1_999_999n), "1.99");
  assert.equal(units.formatPrice(units.price("150"), 0), "150");
  assert.equal(units.formatRatio(units.INFINITE_RATIO), "∞");
  assert.equal(units.formatRatio(881_300_000n), "0.8813");
});

test("Q40 is binary: halves are exact, tenths the nearest", () => {
  assert.equal(units.q40("0.5"), 1n << 39n);
  assert.equal(units.q40("1"), units.ONE_Q40);
  assert.equal(units.q40("-2.25"), -(9n << 38n));
  assert.equal(units.q40("0.1"), 109_951_162_778n); // 109 951 162 777.6
  assert.equal(units.q40("0.1", "down"), 109_951_162_777n);
  assert.equal(units.q40ToNumber(3n << 39n), 1.5);
});

// docs/risk-model.md, "Volatility surface": the fit of total variance and two volatilities read off it.
const FIT = {
  a: ".17753424657534247",
  b: ".17753424657534247",
  rho: ".05917808219178082",
  m: ".02958904109589041",
  s: ".0216986301369863",
};
const TENOR = 7_776_000n; // .2465753424657534 years

test("a fit of total variance gives the documented volatilities", () => {
  const svi = units.sviFromTotalVariance(FIT, TENOR);
  assert.equal(svi.aQ40, units.divide(units.q40(FIT.a) * units.SECONDS_PER_YEAR, TENOR, "down"));
  const [a, b, rho, m, s] = [svi.aQ40, svi.bQ40, svi.rhoQ40, svi.mQ40, svi.sQ40].map(units.q40ToNumber) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const volatility = (strike: number) => {
    const k = Math.log(strike / 1830);
    return Math.sqrt(a + b * (rho * (k - m) + Math.sqrt((k - m) ** 2 + s ** 2)));
  };
  assert.ok(Math.abs(volatility(1500) - 0.9356728218442784) < 1e-11);
  assert.ok(Math.abs(volatility(2400) - 0.9512721744218694) < 1e-11);
  assert.throws(() => units.sviFromTotalVariance(FIT, 0n), /tenor is not positive/);
});

test("a flat smile has its volatility everywhere", () => {
  assert.deepEqual(units.flatSvi("0.5"), { aQ40: 1n << 38n, bQ40: 0n, rhoQ40: 0n, mQ40: 0n, sQ40: units.ONE_Q40 });
});
