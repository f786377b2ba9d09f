//! The one place where accounts become risk types: a margin account and its markets in, a margin report out.
//!
//! [`cross`] and [`portfolio`] value one underlying in the account's mode, [`market`] one expiry; [`valuation`] adds up, and here
//! the account is put together.

mod cached;
mod cross;
mod market;
pub mod marks;
mod portfolio;
mod scratch;
mod valuation;

pub use cached::{refresh, ArrayUse};
pub use scratch::Scratch;

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{DollarGreeks, PortfolioMargin};
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{MarginReport, UnderlyingMargin};
use plimsoll_risk::settlement::payoff;
use plimsoll_risk::units::{Exact, Price};

use crate::constants::MAX_HISTORY_WORK;
use crate::errors::{OrProgramError, PlimsollError};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Exchange, Expiry, MarginAccount, Position, Underlying};
use valuation::{Part, Valuation};

/// What a valuation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Deciding on new risk: fresh prices, IM over the whole price range.
    NewRisk,
    /// Deciding on a liquidation: prices may be older; only E and MM matter. Where index and slow price diverge, an account
    /// that would stand at a better price inside the confidence band is spared: see [`Health::is_liquidatable`].
    Liquidation,
    /// Deciding on the taker of a liquidation: the numbers of `NewRisk`, from prices that may be older.
    Taker,
    /// Looking: the same numbers, and every part of them.
    View,
}

/// The short option with the largest maintenance requirement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstItem {
    /// Slot of its underlying in the account.
    pub underlying: u8,
    pub series: u16,
    /// Its maintenance margin balance before netting within the expiry, ≤ 0.
    pub balance: Exact,
}

/// One underlying of a valued account, without collateral and cash.
#[derive(Clone, Debug)]
pub struct UnderlyingHealth {
    /// Slot of the underlying in the account.
    pub slot: u8,
    pub margin: UnderlyingMargin,
    /// Initial margin balance, the worst over the price range.
    pub initial: Exact,
    pub greeks: DollarGreeks,
    /// All parts, in portfolio mode.
    pub portfolio: Option<Box<PortfolioMargin>>,
}

/// A valued account.
#[derive(Clone, Debug)]
pub struct Health {
    pub report: MarginReport,
    /// Why the market allows no new risk, if it does not: a price far from its slow companion, or an old surface.
    pub obstacle: Option<PlimsollError>,
    /// In cross and isolated mode.
    pub worst: Option<WorstItem>,
    /// Only when looking.
    pub underlyings: Vec<UnderlyingHealth>,
    /// By slot of its underlying, what risk arrays were good for; empty for a valuation in full.
    pub arrays: Vec<(u8, ArrayUse)>,
    /// Σ legs · historical moves.
    history_work: usize,
    /// By how much MM would be higher at the best prices inside the confidence bands of divergent indices, ≥ 0.
    relief: Exact,
}

impl Health {
    /// IM ≥ 0 in a market that allows new risk.
    pub fn is_covered(&self) -> bool {
        !self.report.initial.is_negative() && self.obstacle.is_none()
    }

    /// Whether the balances are bounds from below, and the true ones may be higher.
    pub fn is_bound(&self) -> bool {
        self.arrays.iter().any(|(_, array)| *array == ArrayUse::Used)
    }

    /// Whether the account is too large to be liquidated in one transaction.
    pub const fn is_too_large(&self) -> bool {
        self.history_work > MAX_HISTORY_WORK
    }

    /// MM < 0, at the index and at every price that a divergent index leaves open. A slice is priced at the index.
    pub fn is_liquidatable(&self) -> Result<bool> {
        let relief = self.relief.to_value_ceil().or_error()?;
        Ok(self.report.maintenance.is_negative() && self.report.maintenance.add(relief).or_error()?.is_negative())
    }
}

/// Values an account.
///
/// # Errors
/// [`PlimsollError::MarketMissing`], [`PlimsollError::OracleStale`], [`PlimsollError::VolatilityStale`] for an expiry
/// that never had a surface, [`PlimsollError::ScenarioGrid`], and arithmetic ones.
pub fn health(
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    purpose: Purpose,
    now: i64,
) -> Result<Health> {
    health_with(&mut Scratch::new(), account, exchange, markets, purpose, now)
}

/// The same, in memory that is used again. # Errors As [`health`].
pub fn health_with(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    purpose: Purpose,
    now: i64,
) -> Result<Health> {
    value(scratch, account, exchange, markets, (purpose, false, &[]), now)
}

/// Values the account again that was valued last, for the same purpose, after its positions in the one underlying that was expected
/// to change ([`Scratch::expect`]) have: what the others add stays as it was. The report and the size are those of a valuation in
/// full, the rest is not. # Errors As [`health`].
pub fn health_after(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    purpose: Purpose,
    now: i64,
) -> Result<Health> {
    let known = scratch.take_parts();
    value(scratch, account, exchange, markets, (purpose, false, &known), now)
}

/// The numbers of [`Purpose::NewRisk`] from below: underlyings that the risk arrays of the markets cover are not revalued.
/// What holds for the bound holds in full; what does not may still. # Errors As [`health`].
pub fn bounded_health(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    now: i64,
) -> Result<Health> {
    value(scratch, account, exchange, markets, (Purpose::NewRisk, true, &[]), now)
}

/// Decides on new risk: by the bound of risk arrays where that is enough, else in full. # Errors As [`health`].
pub fn health_for_new_risk(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    now: i64,
) -> Result<Health> {
    if markets.has_caches() {
        let bound = bounded_health(scratch, account, exchange, markets, now)?;
        // A bound that used no array is the valuation in full.
        if bound.is_covered() || !bound.is_bound() {
            return Ok(bound);
        }
    }
    health_with(scratch, account, exchange, markets, Purpose::NewRisk, now)
}

fn value(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    (purpose, uses_arrays, known): (Purpose, bool, &[Part]),
    now: i64,
) -> Result<Health> {
    let mut valuation = Valuation {
        scratch,
        exchange,
        markets,
        purpose,
        uses_arrays,
        arrays: Vec::new(),
        now,
        sum: MarginSum::default(),
        obstacle: None,
        worst: None,
        underlyings: Vec::new(),
        relief: Exact::ZERO,
        best: Exact::ZERO,
        history_work: 0,
    };
    valuation.scratch.collaterals.clear();
    let positions = account.positions();
    if !positions.is_empty() || account.has_collateral() {
        valuation.require_stable()?;
    }
    for slot in account.collaterals.iter().filter(|slot| slot.balance_atoms > 0) {
        valuation.add_collateral(markets.collateral(&slot.collateral)?, slot.balance_atoms)?;
    }
    for group in positions.chunk_by(|a, b| a.underlying == b.underlying) {
        let key = &account.underlyings[group[0].underlying as usize % account.underlyings.len()];
        let underlying = markets.underlying(key)?;
        valuation.require_fresh_enough(&underlying.price, group)?;
        valuation.note_divergence(&underlying.price)?;
        valuation.best = Exact::ZERO;
        if let Some(part) = known.iter().find(|part| part.underlying == *key) {
            valuation.add_part(part)?;
        } else if account.mode == MarginAccount::PORTFOLIO {
            valuation.add_portfolio(key, underlying, group)?;
        } else {
            valuation.add_cross(key, underlying, group)?;
        }
    }
    let report = valuation.sum.report(account.cash(exchange)?).or_error()?;
    let Valuation { obstacle, worst, underlyings, relief, arrays, history_work, .. } = valuation;
    Ok(Health { report, obstacle, worst, underlyings, relief, arrays, history_work })
}

impl Purpose {
    fn freshness(self) -> Freshness {
        match self {
            Self::NewRisk => Freshness::NewRisk,
            Self::Liquidation | Self::Taker | Self::View => Freshness::Liquidation,
        }
    }
}

/// Settled positions are cash that has not been moved yet: they count in full, on every side.
fn settled_payoff(underlying: &Underlying, expiry: &Expiry, positions: &[Position]) -> Result<Exact> {
    let settlement = Price::from_raw(expiry.settlement_e9);
    let mut sum = Exact::ZERO;
    for position in positions {
        let series = underlying.series(position.series)?;
        let value = payoff(series.option_kind(), series.strike().price, settlement, position.size());
        sum = sum.add(value).or_error()?;
    }
    Ok(sum)
}
