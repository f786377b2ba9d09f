//! Parameters of the backstop pool.

use super::require_within;
use crate::error::RiskError;
use crate::units::{Ratio, Seconds, Value};

/// Parameters of a backstop pool, its table of underlyings apart.
///
/// # Source
/// `docs/risk-model.md`, "Backstop".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackstopParams {
    /// How long shares wait before they may leave.
    pub cooldown: Seconds,
    /// Clock of an auction from which on the pool takes part.
    pub opens: Seconds,
    /// Part of the pool's gain, the bonus after the fee, that is the caller's.
    pub caller_part: Ratio,
    /// Least a caller is paid for the whole of an account, in atoms.
    pub min_bounty: Value,
    /// Most that the insurance fund adds to callers' parts in a day, in atoms.
    pub bounty_budget: Value,
    /// Largest notional of the pool's book, Σ|q|·S, in atoms.
    pub max_notional: Value,
    /// Largest part of its equity that the pool may lose with one insolvent account.
    pub max_loss: Ratio,
}

impl BackstopParams {
    /// The documented defaults: a week, from the end of the fast leg on, a fifth for the caller, at least 1 USD out of 100 USD a day,
    /// a million of notional, a tenth of its equity for one account.
    pub const DEFAULT: Self = Self {
        cooldown: Seconds::from_raw(604_800),
        opens: Seconds::from_raw(600),
        caller_part: Ratio::from_millionths(200_000),
        min_bounty: Value::from_usd(1),
        bounty_budget: Value::from_usd(100),
        max_notional: Value::from_usd(1_000_000),
        max_loss: Ratio::from_millionths(100_000),
    };

    /// Largest notional that can be set: 1e12 USD.
    pub const MAX_NOTIONAL: Value = Value::from_raw(1_000_000_000_000_000_000);

    /// Accepts the set or names the first parameter outside its limits.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`] with the parameter's name.
    pub const fn validate(&self) -> Result<(), RiskError> {
        const DAY: i64 = 86_400;
        const HALF: Ratio = Ratio::from_millionths(500_000);
        let ratios = [
            ("backstop_caller_part", self.caller_part, Ratio::ZERO, HALF),
            ("backstop_max_loss", self.max_loss, Ratio::ZERO, HALF),
        ];
        if let Err(error) = require_within(&ratios) {
            return Err(error);
        }
        let numbers = [
            // Who comes for a gain in sight stays for what comes after it.
            ("backstop_cooldown", self.cooldown.raw(), DAY, 90 * DAY),
            ("backstop_opens", self.opens.raw(), 0, DAY),
            ("backstop_min_bounty", self.min_bounty.raw(), 0, Value::from_usd(100).raw()),
            ("backstop_bounty_budget", self.bounty_budget.raw(), 0, Value::from_usd(10_000).raw()),
            ("backstop_max_notional", self.max_notional.raw(), 0, Self::MAX_NOTIONAL.raw()),
        ];
        let mut rest: &[(&str, i64, i64, i64)] = &numbers;
        while let [(name, value, low, high), tail @ ..] = rest {
            if *value < *low || *value > *high {
                return Err(RiskError::ParameterOutOfRange(name));
            }
            rest = tail;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_inside_their_limits() {
        assert_eq!(BackstopParams::DEFAULT.validate(), Ok(()));
    }

    #[test]
    fn each_backstop_parameter_outside_its_limits_is_named() {
        type Change = fn(&mut BackstopParams, bool);
        let cases: [(&str, Change); 7] = [
            ("cooldown", |p, high| p.cooldown = Seconds::from_raw(if high { 7_776_001 } else { 86_399 })),
            ("opens", |p, high| p.opens = Seconds::from_raw(if high { 86_401 } else { -1 })),
            ("caller_part", |p, high| p.caller_part = Ratio::from_raw(if high { 500_000_001 } else { -1 })),
            ("max_loss", |p, high| p.max_loss = Ratio::from_raw(if high { 500_000_001 } else { -1 })),
            ("min_bounty", |p, high| p.min_bounty = Value::from_raw(if high { 100_000_001 } else { -1 })),
            ("bounty_budget", |p, high| p.bounty_budget = Value::from_raw(if high { 10_000_000_001 } else { -1 })),
            ("max_notional", |p, high| {
                p.max_notional = Value::from_raw(if high { BackstopParams::MAX_NOTIONAL.raw() + 1 } else { -1 })
            }),
        ];
        for (name, change) in cases {
            for is_high in [false, true] {
                let mut params = BackstopParams::DEFAULT;
                change(&mut params, is_high);
                let Err(RiskError::ParameterOutOfRange(named)) = params.validate() else { panic!("{name} passes") };
                assert_eq!(named.strip_prefix("backstop_"), Some(name));
            }
        }
    }
}
