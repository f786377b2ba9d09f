// The whole of deploy.ts, as a function: see there.
import { deployExchange, table } from "./exchange";
import { environment, type AssetAddresses } from "./environment";
import { readParams } from "./params";

/** Decimals of the mints that a parameter file may name. */
const DECIMALS: Record<string, number> = { USDC: 6, SOL: 9 };

const HELP = `usage: deploy.ts [--apply]

Creates the exchange, its underlyings and its collaterals from migrations/params/<cluster>.toml, and prints what exists,
what was created and what differs. Running it again changes nothing.

  --apply   also change parameters on chain that differ from the file

ANCHOR_PROVIDER_URL  RPC of the network (default http://127.0.0.1:8899)
ANCHOR_WALLET        key pair that becomes admin (default keys/wallet-localnet.json)
PLIMSOLL_CLUSTER     name of the parameter file (default: from the URL)
PLIMSOLL_ADDRESSES   where addresses are read and written (default .localnet/addresses.json)`;

export async function deploy(options: readonly string[]): Promise<void> {
  if (options.includes("--help") || options.includes("-h")) {
    console.log(HELP);
    return;
  }
  const unknown = options.find((option) => option !== "--apply");
  if (unknown !== undefined) throw new Error(`option '${unknown}' is unknown: see --help`);
  const { chain, wallet, cluster, url, addresses, remember } = await environment();
  console.log(`Plimsoll on ${cluster} (${url}), admin ${wallet.address}`);
  const params = readParams(cluster);
  const named = [params.stable, ...params.collaterals].flatMap(({ asset, mint }): [string, AssetAddresses][] =>
    mint === undefined ? [] : [[asset, { mint, decimals: DECIMALS[asset] ?? 6 }]],
  );
  const assets = { ...addresses.assets, ...Object.fromEntries(named) };
  const done = await deployExchange({ chain, wallet, params, assets, apply: options.includes("--apply") });
  remember({ exchange: done.exchange, underlyings: done.underlyings, collaterals: done.collaterals });
  console.log(table(done.rows));
}
