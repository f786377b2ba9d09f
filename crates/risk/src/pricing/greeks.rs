//! Sensitivities of one option, all at a constant forward unless said otherwise.

use super::black76::{
    divide_q40, mul_q40, total_vol, ForwardCurve, Moneyness, OptionKind, Strike, MAX_TOTAL_VOL, MIN_TOTAL_VOL,
};
use super::price_at;
use crate::error::RiskError;
use crate::fixed::{self, Rounding};
use crate::math;
use crate::units::{Price, Ratio, Seconds, Vol, ONE_E9, ONE_Q, SECONDS_PER_YEAR};
use core::num::NonZeroU64;

/// Sensitivities of one long option.
///
/// # Units
/// | field | meaning | scale |
/// |---|---|---|
/// | delta | ∂V/∂F | 2^-40 |
/// | gamma | F·∂²V/∂F², the change of delta when the forward moves by 100 % | 2^-40 |
/// | vega | ∂V/∂σ, USD per 1.00 of volatility | 1e-9 USD |
/// | theta | change of V in one day of 1/365 year, forward and rate constant | 1e-9 USD |
/// | rho | ∂V/∂r at a constant forward, USD per 1.00 of rate | 1e-9 USD |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Greeks {
    /// D·N(d1) for a call, −D·N(−d1) for a put, Q40.
    pub delta: i64,
    /// D·n(d1)/v, Q40: gamma times the forward.
    pub gamma: i64,
    /// D·F·n(d1)·√τ.
    pub vega: Price,
    /// (r·V − D·F·n(d1)·σ/(2√τ))/365.
    pub theta: Price,
    /// −τ·V.
    pub rho: Price,
}

impl Greeks {
    /// All Greeks of one long option.
    ///
    /// # Domain
    /// As [`super::price`]; with σ·√τ below [`MIN_TOTAL_VOL`] the option counts as expired: delta is that of its payoff, and
    /// gamma and vega are zero.
    ///
    /// # Errors
    /// [`RiskError::TenorOutOfRange`] when tau is negative; [`RiskError::Overflow`] when theta or rho leaves ±4.6e9 USD.
    ///
    /// # Error bound
    /// Delta 1e-8 absolute; gamma and vega 1e-7, theta 2e-7 and rho 5e-7 of their largest value over all strikes, for
    /// forwards from 1 000 USD, F/K in [0.1, 10], σ in [0.05, 5] and τ from 60 s to two years. For lower forwards one unit
    /// of 1e-9 USD comes on top.
    ///
    /// # Source
    /// F. Black (1976), differentiated; E. Haug, "The Complete Guide to Option Pricing Formulas" (2007), chapter 2.
    pub fn of(
        kind: OptionKind,
        curve: &ForwardCurve,
        strike: Strike,
        vol: Vol,
        sqrt_years: i64,
        tau: Seconds,
        rate: Ratio,
    ) -> Result<Self, RiskError> {
        if tau.is_negative() {
            return Err(RiskError::TenorOutOfRange);
        }
        let total = total_vol(vol, sqrt_years);
        // Logarithms are within ±21·2^40.
        let moneyness = Moneyness::of(curve.log_forward.raw().wrapping_sub(strike.log.raw()), total);
        let value = price_at(kind, curve, strike.price, moneyness);
        let discount = curve.discount.raw();
        let n1 = math::norm_cdf(moneyness.d1);
        let delta = match kind {
            OptionKind::Call => mul_q40(discount, n1),
            OptionKind::Put => mul_q40(discount, ONE_Q.wrapping_sub(n1)).wrapping_neg(),
        };
        let carry = Price::from_raw(mul_div_nearest(value.raw(), rate.raw(), 365 * ONE_E9)?);
        let rho = Price::from_raw(mul_div_nearest(value.raw(), tau.raw(), SECONDS_PER_YEAR)?).neg()?;
        if total.raw() < MIN_TOTAL_VOL.raw() {
            return Ok(Self { delta, gamma: 0, vega: Price::ZERO, theta: carry, rho });
        }
        let density = mul_q40(discount, math::norm_pdf(moneyness.d1));
        let forward_density = mul_q40(curve.forward.raw(), density);
        let decay = decay_per_day(forward_density, vol, sqrt_years)?;
        Ok(Self {
            delta,
            gamma: density_over_vol(density, total.raw()),
            vega: Price::from_raw(mul_q40(forward_density, sqrt_years)),
            theta: carry.sub(decay)?,
            rho,
        })
    }

    /// Change of delta when the forward moves by one USD, Q40.
    ///
    /// # Errors
    /// [`RiskError::DivisionByZero`] for no forward; [`RiskError::Overflow`] beyond 2^23 per USD.
    pub fn gamma_per_usd(&self, forward: Price) -> Result<i64, RiskError> {
        fixed::mul_div(self.gamma, ONE_E9, forward.raw(), Rounding::Down)
    }

    /// F²·∂²V/∂F²: half of it, times the square of a relative move, is the convex part of the gain.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] beyond 9.2e9 USD.
    pub fn cash_gamma(&self, forward: Price) -> Result<Price, RiskError> {
        Ok(Price::from_raw(fixed::mul_div(self.gamma, forward.raw(), ONE_Q, Rounding::Down)?))
    }
}

/// `a · b / divisor` to nearest, for b below 2^62.
///
/// # Errors
/// [`RiskError::Overflow`] when the quotient is beyond ±2^62.
fn mul_div_nearest(a: i64, b: i64, divisor: i64) -> Result<i64, RiskError> {
    let twice_b = b.checked_mul(2).ok_or(RiskError::Overflow)?;
    let twice = fixed::mul_div(a, twice_b, divisor, Rounding::Down)?;
    Ok(twice.checked_add(1).ok_or(RiskError::Overflow)? >> 1)
}

/// D·n(d1)/v for v of at least [`MIN_TOTAL_VOL`], below 8·0.4·2^20.
fn density_over_vol(density: i64, total_vol: i64) -> i64 {
    // Discount ≤ 8: density < 2^41.7, and shifted by 20 below 2^62. v < 2^44: shifted by 20 it is at most 2^64.
    let v = total_vol.min(MAX_TOTAL_VOL.raw()) as u64;
    divide_q40::<20, 20>(density as u64, NonZeroU64::new(v).unwrap_or(NonZeroU64::MAX))
}

/// D·F·n(d1)·σ/(2√τ)/365.
fn decay_per_day(forward_density: i64, vol: Vol, sqrt_years: i64) -> Result<Price, RiskError> {
    // 2·365·√τ < 2^53.
    let yearly = sqrt_years.wrapping_mul(730);
    let vol_per_day = fixed::mul_div(vol.raw(), ONE_Q, yearly, Rounding::Down)?;
    Ok(Price::from_raw(mul_div_nearest(forward_density, vol_per_day, ONE_Q)?))
}
