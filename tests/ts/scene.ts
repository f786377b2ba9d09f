// What both stories begin with: the exchange of this network, a fresh market on SOL, and people with money.
import assert from "node:assert/strict";
import { generateKeyPairSigner, type Address, type KeyPairSigner } from "@solana/kit";
import {
  MarginMode,
  PlimsollAdmin,
  PlimsollFailure,
  rpcChain,
  units,
  type Chain,
  type PlimsollErrorName,
} from "@plimsoll/client";
import { oracleAccounts, readKeyPair, type Addresses as Deployed } from "../../migrations/setup/environment";
import { CALM_SMILE, publishSurface } from "../../migrations/setup/market";
import { readParams } from "../../migrations/setup/params";
import { fund } from "../../migrations/setup/people";
import { lawfulChain } from "./laws";
import { addresses, chainTime, publishPrice, rpc, travelTo } from "./network";

const params = readParams("localnet");
const sol = params.underlyings.find(({ symbol }) => symbol === "SOL");
const deployed = addresses as typeof addresses & Deployed;

/** Confidence of every price published here: 0.1 %. */
const CONFIDENCE = 1_000n;

export type Actor = { owner: KeyPairSigner; account: Address };
export type Market = { expiry: number; expiryTs: bigint; call: number; strikeE9: bigint };

export class Scene {
  private constructor(
    readonly chain: Chain,
    readonly wallet: KeyPairSigner,
    readonly admin: PlimsollAdmin,
    readonly underlying: Address,
  ) {}

  static async open(): Promise<Scene> {
    const { exchange, underlyings } = deployed;
    const underlying = underlyings?.["SOL"];
    if (!exchange || !underlying) throw new Error("this network has no exchange: run the tests with tools/anchor-test");
    const wallet = await readKeyPair(
      process.env["ANCHOR_WALLET"] ?? new URL("../../keys/wallet-localnet.json", import.meta.url).pathname,
    );
    const bare = rpcChain({ rpc, payer: wallet });
    const chain = lawfulChain(bare, () => new PlimsollAdmin(bare, exchange, wallet));
    return new Scene(chain, wallet, new PlimsollAdmin(chain, exchange, wallet), underlying);
  }

  /** Publishes a price of SOL, and of USDC once more, and reads both into the exchange. */
  async movePrice(usd: string): Promise<void> {
    const price = units.parseDecimal(usd, 8);
    await publishPrice(addresses.assets.SOL, price, price / CONFIDENCE);
    await publishPrice(addresses.assets.USDC, 100_000_750n, 24_249n);
    assert.ok(sol);
    const before = [this.admin.updateStablePriceInstruction(await oracleAccounts(params.stable.oracle))];
    await this.admin.updatePrice(this.underlying, await oracleAccounts(sol.oracle), { before });
  }

  /** Moves the clock to `unixSecs` and the price with it. */
  async travel(unixSecs: bigint, usd: string): Promise<void> {
    await travelTo(unixSecs);
    await this.movePrice(usd);
  }

  /** A price that has been there for long: other stories may have left the market wild. */
  async calm(usd: string): Promise<void> {
    await this.movePrice(usd);
    await this.travel((await chainTime()) + 86_400n, usd);
  }

  /** A call in its own expiry, some days ahead. */
  async listCall(days: bigint, strike: string): Promise<Market> {
    const now = await chainTime();
    const expiryTs = ((now + days * 86_400n) / 60n) * 60n;
    const expiry = await this.admin.listExpiry(this.underlying, expiryTs);
    await publishSurface(this.admin, this.underlying, this.wallet, expiry, CALM_SMILE);
    const strikeE9 = units.price(strike);
    const call = await this.admin.listSeries(this.underlying, { expiry, isPut: false, strikeE9 });
    return { expiry, expiryTs, call, strikeE9 };
  }

  /** Somebody with SOL for rent and USDC in the wallet. */
  async person(usdc: string): Promise<KeyPairSigner> {
    const owner = await generateKeyPairSigner();
    const { quoteMint } = await this.admin.fetchExchange();
    const funds = { lamports: 1_000_000_000n, mint: quoteMint, atoms: units.usd(usdc), mintAuthority: this.wallet };
    await fund(this.chain, owner.address, funds);
    return owner;
  }

  /** Somebody whose USDC lie in a margin account. */
  async actor(usdc: string, mode = MarginMode.Cross): Promise<Actor> {
    const owner = await this.person(usdc);
    const { marginAccount: account } = await this.admin.openAccount(owner, { mode });
    await this.admin.deposit({ authority: owner, marginAccount: account, amount: units.usd(usdc) });
    return { owner, account };
  }
}

/** Asserts that an action fails with this error of the program, readable by a person. */
export async function assertRefused(name: PlimsollErrorName, action: () => Promise<unknown>): Promise<void> {
  await assert.rejects(action, (error: unknown) => {
    assert.ok(error instanceof PlimsollFailure, String(error));
    assert.equal(error.errorName, name, error.message);
    assert.match(error.message, /^[A-Z].+: .+\(\w+, code \d+\)$/, "fact, remedy, name and code");
    return true;
  });
}
