//! Regressions: a market without a price, or a lowered limit, must not hold a book that stands elsewhere.

use crate::fixture::HOUR;
use crate::{expect_error, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;

const ETH: Market = Market(0);
const BTC: Market = Market(1);
const SOL: Token = Token(0);

/// A writer of calls on the first of two markets, and one who bought them.
fn two_markets() -> (Fixture, Trader, Trader) {
    let markets = vec![MarketSetup::default(), MarketSetup::new("BTC", 60_000.0)];
    let mut f = Fixture::new(&Setup { markets, ..Setup::default() });
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 1_000_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -4.0, 65.0).unwrap();
    (f, writer, maker)
}

/// Everything but what is left out falls silent beyond its liquidation age while the writer's short is breached.
fn breach_after_silence(f: &mut Fixture, writer: Trader) {
    f.advance(HOUR + 1);
    f.update_stable_price().unwrap();
    f.set_price(ETH, 1_700.0);
    assert!(f.check_health(writer).maintenance_atoms < 0);
}

#[test]
fn reg_an_atom_of_a_silent_collateral_shields_nobody_from_liquidation() {
    let (mut f, writer, maker) = two_markets();
    f.deposit_token(writer, SOL, 1).unwrap();
    breach_after_silence(&mut f, writer);
    f.liquidate(maker, writer).unwrap();
}

#[test]
fn reg_a_speck_of_a_long_in_a_silent_market_shields_nobody_from_liquidation() {
    let (mut f, writer, maker) = two_markets();
    let speck = f.call(BTC, 0, 60_000.0);
    let other = f.trader("other", 100_000.0);
    f.trade(writer, other, speck, 0.000_001, 2_000.0).unwrap();
    breach_after_silence(&mut f, writer);
    f.liquidate(maker, writer).unwrap();
}

#[test]
fn reg_open_interest_above_a_lowered_limit_can_shrink_in_steps() {
    let (mut f, writer, maker) = two_markets();
    let call = f.call(ETH, 0, 1_500.0);
    let mut params = f.market(ETH).params;
    params.max_open_interest_e6 = 1_000_000;
    f.set_params(ETH, params).unwrap();
    let mark = -f.check_health(writer).mark_atoms as f64 / 4e6;
    f.trade(writer, maker, call, 1.0, mark).unwrap();
    assert_eq!(f.series(call).long_e6, 3_000_000);
    expect_error!(f.trade(writer, maker, call, -0.1, mark), PlimsollError::OpenInterestLimit);
}
