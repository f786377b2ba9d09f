//! Portfolio margin of one underlying of an account.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{
    collateral_charge, DollarGreeks, ExpiryBook, Extras, HistoryPair, HistoryWorkspace, PortfolioBook, PortfolioMargin,
    PriceRange, VolatilityState,
};
use plimsoll_risk::margin::Leg;
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::pricing::black76::ForwardCurve;
use plimsoll_risk::units::{Exact, Price, Ratio, Vol};

use super::market::{ExpiryMarket, Spot};
use super::scratch::{arrays_of, Scratch};
use super::{Purpose, UnderlyingHealth, Valuation};
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{PriceState, Position, Underlying};

/// The live expiries of an account in one underlying, with its legs in each.
struct Live<'a> {
    market: ExpiryMarket<'a>,
    stale_charge: Ratio,
    /// Legs of the expiry: a range of the valuation's.
    from: usize,
    to: usize,
    positions: &'a [Position],
}

/// What an account has in one underlying besides its options.
struct Own {
    collateral: Exact,
    charge: Exact,
    settled: Exact,
}

impl Valuation<'_> {
    /// Adds an underlying in portfolio margin.
    ///
    /// # Errors
    /// [`PlimsollError::ScenarioGrid`] for an underlying without a grid.
    pub(super) fn add_portfolio(&mut self, key: &Pubkey, underlying: &Underlying, positions: &[Position]) -> Result<()> {
        require!(underlying.portfolio.is_set(), PlimsollError::ScenarioGrid);
        let params = PortfolioParams::from(&underlying.portfolio.params);
        let index = Spot::new(underlying.price.index(), underlying.price.ln_index_q40);
        let mut own = self.own(key, &params)?;
        let mut live = Vec::with_capacity(8);
        self.scratch.legs.clear();
        self.scratch.prepare(key, positions);
        for group in positions.chunk_by(|a, b| a.expiry == b.expiry) {
            let expiry = underlying.expiry(group[0].expiry)?;
            if expiry.is_settled() {
                own.settled = own.settled.add(super::settled_payoff(underlying, expiry, group)?).or_error()?;
                continue;
            }
            let market = ExpiryMarket::new(underlying, expiry, self.now)?;
            let is_stale = self.note_surface(&market, group);
            let charge = if is_stale { underlying.params.volatility.stale_charge_e9 } else { 0 };
            let from = self.scratch.legs.len();
            let at_index = market.curve(&index)?;
            market.load_legs(&mut self.scratch.legs, group, &at_index)?;
            let to = self.scratch.legs.len();
            live.push(Live { market, stale_charge: Ratio::from_raw(charge), from, to, positions: group });
        }
        let others = self.portfolio_spots(&underlying.price)?;
        let margin = self.portfolio_at(key, underlying, &params, &live, &own, index, true)?;
        for spot in others {
            let other = self.portfolio_at(key, underlying, &params, &live, &own, spot, false)?;
            self.note_relief(margin.maintenance, other.maintenance)?;
        }
        let mut balances = margin.balances();
        balances.add_settled(own.settled).or_error()?;
        self.note_underlying(UnderlyingHealth {
            slot: positions[0].underlying,
            margin: balances,
            initial: balances.initial,
            greeks: margin.greeks.unwrap_or_default(),
            portfolio: Some(margin),
        });
        self.sum.add_underlying(&balances, balances.initial).or_error()
    }

    /// The prices of a liquidation beside the index. Initial margin takes its price range as a charge.
    fn portfolio_spots(&self, price: &PriceState) -> Result<Vec<Spot>> {
        match self.purpose {
            Purpose::Liquidation => Ok(self.spots(price)?.split_off(1)),
            _ => Ok(Vec::new()),
        }
    }

    #[inline(never)]
    fn portfolio_at(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        params: &PortfolioParams,
        live: &[Live],
        own: &Own,
        spot: Spot,
        is_index: bool,
    ) -> Result<PortfolioMargin> {
        let pairs = self.history(key, params)?;
        let Scratch { legs, workspace, arrays, .. } = &mut *self.scratch;
        let mut expiries = Vec::with_capacity(live.len());
        for expiry in live {
            let market = &expiry.market;
            let curve = market.curve(&spot)?;
            let legs = legs.get(expiry.from..expiry.to).unwrap_or_default();
            let fixed = market.fixed(&curve)?;
            expiries.push(book(market, curve, fixed, legs, expiry.stale_charge));
        }
        let price = &underlying.price;
        let realised = if params.realised_mult.is_zero() { Vol::ZERO } else { underlying.realised_vol() };
        let range = match self.purpose {
            Purpose::Liquidation => PriceRange::at(spot.price),
            _ => range(price)?,
        };
        let book = PortfolioBook {
            params,
            grid: underlying.portfolio.grid(),
            range,
            confidence: price.confidence()?,
            stable: self.exchange.stable.low(),
            vols: VolatilityState { realised, forecast: underlying.forecast(self.now) },
            collateral: own.collateral,
            collateral_charge: own.charge,
            expiries: &expiries,
        };
        // Arrays belong to the index: at another price they would mix.
        let wanted = live.iter().flat_map(|live| live.positions).map(|position| (position.expiry, position.series));
        let mut arrays = if is_index { arrays_of(arrays, key, wanted) } else { Vec::new() };
        let with_greeks = self.purpose == Purpose::View;
        let workspace = workspace.get_or_insert_with(Box::default);
        if pairs.is_empty() {
            let extras = Extras { history: None, with_greeks, arrays: &mut arrays };
            return PortfolioMargin::of(&book, workspace, extras).or_error();
        }
        let mut memory = Box::new(HistoryWorkspace::default());
        let extras = Extras { history: Some((&pairs, &mut memory)), with_greeks, arrays: &mut arrays };
        PortfolioMargin::of(&book, workspace, extras).or_error()
    }

    /// The historical moves of an underlying, if its parameters ask for them.
    ///
    /// # Errors
    /// [`PlimsollError::MarketMissing`] when the history account was not passed.
    fn history(&self, underlying: &Pubkey, params: &PortfolioParams) -> Result<Vec<HistoryPair>> {
        if params.es_source != ShortfallSource::History || params.es_weight.is_zero() {
            return Ok(Vec::new());
        }
        let history = self.markets.history(underlying)?;
        Ok(history.moves().iter().map(|stored| stored.pair()).collect())
    }

    /// Collateral of the same asset: it moves with the scenarios.
    fn own(&self, underlying: &Pubkey, params: &PortfolioParams) -> Result<Own> {
        let mut own = Own { collateral: Exact::ZERO, charge: Exact::ZERO, settled: Exact::ZERO };
        for held in self.collaterals.iter().filter(|held| held.underlying == *underlying) {
            let value = held.value.full.to_exact();
            own.collateral = own.collateral.add(value).or_error()?;
            let charge = collateral_charge(params, value, held.confidence).or_error()?;
            own.charge = own.charge.add(charge).or_error()?;
        }
        Ok(own)
    }
}

fn range(price: &PriceState) -> Result<PriceRange> {
    use plimsoll_risk::units::Log;
    let log = Log::from_raw;
    PriceRange::new(price.index(), log(price.ln_index_q40), log(price.ln_low_q40), log(price.ln_high_q40)).or_error()
}

fn book<'a>(
    market: &ExpiryMarket,
    curve: ForwardCurve,
    fixed: Price,
    legs: &'a [Leg],
    stale_charge: Ratio,
) -> ExpiryBook<'a> {
    ExpiryBook {
        curve,
        left: market.left,
        sqrt_years: market.sqrt_years,
        rate: Ratio::from_raw(market.expiry.rate_e9),
        fixed,
        confidence: market.expiry.confidence(),
        stale_charge,
        legs,
    }
}

/// Greeks of the legs of one expiry.
#[inline(never)]
pub(super) fn greeks(
    market: &ExpiryMarket,
    curve: ForwardCurve,
    fixed: Price,
    legs: &[Leg],
    mark: Exact,
) -> Result<DollarGreeks> {
    DollarGreeks::of_expiry(&book(market, curve, fixed, legs, Ratio::ZERO), mark).or_error()
}
