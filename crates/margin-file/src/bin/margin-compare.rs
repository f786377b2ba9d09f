//! Compares a stream of portfolios, each with the answer of the reference model, with the risk crate.

use anyhow::{ensure, Context, Result};
use clap::Parser;
use plimsoll_margin_file::compare::Findings;
use plimsoll_margin_file::load;
use std::io::{stdin, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Disagreements that are printed of one portfolio.
const MOST_LINES: usize = 5;
/// Parts of the tolerance whose use is counted.
const STEPS: [f64; 3] = [0.25, 0.5, 1.0];

#[derive(Parser)]
#[command(about = "Compares portfolios with the answer they carry: one JSON object per line of standard input")]
#[command(after_help = "Fails when one disagrees. Format and tolerance: tests/vectors/README.md.")]
struct Args {
    /// How many times the documented tolerance is allowed
    #[arg(long, default_value_t = 1.0)]
    tolerance: f64,
    /// Writes the portfolios that disagree into this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How many portfolios there should be: fewer are an error
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

/// What has been seen so far.
#[derive(Default)]
struct Summary {
    seen: usize,
    failed: usize,
    beyond: [usize; STEPS.len()],
    worst: f64,
    worst_name: String,
}

impl Summary {
    fn add(&mut self, name: &str, findings: &Findings) {
        self.seen += 1;
        self.failed += usize::from(!findings.is_empty());
        for (count, step) in self.beyond.iter_mut().zip(STEPS) {
            *count += usize::from(findings.worst > step);
        }
        if findings.worst > self.worst || self.seen == 1 {
            (self.worst, self.worst_name) = (findings.worst, name.into());
        }
    }

    fn progress(&self, of: Option<usize>) {
        let of = of.map_or_else(String::new, |count| format!(" of {count}"));
        eprint!("\r{}{of} compared, {} disagree, worst {:.0} % ", self.seen, self.failed, self.worst * 100.0);
        let _ = std::io::stderr().flush();
    }

    fn print(&self) {
        println!("the worst uses {:.1} % of the tolerance: {}", self.worst * 100.0, self.worst_name);
        let beyond =
            self.beyond.iter().zip(STEPS).map(|(count, step)| format!("{count} use over {:.0} %", step * 100.0));
        println!("{}", beyond.collect::<Vec<_>>().join(", "));
        println!("{} passed, {} failed", self.seen - self.failed, self.failed);
    }
}

fn keep(folder: &Path, name: &str, text: &str) -> Result<()> {
    // Names come from the input: nothing but a plain file name.
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    let file = folder.join(format!("{}.json", name.chars().map(plain).collect::<String>()));
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("  kept in {}", file.display());
    Ok(())
}

fn run(args: &Args) -> Result<bool> {
    ensure!(args.tolerance > 0.0, "tolerance is {}: use a number above 0", args.tolerance);
    let (mut summary, is_watched) = (Summary::default(), std::io::stderr().is_terminal());
    for (number, line) in stdin().lock().lines().enumerate() {
        let line = line.context("standard input cannot be read")?;
        if line.trim().is_empty() {
            continue;
        }
        let account = load(&line).with_context(|| format!("line {}", number + 1))?;
        let findings = Findings::of(&account, args.tolerance);
        summary.add(&account.name, &findings);
        if is_watched && summary.seen % 100 == 0 {
            summary.progress(args.count);
        }
        if !findings.is_empty() {
            println!("{}: {} disagree", account.name, findings.lines.len());
            findings.lines.iter().take(MOST_LINES).for_each(|line| println!("  {line}"));
            args.keep.as_deref().map_or(Ok(()), |folder| keep(folder, &account.name, &line))?;
        }
    }
    if is_watched {
        eprintln!();
    }
    ensure!(summary.seen > 0, "no portfolio in standard input");
    let expected = args.count.unwrap_or(summary.seen);
    ensure!(summary.seen >= expected, "{} portfolios of {expected}: what writes them ended early", summary.seen);
    summary.print();
    Ok(summary.failed == 0)
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
