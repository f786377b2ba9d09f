//! The only raw wide arithmetic of the project: 64 × 64 → 128 bit products, and quotients with a named rounding.
//!
//! The compiler's own 128-bit product is a library call on the SVM; the product here is four 32-bit products in line.

use core::num::NonZeroU64;

use crate::error::RiskError;

/// Direction of a rounding, always named by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards −∞.
    Down,
    /// Towards +∞.
    Up,
}

/// Full product of two unsigned numbers as `(high, low)`.
#[inline(always)]
pub const fn mul_u64(a: u64, b: u64) -> (u64, u64) {
    const LOW: u64 = 0xffff_ffff;
    let (a0, a1, b0, b1) = (a & LOW, a >> 32, b & LOW, b >> 32);
    // Each factor is below 2^32, so each product is below 2^64 − 2^33 + 2 and none of these can overflow.
    let low = a0.wrapping_mul(b0);
    let mid_a = a1.wrapping_mul(b0).wrapping_add(low >> 32);
    let mid_b = a0.wrapping_mul(b1).wrapping_add(mid_a & LOW);
    let high = a1.wrapping_mul(b1).wrapping_add(mid_a >> 32).wrapping_add(mid_b >> 32);
    (high, (mid_b << 32) | (low & LOW))
}

/// Full product of two signed numbers.
#[inline(always)]
pub const fn mul_wide(a: i64, b: i64) -> i128 {
    let (high, low) = mul_u64(a as u64, b as u64);
    // Two's complement: subtract the other factor from the high word once for each negative factor.
    let high = high.wrapping_sub(((a >> 63) as u64) & (b as u64)).wrapping_sub(((b >> 63) as u64) & (a as u64));
    ((high as i64 as i128) << 64) | low as i128
}

/// `a · b / 2^SHIFT` towards −∞, for `0 < SHIFT < 64`. The caller shows that the result fits an i64.
#[inline(always)]
pub const fn mul_shift<const SHIFT: u32>(a: i64, b: i64) -> i64 {
    let (high, low) = mul_u64(a as u64, b as u64);
    let high = high.wrapping_sub(((a >> 63) as u64) & (b as u64)).wrapping_sub(((b >> 63) as u64) & (a as u64));
    ((high << 64u32.wrapping_sub(SHIFT)) | (low >> SHIFT)) as i64
}

/// `x · 2^bits` for 0 < bits < 64: a shift of 128 bits by a number not known before costs the SVM four times this.
#[inline(always)]
pub const fn shl_wide(x: i64, bits: u32) -> i128 {
    let high = x.wrapping_shr(64u32.wrapping_sub(bits));
    ((high as i128) << 64) | (x as u64).wrapping_shl(bits) as i128
}

/// `x / 2^bits` towards −∞ for 0 < bits < 64.
#[inline(always)]
pub const fn shr_wide(x: i128, bits: u32) -> i128 {
    let (high, low) = ((x >> 64) as i64, x as u64);
    let low = low.wrapping_shr(bits) | (high as u64).wrapping_shl(64u32.wrapping_sub(bits));
    ((high.wrapping_shr(bits) as i128) << 64) | low as i128
}

/// `a · b / divisor`, rounded as asked.
///
/// # Errors
/// [`RiskError::DivisionByZero`]; [`RiskError::Overflow`] when the quotient does not fit an i64.
pub fn mul_div(a: i64, b: i64, divisor: i64, rounding: Rounding) -> Result<i64, RiskError> {
    // Parts of sizes and of most prices are quotients of short products: a single division will do.
    let (a_size, b_size) = (a.unsigned_abs(), b.unsigned_abs());
    if (a_size | b_size) >> 31 == 0 && divisor > 0 {
        return Ok(div_short(a_size.wrapping_mul(b_size), (a ^ b) < 0, divisor, rounding));
    }
    let quotient = div_wide(mul_wide(a, b), divisor as i128, rounding)?;
    if quotient > i64::MAX as i128 || quotient < i64::MIN as i128 {
        return Err(RiskError::Overflow);
    }
    Ok(quotient as i64)
}

/// The quotient of a number below 2^62 with a sign of its own, by a positive divisor.
#[inline(always)]
fn div_short(size: u64, is_negative: bool, divisor: i64, rounding: Rounding) -> i64 {
    let divisor = NonZeroU64::MIN.saturating_add((divisor as u64).wrapping_sub(1));
    let quotient = size / divisor;
    // Away from zero where the rounding asks for it; the quotient has room for one more.
    let is_away = is_negative == (rounding == Rounding::Down) && quotient.wrapping_mul(divisor.get()) != size;
    let quotient = quotient.wrapping_add(is_away as u64) as i64;
    if is_negative {
        quotient.wrapping_neg()
    } else {
        quotient
    }
}

/// `dividend / divisor`, rounded as asked.
///
/// # Errors
/// [`RiskError::DivisionByZero`]; [`RiskError::Overflow`] for `i128::MIN / −1`.
pub fn div_wide(dividend: i128, divisor: i128, rounding: Rounding) -> Result<i128, RiskError> {
    if divisor > 0 && divisor <= u32::MAX as i128 {
        return Ok(div_by_u32(dividend, divisor as u64, rounding));
    }
    if divisor == 0 {
        return Err(RiskError::DivisionByZero);
    }
    let (Some(quotient), Some(remainder)) = (dividend.checked_div(divisor), dividend.checked_rem(divisor)) else {
        return Err(RiskError::Overflow);
    };
    if remainder == 0 {
        return Ok(quotient);
    }
    // A remainder means |quotient| < |dividend|: one step either way stays in range.
    let is_truncated_up = (remainder < 0) != (divisor < 0);
    Ok(match (rounding, is_truncated_up) {
        (Rounding::Down, true) => quotient.wrapping_sub(1),
        (Rounding::Up, false) => quotient.wrapping_add(1),
        _ => quotient,
    })
}

/// Quotient by a divisor in `1 ..= 2^32 − 1`, which all decimal scales are: digit by digit in 64 bits, at a tenth of what
/// the 128-bit division of the SVM costs.
#[inline]
fn div_by_u32(dividend: i128, divisor: u64, rounding: Rounding) -> i128 {
    let divisor = NonZeroU64::MIN.saturating_add(divisor.wrapping_sub(1));
    let size = dividend.unsigned_abs();
    let (high, low) = ((size >> 64) as u64, size as u64);
    // Mostly the dividend is so short that the two higher digits are 0.
    let (q3, q2, rest) = if high < divisor.get() {
        (0, 0, high)
    } else {
        let (q3, rest) = digit(0, high >> 32, divisor);
        let (q2, rest) = digit(rest, high, divisor);
        (q3, q2, rest)
    };
    let (q1, rest) = digit(rest, low >> 32, divisor);
    let (q0, rest) = digit(rest, low, divisor);
    // Each digit is below 2^32, as the remainder before it is below the divisor.
    let magnitude = (((q3 << 32 | q2) as u128) << 64) | (q1 << 32 | q0) as u128;
    // Away from zero by one where the rounding asks for it: magnitude ≤ 2^127 / divisor, and a remainder means divisor ≥ 2.
    let is_negative = dividend < 0;
    let is_away = rest != 0 && is_negative == (rounding == Rounding::Down);
    let magnitude = magnitude.wrapping_add(is_away as u128) as i128;
    if is_negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

/// `x / 1e9` towards −∞: what turns exact amounts into atoms, some sixty times in a report.
///
/// # Errors
/// [`RiskError::Overflow`] when the quotient does not fit an i64.
#[inline]
pub fn div_e9_floor(x: i128) -> Result<i64, RiskError> {
    const E9: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999_999);
    // Raised by 2^63 · 1e9 = 2^64 · 5e8 the dividend is positive, the quotient is raised by 2^63, and both are unsigned.
    let (high, low) = (((x >> 64) as i64).wrapping_add(500_000_000) as u64, x as u64);
    if high >= E9.get() {
        return Err(RiskError::Overflow);
    }
    let (q1, rest) = digit(high, low >> 32, E9);
    let (q0, _) = digit(rest, low, E9);
    // High < 1e9, so that q1 < 2^32.
    Ok(((q1 << 32 | q0) ^ (1 << 63)) as i64)
}

/// `x · ratio / 1e9` towards −∞, for any ratio of scale 1e-9: digit by digit in 64 bits, as the 128-bit product of the SVM is
/// a library call.
///
/// # Errors
/// [`RiskError::Overflow`] when the result is beyond ±2^127.
pub fn scale_e9_floor(x: i128, ratio: i64) -> Result<i128, RiskError> {
    const E9: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999_999);
    // Half of the factors of a margin are off, and switched off they are 1.
    if ratio == E9.get() as i64 {
        return Ok(x);
    }
    let is_negative = (x < 0) != (ratio < 0);
    let (size, ratio) = (x.unsigned_abs(), ratio.unsigned_abs());
    let (whole, part) = (ratio / E9, ratio % E9);
    let (high, low) = ((size >> 64) as u64, size as u64);
    // The part after the point: size · part, in digits of 32 bits. Digits and part < 2^32: products < 2^62, sums < 2^63.
    const LOW: u64 = 0xffff_ffff;
    let p0 = (low & LOW).wrapping_mul(part);
    let p1 = (low >> 32).wrapping_mul(part).wrapping_add(p0 >> 32);
    let p2 = (high & LOW).wrapping_mul(part).wrapping_add(p1 >> 32);
    let p3 = (high >> 32).wrapping_mul(part).wrapping_add(p2 >> 32);
    // Divided by 1e9, the highest digit first; p3 >> 32 is below 1e9, so the quotient has four digits.
    let (q3, rest) = digit(p3 >> 32, p3, E9);
    let (q2, rest) = digit(rest, p2, E9);
    let (q1, rest) = digit(rest, p1, E9);
    let (q0, rest) = digit(rest, p0, E9);
    let fraction = (((q3 << 32 | q2) as u128) << 64) | (q1 << 32 | q0) as u128;
    let fraction = fraction.wrapping_add((is_negative && rest != 0) as u128);
    let magnitude = match whole {
        0 => Some(fraction),
        1 => size.checked_add(fraction),
        _ => size.checked_mul(whole as u128).and_then(|product| product.checked_add(fraction)),
    };
    match magnitude.map(i128::try_from) {
        Some(Ok(magnitude)) if is_negative => Ok(magnitude.wrapping_neg()),
        Some(Ok(magnitude)) => Ok(magnitude),
        _ => Err(RiskError::Overflow),
    }
}

/// One step of long division in base 2^32: `(rest · 2^32 + low 32 bits of next) / divisor` and what remains.
#[inline(always)]
fn digit(rest: u64, next: u64, divisor: NonZeroU64) -> (u64, u64) {
    let current = (rest << 32) | (next & 0xffff_ffff);
    (current / divisor, current % divisor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prop_mul_wide_is_the_full_product(a: i64, b: i64) {
            prop_assert_eq!(mul_wide(a, b), a as i128 * b as i128);
        }

        #[test]
        fn prop_mul_div_rounds_as_asked(
            a in prop_oneof![any::<i64>(), -(1i64 << 32)..1 << 32, -20i64..20],
            b in prop_oneof![any::<i64>(), -(1i64 << 32)..1 << 32, 0i64..1_000_000_001],
            divisor in prop_oneof![any::<i64>(), Just(1_000_000_000i64), 1i64..100],
        ) {
            prop_assume!(divisor != 0);
            let (product, divisor_wide) = (a as i128 * b as i128, divisor as i128);
            let down = (product * divisor_wide.signum()).div_euclid(divisor_wide.abs());
            let up = -(-product * divisor_wide.signum()).div_euclid(divisor_wide.abs());
            prop_assert_eq!(mul_div(a, b, divisor, Rounding::Down).ok(), i64::try_from(down).ok());
            prop_assert_eq!(mul_div(a, b, divisor, Rounding::Up).ok(), i64::try_from(up).ok());
        }

        #[test]
        fn prop_div_e9_floor_is_the_floor_or_does_not_fit(x: i128, narrow in -(1i128 << 94)..1i128 << 94) {
            for x in [x, narrow, narrow >> 30] {
                prop_assert_eq!(div_e9_floor(x).ok(), i64::try_from(x.div_euclid(1_000_000_000)).ok());
            }
        }

        #[test]
        fn prop_wide_shifts_are_those_of_the_language(x: i64, wide: i128, bits in 1u32..64) {
            prop_assert_eq!(shl_wide(x, bits), (x as i128) << bits);
            prop_assert_eq!(shr_wide(wide, bits), wide >> bits);
        }

        #[test]
        fn prop_mul_shift_rounds_towards_minus_infinity(a in -(1i64 << 51)..(1i64 << 51), b in -(1i64 << 51)..(1i64 << 51)) {
            prop_assert_eq!(mul_shift::<40>(a, b) as i128, (a as i128 * b as i128) >> 40);
        }

        #[test]
        fn prop_div_wide_brackets_the_quotient(a in -(1i128 << 100)..(1i128 << 100), b in -(1i128 << 60)..(1i128 << 60)) {
            prop_assume!(b != 0);
            let down = div_wide(a, b, Rounding::Down).unwrap();
            let up = div_wide(a, b, Rounding::Up).unwrap();
            prop_assert_eq!(down, a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0));
            prop_assert_eq!(up - down, i128::from(a % b != 0));
        }
    }

    proptest! {
        #[test]
        fn prop_small_divisors_agree_with_the_wide_division(a: i128, b in 1u32..) {
            let (quotient, rest) = (a / b as i128, a % b as i128);
            let down = if rest < 0 { quotient - 1 } else { quotient };
            let up = if rest > 0 { quotient + 1 } else { quotient };
            prop_assert_eq!(div_wide(a, b as i128, Rounding::Down), Ok(down));
            prop_assert_eq!(div_wide(a, b as i128, Rounding::Up), Ok(up));
        }
    }

    proptest! {
        #[test]
        fn prop_scale_e9_agrees_with_the_wide_division(x: i128, bits in 30u32..127, ratio in -100_000_000_000i64..100_000_000_000) {
            let x = x >> bits;
            let exact = x.checked_mul(ratio as i128).map(|product| product.div_euclid(1_000_000_000));
            prop_assume!(exact.is_some());
            prop_assert_eq!(scale_e9_floor(x, ratio), Ok(exact.unwrap()));
        }
    }

    #[test]
    fn scale_e9_refuses_what_does_not_fit() {
        assert_eq!(scale_e9_floor(i128::MAX, 2_000_000_000), Err(RiskError::Overflow));
        assert_eq!(scale_e9_floor(i128::MAX, 1_000_000_000), Ok(i128::MAX));
        assert_eq!(scale_e9_floor(-1, 1), Ok(-1));
        assert_eq!(scale_e9_floor(1, -1), Ok(-1));
        assert_eq!(scale_e9_floor(1, 1), Ok(0));
    }

    #[test]
    fn small_divisors_keep_the_extremes() {
        assert_eq!(div_wide(i128::MIN, 1, Rounding::Down), Ok(i128::MIN));
        assert_eq!(div_wide(i128::MAX, u32::MAX as i128, Rounding::Down), Ok(i128::MAX / u32::MAX as i128));
    }

    #[test]
    fn mul_div_refuses_zero_and_overflow() {
        assert_eq!(mul_div(1, 1, 0, Rounding::Down), Err(RiskError::DivisionByZero));
        assert_eq!(mul_div(i64::MAX, i64::MAX, 1, Rounding::Down), Err(RiskError::Overflow));
        assert_eq!(mul_div(-7, 1, 2, Rounding::Down), Ok(-4));
        assert_eq!(mul_div(-7, 1, 2, Rounding::Up), Ok(-3));
    }
}
