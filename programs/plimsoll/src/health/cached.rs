//! Risk arrays: a market into arrays, and arrays into bounds of an account's portfolio margin.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::cached::{
    ArrayBook, BalanceBound, RefreshCells, Refresher, Side, SnapshotRaw, Uncovered, UnitValues,
};
use plimsoll_risk::margin::portfolio::{ExpiryBook, OwnCollateral, PortfolioBook, VolatilityState};
use plimsoll_risk::margin::{Leg, UnderlyingMargin};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::pricing::total_vol;
use plimsoll_risk::units::{Exact, Log, Price, Ratio, TotalVol, Vol};

use super::market::{ExpiryMarket, Spot};
use super::portfolio::{book, range};
use super::valuation::Valuation;
use super::Scratch;
use crate::constants::MAX_SERIES;
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{CachedExpiry, Position, RiskCache, SeriesStatus, Underlying};

/// What the risk arrays of an underlying were good for in a valuation.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrayUse {
    /// They gave a bound.
    Used,
    /// No cache of the underlying was passed.
    NoCache,
    /// A series was not refreshed with the newest snapshot of its expiry.
    NoArray,
    /// They were computed with another surface, grid, or for another expiry or series.
    Outdated,
    /// They are older than they may be.
    Old,
    /// The forward has moved too far.
    PriceMoved,
    /// The price range is so wide that scenarios are scanned at its ends.
    PriceRange,
    /// A part of an expiry's settlement price is observed already.
    SettlementWindow,
    /// The surface of an expiry is too old.
    SurfaceStale,
    /// A charge needs Greeks.
    Greeks,
    /// The expected shortfall is taken over historical moves.
    History,
    /// The bound cannot be computed.
    Failed,
}

impl From<Uncovered> for ArrayUse {
    fn from(reason: Uncovered) -> Self {
        match reason {
            Uncovered::SettlementWindow => Self::SettlementWindow,
            Uncovered::SurfaceStale => Self::SurfaceStale,
            Uncovered::PriceMoved => Self::PriceMoved,
            Uncovered::PriceRange => Self::PriceRange,
            Uncovered::Greeks => Self::Greeks,
            Uncovered::History => Self::History,
            Uncovered::NoArray => Self::NoArray,
            Uncovered::SurfaceUnbounded | Uncovered::Failed(_) => Self::Failed,
        }
    }
}

/// The live part of a book, and what its settled part pays.
struct Loaded<'a> {
    snapshots: Vec<&'a SnapshotRaw>,
    units: Vec<&'a UnitValues>,
    settled: Exact,
}

impl Valuation<'_> {
    /// Adds a bound of the underlying's margin, if its arrays give one.
    pub(super) fn add_bound(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        params: &PortfolioParams,
        own: &OwnCollateral,
        positions: &[Position],
    ) -> Result<bool> {
        let found = self.bound(key, underlying, params, own, positions)?;
        let array = found.as_ref().map_or_else(|&array| array, |_| ArrayUse::Used);
        self.arrays.push((positions[0].underlying, array));
        let Ok((bound, settled)) = found else { return Ok(false) };
        let mut balances = UnderlyingMargin::new(bound.mark, bound.initial, bound.maintenance);
        balances.add_settled(settled).or_error()?;
        self.sum.add_underlying(&balances, balances.initial).or_error()?;
        Ok(true)
    }

    #[inline(never)]
    fn bound(
        &mut self,
        key: &Pubkey,
        underlying: &Underlying,
        params: &PortfolioParams,
        own: &OwnCollateral,
        positions: &[Position],
    ) -> Result<core::result::Result<(BalanceBound, Exact), ArrayUse>> {
        let Some(cache) = self.markets.cache(key) else { return Ok(Err(ArrayUse::NoCache)) };
        let Scratch { legs, expiries, workspace, space, .. } = &mut *self.scratch;
        legs.clear();
        expiries.clear();
        let loaded = match load(cache, underlying, positions, (legs, expiries), self.now)? {
            Ok(loaded) => loaded,
            Err(missed) => return Ok(Err(missed)),
        };
        let book = PortfolioBook {
            params,
            grid: underlying.portfolio.grid(),
            range: range(&underlying.price)?,
            confidence: underlying.price.confidence()?,
            stable: self.exchange.stable.low(),
            vols: vols(underlying, params, self.now),
            collateral: *own,
            expiries,
            legs,
        };
        let arrays = ArrayBook { snapshots: &loaded.snapshots, units: &loaded.units };
        let memory = (&mut **workspace.get_or_insert_with(Box::default), &mut **space.get_or_insert_with(Box::default));
        let bound = arrays.bound(&book, memory, Side::Lower);
        Ok(bound.map(|bound| (bound, loaded.settled)).map_err(ArrayUse::from))
    }
}

fn vols(underlying: &Underlying, params: &PortfolioParams, now: i64) -> VolatilityState {
    let realised = if params.realised_mult.is_zero() { Vol::ZERO } else { underlying.realised_vol() };
    VolatilityState { realised, forecast: underlying.forecast(now) }
}

/// Legs without volatilities, their markets and arrays.
#[inline(never)]
fn load<'a>(
    cache: &'a RiskCache,
    underlying: &Underlying,
    positions: &[Position],
    (legs, expiries): (&mut Vec<Leg>, &mut Vec<ExpiryBook>),
    now: i64,
) -> Result<core::result::Result<Loaded<'a>, ArrayUse>> {
    let index = Spot::new(underlying.price.index(), underlying.price.ln_index_q40);
    let mut loaded = Loaded { snapshots: Vec::new(), units: Vec::with_capacity(positions.len()), settled: Exact::ZERO };
    for group in positions.chunk_by(|a, b| a.expiry == b.expiry) {
        let expiry = underlying.expiry(group[0].expiry)?;
        if expiry.is_settled() {
            let payoff = super::settled_payoff(underlying, expiry, group)?;
            loaded.settled = loaded.settled.add(payoff).or_error()?;
            continue;
        }
        let market = ExpiryMarket::new(underlying, expiry, now)?;
        if market.is_stale() {
            return Ok(Err(ArrayUse::SurfaceStale));
        }
        let cached = &cache.expiries[group[0].expiry as usize % cache.expiries.len()];
        if !cached.is_of(underlying, expiry) {
            return Ok(Err(if cached.stamp == 0 { ArrayUse::NoArray } else { ArrayUse::Outdated }));
        }
        if cached.is_old(now) {
            return Ok(Err(ArrayUse::Old));
        }
        for position in group {
            let series = underlying.series(position.series)?;
            let array = &cache.series[(position.series % MAX_SERIES) as usize];
            if array.stamp != cached.stamp {
                return Ok(Err(ArrayUse::NoArray));
            }
            legs.push(Leg {
                kind: series.option_kind(),
                strike: series.strike(),
                size: position.size(),
                total_vol: TotalVol::ZERO,
            });
            loaded.units.push(&array.units);
        }
        loaded.snapshots.push(&cached.snapshot);
        expiries.push(book(&market, market.curve(&index)?, group.len(), Ratio::ZERO)?);
    }
    Ok(Ok(loaded))
}

/// Computes the arrays of some series of an expiry. Gives the stamp of their snapshot.
///
/// # Errors
/// [`PlimsollError::VolatilityStale`], [`PlimsollError::SettlementWindow`], [`PlimsollError::VolatilityOutOfBounds`] for a
/// smile that nothing bounds, [`PlimsollError::SeriesNotFound`] for a series that is not listed in this expiry.
#[inline(never)]
pub fn refresh(cache: &mut RiskCache, underlying: &Underlying, slot: u8, series: &[u16], now: i64) -> Result<u32> {
    let expiry = underlying.expiry(slot)?;
    let market = ExpiryMarket::new(underlying, expiry, now)?;
    require!(!market.is_stale(), PlimsollError::VolatilityStale);
    let index = Spot::new(underlying.price.index(), underlying.price.ln_index_q40);
    let curve = market.curve(&index)?;
    let expiry_book = book(&market, curve, 0, Ratio::ZERO)?;
    let params = PortfolioParams::from(&underlying.portfolio.params);
    let (grid, smile, vols) = (underlying.portfolio.grid(), expiry.surface(), vols(underlying, &params, now));
    let (cells, strike) = (&mut *Box::<RefreshCells>::default(), highest_strike(underlying, slot));
    let taken = Refresher::new(&params, grid, &expiry_book, &vols, &smile, strike, cells);
    let mut refresher = taken.map_err(refused)?;
    let taken = CachedExpiry {
        expiry_ts: expiry.expiry_ts,
        refreshed_at: now,
        generation: underlying.arrays_generation,
        svi: expiry.svi,
        snapshot: refresher.snapshot().to_raw(),
        ..bytemuck::Zeroable::zeroed()
    };
    let stamp = cache.join(slot as usize, &taken)?;
    for &number in series {
        let listed = underlying.series(number)?;
        require!(listed.expiry == slot, PlimsollError::SeriesNotFound);
        let strike = listed.strike();
        let k = Log::from_raw(strike.log.raw().wrapping_sub(curve.log_forward.raw()));
        let vol = total_vol(smile.vol_at(k), market.sqrt_years);
        let array = &mut cache.series[(number % MAX_SERIES) as usize];
        (array.stamp, array.units) = (stamp, refresher.units(strike, vol));
    }
    Ok(stamp)
}

fn highest_strike(underlying: &Underlying, slot: u8) -> Price {
    let used = &underlying.series[..(underlying.series_used as usize).min(underlying.series.len())];
    let listed = used.iter().filter(|series| series.expiry == slot && series.status == SeriesStatus::LISTED);
    Price::from_raw(listed.fold(0, |highest, series| highest.max(series.strike_e9)))
}

fn refused(reason: Uncovered) -> Error {
    match reason {
        Uncovered::SettlementWindow => PlimsollError::SettlementWindow.into(),
        Uncovered::SurfaceUnbounded => PlimsollError::VolatilityOutOfBounds.into(),
        Uncovered::Failed(error) => PlimsollError::from(error).into(),
        _ => PlimsollError::VolatilityStale.into(),
    }
}
