//! The same margin in 64-bit floating point, straight from the definition in `docs/risk-model.md`.

use super::book::{Book, Opt, Slice};
use plimsoll_risk::margin::portfolio::{Scenario, VolDirection};
use plimsoll_risk::params::{PortfolioParams, SkewParams};
use plimsoll_risk::pricing::OptionKind;
use plimsoll_risk::units::Ratio;

const MONTH: f64 = 30.0 * 86_400.0;
/// Total volatilities the kernel takes for nothing, and its largest.
const LEAST_TOTAL: f64 = 1.0 / (1u64 << 20) as f64;
const MOST_TOTAL: f64 = 16.0;

pub fn f(ratio: Ratio) -> f64 {
    ratio.raw() as f64 * 1e-9
}

fn normal(d: f64) -> f64 {
    0.5 * libm::erfc(-d / std::f64::consts::SQRT_2)
}

/// Undiscounted value of one option with ln(G/K) = `log`.
pub fn black(kind: OptionKind, forward: f64, strike: f64, log: f64, total: f64) -> f64 {
    let v = total.min(MOST_TOTAL);
    let (n1, n2) = if v < LEAST_TOTAL {
        let is_in = if log >= 0.0 { 1.0 } else { 0.0 };
        (is_in, is_in)
    } else {
        (normal(log / v + v / 2.0), normal(log / v - v / 2.0))
    };
    let value = forward * n1 - strike * n2;
    if kind == OptionKind::Put {
        value - (forward - strike)
    } else {
        value
    }
}

/// D, D·D+ and D·D− of an expiry.
pub fn discounts(params: &PortfolioParams, slice: &Slice) -> [f64; 3] {
    let (years, rate) = (slice.years(), slice.rate);
    let plain = (-rate * years).exp();
    let owned = f(params.long_base) * (-years * (rate * f(params.long_mult) + f(params.long_add))).exp();
    let owed = f(params.short_base) / (-years * (rate * f(params.short_mult) + f(params.short_add))).exp();
    [plain, plain * owned, (plain * owed).min(1.0)]
}

impl Slice {
    /// Undiscounted value with the moving part of the forward times a factor, and each total volatility changed.
    pub fn value(&self, factor: f64, vol: impl Fn(&Opt, f64) -> f64) -> f64 {
        let forward = self.fixed + (self.forward - self.fixed) * factor;
        let of_leg = |leg: &Opt| {
            let total = vol(leg, leg.vol) * self.years().sqrt();
            leg.contracts() * black(leg.kind, forward, leg.strike, (forward / leg.strike).ln(), total)
        };
        self.legs.iter().map(of_leg).sum()
    }

    fn kept(&self) -> f64 {
        self.value(1.0, |_, vol| vol)
    }
}

fn vol_factors(book: &Book, slice: &Slice) -> (f64, f64) {
    let params = &book.params;
    let power = if slice.seconds as f64 <= MONTH { params.short_power } else { params.long_power };
    let tenor = (MONTH / (slice.seconds.max(params.tenor_floor.raw()) as f64)).powf(f(power));
    ((1.0 + f(params.range_up) * tenor) * book.forecast, (1.0 - f(params.range_down) * tenor).max(0.0))
}

fn skewed(params: &PortfolioParams, skew: &SkewParams, slice: &Slice, is_absolute: bool) -> f64 {
    let root = slice.years().sqrt();
    let cap = f(skew.cap_slope) * root + f(skew.base_cap);
    let width = root * f(params.width_scale) * (f(params.vol_static) + root * f(params.vol_scale));
    let kstar = f(params.min_kstar).max(width);
    slice.value(1.0, |leg, vol| {
        let k = (leg.strike / slice.forward).ln();
        let k = if is_absolute { k.abs() } else { k };
        vol * (1.0 + (k * cap / kstar).clamp(-cap.abs(), cap.abs())).max(0.0)
    })
}

/// What the definition gives, in USD.
#[derive(Clone, Debug)]
pub struct Model {
    pub mark: f64,
    pub scenarios: Vec<f64>,
    pub skews: [f64; 2],
    pub basis: f64,
    pub gap: f64,
    pub worst: f64,
}

impl Model {
    pub fn of(book: &Book) -> Self {
        let params = &book.params;
        let marks: Vec<f64> = book.slices.iter().map(|slice| discounts(params, slice)[0] * slice.kept()).collect();
        let shocked = |slice: &Slice, value: f64| value * discounts(params, slice)[if value > 0.0 { 1 } else { 2 }];
        let scenario = |scenario: &Scenario| {
            let of_slice = |(slice, mark): (&Slice, &f64)| {
                let (up, down) = vol_factors(book, slice);
                let least = f(params.min_vol_up).max(f(params.realised_mult) * book.realised);
                let value = slice.value(f(scenario.spot), |_, vol| match scenario.vol {
                    VolDirection::Up => (vol * up).max(least),
                    VolDirection::Down => vol * down,
                    VolDirection::None => vol,
                });
                shocked(slice, value) - mark
            };
            let options: f64 = book.slices.iter().zip(&marks).map(of_slice).sum();
            f(scenario.weight) * (options + (f(scenario.spot) - 1.0) * book.collateral)
        };
        let skew = |skew: &SkewParams, is_absolute: bool| {
            let of_slice = |(slice, mark): (&Slice, &f64)| {
                -(shocked(slice, skewed(params, skew, slice, is_absolute)) - mark).abs()
            };
            f(skew.weight) * book.slices.iter().zip(&marks).map(of_slice).sum::<f64>()
        };
        let basis = |(slice, mark): (&Slice, &f64)| {
            let at = |factor: Ratio| discounts(params, slice)[0] * slice.value(f(factor), |_, vol| vol) - mark;
            let rate = f(params.basis_add) + f(params.basis_mult) * slice.years();
            at(params.basis_up).min(at(params.basis_down)).min(0.0) * rate
        };
        let end = |usd: f64| {
            let factor = usd / book.index;
            let at = |slice: &Slice| discounts(params, slice)[0] * slice.value(factor, |_, vol| vol);
            book.slices.iter().zip(&marks).map(|(slice, mark)| at(slice) - mark).sum::<f64>()
        };
        let scenarios: Vec<f64> = book.scenarios.iter().map(scenario).collect();
        let skews = [skew(&params.skew_linear, false), skew(&params.skew_absolute, true)];
        Self {
            mark: marks.iter().sum(),
            basis: book.slices.iter().zip(&marks).map(basis).sum(),
            gap: end(book.low).min(end(book.high)).min(0.0),
            worst: scenarios.iter().chain(&skews).copied().fold(0.0, f64::min),
            scenarios,
            skews,
        }
    }

    /// PnL of the historical pairs.
    pub fn history(book: &Book) -> Vec<f64> {
        let of_pair = |&(change, vol_change): &(f64, f64)| {
            let of_slice = |slice: &Slice| {
                let [plain, owned, owed] = discounts(&book.params, slice);
                let value = slice.value(1.0 + change, |_, vol| vol * (1.0 + vol_change));
                value * if value > 0.0 { owned } else { owed } - plain * slice.kept()
            };
            book.slices.iter().map(of_slice).sum::<f64>() + change * book.collateral
        };
        book.history.iter().flatten().map(of_pair).collect()
    }

    /// How much two books' skew losses may grow when they become one: D± changes with the sign of the sum.
    pub fn skew_kink(a: &Book, b: &Book) -> f64 {
        let params = &a.params;
        let of_pair = |(a, b): (&Slice, &Slice)| {
            let [_, owned, owed] = discounts(params, a);
            let kink = |skew: &SkewParams, is_absolute| {
                let least = skewed(params, skew, a, is_absolute).abs().min(skewed(params, skew, b, is_absolute).abs());
                (owed - owned) * least
            };
            kink(&params.skew_linear, false).max(kink(&params.skew_absolute, true))
        };
        a.slices.iter().zip(&b.slices).map(of_pair).sum()
    }
}

/// Mean of the worst part of equally likely outcomes.
pub fn expected_shortfall(outcomes: &[f64], mass: f64) -> f64 {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(f64::total_cmp);
    let tail = (mass * sorted.len() as f64).max(1.0);
    let weight = |place: usize| (tail - place as f64).clamp(0.0, 1.0);
    sorted.iter().enumerate().map(|(place, x)| x * weight(place)).sum::<f64>() / tail
}
