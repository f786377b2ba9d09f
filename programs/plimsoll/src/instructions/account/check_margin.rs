//! `check_margin`: bounds the margin of an account from below, for venues and keepers that ask often.
//!
//! Underlyings whose risk arrays are passed and cover the account are not revalued; all others are. With a least initial
//! margin the instruction is a guard for other programs: it fails when IM is less, and only when a valuation in full says so.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::guards::{require_exchange, unix_now};
use crate::health::{bounded_health, health_with, ArrayUse, Health, Purpose, Scratch};
use crate::markets::Markets;
use crate::state::{Exchange, MarginAccount};

#[derive(Accounts)]
pub struct CheckMargin<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// What the risk arrays of an underlying were good for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayReport {
    /// Slot of the underlying in the account.
    pub slot: u8,
    pub array: ArrayUse,
}

/// Return data of `check_margin`. Values in quote atoms, + good for the account; at most the true ones.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct MarginBoundReport {
    /// E = cash + collateral + mark.
    pub equity_atoms: i64,
    /// Initial margin balance IM.
    pub initial_atoms: i64,
    /// Maintenance margin balance MM.
    pub maintenance_atoms: i64,
    /// Whether the balances are bounds; without they are what `check_health` says.
    pub is_bound: bool,
    /// Whether prices and surfaces allow new risk.
    pub is_calm: bool,
    /// In portfolio mode, underlying by underlying; empty when the account was valued in full.
    pub arrays: Vec<ArrayReport>,
}

pub fn handler<'info>(
    ctx: Context<'info, CheckMargin<'info>>,
    least_initial_atoms: Option<i64>,
) -> Result<MarginBoundReport> {
    let account = &ctx.accounts.margin_account.load()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let markets = Markets::load_with_caches(ctx.remaining_accounts.iter(), &account.exchange)?;
    let (exchange, now, scratch) = (&*ctx.accounts.exchange.load()?, unix_now()?, &mut Scratch::new());
    let mut valued = bounded_health(scratch, account, exchange, &markets, now)?;
    if let Some(least) = least_initial_atoms {
        if valued.report.initial.raw() < least && valued.is_bound() {
            valued = health_with(scratch, account, exchange, &markets, Purpose::NewRisk, now)?;
        }
        require!(valued.report.initial.raw() >= least, PlimsollError::InitialMargin);
    }
    Ok(report(&valued))
}

fn report(valued: &Health) -> MarginBoundReport {
    let Health { report, obstacle, arrays, .. } = valued;
    MarginBoundReport {
        equity_atoms: report.equity.raw(),
        initial_atoms: report.initial.raw(),
        maintenance_atoms: report.maintenance.raw(),
        is_bound: valued.is_bound(),
        is_calm: obstacle.is_none(),
        arrays: arrays.iter().map(|&(slot, array)| ArrayReport { slot, array }).collect(),
    }
}
