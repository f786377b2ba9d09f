//! Portfolio margin: its golden vectors, and what must hold for every book whatever its parameters.

mod additions;
mod book;
mod cached;
mod extremes;
mod laws;
mod limits;
mod model;
mod structures;
mod vectors;

use proptest::test_runner::Config;

/// So many random cases, or as many as PROPTEST_CASES asks for.
fn cases(cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    Config { cases, failure_persistence: None, ..Config::default() }
}
