//! Reads cases as JSON on stdin and writes the risk crate's figures for them to stdout, exact to the atom:
//!
//! ```text
//! {"margins": [account and market, ...], "settlements": [expiry, its price observations and positions, ...]}
//! ```
//!
//! No account layout and no program is involved: whoever compares the program's figures with these has a second opinion.
//! Integers go in as numbers and come out as strings, because JavaScript has no 64-bit numbers. See `cases.rs` for fields.

mod cases;
mod margin;
mod settlement;

use std::io::{self, Read};
use std::process::ExitCode;

use cases::{Answers, Cases};

fn main() -> ExitCode {
    if std::env::args().len() > 1 {
        println!("usage: risk-json < cases.json\n\nPrints what plimsoll-risk says of margin accounts and settlements.");
        println!("Fields and units: crates/risk-json/src/cases.rs");
        return ExitCode::SUCCESS;
    }
    match answer() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> Result<String, String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|e| format!("stdin cannot be read: {e}"))?;
    let cases: Cases = serde_json::from_str(&text)
        .map_err(|e| format!("cases are not understood: {e}; see crates/risk-json/src/cases.rs"))?;
    let margins = cases.margins.iter().enumerate().map(|(index, case)| {
        margin::answer(case)
            .map_err(|e| format!("margin case {index}: {e:?}: check the ranges in crates/risk/src/units.rs"))
    });
    let settlements = cases.settlements.iter().enumerate().map(|(index, case)| {
        settlement::answer(case).map_err(|e| format!("settlement case {index}: {e:?}: check its times and prices"))
    });
    let answers =
        Answers { margins: margins.collect::<Result<_, _>>()?, settlements: settlements.collect::<Result<_, _>>()? };
    serde_json::to_string_pretty(&answers).map_err(|e| e.to_string())
}
