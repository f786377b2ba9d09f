//! Size and price of a liquidation.
//!
//! A liquidation sells the fraction f of *everything* in the account but R for (E − R)·d·f, where E is equity, R the cash
//! earlier takers have paid in during this auction (it is not sold again) and 1 − d the discount. After it
//!
//! ```text
//! E'  = R + (E − R)·(1 − f) + (E − R)·d·f   and the requirement E − MM shrinks by the factor 1 − f,
//! ```
//!
//! so the buffered balance BM = MM + (MM − E)·buffer, linear in f, reaches 0 at the largest lawful fraction
//!
//! ```text
//! fmax = BM / (BM − E·d − R·(1 − d)).
//! ```

mod auction;
mod collateral;
mod deleverage;
mod hedge;
mod trade;

pub use auction::{payable_support, AuctionClock};
pub use collateral::max_collateral_part;
pub use deleverage::{deleverage_score, is_first_enough, payable_by_fund, payable_claim};
pub use hedge::{is_hedge_strike, strike_step, Hedge};
pub use trade::least_equity_after_trade;

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_div, mul_wide, Rounding};
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

impl Breach {
    /// What of R is kept out of the sale: no more than there is equity, for what an account owes comes out of everything it has.
    pub fn kept(&self) -> Value {
        self.paid_in.min(self.equity.max(Value::ZERO))
    }

    /// What a slice is a part of, E − R. Not positive for an insolvent account.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn for_sale(&self) -> Result<Value, RiskError> {
        self.equity.sub(self.kept())
    }
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
/// // BM = −100 − 400·0.1 = −140; 140 / (140 + 300·0.9) = 0.341463414…
/// let fraction = max_fraction(&breach, Ratio::from_millionths(900_000), &LiquidationParams::DEFAULT)?;
/// assert_eq!(fraction.raw(), 341_463_414);
/// # Ok::<(), plimsoll_risk::RiskError>(())
/// ```
#[inline(always)]
pub fn max_fraction(breach: &Breach, discount: Ratio, terms: &LiquidationParams) -> Result<Ratio, RiskError> {
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
    let proceeds = mul_wide(breach.equity.raw(), discount.raw());
    let kept = mul_wide(breach.kept().raw(), Ratio::ONE.sub(discount)?.raw());
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
#[inline(always)]
pub fn required_payment(breach: &Breach, discount: Ratio, fraction: Ratio) -> Result<Value, RiskError> {
    let for_sale = breach.for_sale()?;
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

/// What the taker of a slice pays to the insurance fund, out of the bonus: a slice without one costs no fee, and the account never
/// pays any.
///
/// # Rounding
/// Up, to no more than the bonus.
///
/// # Errors
/// None for a fee in [0, 1].
pub fn required_fee(bonus: Value, fee: Ratio) -> Result<Value, RiskError> {
    bonus.max(Value::ZERO).scale(fee, Rounding::Up)
}

/// Equity and maintenance margin balance after a slice: E' = R + (E − R)·(1 − f) + payment, MMR' = MMR·(1 − f), MM' = E' − MMR'.
///
/// A margin is homogeneous: what is left of an account in equal parts needs that part of its requirement (charges that grow
/// faster than the book shrink faster). So MM' ≥ R + (MM − R)·(1 − f) + payment ≥ MM, and no second valuation has to show it.
///
/// # Rounding
/// Equity down, requirement up. Lots of what is left may move either by a millionth of a contract each.
///
/// # Errors
/// [`RiskError::Overflow`].
#[inline(always)]
pub fn after_slice(breach: &Breach, fraction: Ratio, payment: Value) -> Result<(Value, Value), RiskError> {
    let left = Ratio::ONE.sub(fraction)?;
    let equity = breach.for_sale()?.scale(left, Rounding::Down)?.add(breach.kept())?.add(payment)?;
    let requirement = breach.equity.sub(breach.maintenance)?.scale(left, Rounding::Up)?;
    Ok((equity, equity.sub(requirement)?))
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
            |discount| max_fraction(&account, Ratio::from_millionths(discount), &LiquidationParams::DEFAULT).unwrap();
        assert_eq!(at(1_000_000).raw(), 318_181_818);
        assert_eq!(at(900_000).raw(), 341_463_414);
        let payment = required_payment(&account, Ratio::from_millionths(900_000), at(900_000));
        assert_eq!(payment.unwrap().raw(), 92_195_122);
    }

    #[test]
    fn dust_and_bankrupt_accounts_are_taken_whole() {
        let terms = LiquidationParams::DEFAULT;
        assert_eq!(max_fraction(&breach(9_999_999, -1, 0), terms.discount, &terms), Ok(Ratio::ONE));
        assert_eq!(max_fraction(&breach(-5_000_000, -9_000_000, 0), terms.discount, &terms), Ok(Ratio::ONE));
        assert_eq!(required_payment(&breach(-5_000_000, -9_000_000, 0), terms.discount, Ratio::ONE), Ok(Value::ZERO));
    }

    #[test]
    fn what_is_left_after_a_slice_needs_its_part() {
        let usd = Value::from_usd;
        let after = |paid_in, millionths, payment| {
            let breach = Breach { equity: usd(300), maintenance: usd(-100), paid_in: usd(paid_in) };
            after_slice(&breach, Ratio::from_millionths(millionths), usd(payment))
        };
        assert_eq!(after(0, 250_000, 60), Ok((usd(285), usd(-15))));
        assert_eq!(after(0, 1_000_000, 240), Ok((usd(240), usd(240))));
        assert_eq!(after(0, 0, 0), Ok((usd(300), usd(-100))));
        // Of 300 the takers before paid 100: a quarter of 200 goes.
        assert_eq!(after(100, 250_000, 40), Ok((usd(290), usd(-10))));
    }

    #[test]
    fn money_of_earlier_takers_is_not_sold_again_but_pays_what_the_account_owes() {
        let all =
            |equity, paid_in| required_payment(&breach(equity, -1, paid_in), Ratio::ONE, Ratio::ONE).unwrap().raw();
        assert_eq!(all(100, 40), 60);
        // Nothing is for sale; what is left of R covers the rest.
        assert_eq!((all(30, 40), breach(30, -1, 40).kept().raw()), (0, 30));
        assert_eq!((all(-10, 40), breach(-10, -1, 40).kept().raw()), (0, 0));
        assert_eq!(breach(-10, -1, 40).for_sale(), Ok(Value::from_raw(-10)));
    }

    #[test]
    fn the_fee_is_a_part_of_a_bonus_that_there_is() {
        let fee = |bonus, millionths| required_fee(Value::from_raw(bonus), Ratio::from_millionths(millionths)).unwrap();
        assert_eq!([fee(1_000, 100_000), fee(1, 1), fee(0, 500_000), fee(-5, 500_000)].map(Value::raw), [100, 1, 0, 0]);
        assert_eq!(fee(i64::MAX, 1_000_000).raw(), i64::MAX);
    }

    #[test]
    fn a_healthy_account_has_nothing_to_take() {
        let terms = LiquidationParams::DEFAULT;
        assert_eq!(max_fraction(&breach(100_000_000, 0, 0), terms.discount, &terms), Ok(Ratio::ZERO));
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
            paid_in_part in 0i64..=1_000_000,
            discount in 0i32..=1_000_000,
            buffer in 0i32..=1_000_000,
        ) {
            let paid_in = (equity as i128 * paid_in_part as i128 / 1_000_000) as i64;
            let account = breach(equity, -short_by, paid_in);
            let discount = Ratio::from_millionths(discount);
            let terms = LiquidationParams { buffer: Ratio::from_millionths(buffer), ..LiquidationParams::DEFAULT };
            let fraction = max_fraction(&account, discount, &terms).unwrap();
            prop_assert!(fraction.raw() > 0 || short_by < equity / 500_000_000 + 2);
            let payment = required_payment(&account, discount, fraction).unwrap();
            let (equity_after, maintenance_after) = after_slice(&account, fraction, payment).unwrap();
            let (equity_after, requirement) = (equity_after.raw() as i128, equity_after.sub(maintenance_after).unwrap().raw() as i128);
            let target = requirement + requirement * buffer as i128 / 1_000_000;
            let slack = (equity as i128 + short_by as i128) * 4 / ONE_E9 as i128 + 4;
            // A taker of everything leaves what he pays, and what others have paid.
            prop_assert!(fraction == Ratio::ONE || equity_after <= target + slack, "overshoots: {} > {}", equity_after, target);
            if fraction < Ratio::ONE {
                prop_assert!(equity_after >= target - slack, "falls short: {} < {}", equity_after, target);
            }
        }

        /// The account loses at most the discount on what it sells, and its maintenance balance never falls.
        #[test]
        fn law_a_slice_costs_at_most_its_discount_and_never_lowers_the_balance(
            equity in 1i64..1_000_000_000_000_000, short_by in 1i64..1_000_000_000_000_000, paid_in_part in 0i64..=1_000_000,
            discount in 0i64..=1_000_000_000, part in 1i64..=1_000_000_000,
        ) {
            let paid_in = (equity as i128 * paid_in_part as i128 / 1_000_000) as i64;
            let (account, discount) = (breach(equity, -short_by, paid_in), Ratio::from_raw(discount));
            let fraction = max_fraction(&account, discount, &LiquidationParams::DEFAULT).unwrap().min(Ratio::from_raw(part));
            let payment = required_payment(&account, discount, fraction).unwrap();
            let (after, maintenance_after) = after_slice(&account, fraction, payment).unwrap();
            let lost = (equity - after.raw()) as i128 * ONE_E9 as i128;
            let bound = equity as i128 * (ONE_E9 - discount.raw()) as i128 / ONE_E9 as i128 * fraction.raw() as i128;
            prop_assert!(lost <= bound + 3 * ONE_E9 as i128, "{lost} > {bound}");
            prop_assert!(maintenance_after.raw() + 3 >= -short_by);
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
