//! The units of a scan: binary block exponents that let prices, sizes and their products live in 64 bits.
//!
//! A unit of price is 2^price · 1e-9 USD, chosen so that the highest shocked forward or strike is below 2^31 of them; a unit
//! of size is 2^size · 1e-6 contracts, chosen so that all sizes together are at most 2^30 of them; a value in both is
//! 2^(price + size) · 1e-15 USD. Sizes that add up to a thousand contracts or less are exact.

use crate::fixed::mul_wide;
use crate::math::leading_zeros;
use crate::units::{Contracts, Exact, Price};

/// Bits of the largest price.
const PRICE_BITS: i32 = 31;
/// Bits of the sum of all sizes.
const SIZE_BITS: i32 = 30;
/// Bits of the largest notional: what a sum of values may reach.
const VALUE_BITS: i32 = PRICE_BITS + SIZE_BITS;

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
        let size = bits(gross.max(1)).wrapping_sub(SIZE_BITS);
        if collateral.is_zero() {
            return Self { price, size };
        }
        // Eight times the collateral, more than a scenario makes of it, below 2^61 too. Values are below 2^93 · 1e-15 USD.
        let top = (collateral.raw() >> 32) as i64;
        let for_collateral = bits(top).wrapping_add(35).wrapping_sub(VALUE_BITS).wrapping_sub(price);
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
        mul_wide(sum, price).wrapping_shr(BITS.wrapping_sub(self.size) as u32)
    }

    /// A value whose sizes are in units, with those in millionths. # Rounding Down.
    pub fn unscaled(&self, value: i128) -> i128 {
        if self.size > 0 {
            value.wrapping_shl(self.size as u32)
        } else {
            value.wrapping_shr(self.size.wrapping_neg() as u32)
        }
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
        if self.size <= 0 {
            size.raw().wrapping_shl(self.size.wrapping_neg() as u32)
        } else {
            size.raw().wrapping_shr(self.size as u32)
        }
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
        let wide = value as i128;
        // |value| < 2^63 and exponents below 60: no bit is lost.
        Exact::from_raw(if exponent >= 0 {
            wide.wrapping_shl(exponent as u32)
        } else {
            wide.wrapping_shr(exponent.wrapping_neg() as u32)
        })
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
