// The protocol's laws on live state, for stories to check after every transaction. Each law prints what it has summed.
import assert from "node:assert/strict";
import {
  decodeCollateral,
  decodeInsuranceFund,
  decodeUnderlying,
  getCollateralDiscriminatorBytes,
  getInsuranceFundDiscriminatorBytes,
  getUnderlyingDiscriminatorBytes,
} from "@plimsoll/client";
import {
  listedSeries,
  PlimsollFailure,
  positionsOf,
  underlyingOf,
  type Chain,
  type PlimsollClient,
} from "@plimsoll/client";
import type { Address, ReadonlyUint8Array } from "@solana/kit";
import { getTokenDecoder } from "@solana-program/token";

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, number) => total + number, 0n);
const startsWith = (data: ReadonlyUint8Array, start: ReadonlyUint8Array) =>
  start.every((byte, index) => data[index] === byte);

/** A chain that checks all laws of an exchange after every transaction it sends. */
export function lawfulChain(chain: Chain, client: () => PlimsollClient): Chain {
  return {
    ...chain,
    send: async (instructions) => {
      const receipt = await chain.send(instructions);
      await checkLaws(client());
      return receipt;
    },
  };
}

export async function checkLaws(client: PlimsollClient): Promise<void> {
  const encoded = await client.chain.fetchProgramAccounts(client.programAddress);
  const only = <T extends { data: { exchange: Address } }>(
    discriminator: ReadonlyUint8Array,
    decode: (account: (typeof encoded)[number]) => T,
  ) =>
    encoded
      .filter(({ data }) => startsWith(data, discriminator))
      .map(decode)
      .filter(({ data }) => data.exchange === client.exchange);
  const underlyings = only(getUnderlyingDiscriminatorBytes(), (account) => decodeUnderlying(account));
  const collaterals = only(getCollateralDiscriminatorBytes(), (account) => decodeCollateral(account));
  const accounts = await client.fetchMarginAccounts();

  // 1. Each vault holds exactly what the ledger owes.
  const { quoteVault } = await client.fetchExchange();
  const cash = sum(accounts.map(({ data }) => data.cashAtoms));
  const due = sum(accounts.map(({ data }) => data.insuranceDueAtoms + data.lossDueAtoms));
  const fees = sum(underlyings.map(({ data }) => data.feesAtoms));
  const settlement = sum(underlyings.map(({ data }) => data.settlementAtoms));
  const funds = only(getInsuranceFundDiscriminatorBytes(), (account) => decodeInsuranceFund(account));
  const insurance = sum(funds.map(({ data }) => data.cashAtoms + data.ledger.reserveAtoms));
  assert.equal(
    await balance(client.chain, quoteVault),
    cash + due + fees + settlement + insurance,
    `quote vault = cash ${cash} + due ${due} + fees ${fees} + settlement ${settlement} + insurance ${insurance}`,
  );
  for (const { address, data } of collaterals) {
    const owed = sum(
      accounts.flatMap((a) =>
        a.data.collaterals.filter((slot) => slot.collateral === address).map((slot) => slot.balanceAtoms),
      ),
    );
    assert.equal(await balance(client.chain, data.vault), owed, `vault of collateral ${address} = Σ balances`);
    assert.equal(data.totalDepositsAtoms, owed, `total of collateral ${address} = Σ balances`);
  }

  // 2. Per series of a live expiry the positions cancel, and the counters are their sums.
  for (const { address, data } of underlyings) {
    for (const series of listedSeries(data)) {
      if (data.expiries[series.expiry]?.status !== 1) continue;
      const held = accounts.flatMap((a) =>
        positionsOf(a.data).filter((p) => underlyingOf(a.data, p) === address && p.series === series.number),
      );
      const sizes = held.map(({ sizeE6 }) => sizeE6);
      const netted = sum(held.map(({ nettedE6 }) => nettedE6));
      assert.equal(sum(sizes), 0n, `Σ positions of series ${series.number}: ${sizes.join(", ")}`);
      assert.equal(series.longE6, sum(sizes.filter((size) => size > 0n)) + netted, `longs of series ${series.number}`);
      assert.equal(
        series.shortE6,
        netted - sum(sizes.filter((size) => size < 0n)),
        `shorts of series ${series.number}`,
      );
    }
  }

  // 3. IM ≤ MM ≤ E, wherever prices still allow a valuation.
  for (const { address, data } of accounts) {
    if (data.positionCount === 0) continue;
    const report = await client.checkHealth(address).catch((error: unknown) => {
      if (error instanceof PlimsollFailure && error.is("OracleStale")) return undefined;
      throw error;
    });
    if (!report) continue;
    const { initialAtoms, maintenanceAtoms, equityAtoms } = report;
    assert.ok(
      initialAtoms <= maintenanceAtoms && maintenanceAtoms <= equityAtoms,
      `IM ${initialAtoms} ≤ MM ${maintenanceAtoms} ≤ E ${equityAtoms} of ${address}`,
    );
  }
}

/** Tokens in a token account. */
export async function balance(chain: Chain, account: Address): Promise<bigint> {
  const found = await chain.fetchAccount(account);
  return found.exists ? getTokenDecoder().decode(found.data).amount : 0n;
}
