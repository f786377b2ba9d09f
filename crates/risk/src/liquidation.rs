//! Size and price of a liquidation.
//!
//! A liquidation sells the fraction f of *everything* in the account for (E − R)·d·f, where E is equity, R the cash
//! earlier takers have paid in during this auction (it is not sold again) and 1 − d the discount. After it
//!
//! ```text
//! E'  = E·(1 − f) + (E − R)·d·f   and the requirement E − MM shrinks by the factor 1 − f,
//! ```
//!
//! so the buffered balance BM = MM + (MM − E)·buffer, linear in f, reaches 0 at the largest lawful fraction
//!
//! ```text
//! fmax = BM / (BM − E·d − R·(1 − d)).
//! ```

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_div, mul_wide, Rounding};
use crate::margin::MarginReport;
use crate::params::LiquidationParams;
use crate::units::{Contracts, Ratio, Value, ONE_E9};

/// What an account owns and owes at the moment of its liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Equity E.
    pub equity: Value,
    /// Maintenance margin balance MM, below zero.
    pub maintenance: Value,
    /// Cash R paid in by earlier takers of this auction.
    pub paid_in: Value,
}

/// Largest fraction a single liquidation may take.
///
/// # Units
/// Scale 1e-9; 1 when equity is under the dust limit, 0 when the account is not liquidatable.
///
/// # Rounding
/// Down: the account never ends above the buffer by more than the rounding of its lots.
///
/// # Errors
/// [`RiskError::Overflow`] beyond ±9.2e12 USD.
///
/// # Example
/// ```
/// use plimsoll_risk::{liquidation::{max_fraction, Breach}, params::LiquidationParams, units::{Ratio, Value}};
/// let breach = Breach { equity: Value::from_usd(300), maintenance: Value::from_usd(-100), paid_in: Value::ZERO };
/// let terms = LiquidationParams { discount: Ratio::from_millionths(900_000), ..LiquidationParams::DEFAULT };
/// // BM = −100 − 400·0.1 = −140; 140 / (140 + 300·0.9) = 0.341463414…
/// assert_eq!(max_fraction(&breach, &terms)?.raw(), 341_463_414);
/// # Ok::<(), plimsoll_risk::RiskError>(())
/// ```
pub fn max_fraction(breach: &Breach, terms: &LiquidationParams) -> Result<Ratio, RiskError> {
    if !breach.maintenance.is_negative() {
        return Ok(Ratio::ZERO);
    }
    if breach.equity < terms.dust {
        return Ok(Ratio::ONE);
    }
    let requirement = breach.equity.sub(breach.maintenance)?;
    // Everything below in atoms × 1e9, so that no rounding happens before the division.
    // |each term| ≤ 2^63 · 1e9 < 2^93: the sums of three fit an i128.
    let buffered =
        mul_wide(breach.maintenance.raw(), ONE_E9).wrapping_sub(mul_wide(requirement.raw(), terms.buffer.raw()));
    let proceeds = mul_wide(breach.equity.raw(), terms.discount.raw());
    let kept = mul_wide(breach.paid_in.raw(), Ratio::ONE.sub(terms.discount)?.raw());
    let denominator = buffered.wrapping_sub(proceeds).wrapping_sub(kept);
    if denominator >= 0 {
        // Selling does not lift the account: only a takeover of the whole ends the breach.
        return Ok(Ratio::ONE);
    }
    // Both negative, |buffered| < 2^95: times 1e9 stays below 2^125.
    let scaled = buffered.checked_mul(ONE_E9 as i128).ok_or(RiskError::Overflow)?;
    let fraction = div_wide(scaled, denominator, Rounding::Down)?;
    Ok(if fraction >= ONE_E9 as i128 { Ratio::ONE } else { Ratio::from_raw(fraction as i64) })
}

/// What the taker of the fraction pays for it: (E − R)·d·f, nothing when that is not positive.
///
/// # Rounding
/// Up, so that no slice is free while the account has equity.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn required_payment(breach: &Breach, discount: Ratio, fraction: Ratio) -> Result<Value, RiskError> {
    let for_sale = breach.equity.sub(breach.paid_in)?;
    if for_sale.raw() <= 0 {
        return Ok(Value::ZERO);
    }
    let share = mul_wide(discount.raw(), fraction.raw());
    // discount, fraction ≤ 1e9, so share ≤ 1e18 fits an i64, and the product with an i64 fits an i128.
    let payment =
        div_wide(mul_wide(for_sale.raw(), share as i64), (ONE_E9 as i128).wrapping_mul(ONE_E9 as i128), Rounding::Up)?;
    // payment ≤ for_sale.
    Ok(Value::from_raw(payment as i64))
}

/// Equity and maintenance margin balance after a slice: E' = E·(1 − f) + payment, MMR' = MMR·(1 − f), MM' = E' − MMR'.
///
/// A margin is homogeneous: what is left of an account in equal parts needs that part of its requirement (charges that grow
/// faster than the book shrink faster). So MM' ≥ MM·(1 − f) + payment ≥ MM, and no second valuation has to show it.
///
/// # Rounding
/// Equity down, requirement up. Lots of what is left may move either by a millionth of a contract each.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn after_slice(before: &MarginReport, fraction: Ratio, payment: Value) -> Result<(Value, Value), RiskError> {
    let kept = Ratio::ONE.sub(fraction)?;
    let equity = before.equity.scale(kept, Rounding::Down)?.add(payment)?;
    let requirement = before.maintenance_requirement()?.scale(kept, Rounding::Up)?;
    Ok((equity, equity.sub(requirement)?))
}

/// Least equity an account short of initial margin may be left with by a trade of its own.
///
/// Such an account may only trade to raise its IM. Closing releases requirement, and released requirement raises IM even
/// when the account pays far more than the position is worth: without a bound on what it pays, its owner could hand the
/// whole deficit to a friend. A trade may therefore cost no more than a liquidation of the same risk would, and never
/// turn a solvent account into a bankrupt one:
///
/// E' ≥ E − (1 − d)·max(0, MMR − MMR') and E' ≥ min(E, 0).
///
/// # Rounding
/// The cost down, in the account's favour.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn least_equity_after_trade(
    before: &MarginReport,
    after: &MarginReport,
    discount: Ratio,
) -> Result<Value, RiskError> {
    let released = before.maintenance_requirement()?.sub(after.maintenance_requirement()?)?.max(Value::ZERO);
    let cost = released.scale(Ratio::ONE.sub(discount)?, Rounding::Down)?;
    Ok(before.equity.sub(cost)?.max(before.equity.min(Value::ZERO)))
}

/// The part of a position that goes with a fraction of the account.
///
/// # Rounding
/// Towards −∞: the taker gets at most the exact part of a long and at least the exact part of a short,
/// so the slice is never worth more than the exact one. At 1 the whole position, exactly.
///
/// # Errors
/// None for a fraction in [0, 1].
pub fn slice_of_position(size: Contracts, fraction: Ratio) -> Result<Contracts, RiskError> {
    Ok(Contracts::from_raw(mul_div(size.raw(), fraction.raw(), ONE_E9, Rounding::Down)?))
}

/// The part of a cash or collateral balance that goes with a fraction of the account. # Rounding Towards −∞, as above.
///
/// # Errors
/// None for a fraction in [0, 1].
pub fn slice_of_balance(balance: i64, fraction: Ratio) -> Result<i64, RiskError> {
    mul_div(balance, fraction.raw(), ONE_E9, Rounding::Down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn breach(equity: i64, maintenance: i64, paid_in: i64) -> Breach {
        Breach {
            equity: Value::from_raw(equity),
            maintenance: Value::from_raw(maintenance),
            paid_in: Value::from_raw(paid_in),
        }
    }

    #[test]
    fn vec_001_design_liquidation_size() {
        let account = breach(300_000_000, -100_000_000, 0);
        let at =
            |discount| LiquidationParams { discount: Ratio::from_millionths(discount), ..LiquidationParams::DEFAULT };
        assert_eq!(max_fraction(&account, &at(1_000_000)).unwrap().raw(), 318_181_818);
        let fraction = max_fraction(&account, &at(900_000)).unwrap();
        assert_eq!(fraction.raw(), 341_463_414);
        assert_eq!(required_payment(&account, at(900_000).discount, fraction).unwrap().raw(), 92_195_122);
    }

    #[test]
    fn dust_and_bankrupt_accounts_are_taken_whole() {
        let terms = LiquidationParams::DEFAULT;
        assert_eq!(max_fraction(&breach(9_999_999, -1, 0), &terms), Ok(Ratio::ONE));
        assert_eq!(max_fraction(&breach(-5_000_000, -9_000_000, 0), &terms), Ok(Ratio::ONE));
        assert_eq!(required_payment(&breach(-5_000_000, -9_000_000, 0), terms.discount, Ratio::ONE), Ok(Value::ZERO));
    }

    #[test]
    fn a_restricted_account_pays_no_more_for_a_trade_than_for_a_liquidation() {
        let report = |equity, maintenance| MarginReport {
            equity: Value::from_usd(equity),
            maintenance: Value::from_usd(maintenance),
            ..MarginReport::default()
        };
        let least = |before, after| least_equity_after_trade(&before, &after, Ratio::from_millionths(980_000)).unwrap();
        // 1000 of requirement released: 20 may be lost.
        assert_eq!(least(report(1_000, -500), report(900, 400)), Value::from_usd(980));
        // Nothing released, nothing lost.
        assert_eq!(least(report(1_000, 500), report(900, 300)), Value::from_usd(1_000));
        // Never into bankruptcy, and the bankrupt lose nothing more.
        assert_eq!(least(report(10, -990), report(0, 0)), Value::ZERO);
        assert_eq!(least(report(-10, -990), report(-20, -20)), Value::from_usd(-10));
    }

    #[test]
    fn what_is_left_after_a_slice_needs_its_part() {
        let before = MarginReport {
            equity: Value::from_usd(300),
            maintenance: Value::from_usd(-100),
            ..MarginReport::default()
        };
        let after =
            |millionths, payment| after_slice(&before, Ratio::from_millionths(millionths), Value::from_usd(payment));
        assert_eq!(after(250_000, 60), Ok((Value::from_usd(285), Value::from_usd(-15))));
        assert_eq!(after(1_000_000, 240), Ok((Value::from_usd(240), Value::from_usd(240))));
        assert_eq!(after(0, 0), Ok((Value::from_usd(300), Value::from_usd(-100))));
    }

    #[test]
    fn a_healthy_account_has_nothing_to_take() {
        assert_eq!(max_fraction(&breach(100_000_000, 0, 0), &LiquidationParams::DEFAULT), Ok(Ratio::ZERO));
    }

    #[test]
    fn the_smallest_slice_of_a_solvent_account_is_not_free() {
        let account = breach(100_000_000, -1_000_000, 0);
        assert_eq!(
            required_payment(&account, LiquidationParams::DEFAULT.discount, Ratio::from_raw(1)),
            Ok(Value::from_raw(1))
        );
    }

    proptest! {
        /// After a slice of fmax the buffered balance is at most 0 plus rounding and at least −(rounding).
        #[test]
        fn law_a_full_slice_ends_at_the_buffer(
            equity in 11_000_000i64..1_000_000_000_000_000,
            short_by in 1i64..1_000_000_000_000_000,
            discount in 500_000i32..=1_000_000,
            buffer in 0i32..=1_000_000,
        ) {
            let account = breach(equity, -short_by, 0);
            let terms = LiquidationParams {
                discount: Ratio::from_millionths(discount), buffer: Ratio::from_millionths(buffer), ..LiquidationParams::DEFAULT
            };
            let fraction = max_fraction(&account, &terms).unwrap();
            prop_assert!(fraction.raw() > 0 || short_by < equity / 500_000_000 + 2);
            let paid = required_payment(&account, terms.discount, fraction).unwrap().raw() as i128;
            let one = ONE_E9 as i128;
            let kept = one - fraction.raw() as i128;
            let requirement = (equity + short_by) as i128 * kept / one;
            let equity_after = equity as i128 * kept / one + paid;
            let target = requirement + requirement * buffer as i128 / 1_000_000;
            let slack = (equity as i128 + short_by as i128) * 4 / one + 4;
            prop_assert!(equity_after <= target + slack, "overshoots: {} > {}", equity_after, target);
            if fraction < Ratio::ONE {
                prop_assert!(equity_after >= target - slack, "falls short: {} < {}", equity_after, target);
            }
        }

        /// The taker's gain is at most the discount on what was for sale.
        #[test]
        fn law_gain_is_bounded_by_the_discount(
            equity in 1i64..1_000_000_000_000_000, discount in 500_000_000i64..=1_000_000_000, fraction in 1i64..=1_000_000_000,
        ) {
            let account = breach(equity, -1, 0);
            let paid = required_payment(&account, Ratio::from_raw(discount), Ratio::from_raw(fraction)).unwrap().raw() as i128;
            let worth = equity as i128 * fraction as i128;
            let bound = worth * (1_000_000_000 - discount) as i128 / ONE_E9 as i128;
            prop_assert!(worth - paid * ONE_E9 as i128 <= bound + 1);
        }

        #[test]
        fn law_slices_never_favour_the_taker(size in -1_000_000_000_000_000i64..1_000_000_000_000_000, fraction in 0i64..=1_000_000_000) {
            let part = slice_of_position(Contracts::from_raw(size), Ratio::from_raw(fraction)).unwrap().raw() as i128;
            let exact = size as i128 * fraction as i128;
            prop_assert!(part * ONE_E9 as i128 <= exact && (part + 1) * ONE_E9 as i128 > exact);
            prop_assert_eq!(slice_of_position(Contracts::from_raw(size), Ratio::ONE).unwrap().raw(), size);
        }
    }
}
