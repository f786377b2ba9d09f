//! Reports as tables for a terminal.

use crate::format::{Direction, UnderlyingFile};
use crate::report::{AccountReport, PortfolioReport, UnderlyingReport};
use crate::AccountFile;
use comfy_table::{presets::UTF8_BORDERS_ONLY, CellAlignment, Table};

/// The account, its underlyings, and the scenarios of each.
pub fn render(file: &AccountFile, report: &AccountReport) -> String {
    let mut parts = vec![summary(report).to_string()];
    for (index, (market, underlying)) in file.underlyings.iter().zip(&report.underlyings).enumerate() {
        parts.push(format!("underlying {index}, index {}", market.index));
        parts.push(balances(underlying).to_string());
        if let Some(portfolio) = &underlying.portfolio {
            parts.push(scenarios(market, portfolio).to_string());
        }
    }
    parts.join("\n")
}

/// An empty table; every column but the first is for numbers.
pub fn table(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(headers);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// USD to the atom.
pub fn amount(x: f64) -> String {
    // Adding zero makes a zero below nothing an ordinary one.
    format!("{:.6}", (x * 1e6).round() / 1e6 + 0.0)
}

fn summary(report: &AccountReport) -> Table {
    let mut rows = table(&["account", "USD"]);
    let factor = report.health_factor.map_or("nothing is required".into(), |factor| format!("{factor:.9}"));
    rows.add_row(["state".into(), report.state.to_string()]);
    rows.add_row(["health factor".into(), factor]);
    for (name, x) in [
        ("equity", report.equity),
        ("maintenance margin", report.maintenance),
        ("initial margin", report.initial),
        ("cash", report.cash),
        ("collateral", report.collateral),
        ("mark", report.mark),
        ("settled", report.settled),
    ] {
        rows.add_row([name.into(), amount(x)]);
    }
    for (name, x) in report.greeks.iter().flatten() {
        rows.add_row([format!("total {name}"), amount(*x)]);
    }
    rows
}

fn balances(underlying: &UnderlyingReport) -> Table {
    let mut rows = table(&["part", "USD"]);
    let mut add = |name: &str, x: f64| {
        rows.add_row([name.into(), amount(x)]);
    };
    add("mark", underlying.mark);
    add("settled", underlying.settled);
    add("maintenance, without collateral and cash", underlying.maintenance);
    add("initial, without collateral and cash", underlying.initial);
    let Some(portfolio) = &underlying.portfolio else { return rows };
    add(&format!("worst scenario: {}", portfolio.worst), portfolio.worst_pnl);
    if let Some(shortfall) = portfolio.es {
        add("expected shortfall", shortfall);
    }
    add("scan", portfolio.scan);
    add("basis contingency", portfolio.basis);
    add("size factor", portfolio.size);
    add("minSPAN", portfolio.min_span);
    add("naked shorts, contracts", portfolio.naked);
    add("maintenance contingency", portfolio.mm_contingency);
    add("initial contingency", portfolio.im_contingency);
    add("price range", portfolio.gap);
    for (name, greek) in &portfolio.greeks {
        add(name, *greek);
    }
    rows
}

fn scenarios(market: &UnderlyingFile, portfolio: &PortfolioReport) -> Table {
    let mut rows = table(&["scenario", "spot", "volatility", "weight", "PnL, USD"]);
    let given = market.params.portfolio.iter().flat_map(|params| &params.scenarios);
    for (index, (scenario, pnl)) in given.zip(&portfolio.scenarios).enumerate() {
        let direction = match scenario.vol {
            Direction::Up => "up",
            Direction::None => "",
            Direction::Down => "down",
        };
        let mark = if portfolio.worst == index.to_string() { " ◄" } else { "" };
        rows.add_row([
            format!("{index}{mark}"),
            scenario.spot.to_string(),
            direction.into(),
            scenario.weight.to_string(),
            amount(*pnl),
        ]);
    }
    for (name, pnl) in [("linear", portfolio.skew_linear), ("absolute", portfolio.skew_absolute)] {
        if let Some(pnl) = pnl {
            let mark = if portfolio.worst == name { " ◄" } else { "" };
            rows.add_row([format!("skew {name}{mark}"), "1".into(), "skew".into(), String::new(), amount(pnl)]);
        }
    }
    rows
}
