//! `settle_expiry`.

use super::support::ETH;
use crate::fixture::{Events, HOUR};
use crate::{expect_error, ExpirySetup, Fixture, MarketSetup, Setup};
use plimsoll::errors::PlimsollError;
use plimsoll::events::ExpirySettled;
use plimsoll::instructions::CreateUnderlyingArgs;
use plimsoll::state::ExpiryStatus;
use solana_signer::Signer;

/// One expiry after an hour, prices good for a quarter of one.
fn short_expiry() -> Fixture {
    let mut market = MarketSetup { expiries: vec![ExpirySetup::after(HOUR)], ..MarketSetup::default() };
    market.oracle.max_age_secs = 900;
    Fixture::new(&Setup::default().with_market(market))
}

#[test]
fn an_expiry_settles_at_the_average_of_its_window() {
    let mut f = short_expiry();
    f.pass(HOUR / 2);
    f.pass(HOUR / 4);
    f.set_price(ETH, 1_800.0);
    f.advance(HOUR / 4);
    // 15 minutes at 1 500, 15 minutes at 1 800.
    let event: ExpirySettled = f.settle_expiry(ETH, 0).unwrap().event();
    assert_eq!((event.underlying, event.expiry), (f.market_key(ETH), 0));
    assert_eq!((event.settlement_e9, event.covered_secs, event.is_fallback), (1_650_000_000_000, 1_800, false));
    let expiry = f.market(ETH).expiries[0];
    assert_eq!((expiry.settlement_e9, expiry.status), (1_650_000_000_000, ExpiryStatus::SETTLED));
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::AlreadySettled);
}

#[test]
fn an_expiry_nobody_watched_waits_and_takes_the_last_price_before_it() {
    let mut f = short_expiry();
    f.set_price(ETH, 1_540.0);
    f.advance(HOUR);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::SettlementNotReady);
    // A price after the expiry does not change what it settles at.
    f.set_price(ETH, 1_900.0);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::SettlementNotReady);
    f.advance(HOUR - 1);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::SettlementNotReady);
    f.advance(1);
    let event: ExpirySettled = f.settle_expiry(ETH, 0).unwrap().event();
    assert_eq!((event.settlement_e9, event.covered_secs, event.is_fallback), (1_540_000_000_000, 0, true));
}

#[test]
fn an_expiry_watched_for_less_than_half_its_window_waits() {
    let mut f = short_expiry();
    f.advance(HOUR - 899);
    f.set_price(ETH, 1_700.0);
    f.advance(899);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::SettlementNotReady);
    f.advance(HOUR);
    let event: ExpirySettled = f.settle_expiry(ETH, 0).unwrap().event();
    assert_eq!((event.settlement_e9, event.covered_secs, event.is_fallback), (1_700_000_000_000, 899, true));
}

#[test]
fn an_expiry_settles_neither_early_nor_unlisted() {
    let mut f = short_expiry();
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::NotExpired);
    f.pass(HOUR - 1);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::NotExpired);
    for unknown in [1, 15, 16, 255] {
        expect_error!(f.settle_expiry(ETH, unknown), PlimsollError::ExpiryNotFound);
    }
}

#[test]
fn an_expiry_without_any_price_does_not_settle() {
    let mut f = Fixture::default();
    let defaults = MarketSetup::default();
    let oracle = crate::fixture::OracleSetup::at(1.0);
    let args = CreateUnderlyingArgs {
        symbol: "SILENT".into(),
        publishers: vec![f.publisher.pubkey()],
        forecast_authority: f.forecaster.pubkey(),
        params: defaults.params,
        oracle: plimsoll::state::OracleConfig {
            sources: vec![plimsoll::state::OracleSourceArgs {
                kind: plimsoll::state::SourceKind::PythPull,
                key: [7; 32],
            }],
            required: 1,
            max_age_secs: oracle.max_age_secs,
            max_liquidation_age_secs: oracle.max_liquidation_age_secs,
            slow_secs: 0,
            max_divergence_e9: oracle.max_divergence_e9,
            max_confidence_e9: oracle.max_confidence_e9,
        },
    };
    let (underlying, created) = f.create_underlying("SILENT", args);
    created.unwrap();
    let silent = f.adopt_market(underlying);
    let expiry_ts = f.now() + HOUR;
    f.list_bare_expiry(silent, expiry_ts).unwrap();
    f.advance(3 * HOUR);
    expect_error!(f.settle_expiry(silent, 0), PlimsollError::OraclePrice);
}
