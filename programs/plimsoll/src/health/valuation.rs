//! A valuation under way: what has been added up, what was noticed, and what the rest of it needs to know.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CollateralBalance, CollateralValue, UnderlyingMargin};
use plimsoll_risk::units::{Exact, Ratio, Value};

use super::market::{ExpiryMarket, Spot};
use super::{ArrayUse, Purpose, Scratch, UnderlyingHealth, WorstItem};
use crate::constants::{MAX_COLLATERALS, MAX_HISTORY_WORK};
use crate::errors::{OrProgramError, PlimsollError};
use crate::markets::Markets;
use crate::state::{Collateral, Exchange, Position, PriceState};

/// What one underlying has added to a valuation.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) underlying: Pubkey,
    pub(super) margin: UnderlyingMargin,
    pub(super) initial: Exact,
    pub(super) history_work: usize,
}

/// A collateral the account holds.
pub(super) struct HeldCollateral {
    /// Underlying of the same asset.
    pub(super) underlying: Pubkey,
    pub(super) value: CollateralValue,
    pub(super) confidence: Ratio,
}

pub(super) struct Valuation<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) markets: &'a Markets<'a>,
    pub(super) purpose: Purpose,
    /// Whether bounds are enough.
    pub(super) uses_arrays: bool,
    pub(super) arrays: Vec<(u8, ArrayUse)>,
    pub(super) now: i64,
    pub(super) scratch: &'a mut Scratch,
    pub(super) sum: MarginSum,
    pub(super) obstacle: Option<PlimsollError>,
    pub(super) worst: Option<WorstItem>,
    pub(super) underlyings: Vec<UnderlyingHealth>,
    pub(super) relief: Exact,
    /// The relief of the underlying that is being valued.
    pub(super) best: Exact,
    /// Σ legs · historical moves.
    pub(super) history_work: usize,
}

impl Valuation<'_> {
    /// A silent stablecoin feed stops new risk; liquidation goes on with its last price, as it does for collateral.
    pub(super) fn require_stable(&mut self) -> Result<()> {
        let stable = &self.exchange.stable;
        // Nobody's position is short in the stablecoin.
        self.require_fresh_enough(stable, &[])?;
        self.note_divergence(stable)
    }

    /// A stale price stops new risk. It stops a liquidation only where the account is short: longs cannot be worth less than
    /// nothing, and a speck of a silent market must not shield the rest of a book.
    pub(super) fn require_fresh_enough(&self, price: &PriceState, positions: &[Position]) -> Result<()> {
        let is_harmless = self.purpose != Purpose::NewRisk && positions.iter().all(|position| position.size_e6 >= 0);
        if is_harmless && price.index_e9 > 0 {
            return Ok(());
        }
        price.require_fresh(self.now, self.purpose.freshness())
    }

    /// The prices an underlying is valued at, three at most, the index first.
    #[inline(always)]
    pub(super) fn each_spot(&self, price: &PriceState, mut take: impl FnMut(Spot) -> Result<()>) -> Result<()> {
        take(Spot::new(price.index(), price.ln_index_q40))?;
        if self.purpose == Purpose::Liquidation {
            for open in price.left_open()?.into_iter().flatten() {
                take(Spot::at(open)?)?;
            }
            return Ok(());
        }
        if price.low_e9 != price.index_e9 {
            take(Spot::new(price.low(), price.ln_low_q40))?;
        }
        if price.high_e9 != price.index_e9 {
            take(Spot::new(price.high(), price.ln_high_q40))?;
        }
        Ok(())
    }

    /// A collateral with a stale price counts nothing towards IM; towards E and MM it keeps its last price, so that a
    /// silent feed neither shields an account from liquidation nor gives its collateral away.
    pub(super) fn add_collateral(&mut self, collateral: &Collateral, balance_atoms: u64) -> Result<()> {
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
            if self.scratch.collaterals.is_empty() {
                self.scratch.collaterals.reserve_exact(MAX_COLLATERALS as usize);
            }
            self.scratch.collaterals.push(HeldCollateral { underlying: collateral.underlying, value, confidence });
        }
        self.sum.add_collateral(&value).or_error()
    }

    pub(super) fn note_divergence(&mut self, price: &PriceState) -> Result<()> {
        if price.is_divergent()? {
            self.obstacle.get_or_insert(PlimsollError::PriceDivergence);
        }
        Ok(())
    }

    /// Whether the surface is too old for this account. In cross margin longs gain nothing by it; in portfolio margin they
    /// are margin as well.
    pub(super) fn note_surface(&mut self, market: &ExpiryMarket, positions: &[Position], longs_count: bool) -> bool {
        let is_stale = market.is_stale() && (longs_count || positions.iter().any(|position| position.size_e6 < 0));
        if is_stale {
            self.obstacle.get_or_insert(PlimsollError::VolatilityStale);
        }
        is_stale
    }

    pub(super) fn note_worst(&mut self, position: &Position, balance: Exact) {
        if self.worst.is_none_or(|worst| balance < worst.balance) {
            self.worst = Some(WorstItem { underlying: position.underlying, series: position.series, balance });
        }
    }

    /// Another price of an underlying, better than the index by this much: the best of them counts.
    pub(super) fn note_relief(&mut self, at_index: Exact, other: Exact) -> Result<()> {
        let better = other.sub(at_index).or_error()?.max(Exact::ZERO);
        if better > self.best {
            // Over underlyings the best add up; of one underlying only the best counts.
            self.relief = self.relief.add(better).or_error()?.sub(self.best).or_error()?;
            self.best = better;
        }
        Ok(())
    }

    /// Adds the margin of an underlying, and keeps it if the account will be valued after a change of another.
    #[inline(always)]
    pub(super) fn add_underlying(
        &mut self,
        key: &Pubkey,
        margin: &UnderlyingMargin,
        initial: Exact,
        history_work: usize,
    ) -> Result<()> {
        if self.scratch.expects_change() {
            self.scratch.keep_part(Part { underlying: *key, margin: *margin, initial, history_work });
        }
        self.sum.add_underlying(margin, initial).or_error()
    }

    pub(super) fn add_part(&mut self, part: &Part) -> Result<()> {
        self.note_history_work(part.history_work)?;
        self.sum.add_underlying(&part.margin, part.initial).or_error()
    }

    /// What is too large to be liquidated in one transaction may not be opened, and not be taken over.
    pub(super) fn note_history_work(&mut self, work: usize) -> Result<()> {
        self.history_work = self.history_work.saturating_add(work);
        if self.history_work > MAX_HISTORY_WORK {
            require!(self.purpose != Purpose::Taker, PlimsollError::TooManyPositions);
            self.obstacle.get_or_insert(PlimsollError::TooManyPositions);
        }
        Ok(())
    }

    pub(super) fn note_underlying(&mut self, health: UnderlyingHealth) {
        if self.purpose == Purpose::View {
            self.underlyings.push(health);
        }
    }
}
