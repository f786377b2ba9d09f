//! The program's numbers beside those of the risk crate.

use anyhow::Result;
use plimsoll::instructions::{AccountState, GreeksReport, HealthReport, ScenarioReport, UnderlyingReport};
use plimsoll_margin_file::format::Greeks;
use plimsoll_margin_file::report::{self, PortfolioReport};
use plimsoll_margin_file::table::{amount, table as new_table};
use plimsoll_margin_file::AccountReport;
use serde::Serialize;

/// One number of a margin, in USD (Greeks: USD per unit of what their name says).
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub part: String,
    /// The risk crate's, where it has one: Greeks only in portfolio margin.
    pub risk: Option<f64>,
    /// The program's, to the atom.
    pub program: f64,
}

impl Row {
    /// The program's number less the risk crate's.
    pub fn difference(&self) -> Option<f64> {
        self.risk.map(|risk| self.program - risk)
    }
}

/// Everything the program reports as a number. Balances of an underlying are without collateral and cash; settled payoffs
/// are in them, as they are in the program's.
pub fn rows(risk: &AccountReport, program: &HealthReport) -> Vec<Row> {
    let mut rows = Rows::default();
    rows.add("equity", Some(risk.equity), program.equity_atoms);
    rows.add("maintenance margin", Some(risk.maintenance), program.maintenance_atoms);
    rows.add("initial margin", Some(risk.initial), program.initial_atoms);
    rows.add("mark and settled", Some(risk.mark + risk.settled), program.mark_atoms);
    rows.add("collateral", Some(risk.collateral), program.collateral_atoms);
    rows.add("cash", Some(risk.cash), program.cash_atoms);
    rows.add_greeks(risk.greeks.as_ref(), &program.greeks);
    for reported in &program.underlyings {
        rows.prefix = format!("underlying {} ", reported.slot);
        if let Some(risk) = risk.underlyings.get(reported.slot as usize) {
            rows.add_underlying(risk, reported);
        }
    }
    rows.rows
}

#[derive(Default)]
struct Rows {
    prefix: String,
    rows: Vec<Row>,
}

impl Rows {
    fn add(&mut self, part: &str, risk: Option<f64>, program_atoms: i64) {
        let part = format!("{}{part}", self.prefix);
        self.rows.push(Row { part, risk, program: program_atoms as f64 / 1e6 });
    }

    fn add_greeks(&mut self, risk: Option<&Greeks>, program: &GreeksReport) {
        let GreeksReport { delta_atoms, gamma_atoms, vega_atoms, theta_atoms, rho_atoms } = *program;
        let named = [
            ("delta", delta_atoms),
            ("gamma", gamma_atoms),
            ("vega", vega_atoms),
            ("theta", theta_atoms),
            ("rho", rho_atoms),
        ];
        for (name, atoms) in named {
            self.add(name, risk.and_then(|greeks| greeks.get(name)).copied(), atoms);
        }
    }

    fn add_underlying(&mut self, risk: &report::UnderlyingReport, program: &UnderlyingReport) {
        self.add("mark and settled", Some(risk.mark + risk.settled), program.mark_atoms);
        self.add("maintenance", Some(risk.maintenance + risk.settled), program.maintenance_atoms);
        self.add("initial", Some(risk.initial + risk.settled), program.initial_atoms);
        self.add_greeks(risk.portfolio.as_ref().map(|portfolio| &portfolio.greeks), &program.greeks);
        if let (Some(risk), Some(program)) = (&risk.portfolio, &program.scenarios) {
            self.add_scenarios(risk, program);
        }
    }

    fn add_scenarios(&mut self, risk: &PortfolioReport, program: &ScenarioReport) {
        self.add("worst scenario", Some(risk.worst_pnl), program.worst_atoms);
        self.add("minSPAN", Some(risk.min_span), program.min_span_atoms);
        self.add("maintenance contingency", Some(risk.mm_contingency), program.mm_contingency_atoms);
        self.add("initial contingency", Some(risk.im_contingency), program.im_contingency_atoms);
        self.add("price range", Some(risk.gap), program.gap_atoms);
    }
}

/// Name of the worst scenario as the files have it: its number, `linear`, `absolute`, or `none`.
pub fn worst_name(scenarios: &ScenarioReport) -> String {
    match scenarios.worst {
        253 => "none".into(),
        254 => "linear".into(),
        255 => "absolute".into(),
        number => number.to_string(),
    }
}

/// Name of the state as the files have it.
pub fn state_name(state: AccountState) -> &'static str {
    match state {
        AccountState::Healthy => "healthy",
        AccountState::Restricted => "restricted",
        AccountState::Liquidatable => "liquidatable",
        AccountState::Bankrupt => "bankrupt",
    }
}

/// Both sides as a table for a terminal.
pub fn table(risk: &AccountReport, program: &HealthReport) -> String {
    let mut lines = new_table(&["USD", "risk crate", "program", "difference"]);
    lines.add_row(["state", risk.state, state_name(program.state), ""]);
    for row in rows(risk, program) {
        let or_nothing = |x: Option<f64>| x.map_or(String::new(), amount);
        lines.add_row([row.part.clone(), or_nothing(row.risk), amount(row.program), or_nothing(row.difference())]);
    }
    for reported in &program.underlyings {
        let theirs = risk.underlyings.get(reported.slot as usize).and_then(|u| u.portfolio.as_ref());
        if let (Some(theirs), Some(ours)) = (theirs, &reported.scenarios) {
            let part = format!("underlying {} worst scenario is", reported.slot);
            lines.add_row([part, theirs.worst.clone(), worst_name(ours), String::new()]);
        }
    }
    lines.to_string()
}

/// Both sides as JSON, with the compute units and what the program's instructions would have refused.
pub fn json(risk: &AccountReport, answer: &super::Answer) -> Result<serde_json::Value> {
    let program = &answer.report;
    let worst: Vec<_> = program.underlyings.iter().map(|u| u.scenarios.as_ref().map(worst_name)).collect();
    Ok(serde_json::json!({
        "risk": risk,
        "program": {
            "state": state_name(program.state),
            "health_factor": (program.health_factor_e9 != i64::MAX).then_some(program.health_factor_e9 as f64 / 1e9),
            "is_calm": program.is_calm,
            "worst": worst,
            "compute_units": answer.compute_units,
            "notes": answer.notes,
        },
        "rows": serde_json::to_value(rows(risk, program))?,
    }))
}
