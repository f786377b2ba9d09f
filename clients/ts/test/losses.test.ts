// What the client computes of shared losses and of the queue for deleveraging.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cashOf, entryPriceE9, sharedLossE18, type MarginAccount } from "../src";

const account = (cashAtoms: bigint, cashIndexE18: bigint): MarginAccount =>
  ({ cashAtoms, cashIndexE18 }) as MarginAccount;

test("cash is worth what shared losses have left of it, and a debt is what it is", () => {
  const one = 10n ** 18n;
  assert.equal(cashOf(account(1_000_000n, one), one), 1_000_000n);
  assert.equal(cashOf(account(1_000_000n, one), (one * 9n) / 10n), 900_000n);
  // Rounded down, as the program does.
  assert.equal(cashOf(account(7n, one), (one * 9n) / 10n), 6n);
  assert.equal(cashOf(account(-7n, one), (one * 9n) / 10n), -7n);
  // Who came after the first loss bears the second alone.
  assert.equal(cashOf(account(1_000_000n, (one * 9n) / 10n), (one * 45n) / 100n), 500_000n);
  assert.equal(sharedLossE18((one * 9n) / 10n), one / 10n);
});

test("an entry price is 26 bits times a power of two", () => {
  assert.equal(entryPriceE9(0), 0n);
  assert.equal(entryPriceE9(12_345_678), 12_345_678n);
  assert.equal(entryPriceE9(2 ** 26 * 10 + 2 ** 25), 2n ** 35n);
});
