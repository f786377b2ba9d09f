//! `call_margin`.

use super::support::{with, without, written_calls, Foreign, ETH};
use crate::fixture::{instruction, Events};
use crate::{expect_error, usd, Fixture, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{MarginCallCleared, MarginCalled};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;

fn call_instruction(f: &Fixture, trader: Trader) -> Instruction {
    let accounts = accounts::CallMargin { exchange: f.exchange, margin_account: f.margin_key(trader) };
    instruction(accounts, data::CallMargin {}, &f.markets_of(&[trader]))
}

#[test]
fn a_call_is_recorded_once_and_cleared_once_when_it_is_met() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.pass(60);
    f.set_price(ETH, 1_680.0);
    let report = f.check_health(writer);
    let sequence = f.account(writer).sequence;
    let called: MarginCalled = f.call_margin(writer).unwrap().event();
    assert_eq!((called.account, called.at), (f.margin_key(writer), f.now()));
    assert_eq!((called.equity_atoms, called.initial_atoms), (report.equity_atoms, report.initial_atoms));
    assert_eq!(called.maintenance_atoms, report.maintenance_atoms);
    assert_eq!(called.health_factor_e9, report.health_factor_e9);
    assert_eq!((f.account(writer).margin_call_at, f.account(writer).sequence), (f.now(), sequence + 1));

    let called_at = f.now();
    f.pass(600);
    expect_error!(f.call_margin(writer), PlimsollError::NoMarginCall);
    assert_eq!(f.account(writer).margin_call_at, called_at);

    f.deposit(writer, usd(1_000.0) as u64).unwrap();
    // The deposit alone does not clear it: anyone may, once it is met.
    assert_eq!(f.account(writer).margin_call_at, called_at);
    let cleared: MarginCallCleared = f.call_margin(writer).unwrap().event();
    assert_eq!((cleared.account, cleared.called_at), (f.margin_key(writer), called_at));
    assert_eq!(f.account(writer).margin_call_at, 0);
    expect_error!(f.call_margin(writer), PlimsollError::NoMarginCall);
}

#[test]
fn a_healthy_account_is_not_called() {
    let mut f = Fixture::default();
    let (buyer, writer, _) = written_calls(&mut f);
    let empty = f.trader("empty", 0.0);
    for trader in [buyer, writer, empty] {
        expect_error!(f.call_margin(trader), PlimsollError::NoMarginCall);
    }
}

#[test]
fn nobody_is_called_at_an_old_price() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.set_price(ETH, 1_680.0);
    f.advance(61);
    expect_error!(f.call_margin(writer), PlimsollError::OracleStale);
    f.refresh();
    f.call_margin(writer).unwrap();
}

#[test]
fn a_call_needs_exactly_the_accounts_of_its_exchange() {
    let mut f = Fixture::default();
    let (buyer, writer, _) = written_calls(&mut f);
    let foreign = Foreign::new(&mut f);
    f.set_price(ETH, 1_680.0);
    let call = call_instruction(&f, writer);
    expect_error!(f.send_as(without(call.clone(), f.market_key(ETH)), &[]), PlimsollError::MarketMissing);
    expect_error!(f.send_as(with(call.clone(), &[f.market_key(foreign.market)]), &[]), PlimsollError::WrongExchange);
    for key in [f.margin_key(buyer), f.exchange, f.quote_mint] {
        expect_error!(f.send_as(with(call.clone(), &[key]), &[]), PlimsollError::UnexpectedAccount);
    }
    expect_error!(f.call_margin(foreign.trader), PlimsollError::WrongExchange);
}
