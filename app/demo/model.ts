// What the demo expects, kept apart from the chain: the price as documented, and each account's book by its own sums.
import { units, type OracleConfig } from "@plimsoll/client";
import type { Leg } from "./risk";

const BIAS_E9 = 2_120_000_000n; // confidence counts 2.12 times ...
const MAX_BIAS_E9 = 50_000_000n; // ... but never more than 5 % of the price

const share = (value: bigint, ratioE9: bigint, rounding: units.Rounding): bigint =>
  units.divide(value * ratioE9, units.ONE_E9, rounding);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Index, slow price and the range initial margin looks at: docs/adr/0006 and 0007. */
export class PriceModel {
  indexE9 = 0n;
  confidenceE9 = 0n;
  slowE9 = 0n;
  updatedAt = 0n;

  constructor(private readonly oracle: OracleConfig) {}

  update(priceE8: bigint, confidenceE8: bigint, now: bigint): void {
    const index = priceE8 * 10n;
    if (this.slowE9 === 0n) {
      this.slowE9 = index;
    } else {
      const elapsed = least(most(now - this.updatedAt, 0n), 86_400n);
      // Away from the old price, so that the last unit of a gap closes too.
      const gap = this.indexE9 - this.slowE9;
      this.slowE9 += units.divide(gap * elapsed, elapsed + this.oracle.slowSecs, gap > 0n ? "up" : "down");
    }
    this.indexE9 = index;
    this.confidenceE9 = confidenceE8 * 10n;
    this.updatedAt = now;
  }

  get #bias(): bigint {
    return least(share(this.confidenceE9, BIAS_E9, "up"), share(this.indexE9, MAX_BIAS_E9, "up"));
  }

  get lowE9(): bigint {
    return least(this.indexE9 - this.#bias, this.slowE9);
  }

  get highE9(): bigint {
    return most(this.indexE9 + this.#bias, this.slowE9);
  }
}

export type Series = { number: number; isPut: boolean; strikeE9: bigint };

/** One margin account as it should be. */
export class Book {
  cashAtoms = 0n;
  readonly #sizes = new Map<number, { series: Series; sizeE6: bigint }>();

  constructor(readonly name: string) {}

  add(series: Series, sizeE6: bigint): void {
    const sum = (this.#sizes.get(series.number)?.sizeE6 ?? 0n) + sizeE6;
    if (sum === 0n) this.#sizes.delete(series.number);
    else this.#sizes.set(series.number, { series, sizeE6: sum });
  }

  size(series: Series): bigint {
    return this.#sizes.get(series.number)?.sizeE6 ?? 0n;
  }

  /** Positions by series number, as accounts keep them. */
  get positions(): { series: Series; sizeE6: bigint }[] {
    return [...this.#sizes.values()].sort((a, b) => a.series.number - b.series.number);
  }

  get legs(): Leg[] {
    return this.positions.map(({ series, sizeE6 }) => ({
      is_put: series.isPut,
      strike_e9: series.strikeE9,
      size_e6: sizeE6,
    }));
  }

  clear(): void {
    this.#sizes.clear();
  }
}

/** Premium and fee of a trade: what the taker's cash changes by, and what each side pays. */
export function tradeMoney(
  sizeE6: bigint,
  priceE9: bigint,
  indexE9: bigint,
  fees: { feeRateE9: bigint; feeCapE9: bigint },
): { premium: bigint; fee: bigint } {
  const size = most(sizeE6, -sizeE6);
  const perContract = least(share(indexE9, fees.feeRateE9, "up"), share(priceE9, fees.feeCapE9, "up"));
  return {
    premium: units.divide(-sizeE6 * priceE9, units.ONE_E9, "down"),
    fee: units.divide(size * perContract, units.ONE_E9, "up"),
  };
}
