//! A token other than the quote asset that counts as margin.

use anchor_lang::prelude::*;

use plimsoll_risk::margin::CollateralMarket;
use plimsoll_risk::units::Ratio;

use crate::errors::PlimsollError;
use crate::state::PriceState;

/// One collateral: its mint, vault, price, haircuts and cap.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Collateral {
    pub version: u8,
    pub bump: u8,
    pub decimals: u8,
    pub padding: [u8; 5],
    pub exchange: Pubkey,
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub token_program: Pubkey,
    /// Underlying of the same asset: in portfolio margin the collateral moves with its scenarios. Default: none.
    pub underlying: Pubkey,
    pub price: PriceState,
    /// Part of the value that does not count for IM, scale 1e-9.
    pub haircut_initial_e9: i64,
    /// Part of the value that does not count for MM, scale 1e-9; at most the initial one.
    pub haircut_maintenance_e9: i64,
    /// Largest sum of all deposits, in the mint's atoms.
    pub deposit_cap_atoms: u64,
    /// Sum of all balances of all accounts, in the mint's atoms: what the vault owes.
    pub total_deposits_atoms: u64,
    pub reserved: [u64; 12],
}

const _: () = assert!(core::mem::size_of::<Collateral>() == 616 && core::mem::align_of::<Collateral>() == 8);

impl Collateral {
    /// What the risk maths needs to know. IM looks at the low end of the price range.
    pub fn market(&self) -> CollateralMarket {
        CollateralMarket {
            decimals: self.decimals,
            price: self.price.index(),
            price_initial: self.price.low(),
            haircut_initial: Ratio::from_raw(self.haircut_initial_e9),
            haircut_maintenance: Ratio::from_raw(self.haircut_maintenance_e9),
        }
    }

    /// Refuses haircuts outside 0 ≤ maintenance ≤ initial ≤ 1.
    pub fn validate_haircuts(initial_e9: i64, maintenance_e9: i64) -> Result<()> {
        let is_lawful = maintenance_e9 >= 0 && maintenance_e9 <= initial_e9 && initial_e9 <= Ratio::ONE.raw();
        require!(is_lawful, PlimsollError::ParameterOutOfRange);
        Ok(())
    }
}
