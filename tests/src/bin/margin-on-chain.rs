//! Values a portfolio file with the program binary, and prints its numbers beside the risk crate's.

use anyhow::{Context, Result};
use clap::Parser;
use plimsoll_margin_file::load;
use plimsoll_tests::onchain::{json, table, OnChain};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Margin of any portfolio as the built program computes it, beside the risk crate")]
#[command(after_help = "The format of the file: tests/vectors/README.md. Examples: tests/vectors/portfolio and cross.")]
struct Args {
    /// Portfolio file, or - for standard input
    file: PathBuf,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

fn read(args: &Args) -> Result<String> {
    if args.file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read: pass a file")?;
        return Ok(text);
    }
    std::fs::read_to_string(&args.file).context("the file cannot be read: check the path")
}

fn run(args: &Args) -> Result<()> {
    let account = load(&read(args)?)?;
    let risk = account.margin()?;
    let answer = OnChain::start().value(&account)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&json(&risk, &answer)?)?);
        return Ok(());
    }
    println!("{}", table(&risk, &answer.report));
    println!("compute units of check_health: {}", answer.compute_units);
    for note in &answer.notes {
        println!("note: {note}");
    }
    Ok(())
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error:#}", args.file.display());
            ExitCode::FAILURE
        }
    }
}
