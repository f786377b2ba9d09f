//! Losses that the insurance fund could not pay: who was closed, and what everybody shared.

use anchor_lang::prelude::*;

/// A holder was ranked for deleveraging.
#[event]
#[derive(Debug)]
pub struct PositionRanked {
    pub account: Pubkey,
    pub underlying: Pubkey,
    pub series: u16,
    pub size_e6: i64,
    /// Profit × leverage, scale 1e-9.
    pub score_e9: i64,
    pub mark_e9: i64,
    /// Average premium the position was entered at.
    pub entry_e9: i64,
    pub equity_atoms: i64,
    pub at: i64,
}

/// A short of an insolvent account was closed against the holder of a long.
#[event]
#[derive(Debug)]
pub struct PositionDeleveraged {
    pub account: Pubkey,
    /// Whose long was closed.
    pub counterparty: Pubkey,
    pub liquidation_sequence: u64,
    pub underlying: Pubkey,
    pub series: u16,
    pub size_e6: i64,
    pub mark_e9: i64,
    /// Mark of what was closed.
    pub claim_atoms: i64,
    /// What the account paid for it.
    pub payment_atoms: i64,
    /// What the insurance fund paid of the rest, and what the counterparty bears.
    pub fund_paid_atoms: i64,
    pub borne_atoms: i64,
    /// Rank of the counterparty, and the highest of the others that were ranked, scale 1e-9.
    pub score_e9: i64,
    pub first_score_e9: i64,
    pub equity_before_atoms: i64,
    pub counterparty_equity_before_atoms: i64,
    /// Time since the account was first seen insolvent.
    pub lag_secs: i64,
}

/// A debt was paid by the fund and by what all cash has paid in, and what is left of it is borne by all cash from now on.
#[event]
#[derive(Debug)]
pub struct LossShared {
    pub account: Pubkey,
    pub debt_atoms: i64,
    pub fund_paid_atoms: i64,
    /// Paid out of the reserve of shared losses.
    pub drawn_atoms: i64,
    /// By how much the index has lowered all cash.
    pub levied_atoms: i64,
    /// The cash that was taken to be there.
    pub base_atoms: i64,
    /// What was left of a unit of cash before and after, scale 1e-18.
    pub index_before_e18: i64,
    pub index_after_e18: i64,
}
