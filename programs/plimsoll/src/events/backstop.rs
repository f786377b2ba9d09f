//! The backstop, its stakers and what it takes.

use anchor_lang::prelude::*;

use crate::state::BackstopTerms;

#[event]
pub struct BackstopCreated {
    pub exchange: Pubkey,
    pub backstop: Pubkey,
    /// Its margin account.
    pub book: Pubkey,
    pub terms: BackstopTerms,
}

#[event]
pub struct BackstopChanged {
    pub backstop: Pubkey,
    pub terms: BackstopTerms,
}

#[event]
pub struct BackstopDeposited {
    pub backstop: Pubkey,
    pub owner: Pubkey,
    pub amount_atoms: u64,
    pub shares: i64,
    /// What the backstop was worth before.
    pub equity_atoms: i64,
    /// Shares afterwards.
    pub total_shares: i64,
    pub generation: u64,
}

/// Shares wait to leave; 0 for none any more.
#[event]
pub struct BackstopLeaveRequested {
    pub backstop: Pubkey,
    pub owner: Pubkey,
    pub shares: i64,
    pub leaves_at: i64,
}

#[event]
pub struct BackstopWithdrawn {
    pub backstop: Pubkey,
    pub owner: Pubkey,
    pub amount_atoms: i64,
    pub shares: i64,
    /// What the backstop was worth before.
    pub equity_atoms: i64,
    /// Shares afterwards.
    pub total_shares: i64,
}

/// Collateral of the backstop has become cash.
#[event]
pub struct BackstopCollateralBought {
    pub backstop: Pubkey,
    pub buyer: Pubkey,
    pub collateral: Pubkey,
    pub amount_atoms: u64,
    pub payment_atoms: i64,
    /// The backstop's cash afterwards.
    pub cash_atoms: i64,
}

/// The backstop has taken a slice: next to the `AccountLiquidated` or `AccountTakenOver` of the same transaction, which names its
/// margin account as taker.
#[event]
pub struct BackstopTook {
    pub backstop: Pubkey,
    pub account: Pubkey,
    pub caller: Pubkey,
    pub liquidation_sequence: u64,
    /// The caller's part of the bonus, out of the backstop's cash.
    pub part_atoms: i64,
    /// What the insurance fund added to it.
    pub bounty_atoms: i64,
    /// Debt that came with the slice and that nobody paid for.
    pub loss_atoms: i64,
    /// The backstop afterwards: cash, what it is worth, notional.
    pub cash_atoms: i64,
    pub equity_atoms: i64,
    pub notional_atoms: i64,
    /// The insurance fund afterwards.
    pub fund_atoms: i64,
}
