//! `liquidate`: what the liquidator's own account has to be able to take.

use super::support::{written_calls, ETH};
use super::trade_markets::nine_markets;
use crate::{expect_error, usd, CollateralSetup, Fixture, Market, MarketSetup, Setup, Token};
use plimsoll::errors::PlimsollError;
use plimsoll::state::MarginMode;

#[test]
fn the_liquidator_needs_initial_margin_for_the_slice() {
    let mut f = Fixture::default();
    let (_, writer, call) = written_calls(&mut f);
    let poor = f.trader("poor", 20.0);
    f.set_price(ETH, 1_750.0);
    expect_error!(f.liquidate(poor, writer), PlimsollError::InitialMargin);
    assert_eq!(f.position(poor, call), 0);
    f.deposit(poor, usd(1_000.0) as u64).unwrap();
    f.liquidate(poor, writer).unwrap();
}

#[test]
fn an_isolated_liquidator_takes_only_its_own_underlying() {
    let mut f = Fixture::new(&Setup {
        markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 1_500.0)],
        ..Setup::default()
    });
    let (buyer, writer, _) = written_calls(&mut f);
    let isolated = f.open_account("isolated", MarginMode::Isolated);
    f.deposit(isolated, usd(10_000.0) as u64).unwrap();
    let other = f.call(Market(1), 0, 1_600.0);
    f.trade(buyer, isolated, other, 0.1, 30.0).unwrap();
    f.set_price(ETH, 1_750.0);
    expect_error!(f.liquidate(isolated, writer), PlimsollError::IsolatedUnderlying);
    f.trade(isolated, buyer, other, 0.1, 30.0).unwrap();
    f.liquidate(isolated, writer).unwrap();
}

#[test]
fn a_liquidator_without_a_free_position_takes_nothing_new() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    let full = f.trader("full", 10_000.0);
    let contracts = f.list_many(ETH, 64);
    assert!(contracts.iter().all(|contract| *contract != call));
    let other = f.trader("other", 10_000.0);
    f.trade_lots(full, other, &contracts);
    f.set_price(ETH, 1_750.0);
    expect_error!(f.liquidate(full, writer), PlimsollError::TooManyPositions);
    f.trade(full, other, contracts[0], -0.000_001, 0.0).unwrap();
    f.liquidate(full, writer).unwrap();
    assert_eq!(f.account(full).position_count, 64);
    assert!(f.position(buyer, call) > 0);
}

#[test]
fn a_liquidator_without_a_free_underlying_takes_nothing_new() {
    let mut f = Fixture::new(&nine_markets());
    let (_, writer, _) = written_calls(&mut f);
    let (full, other) = (f.trader("full", 10_000.0), f.trader("other", 10_000.0));
    let calls: Vec<_> = (1..9).map(|market| f.call(Market(market), 0, 1_600.0)).collect();
    f.trade_lots(full, other, &calls);
    f.set_price(ETH, 1_750.0);
    expect_error!(f.liquidate(full, writer), PlimsollError::TooManyUnderlyings);
}

#[test]
fn a_liquidator_without_a_free_collateral_takes_nothing_new() {
    const SYMBOLS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
    let collaterals = SYMBOLS.map(|symbol| CollateralSetup { symbol, ..CollateralSetup::default() });
    let mut f = Fixture::new(&Setup { collaterals: collaterals.into(), ..Setup::default() });
    let (_, writer, _) = written_calls(&mut f);
    f.deposit_token(writer, Token(8), 1_000_000).unwrap();
    let full = f.trader("full", 10_000.0);
    for token in (0..8).map(Token) {
        f.deposit_token(full, token, 1).unwrap();
    }
    f.set_price(ETH, 1_750.0);
    expect_error!(f.liquidate(full, writer), PlimsollError::TooManyCollaterals);
    f.withdraw_token(full, Token(0), 1).unwrap();
    f.liquidate(full, writer).unwrap();
}
