// Conversions between people's numbers and the program's integers. Integers are bigint; people's numbers are decimal
// strings, or numbers where rounding a float does no harm. Whoever loses a digit says in which direction.
//
// | name      | unit                          | scale  |
// |-----------|-------------------------------|--------|
// | atoms     | quote asset (USDC)            | 1e-6   |
// | contracts | signed size, + long           | 1e-6   |
// | price     | USD per unit of underlying    | 1e-9   |
// | ratio     | parameters, haircuts, HF      | 1e-9   |
// | Q40       | volatility, SVI, forward/spot | 2^-40  |

/** `exact` refuses what does not fit; `down` is towards −∞ and `up` towards +∞, whatever the sign. */
export type Rounding = "exact" | "down" | "up" | "nearest";
export type Decimal = string | number | bigint;

export const ATOM_DECIMALS = 6;
export const CONTRACT_DECIMALS = 6;
export const PRICE_DECIMALS = 9;
export const RATIO_DECIMALS = 9;
export const ONE_E9 = 1_000_000_000n;
export const ONE_Q40 = 1n << 40n;
export const SECONDS_PER_YEAR = 31_536_000n;
/** The health factor of an account that is required nothing. */
export const INFINITE_RATIO = (1n << 63n) - 1n;

/** Quotient of two integers in the given direction. `exact` throws a RangeError when there is a rest. */
export function divide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor === 0n) throw new RangeError("division by zero: pass a divisor that is not zero");
  if (divisor < 0n) return divide(-dividend, -divisor, rounding);
  if (rounding === "nearest") return divide(2n * dividend + divisor, 2n * divisor, "down");
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if (rest === 0n) return quotient;
  if (rounding === "exact") {
    throw new RangeError("number has more digits than its unit: name a rounding direction ('down', 'up' or 'nearest')");
  }
  if (rounding === "down") return rest < 0n ? quotient - 1n : quotient;
  return rest > 0n ? quotient + 1n : quotient;
}

/** A decimal as the fraction it is: digits / 10^places. */
function fraction(value: Decimal): { digits: bigint; scale: bigint } {
  const text = String(value).trim();
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  const [, sign = "", whole = "", part = "", exponent = "0"] = match ?? [];
  if (match === null || (whole === "" && part === "")) {
    throw new RangeError(`'${text}' is not a decimal number: write it like -12.5`);
  }
  const digits = BigInt(`${whole}${part}`) * (sign === "-" ? -1n : 1n);
  const places = part.length - Number(exponent);
  if (Math.abs(places) > 60) throw new RangeError(`'${text}' is out of range: use a number of ordinary size`);
  return places >= 0
    ? { digits, scale: 10n ** BigInt(places) }
    : { digits: digits * 10n ** BigInt(-places), scale: 1n };
}

/** `value` in units of 10^-decimals. */
export function parseDecimal(value: Decimal, decimals: number, rounding: Rounding = "exact"): bigint {
  const { digits, scale } = fraction(value);
  return divide(digits * 10n ** BigInt(decimals), scale, rounding);
}

/** The exact decimal of `raw` units of 10^-decimals, or its first `places` digits, rounded towards −∞. */
export function formatDecimal(raw: bigint, decimals: number, places = decimals): string {
  const shown = divide(raw * 10n ** BigInt(places), 10n ** BigInt(decimals), "down");
  const size = shown < 0n ? -shown : shown;
  const digits = size.toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${shown < 0n ? "-" : ""}${whole}${places > 0 ? `.${digits.slice(-places)}` : ""}`;
}

/** USD (quote) in atoms. */
export const usd = (value: Decimal, rounding: Rounding = "exact"): bigint =>
  parseDecimal(value, ATOM_DECIMALS, rounding);
/** Signed contracts in 1e-6. */
export const contracts = (value: Decimal, rounding: Rounding = "exact"): bigint =>
  parseDecimal(value, CONTRACT_DECIMALS, rounding);
/** USD per unit in 1e-9. */
export const price = (value: Decimal, rounding: Rounding = "exact"): bigint =>
  parseDecimal(value, PRICE_DECIMALS, rounding);
/** A ratio (0.15 is 15 %) in 1e-9. */
export const ratio = (value: Decimal, rounding: Rounding = "exact"): bigint =>
  parseDecimal(value, RATIO_DECIMALS, rounding);
/** Tokens in the mint's own atoms. */
export const tokens = (value: Decimal, decimals: number, rounding: Rounding = "exact"): bigint =>
  parseDecimal(value, decimals, rounding);

/** Binary fixed point with 40 fractional bits, rounded to the nearest unless told otherwise: 0.15 has no exact form. */
export function q40(value: Decimal, rounding: Rounding = "nearest"): bigint {
  const { digits, scale } = fraction(value);
  return divide(digits * ONE_Q40, scale, rounding);
}

export const formatUsd = (atoms: bigint, places = 2): string => formatDecimal(atoms, ATOM_DECIMALS, places);
export const formatContracts = (sizeE6: bigint, places = 2): string => formatDecimal(sizeE6, CONTRACT_DECIMALS, places);
export const formatPrice = (priceE9: bigint, places = 2): string => formatDecimal(priceE9, PRICE_DECIMALS, places);

/** A ratio; the health factor of an account that is required nothing reads `∞`. */
export function formatRatio(ratioE9: bigint, places = 4): string {
  if (ratioE9 >= INFINITE_RATIO) return "∞";
  if (ratioE9 <= -INFINITE_RATIO) return "-∞";
  return formatDecimal(ratioE9, RATIO_DECIMALS, places);
}

/** Q40 as a float: for display and charts, not for sums. */
export const q40ToNumber = (raw: bigint): number => Number(raw) / 2 ** 40;

/** A smile as `update_volatility` takes it, per year, Q40. */
export type AnnualSvi = { aQ40: bigint; bQ40: bigint; rhoQ40: bigint; mQ40: bigint; sQ40: bigint };

/** Parameters of w(k) = a + b·(ρ·(k − m) + sqrt((k − m)² + s²)). */
export type Svi = { a: Decimal; b: Decimal; rho: Decimal; m: Decimal; s: Decimal };

/**
 * Turns a fit of total variance w at a tenor into the program's form, variance per year: a/τ and b/τ.
 * Rounds a and b towards −∞, as `Svi::from_total_variance` of the risk crate does.
 */
export function sviFromTotalVariance(svi: Svi, tenorSecs: bigint): AnnualSvi {
  if (tenorSecs <= 0n) throw new RangeError("tenor is not positive: pass the seconds from now to the expiry");
  const perYear = (value: Decimal) => divide(q40(value) * SECONDS_PER_YEAR, tenorSecs, "down");
  return { ...rest(svi), aQ40: perYear(svi.a), bQ40: perYear(svi.b) };
}

/** A smile whose parameters are per year already. */
export const sviPerYear = (svi: Svi): AnnualSvi => ({ ...rest(svi), aQ40: q40(svi.a), bQ40: q40(svi.b) });

/** The smile without a smile: the same volatility at every strike. */
export function flatSvi(volatility: Decimal): AnnualSvi {
  const vol = q40(volatility);
  return { aQ40: (vol * vol) >> 40n, bQ40: 0n, rhoQ40: 0n, mQ40: 0n, sQ40: ONE_Q40 };
}

const rest = (svi: Svi) => ({ rhoQ40: q40(svi.rho), mQ40: q40(svi.m), sQ40: q40(svi.s) });
