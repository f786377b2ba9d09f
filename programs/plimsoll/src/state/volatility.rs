//! Volatility of an underlying beside its surfaces: what was measured, and what is forecast.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::mul_shift;
use plimsoll_risk::units::{Log, Ratio, Seconds, Skew, Variance, Q};
use plimsoll_risk::volatility::{Averaging, RealisedVariance};

use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{PriceState, VolatilityParamsRaw};

/// Volatility measured from the index itself: an exponential average over time of squared log returns.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct RealisedVol {
    /// Variance per year, Q40; 0 before the first return.
    pub variance_q40: i64,
    /// Part of the average's whole weight that has been measured, in [0, 1], Q40.
    pub weight_q40: i64,
    /// ln of the index at the last sample, Q40.
    pub last_ln_q40: i64,
    /// When that index was published, unix seconds; 0 before the first sample.
    pub last_at: i64,
    /// Returns measured so far.
    pub samples: i64,
}

/// How much more than its surfaces say an underlying may move, for a limited time.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct Forecast {
    /// At least 1, scale 1e-9; 0 before the first.
    pub factor_e9: i64,
    /// When it ends by itself, unix seconds.
    pub expires_at: i64,
    /// When it was last set, unix seconds; 0 before the first.
    pub set_at: i64,
}

const _: () = assert!(core::mem::size_of::<RealisedVol>() == 40 && core::mem::size_of::<Forecast>() == 24);

impl RealisedVol {
    /// Adds the return of a price since the last sample and gives it with the time it took; the first sample only
    /// remembers the price, and gives nothing.
    ///
    /// Time is counted between publications, not between samples: who samples an old price late gains nothing.
    ///
    /// # Errors
    /// [`PlimsollError::SampleTooEarly`] before a sampling interval has passed.
    pub fn sample(&mut self, price: &PriceState, params: &VolatilityParamsRaw) -> Result<Option<(Log, Seconds)>> {
        let mut seen = None;
        if self.last_at > 0 {
            let elapsed = price.publish_time.saturating_sub(self.last_at);
            require!(elapsed >= params.sample_secs, PlimsollError::SampleTooEarly);
            let log_return = Log::from_raw(price.ln_index_q40.saturating_sub(self.last_ln_q40));
            let elapsed = Seconds::from_raw(elapsed);
            let average = self.average().after(log_return, elapsed, &averaging(params)).or_error()?;
            (self.variance_q40, self.weight_q40) = (average.variance.raw(), average.weight.raw());
            self.samples = self.samples.saturating_add(1);
            seen = Some((log_return, elapsed));
        }
        (self.last_ln_q40, self.last_at) = (price.ln_index_q40, price.publish_time);
        Ok(seen)
    }

    /// The average as the risk maths knows it.
    pub fn average(&self) -> RealisedVariance {
        RealisedVariance { variance: Variance::from_raw(self.variance_q40), weight: Skew::from_raw(self.weight_q40) }
    }
}

/// A market that stood still counts as one at the least volatility a surface may show.
fn averaging(params: &VolatilityParamsRaw) -> Averaging {
    // The least volatility is at most 5 in Q40: its square fits.
    let floor = Variance::from_raw(mul_shift::<Q>(params.min_vol_q40, params.min_vol_q40));
    Averaging { half_life: Seconds::from_raw(params.half_life_secs), floor }
}

impl Forecast {
    /// The factor in force, at least 1.
    pub fn factor_at(&self, now: i64) -> Ratio {
        if now >= self.expires_at {
            return Ratio::ONE;
        }
        Ratio::from_raw(self.factor_e9).max(Ratio::ONE)
    }

    /// Sets another factor for a while.
    ///
    /// # Errors
    /// [`PlimsollError::ForecastOutOfBounds`] for a factor outside [1, largest] or a lifetime outside [1, longest];
    /// [`PlimsollError::ForecastTooFast`] when it is too soon or too far from the factor in force.
    pub fn set(&mut self, factor_e9: i64, lifetime_secs: i64, params: &VolatilityParamsRaw, now: i64) -> Result<()> {
        let is_bounded = (Ratio::ONE.raw()..=params.max_forecast_e9).contains(&factor_e9)
            && (1..=params.max_forecast_secs).contains(&lifetime_secs);
        require!(is_bounded, PlimsollError::ForecastOutOfBounds);
        let is_due = self.set_at == 0 || now.saturating_sub(self.set_at) >= params.forecast_interval_secs;
        let step = factor_e9.saturating_sub(self.factor_at(now).raw()).saturating_abs();
        require!(is_due && step <= params.max_forecast_step_e9, PlimsollError::ForecastTooFast);
        *self = Self { factor_e9, expires_at: now.saturating_add(lifetime_secs), set_at: now };
        Ok(())
    }
}
