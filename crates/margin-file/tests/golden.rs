//! Every golden portfolio of `tests/vectors` against the risk crate. They come from an independent model in double
//! precision (`tests/reference`); `tests/vectors/README.md` documents format and tolerance. The environment variable
//! `PLIMSOLL_VECTORS` names another folder of vectors, as `tests/reference/fuzz.py` writes them.

use plimsoll_margin_file::{load, AccountFile, AccountReport};
use serde_json::Value;
use std::path::PathBuf;

/// What disagrees in one file.
struct Findings {
    file: String,
    notional: f64,
    lines: Vec<String>,
    worst: f64,
}

impl Findings {
    fn compare(&mut self, term: &str, actual: f64, expected: &Value) {
        self.compare_within(term, actual, expected, 2e-8, 1e-6);
    }

    fn compare_within(&mut self, term: &str, actual: f64, expected: &Value, of_notional: f64, least: f64) {
        let Some(expected) = expected.as_f64() else { return };
        let allowed = 1e-6 * expected.abs() + of_notional * self.notional + least;
        let difference = (actual - expected).abs();
        self.worst = self.worst.max(difference / allowed);
        if difference.is_nan() || difference > allowed {
            let line = format!("{}: {term} is {actual:.9}, expected {expected:.9}: off by {difference:.3e}", self.file);
            self.lines.push(format!("{line}, allowed {allowed:.3e}"));
        }
    }

    fn compare_account(&mut self, report: &AccountReport, expected: &Value) {
        self.compare("equity", report.equity, &expected["equity"]);
        self.compare("maintenance", report.maintenance, &expected["maintenance"]);
        self.compare("initial", report.initial, &expected["initial"]);
        self.compare("collateral", report.collateral, &expected["collateral"]);
        self.compare("mark", report.mark, &expected["mark"]);
        self.compare("settled", report.settled, &expected["settled"]);
        for (index, underlying) in report.underlyings.iter().enumerate() {
            let (expected, at) = (&expected["underlyings"][index], |term: &str| format!("underlyings[{index}].{term}"));
            self.compare(&at("mark"), underlying.mark, &expected["mark"]);
            self.compare(&at("maintenance"), underlying.maintenance, &expected["maintenance"]);
            self.compare(&at("initial"), underlying.initial, &expected["initial"]);
            if let Some(initial) = underlying.initial_at_index {
                self.compare(&at("initial_at_index"), initial, &expected["initial_at_index"]);
            }
            let Some(portfolio) = &underlying.portfolio else { continue };
            for (number, pnl) in portfolio.scenarios.iter().enumerate() {
                self.compare(&at(&format!("scenarios[{number}]")), *pnl, &expected["scenarios"][number]);
            }
            for (term, part) in [
                ("skew_linear", portfolio.skew_linear),
                ("skew_absolute", portfolio.skew_absolute),
                ("es", portfolio.es),
                ("worst_pnl", Some(portfolio.worst_pnl)),
                ("scan", Some(portfolio.scan)),
                ("basis", Some(portfolio.basis)),
                ("min_span", Some(portfolio.min_span)),
                ("mm_contingency", Some(portfolio.mm_contingency)),
                ("im_contingency", Some(portfolio.im_contingency)),
                ("gap", Some(portfolio.gap)),
                ("naked", Some(portfolio.naked)),
            ] {
                assert_eq!(part.is_none(), expected[term].is_null(), "{}: {term}", self.file);
                self.compare(&at(term), part.unwrap_or_default(), &expected[term]);
            }
            for (name, greek) in &portfolio.greeks {
                // Near an expiry gamma and theta of single legs are far above their sum.
                self.compare_within(&at(name), *greek, &expected["greeks"][*name], 1e-6, 1e-6);
            }
        }
    }
}

fn vectors() -> PathBuf {
    let named = std::env::var_os("PLIMSOLL_VECTORS").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"))
}

fn files(folder: &str) -> Vec<(String, AccountFile)> {
    let path = vectors().join(folder);
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let account = load(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        (name, account)
    };
    files.into_iter().map(read).collect()
}

fn check(folder: &str, at_least: usize) {
    let files = files(folder);
    assert!(files.len() >= at_least, "only {} vectors found", files.len());
    let mut all = vec![];
    for (file, account) in files {
        // Collateral of the same asset takes part in the scenarios: it counts as notional where there is any.
        let own = account.collateral.iter().filter(|token| token.underlying.is_some());
        let own: f64 = own.map(|token| token.balance * token.price).sum();
        let mut findings = Findings { file, notional: account.notional() + own, lines: vec![], worst: 0.0 };
        match account.margin() {
            Ok(report) => findings.compare_account(&report, account.expected.as_ref().expect("a vector has an answer")),
            Err(error) => findings.lines.push(format!("{}: {error:#}", findings.file)),
        }
        all.push(findings);
    }
    if let Some(worst) = all.iter().max_by(|a, b| a.worst.total_cmp(&b.worst)) {
        println!("{} vectors; the worst uses {:.1} % of its tolerance: {}", all.len(), worst.worst * 100.0, worst.file);
    }
    let failed = all.iter().filter(|findings| !findings.lines.is_empty()).count();
    let lines: Vec<&str> = all.iter().flat_map(|findings| &findings.lines).map(String::as_str).take(60).collect();
    assert!(lines.is_empty(), "{failed} of {} vectors disagree:\n{}", all.len(), lines.join("\n"));
}

#[test]
fn cross_margin_agrees_with_the_reference_model() {
    check("cross", 120);
}

#[test]
fn portfolio_margin_agrees_with_the_reference_model() {
    check("portfolio", 320);
}
