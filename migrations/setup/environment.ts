// The network a script works on, from the variables Anchor and our tools set, and the file of its addresses.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  address,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  getAddressDecoder,
  type Address,
  type KeyPairSigner,
} from "@solana/kit";
import { rpcChain, SourceKind, type Chain, type OracleConfig } from "@plimsoll/client";
import { pullAddress } from "@plimsoll/client/pyth";

export type AssetAddresses = { mint: Address; decimals: number };

/** What addresses.json holds: the network writes the first half, the scripts add theirs. */
export type Addresses = {
  program?: Address;
  assets?: Record<string, AssetAddresses>;
  exchange?: Address;
  underlyings?: Record<string, Address>;
  collaterals?: Record<string, Address>;
  accounts?: Record<string, { owner: Address; marginAccount: Address }>;
};

export type Environment = {
  cluster: string;
  url: string;
  chain: Chain;
  wallet: KeyPairSigner;
  addresses: Addresses;
  /** Adds to addresses.json. */
  remember: (more: Addresses) => void;
};

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export async function readKeyPair(file: string): Promise<KeyPairSigner> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`key pair ${file} cannot be read: set ANCHOR_WALLET to the file of your wallet`, { cause });
  }
  return createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(text) as number[]));
}

/** `localnet` for an address on this machine, else the name of the public cluster in the address. */
export function clusterOf(url: string): string {
  if (/127\.0\.0\.1|localhost|\[::1\]/.test(url)) return "localnet";
  return /mainnet|devnet|testnet/.exec(url)?.[0] ?? "devnet";
}

export async function environment(): Promise<Environment> {
  const url = process.env["ANCHOR_PROVIDER_URL"] ?? "http://127.0.0.1:8899";
  const cluster = process.env["PLIMSOLL_CLUSTER"] ?? clusterOf(url);
  const file =
    process.env["PLIMSOLL_ADDRESSES"] ?? inRoot(`.localnet/${cluster === "localnet" ? "addresses" : cluster}.json`);
  const wallet = await readKeyPair(process.env["ANCHOR_WALLET"] ?? inRoot("keys/wallet-localnet.json"));
  const addresses = readAddresses(file, cluster);
  const remember = (more: Addresses) => {
    Object.assign(addresses, more);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`);
  };
  return { cluster, url, chain: rpcChain({ rpc: createSolanaRpc(url), payer: wallet }), wallet, addresses, remember };
}

function readAddresses(file: string, cluster: string): Addresses {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Addresses;
  } catch (cause) {
    if (cluster !== "localnet") return {};
    throw new Error(`${file} cannot be read: start the local network with 'npm run localnet'`, { cause });
  }
}

/** The accounts an oracle configuration reads, in the order of its sources. */
export function oracleAccounts(oracle: OracleConfig): Promise<Address[]> {
  return Promise.all(
    oracle.sources.map(async ({ kind, key }) =>
      kind === SourceKind.PythPull
        ? pullAddress(Buffer.from(key).toString("hex"))
        : address(getAddressDecoder().decode(new Uint8Array(key))),
    ),
  );
}
