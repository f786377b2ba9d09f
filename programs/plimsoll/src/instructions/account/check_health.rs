//! `check_health`: values an account and returns the report, so that a client can simulate it.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::MarginState;

use crate::errors::OrProgramError;
use crate::guards::{require_exchange, unix_now};
use crate::health::{health, Health, Purpose};
use crate::markets::Markets;
use crate::state::{Exchange, MarginAccount};

#[derive(Accounts)]
pub struct CheckHealth<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Where an account stands.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Healthy,
    Restricted,
    Liquidatable,
    Bankrupt,
}

/// The short option with the largest maintenance requirement of its own.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstItemReport {
    pub underlying: Pubkey,
    pub series: u16,
    /// Its maintenance margin balance before netting within the expiry, in quote atoms, ≤ 0.
    pub maintenance_atoms: i64,
}

/// Return data of `check_health`. Values in quote atoms, + good for the account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// E = cash + collateral + mark.
    pub equity_atoms: i64,
    /// Initial margin balance IM.
    pub initial_atoms: i64,
    /// Maintenance margin balance MM.
    pub maintenance_atoms: i64,
    /// E / (E − MM), scale 1e-9; `i64::MAX` when nothing is required.
    pub health_factor_e9: i64,
    pub state: AccountState,
    /// Mark value of all positions.
    pub mark_atoms: i64,
    /// Full value of all collateral but cash.
    pub collateral_atoms: i64,
    pub cash_atoms: i64,
    /// Whether prices and surfaces allow new risk.
    pub is_calm: bool,
    pub worst: Option<WorstItemReport>,
}

pub fn handler<'info>(ctx: Context<'info, CheckHealth<'info>>) -> Result<HealthReport> {
    let account = &ctx.accounts.margin_account.load()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let markets = Markets::load(ctx.remaining_accounts.iter(), &account.exchange)?;
    let valued = health(account, &*ctx.accounts.exchange.load()?, &markets, Purpose::View, unix_now()?)?;
    report(account, &valued)
}

fn report(account: &MarginAccount, valued: &Health) -> Result<HealthReport> {
    let Health { report, obstacle, worst } = valued;
    let worst = match worst {
        None => None,
        Some(item) => Some(WorstItemReport {
            underlying: account.underlyings[item.underlying as usize % account.underlyings.len()],
            series: item.series,
            maintenance_atoms: item.balance.to_value_floor().or_error()?.raw(),
        }),
    };
    Ok(HealthReport {
        equity_atoms: report.equity.raw(),
        initial_atoms: report.initial.raw(),
        maintenance_atoms: report.maintenance.raw(),
        health_factor_e9: report.health_factor().or_error()?.raw(),
        state: report.state().into(),
        mark_atoms: report.mark.raw(),
        collateral_atoms: report.collateral.raw(),
        cash_atoms: account.cash_atoms,
        is_calm: obstacle.is_none(),
        worst,
    })
}

impl From<MarginState> for AccountState {
    fn from(state: MarginState) -> Self {
        match state {
            MarginState::Healthy => Self::Healthy,
            MarginState::Restricted => Self::Restricted,
            MarginState::Liquidatable => Self::Liquidatable,
            MarginState::Bankrupt => Self::Bankrupt,
        }
    }
}
