//! The root account: keys, quote asset, pauses, fees, liquidation terms.

use anchor_lang::prelude::*;
use plimsoll_risk::loss::CashIndex;

use crate::errors::PlimsollError;
use crate::state::params::LiquidationParamsRaw;
use crate::state::PriceState;

/// One clearing house. Read-only on every hot path: trading and liquidating never lock it for writing.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Exchange {
    pub version: u8,
    pub bump: u8,
    pub padding: [u8; 6],
    /// Who created it: part of its address, without rights.
    pub creator: Pubkey,
    /// Sets parameters and lists markets.
    pub admin: Pubkey,
    /// Becomes admin when it accepts.
    pub pending_admin: Pubkey,
    /// May pause, for a limited time, and nothing else.
    pub guardian: Pubkey,
    /// Receives collected fees.
    pub fee_recipient: Pubkey,
    pub quote_mint: Pubkey,
    /// Holds all cash of all accounts.
    pub quote_vault: Pubkey,
    pub quote_token_program: Pubkey,
    /// Price of the quote stablecoin in USD.
    pub stable: PriceState,
    pub liquidation: LiquidationParamsRaw,
    /// Trading fee as a part of the underlying's notional, scale 1e-9.
    pub fee_rate_e9: i64,
    /// Largest trading fee as a part of the premium, scale 1e-9.
    pub fee_cap_e9: i64,
    /// What is paused: see [`PauseBits`].
    pub pause_bits: u64,
    /// When the pause ends by itself.
    pub pause_until: i64,
    /// What is left of a unit of cash after all shared losses, scale 1e-18: see [`CashIndex`].
    pub cash_index_e18: i64,
    pub reserved: [u64; 23],
}

const _: () = assert!(core::mem::size_of::<Exchange>() == 896 && core::mem::align_of::<Exchange>() == 8);

/// What can be paused. Liquidation and settlement can not: see docs/adr.
pub struct PauseBits;

impl PauseBits {
    pub const DEPOSIT: u64 = 1;
    pub const WITHDRAW: u64 = 2;
    pub const TRADE: u64 = 4;
    pub const ALL: u64 = Self::DEPOSIT | Self::WITHDRAW | Self::TRADE;
}

impl Exchange {
    /// Largest trading fee: 1 % of notional.
    pub const MAX_FEE_RATE_E9: i64 = 10_000_000;
    /// Largest fee cap: a quarter of the premium.
    pub const MAX_FEE_CAP_E9: i64 = 250_000_000;

    /// Whether any of these actions is paused: see [`PauseBits`].
    pub fn is_paused(&self, bits: u64, now: i64) -> bool {
        self.pause_bits & bits != 0 && now < self.pause_until
    }

    pub fn cash_index(&self) -> CashIndex {
        CashIndex::from_raw(self.cash_index_e18)
    }

    /// Mint, vault and token program are the quote asset's, and the user's tokens are not the vault itself.
    pub fn require_quote(&self, mint: &Pubkey, vault: &Pubkey, token_program: &Pubkey, user: &Pubkey) -> Result<()> {
        require_keys_eq!(self.quote_mint, *mint, PlimsollError::WrongMint);
        require_keys_eq!(self.quote_vault, *vault, PlimsollError::WrongVault);
        require_keys_eq!(self.quote_token_program, *token_program, PlimsollError::WrongTokenProgram);
        require_keys_neq!(*vault, *user, PlimsollError::DuplicateAccount);
        Ok(())
    }

    pub fn require_admin(&self, signer: &Pubkey) -> Result<()> {
        require_keys_eq!(self.admin, *signer, PlimsollError::Unauthorized);
        Ok(())
    }
}
