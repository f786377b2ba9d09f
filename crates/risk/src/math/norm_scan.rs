//! The normal distribution for the scenario scan: coarser than [`super::norm_cdf`], and half its price.

use super::norm_scan_table::PIECES;

/// Fractional bits of the argument.
pub(crate) const ARGUMENT_BITS: u32 = 28;
/// What is added to an argument to make it unsigned: 8, where the distribution ends.
pub(crate) const BIAS: i64 = 8 << ARGUMENT_BITS;
/// Arguments, bias included, are below this.
pub(crate) const ARGUMENT_END: u64 = 16 << ARGUMENT_BITS;
/// Fractional bits of the result.
pub(crate) const RESULT_BITS: u32 = 31;

/// Bits of an argument inside a piece.
const FRACTION_BITS: u32 = 21;

/// One quadratic of the table; as wide as a power of two, so that the index is a shift.
#[repr(C)]
pub(super) struct Piece {
    /// Scale 2^31.
    c0: u32,
    /// Scale 2^40, below 2^31.7.
    c1: u32,
    /// Scale 2^40, within ±2^23.
    c2: i64,
}

pub(super) const fn piece(c0: u32, c1: u32, c2: i64) -> Piece {
    Piece { c0, c1, c2 }
}

/// Probability that a standard normal variable is below d, in Q31.
///
/// # Domain
/// `biased` = d + 8 in Q28, so −8 ≤ d < 8; other arguments give the value of some d inside, never a panic.
///
/// # Error bound
/// 1.5e-9 absolute, without bias.
///
/// # Source
/// 2,048 quadratic pieces of width 1/128, written by `tools/tables/norm_scan.py`.
#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index inside the 2,048 entries.
pub(crate) fn norm_cdf_scan(biased: u64) -> i64 {
    let piece = &PIECES[((biased >> FRACTION_BITS) & 2_047) as usize];
    let t = (biased & ((1 << FRACTION_BITS) - 1)) as i64;
    // c2·t < 2^44; c1 < 2^31.7 and the sum in it stays below 2^32: times t < 2^53.
    let slope = (piece.c1 as i64).wrapping_add(piece.c2.wrapping_mul(t) >> FRACTION_BITS);
    // Scale 2^40 · 2^21, brought to 2^31.
    (piece.c0 as i64).wrapping_add(slope.wrapping_mul(t) >> (FRACTION_BITS + 40 - RESULT_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_cdf_keeps_its_error_bound_on_a_dense_grid() {
        let (mut worst, mut sum, mut count) = (0.0f64, 0.0f64, 0.0f64);
        for biased in (0..ARGUMENT_END).step_by(1_237) {
            let d = (biased as i64 - BIAS) as f64 / (1u64 << ARGUMENT_BITS) as f64;
            let exact = 0.5 * libm::erfc(-d / core::f64::consts::SQRT_2);
            let error = norm_cdf_scan(biased) as f64 / (1u64 << RESULT_BITS) as f64 - exact;
            worst = worst.max(error.abs());
            sum += error;
            count += 1.0;
        }
        assert!(worst <= 1.5e-9, "{worst:e}");
        assert!((sum / count).abs() <= 1e-10, "mean {:e}", sum / count);
    }

    #[test]
    fn scan_cdf_ends_at_zero_and_one_within_one_unit() {
        assert!(norm_cdf_scan(0) <= 1);
        assert!((norm_cdf_scan(ARGUMENT_END - 1) - (1 << RESULT_BITS)).abs() <= 1);
    }

    #[test]
    fn scan_cdf_takes_any_argument() {
        for biased in [ARGUMENT_END, u64::MAX, 1 << 63] {
            assert!((0..=1i64 << RESULT_BITS).contains(&norm_cdf_scan(biased)));
        }
    }
}
