//! Static arbitrage in a surface: butterflies within one smile, calendars between two.
//!
//! Strikes beyond a smile's range are priced flat: what a smile would do there is not checked, and the kink at the ends of
//! the range, four standard deviations out, is accepted.

use crate::fixed;
use crate::math;
use crate::pricing::surface::Svi;
use crate::units::{Log, Seconds, Skew, Variance, ONE_Q, SECONDS_PER_YEAR};

/// The range of a smile is looked at this many times on either side of the forward.
const STEPS: i64 = 16;
/// And, where they lie inside the range, this many widths on either side of its bottom, where a narrow smile bends.
const WIDTHS: [i64; 5] = [0, 1, 2, 4, 8];

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
    /// Whether Durrleman's g(k) is at least zero at 43 points: 33 evenly over the range, 10 around the bottom of the
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
        let [_, _, _, m, s, limit] = self.to_raw();
        // |limit| ≤ 42 and |step| ≤ 16; |m| ≤ 4, s ≤ 4 and eight widths: far inside 2^63.
        let even = (STEPS.wrapping_neg()..=STEPS).map(|step| limit.wrapping_mul(step).wrapping_div(STEPS));
        let bottom = WIDTHS.into_iter().flat_map(|width| {
            let offset = s.wrapping_mul(width);
            [m.wrapping_sub(offset), m.wrapping_add(offset)]
        });
        let inside = bottom.filter(|k| k.unsigned_abs() <= limit.unsigned_abs());
        even.chain(inside).all(|k| self.butterfly_at(Log::from_raw(k), left).is_some_and(|g| !g.is_negative()))
    }

    /// Durrleman's g(k) = (1 − k·w'/2w)² − (w'²/4)·(1/w + 1/4) + w''/2 of total variance w = σ²·τ. `None`
    /// without variance or time at this point, or where a term leaves ±2^23: no smile that belongs to a density does.
    ///
    /// # Domain
    /// |k| within the range of the smile, and a smile that [`Svi::new`] accepts.
    ///
    /// # Error bound
    /// 1e-7·(1 + the largest of its terms).
    ///
    /// # Source
    /// J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces" (2014), equation 2.1.
    pub fn butterfly_at(&self, log_moneyness: Log, left: Seconds) -> Option<Skew> {
        let [_, b, rho, m, s, _] = self.to_raw();
        let variance = self.variance_at(log_moneyness).raw();
        if variance <= 0 || left.raw() <= 0 {
            return None;
        }
        let k = log_moneyness.raw();
        let y = k.wrapping_sub(m);
        let root = hypotenuse(y, s);
        let ratio = |a: i64, b: i64| fixed::mul_div(a, ONE_Q, b, fixed::Rounding::Down).ok();
        // First derivative of σ² by k; ρ + y/R lies in (−2, 2).
        let slope = fixed::mul_div(b, rho.wrapping_add(ratio(y, root)?), ONE_Q, fixed::Rounding::Down).ok()?;
        let total = |per_year| fixed::mul_div(per_year, left.raw(), SECONDS_PER_YEAR, fixed::Rounding::Down).ok();
        let total_slope = total(slope)?;
        // w''/2 = b·τ·(s/R)²/2R.
        let narrow = ratio(s, root)?;
        let bend = fixed::mul_shift::<40>(total(b)?, fixed::mul_shift::<40>(narrow, narrow));
        let curvature = fixed::mul_div(bend, ONE_Q, root.checked_mul(2)?, fixed::Rounding::Down).ok()?;
        let skew = fixed::mul_div(k, slope, variance.checked_mul(2)?, fixed::Rounding::Down).ok()?;
        let off = ONE_Q.checked_sub(skew)?;
        let square = fixed::mul_div(off, off, ONE_Q, fixed::Rounding::Down).unwrap_or(i64::MAX);
        let spread = fixed::mul_div(total_slope, slope, variance.checked_mul(4)?, fixed::Rounding::Up).ok()?;
        let steepness = fixed::mul_div(total_slope, total_slope, ONE_Q.wrapping_mul(16), fixed::Rounding::Up).ok()?;
        // All four are at least zero: the positive ones are cut at the ends of an i64, where g is far from zero.
        let g = square.saturating_add(curvature).saturating_sub(spread).saturating_sub(steepness);
        Some(Skew::from_raw(g))
    }
}

/// √(y² + s²), to 2^-30 of itself. |y| < 2^46 and 0 < s ≤ 2^42.
fn hypotenuse(y: i64, s: i64) -> i64 {
    // Both are scaled so that the larger has its highest bit at 2^30: the squares sum to less than 2^63.
    let zeros = math::leading_zeros(y.unsigned_abs() | s.unsigned_abs());
    let shift = 33u32.wrapping_sub(zeros) as i32;
    let scaled = |x: u64| if shift >= 0 { x.wrapping_shr(shift as u32) } else { x.wrapping_shl(shift.unsigned_abs()) };
    let (y, s) = (scaled(y.unsigned_abs()), scaled(s.unsigned_abs()));
    let root = math::isqrt_u64(y.wrapping_mul(y).wrapping_add(s.wrapping_mul(s)));
    let back = if shift >= 0 { root.wrapping_shl(shift as u32) } else { root.wrapping_shr(shift.unsigned_abs()) };
    (back as i64).max(1)
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
            prop_assert!((actual - g).abs() <= 1e-7 * (1.0 + largest), "{actual} instead of {g}");
        }

        #[test]
        fn prop_a_smile_with_a_negative_density_does_not_pass((smile, tenor) in any_smile()) {
            let limit = real(smile.max_log_moneyness().raw());
            let years = tenor.raw() as f64 / SECONDS_PER_YEAR as f64;
            let least = (-400..=400).map(|step| exact(&smile, limit * f64::from(step) / 400.0, years).0).fold(9.0, f64::min);
            // Between two points a shallow dip may hide; a deep one may not.
            prop_assert!(least > -0.1 || !smile.is_butterfly_free(tenor), "g falls to {least}");
            prop_assert!(least < 1e-6 || smile.is_butterfly_free(tenor), "g is {least} at least");
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
                prop_assert!(real(g.raw()) > -1e-6);
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
