//! Sensitivities of a book, in USD, so that they add up over strikes, expiries and underlyings.

use super::book::ExpiryBook;
use super::tenor::q40;
use crate::error::RiskError;
use crate::fixed::{mul_shift, mul_wide, Rounding};
use crate::margin::cross::Leg;
use crate::math;
use crate::pricing::black76::{divide_q40, mul_q40, Moneyness, OptionKind, MAX_TOTAL_VOL, MIN_TOTAL_VOL};
use crate::units::{Exact, Price, ONE_Q};
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

/// Σ over legs of size (1e-6) times a function of d1 (Q40).
#[derive(Clone, Copy, Default)]
struct Sums {
    /// N(d1), less 1 for a put.
    delta: i128,
    /// n(d1).
    density: i128,
    /// n(d1)/v.
    over_vol: i128,
    /// n(d1)·v.
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
    /// Down, ≤ 1e-9 of the largest value over all strikes.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for sizes and prices at the end of their ranges together.
    ///
    /// # Source
    /// F. Black (1976), differentiated.
    pub fn of_expiry(expiry: &ExpiryBook, legs: &[Leg], mark: Exact) -> Result<Self, RiskError> {
        let sums = Sums::of(expiry, legs);
        let forward = mul_q40(expiry.curve.forward.raw(), expiry.curve.discount.raw());
        let moving = Price::from_raw(expiry.curve.forward.raw().wrapping_sub(expiry.fixed.raw()));
        let discounted = mul_q40(moving.raw(), expiry.curve.discount.raw());
        // Inside the settlement window the forward moves by less than spot does; squared for gamma.
        let convex = match expiry.fixed.is_zero() {
            true => discounted,
            false => crate::fixed::mul_div(discounted, moving.raw(), expiry.curve.forward.raw(), Rounding::Down)?,
        };
        // n·σ/(2√τ)/365 = n·v/(2τ)/365, and τ·365 is the time left in days: a half day over the seconds left.
        let left = NonZeroU64::MIN.saturating_add((expiry.left.raw().max(1) as u64).wrapping_sub(1));
        let decay = scaled(scaled(sums.times_vol, forward)?, (HALF_DAY_Q40 / left) as i64)?;
        // Rates at most 1 and times at most two years: both factors are below 2^42.
        let carry = scaled(mark.raw(), (q40(expiry.rate) as u64 / DAYS) as i64)?;
        let years = mul_shift::<40>(expiry.sqrt_years, expiry.sqrt_years);
        Ok(Self {
            delta: Exact::from_raw(scaled(sums.delta, discounted)?),
            gamma: Exact::from_raw(scaled(sums.over_vol, convex)?),
            vega: Exact::from_raw(scaled(sums.density, mul_q40(forward, expiry.sqrt_years))?),
            theta: Exact::from_raw(carry).sub(Exact::from_raw(decay))?,
            rho: Exact::from_raw(scaled(mark.raw(), years)?).neg()?,
        })
    }
}

impl Sums {
    fn of(expiry: &ExpiryBook, legs: &[Leg]) -> Self {
        let mut sums = Self::default();
        for leg in legs {
            sums.add(leg, expiry.curve.log_forward.raw().wrapping_sub(leg.strike.log.raw()));
        }
        sums
    }

    /// Sizes below 2^50 and functions below 2^59: 64 products fit an i128.
    fn add(&mut self, leg: &Leg, log_moneyness: i64) {
        let d1 = Moneyness::of(log_moneyness, leg.total_vol).d1;
        let chance = math::norm_cdf(d1);
        let delta = if leg.kind == OptionKind::Put { chance.wrapping_sub(ONE_Q) } else { chance };
        let size = leg.size.raw();
        self.delta = self.delta.wrapping_add(mul_wide(size, delta));
        let vol = leg.total_vol.raw().min(MAX_TOTAL_VOL.raw());
        if vol < MIN_TOTAL_VOL.raw() {
            return;
        }
        let density = math::norm_pdf(d1);
        if density == 0 {
            return;
        }
        // Density ≤ 0.4·2^40, shifted by 20 below 2^59; v < 2^44.
        let over = divide_q40::<20, 20>(density as u64, NonZeroU64::MIN.saturating_add((vol as u64).wrapping_sub(1)));
        self.density = self.density.wrapping_add(mul_wide(size, density));
        self.over_vol = self.over_vol.wrapping_add(mul_wide(size, over));
        self.times_vol = self.times_vol.wrapping_add(mul_wide(size, mul_q40(density, vol)));
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
    let product = mul_wide(factor, (x >> beyond) as i64);
    match 40u32.checked_sub(beyond) {
        Some(down) => Ok(product >> down),
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
