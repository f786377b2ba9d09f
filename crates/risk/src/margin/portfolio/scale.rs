//! The units of a scan: binary block exponents that let prices, sizes and their products live in 64 bits.
//!
//! A unit of price is 2^price · 1e-9 USD, chosen so that the highest shocked forward or strike is below 2^31 of them; a unit
//! of size is 2^size · 1e-6 contracts, chosen so that all sizes together at the highest price are worth less than 2^62 of
//! both; a value in both is 2^(price + size) · 1e-15 USD. The sizes of a book have 31 or 32 bits between them: those that add
//! up to a thousand contracts or less are exact, unless collateral of the same asset outweighs them.

use super::grid::FACTOR_BITS;
use crate::error::RiskError;
use crate::fixed::{mul_shift, mul_wide, shl_wide, shr_wide};
use crate::math::leading_zeros;
use crate::units::{Contracts, Exact, Price};

/// Bits of the largest price.
const PRICE_BITS: i32 = 31;
/// Bits of the sum of all sizes, before it is seen how much of its highest price's bits a book uses.
const SIZE_BITS: i32 = 31;
/// Bits of the largest notional: what a sum of values may reach. The difference of two such values, and the change of
/// collateral on top, have a bit more; a sign makes it 64.
const VALUE_BITS: i32 = 62;
/// Units of price that are left free, 2^-20 of the highest: for sizes that rounding makes larger by one, together at most
/// 2^-24 of their sum, and for what probabilities are off by.
const SPARE: i64 = 1 << 11;

/// A price in range, times a factor on spot (Q30). # Rounding Up, by less than 8 + 8 · factor units of 1e-9 USD.
///
/// # Errors
/// [`RiskError::Overflow`].
pub(super) fn shocked_ceil(price: Price, factor: i64) -> Result<i64, RiskError> {
    // Prices below 2^60 and factors below 2^34.4 of Q30; beyond an i64 the price is out of any range.
    let shocked = mul_shift::<FACTOR_BITS>((price.raw() >> 3).wrapping_add(1), factor);
    if !(0..i64::MAX >> 4).contains(&shocked) {
        return Err(RiskError::Overflow);
    }
    Ok(shocked.wrapping_add(1) << 3)
}

/// Exponents of the units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scale {
    price: i32,
    size: i32,
}

impl Scale {
    /// The finest units for prices up to `highest` and sizes adding up to `gross`, whose values must hold `collateral` too.
    pub fn new(highest: i64, gross: i64, collateral: Exact) -> Self {
        // bits(x) = the least n with x < 2^n.
        let bits = |x: i64| 64i32.wrapping_sub(leading_zeros(x.unsigned_abs()) as i32);
        let price = bits(highest.max(1)).wrapping_sub(PRICE_BITS);
        let normal = bits(gross.max(1)).wrapping_sub(SIZE_BITS);
        // Both have 31 bits and are rounded up: a product of 61 to 63.
        let top = shift_down(highest.max(1), price).wrapping_add(SPARE);
        let notional = top.wrapping_mul(shift_down(gross.max(1), normal).wrapping_add(1));
        let size = normal.wrapping_add(bits(notional)).wrapping_sub(VALUE_BITS);
        if collateral.is_zero() {
            return Self { price, size };
        }
        // Eight times the collateral, more than a scenario makes of it, below 2^62 too. Values are below 2^93 · 1e-15 USD.
        let held = (collateral.raw() >> 32) as i64;
        let for_collateral = bits(held).wrapping_add(35).wrapping_sub(VALUE_BITS).wrapping_sub(price);
        Self { price, size: size.max(for_collateral) }
    }

    /// The finest unit for sizes adding up to `gross`, prices in their own.
    pub fn of_sizes(gross: Contracts) -> Self {
        let bits = 64i32.wrapping_sub(leading_zeros(gross.raw().max(1) as u64) as i32);
        Self { price: 0, size: bits.wrapping_sub(SIZE_BITS) }
    }

    /// A sum of sizes times something in Q`BITS`, times a price, in its exact unit. # Rounding Down.
    pub fn sized<const BITS: i32>(&self, sum: i64, price: i64) -> i128 {
        // Sizes adding up to 2^56 at most have exponents of 26 at most, and −29 at least.
        shr_wide(mul_wide(sum, price), BITS.wrapping_sub(self.size) as u32)
    }

    /// A value whose sizes are in units, with those in millionths. # Rounding Down.
    pub fn unscaled(&self, value: i128) -> i128 {
        if self.size > 0 {
            value.wrapping_shl(self.size as u32)
        } else {
            value.wrapping_shr(self.size.wrapping_neg() as u32)
        }
    }

    /// The same with sizes two bits coarser: values have room for brackets as wide as themselves.
    pub fn with_headroom(self) -> Self {
        Self { size: self.size.wrapping_add(2), ..self }
    }

    /// Whether sizes are rounded.
    pub const fn rounds_sizes(&self) -> bool {
        self.size > 0
    }

    /// Exponent of the unit of price.
    pub const fn price_exponent(&self) -> i32 {
        self.price
    }

    /// A price, to nearest.
    #[inline(always)]
    pub fn price(&self, price: Price) -> i64 {
        shift_nearest(price.raw(), self.price)
    }

    /// A price with two bits more, to nearest.
    #[inline(always)]
    pub fn price_q2(&self, price: Price) -> i64 {
        shift_nearest(price.raw(), self.price.wrapping_sub(2))
    }

    /// A size. # Rounding Down: shorts grow and longs shrink, so that no short is too small to be seen beside a giant.
    #[inline(always)]
    pub fn size(&self, size: Contracts) -> i64 {
        shift_down(size.raw(), self.size)
    }

    /// An exact value in units of value. # Rounding Down.
    #[inline(always)]
    pub fn value(&self, value: Exact) -> i64 {
        // The scale was made so that it fits.
        let exponent = self.price.wrapping_add(self.size);
        if exponent >= 0 {
            value.raw().wrapping_shr(exponent as u32) as i64
        } else {
            value.raw().wrapping_shl(exponent.wrapping_neg() as u32) as i64
        }
    }

    /// A value in its exact unit. # Rounding Down.
    #[inline(always)]
    pub fn exact(&self, value: i64) -> Exact {
        let exponent = self.price.wrapping_add(self.size);
        // |value| < 2^63 and exponents within ±61: no bit is lost.
        Exact::from_raw(if exponent > 0 {
            shl_wide(value, exponent as u32)
        } else {
            (value >> exponent.wrapping_neg().min(63)) as i128
        })
    }
}

/// x / 2^exponent; exponents within ±33. # Rounding Down.
#[inline(always)]
fn shift_down(x: i64, exponent: i32) -> i64 {
    if exponent > 0 {
        x.wrapping_shr(exponent as u32)
    } else {
        x.wrapping_shl(exponent.wrapping_neg() as u32)
    }
}

/// x / 2^exponent to nearest for x ≥ 0; exponents within ±33.
#[inline(always)]
fn shift_nearest(x: i64, exponent: i32) -> i64 {
    if exponent > 0 {
        (x.wrapping_shr(exponent.wrapping_sub(1) as u32).wrapping_add(1)) >> 1
    } else {
        x.wrapping_shl(exponent.wrapping_neg() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(x: i64) -> u32 {
        64 - x.leading_zeros()
    }

    /// Prices as far as six times the highest, and the sizes of 64 legs.
    fn any_book() -> impl Strategy<Value = (i64, i64)> {
        let log_uniform = |bits: f64| (0.0..bits).prop_map(|x: f64| x.exp2() as i64);
        let near_a_power = |bits: u32| ((0..bits), -2i64..=2).prop_map(|(bit, more)| ((1i64 << bit) + more).max(1));
        (prop_oneof![log_uniform(62.9), near_a_power(62)], prop_oneof![log_uniform(56.0), near_a_power(56)])
    }

    proptest! {
        #[test]
        fn prop_a_book_at_its_highest_price_fits_with_no_bit_to_spare((highest, gross) in any_book()) {
            let scale = Scale::new(highest, gross, Exact::ZERO);
            // The highest price rounded up, and one more unit for each of 64 sizes.
            let top = i128::from(shift_down(highest, scale.price)) + 1;
            let sizes = i128::from(shift_down(gross, scale.size)) + 65;
            prop_assert!(top <= 1 << 31 && top * sizes < (1 << 62) - (1 << 40), "{top} · {sizes}");
            prop_assert!(top * sizes > (1 << 61) - (1 << 42), "a bit more would fit: {top} · {sizes}");
        }

        #[test]
        fn prop_sizes_up_to_a_thousand_contracts_are_exact((highest, _) in any_book(), gross in 1i64..1_000_000_000) {
            prop_assert!(Scale::new(highest, gross, Exact::ZERO).size <= 0);
        }

        #[test]
        fn prop_collateral_fits_eight_times((highest, gross) in any_book(), held in 1i128..1 << 80) {
            let scale = Scale::new(highest, gross, Exact::from_raw(held));
            if scale.size < 62 {
                prop_assert!(bits(scale.value(Exact::from_raw(held))) <= 59);
            }
        }
    }

    /// Sizes had 30 bits between them whatever the prices were: 64 legs in one expiry lost up to 64 · 2^-29 of the book's
    /// size, more than the documented tolerance of 2e-8 leaves when the margin itself is near zero.
    #[test]
    fn reg_sizes_use_the_bits_that_prices_leave() {
        for (highest, gross, most) in [
            // Just below a power of two each: 31 bits, as the product needs all 62.
            ((1 << 40) - (1 << 30), (1 << 36) - (1 << 26), 1 << 5),
            // Just above: 32 bits.
            ((1 << 40) + 1, (1 << 36) + 1, 1 << 5),
        ] {
            let scale = Scale::new(highest, gross, Exact::ZERO);
            assert_eq!(1 << scale.size, most, "{highest} {gross}");
        }
    }
}
