//! How much of a collateral is sold to repair an account's negative cash.
//!
//! A sale swaps x of a collateral's whole value V for x·V·d of cash. With V' what of V counts for MM,
//!
//! ```text
//! E' = E − x·V·(1 − d)      MM' = MM + x·(V·d − V')
//! ```
//!
//! so MM rises as long as d is above 1 less the haircut V − V', and HF does not fall as long as (1 − d)·V·MMR ≤ E·(V − V'): then a
//! solvent account stays solvent. It ends where cash is no longer negative, or at the buffer: where
//! BM' = BM + x·((V·d − V')·(1 + buffer) + V·(1 − d)·buffer) is 0.

use super::Breach;
use crate::error::RiskError;
use crate::fixed::{div_wide, mul_wide, Rounding};
use crate::margin::CollateralValue;
use crate::params::LiquidationParams;
use crate::units::{Ratio, Value, ONE_E9};

/// Largest part of a collateral balance that may be sold to repair negative cash; zero where a sale does not help.
///
/// # Units
/// Scale 1e-9.
///
/// # Rounding
/// Up: the sale ends at its target, or an atom of the collateral beyond.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn max_collateral_part(
    breach: &Breach,
    cash: Value,
    held: &CollateralValue,
    discount: Ratio,
    terms: &LiquidationParams,
) -> Result<Ratio, RiskError> {
    // Everything in atoms × 1e9: below 2^93 each, sums of a few fit an i128.
    let scaled = |value: Value| mul_wide(value.raw(), ONE_E9);
    let proceeds = mul_wide(held.full.raw(), discount.raw());
    let gain = proceeds.wrapping_sub(scaled(held.maintenance));
    if !cash.is_negative() || !breach.maintenance.is_negative() || gain <= 0 || proceeds <= 0 {
        return Ok(Ratio::ZERO);
    }
    let to_cash = part(scaled(cash.neg()?), proceeds)?;
    let requirement = breach.equity.sub(breach.maintenance)?;
    // In atoms, the loss rounded up: both products stay below 2^126.
    let lost = held.full.scale(Ratio::ONE.sub(discount)?, Rounding::Up)?;
    let released = held.full.sub(held.maintenance)?;
    if mul_wide(lost.raw(), requirement.raw()) > mul_wide(breach.equity.raw(), released.raw()) {
        return Ok(Ratio::ZERO);
    }
    let buffer = terms.buffer.raw() as i128;
    let short = scaled(breach.maintenance.neg()?).wrapping_add(mul_wide(requirement.raw(), terms.buffer.raw()));
    let lost = scaled(held.full).wrapping_sub(proceeds);
    // Products with the buffer, at most 1e9, divided again: below 2^123.
    let of_buffer = gain.wrapping_add(lost).checked_mul(buffer).ok_or(RiskError::Overflow)?;
    let lift = gain.wrapping_add(div_wide(of_buffer, ONE_E9 as i128, Rounding::Down)?);
    Ok(to_cash.min(part(short, lift)?))
}

/// a/b as a ratio, at most 1; both are positive, b not zero. # Rounding Up.
fn part(a: i128, b: i128) -> Result<Ratio, RiskError> {
    if a >= b {
        return Ok(Ratio::ONE);
    }
    let scaled = a.checked_mul(ONE_E9 as i128).ok_or(RiskError::Overflow)?;
    // a < b, so that the quotient is at most 1e9.
    Ok(Ratio::from_raw(div_wide(scaled, b, Rounding::Up)? as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const D: Ratio = Ratio::from_millionths(980_000);

    fn held(full: i64, haircut: f64) -> CollateralValue {
        let counted = |part: f64| Value::from_raw((full as f64 * part) as i64);
        CollateralValue { full: Value::from_raw(full), initial: counted(0.5), maintenance: counted(1.0 - haircut) }
    }

    fn breach(equity: i64, maintenance: i64) -> Breach {
        Breach { equity: Value::from_raw(equity), maintenance: Value::from_raw(maintenance), paid_in: Value::ZERO }
    }

    #[test]
    fn a_sale_ends_where_cash_is_repaired_or_at_the_buffer() {
        let terms = LiquidationParams::DEFAULT;
        let most = |cash, equity, maintenance| {
            let cash = Value::from_usd(cash);
            let breach = Breach {
                equity: Value::from_usd(equity),
                maintenance: Value::from_usd(maintenance),
                paid_in: Value::ZERO,
            };
            max_collateral_part(&breach, cash, &held(1_000_000_000, 0.1), D, &terms).unwrap().raw()
        };
        // 98 of cash from a tenth of 1 000.
        assert_eq!(most(-98, 500, -400), 100_000_000);
        // MM −10, buffer 0.1 of 310: 41 to go at 80·1.1 + 20·0.1 = 90 for all of it.
        assert_eq!(most(-980, 300, -10), 455_555_556);
        assert_eq!([most(0, 500, -400), most(5, 500, -400), most(-98, 500, 0)], [0; 3]);
    }

    /// A collateral of 100 000 against a debt of 99 000: selling it at 98 % would have left the account with less than nothing.
    #[test]
    fn reg_a_sale_never_makes_an_account_insolvent() {
        let breach = breach(1_000_000_000, -9_000_000_000);
        let held = held(100_000_000_000, 0.1);
        let cash = Value::from_raw(-99_000_000_000);
        assert_eq!(max_collateral_part(&breach, cash, &held, D, &LiquidationParams::DEFAULT), Ok(Ratio::ZERO));
    }

    #[test]
    fn a_sale_below_the_haircut_does_not_help() {
        let most = |haircut| {
            let breach = breach(500_000_000, -400_000_000);
            let terms = LiquidationParams::DEFAULT;
            max_collateral_part(&breach, Value::from_usd(-98), &held(1_000_000_000, haircut), D, &terms).unwrap()
        };
        assert_eq!((most(0.02), most(0.0)), (Ratio::ZERO, Ratio::ZERO));
        // 2 % of all is lost, and at HF 5/9 a haircut of 3 % does not make up for it.
        assert_eq!(most(0.03), Ratio::ZERO);
        assert!(most(0.05) > Ratio::ZERO);
    }

    proptest! {
        #[test]
        fn law_a_sale_never_overshoots_and_never_lowers_the_balance(
            equity in 1_000_000i64..1_000_000_000_000, short_by in 1i64..1_000_000_000_000, cash in 1i64..1_000_000_000_000,
            full in 1_000_000i64..1_000_000_000_000, haircut in 0.0f64..0.9, discount in 100_000_000i64..=1_000_000_000,
        ) {
            let (breach, held, d) = (breach(equity, -short_by), held(full, haircut), Ratio::from_raw(discount));
            let terms = LiquidationParams::DEFAULT;
            let part = max_collateral_part(&breach, Value::from_raw(-cash), &held, d, &terms).unwrap().raw() as f64 / 1e9;
            let (full, counted, d) = (full as f64, held.maintenance.raw() as f64, discount as f64 / 1e9);
            let (proceeds, lost) = (part * full * d, part * full * (1.0 - d));
            let (equity, maintenance) = (equity as f64 - lost, -short_by as f64 + proceeds - part * counted);
            let slack = 4.0 + full * 2e-9;
            prop_assert!(maintenance >= -short_by as f64 - slack);
            prop_assert!(equity >= -slack, "insolvent: {equity}");
            prop_assert!(proceeds <= cash as f64 + slack);
            prop_assert!(maintenance <= (equity - maintenance) * 0.1 + slack, "overshoots: {maintenance} of {equity}");
        }
    }
}
