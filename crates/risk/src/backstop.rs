//! What a backstop pool pays its callers, may lose, and holds.
//!
//! Losses go in this order: the account's own equity, the insurance fund, the pool.
//!
//! ```text
//! caller    part·(bonus − fee); for the whole of an account at least the bounty, which the fund tops it up to inside a budget
//! loss      of an insolvent account what the fund does not pay: max(0, −E·f − paid)
//! limit     of the whole account's debt the fund must leave no more than limit·(equity of the pool), whatever part of it is taken
//! ```

use crate::error::RiskError;
use crate::fixed::Rounding;
use crate::units::{Contracts, Exact, Price, Ratio, Value};

/// The caller's part of what the pool gains.
///
/// # Rounding
/// Down: the pool keeps the atom.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn payable_part(bonus: Value, fee: Value, part: Ratio) -> Result<Value, RiskError> {
    bonus.sub(fee)?.max(Value::ZERO).scale(part, Rounding::Down)
}

/// What the insurance fund adds to a caller's part, up to the least bounty and inside what is left of the day's budget.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn payable_bounty(part: Value, least: Value, left: Value) -> Result<Value, RiskError> {
    Ok(least.sub(part)?.min(left).max(Value::ZERO))
}

/// What of an account's debt the insurance fund cannot pay: what the pool would lose with the whole of it.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn uncovered_debt(equity: Value, fund: Value) -> Result<Value, RiskError> {
    Ok(equity.neg()?.max(Value::ZERO).sub(fund.max(Value::ZERO))?.max(Value::ZERO))
}

/// By how much a fraction of an account and what was paid for it change its taker's equity, for E ≤ 0: a loss is negative.
///
/// # Rounding
/// Down, against the taker.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn change_of_equity(equity: Value, fraction: Ratio, paid: Value) -> Result<Value, RiskError> {
    equity.scale(fraction, Rounding::Down)?.add(paid)
}

/// Whether a pool of this equity may take an account with so much debt that nobody pays.
///
/// # Rounding
/// The limit down.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn bears(pool_equity: Value, max_loss: Ratio, uncovered: Value) -> Result<bool, RiskError> {
    Ok(uncovered <= pool_equity.max(Value::ZERO).scale(max_loss, Rounding::Down)?)
}

/// Notional of a size, long or short.
///
/// # Errors
/// [`RiskError::Overflow`] for the one number without an opposite.
pub fn notional(size: Contracts, price: Price) -> Result<Exact, RiskError> {
    Ok(price.times(size.abs()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ONE_E9;
    use proptest::prelude::*;

    const fn atoms(raw: i64) -> Value {
        Value::from_raw(raw)
    }

    #[test]
    fn a_caller_has_his_part_of_what_is_left_of_a_bonus() {
        let fifth = Ratio::from_millionths(200_000);
        assert_eq!(payable_part(atoms(1_004), atoms(100), fifth), Ok(atoms(180)));
        for (bonus, fee) in [(0, 0), (-5, 0), (3, 3)] {
            assert_eq!(payable_part(atoms(bonus), atoms(fee), fifth), Ok(Value::ZERO));
        }
    }

    #[test]
    fn a_bounty_is_what_the_part_lacks_and_the_budget_has() {
        let bounty = |part, left| payable_bounty(atoms(part), atoms(100), atoms(left)).unwrap().raw();
        assert_eq!([bounty(0, 500), bounty(30, 500), bounty(100, 500), bounty(900, 500)], [100, 70, 0, 0]);
        assert_eq!([bounty(0, 40), bounty(0, 0), bounty(0, -7)], [40, 0, 0]);
    }

    #[test]
    fn the_fund_pays_before_the_pool() {
        assert_eq!(uncovered_debt(atoms(-100), atoms(60)), Ok(atoms(40)));
        assert_eq!(uncovered_debt(atoms(-100), atoms(200)), Ok(Value::ZERO));
        assert_eq!(uncovered_debt(atoms(5), atoms(0)), Ok(Value::ZERO));
        assert_eq!(change_of_equity(atoms(-101), Ratio::from_millionths(500_000), atoms(20)), Ok(atoms(-31)));
        let tenth = Ratio::from_millionths(100_000);
        assert_eq!([400, 401].map(|debt| bears(atoms(4_009), tenth, atoms(debt))), [Ok(true), Ok(false)]);
        assert_eq!([0, 1].map(|debt| bears(atoms(-4_009), tenth, atoms(debt))), [Ok(true), Ok(false)]);
    }

    #[test]
    fn notional_counts_longs_and_shorts_alike() {
        let price = Price::from_usd(1_500);
        for size in [2, -2] {
            let value = notional(Contracts::from_whole(size), price).unwrap().to_value_ceil();
            assert_eq!(value, Ok(Value::from_usd(3_000)));
        }
        assert_eq!(notional(Contracts::from_raw(i64::MIN), price), Err(RiskError::Overflow));
    }

    proptest! {
        /// Taken in parts by the same pool, an account costs it no more than the limit it had at first.
        #[test]
        fn law_parts_of_an_account_cost_no_more_than_the_limit(
            debt in 1i64..1_000_000_000_000, fund in 0i64..1_000_000_000_000, pool in 1i64..2_000_000_000_000,
            max_loss in 0i64..500_000_000, parts in prop::collection::vec(1i64..=ONE_E9, 1..20),
        ) {
            let (mut equity, mut fund, mut lost) = (atoms(-debt), atoms(fund), 0i64);
            let limit = atoms(pool).scale(Ratio::from_raw(max_loss), Rounding::Down).unwrap().raw();
            for fraction in parts.into_iter().map(Ratio::from_raw) {
                if !bears(atoms(pool - lost), Ratio::from_raw(max_loss), uncovered_debt(equity, fund).unwrap()).unwrap() {
                    continue;
                }
                let due = equity.neg().unwrap().scale(fraction, Rounding::Down).unwrap();
                let paid = due.min(fund);
                let change = change_of_equity(equity, fraction, paid).unwrap();
                lost += -change.raw();
                fund = fund.sub(paid).unwrap();
                equity = equity.scale(Ratio::ONE.sub(fraction).unwrap(), Rounding::Down).unwrap();
            }
            prop_assert!(lost <= limit + 40, "lost {} of {}", lost, limit);
        }

        #[test]
        fn law_part_and_bounty_are_no_more_than_the_larger_of_both(
            bonus in -10i64..1_000_000_000, rate in 0i64..=500_000_000, part in 0i64..=500_000_000,
            least in 0i64..100_000_000, left in 0i64..100_000_000,
        ) {
            let fee = crate::liquidation::required_fee(atoms(bonus), Ratio::from_raw(rate)).unwrap();
            let own = payable_part(atoms(bonus), fee, Ratio::from_raw(part)).unwrap();
            let bounty = payable_bounty(own, atoms(least), atoms(left)).unwrap();
            prop_assert!(own.raw() >= 0 && own.raw() + fee.raw() <= bonus.max(0));
            prop_assert!(bounty.raw() >= 0 && bounty.raw() <= left);
            prop_assert!(own.raw() + bounty.raw() <= least.max(own.raw()));
        }
    }
}
