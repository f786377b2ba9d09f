//! What an account's shorts are owed for, and the mark of one series.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::Leg;
use plimsoll_risk::pricing::black76::price;
use plimsoll_risk::units::{Contracts, Exact, Price};

use super::market::{ExpiryMarket, Spot};
use crate::constants::MAX_POSITIONS;
use crate::errors::OrProgramError;
use crate::markets::Markets;
use crate::state::{MarginAccount, Position, Underlying};

/// Σ marks of the shorts of an account in expiries that are not settled, ≥ 0. Settled ones are cash that has not been moved yet.
///
/// # Errors
/// As [`super::health`].
pub fn claims(account: &MarginAccount, markets: &Markets, now: i64) -> Result<Exact> {
    let mut sum = Exact::ZERO;
    let mut legs = Vec::with_capacity(MAX_POSITIONS as usize);
    let is_together = |a: &Position, b: &Position| (a.underlying, a.expiry) == (b.underlying, b.expiry);
    for group in account.positions().chunk_by(is_together) {
        let underlying =
            markets.underlying(&account.underlyings[group[0].underlying as usize % account.underlyings.len()])?;
        if underlying.expiry(group[0].expiry)?.is_settled() || group.iter().all(|position| position.size_e6 >= 0) {
            continue;
        }
        marks(underlying, group, now, &mut legs, |position, mark| {
            let short = Contracts::from_raw(position.size_e6.min(0)).abs().or_error()?;
            sum = sum.add(mark.times(short)).or_error()?;
            Ok(())
        })?;
    }
    Ok(sum)
}

/// Mark per contract of the series of a position in an expiry that is not settled.
///
/// # Errors
/// As [`super::health`].
pub fn mark(underlying: &Underlying, position: &Position, now: i64) -> Result<Price> {
    let mut found = Price::ZERO;
    marks(underlying, core::slice::from_ref(position), now, &mut Vec::with_capacity(1), |_, mark| {
        found = mark;
        Ok(())
    })?;
    Ok(found)
}

/// Marks per contract of positions in one expiry.
fn marks(
    underlying: &Underlying,
    positions: &[Position],
    now: i64,
    legs: &mut Vec<Leg>,
    mut each: impl FnMut(&Position, Price) -> Result<()>,
) -> Result<()> {
    let expiry = underlying.expiry(positions[0].expiry)?;
    let market = ExpiryMarket::new(underlying, expiry, now)?;
    let curve = market.curve(&Spot::new(underlying.price.index(), underlying.price.ln_index_q40))?;
    legs.clear();
    market.load_legs(legs, positions, &curve, std::iter::empty())?;
    for (position, leg) in positions.iter().zip(legs.iter()) {
        each(position, price(leg.kind, &curve, leg.strike, leg.total_vol))?;
    }
    Ok(())
}
