//! What the parameters say of one expiry: how far volatility moves, how shocked values are discounted, how the smile tilts.

use super::kernel::VolFactor;
use crate::error::RiskError;
use crate::fixed::mul_shift;
use crate::math::{self, leading_zeros};
use crate::params::{PortfolioParams, SkewParams};
use crate::pricing::black76::{discount, mul_q40, total_vol};
use crate::units::{Discount, Ratio, Seconds, Vol, ONE_Q};
use core::num::NonZeroU64;
use core::ops::BitOr;

/// Thirty days, the tenor at which the shocks are what the parameters say.
const REFERENCE_TENOR: i64 = 30 * 86_400;
/// 5^9: 1e9 without its factors of two.
const FIVE_TO_9: NonZeroU64 = NonZeroU64::MIN.saturating_add(1_953_124);

/// What the market says of an underlying's volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolatilityState {
    /// Realised volatility, per year.
    pub realised: Vol,
    /// Forecast factor on the shock upwards, at least 1.
    pub forecast: Ratio,
}

/// Time, rate and discount of one expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenor {
    /// Time left.
    pub left: Seconds,
    /// Its square root in years, from [`math::sqrt_years`].
    pub sqrt_years: i64,
    /// Discount rate per year, in [0, 1].
    pub rate: Ratio,
    /// Discount factor of the mark.
    pub discount: Discount,
}

/// A skew scenario at one tenor: the relative change of volatility at log-moneyness k is cap·k/k*, k clipped to ±k*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SkewTerms {
    /// Q40; 0 where the scenario is left out, or has no effect.
    pub cap: i64,
    /// k*, Q40.
    limit: i64,
    /// How far k is shifted to have 31 bits.
    shift: u32,
    /// cap/k* in Q(61 − 40 + shift), for a product in Q61: its size is below 2^32.
    slope: i64,
}

/// Discount factors less 1, Q31: values keep their digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Discounts {
    /// D·D+ − 1.
    pub owned: i64,
    /// D·D− − 1.
    pub owed: i64,
    /// D − 1.
    pub mark: i64,
}

/// Everything the scan needs of one expiry.
///
/// # Units
/// Volatility factors and the basis rate Q40.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TenorTerms {
    pub vol_up: VolFactor,
    pub vol_down: VolFactor,
    /// Least total volatility of direction up, Q32.
    pub least_up: u64,
    pub discounts: Discounts,
    /// basis_add + basis_mult·τ.
    pub basis: i64,
    pub linear: SkewTerms,
    pub absolute: SkewTerms,
}

impl TenorTerms {
    /// # Rounding
    /// To about 1e-11, in no direction.
    ///
    /// # Errors
    /// [`RiskError::TenorOutOfRange`] for a negative time, [`RiskError::Overflow`] never for validated parameters.
    ///
    /// # Source
    /// `docs/risk-model.md`, "Portfolio margin".
    pub fn new(params: &PortfolioParams, tenor: &Tenor, vols: &VolatilityState) -> Result<Self, RiskError> {
        if tenor.left.is_negative() {
            return Err(RiskError::TenorOutOfRange);
        }
        let power = shock_power(params, tenor.left)?;
        let up = ONE_Q.wrapping_add(mul_shift::<40>(q40(params.range_up), power));
        let down = ONE_Q.wrapping_sub(mul_shift::<40>(q40(params.range_down), power)).max(0);
        let dynamic = mul_shift::<40>(q40(params.realised_mult), vols.realised.raw());
        let least_vol = Vol::from_raw(q40(params.min_vol_up).max(dynamic));
        let rate = tenor.rate.raw();
        // Rates and multiples are at most 1 and 2: sums below 4e9. D·D± by one exponential each.
        let owned_rate = rate.wrapping_add(times(rate, params.long_mult)).wrapping_add(params.long_add.raw());
        let owed_rate = rate.wrapping_sub(times(rate, params.short_mult)).wrapping_sub(params.short_add.raw());
        let owned = mul_q40(discount(Ratio::from_raw(owned_rate), tenor.left).raw(), q40(params.long_base));
        let owed = mul_q40(discount(Ratio::from_raw(owed_rate), tenor.left).raw(), q40(params.short_base));
        let years = mul_shift::<40>(tenor.sqrt_years, tenor.sqrt_years);
        let (linear, absolute) = SkewTerms::both(params, tenor.sqrt_years);
        Ok(Self {
            vol_up: VolFactor::new(mul_shift::<40>(up, q40(vols.forecast))),
            vol_down: VolFactor::new(down),
            least_up: (total_vol(least_vol, tenor.sqrt_years).raw() >> 8) as u64,
            discounts: Discounts {
                owned: less_one_q31(owned),
                // D− is at most 1/D: nothing is ever owed at more than its forward value.
                owed: less_one_q31(owed.min(ONE_Q)),
                mark: less_one_q31(tenor.discount.raw()),
            },
            basis: q40(params.basis_add).wrapping_add(mul_shift::<40>(q40(params.basis_mult), years)),
            linear,
            absolute,
        })
    }
}

impl Discounts {
    /// Value times D·D±: by what it is worth, owned or owed.
    #[inline(always)]
    pub fn of_scenario(&self, value: i64) -> i64 {
        discounted(value, if value > 0 { self.owned } else { self.owed })
    }
}

impl SkewTerms {
    /// Of the smile that tilts and of the one that bends.
    pub fn both(params: &PortfolioParams, sqrt_years: i64) -> (Self, Self) {
        let kstar = kstar(params, sqrt_years);
        let linear = Self::new(&params.skew_linear, kstar, sqrt_years);
        match params.skew_absolute == params.skew_linear {
            true => (linear, linear),
            false => (linear, Self::new(&params.skew_absolute, kstar, sqrt_years)),
        }
    }

    fn new(skew: &SkewParams, kstar: i64, sqrt_years: i64) -> Self {
        // |cap| < 1.8·2^40.
        let cap = mul_shift::<40>(signed_q40(skew.cap_slope), sqrt_years).wrapping_add(q40(skew.base_cap));
        if skew.weight.is_zero() || cap == 0 {
            return Self::default();
        }
        // 2^30 ≤ k* < 1,100·2^40 < 2^51 by its least value.
        let shift = 33u32.saturating_sub(leading_zeros(kstar as u64));
        let narrow = NonZeroU64::MIN.bitor((kstar >> shift) as u64);
        // cap in Q30 times 2^31 < 2^62; the quotient < 2^32.
        let slope = (((cap.unsigned_abs() >> 10) << 31) / narrow) as i64;
        Self { cap, limit: kstar, shift, slope: if cap < 0 { slope.wrapping_neg() } else { slope } }
    }

    /// Change for each unit of log-moneyness, Q40. # Rounding 2^-30 of it.
    pub fn slope_q40(&self) -> i64 {
        // 0 ≤ shift ≤ 20 and |slope| < 2^32.
        self.slope.wrapping_shl(20u32.wrapping_sub(self.shift)) >> 1
    }

    /// The terms whose volatility changes more, at every log-moneyness: both reach their caps at the same.
    pub fn steeper(&self, other: &Self) -> Self {
        if self.cap.unsigned_abs() < other.cap.unsigned_abs() {
            *other
        } else {
            *self
        }
    }

    /// Size of the relative change of volatility at log-moneyness ±k (Q40), Q16. # Rounding Up.
    pub fn change_q16_ceil(&self, k: i64) -> u64 {
        // Within 2^61 as in `shocked`; a unit for each of the two truncations, and one for that of the slope.
        let clipped = k.unsigned_abs().min(self.limit as u64) >> self.shift;
        (clipped.wrapping_mul(self.slope.unsigned_abs()) >> 45).wrapping_add(3)
    }

    /// Total volatility of the scenario at log-moneyness ±k (Q40): v·max(0, 1 + clip(k·slope, ±cap)). v in Q28, result in Q32.
    #[inline(always)]
    pub fn shocked(&self, vol_q28: u64, k: i64) -> u64 {
        let k = k.min(self.limit).max(self.limit.wrapping_neg());
        // |k| shifted ≤ k* shifted, so the product is within ±cap in Q61; the factor in Q30 is below 3·2^30, v below 2^32.
        let change = (k >> self.shift).wrapping_mul(self.slope) >> 31;
        let factor = change.wrapping_add(1 << 30).max(0) as u64;
        vol_q28.wrapping_mul(factor) >> 26
    }
}

/// Value times (1 + factor), factor within ±1 in Q31. # Rounding To nearest, 2^-33 of the largest value that fits.
#[inline(always)]
pub(super) fn discounted(value: i64, factor: i64) -> i64 {
    // Values of a scan stay below 2^62, with room to spare: rounded to 32 bits, times at most 2^31, within 2^63.
    value.wrapping_add((value.wrapping_add(1 << 29) >> 30).wrapping_mul(factor) >> 1)
}

/// A parameter in [0, 60] in Q40. # Rounding Down, 1.5e-11.
#[inline(always)]
pub(super) fn q40(ratio: Ratio) -> i64 {
    // 2^40/1e9 = 2^31/1 953 125; below 6e10 a shift by 27 stays in range, the other four bits follow.
    ((((ratio.raw() as u64) << 27) / FIVE_TO_9) << 4) as i64
}

/// The same for a parameter that may be negative. # Rounding Towards zero.
fn signed_q40(ratio: Ratio) -> i64 {
    let size = q40(Ratio::from_raw(ratio.raw().wrapping_abs()));
    if ratio.is_negative() {
        size.wrapping_neg()
    } else {
        size
    }
}

/// `rate · multiple`, both of scale 1e-9, in [0, 1] and [0, 2].
fn times(rate: i64, multiple: Ratio) -> i64 {
    const E9: NonZeroU64 = NonZeroU64::MIN.saturating_add(999_999_999);
    ((rate.wrapping_mul(multiple.raw()) as u64) / E9) as i64
}

/// Q40 less 1 in Q31, to nearest.
fn less_one_q31(x: i64) -> i64 {
    x.wrapping_sub(ONE_Q).wrapping_add(1 << 8) >> 9
}

/// (30 d / max(T, floor))^power, Q40.
fn shock_power(params: &PortfolioParams, left: Seconds) -> Result<i64, RiskError> {
    let power = if left.raw() <= REFERENCE_TENOR { params.short_power } else { params.long_power };
    let tenor =
        NonZeroU64::MIN.saturating_add((left.raw().max(params.tenor_floor.raw()).max(1) as u64).wrapping_sub(1));
    // 2.6e6 · 2^40 < 2^62.
    let ratio = (((REFERENCE_TENOR << 40) as u64) / tenor).max(1) as i64;
    Ok(math::exp_q40(mul_shift::<40>(math::ln_ratio_q40(ratio)?, q40(power))))
}

/// Log-moneyness at which a skew scenario reaches its cap, Q40.
fn kstar(params: &PortfolioParams, sqrt_years: i64) -> i64 {
    let width = mul_shift::<40>(sqrt_years, signed_q40(params.vol_scale)).wrapping_add(q40(params.vol_static));
    // √τ ≤ 1.5, the volatility at most 6.5, the scale at most 20; negative ones have been refused.
    let deviation = mul_shift::<40>(mul_shift::<40>(sqrt_years, width), q40(params.width_scale));
    deviation.max(q40(params.min_kstar))
}
