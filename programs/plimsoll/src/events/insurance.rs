//! The insurance fund and its stakers.

use anchor_lang::prelude::*;

#[event]
pub struct InsuranceFundCreated {
    pub exchange: Pubkey,
    pub fund: Pubkey,
    pub cooldown_secs: i64,
}

#[event]
pub struct InsuranceFundChanged {
    pub fund: Pubkey,
    pub cooldown_secs: i64,
}

/// Fees on bonuses have gone from a liquidator's account into the fund.
#[event]
pub struct InsuranceCollected {
    pub fund: Pubkey,
    pub account: Pubkey,
    pub amount_atoms: i64,
    /// Its parts of shared losses, which go to their reserve.
    pub loss_atoms: i64,
    /// The fund afterwards.
    pub fund_atoms: i64,
}

#[event]
pub struct Staked {
    pub fund: Pubkey,
    pub owner: Pubkey,
    pub amount_atoms: u64,
    pub shares: i64,
    /// The fund afterwards.
    pub fund_atoms: i64,
    pub total_shares: i64,
}

/// Shares wait to leave; 0 for none any more.
#[event]
pub struct UnstakeRequested {
    pub fund: Pubkey,
    pub owner: Pubkey,
    pub shares: i64,
    pub leaves_at: i64,
}

#[event]
pub struct Unstaked {
    pub fund: Pubkey,
    pub owner: Pubkey,
    pub amount_atoms: i64,
    pub shares: i64,
    /// The fund afterwards.
    pub fund_atoms: i64,
    pub total_shares: i64,
}
