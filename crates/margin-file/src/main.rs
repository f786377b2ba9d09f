//! Prints the margin of a portfolio file.

use anyhow::{Context, Result};
use clap::Parser;
use plimsoll_margin_file::{load, table};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Margin of any portfolio: equity, IM, MM, Greeks, worst scenario and all parts")]
#[command(after_help = "The format of the file: tests/vectors/README.md. Examples: tests/vectors/portfolio and cross.")]
struct Args {
    /// Portfolio file, or - for standard input
    file: PathBuf,
    /// Prints JSON instead of tables
    #[arg(long)]
    json: bool,
}

fn run(args: &Args) -> Result<()> {
    let text = if args.file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read: pass a file")?;
        text
    } else {
        let shown = args.file.display();
        std::fs::read_to_string(&args.file).with_context(|| format!("{shown} cannot be read: check the path"))?
    };
    let account = load(&text).with_context(|| args.file.display().to_string())?;
    let report = account.margin().with_context(|| args.file.display().to_string())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", table::render(&account, &report));
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
