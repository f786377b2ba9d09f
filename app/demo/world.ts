// The built program in an embedded SVM, with tokens, every kind of oracle account, and the exchange that the parameter
// file of the local network describes.
import { existsSync } from "node:fs";
import { generateKeyPairSigner, lamports, type Address, type KeyPairSigner } from "@solana/kit";
import { SourceKind, type Chain, type OracleConfig, PLIMSOLL_PROGRAM_ADDRESS } from "@plimsoll/client";
import {
  liteSvmChain,
  publishFeed,
  publishPriceAccount,
  publishPull,
  setTime,
  writeMint,
} from "@plimsoll/client/litesvm";
import { getTokenDecoder } from "@solana-program/token";
import { LiteSVM } from "litesvm";
import { oracleAccounts } from "../../migrations/setup/environment";
import { deployExchange, type Deployment } from "../../migrations/setup/exchange";
import type { ClusterParams } from "../../migrations/setup/params";
import { fund } from "../../migrations/setup/people";

/** Writers of the oracle accounts that are bound by their address. */
const PUBLISH = { [SourceKind.PythPriceAccount]: publishPriceAccount, [SourceKind.Switchboard]: publishFeed };

export class World {
  private constructor(
    readonly svm: LiteSVM,
    readonly chain: Chain,
    readonly wallet: KeyPairSigner,
    readonly usdc: Address,
    readonly deployment: Deployment,
  ) {}

  static async create(program: string, params: ClusterParams, now: bigint): Promise<World> {
    if (!existsSync(program)) throw new Error(`${program} does not exist: run tools/build-program`);
    const svm = new LiteSVM().withLogBytesLimit();
    svm.addProgramFromFile(PLIMSOLL_PROGRAM_ADDRESS, program);
    setTime(svm, now);
    const wallet = await generateKeyPairSigner();
    svm.airdrop(wallet.address, lamports(1_000_000_000_000n));
    const mint = async (decimals: number) => {
      const { address } = await generateKeyPairSigner();
      writeMint(svm, { address, decimals, authority: wallet.address });
      return { mint: address, decimals };
    };
    const chain = liteSvmChain(svm, wallet);
    const assets = { USDC: await mint(6), SOL: await mint(9) };
    const deployment = await deployExchange({ chain, wallet, params, assets });
    return new World(svm, chain, wallet, assets.USDC.mint, deployment);
  }

  get admin() {
    return this.deployment.admin;
  }

  /** Moves the clock. */
  setTime(unixSecs: bigint): void {
    setTime(this.svm, unixSecs);
  }

  /** Writes a price into every account an oracle reads, as its oracle would, and returns their addresses. */
  async publish(oracle: OracleConfig, priceE8: bigint, confidenceE8: bigint): Promise<Address[]> {
    const accounts = await oracleAccounts(oracle);
    for (const [index, { kind, key }] of oracle.sources.entries()) {
      const account = accounts[index];
      if (kind === SourceKind.PythPull)
        await publishPull(this.svm, Buffer.from(key).toString("hex"), priceE8, confidenceE8);
      else if (account) PUBLISH[kind](this.svm, account, priceE8, confidenceE8);
    }
    return accounts;
  }

  /** Somebody with USDC and SOL for rent. */
  async person(usdcAtoms: bigint): Promise<KeyPairSigner> {
    const person = await generateKeyPairSigner();
    const funds = { lamports: 1_000_000_000n, mint: this.usdc, atoms: usdcAtoms, mintAuthority: this.wallet };
    await fund(this.chain, person.address, funds);
    return person;
  }

  /** Tokens in a token account, in atoms. */
  async tokenBalance(account: Address): Promise<bigint> {
    const found = await this.chain.fetchAccount(account);
    return found.exists ? getTokenDecoder().decode(found.data).amount : 0n;
  }
}
