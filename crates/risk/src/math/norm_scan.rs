//! The normal distribution for the scenario scan: coarser than [`super::norm_cdf`], and a fraction of its price.
//!
//! A table fine enough for straight lines costs 528 KiB of the program and saves half of the compute units of every scenario
//! of every leg. Where two arguments keep their distance, [`NormPair`] is cheaper still.

/// Fractional bits of the argument.
pub(crate) const ARGUMENT_BITS: u32 = 32;
/// What is added to an argument to make it unsigned: 8, where the table ends.
pub(crate) const BIAS: i64 = 8 << ARGUMENT_BITS;
/// Arguments, bias included, are below this.
pub(crate) const ARGUMENT_END: u64 = 16 << ARGUMENT_BITS;
/// Fractional bits of the result.
pub(crate) const RESULT_BITS: u32 = 32;
/// The distances of a [`NormPair`] are below ½.
pub(crate) const END_OF_DISTANCES: u64 = 1 << (ARGUMENT_BITS - 1);

/// Lines for one unit of the argument: 2^12.
const STEP_BITS: u32 = 12;
/// Bits of an argument inside a step.
const FRACTION_BITS: u32 = ARGUMENT_BITS - STEP_BITS;
/// The part of an argument inside a step.
const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
/// Lines from 0 to 8.
const HALF: usize = 8 << STEP_BITS;
/// Lines from −8 to 8.
const COUNT: usize = 2 * HALF;
/// Keeps an index below the number of lines.
const INDEX: u64 = COUNT as u64 - 1;
/// Bits of the table that the lines are made from: 20 more than of the result.
const TABLE_BITS: u32 = RESULT_BITS + FRACTION_BITS;
/// A line takes eight bytes: with three bits after a whole step, an argument masked is the place of its line.
const INDEX_SHIFT: u32 = 3;
/// Lines below −8, of height 0, so that the lower argument of a pair finds one wherever the upper one is.
const MARGIN: usize = 1 << (STEP_BITS - 1);

/// A straight line over a step.
#[derive(Clone, Copy)]
struct Line {
    /// At the lower end of the step, Q32; a height of 1 is a unit less.
    height: u32,
    /// For a unit of the argument, Q32.
    slope: u32,
}

impl Line {
    /// Its height at a fraction of the step. # Rounding Down.
    #[inline(always)]
    fn at(self, fraction: u64) -> i64 {
        (self.height as u64).wrapping_add((self.slope as u64).wrapping_mul(fraction) >> ARGUMENT_BITS) as i64
    }
}

/// The lines by rising argument, from −8½.
static LINES: [Line; MARGIN + COUNT] = lines();

/// The lines from −8½ on.
const FIRST: &[Line; COUNT] = match LINES.first_chunk() {
    Some(lines) => lines,
    None => panic!("the table has more lines than that"),
};

/// The lines from −8½ and `steps` on. # Domain steps ≤ [`MARGIN`]; beyond it, those from −8½ on.
#[inline(always)]
fn lines_from(steps: usize) -> &'static [Line; COUNT] {
    LINES.get(steps..).and_then(|lines| lines.first_chunk()).unwrap_or(FIRST)
}

/// Probability that a standard normal variable is below d, in Q32.
///
/// # Domain
/// `biased` = d + 8 in Q32, so −8 ≤ d < 8. Other arguments give a meaningless number up to 2^32, never a panic.
///
/// # Error bound
/// 1.3e-9 absolute.
///
/// # Source
/// 65,536 straight lines of width 1/4096.
#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index below 65,536.
pub(crate) fn norm_cdf_scan(biased: u64) -> i64 {
    let line = lines_from(MARGIN)[((biased >> FRACTION_BITS) & INDEX) as usize];
    line.at(biased & FRACTION)
}

/// The distribution at two arguments that keep a distance v, the upper one rounded to a step of the table.
///
/// For G·N(d1) − K·N(d2) that rounding is next to nothing, as G·n(d1) = K·n(d2) makes the sum stationary in d1 = d2 + v:
/// with h the step, it loses ½·v·(h/2)²·G·n(d1) at most.
#[derive(Clone, Copy)]
pub(crate) struct NormPair {
    /// From −8 on, moved back by the distance rounded up to steps.
    lower: &'static [Line; COUNT],
    /// What that is too much: the same for all arguments.
    fraction: u32,
}

impl NormPair {
    /// A step is 2^-`STEP_BITS`.
    pub const STEP_BITS: u32 = STEP_BITS;
    /// Fractional bits of an argument of [`NormPair::step`].
    pub const BITS: u32 = STEP_BITS + INDEX_SHIFT;

    /// # Domain
    /// distance < [`END_OF_DISTANCES`], Q32; of others only the bits below it count.
    #[inline(always)]
    pub fn new(distance: u64) -> Self {
        // A step more than the whole steps of the distance back, and then forward by what that is too much.
        let steps = (!distance >> FRACTION_BITS) as usize & (MARGIN - 1);
        let fraction = (!distance & FRACTION).wrapping_add(1) as u32;
        Self { lower: lines_from(steps), fraction }
    }

    /// The step of an argument.
    ///
    /// # Domain
    /// `biased` = d + 8 in Q`BITS`, −8 ≤ d < 8. Other arguments have meaningless steps, but some.
    #[inline(always)]
    pub fn step(biased: u64) -> Step {
        Step(((biased >> INDEX_SHIFT) & INDEX) as usize)
    }

    /// N(d), Q32, at the lower end of a step.
    ///
    /// # Error bound
    /// 1.3e-9 absolute.
    #[inline(always)]
    #[allow(clippy::indexing_slicing)] // Every step has a line.
    pub fn upper(Step(index): Step) -> i64 {
        lines_from(MARGIN)[index].height as i64
    }

    /// N(d − v), Q32, for d at the lower end of a step.
    ///
    /// # Error bound
    /// 1.3e-9 absolute.
    #[inline(always)]
    #[allow(clippy::indexing_slicing)] // Every step has a line.
    pub fn lower(self, Step(index): Step) -> i64 {
        self.lower[index].at(self.fraction as u64)
    }
}

/// The number of a step from −8 on, below 65,536.
#[derive(Clone, Copy)]
pub(crate) struct Step(usize);

/// The line of each step, with its ends a little above the curve where it is hollow, so that it errs as much above as below.
#[allow(long_running_const_eval)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // Evaluated by the compiler, which refuses an overflow.
const fn lines() -> [Line; MARGIN + COUNT] {
    let table = table();
    let mut lines = [Line { height: 0, slope: 0 }; MARGIN + COUNT];
    let mut step = 0;
    while step < COUNT {
        let (from, to) = (table[step], table[step + 1]);
        let height = (from + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS;
        let height = if height > u32::MAX as u64 { u32::MAX } else { height as u32 };
        // A rise over 2^-12 in Q52 is a slope in Q40.
        let slope = ((to - from + (1 << 7)) >> 8) as u32;
        lines[MARGIN + step] = Line { height, slope };
        step += 1;
    }
    lines
}

/// The table, by integration of the density from 0 outwards; the other half follows from N(−d) = 1 − N(d).
///
/// With h the step, n(d + h) = n(d)·r(d) and r(d + h) = r(d)·e^(−h²); the integral over a step is
/// h/2·(n(d) + n(d + h)) + h²/12·(n'(d) − n'(d + h)), to h⁵/720 (L. Euler, C. Maclaurin). n in Q64, r in Q63. Entry i is
/// N(i/4096 − 8) in Q52, moved by half of what a straight line to the next errs in the middle.
#[allow(long_running_const_eval)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // Evaluated by the compiler, which refuses an overflow.
const fn table() -> [u64; COUNT + 1] {
    /// n(0) = 1/√(2π), Q64.
    const DENSITY: u64 = 7_359_186_146_747_302_452;
    /// e^(−h²/2), Q63.
    const RATIO: u64 = 9_223_371_761_976_872_959;
    /// e^(−h²), Q63.
    const DECAY: u64 = 9_223_371_487_098_978_303;
    let mut table = [0u64; COUNT + 1];
    let (mut density, mut ratio) = (DENSITY, RATIO);
    // N − ½ in Q104: 64 bits of the density, 12 of h, and 28 to spare.
    let mut area: u128 = 0;
    let mut step = 0;
    while step <= HALF {
        // A straight line runs up to h²/8·d·n below the curve: raised by half of that, it errs both ways alike.
        // d·n is a step times a density in Q76, and h²/16 = 2^-28 turns that into Q104.
        let bend = step as u128 * density as u128;
        let above = ((area + bend + (1 << 51)) >> 52) as u64;
        table[HALF + step] = (1u64 << (TABLE_BITS - 1)) + above;
        table[HALF - step] = (1u64 << (TABLE_BITS - 1)) - above;
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
        // Half a unit is rounded off where there is a slope.
        assert!((-0.5f64.powi(33)..=0.0).contains(&(sum / count)), "mean {:e}", sum / count);
    }

    #[test]
    fn scan_cdf_ends_at_zero_and_one_within_one_unit() {
        assert!(norm_cdf_scan(0) <= 1);
        assert!((norm_cdf_scan(ARGUMENT_END - 1) - (1i64 << RESULT_BITS)).abs() <= 1);
    }

    #[test]
    fn scan_cdf_rises_but_for_two_units_where_lines_meet_and_is_symmetric_within_three() {
        let mut before = 0;
        for biased in (0..ARGUMENT_END).step_by(1 << 16) {
            let value = norm_cdf_scan(biased);
            assert!(value >= before - 2, "at {biased}");
            let both = value + norm_cdf_scan(ARGUMENT_END - 1 - biased) - (1i64 << RESULT_BITS);
            assert!((-3..=1).contains(&both), "{both} at {biased}");
            before = value;
        }
    }

    #[test]
    fn scan_cdf_takes_any_argument() {
        for biased in [ARGUMENT_END, u64::MAX, 1 << 63] {
            assert!((0..=1i64 << 32).contains(&norm_cdf_scan(biased)));
        }
    }

    #[test]
    fn a_pair_keeps_its_error_bound_on_a_dense_grid() {
        let one = (1u64 << ARGUMENT_BITS) as f64;
        let cdf = |d: f64| 0.5 * libm::erfc(-d / core::f64::consts::SQRT_2);
        for distance in (1..END_OF_DISTANCES).step_by(60_000_011) {
            let (pair, v) = (NormPair::new(distance), distance as f64 / one);
            for biased in (7 << 30..(ARGUMENT_END - (7 << 30))).step_by(3_456_789) {
                let d1 = (biased as i64 - BIAS) as f64 / one;
                // With G = 1, the strike whose d1 this is.
                let strike = (v * (0.5 * v - d1)).exp();
                let exact = cdf(d1) - strike * cdf(d1 - v);
                let half_step = 1 << (FRACTION_BITS - 1);
                let step = NormPair::step((biased + half_step) >> (ARGUMENT_BITS - NormPair::BITS));
                let (upper, lower) = (NormPair::upper(step), pair.lower(step));
                let error = (upper as f64 - strike * lower as f64) / one - exact;
                assert!(error.abs() <= 1.3e-9 * (1.0 + strike) + 3e-9 * v, "{error:e} at {d1}, {v}");
            }
        }
    }

    #[test]
    fn a_pair_takes_any_distance_and_argument() {
        for distance in [0, 1, END_OF_DISTANCES - 1, END_OF_DISTANCES, u64::MAX] {
            for biased in [0, ARGUMENT_END, u64::MAX] {
                let step = NormPair::step(biased);
                let (upper, lower) = (NormPair::upper(step), NormPair::new(distance).lower(step));
                assert!((0..=1i64 << 33).contains(&upper) && (0..=1i64 << 33).contains(&lower));
            }
        }
    }
}
