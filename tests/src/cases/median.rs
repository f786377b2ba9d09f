//! Prices of several sources: median, required count, slow price.

use super::kit::{empty, pull_source};
use crate::fixture::{e9, key};
use crate::pyth::{price_account, price_data, price_update, pull_account, Quote};
use crate::switchboard::{feed, feed_account};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup};
use plimsoll::constants::MAX_SOURCE_LAG_SECS;
use plimsoll::errors::PlimsollError;
use plimsoll::state::{OracleSourceArgs, SourceKind};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const MARKET: Market = Market(0);

fn address(source: usize) -> Pubkey {
    key(&format!("source {source}")).pubkey()
}

fn feed_id(source: usize) -> [u8; 32] {
    [source as u8 + 1; 32]
}

/// An underlying with this many sources: a price account, a pull, a Switchboard feed.
fn with_sources(count: usize, required: u8) -> Fixture {
    let mut f = Fixture::new(&empty());
    let source = |source| match source {
        0 => OracleSourceArgs { kind: SourceKind::PythPriceAccount, key: address(0).to_bytes() },
        1 => pull_source(feed_id(1)),
        _ => OracleSourceArgs { kind: SourceKind::Switchboard, key: address(source).to_bytes() },
    };
    let mut oracle = f.stable.config();
    oracle.sources = (0..count).map(source).collect();
    oracle.required = required;
    let MarketSetup { params, .. } = MarketSetup::default();
    let args = f.create_args("ETH", params, oracle);
    let (underlying, created) = f.create_underlying("several", args);
    created.unwrap();
    f.adopt_market(underlying);
    f
}

/// Publishes a price at one source.
fn publish(f: &mut Fixture, source: usize, price: f64, confidence: f64, publish_time: i64) {
    let quote = Quote::usd(price, confidence, publish_time);
    let account = match source {
        0 => price_account(&price_data(&quote)),
        1 => pull_account(&price_update(feed_id(1), &quote)),
        _ => feed_account(&feed(&quote)),
    };
    f.chain.set_account(&address(source), account);
}

fn addresses(sources: &[usize]) -> Vec<Pubkey> {
    sources.iter().map(|source| address(*source)).collect()
}

#[test]
fn update_price_takes_the_mean_of_two_sources() {
    let mut f = with_sources(2, 2);
    let now = f.now();
    publish(&mut f, 0, 1_500.0, 3.0, now - 5);
    publish(&mut f, 1, 1_510.000_000_01, 1.0, now);
    f.update_price_from(MARKET, &addresses(&[1, 0])).unwrap();
    let price = f.market(MARKET).price;
    // The widest interval and the oldest publication of the sources in it.
    assert_eq!((price.index_e9, price.confidence_e9), (e9(1_505.0) + 5, e9(3.0)));
    assert_eq!((price.publish_time, price.updated_at), (now - 5, now));
}

#[test]
fn update_price_takes_the_middle_of_three_sources_in_any_order() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut f = with_sources(3, 2);
    for [low, middle, high] in orders {
        f.advance(20);
        let now = f.now();
        publish(&mut f, low, 1.0, 0.0, now);
        publish(&mut f, middle, 1_500.0, 0.0, now);
        publish(&mut f, high, 90_000.0, 0.0, now);
        f.update_price_from(MARKET, &addresses(&[0, 1, 2])).unwrap();
        assert_eq!(f.market(MARKET).price.index_e9, e9(1_500.0));
    }
}

#[test]
fn update_price_needs_as_many_fresh_sources_as_are_required() {
    let mut f = with_sources(3, 2);
    let now = f.now();
    (0..3).for_each(|source| publish(&mut f, source, 1_500.0, 0.0, now));
    for source in 0..3 {
        expect_error!(f.update_price_from(MARKET, &[address(source)]), PlimsollError::OracleStale);
    }
    // The same source twice is one opinion.
    expect_error!(f.update_price_from(MARKET, &addresses(&[1, 1])), PlimsollError::OracleStale);
    let too_many = addresses(&[0, 1, 2, 2]);
    expect_error!(f.update_price_from(MARKET, &too_many), PlimsollError::UnexpectedAccount);
    f.update_price_from(MARKET, &addresses(&[0, 2])).unwrap();
    // One bad account among good ones refuses them all.
    publish(&mut f, 1, -1.0, 0.0, now);
    expect_error!(f.update_price_from(MARKET, &addresses(&[0, 1, 2])), PlimsollError::OraclePrice);
}

#[test]
fn update_price_leaves_out_a_source_that_lags_the_newest() {
    let mut f = with_sources(3, 2);
    let start = f.now();
    (0..3).for_each(|source| publish(&mut f, source, 1_500.0, 0.0, start));
    f.update_price_from(MARKET, &addresses(&[0, 1, 2])).unwrap();
    // Just in time to count, then a second too late.
    for (lag, index) in [(MAX_SOURCE_LAG_SECS, 1_600.0), (MAX_SOURCE_LAG_SECS + 1, 1_650.0)] {
        f.set_time(start + lag);
        publish(&mut f, 1, 1_600.0, 0.0, start + lag);
        publish(&mut f, 2, 1_700.0, 0.0, start + lag);
        f.update_price_from(MARKET, &addresses(&[1, 2])).unwrap();
        assert_eq!(f.market(MARKET).price.index_e9, e9(index), "after {lag} s");
    }
    // A lagging source does not make up the required number.
    let mut f = with_sources(2, 2);
    let start = f.now();
    (0..2).for_each(|source| publish(&mut f, source, 1_500.0, 0.0, start));
    f.update_price_from(MARKET, &addresses(&[0, 1])).unwrap();
    f.advance(MAX_SOURCE_LAG_SECS + 1);
    let now = f.now();
    publish(&mut f, 1, 1_600.0, 0.0, now);
    expect_error!(f.update_price_from(MARKET, &[address(1)]), PlimsollError::OracleStale);
    expect_error!(f.update_price_from(MARKET, &addresses(&[0, 1])), PlimsollError::OracleStale);
    publish(&mut f, 0, 1_600.0, 0.0, now);
    f.update_price_from(MARKET, &addresses(&[0, 1])).unwrap();
}

#[test]
fn update_price_moves_the_slow_price_only_with_time() {
    let mut setup = MarketSetup { expiries: vec![], ..MarketSetup::default() };
    setup.oracle.slow_secs = 600;
    let mut f = Fixture::new(&Setup { collaterals: vec![], ..Setup::default().with_market(setup) });
    let slow = |f: &Fixture| f.market(MARKET).price.slow_e9;
    f.advance(600);
    f.set_price(MARKET, 1_600.0);
    assert_eq!(slow(&f), e9(1_500.0), "a first update does not move it");
    f.set_price(MARKET, 1_700.0);
    assert_eq!(slow(&f), e9(1_500.0), "nor do further ones in the same second");
    f.set_price(MARKET, 1_600.0);
    f.advance(600);
    f.set_price(MARKET, 1_400.0);
    assert_eq!(slow(&f), e9(1_550.0), "it goes half the way in its time constant, to the price that was in force");
    let price = f.market(MARKET).price;
    assert_eq!((price.low_e9, price.high_e9), (e9(1_400.0), e9(1_550.0)));
}
