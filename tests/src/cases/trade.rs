//! `trade`.

use crate::{expect_error, usd, Fixture, Market};
use plimsoll::errors::PlimsollError;

#[test]
fn trade_moves_premium_fees_and_positions() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(Market(0), 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    assert_eq!((f.position(buyer, call), f.position(writer, call)), (2_000_000, -2_000_000));
    // Premium 2 · 30; fee of each side 2 · min(1 500 · 0.0003, 30 · 0.125) = 0.90.
    assert_eq!(f.cash(buyer), usd(10_000.0 - 60.0 - 0.9));
    assert_eq!(f.cash(writer), usd(10_000.0 + 60.0 - 0.9));
    assert_eq!(f.market(Market(0)).fees_atoms, usd(1.8));
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (2_000_000, 2_000_000));
}

#[test]
fn trade_fails_when_initial_margin_would_be_short() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 100.0));
    let call = f.call(Market(0), 0, 1_600.0);
    expect_error!(f.trade(buyer, writer, call, 2.0, 30.0), PlimsollError::InitialMargin);
}
