//! Static arbitrage in a surface: butterflies within one smile, calendars between two.
//!
//! Strikes beyond a smile's range are priced flat: what a smile would do there is not checked, and the kink at the ends of
//! the range, four standard deviations out, is accepted.

use core::num::NonZeroU64;

use crate::fixed::{self, Rounding};
use crate::math;
use crate::pricing::surface::Svi;
use crate::units::{Log, Seconds, Skew, Variance, ONE_Q, SECONDS_PER_YEAR};

/// The range of a smile is looked at this many times on either side of the forward.
const STEPS: i64 = 16;
/// And, where they lie inside the range, this many widths on either side of its bottom, where a narrow smile bends.
const WIDTHS: [i64; 9] = [-8, -4, -2, -1, 0, 1, 2, 4, 8];
/// A larger curvature counts as this: no smile that passes needs more.
const MAX_CURVATURE: i64 = 1_024 * ONE_Q;

/// Whether total variance at the forward is no less at the later of two expiries: no calendar spread pays to be held.
///
/// Variances per year at the forward; the time left to each expiry. Exact.
///
/// # Source
/// J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces" (2014), lemma 2.1, at k = 0.
pub fn is_calendar_free((near, near_left): (Variance, Seconds), (far, far_left): (Variance, Seconds)) -> bool {
    fixed::mul_wide(near.raw(), near_left.raw()) <= fixed::mul_wide(far.raw(), far_left.raw())
}

impl Svi {
    /// Whether Durrleman's g(k) is at least zero at 42 points: 33 evenly over the range, 9 around the bottom of the
    /// smile. Then the smile implies a probability density there, and no butterfly spread costs less than nothing.
    ///
    /// A smile that passes at one time to expiry passes at every shorter one: with σ² fixed, g is concave in τ, and a
    /// square at τ = 0.
    ///
    /// # Domain
    /// A smile that [`Svi::new`] accepts, at its tenor or less. Without variance at one of the points it does not pass.
    ///
    /// # Error bound
    /// As [`Svi::butterfly_at`]: a smile within that of zero may go either way.
    pub fn is_butterfly_free(&self, left: Seconds) -> bool {
        let Some(smile) = Bend::new(self, left) else { return false };
        let [_, _, _, m, s, limit] = self.to_raw();
        // |limit| ≤ 42 and |step| ≤ 16; |m| ≤ 4, s ≤ 4 and eight widths: far inside 2^63.
        let even = (STEPS.wrapping_neg()..=STEPS).map(|step| limit.wrapping_mul(step).wrapping_div(STEPS));
        let bottom = WIDTHS.into_iter().map(|width| m.wrapping_add(s.wrapping_mul(width)));
        let inside = bottom.filter(|k| k.unsigned_abs() <= limit.unsigned_abs());
        even.chain(inside).all(|k| smile.at(k).is_some_and(|(scaled_g, _)| scaled_g >= 0))
    }

    /// Durrleman's g(k) = (1 − k·w'/2w)² − (w'²/4)·(1/w + 1/4) + w''/2 of total variance w = σ²·τ, at most about 1000.
    /// `None` without time, without variance at this point, or beyond the range of the result.
    ///
    /// # Domain
    /// |k| within the range of the smile, and a smile that [`Svi::new`] accepts.
    ///
    /// # Error bound
    /// 1e-6·(1 + the largest of its terms) where σ is at least 5 %.
    ///
    /// # Source
    /// J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces" (2014), equation 2.1.
    pub fn butterfly_at(&self, log_moneyness: Log, left: Seconds) -> Option<Skew> {
        let (scaled_g, scale) = Bend::new(self, left)?.at(log_moneyness.raw())?;
        let g = fixed::div_wide(scaled_g, scale, Rounding::Down).ok()?;
        i64::try_from(g).ok().map(Skew::from_raw)
    }
}

/// A smile and what all its points share, Q40. Total slopes and curvatures are those of w = σ²·τ.
struct Bend<'a> {
    smile: &'a Svi,
    b: i64,
    rho: i64,
    m: i64,
    s: i64,
    /// b·τ ≤ 4.
    total_b: i64,
    /// b·τ/2s ≤ 2^21: half the curvature at the bottom.
    curvature: i64,
}

impl<'a> Bend<'a> {
    /// `None` without time, or for parameters that no accepted smile has.
    fn new(smile: &'a Svi, left: Seconds) -> Option<Self> {
        let [_, b, rho, m, s, _] = smile.to_raw();
        // So that b·(ρ + y/R) fits: more would be a tenor of seconds.
        let is_in_range = left.raw() > 0 && (0..=i64::MAX / 4).contains(&b) && s > 0;
        if !is_in_range {
            return None;
        }
        let total_b = fixed::mul_div(b, left.raw(), SECONDS_PER_YEAR, Rounding::Down).ok()?;
        let curvature = fixed::mul_div(total_b, ONE_Q, s.checked_mul(2)?, Rounding::Down).ok()?;
        Some(Self { smile, b, rho, m, s, total_b, curvature })
    }

    /// g(k)·4v² in Q80 and 4v² in Q40, v = σ²(k) per year: g's sign without a division.
    ///
    /// g·4v² = (2v − k·v')² − v·w'·v' − 4v²·(w'²/16 − w''/2).
    fn at(&self, k: i64) -> Option<(i128, i128)> {
        let v = self.smile.variance_at(Log::from_raw(k)).raw();
        let (sine, cosine) = direction(k.wrapping_sub(self.m), self.s);
        // ρ + y/R in (−2, 2); b·τ ≤ 4 and b < 2^61: both slopes fit.
        let turn = self.rho.wrapping_add(sine);
        let slope = fixed::mul_shift::<40>(self.b, turn);
        let total_slope = fixed::mul_shift::<40>(self.total_b, turn);
        // w''/2 = (b·τ/2s)·(s/R)³, at most 2^61.
        let cubed = fixed::mul_shift::<40>(fixed::mul_shift::<40>(cosine, cosine), cosine);
        let bend = fixed::mul_shift::<40>(self.curvature, cubed).min(MAX_CURVATURE);
        // |k|·b ≤ 5000 by the constructor of the smile: below 2^54.
        let apart = v.wrapping_mul(2).wrapping_sub(fixed::mul_shift::<40>(k, slope));
        let steepness = (fixed::mul_shift::<40>(total_slope, total_slope) >> 4).wrapping_sub(bend);
        // w'·v' < 2^65 and v² < 2^66 in Q40, as v ≤ 10 000; |steepness| ≤ 2^51: every product stays below 2^120.
        let square = fixed::mul_wide(apart, apart);
        let spread = (fixed::mul_wide(total_slope, slope) >> 40).wrapping_mul(i128::from(v));
        let scale = (fixed::mul_wide(v, v) >> 40).wrapping_mul(4);
        let scaled_g = square.wrapping_sub(spread).wrapping_sub(scale.wrapping_mul(i128::from(steepness)));
        (scale > 0).then_some((scaled_g, scale))
    }
}

/// y/R and s/R in Q40, R = √(y² + s²), to 2^-29. |y| < 2^46 and 0 < s ≤ 2^42.
fn direction(y: i64, s: i64) -> (i64, i64) {
    // Both are scaled so that the larger has its highest bit at 2^30: the squares sum to less than 2^63.
    let zeros = math::leading_zeros(y.unsigned_abs() | s.unsigned_abs());
    let scaled = |x: u64| x.wrapping_shl(zeros) >> 33;
    let (far, near) = (scaled(y.unsigned_abs()), scaled(s.unsigned_abs()));
    let root = NonZeroU64::MIN | math::isqrt_u64(far.wrapping_mul(far).wrapping_add(near.wrapping_mul(near)));
    // Each is at most the root, so both quotients are at most one, in Q31.
    let part = |x: u64| ((x << 31) / root) as i64;
    let sine = part(far).wrapping_shl(9);
    (if y < 0 { sine.wrapping_neg() } else { sine }, part(near).wrapping_shl(9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const YEAR: Seconds = Seconds::from_raw(SECONDS_PER_YEAR);

    fn q40(x: f64) -> i64 {
        (x * ONE_Q as f64) as i64
    }

    fn real(raw: i64) -> f64 {
        raw as f64 / ONE_Q as f64
    }

    fn smile([a, b, rho, m, s]: [f64; 5], tenor: Seconds) -> Option<Svi> {
        let [a, b, rho, m, s] = [a, b, rho, m, s].map(q40);
        let (a, b) = (Variance::from_raw(a), Variance::from_raw(b));
        Svi::new(a, b, Skew::from_raw(rho), Log::from_raw(m), Log::from_raw(s), tenor).ok()
    }

    /// g(k) in floating point, and the largest of its terms.
    fn exact(smile: &Svi, k: f64, years: f64) -> (f64, f64) {
        let [a, b, rho, m, s, _] = smile.to_raw().map(real);
        let (y, root) = (k - m, libm::hypot(k - m, s));
        let w = years * (a + b * (rho * y + root));
        let (slope, bend) = (years * b * (rho + y / root), years * b * s * s / (root * root * root));
        let skew = 1.0 - k * slope / (2.0 * w);
        let terms = [skew * skew, -slope * slope / (4.0 * w), -slope * slope / 16.0, bend / 2.0];
        (terms.iter().sum(), terms.iter().fold(0.0, |most, term| term.abs().max(most)))
    }

    fn any_smile() -> impl Strategy<Value = (Svi, Seconds)> {
        let shape = (0.05..3.0f64, 0.0..3.0f64, -0.95..0.95f64, -2.0..2.0f64, 0.02..2.0f64, 3_600i64..63_072_000);
        shape.prop_filter_map("not a valid smile", |(vol, steepness, rho, m, s, tenor)| {
            let years = tenor as f64 / SECONDS_PER_YEAR as f64;
            // Widths and offsets in standard deviations of the whole time.
            let deviation = vol * libm::sqrt(years);
            let b = steepness * vol * vol / deviation;
            let tenor = Seconds::from_raw(tenor);
            let smile = smile([vol * vol - b * s * deviation / 2.0, b, rho, m * deviation, s * deviation], tenor)?;
            (smile.variance_at(Log::ZERO).raw() > q40(0.0025)).then_some((smile, tenor))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn prop_g_is_within_its_bound((smile, tenor) in any_smile(), at in -1.0..1.0f64) {
            let k = (at * smile.max_log_moneyness().raw() as f64) as i64;
            prop_assume!(smile.variance_at(Log::from_raw(k)).raw() > q40(0.0025));
            let (g, largest) = exact(&smile, real(k), tenor.raw() as f64 / SECONDS_PER_YEAR as f64);
            let actual = real(smile.butterfly_at(Log::from_raw(k), tenor).unwrap().raw());
            prop_assert!((actual - g).abs() <= 1e-6 * (1.0 + largest), "{actual} instead of {g}");
        }

        #[test]
        fn prop_a_smile_with_a_negative_density_does_not_pass((smile, tenor) in any_smile()) {
            let limit = real(smile.max_log_moneyness().raw());
            let years = tenor.raw() as f64 / SECONDS_PER_YEAR as f64;
            let least = (-400..=400).map(|step| exact(&smile, limit * f64::from(step) / 400.0, years).0).fold(9.0, f64::min);
            // Between two points a shallow dip may hide; a deep one may not.
            prop_assert!(least > -0.1 || !smile.is_butterfly_free(tenor), "g falls to {least}");
            prop_assert!(least < 1e-5 || smile.is_butterfly_free(tenor), "g is {least} at least");
        }

        #[test]
        fn prop_what_passes_once_passes_until_the_expiry((smile, tenor) in any_smile(), left in 0.0..1.0f64) {
            if !smile.is_butterfly_free(tenor) {
                return Ok(());
            }
            let left = Seconds::from_raw(((tenor.raw() as f64 * left) as i64).max(1));
            let limit = smile.max_log_moneyness().raw();
            for step in -16..=16 {
                let g = smile.butterfly_at(Log::from_raw(limit / 16 * step), left).unwrap();
                prop_assert!(real(g.raw()) > -1e-5);
            }
        }

        #[test]
        fn prop_nothing_stored_makes_it_panic(raw: [i64; 6], k: i64, left: i64) {
            let garbage = Svi::from_raw(raw);
            let _ = garbage.butterfly_at(Log::from_raw(k), Seconds::from_raw(left));
            let _ = garbage.is_butterfly_free(Seconds::from_raw(left));
        }
    }

    #[test]
    fn axel_vogts_smile_has_a_negative_density_right_of_its_range() {
        let vogt = smile([-0.0410, 0.1331, 0.3060, 0.3586, 0.4153], YEAR).unwrap();
        // Gatheral and Jacquier, figure 1: g dips below zero between k = 0.65 and 1.3.
        let g = |k: f64| real(vogt.butterfly_at(Log::from_raw(q40(k)), YEAR).unwrap().raw());
        assert!(g(0.478) > 0.08 && g(0.6) > 0.0);
        // Beyond the range the smile is flat, and there is no dip to be traded.
        assert!((real(vogt.max_log_moneyness().raw()) - 0.478).abs() < 1e-3);
        assert!(vogt.is_butterfly_free(YEAR));
        // The same parameters over a wider range do not pass.
        let [a, b, rho, m, s, _] = vogt.to_raw();
        let wide = Svi::from_raw([a, b, rho, m, s, q40(1.2)]);
        assert!((real(wide.butterfly_at(Log::from_raw(q40(0.879)), YEAR).unwrap().raw()) + 0.032_863_5).abs() < 1e-6);
        assert!(!wide.is_butterfly_free(YEAR));
    }

    #[test]
    fn a_flat_smile_passes_and_one_without_variance_or_time_does_not() {
        let flat = smile([0.64, 0.0, 0.0, 0.0, 0.1], YEAR).unwrap();
        assert_eq!(flat.butterfly_at(Log::ZERO, YEAR), Some(Skew::from_raw(ONE_Q)));
        assert!(flat.is_butterfly_free(YEAR));
        assert!(!flat.is_butterfly_free(Seconds::ZERO));
        let nothing = smile([0.0, 0.0, 0.0, 0.0, 0.1], YEAR).unwrap();
        assert!(!nothing.is_butterfly_free(YEAR));
    }

    #[test]
    fn a_steep_wing_passes_no_butterfly() {
        // A slope of 1.9 in total variance, over little variance: far below Lee's bound of 4, and no density.
        let steep = smile([0.01, 1.0, 0.9, 0.0, 0.05], YEAR).unwrap();
        assert!(!steep.is_butterfly_free(YEAR));
    }

    #[test]
    fn calendars_are_compared_in_total_variance() {
        let week = |variance: f64| (Variance::from_raw(q40(variance)), Seconds::from_raw(7 * 86_400));
        let month = |variance: f64| (Variance::from_raw(q40(variance)), Seconds::from_raw(28 * 86_400));
        assert!(is_calendar_free(week(0.64), month(0.64)));
        assert!(is_calendar_free(week(0.64), month(0.16)), "equal total variance");
        assert!(!is_calendar_free(week(0.64), (Variance::from_raw(q40(0.16) - 1), month(0.0).1)));
        assert!(is_calendar_free((Variance::ZERO, Seconds::ZERO), month(0.0)));
    }
}
