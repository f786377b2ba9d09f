//! Measures the compute units of every instruction; with `--write` into the committed snapshot, else only shows them.

use clap::Parser;
use plimsoll_tests::budget;

#[derive(Parser)]
struct Options {
    /// Replace tests/budgets.json.
    #[arg(long)]
    write: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let old: budget::Units = match std::fs::read_to_string(budget::SNAPSHOT) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => budget::Units::new(),
    };
    let measured = budget::measure();
    for (name, units) in &measured {
        let change = match old.get(name) {
            Some(before) if before == units => String::new(),
            Some(before) => format!("{:+}", *units as i64 - *before as i64),
            None => "new".into(),
        };
        println!("{name:<48} {units:>8} {change:>8}");
    }
    if options.write {
        std::fs::write(budget::SNAPSHOT, serde_json::to_string_pretty(&measured)? + "\n")?;
    }
    Ok(())
}
