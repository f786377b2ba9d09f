// The whole of demo-market.ts, as a function: see there.
import type { Address } from "@solana/kit";
import { units, PlimsollAdmin, type PlimsollClient } from "@plimsoll/client";
import { environment, oracleAccounts, type Addresses, type Environment } from "./environment";
import { CALM_SMILE, listMarket, nextFridays, roundStrikes, type Counted } from "./market";
import { readParams, type ClusterParams } from "./params";
import { fund, localPerson } from "./people";

const HELP = `usage: demo-market.ts

Fills the exchange of a local network: expiries on the next two Fridays, calls and puts at five strikes, a volatility
surface for each expiry, and two margin accounts with 100,000 USDC each. Running it again adds only what is missing.
The variables are those of deploy.ts, which has to run first.`;

const STRIKES = [0.8, 0.9, 1, 1.1, 1.2];
const PEOPLE = ["maker", "taker"];
const CASH = "100000";
const LAMPORTS = 10_000_000_000n;

export async function demoMarket(options: readonly string[]): Promise<void> {
  if (options.length > 0) {
    console.log(HELP);
    if (!["-h", "--help"].includes(options[0] ?? "")) throw new Error(`option '${options[0]}' is unknown`);
    return;
  }
  const env = await environment();
  if (env.cluster !== "localnet")
    throw new Error(`the demo market needs tokens it may mint: run it on a local network, not ${env.cluster}`);
  const { exchange, underlyings } = env.addresses;
  if (!exchange || !underlyings) throw new Error("there is no exchange yet: run migrations/deploy.ts first");
  const admin = new PlimsollAdmin(env.chain, exchange, env.wallet);
  const params = readParams(env.cluster);
  await refreshPrices(admin, params, underlyings);

  const now = await env.chain.now();
  const counted: Counted = { created: 0, existing: 0 };
  for (const [symbol, underlying] of Object.entries(underlyings)) {
    const { price } = await admin.fetchUnderlying(underlying);
    const expiries = nextFridays(now, 2);
    const strikes = roundStrikes(price.indexE9, STRIKES);
    await listMarket({ admin, underlying, expiries, strikes, smile: CALM_SMILE, counted });
    const days = expiries.map((ts) => new Date(Number(ts) * 1_000).toISOString().slice(0, 10)).join(", ");
    console.log(
      `${symbol} at ${units.formatPrice(price.indexE9)}: ${days}, strikes ${strikes.map((k) => units.formatPrice(k, 0)).join(" ")}`,
    );
  }
  await openAccounts(env, admin, counted);
  console.log(
    counted.created === 0
      ? `all ${counted.existing} expiries, series and accounts exist: nothing was changed`
      : `${counted.created} created, ${counted.existing} existed`,
  );
}

async function refreshPrices(
  client: PlimsollClient,
  params: ClusterParams,
  underlyings: Record<string, Address>,
): Promise<void> {
  await client.updateStablePrice(await oracleAccounts(params.stable.oracle));
  for (const market of params.underlyings) {
    const underlying = underlyings[market.symbol];
    if (underlying) await client.updatePrice(underlying, await oracleAccounts(market.oracle));
  }
}

async function openAccounts(
  { chain, wallet, remember }: Environment,
  admin: PlimsollAdmin,
  counted: Counted,
): Promise<void> {
  const { quoteMint } = await admin.fetchExchange();
  const accounts: NonNullable<Addresses["accounts"]> = {};
  for (const name of PEOPLE) {
    const owner = await localPerson(name);
    const marginAccount = await admin.marginAccountOf(owner.address);
    accounts[name] = { owner: owner.address, marginAccount };
    if ((await chain.fetchAccount(marginAccount)).exists) {
      counted.existing += 1;
    } else {
      const atoms = units.usd(CASH);
      await fund(chain, owner.address, { lamports: LAMPORTS, mint: quoteMint, atoms, mintAuthority: wallet });
      await admin.openAccount(owner);
      await admin.deposit({ authority: owner, marginAccount, amount: atoms });
      counted.created += 1;
    }
    console.log(`${name.padEnd(5)} ${marginAccount} (owner ${owner.address}), ${CASH} USDC at the start`);
  }
  remember({ accounts });
}
