//! How far the fixed-point prices and Greeks are from the closed forms in f64, over the whole domain they promise.
//!
//! Called by the test below and by the tool that prints the project's figures.

use libm::{erfc, exp, log, sqrt};
use plimsoll_risk::math;
use plimsoll_risk::pricing::{self, ForwardCurve, Greeks, OptionKind, Strike};
use plimsoll_risk::units::{Discount, Price, Ratio, Seconds, Vol, ONE_Q, SECONDS_PER_YEAR};
use std::f64::consts::{LN_10, PI, SQRT_2};

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Call or put.
    pub kind: OptionKind,
    /// Forward price, 1e-9 USD.
    pub forward: i64,
    /// Strike price, 1e-9 USD.
    pub strike: i64,
    /// Annualised volatility, Q40.
    pub vol: i64,
    /// Time to expiry.
    pub seconds: i64,
    /// Interest rate, 1e-9.
    pub rate: i64,
}

/// A largest error and the option where it occurs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worst {
    /// The error, in the measure named by [`AccuracyReport`].
    pub error: f64,
    /// Where; absent while every error is zero.
    pub at: Option<Point>,
}

impl Worst {
    fn record(&mut self, error: f64, at: Point) {
        // A NaN must not pass for a small error.
        if error.is_nan() || error > self.error {
            *self = Self { error, at: Some(at) };
        }
    }
}

/// Largest errors of [`scan`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AccuracyReport {
    /// Of the price, as a fraction of the forward, at D = 1.
    pub price: Worst,
    /// Of delta, absolute.
    pub delta: Worst,
    /// Of gamma, as a fraction of its largest value over all strikes.
    pub gamma: Worst,
    /// Of vega, likewise.
    pub vega: Worst,
    /// Of theta, likewise.
    pub theta: Worst,
    /// Of rho, likewise.
    pub rho: Worst,
    /// How many options were compared.
    pub points: u64,
}

/// Closed forms in f64: value, delta, gamma·F, vega, theta per day and rho, in USD.
struct Exact {
    value: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
}

fn normal(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

impl Exact {
    fn of(point: Point) -> Self {
        let (forward, strike) = (point.forward as f64 / 1e9, point.strike as f64 / 1e9);
        let (vol, tau) = (point.vol as f64 / ONE_Q as f64, point.seconds as f64 / SECONDS_PER_YEAR as f64);
        let rate = point.rate as f64 / 1e9;
        let (discount, total) = (exp(-rate * tau), vol * sqrt(tau));
        let d1 = log(forward / strike) / total + total / 2.0;
        let d2 = d1 - total;
        let sign = if point.kind == OptionKind::Call { 1.0 } else { -1.0 };
        let value = discount * sign * (forward * normal(sign * d1) - strike * normal(sign * d2));
        let density = discount * exp(-d1 * d1 / 2.0) / sqrt(2.0 * PI);
        let decay = forward * density * vol / (2.0 * sqrt(tau));
        Self {
            value,
            delta: discount * sign * normal(sign * d1),
            gamma: density / total,
            vega: forward * density * sqrt(tau),
            theta: (rate * value - decay) / 365.0,
            rho: -tau * value,
        }
    }

    /// The same with every entry at its largest over strikes within a factor of ten of the forward, the carry left out of theta.
    fn largest(point: Point) -> Self {
        let (forward, vol) = (point.forward as f64 / 1e9, point.vol as f64 / ONE_Q as f64);
        let tau = point.seconds as f64 / SECONDS_PER_YEAR as f64;
        let discount = exp(-point.rate as f64 / 1e9 * tau);
        let density = discount / sqrt(2.0 * PI);
        Self {
            value: forward,
            delta: 1.0,
            gamma: density / (vol * sqrt(tau)),
            vega: forward * density * sqrt(tau),
            theta: forward * density * vol / (2.0 * sqrt(tau)) / 365.0,
            rho: tau * discount * forward * 0.9,
        }
    }
}

fn measure(report: &mut AccuracyReport, point: Point) {
    let (tau, rate) = (Seconds::from_raw(point.seconds), Ratio::from_raw(point.rate));
    let (vol, sqrt_years) = (Vol::from_raw(point.vol), math::sqrt_years(tau));
    let strike = Strike::new(Price::from_raw(point.strike)).expect("strike in range");
    let curve = |discount| ForwardCurve::new(Price::from_raw(point.forward), discount).expect("forward in range");
    let total = pricing::total_vol(vol, sqrt_years);
    let price = pricing::price(point.kind, &curve(Discount::ONE), strike, total);
    let undiscounted = Exact::of(Point { rate: 0, ..point });
    let (exact, largest) = (Exact::of(point), Exact::largest(point));
    let discounted = curve(pricing::discount(rate, tau));
    let greeks = Greeks::of(point.kind, &discounted, strike, vol, sqrt_years, tau, rate).expect("point in the domain");
    let (q40, usd) = (|raw: i64| raw as f64 / ONE_Q as f64, |price: Price| price.raw() as f64 / 1e9);
    report.points += 1;
    report.price.record((usd(price) - undiscounted.value).abs() / largest.value, point);
    report.delta.record((q40(greeks.delta) - exact.delta).abs(), point);
    report.gamma.record((q40(greeks.gamma) - exact.gamma).abs() / largest.gamma, point);
    report.vega.record((usd(greeks.vega) - exact.vega).abs() / largest.vega, point);
    report.theta.record((usd(greeks.theta) - exact.theta).abs() / largest.theta, point);
    report.rho.record((usd(greeks.rho) - exact.rho).abs() / largest.rho, point);
}

/// A call and a put with ln(F/K) = x.
fn measure_pair(report: &mut AccuracyReport, point: Point, x: f64) {
    let strike = (point.forward as f64 * exp(-x)) as i64;
    if x.abs() > LN_10 || strike <= 0 || strike > Price::MAX.raw() {
        return;
    }
    for kind in [OptionKind::Call, OptionKind::Put] {
        measure(report, Point { kind, strike, ..point });
    }
}

/// Numbers in [0, 1) from a fixed start: the scan is the same every time.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        // xorshift64: G. Marsaglia, "Xorshift RNGs", J. Statistical Software 8 (2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn log_between(&mut self, low: f64, high: f64) -> f64 {
        low * exp(self.next() * log(high / low))
    }
}

/// Compares prices and Greeks with the closed forms: F/K in [0.1, 10], σ in [0.05, 5], T from 60 s to 730 days.
///
/// A dense grid, in strikes spaced evenly and in strikes spaced by standard deviations, then random points of both kinds.
/// Forwards lie from 1 000 USD to 100 million: far below, half a unit of 1e-9 USD is itself a millionth of the largest rho.
pub fn scan() -> AccuracyReport {
    const MINUTE: i64 = 60;
    const DAY: i64 = 86_400;
    let mut report = AccuracyReport::default();
    for forward in [1_000_000_000_000, 1_500_000_000_000, 95_776_673_927_089, 99_999_999_999_999_999] {
        for seconds in
            [MINUTE, 5 * MINUTE, 60 * MINUTE, DAY / 4, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 730 * DAY]
        {
            for vol in [0.05, 0.1, 0.2, 0.45, 1.0, 2.0, 5.0] {
                let vol = (vol * ONE_Q as f64) as i64;
                let point = Point { kind: OptionKind::Call, forward, strike: 0, vol, seconds, rate: 50_000_000 };
                let total = vol as f64 / ONE_Q as f64 * sqrt(seconds as f64 / SECONDS_PER_YEAR as f64);
                for step in -32..=32 {
                    measure_pair(&mut report, point, f64::from(step) / 32.0 * LN_10);
                    measure_pair(&mut report, point, f64::from(step) / 4.0 * total);
                }
            }
        }
    }
    let mut uniform = Uniform(0x9E37_79B9_7F4A_7C15);
    for index in 0..300_000 {
        let forward = uniform.log_between(1e12, 1e17) as i64;
        let seconds = uniform.log_between(60.0, (730 * DAY) as f64) as i64;
        let vol = (uniform.log_between(0.05, 5.0) * ONE_Q as f64) as i64;
        let rate = (uniform.next() * 0.3e9) as i64;
        let point = Point { kind: OptionKind::Call, forward, strike: 0, vol, seconds, rate };
        let total = vol as f64 / ONE_Q as f64 * sqrt(seconds as f64 / SECONDS_PER_YEAR as f64);
        let width = if index % 2 == 0 { LN_10 } else { LN_10.min(6.0 * total) };
        measure_pair(&mut report, point, (2.0 * uniform.next() - 1.0) * width);
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_greeks_keep_their_bounds_over_the_whole_domain() {
        let report = scan();
        assert!(report.points > 500_000, "only {} options compared", report.points);
        for (name, worst, bound) in [
            ("price", report.price, 3e-9),
            ("delta", report.delta, 1e-8),
            ("gamma", report.gamma, 1e-7),
            ("vega", report.vega, 1e-7),
            ("theta", report.theta, 2e-7),
            ("rho", report.rho, 5e-7),
        ] {
            assert!(worst.error <= bound, "{name}: {:e} above {bound:e} at {:?}", worst.error, worst.at);
        }
    }
}
