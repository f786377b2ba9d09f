//! Unit types: what a number means is part of its type, and the compiler refuses the rest.
//!
//! | type | meaning | scale | range |
//! |---|---|---|---|
//! | [`Price`] | USD per unit of underlying | 1e-9 | 0 ..= 1e9 USD |
//! | [`Contracts`] | signed size, + long, − short | 1e-6 | ±1e9 contracts |
//! | [`Value`] | signed amount of the quote asset, in atoms | 1e-6 | ±9.2e12 USD |
//! | [`Exact`] | a sum of price × contracts products, not rounded yet | 1e-15 | ±1.7e23 USD |
//! | [`Ratio`] | dimensionless parameter, decimal | 1e-9 | ±9.2e9 |
//! | [`Log`], [`Vol`], [`Variance`], [`TotalVol`], [`Discount`], [`Skew`] | what the pricing kernel works on, binary | 2^-40 | ±2^23 |
//! | [`Seconds`] | a length of time | 1 | i64 |
//!
//! Lawful products: `Price × Contracts → Exact`, `Price × Ratio → Price`, `Value × Ratio → Value`,
//! `Exact × Ratio → Exact`; `Exact → Value` and every product with a `Ratio` only with a named rounding.
//! There is no `Mul<Self>`, no `Deref` and no `From<u64>`.
//!
//! ```compile_fail
//! use plimsoll_risk::units::Price;
//! let area = Price::from_usd(2) * Price::from_usd(3); // a price times a price means nothing
//! ```

use crate::error::RiskError;
use crate::fixed::{self, Rounding};

/// Fractional bits of every binary fixed-point type.
pub const Q: u32 = 40;
/// 1.0 in binary fixed point.
pub const ONE_Q: i64 = 1 << Q;
/// 1.0 in the decimal scale of [`Price`] and [`Ratio`].
pub const ONE_E9: i64 = 1_000_000_000;
/// 1.0 in the decimal scale of [`Contracts`] and [`Value`].
pub const ONE_E6: i64 = 1_000_000;
/// Seconds in a year of 365 days, the only year the protocol knows.
pub const SECONDS_PER_YEAR: i64 = 31_536_000;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($repr:ty)) => {
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// Wraps a raw number in this type's scale.
            #[inline(always)]
            pub const fn from_raw(raw: $repr) -> Self {
                Self(raw)
            }

            /// The raw number in this type's scale.
            #[inline(always)]
            pub const fn raw(self) -> $repr {
                self.0
            }

            /// Sum. # Errors [`RiskError::Overflow`] beyond the representation.
            #[inline(always)]
            pub const fn add(self, other: Self) -> Result<Self, RiskError> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Ok(Self(sum)),
                    None => Err(RiskError::Overflow),
                }
            }

            /// Difference. # Errors [`RiskError::Overflow`] beyond the representation.
            #[inline(always)]
            pub const fn sub(self, other: Self) -> Result<Self, RiskError> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Ok(Self(difference)),
                    None => Err(RiskError::Overflow),
                }
            }

            /// Negation. # Errors [`RiskError::Overflow`] for the one number without an opposite.
            #[inline(always)]
            pub const fn neg(self) -> Result<Self, RiskError> {
                match self.0.checked_neg() {
                    Some(opposite) => Ok(Self(opposite)),
                    None => Err(RiskError::Overflow),
                }
            }

            /// Whether the number is below zero.
            #[inline(always)]
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Whether the number is zero.
            #[inline(always)]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }
    };
}

unit! {
    /// USD per unit of underlying, scale 1e-9. Constructors that take foreign data check [`Price::MAX`].
    Price(i64)
}
unit! {
    /// Signed number of contracts, scale 1e-6: + long, − short.
    Contracts(i64)
}
unit! {
    /// Signed amount of the quote asset in atoms (1e-6 USD): + good for the account.
    Value(i64)
}
unit! {
    /// Exact sum of `Price × Contracts` products, scale 1e-15 USD: nothing has been rounded yet.
    Exact(i128)
}
unit! {
    /// Dimensionless decimal number, scale 1e-9: risk parameters, haircuts, fees, the health factor.
    Ratio(i64)
}
unit! {
    /// Natural logarithm of a price in USD, or of a quotient of prices, Q40.
    Log(i64)
}
unit! {
    /// Annualised volatility σ, Q40.
    Vol(i64)
}
unit! {
    /// Annualised variance σ², Q40.
    Variance(i64)
}
unit! {
    /// Volatility over the life of an option, σ·√τ, Q40.
    TotalVol(i64)
}
unit! {
    /// Discount factor, Q40.
    Discount(i64)
}
unit! {
    /// Dimensionless binary number, Q40: SVI's ρ, and quotients of prices.
    Skew(i64)
}
unit! {
    /// A length of time in seconds.
    Seconds(i64)
}

impl Price {
    /// Largest price of an underlying or strike: 1e9 USD. So `Price × Ratio` with a ratio up to 9 fits an i64.
    pub const MAX: Self = Self(1_000_000_000 * ONE_E9);

    /// Whole dollars. Out-of-range dollars saturate at `i64::MAX / 1e9`; meant for literals.
    pub const fn from_usd(dollars: u32) -> Self {
        // u32::MAX · 1e9 < 2^63: cannot overflow.
        Self((dollars as i64).wrapping_mul(ONE_E9))
    }

    /// `0 < price ≤ MAX`, the range of everything that comes from outside.
    pub const fn is_in_range(self) -> bool {
        self.0 > 0 && self.0 <= Self::MAX.0
    }

    /// Price times size. Exact.
    #[inline(always)]
    pub fn times(self, size: Contracts) -> Exact {
        Exact(fixed::mul_wide(self.0, size.0))
    }

    /// Price times a ratio. # Rounding as asked, on the last 1e-9 USD. # Errors [`RiskError::Overflow`].
    pub fn scale(self, ratio: Ratio, rounding: Rounding) -> Result<Self, RiskError> {
        Ok(Self(fixed::mul_div(self.0, ratio.0, ONE_E9, rounding)?))
    }
}

impl Contracts {
    /// Largest size of one position or open interest: 1e9 contracts.
    pub const MAX: Self = Self(1_000_000_000 * ONE_E6);

    /// Whole contracts; meant for literals.
    pub const fn from_whole(contracts: i32) -> Self {
        // i32 · 1e6 < 2^63: cannot overflow.
        Self((contracts as i64).wrapping_mul(ONE_E6))
    }

    /// Absolute size. # Errors [`RiskError::Overflow`] for `i64::MIN`.
    pub const fn abs(self) -> Result<Self, RiskError> {
        match self.0.checked_abs() {
            Some(size) => Ok(Self(size)),
            None => Err(RiskError::Overflow),
        }
    }
}

impl Value {
    /// Whole dollars; meant for literals.
    pub const fn from_usd(dollars: i32) -> Self {
        // i32 · 1e6 < 2^63: cannot overflow.
        Self((dollars as i64).wrapping_mul(ONE_E6))
    }

    /// The same amount as an exact sum.
    #[inline(always)]
    pub fn to_exact(self) -> Exact {
        Exact(fixed::mul_wide(self.0, ONE_E9))
    }

    /// Amount times a ratio. # Rounding as asked, on the last atom. # Errors [`RiskError::Overflow`].
    pub fn scale(self, ratio: Ratio, rounding: Rounding) -> Result<Self, RiskError> {
        Ok(Self(fixed::mul_div(self.0, ratio.0, ONE_E9, rounding)?))
    }
}

impl Exact {
    /// Rounds to atoms towards −∞: never in the account's favour, whatever the sign.
    /// # Errors [`RiskError::Overflow`] beyond ±9.2e12 USD.
    pub fn to_value_floor(self) -> Result<Value, RiskError> {
        fixed::div_e9_floor(self.0).map(Value)
    }

    /// Rounds to atoms towards +∞: what an account has to pay, when payments are positive.
    /// # Errors [`RiskError::Overflow`] beyond ±9.2e12 USD.
    pub fn to_value_ceil(self) -> Result<Value, RiskError> {
        let negated = self.0.checked_neg().ok_or(RiskError::Overflow)?;
        let floor = fixed::div_e9_floor(negated)?;
        floor.checked_neg().map(Value).ok_or(RiskError::Overflow)
    }

    /// Exact amount times a ratio. # Rounding towards −∞, on the last 1e-15 USD. # Errors [`RiskError::Overflow`].
    pub fn scale_floor(self, ratio: Ratio) -> Result<Self, RiskError> {
        if ratio.0 == ONE_E9 || self.0 == 0 {
            return Ok(self);
        }
        fixed::scale_e9_floor(self.0, ratio.0).map(Self)
    }
}

impl Ratio {
    /// 1.
    pub const ONE: Self = Self(ONE_E9);
    /// Larger than any number this type is computed to: the health factor of an account that owes nothing.
    pub const INFINITE: Self = Self(i64::MAX);

    /// Millionths; meant for literals: `Ratio::from_millionths(150_000)` is 0.15.
    pub const fn from_millionths(millionths: i32) -> Self {
        // i32 · 1e3 < 2^63: cannot overflow.
        Self((millionths as i64).wrapping_mul(1_000))
    }

    /// Whether the ratio lies in `[low, high]`.
    pub const fn is_within(self, low: Self, high: Self) -> bool {
        self.0 >= low.0 && self.0 <= high.0
    }
}

impl Discount {
    /// 1: no discounting.
    pub const ONE: Self = Self(ONE_Q);
}

const _: () = {
    // Price × Contracts at both maxima, fits an i128 with room for 64 legs and 64 charges.
    assert!((Price::MAX.0 as i128) * (Contracts::MAX.0 as i128) < i128::MAX / 64 / 64);
};
