//! The exponential function.

use super::exp_table::{POWERS_Q60, STEPS_PER_UNIT_Q20, STEP_Q56};
use crate::units::ONE_Q;

/// What [`exp_q40`] gives for every argument from 15 up: e^15.
pub const EXP_MAX_Q40: i64 = 3594322612434832862;

/// e^x, argument and result in Q40.
///
/// # Domain
/// All of i64: 0 below −28 (where e^x is less than one unit), [`EXP_MAX_Q40`] from 15 up. Monotone throughout.
///
/// # Error bound
/// 1.5e-12 absolute for x ≤ 0; 1.5e-12 relative for x > 0.
///
/// # Source
/// e^x = 2^(n/256)·e^r with |r| ≤ ln 2/512: a table of 256 powers and three terms of the series; P. Tang, "Table-driven
/// implementation of the exponential function", ACM TOMS 15 (1989).
#[inline]
pub fn exp_q40(x: i64) -> i64 {
    if x < -28 * ONE_Q {
        return 0;
    }
    if x >= 15 * ONE_Q {
        return EXP_MAX_Q40;
    }
    // |x| ≤ 28·2^40 < 2^44.9: (x >> 12) · 2^28.6 < 2^61.5.
    let n = (x >> 12).wrapping_mul(STEPS_PER_UNIT_Q20).wrapping_add(1 << 47) >> 48;
    // x·2^16 < 2^60.9 and n·step is within a step of it. The rounding of the step, times n, is below 2^-43.
    let r = (x << 16).wrapping_sub(n.wrapping_mul(STEP_Q56));
    // |r| < 2^46.5 in Q56, below 2^30.5 in Q40: r² < 2^61, so r²/2 in Q48 < 2^28, and its product with r < 2^58.5.
    let r40 = r >> 16;
    let half_square = r40.wrapping_mul(r40) >> 33;
    // r³/6 as (r³/2)·(2^32/3) >> 32: |r³/2| < 2^18.5 in Q48. The next term, r⁴/24, is below 0.2 units of Q40.
    let cube = (half_square.wrapping_mul(r40) >> 40).wrapping_mul(1_431_655_765) >> 32;
    let series = (r >> 8).wrapping_add(half_square).wrapping_add(cube).wrapping_add(1 << 7) >> 8;
    let power = power_q60(n);
    // 1 ≤ power < 2: in Q31 it is ≤ 2^32, times |series| < 2^30.6 < 2^62.6. Their sum < 2.01·2^60.
    let rounded_power = power.wrapping_add(1 << 28) >> 29;
    let y = power.wrapping_add(rounded_power.wrapping_mul(series) >> 11);
    let exponent = n >> 8;
    // −41 ≤ exponent ≤ 21, so that both shifts lie in 0..=61, and y << 1 < 2^62.1.
    if exponent < 20 {
        let shift = 20i64.wrapping_sub(exponent) as u32;
        let half = 1i64.wrapping_shl(shift.wrapping_sub(1));
        y.wrapping_add(half).wrapping_shr(shift)
    } else {
        y.wrapping_shl(exponent.wrapping_sub(20) as u32)
    }
}

#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index inside the 256 entries.
fn power_q60(n: i64) -> i64 {
    POWERS_Q60[(n & 255) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(x: i64) -> f64 {
        let exact = libm::exp(x as f64 / ONE_Q as f64);
        (exp_q40(x) as f64 / ONE_Q as f64 - exact).abs() / exact.max(1.0)
    }

    #[test]
    fn exp_keeps_its_error_bound_on_a_dense_grid() {
        let mut worst = 0.0f64;
        for i in -28 * 65_536i64..15 * 65_536 {
            worst = worst.max(error((i << 24) + 12_345_678));
        }
        assert!(worst <= 1.5e-12, "{worst:e}");
    }

    #[test]
    fn exp_saturates_at_both_ends() {
        assert_eq!(exp_q40(i64::MIN), 0);
        assert_eq!(exp_q40(i64::MAX), EXP_MAX_Q40);
        assert!((EXP_MAX_Q40 as f64 / libm::exp(15.0) / ONE_Q as f64 - 1.0).abs() < 1e-15);
        assert!(exp_q40(15 * ONE_Q - 1) <= EXP_MAX_Q40);
        assert_eq!(exp_q40(-28 * ONE_Q), 1);
        assert_eq!(exp_q40(0), ONE_Q);
    }

    proptest! {
        #[test]
        fn prop_exp_is_within_its_bound(x in -28 * ONE_Q..15 * ONE_Q) {
            prop_assert!(error(x) <= 1.5e-12);
        }

        #[test]
        fn prop_exp_is_monotone(x in -30 * ONE_Q..16 * ONE_Q, step in 0i64..1 << 36) {
            prop_assert!(exp_q40(x) <= exp_q40(x + step));
        }
    }
}
