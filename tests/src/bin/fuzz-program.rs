//! Random days, as many steps as asked for, every law checked after each: see `tools/fuzz-program`.
//!
//! Prints to the error output: the program itself writes its messages to the other one where it runs without a virtual machine.

use clap::Parser;
use plimsoll_tests::chain::Backend;
use plimsoll_tests::walk::{an_action, runner, Action, Walk};
use proptest::strategy::{Strategy, ValueTree};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Instant;

#[derive(Parser)]
#[command(about = "Random days on the program; every law is checked after every step")]
struct Args {
    /// How many steps.
    #[arg(long, default_value_t = 2_000)]
    steps: u64,
    /// Which ones: the same seed gives the same days.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program without a virtual machine.
    #[arg(long)]
    native: bool,
    /// How many days at a time.
    #[arg(long)]
    jobs: Option<usize>,
    /// This day only.
    #[arg(long)]
    day: Option<u64>,
}

/// Steps of a day before another exchange begins.
const STEPS_A_DAY: u64 = 100;

impl Args {
    fn days(&self) -> u64 {
        self.steps.div_ceil(STEPS_A_DAY)
    }

    fn steps_of(&self, day: u64) -> u64 {
        STEPS_A_DAY.min(self.steps.saturating_sub(day * STEPS_A_DAY))
    }

    fn backend(&self) -> Backend {
        if self.native {
            Backend::Native
        } else {
            Backend::Lite
        }
    }

    fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// One day. A law that breaks, and an error the program does not declare, panic; what was tried stays
/// in the trail.
fn walk(args: &Args, day: u64, trail: &mut Vec<Action>) -> Walk {
    let (runner, actions) = (&mut runner(args.seed, day), an_action());
    let mut walk = Walk::begin(args.backend(), if day.is_multiple_of(2) { 0 } else { 300 });
    for _ in 0..args.steps_of(day) {
        let action = actions.new_tree(runner).expect("any action can be drawn").current();
        trail.push(action.clone());
        // A refusal is as good as a success: the laws have been checked.
        let _ = walk.act(&action);
    }
    walk.end();
    walk
}

/// What all threads have found so far.
#[derive(Default)]
struct Tally {
    days: u64,
    steps: u64,
    transactions: u64,
    failed: u64,
    done: BTreeMap<&'static str, usize>,
    refused: BTreeMap<(&'static str, u32), usize>,
}

fn report(args: &Args, day: u64, trail: &[Action], is_first: bool) {
    let native = if args.native { "--native " } else { "" };
    let (step, seed) = (trail.len(), args.seed);
    eprintln!("day {day} of seed {seed} broke a law at step {step}: the message is above");
    if is_first {
        trail.iter().enumerate().for_each(|(number, action)| eprintln!("{:4} {action:?}", number + 1));
    }
    eprintln!("again: tools/fuzz-program {native}--steps {} --seed {seed} --day {day}", args.steps);
}

/// Walks days until there are none left.
fn work(args: &Args, next: &AtomicU64, end: u64, started: Instant, tally: &Mutex<Tally>) {
    loop {
        let day = next.fetch_add(1, Ordering::Relaxed);
        if day >= end {
            return;
        }
        let mut trail = vec![];
        let walked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk(args, day, &mut trail)));
        let tally = &mut *tally.lock().expect("no thread panics with it");
        match walked {
            Ok(Walk { done, failed, f, .. }) => {
                tally.transactions += f.transactions;
                done.into_iter().for_each(|(name, times)| *tally.done.entry(name).or_default() += times);
                failed.into_iter().for_each(|(name, times)| *tally.refused.entry(name).or_default() += times);
            }
            Err(_) => {
                tally.failed += 1;
                report(args, day, &trail, tally.failed == 1);
            }
        }
        tally.days += 1;
        tally.steps += args.steps_of(day);
        let lines = (args.days() / 50).max(10);
        if tally.days.is_multiple_of(lines) {
            let secs = started.elapsed().as_secs_f64();
            let (speed, failed) = (tally.steps as f64 / secs, tally.failed);
            eprintln!(
                "{} of {} steps, {secs:.0} s, {speed:.0} a second, {failed} days failed",
                tally.steps, args.steps
            );
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (started, tally) = (Instant::now(), Mutex::new(Tally::default()));
    let (next, end) = args.day.map_or((0, args.days()), |day| (day, day + 1));
    let next = AtomicU64::new(next);
    std::thread::scope(|scope| {
        for _ in 0..args.jobs() {
            scope.spawn(|| work(&args, &next, end, started, &tally));
        }
    });
    let tally = tally.into_inner().expect("no thread panics with it");
    let secs = started.elapsed().as_secs_f64();
    eprintln!("what succeeded: {:?}", tally.done);
    eprintln!("what was refused, by error: {:?}", tally.refused);
    let (steps, days, seed) = (tally.steps, tally.days, args.seed);
    let transactions = tally.transactions;
    eprintln!("{steps} steps on {days} days of seed {seed} in {secs:.1} s, {:.0} a second", steps as f64 / secs);
    eprintln!("every law was checked after each of {transactions} transactions");
    println!("{transactions}");
    eprintln!("{} passed, {} failed", days - tally.failed, tally.failed);
    if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
