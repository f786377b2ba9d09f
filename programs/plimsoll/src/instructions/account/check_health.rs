//! `check_health`: values an account and returns the report, so that a client can simulate it.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{DollarGreeks, PortfolioMargin, WorstScenario};
use plimsoll_risk::margin::MarginState;
use plimsoll_risk::units::Exact;

use crate::errors::OrProgramError;
use crate::guards::{require_exchange, unix_now};
use crate::health::{health, Health, Purpose, UnderlyingHealth};
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

/// Sensitivities in quote atoms, so that they add up: see docs/risk-model.md, "Greeks".
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GreeksReport {
    /// Gain when spot rises by 100 %, to first order.
    pub delta_atoms: i64,
    /// Half of it times the square of a relative move is the convex part of the gain.
    pub gamma_atoms: i64,
    /// Gain when volatility rises by 1.00.
    pub vega_atoms: i64,
    /// Gain in one day of 1/365 year.
    pub theta_atoms: i64,
    /// Gain when the discount rate rises by 1.00.
    pub rho_atoms: i64,
}

/// Parts of portfolio margin. Values in quote atoms, + good for the account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScenarioReport {
    /// Number of the worst scenario of the grid; 254 for the smile that tilts, 255 for the smile that
    /// bends, 253 when nothing is lost in any.
    pub worst: u8,
    pub worst_atoms: i64,
    /// The scanned loss: the worse of basis contingency and scenarios, with the size charge.
    pub min_span_atoms: i64,
    /// Charges of both margins that no scenario shows, ≥ 0.
    pub mm_contingency_atoms: i64,
    /// Charges of initial margin on top, ≥ 0.
    pub im_contingency_atoms: i64,
    /// Change of value at the worse end of the price range.
    pub gap_atoms: i64,
}

/// One underlying of an account, without collateral and cash. Values in quote atoms, + good for the account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderlyingReport {
    /// Slot of the underlying in the account.
    pub slot: u8,
    pub mark_atoms: i64,
    pub maintenance_atoms: i64,
    pub initial_atoms: i64,
    pub greeks: GreeksReport,
    /// In portfolio mode.
    pub scenarios: Option<ScenarioReport>,
}

/// Return data of `check_health`. Values in quote atoms, + good for the account.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
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
    /// In cross and isolated mode.
    pub worst: Option<WorstItemReport>,
    /// Over all underlyings.
    pub greeks: GreeksReport,
    pub underlyings: Vec<UnderlyingReport>,
}

pub fn handler<'info>(ctx: Context<'info, CheckHealth<'info>>) -> Result<HealthReport> {
    let account = &ctx.accounts.margin_account.load()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let markets = Markets::load(ctx.remaining_accounts.iter(), &account.exchange)?;
    let exchange = &*ctx.accounts.exchange.load()?;
    let valued = health(account, exchange, &markets, Purpose::View, unix_now()?)?;
    report((account, exchange), &valued)
}

fn report((account, exchange): (&MarginAccount, &Exchange), valued: &Health) -> Result<HealthReport> {
    let Health { report, obstacle, worst, underlyings, .. } = valued;
    let mut greeks = DollarGreeks::default();
    for underlying in underlyings {
        greeks = greeks.add(&underlying.greeks).or_error()?;
    }
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
        cash_atoms: account.cash(exchange)?.raw(),
        is_calm: obstacle.is_none(),
        worst,
        greeks: greeks_report(&greeks)?,
        underlyings: underlyings.iter().map(underlying_report).collect::<Result<_>>()?,
    })
}

/// Quote atoms. # Rounding Down.
fn atoms(value: Exact) -> Result<i64> {
    Ok(value.to_value_floor().or_error()?.raw())
}

fn greeks_report(greeks: &DollarGreeks) -> Result<GreeksReport> {
    Ok(GreeksReport {
        delta_atoms: atoms(greeks.delta)?,
        gamma_atoms: atoms(greeks.gamma)?,
        vega_atoms: atoms(greeks.vega)?,
        theta_atoms: atoms(greeks.theta)?,
        rho_atoms: atoms(greeks.rho)?,
    })
}

fn underlying_report(health: &UnderlyingHealth) -> Result<UnderlyingReport> {
    Ok(UnderlyingReport {
        slot: health.slot,
        mark_atoms: atoms(health.margin.mark)?,
        maintenance_atoms: atoms(health.margin.maintenance)?,
        initial_atoms: atoms(health.initial)?,
        greeks: greeks_report(&health.greeks)?,
        scenarios: health.portfolio.as_deref().map(scenario_report).transpose()?,
    })
}

fn scenario_report(margin: &PortfolioMargin) -> Result<ScenarioReport> {
    Ok(ScenarioReport {
        worst: match margin.worst {
            Some(WorstScenario::Grid(number)) => number,
            Some(WorstScenario::SkewLinear) => 254,
            Some(WorstScenario::SkewAbsolute) => 255,
            Some(WorstScenario::None) | None => 253,
        },
        worst_atoms: atoms(margin.worst_pnl)?,
        min_span_atoms: atoms(margin.min_span)?,
        mm_contingency_atoms: atoms(margin.contingency.maintenance)?,
        im_contingency_atoms: atoms(margin.contingency.initial)?,
        gap_atoms: atoms(margin.gap)?,
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
