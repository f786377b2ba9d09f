//! Prints a group of figures as `name value bound ok|short` and exits with 1 when one is short.
//!
//! Everything that takes under a minute is measured now, on the built program; the rest comes from docs/figures.json,
//! which `tools/measure-times` writes with the commit and the date.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use plimsoll_tests::{accuracy, benchmark, liquidation_figures, margin_figures};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Prints measured figures with their bounds; exits with 1 when one is short")]
struct Args {
    #[command(subcommand)]
    group: Group,
}

#[derive(Subcommand)]
enum Group {
    /// Accuracy of prices and Greeks, compute units of the hot instructions, times of the two commands
    Core,
    /// Portfolio margin: agreement with the reference model, compute units by the leg, native speed
    Margin,
    /// Liquidations: compute units, shared locks, the end of a crash, steps of fuzzing
    Liquidation,
    /// Writes a figure measured elsewhere to docs/figures.json
    Record { name: String, value: f64, commit: String, date: String },
}

/// A figure that was measured before.
#[derive(Serialize, Deserialize)]
struct Recorded {
    value: f64,
    commit: String,
    date: String,
}

struct Figure {
    name: String,
    value: f64,
    bound: f64,
    note: String,
}

impl Figure {
    fn new(name: impl Into<String>, value: f64, bound: f64) -> Self {
        Self { name: name.into(), value, bound, note: String::new() }
    }

    fn is_ok(&self) -> bool {
        self.value <= self.bound
    }
}

fn accuracy_figures() -> Vec<Figure> {
    let report = accuracy::scan();
    [
        ("price_error_of_forward", report.price, 2e-8),
        ("delta_error", report.delta, 1e-7),
        ("gamma_error_of_largest", report.gamma, 1e-6),
        ("vega_error_of_largest", report.vega, 1e-6),
        ("theta_error_of_largest", report.theta, 1e-6),
        ("rho_error_of_largest", report.rho, 1e-6),
    ]
    .into_iter()
    .map(|(name, worst, bound)| Figure::new(name, worst.error, bound))
    .collect()
}

fn compute_figures() -> Vec<Figure> {
    let bound = |name: &str| match name {
        _ if name.contains("check_health") => 60_000.0,
        _ if name.contains("trade") => 60_000.0,
        _ if name.contains("liquidate") => 120_000.0,
        _ => 15_000.0,
    };
    let mut measured = benchmark::health_and_trade(&[1, 4, 8, 16]);
    measured.push(benchmark::liquidate(16, 0));
    measured.push(benchmark::liquidate(16, 8));
    measured.extend(benchmark::update_price());
    measured.into_iter().map(|m| Figure::new(m.name.clone(), m.units as f64, bound(&m.name))).collect()
}

fn figures_file() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.json").into()
}

fn recorded() -> Result<BTreeMap<String, Recorded>> {
    let path = figures_file();
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(&path)?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is not a list of figures: restore it from git", path.display()))
}

/// A figure that was measured before, or one that is short because it never was.
fn measured_before(
    recorded: &BTreeMap<String, Recorded>,
    name: &str,
    bound: f64,
    how: &str,
    figure: impl Fn(f64) -> f64,
) -> Figure {
    match recorded.get(name) {
        Some(found) => Figure {
            note: format!("{} measured {} at {}", found.value, found.date, found.commit),
            ..Figure::new(name, figure(found.value), bound)
        },
        None => Figure { note: format!("never measured: {how}"), ..Figure::new(name, f64::INFINITY, bound) },
    }
}

fn time_figures() -> Result<Vec<Figure>> {
    let recorded = recorded()?;
    let bounds = [("demo_seconds_fresh_clone_warm_caches", 60.0), ("tests_seconds_fresh_clone_warm_caches", 600.0)];
    let figure =
        |(name, bound): (&str, f64)| measured_before(&recorded, name, bound, "run tools/measure-times", |value| value);
    Ok(bounds.into_iter().map(figure).collect())
}

/// How many steps are missing to what is asked for.
fn fuzz_figures() -> Result<Vec<Figure>> {
    let recorded = recorded()?;
    let missing = |name, steps: f64, how| {
        let figure = measured_before(&recorded, name, 0.0, how, |walked| (steps - walked).max(0.0));
        Figure { name: format!("{name}_missing_to_{steps}"), ..figure }
    };
    Ok(vec![
        missing("fuzz_steps_on_the_program", 20_000.0, "run tools/fuzz-program --steps 8000 --record"),
        missing("fuzz_steps_native", 10_000_000.0, "run tools/fuzz-program --native --steps 3900000 --record"),
    ])
}

fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.01 {
        format!("{value:.2e}")
    } else {
        format!("{value}")
    }
}

fn print(figures: &[Figure]) -> bool {
    for figure in figures {
        let verdict = if figure.is_ok() { "ok" } else { "short" };
        let line = format!(
            "{:<42} {:>10} {:>8} {verdict:<5} {}",
            figure.name,
            number(figure.value),
            number(figure.bound),
            figure.note
        );
        println!("{}", line.trim_end());
    }
    figures.iter().all(Figure::is_ok)
}

fn record(name: String, value: f64, commit: String, date: String) -> Result<()> {
    let mut all = recorded()?;
    all.insert(name, Recorded { value, commit, date });
    std::fs::write(figures_file(), serde_json::to_string_pretty(&all)? + "\n")?;
    Ok(())
}

fn main() -> Result<ExitCode> {
    match Args::parse().group {
        Group::Core => {
            let mut figures = accuracy_figures();
            figures.extend(compute_figures());
            figures.extend(time_figures()?);
            Ok(if print(&figures) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Group::Margin => {
            let mut figures = margin_figures::agreement()?;
            figures.extend(margin_figures::compute());
            let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
            let micros = margin_figures::native_micros(&target, "margin of 64 legs, 33 scenarios")?;
            figures.push(margin_figures::Bounded {
                name: "native_64_legs_33_scenarios_us".into(),
                value: micros,
                bound: 40.0,
            });
            let figures: Vec<Figure> = figures.into_iter().map(|f| Figure::new(f.name, f.value, f.bound)).collect();
            let is_ok = print(&figures);
            println!("\n{}", margin_figures::table());
            Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Group::Liquidation => {
            let (locks, shared) = liquidation_figures::shared_locks();
            let mut figures = liquidation_figures::compute();
            figures.extend(liquidation_figures::crash());
            figures.push(locks);
            let figures = figures.into_iter().map(|f| Figure::new(f.name, f.value, f.bound));
            let is_ok = print(&figures.chain(fuzz_figures()?).collect::<Vec<_>>());
            println!(
                "\nwritten by more than one of ten liquidations of different accounts by different takers: {shared:?}"
            );
            Ok(if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Group::Record { name, value, commit, date } => record(name, value, commit, date).map(|()| ExitCode::SUCCESS),
    }
}
