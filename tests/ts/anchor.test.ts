// The same life through the same IDL in @anchor-lang/core: builders, accounts, events and errors of Anchor's own client.
// This one settles by the fallback rule, because nobody updates the price before the expiry.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
// The namespace import is CommonJS underneath, its members are on the default export.
import anchor from "@anchor-lang/core";
import type { Idl } from "@anchor-lang/core";
import { getAddressEncoder } from "@solana/kit";
import { tokenAccountOf, units } from "@plimsoll/client";
import { fund } from "../../migrations/setup/people";
import { checkLaws } from "./laws";
import { addresses, travelTo } from "./network";
import { Scene, type Market } from "./scene";

const { AnchorProvider, BN, EventParser, Program, ProgramError, Wallet, web3 } = anchor;
type PublicKey = anchor.web3.PublicKey;
type Keypair = anchor.web3.Keypair;

const idl = JSON.parse(readFileSync(new URL("../../idls/plimsoll.json", import.meta.url), "utf8")) as Idl;
const TOKEN_PROGRAM = new web3.PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

/** Anchor's code takes null for an optional account that is left out; its types do not say so. */
const NONE = null as unknown as PublicKey;

type Actor = { owner: Keypair; account: PublicKey };
/** The fields of a margin account that are looked at here. */
type Margin = {
  cashAtoms: anchor.BN;
  marginCallAt: anchor.BN;
  positionCount: number;
  positions: { sizeE6: anchor.BN }[];
};

let scene: Scene;
let market: Market;
let program: anchor.Program;
let exchange: PublicKey;
let underlying: PublicKey;
let quoteMint: PublicKey;
let quoteVault: PublicKey;
let writer: Actor;
let buyer: Actor;
let liquidator: Actor;

const key = (address: string): PublicKey => new web3.PublicKey(address);
const bn = (value: bigint): anchor.BN => new BN(value.toString());
const meta = (pubkey: PublicKey) => ({ pubkey, isSigner: false, isWritable: false });
const margin = async (actor: Actor): Promise<Margin> =>
  (await (program.account as Record<string, { fetch: (key: PublicKey) => Promise<unknown> }>)["marginAccount"]?.fetch(
    actor.account,
  )) as Margin;

type Builder = { rpc: (options: anchor.web3.ConfirmOptions) => Promise<string> };

/** Sends, checks the laws, and returns the events. */
async function send(builder: Builder): Promise<Map<string, Record<string, unknown>>> {
  const signature = await builder.rpc({ commitment: "confirmed", preflightCommitment: "confirmed" });
  await checkLaws(scene.admin);
  const found = await program.provider.connection.getTransaction(signature, {
    commitment: "confirmed",
    maxSupportedTransactionVersion: 0,
  });
  const parser = new EventParser(program.programId, program.coder);
  return new Map(
    [...parser.parseLogs(found?.meta?.logMessages ?? [])].map(({ name, data }) => [
      name,
      data as Record<string, unknown>,
    ]),
  );
}

/** Anchor's client reads the program's error out of the log or the code. */
async function refusedWith(name: string, builder: Builder): Promise<void> {
  await assert.rejects(send(builder), (error: unknown) => {
    const code = error instanceof anchor.AnchorError ? error.error.errorCode.code : undefined;
    const known = error instanceof ProgramError ? idl.errors?.find((e) => e.code === error.code)?.name : undefined;
    assert.equal(code ?? known, name, String(error));
    return true;
  });
}

const method = (name: string, ...args: unknown[]) => {
  const build = program.methods[name];
  assert.ok(build, `the IDL has no instruction ${name}`);
  return build(...args);
};

async function open(usdc: string): Promise<Actor> {
  const owner = web3.Keypair.generate();
  const { chain, wallet, admin } = scene;
  const atoms = units.usd(usdc);
  const mint = (await admin.fetchExchange()).quoteMint;
  const address = owner.publicKey.toBase58() as typeof mint;
  const userTokens = await fund(chain, address, { lamports: 1_000_000_000n, mint, atoms, mintAuthority: wallet });
  const [account] = web3.PublicKey.findProgramAddressSync(
    [Buffer.from("margin"), exchange.toBuffer(), owner.publicKey.toBuffer(), Buffer.from([0, 0])],
    program.programId,
  );
  await send(method("openAccount", 0, { cross: {} }).accounts({ owner: owner.publicKey, exchange }).signers([owner]));
  await send(
    method("deposit", bn(atoms))
      .accountsPartial({
        authority: owner.publicKey,
        exchange,
        marginAccount: account,
        collateral: NONE,
        mint: quoteMint,
        vault: quoteVault,
        userTokens: key(userTokens),
        tokenProgram: TOKEN_PROGRAM,
      })
      .signers([owner]),
  );
  return { owner, account };
}

const trade = (taker: Actor, maker: Actor, size: string, takerAuthority = taker.owner) =>
  method("trade", { series: market.call, sizeE6: bn(units.contracts(size)), priceE9: bn(units.price("3.1")) })
    .accountsPartial({
      takerAuthority: takerAuthority.publicKey,
      makerAuthority: maker.owner.publicKey,
      exchange,
      underlying,
      taker: taker.account,
      maker: maker.account,
    })
    .signers([takerAuthority, maker.owner]);

const callMargin = (actor: Actor) =>
  method("callMargin")
    .accountsPartial({ exchange, marginAccount: actor.account })
    .remainingAccounts([meta(underlying)]);

const liquidate = (taker: Actor, unhealthy: Actor) =>
  method("liquidate", {
    maxFractionE9: bn(units.ONE_E9),
    minFractionE9: bn(1n),
    maxPaymentAtoms: bn(units.usd("10000")),
    liquidationSequence: null,
  })
    .accountsPartial({
      liquidatorAuthority: taker.owner.publicKey,
      exchange,
      liquidator: taker.account,
      liquidatee: unhealthy.account,
    })
    .remainingAccounts([meta(underlying)])
    .signers([taker.owner]);

before(async () => {
  scene = await Scene.open();
  await scene.calm("140.61593700");
  market = await scene.listCall(6n, "150");
  const connection = new web3.Connection(addresses.rpcUrl, { commitment: "confirmed", wsEndpoint: addresses.wsUrl });
  const file = process.env["ANCHOR_WALLET"] ?? new URL("../../keys/wallet-localnet.json", import.meta.url).pathname;
  const wallet = new Wallet(
    web3.Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(file, "utf8")) as number[])),
  );
  program = new Program(
    idl,
    new AnchorProvider(connection, wallet, { commitment: "confirmed", preflightCommitment: "confirmed" }),
  );
  const state = await scene.admin.fetchExchange();
  [exchange, underlying] = [key(scene.admin.exchange), key(scene.underlying)];
  [quoteMint, quoteVault] = [key(state.quoteMint), key(state.quoteVault)];
});

test("accounts open, deposit and trade; the event carries the numbers", async () => {
  [writer, buyer, liquidator] = [await open("2800"), await open("2000"), await open("3000")];
  const events = await send(trade(buyer, writer, "100"));
  await send(trade(liquidator, writer, "20"));
  assert.equal(String(events.get("traded")?.["premiumAtoms"]), "-310000000");
  const { positionCount, positions } = await margin(writer);
  assert.equal(positionCount, 1);
  assert.equal(String(positions[0]?.sizeE6), "-120000000");
});

test("Anchor's client names the program's errors", async () => {
  await refusedWith("InitialMargin", trade(buyer, writer, "200"));
  await refusedWith("Unauthorized", trade(buyer, writer, "1", liquidator.owner));
  await refusedWith("NoMarginCall", callMargin(writer));
  await refusedWith("NotLiquidatable", liquidate(liquidator, writer));
});

test("margin is called at a higher price, and a liquidator is paid a bonus below HF 1", async () => {
  await scene.movePrice("154");
  const called = await send(callMargin(writer));
  assert.equal(String(called.get("marginCalled")?.["account"]), writer.account.toBase58());
  assert.ok((await margin(writer)).marginCallAt.gtn(0));
  await scene.movePrice("164");
  const view = (await method("checkHealth")
    .accountsPartial({ exchange, marginAccount: writer.account })
    .remainingAccounts([meta(underlying)])
    .view()) as {
    healthFactorE9: anchor.BN;
    state: object;
  };
  assert.ok(view.healthFactorE9.lt(bn(units.ONE_E9)), `HF ${view.healthFactorE9}`);
  assert.deepEqual(Object.keys(view.state), ["liquidatable"]);
  const liquidated = (await send(liquidate(liquidator, writer))).get("accountLiquidated");
  assert.ok(BigInt(String(liquidated?.["bonusAtoms"])) > 0n);
  assert.ok(BigInt(String(liquidated?.["fractionE9"])) < units.ONE_E9);
});

test("an unobserved expiry settles by the fallback after an hour, and everybody withdraws", async () => {
  const settle = () => method("settleExpiry", market.expiry).accountsPartial({ underlying });
  await travelTo(market.expiryTs + 60n);
  await refusedWith("SettlementNotReady", settle());
  await travelTo(market.expiryTs + 3_601n);
  const settled = (await send(settle())).get("expirySettled");
  assert.equal(settled?.["isFallback"], true);
  assert.equal(String(settled?.["settlementE9"]), units.price("164").toString(), "the last index before the expiry");
  for (const { owner, account } of [writer, buyer, liquidator]) {
    await send(method("settleAccount").accountsPartial({ exchange, underlying, marginAccount: account }));
    const { cashAtoms } = await margin({ owner, account });
    const mint = (await scene.admin.fetchExchange()).quoteMint;
    const userTokens = key(await tokenAccountOf(owner.publicKey.toBase58() as typeof mint, mint));
    await send(
      method("withdraw", cashAtoms)
        .accountsPartial({
          authority: owner.publicKey,
          exchange,
          marginAccount: account,
          collateral: NONE,
          mint: quoteMint,
          vault: quoteVault,
          userTokens,
          tokenProgram: TOKEN_PROGRAM,
        })
        .signers([owner]),
    );
    const { value } = await program.provider.connection.getTokenAccountBalance(userTokens, "confirmed");
    assert.equal(value.amount, String(cashAtoms));
  }
});

test("both clients derive the same addresses and decode the same bytes", async () => {
  const address = await scene.admin.marginAccountOf(buyer.owner.publicKey.toBase58() as typeof scene.underlying);
  assert.deepEqual(new Uint8Array(getAddressEncoder().encode(address)), buyer.account.toBytes());
  const account = await scene.admin.fetchMarginAccount(address);
  assert.equal(String((await margin(buyer)).cashAtoms), account.cashAtoms.toString());
});
