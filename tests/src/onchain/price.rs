//! Prices as the program stores them.

use super::scene::NOW;
use crate::fixture::e9;
use anyhow::{anyhow, Context, Result};
use plimsoll::constants::MAX_CONFIDENCE_E9;
use plimsoll::state::PriceState;
use plimsoll_risk::math::ln_price;
use plimsoll_risk::units::{Price, ONE_E9};

/// A price in USD with the range that initial margin looks at.
pub struct PriceRange {
    pub index: f64,
    pub low: f64,
    pub high: f64,
    /// In [0, 1].
    pub confidence: f64,
}

impl PriceRange {
    /// A price without a range and without doubt.
    pub fn at(index: f64) -> Self {
        Self { index, low: index, high: index, confidence: 1.0 }
    }

    /// The state after an update at this moment; slow price and index agree.
    ///
    /// # Errors
    /// A price outside (0, 1e9] USD.
    pub fn state(&self) -> Result<PriceState> {
        let mut state: PriceState = bytemuck::Zeroable::zeroed();
        (state.index_e9, state.low_e9, state.high_e9) = (e9(self.index), e9(self.low), e9(self.high));
        let log = |price_e9| {
            let log = ln_price(Price::from_raw(price_e9));
            log.map(|log| log.raw()).map_err(|error| anyhow!("{error:?}")).context("a price has no logarithm")
        };
        state.ln_index_q40 = log(state.index_e9)?;
        state.ln_low_q40 = log(state.low_e9)?;
        state.ln_high_q40 = log(state.high_e9)?;
        state.slow_e9 = state.index_e9;
        state.confidence_e9 = interval(state.index_e9, e9(self.confidence));
        (state.publish_time, state.updated_at) = (NOW, NOW);
        (state.max_age_secs, state.max_liquidation_age_secs) = (60, 3_600);
        (state.max_divergence_e9, state.max_confidence_e9) = (ONE_E9, MAX_CONFIDENCE_E9);
        (state.source_count, state.required) = (1, 1);
        Ok(state)
    }
}

/// Half width of the interval that the program reads as this confidence, scale 1e-9 USD: doubt grows linearly to the
/// widest interval, 10 % of the price.
///
/// # Rounding
/// Down, which the program's own rounding up turns into the same confidence where 10 % of the price has nine digits.
fn interval(index_e9: i64, confidence_e9: i64) -> i64 {
    let widest = (i128::from(index_e9) * i128::from(MAX_CONFIDENCE_E9) + i128::from(ONE_E9) - 1) / i128::from(ONE_E9);
    (widest * i128::from(ONE_E9 - confidence_e9) / i128::from(ONE_E9)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_reads_the_confidence_that_was_written() {
        for index in [10.0, 33.3, 3_000.0, 95_663.506_048_55] {
            for confidence in [0.0, 0.1, 0.399_999, 0.4, 0.549_999, 0.55, 0.999_999, 1.0] {
                let state = PriceRange { confidence, ..PriceRange::at(index) }.state().unwrap();
                assert_eq!(state.confidence().unwrap().raw(), e9(confidence), "{confidence} at {index}");
            }
        }
    }
}
