//! Realised volatility: an exponential average, over time, of squared log returns.
//!
//! Samples may come at any interval. A return r over a time t is one opinion of the variance per year, r²·year/t; it
//! enters with the weight 1 − 2^(−t/half-life), and everything before it keeps the rest:
//!
//! v' = λ·v + (1 − λ)·r²·year/t, λ = 2^(−t/half-life).
//!
//! The sum of the weights used so far is kept beside v and each weight divided by it, so that the average is unbiased from
//! its first sample.
//! Two rules keep one sample from ruling the average: its variance is capped at [`MAX_DEVIATIONS`]² times the average so
//! far, and its weight at a quarter, however long the silence before it.

use crate::error::RiskError;
use crate::fixed::{self, Rounding};
use crate::math;
use crate::units::{Log, Seconds, Skew, Variance, Vol, ONE_Q, SECONDS_PER_YEAR};

/// A return counts at most this many times the average volatility so far: one bad print moves the average of hourly
/// samples with a half-life of a week by an eighth, two moves that belong together are believed soon.
pub const MAX_DEVIATIONS: i64 = 8;
/// Largest weight of one sample: a quarter. A lone return after a long silence is a poor measure of that silence.
const MAX_WEIGHT: i64 = ONE_Q / 4;
/// Largest variance per year of one sample: a volatility of 100.
const MAX_VARIANCE: i64 = 10_000 * ONE_Q;
/// Largest |r|: the logarithm of the largest quotient of two prices in range, 18·ln 10, rounded up.
const MAX_RETURN: i64 = 42 * ONE_Q;
/// ln 2, Q40, rounded down.
const LN_2: i64 = 762_123_384_785;

/// How samples are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averaging {
    /// Time after which a sample counts half.
    pub half_life: Seconds,
    /// The average never caps a sample below [`MAX_DEVIATIONS`]² times this, so that a market that stood still can move.
    pub floor: Variance,
}

/// The average so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RealisedVariance {
    /// Variance per year; zero before the first return.
    pub variance: Variance,
    /// How much of all weight there is has been used, in [0, 1]: 1 − λ over the whole time measured.
    pub weight: Skew,
}

impl RealisedVariance {
    /// The average after one more return over some time.
    ///
    /// # Rounding
    /// Up, by at most two units of Q40 in a step.
    ///
    /// # Error bound
    /// 2^-37·(1 + variance)/w, w the weight of the least time between samples, at most a quarter: 2e-9 for hourly ones with a
    /// half-life of a week. A sample at its cap multiplies the variance before it, and its error by as much, 16 at most.
    ///
    /// # Errors
    /// [`RiskError::OutOfDomain`] unless time and half-life are positive, |r| ≤ 42 and the floor is no less than zero.
    pub fn after(&self, log_return: Log, elapsed: Seconds, averaging: &Averaging) -> Result<Self, RiskError> {
        let is_in_domain = elapsed.raw() > 0
            && averaging.half_life.raw() > 0
            && log_return.raw().unsigned_abs() <= MAX_RETURN as u64
            && averaging.floor.raw() >= 0;
        if !is_in_domain {
            return Err(RiskError::OutOfDomain);
        }
        let before = self.variance.raw().clamp(0, MAX_VARIANCE);
        let used = self.weight.raw().clamp(0, ONE_Q);
        let sample = annualised(log_return, elapsed)?.min(largest_sample(before, averaging.floor));
        let weight = weight_of(elapsed, averaging.half_life)?;
        // 0 ≤ used ≤ 1: what is missing is too, and the sum stays at or below 1.
        let filled = fixed::mul_div(ONE_Q.wrapping_sub(used), weight, ONE_Q, Rounding::Up)?;
        let used = used.wrapping_add(filled);
        let share = fixed::mul_div(weight, ONE_Q, used.max(1), Rounding::Down)?.min(ONE_Q);
        // Both variances are in [0, MAX_VARIANCE], so is what lies between them.
        let step = fixed::mul_div(sample.wrapping_sub(before), share, ONE_Q, Rounding::Up)?;
        Ok(Self { variance: Variance::from_raw(before.wrapping_add(step)), weight: Skew::from_raw(used) })
    }

    /// Volatility per year; zero before the first return.
    pub fn vol(&self) -> Vol {
        Vol::from_raw(math::sqrt_q40(self.variance.raw().clamp(0, MAX_VARIANCE)))
    }
}

/// What a sample counts at most after this average, Q40. Both are in [0, 2^63).
fn largest_sample(before: i64, floor: Variance) -> i64 {
    before.max(floor.raw()).saturating_mul(MAX_DEVIATIONS.wrapping_mul(MAX_DEVIATIONS)).min(MAX_VARIANCE)
}

/// r²·year/t, Q40, rounded up, at most [`MAX_VARIANCE`]. Time is positive.
fn annualised(log_return: Log, elapsed: Seconds) -> Result<i64, RiskError> {
    let square = fixed::mul_wide(log_return.raw(), log_return.raw());
    // |r| ≤ 42 in Q40, so r² < 2^91, times a year < 2^116; a second of Q40 is below 2^103.
    let dividend = square.wrapping_mul(SECONDS_PER_YEAR as i128);
    let divisor = fixed::mul_wide(elapsed.raw(), ONE_Q);
    Ok(fixed::div_wide(dividend, divisor, Rounding::Up)?.min(MAX_VARIANCE as i128) as i64)
}

/// 1 − 2^(−t/half-life), Q40, at most [`MAX_WEIGHT`]. Both times are positive.
fn weight_of(elapsed: Seconds, half_life: Seconds) -> Result<i64, RiskError> {
    // Beyond one half-life the cap rules anyway.
    let elapsed = elapsed.raw().min(half_life.raw());
    let exponent = fixed::mul_div(LN_2, elapsed, half_life.raw(), Rounding::Down)?;
    Ok(ONE_Q.wrapping_sub(math::exp_q40(exponent.wrapping_neg())).clamp(0, MAX_WEIGHT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    const HOUR: i64 = 3_600;
    const WEEKLY: Averaging =
        Averaging { half_life: Seconds::from_raw(7 * 86_400), floor: Variance::from_raw(ONE_Q / 400) };

    fn real(raw: i64) -> f64 {
        raw as f64 / ONE_Q as f64
    }

    /// The same average in floating point, written from the description above.
    #[derive(Default)]
    struct Model {
        weighted: f64,
        weight: f64,
    }

    impl Model {
        fn variance(&self) -> f64 {
            if self.weight > 0.0 {
                self.weighted / self.weight
            } else {
                0.0
            }
        }

        fn observe(&mut self, log_return: f64, elapsed: f64, half_life: f64, floor: f64) {
            let largest = (64.0 * self.variance().max(floor)).min(10_000.0);
            let sample = (log_return * log_return * 31_536_000.0 / elapsed).min(largest);
            let weight = (1.0 - libm::exp2(-elapsed / half_life)).min(0.25);
            self.weighted += weight * (sample - self.weighted);
            self.weight += weight * (1.0 - self.weight);
        }
    }

    /// A generator of normal numbers, the same in every run.
    struct Normal(u64);

    impl Normal {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        fn next(&mut self) -> f64 {
            let (radius, angle) = (libm::sqrt(-2.0 * libm::log(self.uniform())), self.uniform());
            radius * libm::cos(core::f64::consts::TAU * angle)
        }
    }

    /// (elapsed seconds, log return) of a market with this volatility, jumps now and then, and gaps in the sampling.
    fn path(seed: u64, steps: usize, vol: f64, jump: f64) -> Vec<(i64, i64)> {
        let mut normal = Normal(seed);
        (0..steps)
            .map(|_| {
                let gap = if normal.uniform() < 0.02 { 30.0 } else { 1.0 };
                let elapsed = (HOUR as f64 * gap * (1.0 + normal.uniform())) as i64;
                let mut log_return = vol * libm::sqrt(elapsed as f64 / 31_536_000.0) * normal.next();
                if normal.uniform() < 0.01 {
                    log_return += jump * normal.next();
                }
                (elapsed, (log_return * ONE_Q as f64) as i64)
            })
            .collect()
    }

    fn average(path: &[(i64, i64)], averaging: &Averaging) -> RealisedVariance {
        path.iter().fold(RealisedVariance::default(), |average, (elapsed, log_return)| {
            average.after(Log::from_raw(*log_return), Seconds::from_raw(*elapsed), averaging).unwrap()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn prop_agrees_with_floating_point_on_a_path_with_jumps_and_gaps(
            seed: u64, vol in 0.1..4.0f64, jump in 0.0..0.3f64, half_life in 7_200i64..7_200_000,
        ) {
            let averaging = Averaging { half_life: Seconds::from_raw(half_life), ..WEEKLY };
            let mut model = Model::default();
            let mut average = RealisedVariance::default();
            let mut allowed = 0.0f64;
            for (elapsed, log_return) in path(seed, 500, vol, jump) {
                let before = model.variance();
                average = average.after(Log::from_raw(log_return), Seconds::from_raw(elapsed), &averaging).unwrap();
                model.observe(real(log_return), elapsed as f64, half_life as f64, real(WEEKLY.floor.raw()));
                let (ours, theirs) = (real(average.variance.raw()), model.variance());
                let weight = (1.0 - libm::exp2(-(HOUR as f64) / half_life as f64)).min(real(MAX_WEIGHT));
                // What was allowed before grows with the variance: a capped sample is a multiple of it.
                let grown = if before > 0.0 { allowed * theirs / before } else { 0.0 };
                allowed = grown.max((1.0 + theirs) * libm::exp2(-37.0) / weight);
                prop_assert!((ours - theirs).abs() <= allowed, "{ours} instead of {theirs}");
                let vol = real(average.vol().raw());
                prop_assert!((vol * vol - theirs).abs() <= allowed + 1e-9 * theirs, "{vol}² instead of {theirs}");
            }
        }

        #[test]
        fn prop_no_sample_rules_the_average(
            seed: u64, vol in 0.1..2.0f64, spike in -3.0..3.0f64, elapsed in 60i64..10_000_000,
        ) {
            let before = average(&path(seed, 100, vol, 0.0), &WEEKLY);
            let after = before.after(Log::from_raw((spike * ONE_Q as f64) as i64), Seconds::from_raw(elapsed), &WEEKLY);
            let growth = real(after.unwrap().variance.raw()) / real(before.variance.raw());
            // The weight is at most a quarter of all weight there is, and more of what there was.
            let weight = 0.25 / (0.25 + 0.75 * real(before.weight.raw()));
            prop_assert!(growth <= 1.0 + 63.0 * weight + 1e-6 && growth >= 1.0 - weight - 1e-6, "{growth}");
        }

        #[test]
        fn prop_nothing_makes_it_panic(variance: i64, weight: i64, r: i64, elapsed: i64, half_life: i64, floor: i64) {
            let any = RealisedVariance { variance: Variance::from_raw(variance), weight: Skew::from_raw(weight) };
            let averaging = Averaging { half_life: Seconds::from_raw(half_life), floor: Variance::from_raw(floor) };
            let _ = any.after(Log::from_raw(r), Seconds::from_raw(elapsed), &averaging);
            let _ = any.vol();
        }
    }

    #[test]
    fn the_average_is_unbiased_at_irregular_samples_and_from_the_first_on() {
        let uncapped = Averaging { floor: Variance::from_raw(25 * ONE_Q), ..WEEKLY };
        for steps in [1, 5, 500] {
            let paths = 400_000 / (steps + 20);
            let measure = |seed| average(&path(seed, steps, 0.3, 0.0), &uncapped).variance.raw();
            let sum: f64 = (0..paths as u64).map(|seed| real(measure(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))).sum();
            let bias = sum / paths as f64 / 0.09 - 1.0;
            // Three standard errors: a single return has √2 of its variance.
            assert!(bias.abs() < 0.035, "{bias} after {steps} returns");
        }
    }

    #[test]
    fn a_bad_print_moves_hourly_samples_by_an_eighth() {
        let before = average(&path(1, 2_000, 0.8, 0.0), &WEEKLY);
        let halved = Log::from_raw(-(0.69 * ONE_Q as f64) as i64);
        let after = before.after(halved, Seconds::from_raw(HOUR), &WEEKLY).unwrap();
        let growth = real(after.vol().raw()) / real(before.vol().raw());
        assert!((1.11..1.13).contains(&growth), "{growth}");
    }

    #[test]
    fn the_first_return_is_the_average_and_none_is_zero() {
        let nothing = RealisedVariance::default();
        assert_eq!((nothing.variance, nothing.vol()), (Variance::ZERO, Vol::ZERO));
        // 0.1 % in an hour: 1e-6·8760 = 0.00876 per year.
        let one = nothing.after(Log::from_raw(ONE_Q / 1_000), Seconds::from_raw(HOUR), &WEEKLY).unwrap();
        assert!((real(one.variance.raw()) - 0.00876).abs() < 1e-8);
        assert!((real(one.weight.raw()) - (1.0 - libm::exp2(-1.0 / 168.0))).abs() < 1e-11);
        // The opposite return is the same opinion.
        let other = nothing.after(Log::from_raw(-ONE_Q / 1_000), Seconds::from_raw(HOUR), &WEEKLY).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn a_market_that_stood_still_can_move_and_one_at_the_limit_stays_there() {
        let still = RealisedVariance { variance: Variance::ZERO, weight: Skew::from_raw(ONE_Q) };
        let hour = Seconds::from_raw(HOUR);
        let moved = still.after(Log::from_raw(ONE_Q), hour, &WEEKLY).unwrap();
        let weight = 1.0 - libm::exp2(-1.0 / 168.0);
        assert!((real(moved.variance.raw()) - weight * 64.0 / 400.0).abs() < 1e-9);
        let most = RealisedVariance { variance: Variance::from_raw(MAX_VARIANCE), weight: Skew::from_raw(ONE_Q) };
        let again = most.after(Log::from_raw(MAX_RETURN), Seconds::from_raw(1), &WEEKLY).unwrap();
        assert_eq!((again, again.vol()), (most, Vol::from_raw(100 * ONE_Q)));
    }

    #[test]
    fn what_is_no_return_over_a_time_is_refused() {
        let (r, t) = (Log::from_raw(ONE_Q), Seconds::from_raw(HOUR));
        let observe = |r, t, averaging: &Averaging| RealisedVariance::default().after(r, t, averaging).map(|_| ());
        let none = Averaging { half_life: Seconds::ZERO, ..WEEKLY };
        let negative = Averaging { floor: Variance::from_raw(-1), ..WEEKLY };
        assert_eq!(observe(r, t, &WEEKLY), Ok(()));
        for refused in [
            observe(r, Seconds::ZERO, &WEEKLY),
            observe(r, Seconds::from_raw(-1), &WEEKLY),
            observe(Log::from_raw(MAX_RETURN + 1), t, &WEEKLY),
            observe(Log::from_raw(i64::MIN), t, &WEEKLY),
            observe(r, t, &none),
            observe(r, t, &negative),
        ] {
            assert_eq!(refused, Err(RiskError::OutOfDomain));
        }
    }
}
