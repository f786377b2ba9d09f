// Lists expiries and series around the present price and publishes a smile for each expiry. What is listed already stays.
import type { Address, TransactionSigner } from "@solana/kit";
import { findExpiry, findSeries, units, type PlimsollAdmin } from "@plimsoll/client";

export type Smile = {
  /** Volatility at the forward, per year. */
  atTheMoney: number;
  /** Slope of the wings per year of variance, correlation and width: the other parameters of SVI. */
  b: number;
  rho: number;
  s: number;
  /** Forward / spot. */
  forwardRatio: string;
  /** Discount rate per year. */
  rate: string;
};

export const CALM_SMILE: Smile = { atTheMoney: 0.7, b: 0.25, rho: -0.1, s: 0.2, forwardRatio: "1.0005", rate: "0.05" };

export type ListedExpiry = {
  slot: number;
  expiryTs: bigint;
  series: { call: number; put: number; strikeE9: bigint }[];
};
export type Counted = { created: number; existing: number };

/** SVI per year whose volatility at the forward is the smile's: a = σ² − b·s, with m = 0. */
export function surfaceOf(smile: Smile): units.AnnualSvi {
  const a = smile.atTheMoney ** 2 - smile.b * smile.s;
  return units.sviPerYear({ a: a.toFixed(12), b: smile.b, rho: smile.rho, m: 0, s: smile.s });
}

export async function publishSurface(
  admin: PlimsollAdmin,
  underlying: Address,
  authority: TransactionSigner,
  expiry: number,
  smile: Smile,
): Promise<void> {
  await admin.updateVolatility(underlying, authority, {
    expiry,
    ...surfaceOf(smile),
    forwardRatioQ40: units.q40(smile.forwardRatio),
    rateE9: units.ratio(smile.rate),
    confidenceE9: units.ONE_E9,
  });
}

/** Strikes as parts of the price, rounded to two digits: 80 %, 90 %, … of 140.6 are 110, 130, … */
export function roundStrikes(indexE9: bigint, parts: readonly number[]): bigint[] {
  const strikes = parts.map((part) => {
    const digits = (Number(indexE9) / 1e9) * part;
    return units.price(Number(digits.toPrecision(2)));
  });
  return [...new Set(strikes)];
}

export type MarketInput = {
  admin: PlimsollAdmin;
  underlying: Address;
  expiries: readonly bigint[];
  strikes: readonly bigint[];
  smile: Smile;
  counted: Counted;
};

/** Lists what is missing; the underlying's price has to be fresh. */
export async function listMarket(input: MarketInput): Promise<ListedExpiry[]> {
  const { admin, underlying, expiries, strikes, smile, counted } = input;
  const listed: ListedExpiry[] = [];
  for (const expiryTs of expiries) {
    const before = await admin.fetchUnderlying(underlying);
    const known = findExpiry(before, expiryTs);
    count(counted, known);
    const slot = known ?? (await admin.listExpiry(underlying, expiryTs));
    if (known === undefined || before.expiries[known]?.volUpdatedAt === 0n) {
      await publishSurface(admin, underlying, admin.admin, slot, smile);
    }
    const wanted = strikes.flatMap((strikeE9) => [false, true].map((isPut) => ({ expiry: slot, isPut, strikeE9 })));
    const numbers = wanted.map((series) => (known === undefined ? undefined : findSeries(before, series)));
    const absent = wanted.filter((_, index) => numbers[index] === undefined);
    numbers.forEach((number) => count(counted, number));
    const fresh = absent.length === 0 ? [] : await admin.listManySeries(underlying, absent);
    const all = numbers.map((number) => number ?? fresh.shift() ?? -1);
    const series = strikes.map((strikeE9, index) => ({
      strikeE9,
      call: all[2 * index] ?? -1,
      put: all[2 * index + 1] ?? -1,
    }));
    listed.push({ slot, expiryTs, series });
  }
  return listed;
}

function count(counted: Counted, known: unknown): void {
  if (known === undefined) counted.created += 1;
  else counted.existing += 1;
}

/** The next `count` Fridays 08:00 UTC that lie at least two days ahead: when options of large venues expire. */
export function nextFridays(now: bigint, count: number): bigint[] {
  const DAY = 86_400n;
  const FRIDAY = 1n * DAY; // 1970-01-01 was a Thursday
  const first = now + 2n * DAY;
  const weeks = (first - FRIDAY - 8n * 3_600n) / (7n * DAY) + 1n;
  return Array.from({ length: count }, (_, index) => FRIDAY + 8n * 3_600n + (weeks + BigInt(index)) * 7n * DAY);
}
