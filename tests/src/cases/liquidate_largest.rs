//! `liquidate`: the largest account there can be is valued and taken within a transaction's compute units and memory.

use crate::fixture::{DAY, TAKE_ALL};
use crate::{usd, CollateralSetup, ExpirySetup, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::instructions::LiquidateArgs;
use plimsoll::state::MarginMode;

const MARKETS: [&str; 8] = ["ETH", "BTC", "SUI", "XRP", "ADA", "DOT", "LTC", "XMR"];
const TOKENS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
const SPOT: f64 = 1_500.0;

/// Eight markets with eight expiries each, eight collaterals.
fn widest() -> Setup {
    let expiries: Vec<ExpirySetup> = (1..=8).map(|week| ExpirySetup::after(7 * week * DAY)).collect();
    let market = |name| MarketSetup { expiries: expiries.clone(), ..MarketSetup::new(name, SPOT) };
    Setup {
        markets: MARKETS.map(market).into(),
        collaterals: TOKENS.map(|symbol| CollateralSetup { symbol, ..CollateralSetup::default() }).into(),
        ..Setup::lite()
    }
}

/// A writer of a call in every expiry of every market, with every collateral.
fn writer(f: &mut Fixture, mode: MarginMode) -> Trader {
    let writer = f.trader_in("writer", mode, 40_000.0);
    let maker = f.trader("maker", 10_000_000.0);
    for token in (0..8).map(Token) {
        f.deposit_token(writer, token, 1_000_000).unwrap();
    }
    for market in (0..8).map(Market) {
        for expiry in 0..8 {
            let call = f.call(market, expiry, 1_600.0);
            f.trade(writer, maker, call, -1.0, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
        }
    }
    writer
}

fn raise_until_liquidatable(f: &mut Fixture, writer: Trader) {
    for step in 1..100 {
        for market in (0..8).map(Market) {
            f.set_price(market, SPOT * (1.0 + 0.01 * f64::from(step)));
        }
        if f.check_health(writer).maintenance_atoms < 0 {
            return;
        }
    }
    panic!("the account withstands any price");
}

fn the_largest_account_is_taken(mode: MarginMode, taker: MarginMode) {
    let mut f = Fixture::new(&widest());
    let writer = writer(&mut f, mode);
    let taker = f.trader_in("taker", taker, 10_000_000.0);
    raise_until_liquidatable(&mut f, writer);
    // In part, so that both accounts hold all positions afterwards.
    let args = LiquidateArgs { max_fraction_e9: 100_000_000, ..TAKE_ALL };
    let receipt = f.liquidate_with(taker, writer, args).unwrap_or_else(|failure| panic!("liquidate: {failure}"));
    assert_eq!((f.account(writer).position_count, f.account(taker).position_count), (64, 64));
    assert!(receipt.units < 1_400_000);
    assert!(f.check_health(taker).initial_atoms > usd(9_000_000.0));
}

#[test]
fn the_largest_cross_account_is_taken_by_a_portfolio_account() {
    the_largest_account_is_taken(MarginMode::Cross, MarginMode::Portfolio);
}

#[test]
fn the_largest_portfolio_account_is_taken_by_its_like() {
    the_largest_account_is_taken(MarginMode::Portfolio, MarginMode::Portfolio);
}

#[test]
fn the_largest_portfolio_account_is_taken_by_a_cross_account() {
    the_largest_account_is_taken(MarginMode::Portfolio, MarginMode::Cross);
}
