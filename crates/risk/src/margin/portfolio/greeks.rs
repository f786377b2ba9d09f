//! Sensitivities of a book, in USD, so that they add up over strikes, expiries and underlyings.

use super::book::{gross, ExpiryBook};
use super::scale::Scale;
use super::tenor::q40;
use crate::error::RiskError;
use crate::fixed::{mul_shift, mul_wide, shr_wide, Rounding};
use crate::margin::cross::Leg;
use crate::math::{self, INV_SQRT_TAU_Q40};
use crate::pricing::black76::{divide_q40, mul_q40, Moneyness, OptionKind, MAX_TOTAL_VOL, MIN_TOTAL_VOL};
use crate::units::{Exact, Price};
use core::num::NonZeroU64;

/// Half a day in seconds, Q40.
const HALF_DAY_Q40: u64 = 43_200 << 40;
/// Days of a year.
const DAYS: NonZeroU64 = NonZeroU64::MIN.saturating_add(364);

/// Greeks of a book in USD.
///
/// # Units
/// | field | meaning |
/// |---|---|
/// | delta | gain when spot rises by 100 %, to first order: S·∂V/∂S |
/// | gamma | S²·∂²V/∂S²: half of it times the square of a relative move is the convex part of the gain |
/// | vega | ∂V/∂σ per 1.00 of volatility |
/// | theta | change of V in one day of 1/365 year, forward and rate constant |
/// | rho | ∂V/∂r per 1.00 of rate at a constant forward |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DollarGreeks {
    /// S·∂V/∂S.
    pub delta: Exact,
    /// S²·∂²V/∂S².
    pub gamma: Exact,
    /// ∂V/∂σ.
    pub vega: Exact,
    /// ∂V/∂t per day.
    pub theta: Exact,
    /// ∂V/∂r.
    pub rho: Exact,
}

/// Σ over legs of size times a function of d1, with e = e^(−d1²/2). A unit of size is 2^exponent · 1e-6 contracts, chosen so
/// that all sizes of an expiry together are at most 2^31 of them.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// N(d1), less 1 for a put; Q31.
    delta: i64,
    /// e, Q31.
    density: i64,
    /// e/v, Q40.
    over_vol: i128,
    /// e·v, Q71.
    times_vol: i128,
}

impl DollarGreeks {
    /// Sum. # Errors [`RiskError::Overflow`].
    pub fn add(&self, other: &Self) -> Result<Self, RiskError> {
        Ok(Self {
            delta: self.delta.add(other.delta)?,
            gamma: self.gamma.add(other.gamma)?,
            vega: self.vega.add(other.vega)?,
            theta: self.theta.add(other.theta)?,
            rho: self.rho.add(other.rho)?,
        })
    }

    /// Greeks of one expiry whose value is `mark`.
    ///
    /// # Domain
    /// As [`crate::pricing::price`]; an option with σ√τ below [`MIN_TOTAL_VOL`] has the delta of its payoff, and no gamma
    /// and vega.
    ///
    /// # Rounding
    /// In no direction: 2e-9 of the largest value over all strikes, and the part of a leg's size beyond the 30 bits that the
    /// expiry's sizes have together.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for sizes and prices at the end of their ranges together.
    ///
    /// # Source
    /// F. Black (1976), differentiated.
    pub fn of_expiry(expiry: &ExpiryBook, legs: &[Leg], mark: Exact) -> Result<Self, RiskError> {
        let scale = Scale::of_sizes(gross(legs)?);
        let sums = Sums::of(expiry, legs, &scale);
        let forward = mul_q40(expiry.curve.forward.raw(), expiry.curve.discount.raw());
        let moving = Price::from_raw(expiry.curve.forward.raw().wrapping_sub(expiry.fixed.raw()));
        let discounted = mul_q40(moving.raw(), expiry.curve.discount.raw());
        // Inside the settlement window the forward moves by less than spot does; squared for gamma.
        let convex = match expiry.fixed.is_zero() {
            true => discounted,
            false => crate::fixed::mul_div(discounted, moving.raw(), expiry.curve.forward.raw(), Rounding::Down)?,
        };
        // From here on n = e/√(2π).
        let (forward, convex) = (mul_q40(forward, INV_SQRT_TAU_Q40), mul_q40(convex, INV_SQRT_TAU_Q40));
        // n·σ/(2√τ)/365 = n·v/(2τ)/365, and τ·365 is the time left in days: a half day over the seconds left.
        let left = NonZeroU64::MIN.saturating_add((expiry.left.raw().max(1) as u64).wrapping_sub(1));
        let decay = scaled(scaled(sums.times_vol >> 31, forward)?, (HALF_DAY_Q40 / left) as i64)?;
        // Rates at most 1 and times at most two years: both factors are below 2^42.
        let carry = scaled(mark.raw(), (q40(expiry.rate) as u64 / DAYS) as i64)?;
        let years = mul_shift::<40>(expiry.sqrt_years, expiry.sqrt_years);
        Ok(Self {
            delta: Exact::from_raw(scale.sized::<31>(sums.delta, discounted)),
            gamma: Exact::from_raw(scale.unscaled(scaled(sums.over_vol, convex)?)),
            vega: Exact::from_raw(scale.sized::<31>(sums.density, mul_q40(forward, expiry.sqrt_years))),
            theta: Exact::from_raw(carry).sub(Exact::from_raw(scale.unscaled(decay)))?,
            rho: Exact::from_raw(scaled(mark.raw(), years)?).neg()?,
        })
    }
}

impl Sums {
    fn of(expiry: &ExpiryBook, legs: &[Leg], scale: &Scale) -> Self {
        let mut sums = Self::default();
        for leg in legs {
            let log_moneyness = expiry.curve.log_forward.raw().wrapping_sub(leg.strike.log.raw());
            sums.add(leg, scale.size(leg.size), log_moneyness);
        }
        sums
    }

    /// Sizes together at most 2^31 times Q31: sums of at most 2^62; times quotients below 2^60 and v below 2^44: far inside an i128.
    fn add(&mut self, leg: &Leg, size: i64, log_moneyness: i64) {
        let d1 = Moneyness::of(log_moneyness, leg.total_vol).d1;
        let chance = math::norm_cdf(d1) >> 9;
        let delta = if leg.kind == OptionKind::Put { chance.wrapping_sub(1 << 31) } else { chance };
        self.delta = self.delta.wrapping_add(size.wrapping_mul(delta));
        let vol = leg.total_vol.raw().min(MAX_TOTAL_VOL.raw());
        // |d1| ≤ 40 in Q28: its square in Q56 is below 2^67 only beyond 8, where the density is nothing.
        let d1 = d1 >> 12;
        if vol < MIN_TOTAL_VOL.raw() || d1.wrapping_abs() >= 8 << 28 {
            return;
        }
        let density = math::exp_q40((d1.wrapping_mul(d1) >> 17).wrapping_neg());
        // e ≤ 2^40, shifted by 20 below 2^61; v < 2^44.
        let over = divide_q40::<20, 20>(density as u64, NonZeroU64::MIN.saturating_add((vol as u64).wrapping_sub(1)));
        let density = density >> 9;
        self.over_vol = self.over_vol.wrapping_add(mul_wide(size, over));
        let sized = size.wrapping_mul(density);
        self.density = self.density.wrapping_add(sized);
        self.times_vol = self.times_vol.wrapping_add(mul_wide(sized, vol));
    }
}

/// x · factor / 2^40 for any x. # Rounding Down, on the 62nd bit of x. # Errors [`RiskError::Overflow`] beyond 2^126.
fn scaled(x: i128, factor: i64) -> Result<i128, RiskError> {
    let high = (x >> 62) as i64;
    // Bits of x beyond the 62nd are shifted out, with one more to be safe.
    let beyond = match high {
        0 | -1 => 0,
        _ => 65u32.wrapping_sub(math::leading_zeros(high.unsigned_abs())),
    };
    if beyond == 0 {
        return Ok(mul_wide(factor, x as i64) >> 40);
    }
    let product = mul_wide(factor, (x >> beyond) as i64);
    match 40u32.checked_sub(beyond) {
        Some(0) => Ok(product),
        Some(down) => Ok(shr_wide(product, down)),
        None => {
            let up = beyond.wrapping_sub(40);
            let shifted = product.wrapping_shl(up);
            if shifted >> up == product {
                Ok(shifted)
            } else {
                Err(RiskError::Overflow)
            }
        }
    }
}
