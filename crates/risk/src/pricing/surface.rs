//! Volatility by strike: one SVI smile per expiry.

use crate::error::RiskError;
use crate::fixed::{self, Rounding};
use crate::math;
use crate::units::{Log, Seconds, Skew, Variance, Vol, ONE_Q, SECONDS_PER_YEAR};

/// Largest |m| and s: a factor e^4 = 55 between forward and strike.
const MAX_LOG: i64 = 4 * ONE_Q;
/// Largest log-moneyness of two prices in range, rounded up: 18·ln 10.
const MAX_LOG_MONEYNESS: i64 = 42 * ONE_Q;
/// Smallest s, 2^-20: below it the smile has a kink rather than a bottom.
const MIN_WIDTH: i64 = 1 << 20;
/// Largest variance per year at the ends of the smile: a volatility of 100.
const MAX_VARIANCE: i64 = 10_000 * ONE_Q;
/// Largest slope of the wings in total variance: R. Lee's moment formula gives 2 with no free option, 4 is the design's bound.
const MAX_WING_SLOPE: i64 = 4 * ONE_Q;
/// The longest reference tenor: ten years.
const MAX_TENOR: i64 = 10 * SECONDS_PER_YEAR;

/// One expiry's smile, stored per year: σ²(k) = a + b·(ρ·(k − m) + √((k − m)² + s²)), k = ln(K/F) clipped to ±`max_log_moneyness`.
///
/// Annualised parameters keep a smile usable while its expiry approaches: total variance shrinks with the time left.
///
/// # Units
/// a and b in variance per year (b per unit of log-moneyness), the others as their types say, all Q40.
///
/// # Invariants
/// b ≥ 0, |ρ| < 1, s > 0 and the least variance a + b·s·√(1 − ρ²) ≥ 0, checked by the constructors.
///
/// # Source
/// J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014), equation 3.1.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Svi {
    a: Variance,
    b: Variance,
    rho: Skew,
    m: Log,
    s: Log,
    max_log_moneyness: Log,
}

impl Svi {
    /// A smile from parameters per year; the tenor they were fitted at gives the range of log-moneyness and the wing bound.
    ///
    /// # Errors
    /// [`RiskError::TenorOutOfRange`] unless 0 < tenor ≤ ten years; [`RiskError::SurfaceInvalid`] unless b ≥ 0, |ρ| < 1,
    /// |m| ≤ 4, 2^-20 ≤ s ≤ 4, a + b·s·√(1 − ρ²) ≥ 0, b·τ·(1 + |ρ|) ≤ 4 and σ² ≤ 10 000 over the whole range.
    pub fn new(a: Variance, b: Variance, rho: Skew, m: Log, s: Log, tenor: Seconds) -> Result<Self, RiskError> {
        if tenor.raw() <= 0 || tenor.raw() > MAX_TENOR {
            return Err(RiskError::TenorOutOfRange);
        }
        let is_in_bounds = a.raw().unsigned_abs() <= MAX_VARIANCE as u64
            && b.raw() >= 0
            && rho.raw().unsigned_abs() < ONE_Q as u64
            && m.raw().unsigned_abs() <= MAX_LOG as u64
            && s.raw() >= MIN_WIDTH
            && s.raw() <= MAX_LOG;
        if !is_in_bounds {
            return Err(RiskError::SurfaceInvalid);
        }
        // Products of a ratio below one and Q40 numbers: in range. The root is rounded down with its argument.
        let (below, above) = (ONE_Q.wrapping_sub(rho.raw()), ONE_Q.wrapping_add(rho.raw()));
        let cosine = math::sqrt_q40(fixed::mul_shift::<40>(below, above));
        let bottom_width = fixed::mul_shift::<40>(s.raw(), cosine);
        let least = fixed::mul_div(b.raw(), bottom_width, ONE_Q, Rounding::Down)?;
        let total_slope = fixed::mul_div(b.raw(), tenor.raw(), SECONDS_PER_YEAR, Rounding::Up)?;
        let steeper_wing = ONE_Q.wrapping_add(rho.raw().wrapping_abs());
        let wing = fixed::mul_div(total_slope, steeper_wing, ONE_Q, Rounding::Up)?;
        if a.raw() < least.wrapping_neg() || wing > MAX_WING_SLOPE {
            return Err(RiskError::SurfaceInvalid);
        }
        let at_width = a.add(Variance::from_raw(fixed::mul_div(b.raw(), s.raw(), ONE_Q, Rounding::Down)?))?;
        let total = fixed::mul_div(at_width.raw().max(0), tenor.raw(), SECONDS_PER_YEAR, Rounding::Down)?;
        // The root of an i64 of Q40 is below 2^51.5.
        let max_log_moneyness = Log::from_raw((math::sqrt_q40(total) << 2).min(MAX_LOG_MONEYNESS));
        let smile = Self { a, b, rho, m, s, max_log_moneyness };
        smile.require_ends_in_range()?;
        Ok(smile)
    }

    /// A smile from parameters of total variance, as publishers fit them, at the tenor they were fitted at.
    ///
    /// # Rounding
    /// a and b per year towards −∞, by less than one unit of Q40.
    ///
    /// # Errors
    /// As [`Svi::new`]; [`RiskError::Overflow`] when a or b per year does not fit.
    pub fn from_total_variance(
        a: Variance,
        b: Variance,
        rho: Skew,
        m: Log,
        s: Log,
        tenor: Seconds,
    ) -> Result<Self, RiskError> {
        if tenor.raw() <= 0 {
            return Err(RiskError::TenorOutOfRange);
        }
        let a = fixed::mul_div(a.raw(), SECONDS_PER_YEAR, tenor.raw(), Rounding::Down)?;
        let b = fixed::mul_div(b.raw(), SECONDS_PER_YEAR, tenor.raw(), Rounding::Down)?;
        Self::new(Variance::from_raw(a), Variance::from_raw(b), rho, m, s, tenor)
    }

    /// The smile without a smile: the same volatility at every strike.
    ///
    /// # Domain
    /// 0 to 100; other volatilities become the nearer end.
    pub fn flat(vol: Vol) -> Self {
        let vol = vol.raw().clamp(0, 100 * ONE_Q);
        Self {
            a: Variance::from_raw(fixed::mul_shift::<40>(vol, vol)),
            b: Variance::ZERO,
            rho: Skew::ZERO,
            m: Log::ZERO,
            s: Log::from_raw(ONE_Q),
            max_log_moneyness: Log::ZERO,
        }
    }

    /// The stored form: a, b, ρ, m, s and the largest log-moneyness.
    pub const fn to_raw(&self) -> [i64; 6] {
        [self.a.raw(), self.b.raw(), self.rho.raw(), self.m.raw(), self.s.raw(), self.max_log_moneyness.raw()]
    }

    /// Reads the stored form; only what [`Svi::to_raw`] wrote is a valid smile. Anything else prices wrongly, never panics.
    #[inline(always)]
    pub const fn from_raw([a, b, rho, m, s, max_log_moneyness]: [i64; 6]) -> Self {
        Self {
            a: Variance::from_raw(a),
            b: Variance::from_raw(b),
            rho: Skew::from_raw(rho),
            m: Log::from_raw(m),
            s: Log::from_raw(s),
            max_log_moneyness: Log::from_raw(max_log_moneyness),
        }
    }

    /// The range outside which the smile continues flat: ±4·√((a + b·s)·τ).
    pub const fn max_log_moneyness(&self) -> Log {
        self.max_log_moneyness
    }

    /// Variance per year at k = ln(K/F).
    ///
    /// # Domain
    /// All of i64, clipped to ±[`Svi::max_log_moneyness`].
    ///
    /// # Error bound
    /// 2^-29·b·√((k − m)² + s²) + two units of Q40.
    ///
    /// # Source
    /// Gatheral and Jacquier (2014), equation 3.1.
    #[inline(always)]
    pub fn variance_at(&self, log_moneyness: Log) -> Variance {
        let limit = self.max_log_moneyness.raw();
        let k = log_moneyness.raw().min(limit).max(limit.wrapping_neg());
        // |k| ≤ 42 and |m| ≤ 4: |y| < 2^45.6.
        let y = k.wrapping_sub(self.m.raw());
        let s = self.s.raw();
        // Both are scaled by 2^(zeros − 33) and rounded, which leaves the larger in [2^30, 2^31]: 2^60 ≤ y² + s² ≤ 2^63.
        let zeros = math::leading_zeros(y.unsigned_abs() | s as u64);
        let up = zeros.wrapping_sub(2);
        let y = y.wrapping_shl(up).wrapping_add(1 << 30) >> 31;
        let s = s.wrapping_shl(up).wrapping_add(1 << 30) >> 31;
        let squares = y.wrapping_mul(y).wrapping_add(s.wrapping_mul(s)) as u64;
        // Its root in that scale, with eight more bits.
        let root = if squares >> 62 == 0 {
            math::sqrt_of_normalised(squares << 2) >> 24
        } else {
            math::sqrt_of_normalised(squares) >> 23
        };
        // ρ in Q31 times y ≤ 2^62; |ρ·y| ≤ root, so that the sum is in [0, 2^40.5].
        let skewed = (self.rho.raw() >> 9).wrapping_mul(y) >> 23;
        let width = (root as i64).wrapping_add(skewed).max(0);
        // b·width/2^(40 + 8 + zeros − 33) ≤ 2^54 by the constructor; 2^20 ≤ s and |y| < 2^45.6, so 33 ≤ zeros + 15 ≤ 58.
        let (high, low) = fixed::mul_u64(self.b.raw() as u64, width as u64);
        let above = high.wrapping_shl(49u32.wrapping_sub(zeros)) | low.wrapping_shr(zeros.wrapping_add(15));
        Variance::from_raw(self.a.raw().wrapping_add(above as i64).max(0))
    }

    /// Volatility per year at k = ln(K/F).
    ///
    /// # Domain
    /// All of i64, clipped to ±[`Svi::max_log_moneyness`].
    ///
    /// # Error bound
    /// 5e-9 relative where b·√((k − m)² + s²) ≤ 5·σ².
    ///
    /// # Source
    /// Gatheral and Jacquier (2014), equation 3.1.
    #[inline(always)]
    pub fn vol_at(&self, log_moneyness: Log) -> Vol {
        Vol::from_raw(math::sqrt_q40(self.variance_at(log_moneyness).raw()))
    }

    /// Whether every volatility of the smile lies in `[low, high]`.
    ///
    /// The smile is convex in variance: its least value is at k = m − ρ·s/√(1 − ρ²), or at the end nearer to that, its
    /// largest at one of the ends.
    pub fn is_within(&self, low: Vol, high: Vol) -> bool {
        let limit = self.max_log_moneyness;
        let lowest = self.vol_at(self.bottom());
        let left = self.vol_at(Log::from_raw(limit.raw().wrapping_neg()));
        let right = self.vol_at(limit);
        lowest >= low && left <= high && right <= high
    }

    /// Where the variance is least, before clipping.
    fn bottom(&self) -> Log {
        let (below, above) = (ONE_Q.wrapping_sub(self.rho.raw()), ONE_Q.wrapping_add(self.rho.raw()));
        // |ρ| < 1: both factors are at least one unit; their product may still round to zero.
        let cosine = math::sqrt_q40(fixed::mul_shift::<40>(below, above).max(1));
        let far = if self.rho.is_negative() { i64::MAX } else { i64::MIN };
        match fixed::mul_div(fixed::mul_shift::<40>(self.rho.raw(), self.s.raw()), ONE_Q, cosine, Rounding::Down) {
            // |m| ≤ 2^42, and the offset at most 2^42·2^20.
            Ok(offset) => Log::from_raw(self.m.raw().saturating_sub(offset)),
            Err(_) => Log::from_raw(far),
        }
    }

    /// Refuses a smile whose ends leave the range that the 64-bit evaluation needs.
    fn require_ends_in_range(&self) -> Result<(), RiskError> {
        let limit = self.max_log_moneyness.raw();
        // |y| + s bounds the root, twice that the bracket: 2·(|k| + |m| + s) ≤ 2·(42 + 4 + 4).
        let reach = limit.wrapping_add(self.m.raw().wrapping_abs()).wrapping_add(self.s.raw());
        let above = fixed::mul_div(self.b.raw(), reach.wrapping_mul(2), ONE_Q, Rounding::Up)?;
        if above > MAX_VARIANCE {
            return Err(RiskError::SurfaceInvalid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn q40(x: f64) -> i64 {
        (x * ONE_Q as f64) as i64
    }

    fn real(raw: i64) -> f64 {
        raw as f64 / ONE_Q as f64
    }

    /// A smile from parameters of total variance.
    fn smile(a: f64, b: f64, rho: f64, m: f64, s: f64, days: i64) -> Result<Svi, RiskError> {
        Svi::from_total_variance(
            Variance::from_raw(q40(a)),
            Variance::from_raw(q40(b)),
            Skew::from_raw(q40(rho)),
            Log::from_raw(q40(m)),
            Log::from_raw(q40(s)),
            Seconds::from_raw(days * 86_400),
        )
    }

    fn exact_variance(smile: &Svi, k: i64) -> f64 {
        let [a, b, rho, m, s, limit] = smile.to_raw().map(real);
        let y = real(k).clamp(-limit, limit) - m;
        a + b * (rho * y + libm::sqrt(y * y + s * s))
    }

    fn any_smile() -> impl Strategy<Value = Svi> {
        (0.05..3.0f64, 0.0..1.0f64, -0.95..0.95f64, -0.5..0.5f64, 0.01..1.0f64, 1i64..730).prop_filter_map(
            "not a valid smile",
            |(vol, steepness, rho, m, s, days)| {
                let total = vol * vol * days as f64 / 365.0;
                let width = libm::sqrt(total);
                smile(total / 2.0, width * steepness, rho, m * width, s * width, days).ok()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn prop_variance_and_volatility_are_within_their_bounds(smile in any_smile(), k in -3.0..3.0f64) {
            let k = q40(k);
            let exact = exact_variance(&smile, k);
            let [_, b, _, m, s, limit] = smile.to_raw().map(real);
            let y = real(k).clamp(-limit, limit) - m;
            let slope_part = b * libm::sqrt(y * y + s * s);
            let bound = slope_part / f64::from(1 << 29) + 2.0 / ONE_Q as f64;
            let actual = real(smile.variance_at(Log::from_raw(k)).raw());
            prop_assert!((actual - exact).abs() <= bound, "{actual} instead of {exact}");
            if slope_part <= 5.0 * exact {
                let vol = real(smile.vol_at(Log::from_raw(k)).raw());
                prop_assert!((vol / libm::sqrt(exact) - 1.0).abs() <= 5e-9);
            }
        }

        #[test]
        fn prop_is_within_agrees_with_a_walk_along_the_smile(smile in any_smile()) {
            let limit = smile.max_log_moneyness().raw();
            let (mut least, mut most) = (i64::MAX, 0);
            for step in -200..=200 {
                let vol = smile.vol_at(Log::from_raw(limit / 200 * step)).raw();
                (least, most) = (least.min(vol), most.max(vol));
            }
            let vol = Vol::from_raw;
            // The walk misses the exact bottom and ends by little; a thousandth outside it the whole smile is inside.
            prop_assert!(smile.is_within(vol((least as f64 * 0.97) as i64), vol(most + most / 1_000)));
            prop_assert!(!smile.is_within(vol(least + least / 1_000 + 1), vol(i64::MAX)));
            prop_assert!(!smile.is_within(Vol::ZERO, vol(most - most / 1_000 - 1)));
        }

        #[test]
        fn prop_raw_form_survives_a_round_trip(smile in any_smile()) {
            prop_assert_eq!(Svi::from_raw(smile.to_raw()), smile);
        }

        #[test]
        fn prop_nothing_stored_makes_it_panic(raw: [i64; 6], k: i64) {
            let garbage = Svi::from_raw(raw);
            let _ = garbage.vol_at(Log::from_raw(k));
        }

        #[test]
        fn prop_no_parameter_makes_the_constructor_panic(raw: [i64; 5], bits in 0u32..63, tenor: i64) {
            let [a, b, rho, m, s] = raw.map(|x| x >> bits);
            let tenor = Seconds::from_raw(tenor >> bits);
            let build = |constructor: fn(Variance, Variance, Skew, Log, Log, Seconds) -> Result<Svi, RiskError>| {
                constructor(
                    Variance::from_raw(a), Variance::from_raw(b), Skew::from_raw(rho), Log::from_raw(m), Log::from_raw(s), tenor,
                )
            };
            for built in [build(Svi::new), build(Svi::from_total_variance)].into_iter().flatten() {
                let _ = built.is_within(Vol::ZERO, Vol::from_raw(i64::MAX));
            }
        }

        #[test]
        fn prop_a_flat_smile_is_flat(vol in 0.05..5.0f64, k: i64) {
            let vol = q40(vol);
            let actual = Svi::flat(Vol::from_raw(vol)).vol_at(Log::from_raw(k)).raw();
            // The square loses a unit of Q40, which the root divides by 2σ.
            prop_assert!((actual - vol).abs() <= 11);
        }
    }

    #[test]
    fn a_smile_with_arbitrage_or_out_of_bounds_is_refused() {
        let valid = smile(0.04, 0.1, -0.3, 0.0, 0.1, 30);
        assert!(valid.is_ok());
        for (name, refused) in [
            ("negative slope", smile(0.04, -0.1, -0.3, 0.0, 0.1, 30)),
            ("correlation of one", smile(0.04, 0.1, 1.0, 0.0, 0.1, 30)),
            ("no width", smile(0.04, 0.1, -0.3, 0.0, 0.0, 30)),
            ("bottom far away", smile(0.04, 0.1, -0.3, 4.5, 0.1, 30)),
            ("negative variance at the bottom", smile(-0.02, 0.1, -0.3, 0.0, 0.1, 30)),
            ("wing too steep", smile(0.04, 2.1, -0.95, 0.0, 0.1, 730)),
            ("variance without measure", smile(40.0, 0.1, -0.3, 0.0, 0.1, 1)),
        ] {
            assert_eq!(refused, Err(RiskError::SurfaceInvalid), "{name}");
        }
        for days in [0, -1, 3_651] {
            assert_eq!(smile(0.04, 0.1, -0.3, 0.0, 0.1, days), Err(RiskError::TenorOutOfRange));
        }
    }

    #[test]
    fn the_smile_continues_flat_beyond_its_range() {
        let smile = smile(0.04, 0.1, -0.3, 0.0, 0.1, 30).unwrap();
        let limit = smile.max_log_moneyness();
        assert!((real(limit.raw()) - 4.0 * libm::sqrt(0.05)).abs() < 1e-9);
        assert_eq!(smile.vol_at(limit), smile.vol_at(Log::from_raw(i64::MAX)));
        assert_eq!(smile.vol_at(limit.neg().unwrap()), smile.vol_at(Log::from_raw(i64::MIN)));
    }
}
