//! Charges that no scenario shows: naked shorts, prices that may be wrong, surfaces that are old.

use super::book::{gross, ExpiryBook, PortfolioBook};
use super::greeks::DollarGreeks;
use crate::error::RiskError;
use crate::margin::cross::Leg;
use crate::params::PortfolioParams;
use crate::units::{Contracts, Exact, Price, Ratio};

/// Contingencies of an underlying, as charges ≥ 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contingency {
    /// Shorts without an option of the other type and sign at their strike.
    pub naked: Contracts,
    /// Part of both requirements.
    pub maintenance: Exact,
    /// Part of the initial requirement on top.
    pub initial: Exact,
}

impl Contingency {
    /// All contingencies of a book. # Rounding Up. # Errors [`RiskError::Overflow`].
    pub(super) fn of(book: &PortfolioBook, greeks: Option<&DollarGreeks>) -> Result<Self, RiskError> {
        let (spot, params) = (book.range.index, book.params);
        let mut naked = Contracts::ZERO;
        let mut initial = book.collateral.charge;
        for (expiry, legs) in book.each() {
            naked = naked.add(naked_shorts(legs))?;
            initial = initial.add(charge_quality(book, expiry, legs)?)?;
        }
        let on_greeks = match greeks {
            Some(greeks) if !params.gamma_charge.is_zero() || !params.vega_charge.is_zero() => {
                charge_greeks(params, greeks)?
            }
            _ => Exact::ZERO,
        };
        Ok(Self {
            naked,
            maintenance: charged(spot, naked, params.mm_option)?.add(on_greeks)?,
            initial: initial.add(charged(spot, naked, params.im_option)?)?,
        })
    }
}

/// Size of the shorts of an expiry that are not paired with a long of the other type at the same strike: a short call and
/// a long put are a short forward, which has no more gamma than the underlying.
fn naked_shorts(legs: &[Leg]) -> Contracts {
    // All sizes of the book have been added up without overflow when it was scanned.
    let (mut shorts, mut longs) = (0i64, 0usize);
    for leg in legs {
        let size = leg.size.raw();
        if size > 0 {
            longs = longs.wrapping_add(1);
        } else {
            shorts = shorts.wrapping_sub(size);
        }
    }
    // Series are different: a leg has one pair at most, and is found from either side. Few look for it among many.
    let from_longs = longs <= legs.len() / 2;
    let mut paired = 0i64;
    for leg in legs.iter().filter(|leg| (leg.size.raw() > 0) == from_longs) {
        let is_pair = |other: &&Leg| {
            other.strike.price == leg.strike.price && (other.size.raw() > 0) != from_longs && other.kind != leg.kind
        };
        let size = |leg: &Leg| leg.size.raw().wrapping_abs();
        let pair = legs.iter().find(is_pair).map_or(0, size);
        paired = paired.wrapping_add(pair.min(size(leg)));
    }
    Contracts::from_raw(shorts.wrapping_sub(paired))
}

/// (1 − c)·factor·S·Σ|size| when c < threshold, and the charge for an old surface.
fn charge_quality(book: &PortfolioBook, expiry: &ExpiryBook, legs: &[Leg]) -> Result<Exact, RiskError> {
    let doubt = doubt(book.params, book.confidence.min(expiry.confidence))?;
    if doubt.is_zero() && expiry.stale_charge.is_zero() {
        return Ok(Exact::ZERO);
    }
    let (spot, size) = (book.range.index, gross(legs)?);
    let notional = spot.times(size.neg()?);
    let for_doubt = notional.scale_floor(doubt)?.scale_floor(book.params.confidence_factor)?;
    for_doubt.neg()?.add(charged(spot, size, expiry.stale_charge)?)
}

/// Initial charge on one collateral for a price that may be wrong: (1 − c)·factor·value when c < threshold.
///
/// # Rounding
/// Up, 2e-15 USD.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn collateral_charge(params: &PortfolioParams, value: Exact, confidence: Ratio) -> Result<Exact, RiskError> {
    let doubt = doubt(params, confidence)?;
    if doubt.is_zero() || value.is_zero() {
        return Ok(Exact::ZERO);
    }
    value.neg()?.scale_floor(doubt)?.scale_floor(params.confidence_factor)?.neg()
}

/// 1 − c below the threshold, else 0.
fn doubt(params: &PortfolioParams, confidence: Ratio) -> Result<Ratio, RiskError> {
    if confidence < params.confidence_threshold {
        Ratio::ONE.sub(confidence)
    } else {
        Ok(Ratio::ZERO)
    }
}

/// cΓ·max(0, −½·Γ·S²·h²) + cν·max(0, −ν·Δσ).
fn charge_greeks(params: &PortfolioParams, greeks: &DollarGreeks) -> Result<Exact, RiskError> {
    let loss = |greek: Exact| greek.min(Exact::ZERO);
    let half = Ratio::from_millionths(500_000);
    let gamma = loss(greeks.gamma).scale_floor(half)?.scale_floor(params.gamma_move)?.scale_floor(params.gamma_move)?;
    let vega = loss(greeks.vega).scale_floor(params.vega_move)?;
    gamma.scale_floor(params.gamma_charge)?.add(vega.scale_floor(params.vega_charge)?)?.neg()
}

/// S · size · part, rounded up.
fn charged(spot: Price, size: Contracts, part: Ratio) -> Result<Exact, RiskError> {
    if size.is_zero() || part.is_zero() {
        return Ok(Exact::ZERO);
    }
    spot.times(size.neg()?).scale_floor(part)?.neg()
}
