//! What happens to people: whole lives of accounts, with every law checked at every step.

mod auction;
mod auction_late;
mod backstop;
mod collateral;
mod crash;
mod hedge;
mod isolated;
mod netting;
mod obstacles;
mod oracle_silence;
mod portfolio;
mod portfolio_greeks;
mod portfolio_prices;
mod portfolio_size;
mod price_spike;
mod random_walk;
mod real_oracles;
mod rebuilt;
mod restricted;
mod risk_arrays;
mod risk_arrays_attacked;
mod risk_arrays_limits;
mod same_margin;
mod settlement_fallback;
mod silent_feed;
mod spreads;
mod squeeze;
mod waterfall;

use proptest::test_runner::Config;

/// So many random cases, or as many as PROPTEST_CASES asks for.
fn cases(cases: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() }
}
