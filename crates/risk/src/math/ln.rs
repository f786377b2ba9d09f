//! The natural logarithm.

use super::bits::leading_zeros;
use super::ln_table::{LN_2_Q56, LN_E9_Q56, LN_ONE_Q56, PIECES};
use crate::error::RiskError;
use crate::units::{Log, Price};

/// Natural logarithm of a price in USD.
///
/// # Domain
/// 1e-9 to 1e9 USD. Monotone.
///
/// # Errors
/// [`RiskError::PriceOutOfRange`] outside the domain.
///
/// # Error bound
/// 0.55 units of Q40, that is 5e-13 absolute.
///
/// # Source
/// See [`ln_ratio_q40`].
#[inline]
pub fn ln_price(price: Price) -> Result<Log, RiskError> {
    if !price.is_in_range() {
        return Err(RiskError::PriceOutOfRange);
    }
    // Both below 2^62: the difference is exact.
    Ok(Log::from_raw(round_q56(ln_q56(price.raw() as u64).wrapping_sub(LN_E9_Q56))))
}

/// Natural logarithm of a positive Q40 number, in Q40.
///
/// # Domain
/// 1 unit of Q40 to `i64::MAX`. Monotone.
///
/// # Errors
/// [`RiskError::OutOfDomain`] for zero and below.
///
/// # Error bound
/// 0.55 units of Q40, that is 5e-13 absolute.
///
/// # Source
/// x = 2^e·m, ln m = ln(1 + r) − ln c with a 10-bit reciprocal c of the middle of m's interval and r = m·c − 1 exact;
/// P. Tang, "Table-driven implementation of the logarithm function", ACM TOMS 16 (1990).
#[inline]
pub fn ln_ratio_q40(x: i64) -> Result<i64, RiskError> {
    if x <= 0 {
        return Err(RiskError::OutOfDomain);
    }
    // Both below 2^62: the difference is exact.
    Ok(round_q56(ln_q56(x as u64).wrapping_sub(LN_ONE_Q56)))
}

#[inline(always)]
fn round_q56(x: i64) -> i64 {
    x.wrapping_add(1 << 15) >> 16
}

/// Natural logarithm of an integer x > 0, in Q56, to 2^-45.
#[inline(always)]
fn ln_q56(x: u64) -> i64 {
    let zeros = leading_zeros(x);
    let mantissa = x.wrapping_shl(zeros);
    let (reciprocal, minus_ln) = piece(mantissa);
    // Q51 in [1, 2) times Q10 in (1/2, 1]: Q61 within 2^-8.7 of 1, so r < 2^52.3.
    let r = ((mantissa >> 12) as i64).wrapping_mul(reciprocal as i64).wrapping_sub(1 << 61);
    let r40 = r >> 21;
    // |r| < 2^31.3 in Q40: r² < 2^62.6; then r² in Q48 < 2^30.6, and its products with r and itself < 2^62.
    let square = r40.wrapping_mul(r40) >> 32;
    let cube = square.wrapping_mul(r40) >> 40;
    let third = cube.wrapping_mul(1_431_655_765) >> 32;
    let quarter = square.wrapping_mul(square) >> 50;
    // The next term of the series is below 2^-45.
    let series = (r >> 5).wrapping_sub(square << 7).wrapping_add(third.wrapping_sub(quarter) << 8);
    // 63·ln 2 < 2^5.5: the sum < 2^62.
    let exponent = 63i64.wrapping_sub(zeros as i64);
    exponent.wrapping_mul(LN_2_Q56).wrapping_add(minus_ln).wrapping_add(series)
}

#[inline(always)]
#[allow(clippy::indexing_slicing)] // The mask keeps the index inside the 256 entries.
fn piece(mantissa: u64) -> (u16, i64) {
    PIECES[((mantissa >> 55) & 255) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ONE_Q;
    use proptest::prelude::*;

    /// Error in units of Q40; f64's own is below 0.01 of them.
    fn error_of_price(raw: i64) -> f64 {
        // ln(raw) − ln(1e9) would lose digits: split the number instead.
        let exact = libm::log(raw as f64 / 1e9) * ONE_Q as f64;
        (ln_price(Price::from_raw(raw)).unwrap().raw() as f64 - exact).abs()
    }

    #[test]
    fn ln_keeps_its_error_bound_on_a_dense_grid() {
        let mut worst = 0.0f64;
        let mut raw = 1.0f64;
        while raw < 1e18 {
            worst = worst.max(error_of_price(raw as i64));
            raw *= 1.00003;
            raw = raw.max(libm::ceil(raw));
        }
        assert!(worst <= 0.55, "{worst}");
    }

    #[test]
    fn ln_refuses_what_has_no_logarithm() {
        for raw in [0, -1, i64::MIN, Price::MAX.raw() + 1] {
            assert_eq!(ln_price(Price::from_raw(raw)), Err(RiskError::PriceOutOfRange));
        }
        assert_eq!(ln_ratio_q40(0), Err(RiskError::OutOfDomain));
        assert_eq!(ln_ratio_q40(ONE_Q), Ok(0));
        assert_eq!(ln_price(Price::from_usd(1)), Ok(Log::ZERO));
    }

    proptest! {
        #[test]
        fn prop_ln_is_within_its_bound(raw in 1i64..=1_000_000_000_000_000_000, bits in 0u32..60) {
            prop_assert!(error_of_price((raw >> bits).max(1)) <= 0.55);
        }

        #[test]
        fn prop_ln_ratio_is_within_its_bound(raw in 1i64.., bits in 0u32..63) {
            let x = (raw >> bits).max(1);
            let exact = libm::log(x as f64 / ONE_Q as f64) * ONE_Q as f64;
            prop_assert!((ln_ratio_q40(x).unwrap() as f64 - exact).abs() <= 0.55);
        }

        #[test]
        fn prop_ln_is_monotone(raw in 1i64..1_000_000_000_000_000_000, bits in 0u32..60) {
            let x = (raw >> bits).max(1);
            prop_assert!(ln_price(Price::from_raw(x)).unwrap() <= ln_price(Price::from_raw(x + 1)).unwrap());
        }
    }
}
