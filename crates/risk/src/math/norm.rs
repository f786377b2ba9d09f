//! The normal distribution.

use super::exp::exp_q40;
use super::norm_table::PIECES;
use crate::fixed;
use crate::units::ONE_Q;

/// 1/√(2π) in Q40.
pub(crate) const INV_SQRT_TAU_Q40: i64 = 438_641_676_113;
/// From here on the distribution is 0 or 1 in Q40: eight standard deviations.
const END_Q40: i64 = 8 * ONE_Q;

/// Probability that a standard normal variable is below d, argument and result in Q40.
///
/// # Domain
/// All of i64 but `i64::MIN`: 0 or 1 beyond ±8. Monotone to one unit of Q40; N(−d) = 1 − N(d) exactly.
///
/// # Error bound
/// 2.8e-10 absolute.
///
/// # Source
/// 256 cubic pieces of width 1/32 on [0, 8), written by `tools/tables/norm_cdf.py`.
#[inline(always)]
pub fn norm_cdf(d: i64) -> i64 {
    let distance = if d < 0 { d.wrapping_neg() } else { d };
    if distance >= END_Q40 {
        return if d < 0 { 0 } else { ONE_Q };
    }
    let [c0, c1, c2, c3] = piece(distance);
    // A piece is 2^35 wide; 29 bits of the fraction are kept: their product with c1 < 2^33.7, the largest, is < 2^62.7.
    let t = (distance >> 6) & ((1 << 29) - 1);
    let p = (c3.wrapping_mul(t) >> 29).wrapping_add(c2);
    let p = (p.wrapping_mul(t) >> 29).wrapping_add(c1);
    let p = (p.wrapping_mul(t) >> 29).wrapping_add(c0);
    // 2^39 ≤ p ≤ 2^40.
    if d < 0 {
        ONE_Q.wrapping_sub(p)
    } else {
        p
    }
}

#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index inside the 256 entries.
fn piece(distance: i64) -> [i64; 4] {
    PIECES[((distance >> 35) & 255) as usize]
}

/// Density of the standard normal distribution at d, argument and result in Q40.
///
/// # Domain
/// All of i64: 0 beyond ±8, where the density is below 0.006 units.
///
/// # Error bound
/// 1.5e-12 absolute.
///
/// # Source
/// e^(−d²/2)/√(2π) by [`exp_q40`].
#[inline]
pub fn norm_pdf(d: i64) -> i64 {
    if d >= END_Q40 || d <= -END_Q40 {
        return 0;
    }
    // d²/2 ≤ 32·2^40, and a density is at most 0.4: both fit.
    let half_square = fixed::mul_shift::<41>(d, d);
    fixed::mul_shift::<40>(exp_q40(half_square.wrapping_neg()), INV_SQRT_TAU_Q40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cdf_error(d: i64) -> f64 {
        let exact = 0.5 * libm::erfc(-(d as f64) / ONE_Q as f64 / core::f64::consts::SQRT_2);
        (norm_cdf(d) as f64 / ONE_Q as f64 - exact).abs()
    }

    fn pdf_error(d: i64) -> f64 {
        let x = d as f64 / ONE_Q as f64;
        let exact = libm::exp(-x * x / 2.0) / libm::sqrt(2.0 * core::f64::consts::PI);
        (norm_pdf(d) as f64 / ONE_Q as f64 - exact).abs()
    }

    #[test]
    fn norm_keeps_its_error_bounds_on_a_dense_grid() {
        let (mut cdf, mut pdf) = (0.0f64, 0.0f64);
        for i in -9 * 32_768i64..9 * 32_768 {
            let d = (i << 25) + 7_654_321;
            cdf = cdf.max(cdf_error(d));
            pdf = pdf.max(pdf_error(d));
        }
        assert!(cdf <= 2.8e-10, "cdf {cdf:e}");
        assert!(pdf <= 1.5e-12, "pdf {pdf:e}");
    }

    #[test]
    fn norm_cdf_is_monotone_over_every_piece() {
        for node in -257i64..=257 {
            let mut last = norm_cdf((node << 35) - (1 << 35) - 1);
            for step in -512i64..=512 {
                let value = norm_cdf((node << 35) + (step << 26));
                assert!(value >= last - 1, "node {node}, step {step}: {value} after {last}");
                last = value;
            }
            // Where two pieces meet, at the finest step of the argument.
            for step in -40i64..40 {
                let d = (node << 35) + (step << 6);
                assert!(norm_cdf(d + (1 << 6)) >= norm_cdf(d) - 1, "node {node}, step {step}");
                assert!(norm_cdf(d + (1 << 6)) <= norm_cdf(d) + 64, "node {node}, step {step}");
            }
        }
    }

    #[test]
    fn norm_has_its_known_values() {
        assert_eq!(norm_cdf(0), ONE_Q / 2);
        assert_eq!(norm_cdf(i64::MAX), ONE_Q);
        assert_eq!(norm_cdf(-i64::MAX), 0);
        assert_eq!(norm_pdf(i64::MIN), 0);
        assert!((norm_pdf(0) - INV_SQRT_TAU_Q40).abs() <= 1);
    }

    proptest! {
        #[test]
        fn prop_norm_is_within_its_bounds(d in -10 * ONE_Q..10 * ONE_Q) {
            prop_assert!(cdf_error(d) <= 2.8e-10);
            prop_assert!(pdf_error(d) <= 1.5e-12);
        }

        #[test]
        fn prop_norm_cdf_is_symmetric(d in -10 * ONE_Q..10 * ONE_Q) {
            prop_assert_eq!(norm_cdf(d) + norm_cdf(-d), ONE_Q);
        }
    }
}
