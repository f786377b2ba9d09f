// A chain inside this process: LiteSVM, for tests and demonstrations. Nothing of the client depends on this file.
import {
  address,
  compileTransaction,
  getBase58Decoder,
  signTransactionMessageWithSigners,
  type Address,
  type Instruction,
  type TransactionSigner,
} from "@solana/kit";
import { getMintEncoder, TOKEN_PROGRAM_ADDRESS } from "@solana-program/token";
import { FailedTransactionMetadata, type LiteSVM, type TransactionMetadata } from "litesvm";
import { buildMessage, type Chain, type Receipt, type Simulation } from "./chain";
import { explainFailure } from "./errors";
import { decodeEvents } from "./events";
import { encodePriceAccount, encodePullUpdate, PYTH_ORACLE, PYTH_RECEIVER, pullAddress } from "./pyth";
import { encodeFeed, SWITCHBOARD_ON_DEMAND } from "./switchboard";

/** Wraps an SVM; `payer` pays for every transaction. */
export function liteSvmChain(svm: LiteSVM, payer: TransactionSigner): Chain {
  const message = (instructions: readonly Instruction[]) =>
    buildMessage(payer, instructions, { blockhash: svm.latestBlockhash(), lastValidBlockHeight: 0n });

  return {
    payer,
    fetchAccount: async (account) => svm.getAccount(account),
    fetchProgramAccounts: async (program) => svm.getProgramAccounts(program),
    rentLamports: async (bytes) => svm.minimumBalanceForRentExemption(bytes),
    now: async () => svm.getClock().unixTimestamp,
    send: async (instructions): Promise<Receipt> => {
      const transaction = await signTransactionMessageWithSigners(message(instructions));
      const result = svm.sendTransaction(transaction);
      // The next transaction may repeat this one word for word.
      svm.expireBlockhash();
      const meta = metaOf(result);
      const logs = meta.logs();
      return {
        signature: getBase58Decoder().decode(meta.signature()),
        logs,
        computeUnits: meta.computeUnitsConsumed(),
        events: decodeEvents(logs),
      };
    },
    simulate: async (instructions): Promise<Simulation> => {
      const result = svm.withSigverify(false).simulateTransaction(compileTransaction(message(instructions)));
      svm.withSigverify(true);
      const meta = metaOf(result instanceof FailedTransactionMetadata ? result : result.meta());
      return {
        logs: meta.logs(),
        computeUnits: meta.computeUnitsConsumed(),
        returnData: new Uint8Array(meta.returnData().data()),
      };
    },
  };
}

function metaOf(result: FailedTransactionMetadata | TransactionMetadata): TransactionMetadata {
  if (result instanceof FailedTransactionMetadata) throw explainFailure(result.err(), result.meta().logs());
  return result;
}

/** Sets the time programs see. */
export function setTime(svm: LiteSVM, unixSecs: bigint): void {
  const clock = svm.getClock();
  clock.slot += 1n;
  clock.unixTimestamp = unixSecs;
  svm.setClock(clock);
}

/** Writes an account, exempt from rent. */
export function writeAccount(svm: LiteSVM, account: string | Address, owner: string | Address, data: Uint8Array): void {
  svm.setAccount({
    address: address(account),
    programAddress: address(owner),
    data,
    executable: false,
    lamports: svm.minimumBalanceForRentExemption(BigInt(data.length)) as never,
    space: BigInt(data.length),
  });
}

export type NewMint = { address: Address; decimals: number; authority: Address };

/** Writes a mint of the token program without any supply. */
export function writeMint(svm: LiteSVM, { address: mint, decimals, authority }: NewMint): void {
  const data = getMintEncoder().encode({
    mintAuthority: authority,
    supply: 0n,
    decimals,
    isInitialized: true,
    freezeAuthority: null,
  });
  writeAccount(svm, mint, TOKEN_PROGRAM_ADDRESS, new Uint8Array(data));
}

/** Writes a price at the SVM's present time into a feed's pull account. Eight decimals. */
export async function publishPull(
  svm: LiteSVM,
  feedId: string,
  priceE8: bigint,
  confidenceE8: bigint,
): Promise<Address> {
  const account = await pullAddress(feedId);
  const { unixTimestamp: publishTime, slot: postedSlot } = svm.getClock();
  const update = encodePullUpdate({ feedId, price: priceE8, confidence: confidenceE8, publishTime, postedSlot });
  writeAccount(svm, account, PYTH_RECEIVER, update);
  return account;
}

/** Writes a price at the SVM's present time into a price account. Eight decimals. */
export function publishPriceAccount(svm: LiteSVM, account: Address, priceE8: bigint, confidenceE8: bigint): void {
  const { unixTimestamp: timestamp, slot: publishSlot } = svm.getClock();
  const data = encodePriceAccount({ price: priceE8, confidence: confidenceE8, timestamp, publishSlot });
  writeAccount(svm, account, PYTH_ORACLE, data);
}

/** Writes a price at the SVM's present time into a Switchboard feed, answered by three oracles. Eight decimals. */
export function publishFeed(svm: LiteSVM, account: Address, priceE8: bigint, confidenceE8: bigint): void {
  const { unixTimestamp: lastUpdate, slot } = svm.getClock();
  const scale = 10_000_000_000n;
  const data = encodeFeed({
    value: priceE8 * scale,
    stdDev: confidenceE8 * scale,
    samples: 3,
    minSamples: 3,
    lastUpdate,
    minSlot: slot,
    landedAt: slot,
  });
  writeAccount(svm, account, SWITCHBOARD_ON_DEMAND, data);
}
