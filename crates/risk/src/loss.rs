//! Losses that everybody shares: an index that falls, and what it makes of a balance.
//!
//! Every positive balance of cash is worth `balance · index now / index when it was last brought up to date`. A loss L over a base B of
//! cash lowers the index by the factor 1 − L/B, so each balance bears its part whoever moves first, and no account is written but those
//! that move.

use crate::error::RiskError;
use crate::fixed::{mul_div, Rounding};
use crate::units::Value;

/// What is left of a unit of cash after all shared losses, scale 1e-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CashIndex(i64);

impl CashIndex {
    /// Nothing was ever lost.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// A billionth: below it balances would be rounded too coarsely. Thirty losses of half of all cash.
    const LEAST: Self = Self(1_000_000_000);

    /// Wraps a raw number.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// The raw number, scale 1e-18.
    pub const fn raw(self) -> i64 {
        self.0
    }

    /// The index after a loss is shared over a base of cash.
    ///
    /// # Rounding
    /// Down: the base pays at least the loss.
    ///
    /// # Errors
    /// [`RiskError::OutOfDomain`] for a loss that is not positive or above half the base, and for an index that would fall under a
    /// billionth.
    pub fn after(self, loss: Value, base: Value) -> Result<Self, RiskError> {
        let half = base.raw() >> 1;
        if loss.raw() <= 0 || loss.raw() > half {
            return Err(RiskError::OutOfDomain);
        }
        let fall = mul_div(self.0, loss.raw(), base.raw(), Rounding::Up)?;
        // At most half the index, rounded up.
        let index = Self(self.0.wrapping_sub(fall));
        if index < Self::LEAST {
            return Err(RiskError::OutOfDomain);
        }
        Ok(index)
    }

    /// What a balance of cash that was up to date at `seen` is worth at this index. Debts are what they are.
    ///
    /// # Rounding
    /// Down: what rounding leaves goes to the loss.
    ///
    /// # Errors
    /// [`RiskError::DivisionByZero`] for an index of 0.
    #[inline(always)]
    pub fn worth(self, cash: Value, seen: Self) -> Result<Value, RiskError> {
        if self.0 == seen.0 || cash.raw() <= 0 {
            return Ok(cash);
        }
        Ok(Value::from_raw(mul_div(cash.raw(), self.0, seen.0, Rounding::Down)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tenth_lost_is_a_tenth_of_every_balance() {
        let index = CashIndex::ONE.after(Value::from_usd(10), Value::from_usd(100)).unwrap();
        assert_eq!(index.raw(), 900_000_000_000_000_000);
        let worth = |cash| index.worth(Value::from_usd(cash), CashIndex::ONE).unwrap();
        assert_eq!([100, 0, -100].map(worth), [90, 0, -100].map(Value::from_usd));
        // Who comes later has not lost it, and bears a part of the next.
        assert_eq!(index.worth(Value::from_usd(100), index), Ok(Value::from_usd(100)));
        let next = index.after(Value::from_usd(1), Value::from_usd(2)).unwrap();
        assert_eq!(next.worth(Value::from_usd(100), CashIndex::ONE), Ok(Value::from_usd(45)));
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        let after = |loss, base| CashIndex::ONE.after(Value::from_raw(loss), Value::from_raw(base));
        for (loss, base) in [(0, 10), (-1, 10), (6, 10), (1, 1), (1, 0), (1, -10), (i64::MAX, i64::MAX)] {
            assert_eq!(after(loss, base), Err(RiskError::OutOfDomain), "{loss} of {base}");
        }
        assert!(after(5, 10).is_ok());
        let low = CashIndex::from_raw(1_900_000_000);
        assert_eq!(low.after(Value::from_raw(5), Value::from_raw(10)), Err(RiskError::OutOfDomain));
    }

    proptest! {
        #[test]
        fn law_all_balances_pay_the_loss_and_no_more_than_an_atom_each_above_it(
            balances in prop::collection::vec(1i64..1_000_000_000_000, 1..20), part in 0.0f64..0.5,
        ) {
            let base: i64 = balances.iter().sum();
            let loss = ((base as f64 * part) as i64).max(1);
            prop_assume!(loss <= base / 2);
            let index = CashIndex::ONE.after(Value::from_raw(loss), Value::from_raw(base)).unwrap();
            let paid: i64 = balances.iter().map(|cash| cash - index.worth(Value::from_raw(*cash), CashIndex::ONE).unwrap().raw()).sum();
            let slack = balances.len() as i64 + base / 1_000_000_000_000_000_000 + 1;
            prop_assert!(paid >= loss && paid <= loss + slack, "{paid} for {loss}");
        }

        #[test]
        fn law_two_losses_are_borne_the_same_by_who_was_written_between_and_who_was_not(
            cash in 0i64..1_000_000_000_000, first in 0.0f64..0.49, second in 0.0f64..0.49,
        ) {
            let base = 1_000_000_000_000i64;
            let share = |part: f64| Value::from_raw(((base as f64 * part) as i64).max(1));
            let once = CashIndex::ONE.after(share(first), Value::from_raw(base)).unwrap();
            let twice = once.after(share(second), Value::from_raw(base)).unwrap();
            let cash = Value::from_raw(cash);
            let late = twice.worth(cash, CashIndex::ONE).unwrap().raw();
            let early = twice.worth(once.worth(cash, CashIndex::ONE).unwrap(), once).unwrap().raw();
            prop_assert!((late - early).abs() <= 1 && late <= cash.raw());
        }
    }
}
