//! The oracle falls silent: no new risk and no withdrawals, but liquidations go on up to their own age.

use crate::fixture::{HOUR, MINUTE};
use crate::{expect_error, Contract, Fixture, Market, Trader};
use plimsoll::errors::PlimsollError;

const ETH: Market = Market(0);

/// A writer that has just become liquidatable.
fn breached() -> (Fixture, Contract, Trader, Trader) {
    let mut f = Fixture::default();
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 1_000_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -4.0, 65.0).unwrap();
    f.set_price(ETH, 1_700.0);
    assert!(f.check_health(writer).maintenance_atoms < 0);
    (f, call, writer, maker)
}

#[test]
fn price_serves_new_risk_to_the_last_second_of_its_age() {
    let (mut f, call, _, maker) = breached();
    let other = f.trader("other", 10_000.0);
    f.advance(MINUTE);
    f.trade(other, maker, call, 0.1, 200.0).unwrap();
    f.advance(1);
    expect_error!(f.trade(other, maker, call, 0.1, 200.0), PlimsollError::OracleStale);
}

#[test]
fn stale_price_blocks_withdrawals_of_whoever_has_positions_and_of_nobody_else() {
    let (mut f, _, _, maker) = breached();
    let idle = f.trader("idle", 10_000.0);
    f.advance(MINUTE + 1);
    expect_error!(f.withdraw(maker, 1), PlimsollError::OracleStale);
    f.withdraw(idle, 1).unwrap();
}

#[test]
fn stale_price_still_liquidates_up_to_its_liquidation_age() {
    let (mut f, _, writer, maker) = breached();
    f.advance(HOUR);
    f.check_health(writer);
    f.liquidate(maker, writer).unwrap();
}

#[test]
fn price_beyond_the_liquidation_age_liquidates_nobody() {
    let (mut f, _, writer, maker) = breached();
    f.advance(HOUR + 1);
    expect_error!(f.liquidate(maker, writer), PlimsollError::OracleStale);
    expect_error!(f.try_check_health(writer), PlimsollError::OracleStale);
    f.refresh();
    f.liquidate(maker, writer).unwrap();
}

#[test]
fn margin_calls_need_fresh_prices() {
    let (mut f, _, writer, _) = breached();
    f.advance(MINUTE + 1);
    expect_error!(f.call_margin(writer), PlimsollError::OracleStale);
}

#[test]
fn silent_stablecoin_feed_blocks_new_risk_too() {
    let (mut f, call, _, maker) = breached();
    let other = f.trader("other", 10_000.0);
    f.advance(MINUTE + 1);
    f.update_price(ETH).unwrap();
    expect_error!(f.trade(other, maker, call, 0.1, 200.0), PlimsollError::OracleStale);
    f.update_stable_price().unwrap();
    f.trade(other, maker, call, 0.1, 200.0).unwrap();
}
