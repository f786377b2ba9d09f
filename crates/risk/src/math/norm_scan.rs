//! The normal distribution for the scenario scan: coarser than [`super::norm_cdf`], and half its price.
//!
//! A table fine enough for straight lines between its entries costs 256 KiB of the program and saves a quarter of the
//! compute units of every scenario of every leg.

/// Fractional bits of the argument.
pub(crate) const ARGUMENT_BITS: u32 = 32;
/// What is added to an argument to make it unsigned: 8, where the distribution ends.
pub(crate) const BIAS: i64 = 8 << ARGUMENT_BITS;
/// Arguments, bias included, are below this.
pub(crate) const ARGUMENT_END: u64 = 16 << ARGUMENT_BITS;
/// Fractional bits of the result.
pub(crate) const RESULT_BITS: u32 = 31;

/// Entries for one unit of the argument: 2^12.
const STEP_BITS: u32 = 12;
/// Bits of an argument inside a step.
const FRACTION_BITS: u32 = ARGUMENT_BITS - STEP_BITS;
/// Entries from 0 to 8.
const HALF: usize = 8 << STEP_BITS;

/// N(i/4096 − 8) in Q31, each entry moved by half of what a straight line to the next errs in the middle.
static TABLE: [u32; 2 * HALF + 1] = table();

/// Probability that a standard normal variable is below d, in Q31.
///
/// # Domain
/// `biased` = d + 8 in Q32, so −8 ≤ d < 8; other arguments give the value of some d inside, never a panic.
///
/// # Error bound
/// 1.6e-9 absolute.
///
/// # Source
/// 65,536 straight lines of width 1/4096.
#[inline(always)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // The mask keeps the index below 65,536.
pub(crate) fn norm_cdf_scan(biased: u64) -> i64 {
    let index = ((biased >> FRACTION_BITS) & (2 * HALF as u64 - 1)) as usize;
    let (from, to) = (TABLE[index] as i64, TABLE[index + 1] as i64);
    let t = (biased & ((1 << FRACTION_BITS) - 1)) as i64;
    // A step is at most 0.4/4096 in Q31, below 2^18: times 2^20 below 2^38.
    from.wrapping_add(to.wrapping_sub(from).wrapping_mul(t) >> FRACTION_BITS)
}

/// The table, by integration of the density from 0 outwards; the other half follows from N(−d) = 1 − N(d).
///
/// With h the step, n(d + h) = n(d)·r(d) and r(d + h) = r(d)·e^(−h²); the integral over a step is
/// h/2·(n(d) + n(d + h)) + h²/12·(n'(d) − n'(d + h)), to h⁵/720 (L. Euler, C. Maclaurin). n in Q64, r in Q63.
#[allow(long_running_const_eval)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // Evaluated by the compiler, which refuses an overflow.
const fn table() -> [u32; 2 * HALF + 1] {
    /// n(0) = 1/√(2π), Q64.
    const DENSITY: u64 = 7_359_186_146_747_302_452;
    /// e^(−h²/2), Q63.
    const RATIO: u64 = 9_223_371_761_976_872_959;
    /// e^(−h²), Q63.
    const DECAY: u64 = 9_223_371_487_098_978_303;
    let mut table = [0u32; 2 * HALF + 1];
    let (mut density, mut ratio) = (DENSITY, RATIO);
    // N − ½ in Q104: 64 bits of the density, 12 of h, and 28 to spare.
    let mut area: u128 = 0;
    let mut step = 0;
    while step <= HALF {
        // A straight line runs up to h²/8·d·n below the curve: raised by half of that, it errs both ways alike.
        // d·n is a step times a density in Q76, and h²/16 = 2^-28 turns that into Q104.
        let bend = step as u128 * density as u128;
        let above = (area + bend + (1 << 72)) >> 73;
        table[HALF + step] = (1u32 << (RESULT_BITS - 1)) + above as u32;
        table[HALF - step] = (1u32 << (RESULT_BITS - 1)) - above as u32;
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
        assert!(worst <= 1.6e-9, "{worst:e}");
        assert!((sum / count).abs() <= 3e-10, "mean {:e}", sum / count);
    }

    #[test]
    fn scan_cdf_ends_at_zero_and_one_within_one_unit() {
        assert!(norm_cdf_scan(0) <= 1);
        assert!((norm_cdf_scan(ARGUMENT_END - 1) - (1 << RESULT_BITS)).abs() <= 1);
    }

    #[test]
    fn scan_cdf_never_falls_and_is_symmetric_at_its_entries() {
        assert!(TABLE.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!((0..=2 * HALF).all(|i| TABLE[i] + TABLE[2 * HALF - i] == 1 << RESULT_BITS));
    }

    #[test]
    fn scan_cdf_takes_any_argument() {
        for biased in [ARGUMENT_END, u64::MAX, 1 << 63] {
            assert!((0..=1i64 << RESULT_BITS).contains(&norm_cdf_scan(biased)));
        }
    }
}
