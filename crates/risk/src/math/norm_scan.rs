//! The normal distribution for the scenario scan: coarser than [`super::norm_cdf`], and a third of its price.
//!
//! A table fine enough for straight lines costs 512 KiB of the program and saves a third of the compute units of every
//! scenario of every leg. A line is one word: its height at argument 0 in Q51, and in the lowest 18 bits, which count for a
//! quarter of a unit of the result, its slope in Q19. So one load, one product and one shift give the value.

/// Fractional bits of the argument.
pub(crate) const ARGUMENT_BITS: u32 = 32;
/// What is added to an argument to make it unsigned: 8, where the table ends.
pub(crate) const BIAS: i64 = 8 << ARGUMENT_BITS;
/// Arguments, bias included, are below this.
pub(crate) const ARGUMENT_END: u64 = 16 << ARGUMENT_BITS;
/// Fractional bits of the result.
pub(crate) const RESULT_BITS: u32 = 31;

/// Lines for one unit of the argument: 2^12.
const STEP_BITS: u32 = 12;
/// Bits of an argument inside a step; also the bits that a line has below its result.
const FRACTION_BITS: u32 = ARGUMENT_BITS - STEP_BITS;
/// Lines from 0 to 8.
const HALF: usize = 8 << STEP_BITS;
/// Keeps an index below the number of lines.
const INDEX: u64 = 2 * HALF as u64 - 1;
/// The lowest bits of a line, its slope: at most 0.4 in Q19.
const SLOPE: u64 = (1 << 18) - 1;

/// The lines by rising argument.
static LINES: [u64; 2 * HALF] = lines();

/// Probability that a standard normal variable is below d, in Q31.
///
/// # Domain
/// `biased` = d + 8 in Q32, so −8 ≤ d < 8. Other arguments give a meaningless number below 2^44, never a panic.
///
/// # Error bound
/// 1.3e-9 absolute.
///
/// # Source
/// 65,536 straight lines of width 1/4096.
#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index below 65,536.
pub(crate) fn norm_cdf_scan(biased: u64) -> i64 {
    let line = LINES[((biased >> FRACTION_BITS) & INDEX) as usize];
    // Heights may be negative, modulo 2^64; heights and slopes together are in [0, 2^51].
    (line.wrapping_add((line & SLOPE).wrapping_mul(biased)) >> FRACTION_BITS) as i64
}

/// The line of each step, through the middle of its ends in height and so that it errs as much above as below.
#[allow(long_running_const_eval)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // Evaluated by the compiler, which refuses an overflow.
const fn lines() -> [u64; 2 * HALF] {
    let table = table();
    let mut lines = [0u64; 2 * HALF];
    let mut step = 0;
    while step < 2 * HALF {
        let (from, to) = (table[step], table[step + 1]);
        let slope = (to - from + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS;
        // At the middle of the step the line is between its ends; rounded to nearest by half a unit of the result.
        let middle = ((step as u64) << FRACTION_BITS) + (1 << (FRACTION_BITS - 1));
        let height = ((from + to) / 2 + (1 << (FRACTION_BITS - 1))).wrapping_sub(slope * middle);
        // The slope in the lowest bits is part of the height: rounded to nearest around it.
        lines[step] = (height.wrapping_sub(slope).wrapping_add(SLOPE.div_ceil(2)) & !SLOPE) | slope;
        step += 1;
    }
    lines
}

/// The table, by integration of the density from 0 outwards; the other half follows from N(−d) = 1 − N(d).
///
/// With h the step, n(d + h) = n(d)·r(d) and r(d + h) = r(d)·e^(−h²); the integral over a step is
/// h/2·(n(d) + n(d + h)) + h²/12·(n'(d) − n'(d + h)), to h⁵/720 (L. Euler, C. Maclaurin). n in Q64, r in Q63. Entry i is
/// N(i/4096 − 8) in Q51, moved by half of what a straight line to the next errs in the middle.
#[allow(long_running_const_eval)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // Evaluated by the compiler, which refuses an overflow.
const fn table() -> [u64; 2 * HALF + 1] {
    /// n(0) = 1/√(2π), Q64.
    const DENSITY: u64 = 7_359_186_146_747_302_452;
    /// e^(−h²/2), Q63.
    const RATIO: u64 = 9_223_371_761_976_872_959;
    /// e^(−h²), Q63.
    const DECAY: u64 = 9_223_371_487_098_978_303;
    let mut table = [0u64; 2 * HALF + 1];
    let (mut density, mut ratio) = (DENSITY, RATIO);
    // N − ½ in Q104: 64 bits of the density, 12 of h, and 28 to spare.
    let mut area: u128 = 0;
    let mut step = 0;
    while step <= HALF {
        // A straight line runs up to h²/8·d·n below the curve: raised by half of that, it errs both ways alike.
        // d·n is a step times a density in Q76, and h²/16 = 2^-28 turns that into Q104.
        let bend = step as u128 * density as u128;
        let above = ((area + bend + (1 << 52)) >> 53) as u64;
        table[HALF + step] = (1u64 << (RESULT_BITS + FRACTION_BITS - 1)) + above;
        table[HALF - step] = (1u64 << (RESULT_BITS + FRACTION_BITS - 1)) - above;
        let next = ((density as u128 * ratio as u128) >> 63) as u64;
        // h/2·(n + n'): Q64 · 2^-13 in Q104 is a shift by 27.
        area += (density as u128 + next as u128) << 27;
        // h²/12·(d'·n' − d·n): Q76 · 2^-24/12 in Q104 is a shift by 4.
        area += (((step as u128 + 1) * next as u128) << 4) / 12;
        area -= ((step as u128 * density as u128) << 4) / 12;
        density = next;
        ratio = ((ratio as u128 * DECAY as u128) >> 63) as u64;
        step += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_cdf_keeps_its_error_bound_on_a_dense_grid() {
        let (mut worst, mut sum, mut count) = (0.0f64, 0.0f64, 0.0f64);
        for biased in (0..ARGUMENT_END).step_by(12_343) {
            let d = (biased as i64 - BIAS) as f64 / (1u64 << ARGUMENT_BITS) as f64;
            let exact = 0.5 * libm::erfc(-d / core::f64::consts::SQRT_2);
            let error = norm_cdf_scan(biased) as f64 / (1u64 << RESULT_BITS) as f64 - exact;
            worst = worst.max(error.abs());
            sum += error;
            count += 1.0;
        }
        assert!(worst <= 1.3e-9, "{worst:e}");
        assert!((sum / count).abs() <= 1e-11, "mean {:e}", sum / count);
    }

    #[test]
    fn scan_cdf_ends_at_zero_and_one_within_one_unit() {
        assert!(norm_cdf_scan(0) <= 1);
        assert!((norm_cdf_scan(ARGUMENT_END - 1) - (1 << RESULT_BITS)).abs() <= 1);
    }

    #[test]
    fn scan_cdf_rises_but_for_a_unit_where_lines_meet_and_is_symmetric_within_one() {
        let mut before = 0;
        for biased in (0..ARGUMENT_END).step_by(1 << 16) {
            let value = norm_cdf_scan(biased);
            assert!(value >= before - 1, "at {biased}");
            assert!((value + norm_cdf_scan(ARGUMENT_END - 1 - biased) - (1 << RESULT_BITS)).abs() <= 1, "at {biased}");
            before = value;
        }
    }

    #[test]
    fn scan_cdf_takes_any_argument() {
        for biased in [ARGUMENT_END, u64::MAX, 1 << 63] {
            assert!((0..1i64 << 44).contains(&norm_cdf_scan(biased)));
        }
    }
}
