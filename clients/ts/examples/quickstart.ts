import { readFileSync } from "node:fs";
import { createKeyPairSignerFromBytes, createSolanaRpc } from "@solana/kit";
import { PlimsollClient, rpcChain, units } from "@plimsoll/client";

const file = process.env["ANCHOR_WALLET"] ?? "keys/wallet-localnet.json";
const wallet = await createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(readFileSync(file, "utf8"))));
const rpc = createSolanaRpc(process.env["ANCHOR_PROVIDER_URL"] ?? "http://127.0.0.1:8899");
const client = await PlimsollClient.of(rpcChain({ rpc, payer: wallet }), wallet.address);

const { marginAccount } = await client.openAccount(wallet, { number: 7 });
await client.deposit({ authority: wallet, marginAccount, amount: units.usd("100") });
const health = await client.checkHealth(marginAccount);
console.log(`equity ${units.formatUsd(health.equityAtoms)}, HF ${units.formatRatio(health.healthFactorE9)}`);
await client.withdraw({ authority: wallet, marginAccount, amount: health.cashAtoms });
await client.closeAccount(wallet, marginAccount);
