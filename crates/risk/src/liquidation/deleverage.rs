//! Auto-deleveraging: whose position is closed against an account that nobody can pay for, and at what price.
//!
//! ```text
//! claims   Σ marks of the insolvent account's shorts: what others are owed by it
//! price    each claim is paid the part (E + claims) / claims that everything else in the account covers: its bankruptcy price. It is
//!          the same for all, and stays the same whatever is closed first
//! rank     profit × leverage = max(0, 1 − entry / mark) · min(notional / E, 1000) of the holder
//! ```

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_div, mul_wide, Rounding};
use crate::units::{Price, Ratio, Value, ONE_E9};

/// Leverage above this ranks no higher.
const MAX_LEVERAGE: Ratio = Ratio::from_raw(1_000 * ONE_E9);

/// A counterparty may be chosen while it ranks at most a tenth under the first.
const BOUND: Ratio = Ratio::from_millionths(900_000);

/// What the holder of a claim on an insolvent account is paid: the part of it that the account can pay of all its claims.
///
/// # Rounding
/// Down: what the account has is enough for all.
///
/// # Errors
/// [`RiskError::OutOfDomain`] without claims, [`RiskError::Overflow`].
pub fn payable_claim(claim: Value, equity: Value, claims: Value) -> Result<Value, RiskError> {
    if claims.raw() <= 0 || claim.is_negative() {
        return Err(RiskError::OutOfDomain);
    }
    let covered = equity.add(claims)?.max(Value::ZERO).min(claims);
    // At most the claim.
    Ok(Value::from_raw(div_wide(mul_wide(claim.raw(), covered.raw()), claims.raw() as i128, Rounding::Down)? as i64))
}

/// What the insurance fund pays of a loss: the part of it that it could pay of all that is owed, so that nobody gains by being first.
///
/// # Rounding
/// Down.
///
/// # Errors
/// [`RiskError::OutOfDomain`] for a negative loss or fund.
pub fn payable_by_fund(loss: Value, fund: Value, owed: Value) -> Result<Value, RiskError> {
    if loss.is_negative() || fund.is_negative() {
        return Err(RiskError::OutOfDomain);
    }
    if fund >= owed {
        return Ok(loss);
    }
    // 0 ≤ fund < owed.
    Ok(Value::from_raw(mul_div(loss.raw(), fund.raw(), owed.raw(), Rounding::Down)?))
}

/// Rank of the holder of a long position: the part of it that is profit, times the leverage of its account. Both are bounded, and a
/// holder without profit ranks last with 0.
///
/// # Units
/// `notional` is index × size, `equity` that of the whole account.
///
/// # Rounding
/// Down.
///
/// # Errors
/// [`RiskError::OutOfDomain`] for an account without equity, [`RiskError::Overflow`].
///
/// # Source
/// `docs/risk-model.md`, "Liquidation".
pub fn deleverage_score(entry: Price, mark: Price, notional: Value, equity: Value) -> Result<Ratio, RiskError> {
    if equity.raw() <= 0 || notional.is_negative() {
        return Err(RiskError::OutOfDomain);
    }
    let profit = mark.sub(entry)?.max(Price::ZERO);
    if profit.is_zero() {
        return Ok(Ratio::ZERO);
    }
    // 0 < profit ≤ mark: a part of 1.
    let part = mul_div(profit.raw(), ONE_E9, mark.raw(), Rounding::Down)?;
    let leverage = div_wide(mul_wide(notional.raw(), ONE_E9), equity.raw() as i128, Rounding::Down)?;
    let leverage = leverage.min(MAX_LEVERAGE.raw() as i128) as i64;
    Ok(Ratio::from_raw(mul_div(part, leverage, ONE_E9, Rounding::Down)?))
}

/// Whether a counterparty with this score may be chosen where `first` is the highest that is known: one near enough to it may, so that
/// prices moving since the ranking do not stop anything.
///
/// # Errors
/// None for scores in [0, 1000].
pub fn is_first_enough(score: Ratio, first: Ratio) -> Result<bool, RiskError> {
    Ok(score.raw() >= mul_div(first.raw(), BOUND.raw(), ONE_E9, Rounding::Down)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn claims_are_paid_the_part_that_is_there() {
        let paid = |claim, equity, claims| {
            payable_claim(Value::from_usd(claim), Value::from_usd(equity), Value::from_usd(claims)).unwrap()
        };
        // 1 000 owed, 750 there.
        assert_eq!(paid(100, -250, 1_000), Value::from_usd(75));
        assert_eq!(paid(1_000, -250, 1_000), Value::from_usd(750));
        // Nothing there; everything there.
        assert_eq!(
            [paid(100, -1_000, 1_000), paid(100, -5_000, 1_000), paid(100, 5, 1_000)],
            [0, 0, 100].map(Value::from_usd)
        );
        assert_eq!(payable_claim(Value::ZERO, Value::ZERO, Value::ZERO), Err(RiskError::OutOfDomain));
        let negative = payable_claim(Value::from_raw(-1), Value::ZERO, Value::from_usd(1));
        assert_eq!(negative, Err(RiskError::OutOfDomain));
    }

    #[test]
    fn profit_and_leverage_rank() {
        let usd = Value::from_usd;
        let score = |entry, mark, notional, equity| {
            deleverage_score(Price::from_usd(entry), Price::from_usd(mark), usd(notional), usd(equity)).unwrap().raw()
        };
        // Three quarters of it profit, twice levered.
        assert_eq!(score(25, 100, 2_000, 1_000), 1_500_000_000);
        assert!(score(25, 100, 2_000, 1_000) > score(50, 100, 2_000, 1_000));
        assert!(score(25, 100, 2_000, 1_000) > score(25, 100, 2_000, 4_000));
        assert_eq!([score(100, 100, 5, 1), score(200, 100, 5, 1), score(0, 0, 5, 1)], [0; 3]);
        assert_eq!(score(0, 100, 2_000_000_000, 1), 1_000 * ONE_E9);
        for equity in [0, -1] {
            let none = deleverage_score(Price::ZERO, Price::from_usd(1), usd(1), usd(equity));
            assert_eq!(none, Err(RiskError::OutOfDomain));
        }
    }

    #[test]
    fn the_fund_pays_the_same_part_of_every_loss() {
        let usd = Value::from_usd;
        let paid = |loss, fund, owed| payable_by_fund(usd(loss), usd(fund), usd(owed)).unwrap();
        assert_eq!(paid(10, 50, 100), usd(5));
        // Of what is left it is the same part.
        assert_eq!(paid(90, 45, 90), usd(45));
        assert_eq!([paid(10, 100, 100), paid(10, 5, 0), paid(10, 0, 100)], [10, 10, 0].map(usd));
        assert_eq!(payable_by_fund(usd(-1), usd(1), usd(1)), Err(RiskError::OutOfDomain));
    }

    #[test]
    fn a_tenth_under_the_first_is_near_enough() {
        let is_chosen = |score, first| is_first_enough(Ratio::from_raw(score), Ratio::from_raw(first)).unwrap();
        assert!(is_chosen(900, 1_000) && is_chosen(0, 0) && is_chosen(2_000, 1_000));
        assert!(!is_chosen(899, 1_000) && !is_chosen(0, 2));
    }

    proptest! {
        #[test]
        fn law_the_bankruptcy_price_does_not_depend_on_the_order(
            claims in 2i64..1_000_000_000_000, part in 0.0f64..1.0, short_by in 0.0f64..1.5,
        ) {
            let equity = -((claims as f64 * short_by) as i64);
            let first = ((claims as f64 * part) as i64).clamp(1, claims - 1);
            let (all, value) = (Value::from_raw(claims), Value::from_raw);
            let paid_first = payable_claim(value(first), value(equity), all).unwrap().raw();
            // What was paid less than the claim is the account's gain.
            let (equity_then, claims_then) = (equity + first - paid_first, claims - first);
            let rest = payable_claim(value(claims_then), value(equity_then), value(claims_then)).unwrap().raw();
            let at_once = payable_claim(value(claims_then), value(equity), all).unwrap().raw();
            prop_assert!((rest - at_once).abs() <= 2, "{rest} or {at_once}");
            // Never more than there is.
            prop_assert!(paid_first + rest <= (claims + equity).max(0));
        }

        #[test]
        fn law_a_score_is_bounded_and_rises_with_the_mark(
            entry in 0i64..1_000_000_000_000, mark in 1i64..1_000_000_000_000, more in 0i64..1_000_000_000,
            notional in 0i64..1_000_000_000_000_000, equity in 1i64..1_000_000_000_000_000,
        ) {
            let score = |mark| deleverage_score(Price::from_raw(entry), Price::from_raw(mark), Value::from_raw(notional), Value::from_raw(equity)).unwrap();
            prop_assert!(score(mark) <= score(mark + more));
            prop_assert!(!score(mark).is_negative() && score(mark) <= MAX_LEVERAGE);
        }
    }
}
