//! Square roots: Newton's method, as a 64-bit division costs one compute unit.

use super::bits::leading_zeros;
use crate::fixed;
use crate::units::Seconds;
use core::num::NonZeroU64;
use core::ops::BitOr;

/// 2^72 / √31 536 000: turns √seconds into √years in Q40.
const PER_SQRT_YEAR_Q32: i64 = 840_923_296_935_185_966;

/// `(y, h)` with √x = y / 2^(31 + h), 2^62 ≤ y ≤ 2^63 and h ≤ 31.
///
/// # Domain
/// x > 0; zero gives a meaningless pair, never a panic.
///
/// # Error bound
/// Relative 5e-15.
///
/// # Source
/// Heron of Alexandria, Metrica I.8; the start is the line 0.6863·(f + ½), within 3 % of √f on [¼, 1).
#[inline(always)]
fn sqrt_mantissa(x: u64) -> (u64, u32) {
    // Shifted left by an even number, until one of the two top bits is set.
    let half = leading_zeros(x) >> 1;
    (sqrt_of_normalised(x.wrapping_shl(half << 1)), half)
}

/// √m·2^31 for m ≥ 2^62: the core of [`sqrt_mantissa`], for callers that know where the highest bit is.
#[inline(always)]
pub(crate) fn sqrt_of_normalised(m: u64) -> u64 {
    // (m >> 32) < 2^32 times 0.6863·2^32 < 2^64. The three estimates are below 1.03·2^32.
    let s = ((m >> 32).wrapping_mul(2_947_599_552) >> 32).wrapping_add(1_473_799_776);
    let s = s.wrapping_add(m / NonZeroU64::MIN.bitor(s)) >> 1;
    let s = s.wrapping_add(m / NonZeroU64::MIN.bitor(s)) >> 1;
    let s = NonZeroU64::MIN.bitor(s);
    // The last step keeps 30 more bits: the remainder is below s < 2^33, and s + quotient < 2^33 + 2.
    let quotient = m / s;
    let remainder = m.wrapping_sub(quotient.wrapping_mul(s.get()));
    (s.get().wrapping_add(quotient) << 30).wrapping_add((remainder << 30) / s)
}

/// Integer part of √x. Exact.
///
/// # Domain
/// All of u64.
///
/// # Error bound
/// None: the result s is the one integer with s² ≤ x < (s + 1)².
///
/// # Source
/// [`sqrt_mantissa`], corrected by one where needed.
#[inline]
pub fn isqrt_u64(x: u64) -> u64 {
    if x == 0 {
        return 0;
    }
    let (y, half) = sqrt_mantissa(x);
    // Half ≤ 31: the shift is below 63. The estimate is within one of the result.
    let s = y.wrapping_shr(half.wrapping_add(31)).min(u32::MAX as u64);
    if s.wrapping_mul(s) > x {
        return s.wrapping_sub(1);
    }
    // s < 2^32, so (s + 1)² − 1 = s² + 2s cannot wrap.
    if s.wrapping_mul(s).wrapping_add(s << 1) < x {
        return s.wrapping_add(1);
    }
    s
}

/// √x, argument and result in Q40; 0 for zero and below.
///
/// # Domain
/// All of i64. Monotone.
///
/// # Error bound
/// 0.5 units of Q40 and relative 5e-15, from above: for x ≤ 100 that is 0.56 units.
///
/// # Source
/// [`sqrt_mantissa`].
#[inline]
pub fn sqrt_q40(x: i64) -> i64 {
    if x <= 0 {
        return 0;
    }
    let (y, half) = sqrt_mantissa(x as u64);
    // √(x·2^-40)·2^40 = √x·2^20 = y / 2^(11 + half), 11 + half ≤ 42.
    let shift = half.wrapping_add(10);
    (y.wrapping_shr(shift).wrapping_add(1) >> 1) as i64
}

/// √(T / year) in Q40, for a year of 365 days; 0 for no time left.
///
/// # Domain
/// All of i64; meant for 0 to ten years. Monotone.
///
/// # Error bound
/// Rounded to nearest: 0.52 units of Q40, that is relative 2.6e-9/√T: 2.3e-9 at one second, below 1e-9 from seven
/// seconds, 3.4e-10 at one minute.
///
/// # Source
/// [`sqrt_mantissa`] times a constant.
#[inline]
pub fn sqrt_years(time: Seconds) -> i64 {
    if time.raw() <= 0 {
        return 0;
    }
    let (y, half) = sqrt_mantissa(time.raw() as u64);
    // √T = y / 2^(31 + half); y ≤ 2^63 times 2^59.6, shifted by 63, is below 2^60.
    let product = fixed::mul_u64(y, PER_SQRT_YEAR_Q32 as u64);
    let scaled = (product.0 << 1) | (product.1 >> 63);
    // One bit is kept for rounding: half ≤ 31.
    (scaled.wrapping_shl(1).wrapping_shr(half).wrapping_add(1) >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{ONE_Q, SECONDS_PER_YEAR};
    use proptest::prelude::*;

    fn years_error(seconds: i64) -> f64 {
        let exact = libm::sqrt(seconds as f64 / SECONDS_PER_YEAR as f64) * ONE_Q as f64;
        (sqrt_years(Seconds::from_raw(seconds)) as f64 - exact).abs()
    }

    #[test]
    fn sqrt_years_keeps_its_error_bound_from_one_second_to_ten_years() {
        let mut seconds = 1;
        while seconds <= 10 * SECONDS_PER_YEAR {
            assert!(years_error(seconds) <= 0.52, "{seconds} s");
            seconds += 1 + seconds / 5_000;
        }
        assert_eq!(sqrt_years(Seconds::from_raw(SECONDS_PER_YEAR)), ONE_Q);
        assert_eq!(sqrt_years(Seconds::from_raw(0)), 0);
        assert_eq!(sqrt_years(Seconds::from_raw(-5)), 0);
    }

    #[test]
    fn isqrt_is_exact_around_squares() {
        for root in (1u64..70_000).chain(u32::MAX as u64 - 70_000..=u32::MAX as u64) {
            assert_eq!(isqrt_u64(root * root), root);
            assert_eq!(isqrt_u64(root * root - 1), root - 1);
        }
        assert_eq!(isqrt_u64(u64::MAX), u32::MAX as u64);
        assert_eq!(isqrt_u64(0), 0);
    }

    proptest! {
        #[test]
        fn prop_isqrt_brackets_its_argument(x: u64, bits in 0u32..64) {
            let x = x >> bits;
            let s = isqrt_u64(x) as u128;
            prop_assert!(s * s <= x as u128 && (s + 1) * (s + 1) > x as u128);
        }

        #[test]
        fn prop_sqrt_is_within_its_bound(x in 0i64.., bits in 0u32..63) {
            let x = x >> bits;
            // With y within 0.5 + 5e-15·y of the root, its square is within (1 + 1e-14·y)·y + 1 of x·2^40.
            let (y, target) = (sqrt_q40(x) as i128, (x as i128) << 40);
            let slack = y + y * y / 100_000_000_000_000 + 1;
            prop_assert!((y * y - target).abs() <= slack);
        }

        #[test]
        fn prop_sqrt_is_monotone(x in 0i64..i64::MAX, bits in 0u32..63) {
            let x = x >> bits;
            prop_assert!(sqrt_q40(x) <= sqrt_q40(x + 1));
        }

        #[test]
        fn prop_sqrt_years_is_within_its_bound(seconds in 1i64..10 * SECONDS_PER_YEAR) {
            prop_assert!(years_error(seconds) <= 0.52);
        }
    }
}
