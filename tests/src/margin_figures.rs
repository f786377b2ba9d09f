//! Figures of portfolio margin: agreement with the reference model, and what it costs by the leg.

use crate::budget::{self, Units};
use anyhow::{Context, Result};
use plimsoll_margin_file::{load, AccountReport};
use serde_json::Value;
use std::path::Path;

/// A figure and the most it may be.
pub struct Bounded {
    pub name: String,
    pub value: f64,
    pub bound: f64,
}

impl Bounded {
    pub fn new(name: impl Into<String>, value: f64, bound: f64) -> Self {
        Self { name: name.into(), value, bound }
    }
}

/// Agreement with the golden portfolios: how many there are short of 300, and the largest part of the tolerance
/// 1e-6·|margin| + 2e-8·S·Σ|q| + 1e-6 USD that a balance uses.
pub fn agreement() -> Result<Vec<Bounded>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/portfolio");
    let (mut count, mut worst) = (0u32, 0.0f64);
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let account = load(&std::fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
        let report = account.margin().with_context(|| path.display().to_string())?;
        let expected = account.expected.as_ref().context("a vector has an answer: regenerate it")?;
        worst = worst.max(share_of_tolerance(&report, expected, account.notional()));
        count += 1;
    }
    Ok(vec![
        Bounded::new("golden_portfolios_missing_to_300", 300.0 - f64::from(count.min(300)), 0.0),
        Bounded::new("margin_error_of_tolerance", worst, 1.0),
    ])
}

fn share_of_tolerance(report: &AccountReport, expected: &Value, notional: f64) -> f64 {
    let balances = [
        ("equity", report.equity),
        ("maintenance", report.maintenance),
        ("initial", report.initial),
        ("mark", report.mark),
    ];
    let share = |(name, actual): (&str, f64)| {
        let expected = expected[name].as_f64().unwrap_or(f64::NAN);
        (actual - expected).abs() / (1e-6 * expected.abs() + 2e-8 * notional + 1e-6)
    };
    // A missing answer is no agreement.
    balances
        .into_iter()
        .map(share)
        .fold(0.0, |worst, share| if share.is_nan() { f64::INFINITY } else { worst.max(share) })
}

/// Compute units on the built binary.
pub fn compute() -> Vec<Bounded> {
    let units = budget::measure_portfolio();
    let at = |name: &str| units.get(name).map_or(f64::INFINITY, |units| *units as f64);
    let of = |what: &str, legs: usize, underlyings: usize| {
        at(&format!("{what}:portfolio_{legs}_legs_{underlyings}_underlyings"))
    };
    // Both at one expiry: what is between them is legs alone.
    let per_leg = (of("check_margin", 32, 1) - of("check_margin", 16, 1)) / 16.0;
    // Spreads a dollar wide: the skew scenarios may be the worst, and are scanned too.
    let spread = |legs: usize| at(&format!("check_margin:portfolio_{legs}_legs_in_narrow_spreads_1_underlyings"));
    // As many longs as shorts: the skews are bounded strike by strike.
    let hedged = |legs: usize| at(&format!("check_margin:portfolio_{legs}_legs_hedged_4_underlyings"));
    let arrays = budget::measure_arrays();
    let bounded = |legs: usize| {
        arrays.get(&format!("check_margin:arrays_{legs}_legs")).map_or(f64::INFINITY, |units| *units as f64)
    };
    let mut figures = vec![
        Bounded::new("leg_marginal_29_scenarios", per_leg, 2_000.0),
        Bounded::new("leg_marginal_29_scenarios_2_skews", (spread(32) - spread(16)) / 16.0, 2_000.0),
        // The margin alone, and the whole report: Greeks, worst scenario and every part of each underlying.
        Bounded::new("check_margin_32_legs_4_underlyings", of("check_margin", 32, 4), 80_000.0),
        Bounded::new("check_margin_64_legs_4_underlyings", of("check_margin", 64, 4), 160_000.0),
        Bounded::new("check_margin_32_legs_hedged_4_underlyings", hedged(32), 80_000.0),
        Bounded::new("check_margin_64_legs_hedged_4_underlyings", hedged(64), 160_000.0),
        // Call and put of sixteen strikes; above, every leg has a strike of its own.
        Bounded::new(
            "check_margin_32_legs_in_pairs_4_underlyings",
            at("check_margin:portfolio_32_legs_in_pairs_4_underlyings"),
            80_000.0,
        ),
        Bounded::new("check_health_32_legs_4_underlyings", of("check_health", 32, 4), 80_000.0),
        Bounded::new("check_health_64_legs_4_underlyings", of("check_health", 64, 4), 160_000.0),
        Bounded::new(
            "liquidate_32_legs_by_8_legs_4_underlyings",
            at("liquidate:portfolio_32_legs_4_underlyings_by_portfolio_8"),
            130_000.0,
        ),
        Bounded::new(
            "liquidate_32_legs_by_8_legs_1_underlying",
            at("liquidate:portfolio_32_legs_1_underlyings_by_portfolio_8"),
            130_000.0,
        ),
        Bounded::new("leg_marginal_risk_arrays", (bounded(32) - bounded(16)) / 16.0, 250.0),
        Bounded::new("cost_off_the_line_1_to_32_legs", off_the_line(&units), 0.05),
    ];
    // Information: how many legs a transaction could value, the largest account allowing it.
    let most = (1_400_000.0 - of("check_margin", 32, 1)) / per_leg + 32.0;
    figures.push(Bounded::new("legs_in_one_transaction_short_of_860", (860.0 - most).max(0.0), 0.0));
    figures
}

/// Largest relative distance of the cost at 2 to 16 legs from the line through 1 and 32 legs of one expiry.
fn off_the_line(units: &Units) -> f64 {
    let at = |legs: usize| units[&format!("check_health:portfolio_{legs}_legs_1_underlyings")] as f64;
    let slope = (at(32) - at(1)) / 31.0;
    [2, 4, 8, 16].into_iter().fold(0.0, |worst: f64, legs| {
        let line = at(1) + slope * (legs as f64 - 1.0);
        worst.max((at(legs) / line - 1.0).abs())
    })
}

/// The table of cost by legs, for people.
pub fn table() -> String {
    let (units, arrays) = (budget::measure_portfolio(), budget::measure_arrays());
    let mut lines = vec![
        "CU in portfolio mode, one underlying; arrays: check_margin from fresh risk arrays".to_string(),
        "legs  check_health  check_margin    arrays".to_string(),
    ];
    for legs in [1, 2, 4, 8, 16, 32, 64] {
        let at = |what: &str| units[&format!("{what}:portfolio_{legs}_legs_1_underlyings")];
        let from_arrays = arrays[&format!("check_margin:arrays_{legs}_legs")];
        lines.push(format!("{legs:>4}  {:>12}  {:>12}  {from_arrays:>8}", at("check_health"), at("check_margin")));
    }
    lines.join("\n")
}

/// Microseconds that the native benchmark measured last, from the folder where it keeps its estimates.
pub fn native_micros(target: &Path, name: &str) -> Result<f64> {
    let file = target.join("criterion").join(name).join("new/estimates.json");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{}: run cargo bench -p plimsoll-risk --bench portfolio", file.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    Ok(estimates["mean"]["point_estimate"].as_f64().context("the estimate has a mean: run the benchmark again")? / 1e3)
}
