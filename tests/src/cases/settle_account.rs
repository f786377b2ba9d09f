//! `settle_account`.

use super::support::{Foreign, ETH};
use crate::fixture::{instruction, Events, HOUR};
use crate::{expect_error, usd, Contract, ExpirySetup, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::PositionSettled;
use plimsoll::{accounts, instruction as data};

/// 2 calls of the strike 1 600 traded at 30 USD without fees, one of a later expiry, and a price for the first expiry.
fn expired(price: f64, settle: bool) -> (Fixture, Trader, Trader, Contract, Contract) {
    let expiries = vec![ExpirySetup::after(HOUR), ExpirySetup::after(24 * HOUR)];
    let mut market = MarketSetup { expiries, ..MarketSetup::default() };
    market.oracle.max_age_secs = 900;
    let mut f = Fixture::new(&Setup::default().with_market(market).without_fees());
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 500.0));
    let (call, later) = (f.call(ETH, 0, 1_600.0), f.call(ETH, 1, 1_600.0));
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    f.trade(buyer, writer, later, 0.1, 30.0).unwrap();
    f.pass(HOUR / 2);
    f.set_price(ETH, price);
    f.pass(HOUR / 4);
    f.pass(HOUR / 4);
    if settle {
        f.settle_expiry(ETH, 0).unwrap();
    }
    (f, buyer, writer, call, later)
}

#[test]
fn a_settled_position_becomes_cash_on_both_sides() {
    let (mut f, buyer, writer, call, later) = expired(1_650.0, true);
    let (bought, wrote) = (f.cash(buyer), f.cash(writer));
    let event: PositionSettled = f.settle_account(ETH, buyer).unwrap().event();
    assert_eq!((event.account, event.underlying), (f.margin_key(buyer), f.market_key(ETH)));
    assert_eq!((event.series, event.size_e6, event.payoff_atoms), (call.series, 2_000_000, usd(100.0)));
    assert_eq!((f.cash(buyer), f.market(ETH).settlement_atoms), (bought + usd(100.0), -usd(100.0)));
    let event: PositionSettled = f.settle_account(ETH, writer).unwrap().event();
    assert_eq!((event.size_e6, event.payoff_atoms), (-2_000_000, -usd(100.0)));
    assert_eq!((f.cash(writer), f.market(ETH).settlement_atoms), (wrote - usd(100.0), 0));
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (0, 0));
    // What has not expired stays.
    assert_eq!((f.position(buyer, call), f.position(buyer, later)), (0, 100_000));
}

#[test]
fn an_account_settles_once() {
    let (mut f, buyer, writer, _, _) = expired(1_650.0, true);
    for trader in [buyer, writer] {
        f.settle_account(ETH, trader).unwrap();
        expect_error!(f.settle_account(ETH, trader), PlimsollError::NothingToSettle);
    }
}

#[test]
fn nothing_settles_before_its_expiry_has_a_price() {
    let (mut f, buyer, _, _, _) = expired(1_650.0, false);
    expect_error!(f.settle_account(ETH, buyer), PlimsollError::NothingToSettle);
    f.settle_expiry(ETH, 0).unwrap();
    f.settle_account(ETH, buyer).unwrap();
}

#[test]
fn an_account_without_positions_in_the_underlying_has_nothing_to_settle() {
    let (mut f, buyer, _, _, _) = expired(1_650.0, true);
    let idle = f.trader("idle", 10.0);
    expect_error!(f.settle_account(ETH, idle), PlimsollError::NothingToSettle);
    let other = f.add_market(&MarketSetup::new("BTC", 1_500.0));
    assert_eq!(other, Market(1));
    expect_error!(f.settle_account(other, buyer), PlimsollError::NothingToSettle);
}

#[test]
fn accounts_of_another_exchange_do_not_settle() {
    let (mut f, buyer, _, _, _) = expired(1_650.0, true);
    let foreign = Foreign::new(&mut f);
    expect_error!(f.settle_account(foreign.market, buyer), PlimsollError::WrongExchange);
    expect_error!(f.settle_account(ETH, foreign.trader), PlimsollError::WrongExchange);
    let accounts = accounts::SettleAccount {
        exchange: foreign.exchange,
        underlying: f.market_key(ETH),
        margin_account: f.margin_key(buyer),
    };
    let elsewhere = instruction(accounts, data::SettleAccount {}, &[]);
    expect_error!(f.send_as(elsewhere, &[]), PlimsollError::WrongExchange);
    let accounts = accounts::SettleAccount {
        exchange: f.exchange,
        underlying: f.market_key(ETH),
        margin_account: f.market_key(ETH),
    };
    let twice = instruction(accounts, data::SettleAccount {}, &[]);
    expect_error!(f.send_as(twice, &[]), anchor_lang::error::ErrorCode::AccountDiscriminatorMismatch);
}

#[test]
fn a_loss_beyond_the_cash_is_owed_and_keeps_the_account_open() {
    let (mut f, buyer, writer, call, _) = expired(2_000.0, true);
    f.settle_account(ETH, writer).unwrap();
    assert_eq!((f.cash(writer), f.position(writer, call)), (usd(500.0 + 63.0 - 800.0), 0));
    f.settle_account(ETH, buyer).unwrap();
    expect_error!(f.close_account(writer), PlimsollError::AccountNotEmpty);
}
