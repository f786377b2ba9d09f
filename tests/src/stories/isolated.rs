//! An isolated account is about one underlying, and about nothing else its owner holds.

use crate::{expect_error, usd, Fixture, Market, MarketSetup, Setup};
use plimsoll::errors::PlimsollError;
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);
const BTC: Market = Market(1);

fn two_markets() -> Fixture {
    let markets = vec![MarketSetup::default(), MarketSetup::new("BTC", 60_000.0)];
    Fixture::new(&Setup { markets, ..Setup::default() })
}

#[test]
fn isolated_account_refuses_a_second_underlying() {
    let mut f = two_markets();
    let (alone, maker) = (f.open_account("alone", MarginMode::Isolated), f.trader("maker", 1_000_000.0));
    f.deposit(alone, usd(5_000.0) as u64).unwrap();
    let (eth, btc) = (f.call(ETH, 0, 1_500.0), f.call(BTC, 0, 60_000.0));
    f.trade(alone, maker, eth, 1.0, 66.0).unwrap();
    expect_error!(f.trade(alone, maker, btc, 0.01, 2_600.0), PlimsollError::IsolatedUnderlying);
    f.trade(alone, maker, eth, -1.0, 66.0).unwrap();
    f.trade(alone, maker, btc, 0.01, 2_600.0).unwrap();
}

#[test]
fn cross_account_holds_both() {
    let mut f = two_markets();
    let (both, maker) = (f.trader("both", 5_000.0), f.trader("maker", 1_000_000.0));
    let (eth, btc) = (f.call(ETH, 0, 1_500.0), f.call(BTC, 0, 60_000.0));
    f.trade(both, maker, eth, 1.0, 66.0).unwrap();
    f.trade(both, maker, btc, 0.01, 2_600.0).unwrap();
    assert_eq!((f.position(both, eth), f.position(both, btc)), (1_000_000, 10_000));
}

#[test]
fn liquidation_of_an_isolated_account_leaves_its_owners_other_account_alone() {
    let mut f = two_markets();
    let maker = f.trader("maker", 1_000_000.0);
    let rich = f.trader("owner", 100_000.0);
    let poor = f.open_numbered("owner", 1, MarginMode::Isolated);
    f.deposit(poor, usd(1_000.0) as u64).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(poor, maker, call, -4.0, 65.0).unwrap();
    f.set_price(ETH, 1_720.0);
    let before = f.account(rich);
    expect_error!(f.liquidate(rich, poor), PlimsollError::SelfLiquidation);
    f.liquidate(maker, poor).unwrap();
    assert_eq!(bytemuck::bytes_of(&f.account(rich)), bytemuck::bytes_of(&before));
}
