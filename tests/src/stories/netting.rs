//! A liquidator who already holds the other side: the interest that vanishes is remembered and taken off later.

use crate::fixture::{Events, DAY, HOUR};
use crate::{expect_error, usd, Contract, Fixture, Market, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;

const ETH: Market = Market(0);

struct Story {
    f: Fixture,
    call: Contract,
    buyer: Trader,
    writer: Trader,
    /// What the liquidator received.
    taken: i64,
}

/// The buyer of four calls liquidates their writer.
fn buyer_liquidates_writer() -> Story {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 20_000.0), f.trader("writer", 1_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(buyer, writer, call, 4.0, 65.0).unwrap();
    f.set_price(ETH, 1_700.0);
    let told: AccountLiquidated = f.liquidate(buyer, writer).unwrap().event();
    let taken = (-4_000_000 * i128::from(told.fraction_e9)).div_euclid(1_000_000_000) as i64;
    Story { f, call, buyer, writer, taken }
}

#[test]
fn slice_nets_against_the_liquidators_own_position() {
    let Story { f, call, buyer, writer, taken } = buyer_liquidates_writer();
    assert!((-4_000_000..0).contains(&taken));
    assert_eq!((f.position(buyer, call), f.position(writer, call)), (4_000_000 + taken, -4_000_000 - taken));
    assert_eq!(f.account(buyer).positions()[0].netted_e6, -taken);
    // No market is written by a liquidation: the counters still show what was open.
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (4_000_000, 4_000_000));
}

#[test]
fn next_trade_takes_the_netted_interest_off() {
    let Story { mut f, call, buyer, taken, .. } = buyer_liquidates_writer();
    let other = f.trader("other", 50_000.0);
    f.trade(buyer, other, call, -1.0, 210.0).unwrap();
    assert_eq!(f.account(buyer).positions()[0].netted_e6, 0);
    assert_eq!(f.series(call).long_e6, 4_000_000 + taken);
    assert_eq!(f.series(call).short_e6, 4_000_000 + taken);
}

#[test]
fn position_netted_to_nothing_keeps_its_place_until_it_is_counted() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 20_000.0), f.trader("writer", 1_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(buyer, writer, call, 4.0, 65.0).unwrap();
    f.set_price(ETH, 1_816.0);
    // Less than 10 USD of equity, or none: everything goes over.
    assert!(f.check_health(writer).equity_atoms <= usd(10.0));
    f.liquidate(buyer, writer).unwrap();
    let position = f.account(buyer).positions()[0];
    assert_eq!((position.size_e6, position.netted_e6), (0, 4_000_000));
    assert_eq!(f.account(writer).position_count, 0);
    let other = f.trader("other", 50_000.0);
    f.trade(buyer, other, call, 0.5, 320.0).unwrap();
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (500_000, 500_000));
}

#[test]
fn anybody_takes_the_netted_interest_off() {
    let Story { mut f, call, buyer, writer, taken } = buyer_liquidates_writer();
    expect_error!(f.sync_interest(ETH, writer), PlimsollError::NothingToSettle);
    f.sync_interest(ETH, buyer).unwrap();
    assert_eq!(f.account(buyer).positions()[0].netted_e6, 0);
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (4_000_000 + taken, 4_000_000 + taken));
    expect_error!(f.sync_interest(ETH, buyer), PlimsollError::NothingToSettle);
}

#[test]
fn settlement_takes_the_netted_interest_off() {
    let Story { mut f, call, buyer, writer, .. } = buyer_liquidates_writer();
    f.set_time(f.start() + 7 * DAY + HOUR);
    f.settle_expiry(ETH, 0).unwrap();
    f.settle_account(ETH, buyer).unwrap();
    f.settle_account(ETH, writer).unwrap();
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (0, 0));
    f.remove_expiry(ETH, 0).unwrap();
}
