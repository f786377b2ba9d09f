//! The only raw wide arithmetic of the project: 64 × 64 → 128 bit products, and quotients with a named rounding.
//!
//! The compiler's own 128-bit product is a library call on the SVM; the product here is four 32-bit products in line.

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
    let high = high
        .wrapping_sub(((a >> 63) as u64) & (b as u64))
        .wrapping_sub(((b >> 63) as u64) & (a as u64));
    ((high as i64 as i128) << 64) | low as i128
}

/// `a · b / 2^SHIFT` towards −∞, for `0 < SHIFT < 64`. The caller shows that the result fits an i64.
#[inline(always)]
pub const fn mul_shift<const SHIFT: u32>(a: i64, b: i64) -> i64 {
    let (high, low) = mul_u64(a as u64, b as u64);
    let high = high
        .wrapping_sub(((a >> 63) as u64) & (b as u64))
        .wrapping_sub(((b >> 63) as u64) & (a as u64));
    ((high << 64u32.wrapping_sub(SHIFT)) | (low >> SHIFT)) as i64
}

/// `a · b / divisor`, rounded as asked.
///
/// # Errors
/// [`RiskError::DivisionByZero`]; [`RiskError::Overflow`] when the quotient does not fit an i64.
pub fn mul_div(a: i64, b: i64, divisor: i64, rounding: Rounding) -> Result<i64, RiskError> {
    let quotient = div_wide(mul_wide(a, b), divisor as i128, rounding)?;
    if quotient > i64::MAX as i128 || quotient < i64::MIN as i128 {
        return Err(RiskError::Overflow);
    }
    Ok(quotient as i64)
}

/// `dividend / divisor`, rounded as asked.
///
/// # Errors
/// [`RiskError::DivisionByZero`]; [`RiskError::Overflow`] for `i128::MIN / −1`.
pub fn div_wide(dividend: i128, divisor: i128, rounding: Rounding) -> Result<i128, RiskError> {
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

    #[test]
    fn mul_div_refuses_zero_and_overflow() {
        assert_eq!(mul_div(1, 1, 0, Rounding::Down), Err(RiskError::DivisionByZero));
        assert_eq!(mul_div(i64::MAX, i64::MAX, 1, Rounding::Down), Err(RiskError::Overflow));
        assert_eq!(mul_div(-7, 1, 2, Rounding::Down), Ok(-4));
        assert_eq!(mul_div(-7, 1, 2, Rounding::Up), Ok(-3));
    }
}
