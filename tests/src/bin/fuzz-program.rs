//! Random days on the program binary, as many steps as asked for, every law checked after each: see `tools/fuzz-program`.

use clap::Parser;
use plimsoll_tests::walk::{an_action, Walk};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Parser)]
#[command(about = "Random days on the program binary; every law is checked after every step")]
struct Args {
    /// How many steps.
    #[arg(long, default_value_t = 2_000)]
    steps: u64,
    /// Which ones: the same seed gives the same days.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Steps of a day before another exchange begins.
const STEPS_A_DAY: u64 = 100;

fn runner(seed: u64, day: u64) -> TestRunner {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&day.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// One day: what was done how often. A law that breaks, and an error the program does not declare, panic.
fn walk(seed: u64, day: u64, steps: u64) -> BTreeMap<&'static str, usize> {
    let runner = &mut runner(seed, day);
    let mut walk = Walk::begin(if day.is_multiple_of(2) { 0 } else { 300 });
    for _ in 0..steps {
        let action = an_action().new_tree(runner).expect("any action can be drawn").current();
        walk.act(&action);
    }
    walk.end();
    walk.done
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (started, mut done, mut failed) = (Instant::now(), BTreeMap::<_, usize>::new(), 0);
    for day in 0..args.steps.div_ceil(STEPS_A_DAY) {
        let steps = STEPS_A_DAY.min(args.steps - day * STEPS_A_DAY);
        match std::panic::catch_unwind(|| walk(args.seed, day, steps)) {
            Ok(counted) => counted.into_iter().for_each(|(name, times)| *done.entry(name).or_default() += times),
            Err(_) => {
                failed += 1;
                eprintln!("day {day} of seed {} broke a law: the message is above", args.seed);
            }
        }
        let walked = day * STEPS_A_DAY + steps;
        if walked.is_multiple_of(1_000) || walked == args.steps {
            eprintln!("{walked} of {} steps, {} s", args.steps, started.elapsed().as_secs());
        }
    }
    println!("what succeeded: {done:?}");
    let days = args.steps.div_ceil(STEPS_A_DAY) as usize;
    println!("{} steps on {days} days of seed {}", args.steps, args.seed);
    println!("{} passed, {failed} failed", days - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
