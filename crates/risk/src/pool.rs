//! Shares of a pool of money that earns and loses.

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_wide, Rounding};
use crate::units::Value;

/// A pool is worthless once a million of its shares are worth less than an atom.
const WORTHLESS: i128 = 1_000_000;

/// Nobody pays into a pool whose thousand shares are worth less than an atom: a loss would make such stake worthless too soon.
const DEPLETED: i128 = 1_000;

/// What a pool holds, and how many shares of it there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Cash, ≥ 0.
    pub cash: Value,
    /// Shares, ≥ 0.
    pub shares: i64,
}

impl Pool {
    /// Shares for a payment into the pool: at the price of all shares, or one for each atom where there are none.
    ///
    /// # Rounding
    /// Down: who pays in never takes from those who are in.
    ///
    /// # Errors
    /// [`RiskError::OutOfDomain`] for a negative amount, for shares of no money or next to none, and for an amount of which rounding
    /// to whole shares would take more than a ten-thousandth; [`RiskError::Overflow`].
    pub fn payable_shares(&self, amount: Value) -> Result<i64, RiskError> {
        if amount.is_negative() {
            return Err(RiskError::OutOfDomain);
        }
        if self.shares == 0 {
            return Ok(amount.raw());
        }
        let cash = self.cash.raw() as i128;
        if cash <= 0 || self.shares < 0 || cash.wrapping_mul(DEPLETED) < self.shares as i128 {
            return Err(RiskError::OutOfDomain);
        }
        let shares = narrow(div_wide(mul_wide(amount.raw(), self.shares), cash, Rounding::Down)?)?;
        let worth = div_wide(mul_wide(shares, self.cash.raw()), self.shares as i128, Rounding::Down)?;
        // The worth of shares rounded down is at most the amount.
        let lost = (amount.raw() as i128).wrapping_sub(worth);
        if lost > ((amount.raw() / 10_000) as i128).wrapping_add(1) {
            return Err(RiskError::OutOfDomain);
        }
        Ok(shares)
    }

    /// A pool without shares after its first payment, and the payer's shares: one for each atom but for what the pool lacks of owning
    /// `own` atoms for good. So it never comes to a single share, which a gift could make too dear for everybody else.
    ///
    /// # Errors
    /// [`RiskError::OutOfDomain`] for a pool that has shares or owes money, and for an amount that leaves the payer no share;
    /// [`RiskError::Overflow`].
    pub fn founded(&self, amount: Value, own: Value) -> Result<(Self, i64), RiskError> {
        if self.shares != 0 || self.cash.is_negative() || amount.is_negative() {
            return Err(RiskError::OutOfDomain);
        }
        let lacking = own.sub(self.cash)?.max(Value::ZERO);
        let shares = amount.sub(lacking)?.raw();
        if shares <= 0 {
            return Err(RiskError::OutOfDomain);
        }
        let cash = self.cash.add(amount)?;
        Ok((Self { cash, shares: cash.raw() }, shares))
    }

    /// What shares are worth.
    ///
    /// # Rounding
    /// Down: who leaves takes nothing from those who stay.
    ///
    /// # Errors
    /// [`RiskError::OutOfDomain`] for more shares than there are.
    pub fn payable_amount(&self, shares: i64) -> Result<Value, RiskError> {
        if shares < 0 || shares > self.shares || self.shares <= 0 || self.cash.is_negative() {
            return Err(RiskError::OutOfDomain);
        }
        let amount = div_wide(mul_wide(shares, self.cash.raw()), self.shares as i128, Rounding::Down)?;
        Ok(Value::from_raw(narrow(amount)?))
    }

    /// Whether the shares have lost all but a millionth of what shares of a new pool are worth: nobody can pay in at such a price.
    pub fn is_worthless(&self) -> bool {
        self.shares > 0 && (self.cash.raw() as i128).wrapping_mul(WORTHLESS) < self.shares as i128
    }
}

fn narrow(number: i128) -> Result<i64, RiskError> {
    i64::try_from(number).map_err(|_| RiskError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn pool(cash: i64, shares: i64) -> Pool {
        Pool { cash: Value::from_raw(cash), shares }
    }

    #[test]
    fn shares_of_a_new_pool_are_atoms() {
        assert_eq!(pool(0, 0).payable_shares(Value::from_raw(5)), Ok(5));
        assert_eq!(pool(5, 5).payable_amount(5), Ok(Value::from_raw(5)));
    }

    #[test]
    fn a_gain_and_a_loss_are_everybodys() {
        // 100 shares of 150: a share is 1.5.
        assert_eq!(pool(150, 100).payable_shares(Value::from_raw(30)), Ok(20));
        assert_eq!(pool(150, 100).payable_amount(20), Ok(Value::from_raw(30)));
        assert_eq!(pool(50, 100).payable_amount(21), Ok(Value::from_raw(10)));
    }

    #[test]
    fn what_is_no_pool_is_refused() {
        assert_eq!(pool(0, 5).payable_shares(Value::from_raw(1)), Err(RiskError::OutOfDomain));
        assert_eq!(pool(5, 5).payable_shares(Value::from_raw(-1)), Err(RiskError::OutOfDomain));
        for shares in [-1, 6] {
            assert_eq!(pool(5, 5).payable_amount(shares), Err(RiskError::OutOfDomain));
        }
        assert_eq!(pool(5, 0).payable_amount(0), Err(RiskError::OutOfDomain));
        assert_eq!(pool(1, 1_000).payable_shares(Value::from_raw(i64::MAX)), Err(RiskError::Overflow));
    }

    #[test]
    fn a_new_pool_comes_to_own_something_itself() {
        let (own, usd) = (Value::from_usd(1), Value::from_usd);
        let vectors = [(0, 5, 4), (1, 5, 5), (7, 5, 5)];
        for (cash, amount, shares) in vectors {
            let founded = Pool { cash: usd(cash), shares: 0 }.founded(usd(amount), own);
            let total = usd(cash + amount);
            assert_eq!(founded, Ok((Pool { cash: total, shares: total.raw() }, usd(shares).raw())));
        }
        for (cash, shares, amount) in [(0, 0, 1_000_000), (-1, 0, 5_000_000), (5, 5, 5_000_000), (0, 0, -1)] {
            assert_eq!(pool(cash, shares).founded(Value::from_raw(amount), own), Err(RiskError::OutOfDomain));
        }
    }

    /// Who keeps a single share and gives the pool a million makes the next share dear, and the pool keeps his million.
    #[test]
    fn reg_a_gift_to_close_a_pool_is_lost() {
        let (founded, shares) = pool(0, 0).founded(Value::from_usd(2), Value::from_usd(1)).unwrap();
        // All but one share leave; then the gift.
        let left = pool(1_000_001, founded.shares - (shares - 1));
        let gift = Value::from_usd(1_000_000);
        let closed = Pool { cash: left.cash.add(gift).unwrap(), ..left };
        assert!(closed.payable_amount(1).unwrap().raw() <= 1_000_001);
        assert!(closed.payable_shares(Value::from_usd(10_000)).is_ok());
    }

    /// One atom bought the first share, fees made it worth 600 USD, and the next 1 000 USD would have bought one share as well.
    #[test]
    fn reg_nobody_loses_to_the_size_of_a_share() {
        let usd = Value::from_usd;
        assert_eq!(Pool { cash: usd(600), shares: 1 }.payable_shares(usd(1_000)), Err(RiskError::OutOfDomain));
        assert_eq!(Pool { cash: usd(600), shares: 1 }.payable_shares(usd(1_200)), Ok(2));
    }

    /// Shares bought a breath above worthless would have been gone with the next loss of a cent.
    #[test]
    fn reg_nobody_buys_shares_that_are_nearly_worthless() {
        let usd = Value::from_usd;
        assert_eq!(pool(10_000_000, 1_000_000_000_000).payable_shares(usd(1_000)), Err(RiskError::OutOfDomain));
        assert!(pool(1_000_000_000, 1_000_000_000_000).payable_shares(usd(1_000)).is_ok());
    }

    #[test]
    fn a_pool_is_worthless_at_a_millionth() {
        assert!(pool(0, 1).is_worthless() && pool(999, 1_000_000_000).is_worthless());
        assert!(!pool(1_000, 1_000_000_000).is_worthless() && !pool(0, 0).is_worthless());
    }

    proptest! {
        #[test]
        fn law_nobody_gains_by_coming_and_going(
            cash in 1i64..1_000_000_000_000, shares in 1i64..1_000_000_000_000, amount in 0i64..1_000_000_000_000,
        ) {
            let before = pool(cash, shares);
            let Ok(minted) = before.payable_shares(Value::from_raw(amount)) else { return Ok(()) };
            let after = pool(cash + amount, shares + minted);
            prop_assert!(after.payable_amount(minted).unwrap().raw() <= amount);
            // Nor does anybody lose who is in.
            prop_assert!(after.payable_amount(shares).unwrap() >= Value::from_raw(cash));
            prop_assert!(after.payable_amount(after.shares).unwrap().raw() == cash + amount);
        }

        #[test]
        fn law_parts_are_worth_no_more_than_the_whole(cash in 0i64..i64::MAX, shares in 1i64..i64::MAX, part in 0.0f64..=1.0) {
            let whole = pool(cash, shares);
            let some = ((shares as f64 * part) as i64).clamp(0, shares);
            let (a, b) = (whole.payable_amount(some).unwrap().raw(), whole.payable_amount(shares - some).unwrap().raw());
            prop_assert!(a + b <= cash && a + b >= cash - 1);
        }
    }
}
