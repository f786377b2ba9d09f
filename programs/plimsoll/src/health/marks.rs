//! What an account is worth at the mark, without its margin, and the mark of one series.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::{CollateralBalance, Leg};
use plimsoll_risk::pricing::black76::price;
use plimsoll_risk::units::{Exact, Price, Value};

use super::market::{ExpiryMarket, Spot};
use super::settled_payoff;
use crate::constants::MAX_POSITIONS;
use crate::errors::OrProgramError;
use crate::markets::Markets;
use crate::state::{Exchange, MarginAccount, Position, Underlying};

/// Equity of an account and what others are owed by its shorts, at the last prices: those of its markets may be of any age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    /// Cash, collateral and marks. # Rounding Down; the marks agree with those of a valuation in full to 1e-8 of the forward.
    pub equity: Value,
    /// Σ marks of shorts in expiries that are not settled, ≥ 0: settled ones are cash that has not been moved yet. # Rounding Up.
    pub claims: Value,
    /// Collateral, part of the equity. # Rounding Down.
    pub collateral: Value,
}

/// # Errors
/// As [`super::health`], stale prices excepted.
pub fn worth(account: &MarginAccount, exchange: &Exchange, markets: &Markets, now: i64) -> Result<Worth> {
    let mut collateral_value = Value::ZERO;
    for slot in account.collaterals.iter().filter(|slot| slot.balance_atoms > 0) {
        let collateral = markets.collateral(&slot.collateral)?;
        if collateral.price.index_e9 > 0 {
            let held = collateral.market().value(CollateralBalance(slot.balance_atoms), exchange.stable.index());
            collateral_value = collateral_value.add(held.or_error()?.full).or_error()?;
        }
    }
    let (mut marked, mut claims) = (Exact::ZERO, Exact::ZERO);
    let mut legs = Vec::with_capacity(MAX_POSITIONS as usize);
    let is_together = |a: &Position, b: &Position| (a.underlying, a.expiry) == (b.underlying, b.expiry);
    for group in account.positions().chunk_by(is_together) {
        let key = &account.underlyings[group[0].underlying as usize % account.underlyings.len()];
        let underlying = markets.underlying(key)?;
        let expiry = underlying.expiry(group[0].expiry)?;
        if expiry.is_settled() {
            marked = marked.add(settled_payoff(underlying, expiry, group)?).or_error()?;
            continue;
        }
        each_mark(underlying, group, now, &mut legs, |position, mark| {
            let value = mark.times(position.size());
            marked = marked.add(value).or_error()?;
            if position.size_e6 < 0 {
                let short = position.size().abs().or_error()?;
                claims = claims.add(mark.times(short)).or_error()?;
            }
            Ok(())
        })?;
    }
    let held = account.cash(exchange)?.add(collateral_value).or_error()?;
    let equity = held.add(marked.to_value_floor().or_error()?).or_error()?;
    Ok(Worth { equity, claims: claims.to_value_ceil().or_error()?, collateral: collateral_value })
}

/// Mark per contract of the series of a position in an expiry that is not settled.
///
/// # Errors
/// As [`super::health`].
pub fn mark(underlying: &Underlying, position: &Position, now: i64) -> Result<Price> {
    let mut found = Price::ZERO;
    each_mark(underlying, core::slice::from_ref(position), now, &mut Vec::with_capacity(1), |_, mark| {
        found = mark;
        Ok(())
    })?;
    Ok(found)
}

/// Marks per contract of positions in one expiry.
fn each_mark(
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
