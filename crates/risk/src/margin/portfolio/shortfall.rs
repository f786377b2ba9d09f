//! Expected shortfall: the mean of the worst outcomes instead of the worst alone.

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_wide, Rounding};
use crate::units::{Ratio, ONE_E9};

/// Mean of the worst `mass` of equally likely outcomes; the outcomes are left in another order.
///
/// With m = mass · n, the sum of the floor(m) worst and of the rest of m times the next, divided by m; the worst outcome
/// when m ≤ 1.
///
/// # Rounding
/// Down.
///
/// # Errors
/// [`RiskError::OutOfDomain`] without outcomes; [`RiskError::DivisionByZero`] never for a positive mass.
///
/// # Source
/// C. Acerbi and D. Tasche, "On the coherence of expected shortfall", J. Banking & Finance 26 (2002).
pub(super) fn expected_shortfall(outcomes: &mut [i64], mass: Ratio) -> Result<i64, RiskError> {
    // At most 64 outcomes and a mass of at most 1.
    let tail = (outcomes.len() as i64).wrapping_mul(mass.raw());
    if tail <= ONE_E9 {
        return outcomes.iter().copied().min().ok_or(RiskError::OutOfDomain);
    }
    outcomes.sort_unstable();
    let (mut sum, mut left) = (0i128, tail);
    for &outcome in outcomes.iter() {
        let part = left.min(ONE_E9);
        if part <= 0 {
            break;
        }
        // 64 products below 2^93.
        sum = sum.wrapping_add(mul_wide(outcome, part));
        left = left.wrapping_sub(part);
    }
    Ok(div_wide(sum, tail as i128, Rounding::Down)? as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shortfall(outcomes: &[i64], mass_millionths: i32) -> i64 {
        expected_shortfall(&mut outcomes.to_vec(), Ratio::from_millionths(mass_millionths)).unwrap()
    }

    #[test]
    fn shortfall_takes_whole_outcomes_and_the_rest_of_the_next() {
        let outcomes = [-10, 40, -30, 20];
        assert_eq!(shortfall(&outcomes, 250_000), -30);
        assert_eq!(shortfall(&outcomes, 500_000), -20);
        // (−30 − 10 + 0.5·20)/2.5
        assert_eq!(shortfall(&outcomes, 625_000), -12);
        assert_eq!(shortfall(&outcomes, 1_000_000), 5);
        assert_eq!(shortfall(&outcomes, 1), -30);
        assert_eq!(expected_shortfall(&mut [], Ratio::ONE), Err(RiskError::OutOfDomain));
    }

    proptest! {
        #[test]
        fn prop_shortfall_lies_between_the_worst_and_the_mean(
            outcomes in prop::collection::vec(-1i64 << 61..1i64 << 61, 1..64), mass in 1i32..1_000_000,
        ) {
            let worst = *outcomes.iter().min().unwrap();
            let mean = (outcomes.iter().map(|&x| x as i128).sum::<i128>()).div_euclid(outcomes.len() as i128);
            let tail = shortfall(&outcomes, mass) as i128;
            prop_assert!(tail >= worst as i128 && tail <= mean);
            prop_assert!(shortfall(&outcomes, 1_000_000) as i128 == mean);
        }
    }
}
