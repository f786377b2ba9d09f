// The network a story runs on: its addresses, its RPC, and the cheats that only a local network allows.
import { readFileSync } from "node:fs";
import { address, createSolanaRpc, type Address } from "@solana/kit";
import { decodeFeed, encodeFeed } from "@plimsoll/client/switchboard";

export type Asset = {
  mint: Address;
  decimals: number;
  walletTokenAccount: Address;
  feedId: string;
  pythPullAccount: Address;
  pythPriceAccount: Address;
  switchboardFeed: Address;
};

export type Addresses = {
  rpcUrl: string;
  wsUrl: string;
  program: Address;
  wallet: Address;
  assets: Record<"USDC" | "SOL" | "BTC", Asset>;
};

const addressesFile =
  process.env["PLIMSOLL_ADDRESSES"] ?? new URL("../../.localnet/addresses.json", import.meta.url).pathname;

export const addresses: Addresses = JSON.parse(readFileSync(addressesFile, "utf8"));

export const rpc = createSolanaRpc(addresses.rpcUrl);

const CLOCK = address("SysvarC1ock11111111111111111111111111111111");
// Offsets inside Pyth's two layouts, see crates/localnet/src/pyth.rs; prices have eight decimals.
const PULL = { price: 73, confidence: 81, publishTime: 93 };
const PRICE = { timestamp: 96, price: 208, confidence: 216 };

export async function readAccount(account: Address): Promise<{ owner: Address; data: Buffer }> {
  const { value } = await rpc.getAccountInfo(account, { encoding: "base64", commitment: "confirmed" }).send();
  if (value === null) throw new Error(`account ${account} does not exist`);
  return { owner: value.owner, data: Buffer.from(value.data[0], "base64") };
}

/** The time programs see, in seconds. */
export async function chainTime(): Promise<bigint> {
  return (await readAccount(CLOCK)).data.readBigInt64LE(32);
}

/** Moves the clock forward to the given time, in seconds. */
export async function travelTo(unixSecs: bigint): Promise<void> {
  await cheat("surfnet_timeTravel", [{ absoluteTimestamp: Number(unixSecs) * 1000 }]);
}

/** Publishes a price now, in both of Pyth's layouts and in Switchboard's. */
export async function publishPrice(asset: Asset, priceE8: bigint, confidenceE8: bigint): Promise<void> {
  const now = await chainTime();
  const pull = (await readAccount(asset.pythPullAccount)).data;
  pull.writeBigInt64LE(priceE8, PULL.price);
  pull.writeBigUInt64LE(confidenceE8, PULL.confidence);
  pull.writeBigInt64LE(now, PULL.publishTime);
  await writeData(asset.pythPullAccount, pull);
  const price = (await readAccount(asset.pythPriceAccount)).data;
  price.writeBigInt64LE(now, PRICE.timestamp);
  price.writeBigInt64LE(priceE8, PRICE.price);
  price.writeBigUInt64LE(confidenceE8, PRICE.confidence);
  await writeData(asset.pythPriceAccount, price);
  const feed = decodeFeed((await readAccount(asset.switchboardFeed)).data);
  const scale = 10_000_000_000n;
  const answer = { ...feed, value: priceE8 * scale, stdDev: confidenceE8 * scale, lastUpdate: now };
  await writeData(asset.switchboardFeed, Buffer.from(encodeFeed(answer)));
}

async function writeData(account: Address, data: Buffer): Promise<void> {
  await cheat("surfnet_setAccount", [account, { data: data.toString("hex") }]);
}

async function cheat(method: string, params: unknown[]): Promise<void> {
  const response = await fetch(addresses.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { error } = (await response.json()) as { error?: { message: string } };
  if (error) throw new Error(`${method}: ${error.message}`);
}
