//! Black-76: the value of a European option on a forward.
//!
//! Logarithms of forward and strike are computed once and stored with them; a price then takes one exact division and
//! two values of the normal distribution, all in 64 bits.

use crate::error::RiskError;
use crate::fixed;
use crate::math;
use crate::units::{Discount, Log, Price, Ratio, Seconds, TotalVol, Vol, ONE_Q};
use core::num::NonZeroU64;

/// Right to buy or right to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionKind {
    /// Right to buy at the strike.
    Call,
    /// Right to sell at the strike.
    Put,
}

/// What all options of one expiry share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardCurve {
    /// Forward price.
    pub forward: Price,
    /// Natural logarithm of the forward price.
    pub log_forward: Log,
    /// Discount factor to the expiry.
    pub discount: Discount,
}

impl ForwardCurve {
    /// A curve from its forward price and discount factor.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`] when the forward has no logarithm.
    #[inline]
    pub fn new(forward: Price, discount: Discount) -> Result<Self, RiskError> {
        Ok(Self { forward, log_forward: math::ln_price(forward)?, discount })
    }
}

/// A strike price with its logarithm, which is stored with the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// Strike price.
    pub price: Price,
    /// Natural logarithm of the strike price.
    pub log: Log,
}

impl Strike {
    /// A strike from its price.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`] when the price has no logarithm.
    #[inline]
    pub fn new(price: Price) -> Result<Self, RiskError> {
        Ok(Self { price, log: math::ln_price(price)? })
    }
}

/// Largest volatility over the life of an option, 16 less one unit: beyond it a call is worth its forward.
pub const MAX_TOTAL_VOL: TotalVol = TotalVol::from_raw((16 << 40) - 1);
/// Smallest volatility over the life of an option that is not taken for none: 2^-20, a ninth of σ = 5 % over one second.
pub const MIN_TOTAL_VOL: TotalVol = TotalVol::from_raw(1 << 20);
/// Distance ln(F/K)/v from which an option is as good as certain: d1 and d2 are then beyond 32 − 8 at least.
const CERTAIN_Q40: i64 = 32 * ONE_Q;

/// The two arguments of the normal distribution in Black's formula, Q40.
///
/// # Invariants
/// d1 − d2 = v exactly: an error of ln(F/K) moves both alike, and cancels in the price because F·n(d1) = K·n(d2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moneyness {
    /// ln(F/K)/v + v/2.
    pub d1: i64,
    /// ln(F/K)/v − v/2.
    pub d2: i64,
}

impl Moneyness {
    /// d1 and d2 of an option with this ln(F/K) and total volatility.
    ///
    /// # Domain
    /// |ln(F/K)| ≤ 64; total volatilities above [`MAX_TOTAL_VOL`] are taken for it, those below [`MIN_TOTAL_VOL`] for zero:
    /// then d1 = d2 = ±32 by the sign of ln(F/K), and + when it is zero.
    ///
    /// # Error bound
    /// 7.4e-12 in ln(F/K)/v, by truncation to 37 bits; quotients beyond ±32 become ±32.
    ///
    /// # Source
    /// F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976).
    #[inline(always)]
    pub fn of(log_moneyness: i64, total_vol: TotalVol) -> Self {
        let v = total_vol.raw().min(MAX_TOTAL_VOL.raw());
        if v < MIN_TOTAL_VOL.raw() {
            let d = if log_moneyness < 0 { -CERTAIN_Q40 } else { CERTAIN_Q40 };
            return Self { d1: d, d2: d };
        }
        let size = log_moneyness.unsigned_abs();
        // v < 2^44: v·32 < 2^49.
        let quotient = if size >= (v as u64) << 5 {
            CERTAIN_Q40
        } else {
            // 2^20 ≤ v: the bit set here is no change, or one unit of 2^20 at most; it spares the check for zero.
            divide_q40::<17, 20>(size, NonZeroU64::MIN.saturating_add((v as u64).wrapping_sub(1)))
        };
        // |quotient| ≤ 32·2^40, v/2 < 8·2^40.
        let quotient = if log_moneyness < 0 { quotient.wrapping_neg() } else { quotient };
        let d1 = quotient.wrapping_add(v >> 1);
        Self { d1, d2: d1.wrapping_sub(v) }
    }
}

/// `numerator / divisor` in Q40 from two 64-bit divisions, truncated to FIRST + SECOND bits after the point.
///
/// The caller shows that numerator · 2^FIRST < 2^64 and divisor · 2^SECOND ≤ 2^64, FIRST + SECOND ≤ 40, and that the
/// quotient is below 2^23.
#[inline(always)]
pub(crate) fn divide_q40<const FIRST: u32, const SECOND: u32>(numerator: u64, divisor: NonZeroU64) -> i64 {
    let numerator = numerator << FIRST;
    let quotient = numerator / divisor;
    // remainder < divisor.
    let remainder = numerator.wrapping_sub(quotient.wrapping_mul(divisor.get()));
    let more = (remainder << SECOND) / divisor;
    // more < 2^SECOND; the shift restores the bits that were not computed.
    let bits = (quotient << SECOND) | more;
    bits.wrapping_shl(40u32.wrapping_sub(FIRST).wrapping_sub(SECOND)) as i64
}

/// `a · b / 2^40` to nearest, for a, b ≥ 0 whose result fits an i64.
#[inline(always)]
pub(crate) fn mul_q40(a: i64, b: i64) -> i64 {
    let (high, low) = fixed::mul_u64(a as u64, b as u64);
    // The bit below the last one decides: result < 2^63, so that twice it plus one fits a u64.
    ((high << 25) | (low >> 39)).wrapping_add(1) as i64 >> 1
}

/// Black-76 value of one option, in USD per unit of underlying.
///
/// call = D·[F·N(d1) − K·N(d2)], put = D·[K·N(−d2) − F·N(−d1)]; never outside [D·intrinsic, D·F] and [D·intrinsic, D·K].
///
/// # Domain
/// Prices in (0, 1e9 USD], discount in [0, 8], total volatility from [`MIN_TOTAL_VOL`] to [`MAX_TOTAL_VOL`]; below it is
/// taken for zero, above for the maximum.
///
/// # Error bound
/// 3e-9·F + 2e-9 USD at D = 1, for F/K in [0.1, 10].
///
/// # Source
/// F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976), equation 16.
#[inline]
pub fn price(kind: OptionKind, curve: &ForwardCurve, strike: Strike, total_vol: TotalVol) -> Price {
    // Logarithms are within ±21·2^40.
    let moneyness = Moneyness::of(curve.log_forward.raw().wrapping_sub(strike.log.raw()), total_vol);
    price_at(kind, curve, strike.price, moneyness)
}

/// Black-76 value of one option whose d1 and d2 are known: see [`price`].
#[inline(always)]
pub fn price_at(kind: OptionKind, curve: &ForwardCurve, strike: Price, moneyness: Moneyness) -> Price {
    let (forward, strike) = (curve.forward.raw(), strike.raw());
    let (n1, n2) = (math::norm_cdf(moneyness.d1), math::norm_cdf(moneyness.d2));
    // Prices ≤ 2^59.8 and probabilities ≤ 1: products ≤ 2^59.8, differences within ±2^59.8.
    let value = match kind {
        OptionKind::Call => {
            let value = mul_q40(forward, n1).wrapping_sub(mul_q40(strike, n2));
            value.max(forward.wrapping_sub(strike).max(0)).min(forward)
        }
        OptionKind::Put => {
            let (m1, m2) = (ONE_Q.wrapping_sub(n1), ONE_Q.wrapping_sub(n2));
            let value = mul_q40(strike, m2).wrapping_sub(mul_q40(forward, m1));
            value.max(strike.wrapping_sub(forward).max(0)).min(strike)
        }
    };
    Price::from_raw(mul_q40(value, curve.discount.raw()))
}

/// What exercise would pay now: max(S − K, 0) for a call, max(K − S, 0) for a put. Exact.
#[inline(always)]
pub fn intrinsic(kind: OptionKind, spot_or_forward: Price, strike: Price) -> Price {
    // Both in 0 ..= 1e18: the difference is exact.
    let gain = match kind {
        OptionKind::Call => spot_or_forward.raw().wrapping_sub(strike.raw()),
        OptionKind::Put => strike.raw().wrapping_sub(spot_or_forward.raw()),
    };
    Price::from_raw(gain.max(0))
}

/// Volatility over the life of an option: σ·√τ, at most [`MAX_TOTAL_VOL`].
///
/// # Domain
/// σ in [0, 2^20], √τ (from [`math::sqrt_years`]) in [0, 8]; negative numbers count as zero.
///
/// # Error bound
/// Rounded to nearest: half a unit of Q40.
///
/// # Source
/// Definition.
#[inline(always)]
pub fn total_vol(vol: Vol, sqrt_years: i64) -> TotalVol {
    // Below 2^60 · 2^43 / 2^40 = 2^63.
    let product = mul_q40(vol.raw().max(0), sqrt_years.max(0));
    TotalVol::from_raw(product.min(MAX_TOTAL_VOL.raw()))
}

/// Annualised volatility of a total one: v/√τ.
///
/// # Domain
/// v in [0, [`MAX_TOTAL_VOL`]], √τ in [0.0001, 8].
///
/// # Errors
/// [`RiskError::OutOfDomain`] outside it.
///
/// # Error bound
/// One unit of Q40, by truncation.
///
/// # Source
/// Definition.
pub fn vol_from_total(total_vol: TotalVol, sqrt_years: i64) -> Result<Vol, RiskError> {
    let is_in_domain = total_vol.raw() >= 0
        && total_vol.raw() <= MAX_TOTAL_VOL.raw()
        && (ONE_Q / 10_000..=8 * ONE_Q).contains(&sqrt_years);
    let (true, Some(divisor)) = (is_in_domain, NonZeroU64::new(sqrt_years as u64)) else {
        return Err(RiskError::OutOfDomain);
    };
    // v·2^20 < 2^64, √τ·2^20 ≤ 2^63, v/√τ < 2^17.4.
    Ok(Vol::from_raw(divide_q40::<20, 20>(total_vol.raw() as u64, divisor)))
}

/// Discount factor e^(−rτ).
///
/// # Domain
/// rτ in [−15, 28], saturating beyond as [`math::exp_q40`] does; a negative time counts as none.
///
/// # Error bound
/// 3e-12 absolute for r ≥ 0, relative for r < 0.
///
/// # Source
/// Definition; [`math::exp_q40`].
#[inline]
pub fn discount(rate: Ratio, tau: Seconds) -> Discount {
    let (rate, time) = (rate.raw(), tau.raw().max(0));
    // A product that is watched for overflow costs the SVM a library call; of 32 and 31 bits it needs none.
    let is_short = rate.unsigned_abs() >> 32 == 0 && time >> 31 == 0;
    let product = if is_short { rate.wrapping_mul(time) } else { rate.saturating_mul(time) };
    // 2^117 / (1e9 · 31 536 000): turns 1e-9 · seconds into years of Q40, once shifted by 64 + 13.
    const TO_YEARS: i64 = 5_268_692_905_666_999_116;
    let exponent = ((fixed::mul_wide(product, TO_YEARS) >> 64) as i64) >> 13;
    // |exponent| < 2^49.
    Discount::from_raw(math::exp_q40(exponent.wrapping_neg()))
}
