//! A margin against the answer of the reference model in the same file, within the tolerance that `tests/vectors/README.md`
//! documents.

use crate::report::{AccountReport, PortfolioReport, UnderlyingReport};
use crate::AccountFile;
use serde_json::Value;

/// Part of the expected number, and USD on top.
const OF_NUMBER: f64 = 1e-6;
const LEAST: f64 = 1e-6;
/// Part of the notional: for margins, and for Greeks, of which those of single legs may be far above their sum.
const OF_NOTIONAL: f64 = 2e-8;
const OF_NOTIONAL_GREEKS: f64 = 1e-6;

/// Where an account disagrees with its answer.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What disagrees, one line each.
    pub lines: Vec<String>,
    /// The largest difference, as a part of the documented tolerance.
    pub worst: f64,
    notional: f64,
    times: f64,
}

impl Findings {
    /// Compares everything the answer names; `times` the documented tolerance is allowed.
    pub fn of(account: &AccountFile, times: f64) -> Self {
        // Collateral of the same asset takes part in the scenarios: it counts as notional where there is any.
        let own = account.collateral.iter().filter(|token| token.underlying.is_some());
        let own: f64 = own.map(|token| token.balance * token.price).sum();
        let mut findings = Self { lines: vec![], worst: 0.0, notional: account.notional() + own, times };
        match (account.margin(), &account.expected) {
            (Ok(report), Some(expected)) => findings.account(&report, expected),
            (Ok(_), None) => findings.fail("expected is missing: a vector has an answer".into()),
            (Err(error), _) => findings.fail(format!("{error:#}")),
        }
        findings
    }

    /// Whether nothing disagrees.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn fail(&mut self, line: String) {
        self.worst = f64::INFINITY;
        self.lines.push(line);
    }

    fn compare(&mut self, term: &str, actual: f64, expected: &Value) {
        self.compare_within(term, actual, expected, OF_NOTIONAL);
    }

    fn compare_within(&mut self, term: &str, actual: f64, expected: &Value, of_notional: f64) {
        let Some(expected) = expected.as_f64() else { return };
        let tolerance = OF_NUMBER * expected.abs() + of_notional * self.notional + LEAST;
        let allowed = self.times * tolerance;
        let difference = (actual - expected).abs();
        if difference.is_nan() {
            return self.fail(format!("{term} is not a number, expected {expected:.9}"));
        }
        self.worst = self.worst.max(difference / tolerance);
        if difference > allowed {
            let line = format!("{term} is {actual:.9}, expected {expected:.9}: off by {difference:.3e}");
            self.lines.push(format!("{line}, allowed {allowed:.3e}"));
        }
    }

    fn account(&mut self, report: &AccountReport, expected: &Value) {
        for (term, actual) in [
            ("equity", report.equity),
            ("maintenance", report.maintenance),
            ("initial", report.initial),
            ("collateral", report.collateral),
            ("mark", report.mark),
            ("settled", report.settled),
        ] {
            self.compare(term, actual, &expected[term]);
        }
        for (index, underlying) in report.underlyings.iter().enumerate() {
            self.underlying(&format!("underlyings[{index}]"), underlying, &expected["underlyings"][index]);
        }
    }

    fn underlying(&mut self, at: &str, report: &UnderlyingReport, expected: &Value) {
        for (term, actual) in [
            ("mark", Some(report.mark)),
            ("maintenance", Some(report.maintenance)),
            ("initial", Some(report.initial)),
            ("initial_at_index", report.initial_at_index),
        ] {
            if let Some(actual) = actual {
                self.compare(&format!("{at}.{term}"), actual, &expected[term]);
            }
        }
        if let Some(portfolio) = &report.portfolio {
            self.portfolio(at, portfolio, expected);
        }
    }

    fn portfolio(&mut self, at: &str, report: &PortfolioReport, expected: &Value) {
        for (number, pnl) in report.scenarios.iter().enumerate() {
            self.compare(&format!("{at}.scenarios[{number}]"), *pnl, &expected["scenarios"][number]);
        }
        for (term, part) in [
            ("skew_linear", report.skew_linear),
            ("skew_absolute", report.skew_absolute),
            ("es", report.es),
            ("worst_pnl", Some(report.worst_pnl)),
            ("scan", Some(report.scan)),
            ("basis", Some(report.basis)),
            ("min_span", Some(report.min_span)),
            ("mm_contingency", Some(report.mm_contingency)),
            ("im_contingency", Some(report.im_contingency)),
            ("gap", Some(report.gap)),
            ("naked", Some(report.naked)),
        ] {
            if part.is_none() != expected[term].is_null() {
                self.fail(format!("{at}.{term} is {part:?}, expected {}", expected[term]));
            }
            self.compare(&format!("{at}.{term}"), part.unwrap_or_default(), &expected[term]);
        }
        for (name, greek) in &report.greeks {
            self.compare_within(&format!("{at}.{name}"), *greek, &expected["greeks"][*name], OF_NOTIONAL_GREEKS);
        }
    }
}
