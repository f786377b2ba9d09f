//! Parameters of liquidations.

use super::require_within;
use crate::error::RiskError;
use crate::units::{Ratio, Seconds, Value};

/// Parameters of a liquidation.
///
/// # Source
/// `docs/risk-model.md`, "Liquidation".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationParams {
    /// Price of a slice when its auction starts, as a part of what is for sale; the bonus is what is missing to 1.
    pub discount: Ratio,
    /// The same at the end of the fast leg.
    pub fast_discount: Ratio,
    /// Length of the fast leg.
    pub fast: Seconds,
    /// Length of the slow leg, at whose end a slice costs nothing.
    pub slow: Seconds,
    /// Most of the time between two sightings of a breach that counts for the auction.
    pub max_gap: Seconds,
    /// Length of the auction of an insolvent account.
    pub insolvent: Seconds,
    /// How far above MM = 0 a partial liquidation lifts the account, as a fraction of its maintenance requirement.
    pub buffer: Ratio,
    /// An account with less equity than this is taken over whole, in atoms.
    pub dust: Value,
    /// Part of a taker's bonus that goes to the insurance fund.
    pub fee: Ratio,
    /// Health factor under which an account is warned.
    pub warning: Ratio,
    /// Time to meet a margin call.
    pub call: Seconds,
}

impl LiquidationParams {
    /// The documented defaults: a bonus of 2 % that grows to 20 % in ten minutes and to everything in two hours more, 10 % buffer,
    /// 10 USD of dust.
    pub const DEFAULT: Self = Self {
        discount: Ratio::from_millionths(980_000),
        fast_discount: Ratio::from_millionths(800_000),
        fast: Seconds::from_raw(600),
        slow: Seconds::from_raw(7_200),
        max_gap: Seconds::from_raw(60),
        insolvent: Seconds::from_raw(900),
        buffer: Ratio::from_millionths(100_000),
        dust: Value::from_usd(10),
        fee: Ratio::from_millionths(100_000),
        warning: Ratio::from_millionths(1_250_000),
        call: Seconds::from_raw(86_400),
    };

    /// Accepts the set or names the first parameter outside its limits.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`] with the parameter's name.
    pub const fn validate(&self) -> Result<(), RiskError> {
        const TEN: Ratio = Ratio::from_millionths(10_000_000);
        const DAY: i64 = 86_400;
        let ratios = [
            ("liquidation_discount", self.discount, Ratio::from_millionths(500_000), Ratio::ONE),
            ("liquidation_fast_discount", self.fast_discount, Ratio::ZERO, self.discount),
            ("liquidation_buffer", self.buffer, Ratio::ZERO, Ratio::ONE),
            ("liquidation_fee", self.fee, Ratio::ZERO, Ratio::from_millionths(500_000)),
            ("liquidation_warning", self.warning, Ratio::ONE, TEN),
        ];
        if let Err(error) = require_within(&ratios) {
            return Err(error);
        }
        let lengths = [
            ("liquidation_fast", self.fast, 60, DAY),
            ("liquidation_slow", self.slow, 60, 30 * DAY),
            ("liquidation_max_gap", self.max_gap, 1, 3_600),
            ("liquidation_insolvent", self.insolvent, 60, DAY),
            ("liquidation_call", self.call, 0, 30 * DAY),
        ];
        let mut rest: &[(&str, Seconds, i64, i64)] = &lengths;
        while let [(name, value, low, high), tail @ ..] = rest {
            if value.raw() < *low || value.raw() > *high {
                return Err(RiskError::ParameterOutOfRange(name));
            }
            rest = tail;
        }
        if self.dust.is_negative() || self.dust.raw() > Value::from_usd(1_000).raw() {
            return Err(RiskError::ParameterOutOfRange("liquidation_dust"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_inside_their_limits() {
        assert_eq!(LiquidationParams::DEFAULT.validate(), Ok(()));
    }

    #[test]
    fn each_parameter_outside_its_limits_is_named() {
        type Change = fn(&mut LiquidationParams, bool);
        let cases: [(&str, Change); 11] = [
            ("discount", |p, high| p.discount = Ratio::from_raw(if high { 1_000_000_001 } else { 499_999_999 })),
            ("fast_discount", |p, high| p.fast_discount = Ratio::from_raw(if high { 980_000_001 } else { -1 })),
            ("buffer", |p, high| p.buffer = Ratio::from_raw(if high { 1_000_000_001 } else { -1 })),
            ("fee", |p, high| p.fee = Ratio::from_raw(if high { 500_000_001 } else { -1 })),
            ("warning", |p, high| p.warning = Ratio::from_raw(if high { 10_000_000_001 } else { 999_999_999 })),
            ("fast", |p, high| p.fast = Seconds::from_raw(if high { 86_401 } else { 59 })),
            ("slow", |p, high| p.slow = Seconds::from_raw(if high { 2_592_001 } else { 59 })),
            ("max_gap", |p, high| p.max_gap = Seconds::from_raw(if high { 3_601 } else { 0 })),
            ("insolvent", |p, high| p.insolvent = Seconds::from_raw(if high { 86_401 } else { 59 })),
            ("call", |p, high| p.call = Seconds::from_raw(if high { 2_592_001 } else { -1 })),
            ("dust", |p, high| p.dust = Value::from_raw(if high { 1_000_000_001 } else { -1 })),
        ];
        for (name, change) in cases {
            for is_high in [false, true] {
                let mut params = LiquidationParams::DEFAULT;
                change(&mut params, is_high);
                let Err(RiskError::ParameterOutOfRange(named)) = params.validate() else { panic!("{name} passes") };
                assert_eq!(named.strip_prefix("liquidation_"), Some(name));
            }
        }
    }
}
