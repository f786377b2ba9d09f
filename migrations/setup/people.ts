// People of a local market: key pairs that everybody can derive, so never for anything of value.
import { createHash } from "node:crypto";
import {
  createKeyPairSignerFromPrivateKeyBytes,
  type Address,
  type KeyPairSigner,
  type TransactionSigner,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getMintToInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import type { Chain } from "@plimsoll/client";

/** The same name has the same key on every local network. */
export function localPerson(name: string): Promise<KeyPairSigner> {
  return createKeyPairSignerFromPrivateKeyBytes(createHash("sha256").update(`plimsoll local ${name}`).digest());
}

export type Funds = { lamports?: bigint; mint: Address; atoms: bigint; mintAuthority: TransactionSigner };

/** Gives somebody tokens of a mint whose authority we are, and SOL for fees and rent. */
export async function fund(
  chain: Chain,
  owner: Address,
  { lamports = 0n, mint, atoms, mintAuthority }: Funds,
): Promise<Address> {
  const [token] = await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS });
  await chain.send([
    ...(lamports > 0n
      ? [getTransferSolInstruction({ source: chain.payer, destination: owner, amount: lamports })]
      : []),
    getCreateAssociatedTokenIdempotentInstruction({ payer: chain.payer, owner, mint, ata: token }),
    ...(atoms > 0n ? [getMintToInstruction({ mint, token, mintAuthority, amount: atoms })] : []),
  ]);
  return token;
}
