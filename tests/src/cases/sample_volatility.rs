//! `sample_volatility`.

use super::kit::{empty, forged, pull_source};
use crate::fixture::{instruction, Events, DAY, HOUR};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::VolatilitySampled;
use plimsoll::state::RealisedVol;
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::units::Vol;

const MARKET: Market = Market(0);
const ONE: f64 = (1u64 << 40) as f64;

/// Hourly samples with a half-life of a week, ready after 24; no expiries.
fn fixture() -> Fixture {
    let market = MarketSetup { expiries: vec![], ..MarketSetup::default() };
    Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().with_market(market) })
}

fn realised(f: &Fixture) -> RealisedVol {
    f.market(MARKET).realised
}

#[test]
fn sample_volatility_remembers_the_first_price_and_measures_from_it() {
    let mut f = fixture();
    let start = f.now();
    let first: VolatilitySampled = f.sample_volatility(MARKET).unwrap().event();
    assert_eq!((first.underlying, first.samples, first.elapsed_secs), (f.market_key(MARKET), 0, 0));
    let ln_index_q40 = f.market(MARKET).price.ln_index_q40;
    let expected =
        RealisedVol { variance_q40: 0, weight_q40: 0, last_ln_q40: ln_index_q40, last_at: start, samples: 0 };
    assert_eq!(realised(&f), expected);
    f.advance(HOUR);
    f.set_price(MARKET, 1_501.5);
    let second: VolatilitySampled = f.sample_volatility(MARKET).unwrap().event();
    // ln 1.001 = 9.995e-4: squared, times 8760 hours, 0.0087512…
    let log_return = 1.001f64.ln();
    assert!((second.log_return_q40 as f64 / ONE - log_return).abs() < 2e-12);
    assert_eq!((second.elapsed_secs, second.samples), (HOUR, 1));
    let state = realised(&f);
    assert!((state.variance_q40 as f64 / ONE - log_return * log_return * 8_760.0).abs() < 1e-10);
    assert!((state.weight_q40 as f64 / ONE - (1.0 - 0.5f64.powf(1.0 / 168.0))).abs() < 1e-11);
    assert_eq!((state.last_at, state.samples, state.variance_q40), (start + HOUR, 1, second.variance_q40));
    assert_eq!(state.last_ln_q40, f.market(MARKET).price.ln_index_q40);
}

#[test]
fn sample_volatility_waits_for_the_interval_between_publications() {
    let mut f = fixture();
    f.sample_volatility(MARKET).unwrap();
    expect_error!(f.sample_volatility(MARKET), PlimsollError::SampleTooEarly);
    f.advance(HOUR - 1);
    f.update_price(MARKET).unwrap();
    expect_error!(f.sample_volatility(MARKET), PlimsollError::SampleTooEarly);
    // The cluster's clock alone makes no interval: the price still is the one of a second before.
    f.advance(1);
    expect_error!(f.sample_volatility(MARKET), PlimsollError::SampleTooEarly);
    f.update_price(MARKET).unwrap();
    f.advance(60);
    f.sample_volatility(MARKET).unwrap();
    assert_eq!(realised(&f).last_at, f.now() - 60);
    expect_error!(f.sample_volatility(MARKET), PlimsollError::SampleTooEarly);
}

#[test]
fn sample_volatility_wants_a_fresh_price() {
    let mut f = fixture();
    f.advance(61);
    expect_error!(f.sample_volatility(MARKET), PlimsollError::OracleStale);
    f.update_price(MARKET).unwrap();
    f.advance(60);
    f.sample_volatility(MARKET).unwrap();
    // Without any price there is nothing to measure.
    let mut f = Fixture::new(&empty());
    let oracle = plimsoll::state::OracleConfig { sources: vec![pull_source([9; 32])], ..f.stable_config() };
    let (silent, created) = f.create_underlying("silent", f.create_args("ETH", MarketSetup::default().params, oracle));
    created.unwrap();
    f.adopt_market(silent);
    expect_error!(f.sample_volatility(MARKET), PlimsollError::OracleStale);
}

#[test]
fn realised_volatility_is_zero_until_enough_returns_are_measured() {
    let mut f = fixture();
    f.sample_volatility(MARKET).unwrap();
    for sample in 1..=24 {
        assert_eq!(f.market(MARKET).realised_vol(), Vol::ZERO, "after {} returns", sample - 1);
        f.advance(HOUR);
        f.set_price(MARKET, if sample % 2 == 0 { 1_500.0 } else { 1_515.0 });
        f.sample_volatility(MARKET).unwrap();
    }
    // One per cent each hour, up and down, is 93.1 % a year; the first of them was cut to eight times the floor of 5 %.
    let vol = f.market(MARKET).realised_vol().raw() as f64 / ONE;
    let mean = (0.4f64.powi(2) + 23.0 * 0.009_950_33f64.powi(2) * 8_760.0) / 24.0;
    assert!((vol - mean.sqrt()).abs() < 2e-3, "{vol}");
    let mut params = f.market(MARKET).params;
    params.volatility.min_samples = 25;
    f.set_params(MARKET, params).unwrap();
    assert_eq!(f.market(MARKET).realised_vol(), Vol::ZERO);
}

/// Numbers in (0, 1), the same in every run.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.next().ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// Geometric Brownian motion with jumps, a gap in the sampling now and then, and an oracle that rounds to 1e-8 USD.
#[test]
fn realised_volatility_follows_a_path_of_500_samples_to_a_millionth() {
    let mut f = fixture();
    let mut random = Uniform(7);
    let (mut price, mut before): (f64, f64) = (1_500.0, 1_500.0);
    let (mut mean, mut used) = (0.0f64, 0.0f64);
    f.sample_volatility(MARKET).unwrap();
    for step in 1..=500 {
        let gap = if random.next() < 0.03 { 2 * DAY } else { 0 };
        let elapsed = HOUR + gap + (random.next() * 600.0) as i64;
        let years = elapsed as f64 / 31_536_000.0;
        let jump = if random.next() < 0.02 { 0.08 * random.normal() } else { 0.0 };
        price *= (0.9 * years.sqrt() * random.normal() + jump).exp();
        price = (price * 1e8).round() / 1e8;
        f.advance(elapsed);
        f.set_price(MARKET, price);
        f.sample_volatility(MARKET).unwrap();

        // The same in floating point, from the description in docs/risk-model.md.
        let largest = 64.0 * mean.max(0.05 * 0.05);
        let sample = ((price / before).ln().powi(2) / years).min(largest);
        let weight = (1.0 - 0.5f64.powf(elapsed as f64 / (7 * DAY) as f64)).min(0.25);
        used += weight * (1.0 - used);
        mean += weight / used * (sample - mean);
        before = price;
        let vol = f.market(MARKET).realised_vol().raw() as f64 / ONE;
        if step >= 24 {
            assert!((vol / mean.sqrt() - 1.0).abs() < 1e-6, "step {step}: {vol} instead of {}", mean.sqrt());
        }
    }
    assert!((0.7..1.4).contains(&mean.sqrt()), "a market of 90 % with jumps measures {}", mean.sqrt());
}

#[test]
fn sample_volatility_takes_an_underlying_of_this_program_and_version() {
    let mut f = fixture();
    let underlying = f.market_key(MARKET);
    let sample = |underlying| instruction(accounts::SampleVolatility { underlying }, data::SampleVolatility {}, &[]);
    let spoofed = forged(&mut f, &underlying);
    expect_error!(f.send(&[sample(spoofed)], &[]), ErrorCode::AccountOwnedByWrongProgram);
    expect_error!(f.send(&[sample(f.exchange)], &[]), ErrorCode::AccountDiscriminatorMismatch);
    let mut read_only = sample(underlying);
    read_only.accounts[0].is_writable = false;
    expect_error!(f.send(&[read_only], &[]), ErrorCode::ConstraintMut);
    f.edit_market(MARKET, |state| state.version = 2);
    expect_error!(f.sample_volatility(MARKET), PlimsollError::WrongVersion);
}
