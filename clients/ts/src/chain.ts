// What the client asks of a network, and the answer over JSON RPC. LiteSVM's is in litesvm.ts; a wallet can bring its own.
import {
  address,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  fetchEncodedAccount,
  getBase64EncodedWireTransaction,
  getBase64Encoder,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageComputeUnitLimit,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type Address,
  type Base64EncodedDataResponse,
  type Blockhash,
  type Commitment,
  type EncodedAccount,
  type Instruction,
  type MaybeEncodedAccount,
  type Rpc,
  type Signature,
  type SolanaRpcApi,
  type TransactionSigner,
} from "@solana/kit";
import { explainFailure, PlimsollFailure } from "./errors";
import { decodeEvents, type PlimsollEvent } from "./events";

/** What a transaction did. */
export type Receipt = {
  signature: string;
  logs: readonly string[];
  computeUnits: bigint;
  events: PlimsollEvent[];
};

export type Simulation = { logs: readonly string[]; computeUnits: bigint; returnData: Uint8Array };

/** A network and somebody who pays its fees. Every method throws a PlimsollFailure when the program refuses. */
export interface Chain {
  readonly payer: TransactionSigner;
  fetchAccount(account: Address): Promise<MaybeEncodedAccount>;
  fetchProgramAccounts(program: Address): Promise<EncodedAccount[]>;
  rentLamports(bytes: bigint): Promise<bigint>;
  /** The time programs see, unix seconds. */
  now(): Promise<bigint>;
  send(instructions: readonly Instruction[]): Promise<Receipt>;
  simulate(instructions: readonly Instruction[]): Promise<Simulation>;
}

type Lifetime = { blockhash: Blockhash; lastValidBlockHeight: bigint };

const MOST_COMPUTE_UNITS = 1_400_000;

/** A message the payer pays for; whoever else has to sign is named in the instructions. */
export function buildMessage(
  payer: TransactionSigner,
  instructions: readonly Instruction[],
  lifetime: Lifetime,
  computeUnits: number = MOST_COMPUTE_UNITS,
) {
  return pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayerSigner(payer, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
    (message) => setTransactionMessageComputeUnitLimit(computeUnits, message),
    (message) => appendTransactionMessageInstructions(instructions, message),
  );
}

const CLOCK = address("SysvarC1ock11111111111111111111111111111111");

/** Unix time in the clock's account. */
export function clockTime(data: ArrayLike<number> & ArrayBufferView): bigint {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigInt64(32, true);
}

const fromBase64 = ([text]: Base64EncodedDataResponse): Uint8Array => new Uint8Array(getBase64Encoder().encode(text));

export type RpcChainOptions = {
  rpc: Rpc<SolanaRpcApi>;
  payer: TransactionSigner;
  /** Default `confirmed`. */
  commitment?: Commitment;
  /** Milliseconds until an unconfirmed transaction is given up. Default 60 000. */
  timeoutMs?: number;
};

/** A network behind a JSON RPC. Confirms by asking, so it needs no WebSocket. */
export function rpcChain({ rpc, payer, commitment = "confirmed", timeoutMs = 60_000 }: RpcChainOptions): Chain {
  const lifetime = async () => (await rpc.getLatestBlockhash({ commitment }).send()).value;

  async function simulate(instructions: readonly Instruction[]): Promise<Simulation> {
    const transaction = compileTransaction(buildMessage(payer, instructions, await lifetime()));
    const { value } = await rpc
      .simulateTransaction(getBase64EncodedWireTransaction(transaction), {
        commitment,
        encoding: "base64",
        replaceRecentBlockhash: true,
        sigVerify: false,
      })
      .send();
    const logs = value.logs ?? [];
    if (value.err) throw explainFailure(value.err, logs);
    const returnData = value.returnData ? fromBase64(value.returnData.data) : new Uint8Array();
    return { logs, computeUnits: value.unitsConsumed ?? 0n, returnData };
  }

  async function confirm(signature: Signature): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const { value } = await rpc.getSignatureStatuses([signature]).send();
      const status = value[0];
      if (status?.err) throw explainFailure(status.err, await logsOf(signature));
      if (status && isReached(status.confirmationStatus, commitment)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new PlimsollFailure(
      `Transaction ${signature} was not confirmed in ${timeoutMs / 1_000} s: look it up before sending it again`,
      {},
    );
  }

  const transactionOf = (signature: Signature) =>
    rpc
      .getTransaction(signature, {
        commitment: commitment === "finalized" ? "finalized" : "confirmed",
        encoding: "base64",
        maxSupportedTransactionVersion: 0,
      })
      .send();

  const logsOf = async (signature: Signature) => (await transactionOf(signature))?.meta?.logMessages ?? [];

  return {
    payer,
    simulate,
    fetchAccount: (account) => fetchEncodedAccount(rpc, account, { commitment }),
    fetchProgramAccounts: async (program) => {
      const found = await rpc.getProgramAccounts(program, { commitment, encoding: "base64" }).send();
      return found.map(({ pubkey, account }) => ({
        address: pubkey,
        data: fromBase64(account.data),
        executable: account.executable,
        lamports: account.lamports,
        programAddress: account.owner,
        space: account.space,
      }));
    },
    rentLamports: (bytes) => rpc.getMinimumBalanceForRentExemption(bytes).send(),
    now: async () => {
      const clock = await fetchEncodedAccount(rpc, CLOCK, { commitment });
      if (!clock.exists) throw new PlimsollFailure("The network has no clock account: check the RPC address", {});
      return clockTime(clock.data);
    },
    send: async (instructions) => {
      // Simulating first gives readable errors and the units to pay for.
      const { computeUnits } = await simulate(instructions);
      const limit = Math.min(MOST_COMPUTE_UNITS, Math.ceil(Number(computeUnits) * 1.2) + 10_000);
      const message = buildMessage(payer, instructions, await lifetime(), limit);
      const transaction = await signTransactionMessageWithSigners(message);
      const signature = getSignatureFromTransaction(transaction);
      await rpc
        .sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: "base64", skipPreflight: true })
        .send()
        .catch((error: unknown) => Promise.reject(explainFailure(error)));
      await confirm(signature);
      const meta = (await transactionOf(signature))?.meta;
      const logs = meta?.logMessages ?? [];
      return { signature, logs, computeUnits: meta?.computeUnitsConsumed ?? computeUnits, events: decodeEvents(logs) };
    },
  };
}

const LEVELS: readonly Commitment[] = ["processed", "confirmed", "finalized"];

function isReached(status: Commitment | null, wanted: Commitment): boolean {
  return status !== null && LEVELS.indexOf(status) >= LEVELS.indexOf(wanted);
}
