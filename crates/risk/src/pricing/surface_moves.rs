//! How far the volatility of a strike can have moved while the forward moved along a smile that stood still.

use crate::fixed::{self, Rounding};
use crate::math;
use crate::pricing::surface::Svi;
use crate::units::{Log, Vol, ONE_Q};

/// Steeper smiles than this per unit of log-moneyness have no bound worth having.
const MAX_STEEPNESS: i64 = 1_024 * ONE_Q;

/// Bounds of a smile, all rounded up, Q40.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steepness {
    /// Largest |dσ/dk|.
    pub per_log: i64,
    /// What two computed volatilities may differ by more than that.
    pub error: i64,
    /// Largest volatility of the smile.
    pub most: Vol,
}

impl Svi {
    /// How steep the smile is: σ(k) − σ(k') is within ± (|k − k'|·`per_log` + `error`), and σ is at most `most`.
    ///
    /// Variance w has |w'| = b·|ρ + y/R| ≤ b·(1 + |ρ|), nowhere less than a + b·s·√(1 − ρ²); and
    /// σ − σ' = (w − w')/(σ + σ'). `None` for a smile that touches zero or is steeper than 1024.
    ///
    /// # Rounding
    /// Up.
    ///
    /// # Error bound
    /// Holds for [`Svi::vol_at`] as computed: its error bound is part of `error`.
    ///
    /// # Source
    /// Gatheral and Jacquier (2014), equation 3.1.
    pub fn steepness(&self) -> Option<Steepness> {
        let [a, b, rho, m, s, limit] = self.to_raw();
        let slope = fixed::mul_div(b, ONE_Q.wrapping_add(rho.wrapping_abs()), ONE_Q, Rounding::Up).ok()?;
        // |ρ| < 1: products of numbers of at most 2 in Q40. The root is rounded down with its argument.
        let cosine =
            math::sqrt_q40(fixed::mul_shift::<40>(ONE_Q.wrapping_sub(rho), ONE_Q.wrapping_add(rho))).wrapping_sub(2);
        let bottom = fixed::mul_div(b, fixed::mul_shift::<40>(s, cosine.max(0)), ONE_Q, Rounding::Down).ok()?;
        // 2^-29·b·√((k − m)² + s²) + two units, by the error bound of the variance, rounded up.
        let reach = limit.wrapping_abs().wrapping_add(m.wrapping_abs()).wrapping_add(s.wrapping_abs());
        let noise = (fixed::mul_div(b, reach, ONE_Q, Rounding::Up).ok()? >> 29).wrapping_add(4);
        let least = math::sqrt_q40(a.checked_add(bottom)?.checked_sub(noise)?.max(0)).wrapping_sub(2);
        if least <= 0 {
            return None;
        }
        let per_log = fixed::mul_div(slope, ONE_Q >> 1, least, Rounding::Up).ok()?;
        let error = fixed::mul_div(noise, ONE_Q, least, Rounding::Up).ok()?.checked_add(8)?;
        // Convex in k: the largest variance is at one of the ends.
        let ends = [limit, limit.wrapping_neg()].map(|end| self.vol_at(Log::from_raw(end)).raw());
        let most = ends.into_iter().fold(0, i64::max).checked_add(error)?;
        let is_bounded = per_log <= MAX_STEEPNESS && error <= ONE_Q && most <= 128 * ONE_Q;
        is_bounded.then_some(Steepness { per_log, error, most: Vol::from_raw(most) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Seconds, Skew, Variance};
    use proptest::prelude::*;

    fn q40(x: f64) -> i64 {
        (x * ONE_Q as f64) as i64
    }

    fn any_smile() -> impl Strategy<Value = Svi> {
        let shape = (0.02..3.0f64, 0.0..3.0f64, -0.999..0.999f64, -2.0..2.0f64, 0.001..2.0f64, 60i64..63_072_000);
        shape.prop_filter_map("not a valid smile", |(vol, steepness, rho, m, s, tenor)| {
            let deviation = vol * libm::sqrt(tenor as f64 / 31_536_000.0);
            let b = steepness * vol * vol / deviation;
            let [a, b, rho, m, s] =
                [vol * vol - b * s * deviation / 2.0, b, rho, m * deviation, s * deviation].map(q40);
            let (a, b) = (Variance::from_raw(a), Variance::from_raw(b));
            Svi::new(a, b, Skew::from_raw(rho), Log::from_raw(m), Log::from_raw(s), Seconds::from_raw(tenor)).ok()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn prop_no_two_strikes_are_further_apart_than_the_steepness_allows(
            smile in any_smile(), at in -1.5..1.5f64, away in -0.05..0.05f64,
        ) {
            let Some(bound) = smile.steepness() else { return Ok(()) };
            let limit = smile.max_log_moneyness().raw() as f64;
            let k = (at * limit) as i64;
            let moved = k + q40(away);
            let (one, two) = (smile.vol_at(Log::from_raw(k)).raw(), smile.vol_at(Log::from_raw(moved)).raw());
            let allowed = fixed::mul_shift::<40>(bound.per_log, (moved - k).abs()) + 1 + bound.error;
            prop_assert!((one - two).abs() <= allowed, "{one} {two} {allowed}");
            prop_assert!(one <= bound.most.raw());
        }

        #[test]
        fn prop_nothing_stored_makes_it_panic(raw: [i64; 6]) {
            let _ = Svi::from_raw(raw).steepness();
        }
    }

    #[test]
    fn a_flat_smile_does_not_move_and_one_that_touches_zero_has_no_bound() {
        let flat = Svi::flat(Vol::from_raw(ONE_Q)).steepness().unwrap();
        assert_eq!(flat.per_log, 0);
        assert!(flat.error < 32 && flat.most.raw() - ONE_Q < 32);
        assert_eq!(Svi::flat(Vol::ZERO).steepness(), None);
    }
}
