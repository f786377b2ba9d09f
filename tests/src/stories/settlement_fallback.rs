//! The last half hour was not watched: settlement waits an hour, then takes what was seen before expiry, never later.

use crate::fixture::{e9, Events, DAY, HOUR};
use crate::{expect_error, Fixture, Market, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::ExpirySettled;

const ETH: Market = Market(0);

/// One call traded; the clock stands so many seconds before expiry with a price just published.
fn before_expiry(secs: i64, price: f64) -> (Fixture, Trader) {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(buyer, writer, call, 1.0, 66.0).unwrap();
    let expiry = f.start() + 7 * DAY;
    f.set_time(expiry - secs);
    f.set_price(ETH, price);
    (f, buyer)
}

fn settled_after_waiting(f: &mut Fixture) -> ExpirySettled {
    let expiry = f.start() + 7 * DAY;
    f.set_time(expiry + HOUR - 1);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::SettlementNotReady);
    f.advance(1);
    f.settle_expiry(ETH, 0).unwrap().event()
}

#[test]
fn unwatched_window_settles_at_the_last_price_before_expiry() {
    let (mut f, _) = before_expiry(2 * HOUR, 1_580.0);
    let told = settled_after_waiting(&mut f);
    assert_eq!((told.settlement_e9, told.covered_secs, told.is_fallback), (e9(1_580.0), 0, true));
}

#[test]
fn later_prices_never_settle_an_unwatched_expiry() {
    let (mut f, buyer) = before_expiry(2 * HOUR, 1_580.0);
    f.set_time(f.start() + 7 * DAY + 5);
    f.set_price(ETH, 3_000.0);
    f.pass(600);
    f.set_price(ETH, 2_000.0);
    let told = settled_after_waiting(&mut f);
    assert_eq!((told.settlement_e9, told.is_fallback), (e9(1_580.0), true));
    f.settle_account(ETH, buyer).unwrap();
}

#[test]
fn half_watched_window_waits_and_settles_at_the_average_of_what_was_seen() {
    // Ten updates a minute apart, then silence: each price counts for the sixty seconds it was fresh.
    let (mut f, _) = before_expiry(1_800, 1_500.0);
    for price in (1..10).map(|number| 1_500.0 + 10.0 * f64::from(number)) {
        f.advance(60);
        f.set_price(ETH, price);
    }
    let told = settled_after_waiting(&mut f);
    assert_eq!((told.settlement_e9, told.covered_secs, told.is_fallback), (e9(1_545.0), 600, true));
}

#[test]
fn fifteen_watched_minutes_settle_without_waiting() {
    let (mut f, _) = before_expiry(900, 1_500.0);
    for _ in 1..15 {
        f.advance(60);
        f.set_price(ETH, 1_520.0);
    }
    f.advance(60);
    let told: ExpirySettled = f.settle_expiry(ETH, 0).unwrap().event();
    // One minute at 1 500, fourteen at 1 520.
    let average = (e9(1_500.0) + 14 * e9(1_520.0)) / 15;
    assert_eq!((told.settlement_e9, told.covered_secs, told.is_fallback), (average, 900, false));
}

#[test]
fn last_update_before_expiry_counts_to_the_expiry_and_no_further() {
    let (mut f, _) = before_expiry(930, 1_500.0);
    for _ in 0..15 {
        f.advance(60);
        f.set_price(ETH, 1_500.0);
    }
    // Thirty seconds before expiry; the next update comes thirty seconds after it.
    f.advance(60);
    f.set_price(ETH, 9_000.0);
    let told: ExpirySettled = f.settle_expiry(ETH, 0).unwrap().event();
    assert_eq!((told.settlement_e9, told.covered_secs), (e9(1_500.0), 930));
}

#[test]
fn settled_position_counts_as_cash_before_it_is_paid() {
    let (mut f, buyer) = before_expiry(2 * HOUR, 1_580.0);
    settled_after_waiting(&mut f);
    f.refresh();
    let before = f.check_health(buyer);
    assert_eq!(before.mark_atoms, 80_000_000);
    assert_eq!((before.equity_atoms, before.initial_atoms), (before.maintenance_atoms, before.equity_atoms));
    f.settle_account(ETH, buyer).unwrap();
    let after = f.check_health(buyer);
    assert_eq!((after.equity_atoms, after.cash_atoms), (before.equity_atoms, before.cash_atoms + 80_000_000));
}

#[test]
fn nothing_trades_after_expiry() {
    let (mut f, buyer) = before_expiry(60, 1_500.0);
    let other = f.trader("other", 10_000.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.set_time(f.start() + 7 * DAY);
    f.refresh();
    expect_error!(f.trade(other, buyer, call, 0.5, 1.0), PlimsollError::SeriesExpired);
}

#[test]
fn expired_position_is_valued_at_the_price_that_will_settle_it() {
    let (mut f, buyer) = before_expiry(2 * HOUR, 1_400.0);
    f.set_time(f.start() + 7 * DAY + 60);
    f.refresh();
    // Nothing was seen of the window: the expiry will settle at 1 400, where the call pays nothing, whatever comes now.
    f.set_price(ETH, 1_900.0);
    assert_eq!(f.check_health(buyer).mark_atoms, 0);
    let told = settled_after_waiting(&mut f);
    assert_eq!(told.settlement_e9, e9(1_400.0));
}

#[test]
fn price_counts_in_the_window_only_while_it_is_fresh_by_its_publish_time() {
    let (mut f, _) = before_expiry(600, 1_500.0);
    let oracle = f.oracle_address(ETH);
    // The same publication, read again fifty seconds later, ends its sixty seconds no later for that.
    f.advance(50);
    f.update_price_from(ETH, &[oracle]).unwrap();
    let told = settled_after_waiting(&mut f);
    assert_eq!((told.settlement_e9, told.covered_secs), (e9(1_500.0), 60));
}
