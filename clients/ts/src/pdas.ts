// Addresses that follow from seeds. Underlyings have none: they are ordinary accounts, see accounts.ts.
import type { Address } from "@solana/kit";
import {
  findBackstopPda,
  findBackstopStakePda,
  findCollateralPda,
  findExchangePda,
  findFundPda,
  findHistoryPda,
  findMarginAccountPda,
  findQueuePda,
  findStakePda,
  findVaultPda,
} from "./generated";

type Config = { programAddress?: Address };

/** The exchange a creator has created. */
export const exchangeAddress = async (creator: Address, config?: Config): Promise<Address> =>
  (await findExchangePda({ creator }, config))[0];

/** The vault that holds all tokens of a mint: the quote mint's or a collateral's. */
export const vaultAddress = async (exchange: Address, mint: Address, config?: Config): Promise<Address> =>
  (await findVaultPda({ exchange, mint }, config))[0];

/** The account of a collateral. */
export const collateralAddress = async (exchange: Address, mint: Address, config?: Config): Promise<Address> =>
  (await findCollateralPda({ exchange, mint }, config))[0];

/** The historical moves of an underlying. */
export const historyAddress = async (underlying: Address, config?: Config): Promise<Address> =>
  (await findHistoryPda({ underlying }, config))[0];

/** The insurance fund of an exchange. */
export const insuranceFundAddress = async (exchange: Address, config?: Config): Promise<Address> =>
  (await findFundPda({ exchange }, config))[0];

/** An owner's stake in an insurance fund. */
export const stakeAddress = async (fund: Address, owner: Address, config?: Config): Promise<Address> =>
  (await findStakePda({ fund, owner }, config))[0];

/** The queue in which holders of a series are ranked for deleveraging. */
export const queueAddress = async (underlying: Address, series: number, config?: Config): Promise<Address> =>
  (await findQueuePda({ underlying, series }, config))[0];
/** The backstop of an exchange. Its margin account is number 0 of this address. */
export const backstopAddress = async (exchange: Address, config?: Config): Promise<Address> =>
  (await findBackstopPda({ exchange }, config))[0];

/** An owner's stake in a backstop. */
export const backstopStakeAddress = async (backstop: Address, owner: Address, config?: Config): Promise<Address> =>
  (await findBackstopStakePda({ backstop, owner }, config))[0];

/** An owner's margin account of a number. */
export const marginAccountAddress = async (
  exchange: Address,
  owner: Address,
  number = 0,
  config?: Config,
): Promise<Address> => (await findMarginAccountPda({ exchange, owner, number }, config))[0];
