//! Portfolio margin of one underlying of an account.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{
    collateral_charge, DollarGreeks, ExpiryBook, Extras, OwnCollateral, PortfolioBook, PortfolioMargin, PriceRange,
    VolatilityState,
};
use plimsoll_risk::margin::{Leg, UnderlyingMargin};
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::pricing::black76::ForwardCurve;
use plimsoll_risk::units::{Exact, Ratio, Vol};

use super::market::{ExpiryMarket, Spot};
use super::scratch::{arrays_of, vols_of, Scratch};
use super::valuation::Valuation;
use super::{Purpose, UnderlyingHealth};
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{Position, PriceState, Underlying};

impl Valuation<'_> {
    /// Adds an underlying in portfolio margin.
    ///
    /// # Errors
    /// [`PlimsollError::ScenarioGrid`] for an underlying without a grid.
    pub(super) fn add_portfolio(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        positions: &[Position],
    ) -> Result<()> {
        require!(underlying.portfolio.is_set(), PlimsollError::ScenarioGrid);
        let params = PortfolioParams::from(&underlying.portfolio.params);
        let index = Spot::new(underlying.price.index(), underlying.price.ln_index_q40);
        let own = self.own(key, &params)?;
        if self.uses_arrays && self.add_bound(key, underlying, &params, &own, positions)? {
            return Ok(());
        }
        let settled = self.load_book(key, underlying, positions, &index)?;
        let history_work = self.load_history(key, &params)?;
        if self.purpose == Purpose::Liquidation {
            // Nobody is valued after the taker.
            self.scratch.prepare(key, &underlying.portfolio.grid(), positions);
        }
        let range = match self.purpose {
            Purpose::Liquidation => PriceRange::at(index.price),
            _ => range(&underlying.price)?,
        };
        let (mut balances, parts) = self.portfolio_at(key, underlying, &params, &own, range, Some(positions))?;
        for spot in self.far_ends(&underlying.price, &range) {
            self.move_book(underlying, positions, &spot)?;
            let (end, _) = self.portfolio_at(key, underlying, &params, &own, PriceRange::at(spot.price), None)?;
            balances.initial = balances.initial.min(end.initial);
        }
        // Collateral of the same asset would move as well: such an account stands as it is.
        if self.purpose == Purpose::Liquidation && own.full.is_zero() {
            for price in underlying.price.left_open()?.into_iter().flatten() {
                self.move_book(underlying, positions, &Spot::at(price)?)?;
                let (other, _) = self.portfolio_at(key, underlying, &params, &own, PriceRange::at(price), None)?;
                self.note_relief(balances.maintenance, other.maintenance)?;
            }
        }
        if !underlying.price.is_fresh(self.now, self.purpose.freshness()) {
            // Longs alone may have a price that old: their last mark counts in E and MM, and opens nothing.
            balances.initial = balances.initial.min(Exact::ZERO);
        }
        balances.add_settled(settled).or_error()?;
        if self.purpose == Purpose::View {
            self.note_underlying(UnderlyingHealth {
                slot: positions[0].underlying,
                margin: balances,
                initial: balances.initial,
                greeks: parts.as_ref().and_then(|parts| parts.greeks).unwrap_or_default(),
                portfolio: parts,
            });
        }
        self.add_underlying(key, &balances, balances.initial, history_work)
    }

    /// Ends of the price range at which new risk is scanned again. The taker of a liquidation is spared that, for its compute
    /// units are needed for the two accounts.
    fn far_ends(&self, price: &PriceState, range: &PriceRange) -> impl Iterator<Item = Spot> {
        let (low, high) = match self.purpose {
            Purpose::NewRisk | Purpose::View => range.has_far_ends(),
            Purpose::Liquidation | Purpose::Taker => (false, false),
        };
        let low = low.then(|| Spot::new(price.low(), price.ln_low_q40));
        low.into_iter().chain(high.then(|| Spot::new(price.high(), price.ln_high_q40)))
    }

    /// Loads legs and markets of all live expiries at the index; gives what the settled ones pay.
    fn load_book(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        positions: &[Position],
        index: &Spot,
    ) -> Result<Exact> {
        self.scratch.legs.clear();
        self.scratch.expiries.clear();
        let mut settled = Exact::ZERO;
        for group in positions.chunk_by(|a, b| a.expiry == b.expiry) {
            let expiry = underlying.expiry(group[0].expiry)?;
            if expiry.is_settled() {
                settled = settled.add(super::settled_payoff(underlying, expiry, group)?).or_error()?;
                continue;
            }
            let market = ExpiryMarket::new(underlying, expiry, self.now)?;
            let is_stale = self.note_surface(&market, group, true);
            let charge = if is_stale { underlying.params.volatility.stale_charge_e9 } else { 0 };
            let curve = market.curve(index)?;
            let Scratch { legs, arrays, expiries, .. } = &mut *self.scratch;
            match is_stale || arrays.is_empty() {
                // Under an old surface longs and shorts have volatilities of their own, and an array only one of them.
                true => market.load_legs(legs, group, &curve, std::iter::empty())?,
                false => market.load_legs(legs, group, &curve, vols_of(arrays, key, group[0].expiry))?,
            }
            expiries.push(book(&market, curve, group.len(), Ratio::from_raw(charge))?);
        }
        Ok(settled)
    }

    /// Moves the loaded book to another spot price; volatility stays with its strike.
    fn move_book(&mut self, underlying: &Underlying, positions: &[Position], spot: &Spot) -> Result<()> {
        let groups = positions.chunk_by(|a, b| a.expiry == b.expiry);
        let mut live = self.scratch.expiries.iter_mut();
        for group in groups {
            let expiry = underlying.expiry(group[0].expiry)?;
            if expiry.is_settled() {
                continue;
            }
            let Some(loaded) = live.next() else { return err!(PlimsollError::Overflow) };
            let market = ExpiryMarket::new(underlying, expiry, self.now)?;
            *loaded = book(&market, market.curve(spot)?, loaded.legs, loaded.stale_charge)?;
        }
        Ok(())
    }

    /// Margin of the loaded book; all parts of it only when looking, for they are many. Risk arrays belong to the index: at another price, without positions, none is used.
    #[inline(never)]
    fn portfolio_at(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        params: &PortfolioParams,
        own: &OwnCollateral,
        range: PriceRange,
        positions: Option<&[Position]>,
    ) -> Result<(UnderlyingMargin, Option<Box<PortfolioMargin>>)> {
        let price = &underlying.price;
        let realised = if params.realised_mult.is_zero() { Vol::ZERO } else { underlying.realised_vol() };
        let (confidence, forecast) = (price.confidence()?, underlying.forecast(self.now));
        let Scratch { legs, expiries, workspace, arrays, pairs, history, .. } = &mut *self.scratch;
        let book = PortfolioBook {
            params,
            grid: underlying.portfolio.grid(),
            range,
            confidence,
            stable: self.exchange.stable.low(),
            vols: VolatilityState { realised, forecast },
            collateral: *own,
            expiries,
            legs,
        };
        let positions = positions.unwrap_or_default();
        let all_live = positions.len() == legs.len();
        let is_live = |position: &Position| {
            all_live || underlying.expiry(position.expiry).is_ok_and(|expiry| !expiry.is_settled())
        };
        let mut arrays = arrays_of(arrays, key, positions, is_live);
        let history = match pairs.is_empty() {
            true => None,
            false => Some((pairs.as_slice(), &mut **history.get_or_insert_with(Box::default))),
        };
        let extras = Extras { history, all_parts: self.purpose == Purpose::View, arrays: &mut arrays };
        match PortfolioMargin::of(&book, workspace.get_or_insert_with(Box::default), extras) {
            Ok(margin) => Ok((margin.balances(), (self.purpose == Purpose::View).then(|| Box::new(margin)))),
            Err(error) => Err(error).or_error(),
        }
    }

    /// Loads the historical moves of an underlying, if its parameters ask for them; gives legs · moves.
    ///
    /// # Errors
    /// [`PlimsollError::MarketMissing`] when the history account was not passed.
    fn load_history(&mut self, underlying: &Pubkey, params: &PortfolioParams) -> Result<usize> {
        self.scratch.pairs.clear();
        if params.es_source != ShortfallSource::History || params.es_weight.is_zero() {
            return Ok(0);
        }
        let moves = self.markets.history(underlying)?.moves();
        self.scratch.pairs.extend(moves.iter().map(|stored| stored.pair()));
        let work = moves.len().saturating_mul(self.scratch.legs.len());
        self.note_history_work(work)?;
        Ok(work)
    }

    /// Collateral of the same asset: it moves with the scenarios.
    fn own(&self, underlying: &Pubkey, params: &PortfolioParams) -> Result<OwnCollateral> {
        let mut own = OwnCollateral::default();
        for held in self.scratch.collaterals.iter().filter(|held| held.underlying == *underlying) {
            let value = held.value.full.to_exact();
            own.full = own.full.add(value).or_error()?;
            own.initial = own.initial.add(held.value.initial.to_exact()).or_error()?;
            own.maintenance = own.maintenance.add(held.value.maintenance.to_exact()).or_error()?;
            let charge = collateral_charge(params, value, held.confidence).or_error()?;
            own.charge = own.charge.add(charge).or_error()?;
        }
        Ok(own)
    }
}

pub(super) fn range(price: &PriceState) -> Result<PriceRange> {
    use plimsoll_risk::units::Log;
    let log = Log::from_raw;
    PriceRange::new(price.index(), log(price.ln_index_q40), log(price.ln_low_q40), log(price.ln_high_q40)).or_error()
}

pub(super) fn book(market: &ExpiryMarket, curve: ForwardCurve, legs: usize, stale_charge: Ratio) -> Result<ExpiryBook> {
    Ok(ExpiryBook {
        curve,
        left: market.left,
        sqrt_years: market.sqrt_years,
        rate: Ratio::from_raw(market.expiry.rate_e9),
        fixed: market.fixed(&curve)?,
        confidence: market.expiry.confidence(),
        stale_charge,
        legs,
    })
}

/// Greeks of the legs of one expiry.
#[inline(never)]
pub(super) fn greeks(market: &ExpiryMarket, curve: ForwardCurve, legs: &[Leg], mark: Exact) -> Result<DollarGreeks> {
    DollarGreeks::of_expiry(&book(market, curve, legs.len(), Ratio::ZERO)?, legs, mark).or_error()
}
