//! Payoff at expiry, and the time-weighted average it is paid on.

use crate::error::RiskError;
use crate::fixed::{div_wide, Rounding};
use crate::pricing::black76::{intrinsic, OptionKind};
use crate::units::{Contracts, Exact, Price, Seconds, Value};

/// Length of the averaging window before expiry.
pub const SETTLEMENT_WINDOW: Seconds = Seconds::from_raw(30 * 60);

/// What a position receives (+) or pays (−) at expiry: size × intrinsic value at the settlement price. Exact.
pub fn payoff(kind: OptionKind, strike: Price, settlement: Price, size: Contracts) -> Exact {
    intrinsic(kind, settlement, strike).times(size)
}

/// The payoff in atoms. # Rounding Towards −∞: a long gets at most, a short pays at least the exact payoff.
///
/// # Errors
/// [`RiskError::Overflow`] beyond ±9.2e12 USD.
pub fn payable_payoff(kind: OptionKind, strike: Price, settlement: Price, size: Contracts) -> Result<Value, RiskError> {
    payoff(kind, strike, settlement, size).to_value_floor()
}

/// Time-weighted price observations inside the window of one expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Twap {
    /// Σ price × seconds, scale 1e-9 USD · s.
    pub weighted: i128,
    /// Σ seconds observed, at most [`SETTLEMENT_WINDOW`].
    pub covered: Seconds,
}

impl Twap {
    /// Adds the time `(from, to]` at one price, as far as it lies inside the window that ends at `expiry`.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for times beyond the i64 range.
    pub fn observe(&mut self, price: Price, from: i64, to: i64, expiry: i64) -> Result<(), RiskError> {
        let start = expiry.checked_sub(SETTLEMENT_WINDOW.raw()).ok_or(RiskError::Overflow)?;
        let (from, to) = (from.max(start), to.min(expiry));
        if to <= from {
            return Ok(());
        }
        // Inside the window: 0 < to − from ≤ 1800, price ≤ 2^63, so the sum over all observations stays below 2^75.
        let seconds = to.wrapping_sub(from);
        self.weighted = self.weighted.wrapping_add((price.raw() as i128).wrapping_mul(seconds as i128));
        self.covered = Seconds::from_raw(self.covered.raw().wrapping_add(seconds));
        Ok(())
    }

    /// The average, or `None` before the first observation. # Rounding Down, on the last 1e-9 USD.
    ///
    /// # Errors
    /// None: the average of i64 prices is an i64.
    pub fn average(&self) -> Result<Option<Price>, RiskError> {
        if self.covered.raw() <= 0 {
            return Ok(None);
        }
        let average = div_wide(self.weighted, self.covered.raw() as i128, Rounding::Down)?;
        Ok(Some(Price::from_raw(average as i64)))
    }

    /// Forward of the average that settles the expiry: the part already observed is fixed, only the rest moves with
    /// the forward, so gamma runs down to zero inside the window.
    ///
    /// # Rounding
    /// Down, on the last 1e-9 USD.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for times beyond the i64 range.
    pub fn settlement_forward(&self, forward: Price, now: i64, expiry: i64) -> Result<Price, RiskError> {
        let window = SETTLEMENT_WINDOW.raw();
        let left = expiry.checked_sub(now).ok_or(RiskError::Overflow)?.clamp(0, window);
        if left == window || self.covered.raw() <= 0 {
            return Ok(forward);
        }
        // covered > 0 and left ≥ 0: the divisor is positive; products below 2^75 as above.
        let sum = self.weighted.wrapping_add((forward.raw() as i128).wrapping_mul(left as i128));
        let average = div_wide(sum, (self.covered.raw() as i128).wrapping_add(left as i128), Rounding::Down)?;
        Ok(Price::from_raw(average as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: i64 = 1_700_000_000;

    #[test]
    fn payoff_is_conserved_between_long_and_short_up_to_one_atom_in_the_protocols_favour() {
        let strike = Price::from_usd(100);
        let settlement = Price::from_raw(123_456_789_123);
        let size = Contracts::from_raw(1_234_567);
        let long = payable_payoff(OptionKind::Call, strike, settlement, size).unwrap().raw();
        let short = payable_payoff(OptionKind::Call, strike, settlement, size.neg().unwrap()).unwrap().raw();
        assert_eq!(long, 28_958_977); // 23.456789123 × 1.234567 = 28.95897777…
        assert!(long + short <= 0 && long + short >= -1);
    }

    #[test]
    fn average_counts_only_time_inside_the_window() {
        let mut twap = Twap::default();
        twap.observe(Price::from_usd(50), EXPIRY - 10_000, EXPIRY - 1_800, EXPIRY).unwrap();
        assert_eq!(twap.average(), Ok(None));
        twap.observe(Price::from_usd(100), EXPIRY - 5_000, EXPIRY - 900, EXPIRY).unwrap();
        twap.observe(Price::from_usd(200), EXPIRY - 900, EXPIRY + 500, EXPIRY).unwrap();
        assert_eq!(twap.covered.raw(), 1_800);
        assert_eq!(twap.average(), Ok(Some(Price::from_usd(150))));
    }

    #[test]
    fn forward_loses_its_variable_part_as_the_window_runs_out() {
        let mut twap = Twap::default();
        twap.observe(Price::from_usd(100), EXPIRY - 1_800, EXPIRY - 900, EXPIRY).unwrap();
        let at = |now| twap.settlement_forward(Price::from_usd(200), now, EXPIRY).unwrap();
        assert_eq!(at(EXPIRY - 1_800), Price::from_usd(200));
        assert_eq!(at(EXPIRY - 900), Price::from_usd(150));
        assert_eq!(at(EXPIRY), Price::from_usd(100));
    }
}
