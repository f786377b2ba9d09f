//! The one place where accounts become risk types: a margin account and its markets in, a margin report out.
//!
//! [`cross`] and [`portfolio`] value one underlying in the account's mode, [`market`] one expiry; here the account is put
//! together.

mod cached;
mod cross;
mod market;
pub mod marks;
mod portfolio;
mod scratch;

pub use cached::{refresh, ArrayUse};
pub use scratch::Scratch;

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{DollarGreeks, PortfolioMargin};
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CollateralBalance, CollateralValue, MarginReport, UnderlyingMargin};
use plimsoll_risk::settlement::payoff;
use plimsoll_risk::units::{Exact, Price, Ratio, Value};

use crate::errors::{OrProgramError, PlimsollError};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Collateral, Exchange, Expiry, MarginAccount, Position, PriceState, Underlying};
use market::{ExpiryMarket, Spot};

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
    value(scratch, account, exchange, markets, (purpose, false), now)
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
    value(scratch, account, exchange, markets, (Purpose::NewRisk, true), now)
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
    (purpose, uses_arrays): (Purpose, bool),
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
        collaterals: Vec::new(),
        obstacle: None,
        worst: None,
        underlyings: Vec::new(),
        relief: Exact::ZERO,
        best: Exact::ZERO,
        history_work: 0,
    };
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
        if account.mode == MarginAccount::PORTFOLIO {
            valuation.add_portfolio(key, underlying, group)?;
        } else {
            valuation.add_cross(underlying, group)?;
        }
    }
    let report = valuation.sum.report(account.cash(exchange)?).or_error()?;
    let Valuation { obstacle, worst, underlyings, relief, arrays, .. } = valuation;
    Ok(Health { report, obstacle, worst, underlyings, relief, arrays })
}

impl Purpose {
    fn freshness(self) -> Freshness {
        match self {
            Self::NewRisk => Freshness::NewRisk,
            Self::Liquidation | Self::Taker | Self::View => Freshness::Liquidation,
        }
    }
}

/// A collateral the account holds.
struct HeldCollateral {
    /// Underlying of the same asset.
    underlying: Pubkey,
    value: CollateralValue,
    confidence: Ratio,
}

struct Valuation<'a> {
    exchange: &'a Exchange,
    markets: &'a Markets<'a>,
    purpose: Purpose,
    /// Whether bounds are enough.
    uses_arrays: bool,
    arrays: Vec<(u8, ArrayUse)>,
    now: i64,
    scratch: &'a mut Scratch,
    sum: MarginSum,
    collaterals: Vec<HeldCollateral>,
    obstacle: Option<PlimsollError>,
    worst: Option<WorstItem>,
    underlyings: Vec<UnderlyingHealth>,
    relief: Exact,
    /// The relief of the underlying that is being valued.
    best: Exact,
    /// Σ legs · historical moves.
    history_work: usize,
}

impl Valuation<'_> {
    /// A silent stablecoin feed stops new risk; liquidation goes on with its last price, as it does for collateral.
    fn require_stable(&mut self) -> Result<()> {
        let stable = &self.exchange.stable;
        // Nobody's position is short in the stablecoin.
        self.require_fresh_enough(stable, &[])?;
        self.note_divergence(stable)
    }

    /// A stale price stops new risk. It stops a liquidation only where the account is short: longs cannot be worth less than
    /// nothing, and a speck of a silent market must not shield the rest of a book.
    fn require_fresh_enough(&self, price: &PriceState, positions: &[Position]) -> Result<()> {
        let is_harmless = self.purpose != Purpose::NewRisk && positions.iter().all(|position| position.size_e6 >= 0);
        if is_harmless && price.index_e9 > 0 {
            return Ok(());
        }
        price.require_fresh(self.now, self.purpose.freshness())
    }

    /// The prices an underlying is valued at, the index first.
    fn spots(&self, price: &PriceState) -> Result<Vec<Spot>> {
        let mut spots = Vec::with_capacity(3);
        spots.push(Spot::new(price.index(), price.ln_index_q40));
        if self.purpose == Purpose::Liquidation {
            if price.confidence_e9 > 0 && price.is_divergent()? {
                let (low, high) = price.confidence_band()?;
                spots.push(Spot::at(low)?);
                spots.push(Spot::at(high)?);
            }
            return Ok(spots);
        }
        if price.low_e9 != price.index_e9 {
            spots.push(Spot::new(price.low(), price.ln_low_q40));
        }
        if price.high_e9 != price.index_e9 {
            spots.push(Spot::new(price.high(), price.ln_high_q40));
        }
        Ok(spots)
    }

    /// A collateral with a stale price counts nothing towards IM; towards E and MM it keeps its last price, so that a
    /// silent feed neither shields an account from liquidation nor gives its collateral away.
    fn add_collateral(&mut self, collateral: &Collateral, balance_atoms: u64) -> Result<()> {
        let price = &collateral.price;
        if price.index_e9 <= 0 {
            return Ok(());
        }
        self.note_divergence(price)?;
        let stable = &self.exchange.stable;
        let mut value = collateral.market().value(CollateralBalance(balance_atoms), stable.index()).or_error()?;
        if self.purpose != Purpose::Liquidation && stable.high_e9 != stable.index_e9 {
            // A dearer quote asset makes the same collateral worth less of it.
            let at_high = collateral.market().value(CollateralBalance(balance_atoms), stable.high()).or_error()?;
            value.initial = at_high.initial;
        }
        let is_fresh = price.is_fresh(self.now, self.purpose.freshness());
        if !is_fresh {
            value.initial = Value::ZERO;
        }
        // What counts nothing towards IM hedges nothing either.
        if collateral.underlying != Pubkey::default() && (is_fresh || self.purpose == Purpose::Liquidation) {
            let confidence = price.confidence()?;
            self.collaterals.push(HeldCollateral { underlying: collateral.underlying, value, confidence });
        }
        self.sum.add_collateral(&value).or_error()
    }

    fn note_divergence(&mut self, price: &PriceState) -> Result<()> {
        if price.is_divergent()? {
            self.obstacle.get_or_insert(PlimsollError::PriceDivergence);
        }
        Ok(())
    }

    /// Whether the surface is too old for this account. In cross margin longs gain nothing by it; in portfolio margin they
    /// are margin as well.
    fn note_surface(&mut self, market: &ExpiryMarket, positions: &[Position], longs_count: bool) -> bool {
        let is_stale = market.is_stale() && (longs_count || positions.iter().any(|position| position.size_e6 < 0));
        if is_stale {
            self.obstacle.get_or_insert(PlimsollError::VolatilityStale);
        }
        is_stale
    }

    fn note_worst(&mut self, position: &Position, balance: Exact) {
        if self.worst.is_none_or(|worst| balance < worst.balance) {
            self.worst = Some(WorstItem { underlying: position.underlying, series: position.series, balance });
        }
    }

    /// Another price of an underlying, better than the index by this much: the best of them counts.
    fn note_relief(&mut self, at_index: Exact, other: Exact) -> Result<()> {
        let better = other.sub(at_index).or_error()?.max(Exact::ZERO);
        if better > self.best {
            // Over underlyings the best add up; of one underlying only the best counts.
            self.relief = self.relief.add(better).or_error()?.sub(self.best).or_error()?;
            self.best = better;
        }
        Ok(())
    }

    fn note_underlying(&mut self, health: UnderlyingHealth) {
        if self.purpose == Purpose::View {
            self.underlyings.push(health);
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
