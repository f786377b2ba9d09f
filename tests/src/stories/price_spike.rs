//! One update far from the slow price opens no risk, and stops nobody from reducing it.

use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;

const ETH: Market = Market(0);

/// A market whose slow price has a time constant of five minutes; a writer with two short calls.
fn slow_market() -> (Fixture, Contract, Trader, Trader) {
    let mut market = MarketSetup::default();
    market.oracle.slow_secs = 300;
    let mut f = Fixture::new(&Setup::default().with_market(market));
    let (writer, maker) = (f.trader("writer", 2_000.0), f.trader("maker", 1_000_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -2.0, 65.0).unwrap();
    (f, call, writer, maker)
}

#[test]
fn single_update_does_not_move_the_slow_price() {
    let (mut f, ..) = slow_market();
    f.advance(30);
    f.set_price(ETH, 1_560.0);
    assert_eq!(f.market(ETH).price.slow_e9, 1_500_000_000_000);
    f.advance(30);
    f.set_price(ETH, 1_560.0);
    // 30 seconds at a gap of 60: 60 · 30 / 330, rounded away from the old price.
    assert_eq!(f.market(ETH).price.slow_e9, 1_505_454_545_455);
}

#[test]
fn initial_margin_is_taken_at_the_worse_of_index_and_slow_price() {
    let (mut f, _, writer, _) = slow_market();
    let before = f.check_health(writer);
    f.advance(30);
    f.set_price(ETH, 1_450.0);
    let after = f.check_health(writer);
    // The calls have become cheaper at once for equity and MM; IM still looks at 1 500.
    assert!(after.equity_atoms > before.equity_atoms + usd(40.0), "{before:?} {after:?}");
    assert!(after.maintenance_atoms > before.maintenance_atoms + usd(40.0), "{before:?} {after:?}");
    assert!((after.initial_atoms - before.initial_atoms).abs() < usd(1.0), "{before:?} {after:?}");
    assert!(after.is_calm);
}

#[test]
fn spike_refuses_new_risk_and_withdrawals_but_not_reductions() {
    let (mut f, call, writer, maker) = slow_market();
    f.advance(30);
    f.set_price(ETH, 1_400.0);
    assert!(!f.check_health(writer).is_calm);
    expect_error!(f.trade(writer, maker, call, -0.1, 30.0), PlimsollError::PriceDivergence);
    expect_error!(f.withdraw(writer, 1), PlimsollError::PriceDivergence);
    let newcomer = f.trader("newcomer", 50_000.0);
    expect_error!(f.trade(newcomer, maker, call, 1.0, 30.0), PlimsollError::PriceDivergence);
    // Both reduce at the mark: the writer buys back from the one who is long.
    let mark = -f.check_health(writer).mark_atoms as f64 / 2e6;
    expect_error!(f.trade(writer, maker, call, 1.0, mark - 15.0), PlimsollError::OffMarketPrice);
    f.trade(writer, maker, call, 1.0, mark).unwrap();
    assert_eq!(f.position(writer, call), -1_000_000);
}

#[test]
fn new_level_that_lasts_opens_the_market_again() {
    let (mut f, call, writer, maker) = slow_market();
    f.advance(30);
    f.set_price(ETH, 1_400.0);
    for _ in 0..5 {
        f.pass(50);
    }
    assert!(f.check_health(writer).is_calm);
    f.trade(writer, maker, call, -0.1, 30.0).unwrap();
}

#[test]
fn real_fall_is_liquidated_at_once() {
    let mut market = MarketSetup::default();
    market.oracle.slow_secs = 300;
    let mut f = Fixture::new(&Setup::default().with_market(market));
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 1_000_000.0));
    let put = f.put(ETH, 0, 1_500.0);
    f.trade(writer, maker, put, -4.0, 65.0).unwrap();
    f.advance(30);
    f.set_price(ETH, 1_250.0);
    assert!(!f.check_health(writer).is_calm);
    f.liquidate(maker, writer).unwrap();
}
