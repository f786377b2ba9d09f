//! `liquidate`: what happens, and what the accounts and the caller's limits refuse.

use super::support::{replaced, unsigned, with, without, written_calls, Foreign, ETH, SOL};
use crate::fixture::{key, Events, TAKE_ALL};
use crate::{expect_error, usd, Contract, Fixture, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;
use plimsoll::instructions::{AccountState, LiquidateArgs};
use plimsoll::state::{MarginMode, PauseBits};
use solana_signer::Signer;

/// A liquidator with 100 000 USD, and the writer of two calls at this index.
fn breached(price: f64) -> (Fixture, Trader, Trader, Contract) {
    let mut f = Fixture::default();
    let (_, writer, call) = written_calls(&mut f);
    let liquidator = f.trader("liquidator", 100_000.0);
    f.set_price(ETH, price);
    (f, liquidator, writer, call)
}

#[test]
fn a_slice_of_everything_goes_to_the_liquidator_at_a_discount() {
    let (mut f, liquidator, writer, call) = breached(1_750.0);
    f.deposit_token(writer, SOL, 1_000_000).unwrap();
    let before = f.check_health(writer);
    assert_eq!(before.state, AccountState::Liquidatable);
    let (cash, theirs) = (f.cash(writer), f.cash(liquidator));
    let event: AccountLiquidated = f.liquidate(liquidator, writer).unwrap().event();
    assert_eq!((event.account, event.liquidator), (f.margin_key(writer), f.margin_key(liquidator)));
    assert_eq!((event.liquidation_sequence, f.account(writer).liquidation_sequence), (0, 1));
    assert_eq!(
        (event.equity_before_atoms, event.maintenance_before_atoms),
        (before.equity_atoms, before.maintenance_atoms)
    );
    let after = f.check_health(writer);
    // What is left in equal parts; a lot of one call is at most its index in atoms.
    assert!((event.equity_after_atoms - after.equity_atoms).abs() <= 2_000);
    assert!((event.maintenance_after_atoms - after.maintenance_atoms).abs() <= 2_000);
    assert!(after.maintenance_atoms >= 0 && event.payment_atoms > 0 && event.bonus_atoms > 0);
    assert!((1..1_000_000_000).contains(&event.fraction_e9));
    let part = |whole: i64| (i128::from(whole) * i128::from(event.fraction_e9)).div_euclid(1_000_000_000) as i64;
    assert_eq!(f.position(liquidator, call), part(-2_000_000));
    assert_eq!(f.position(writer, call), -2_000_000 - part(-2_000_000));
    assert_eq!(f.cash(liquidator), theirs + part(cash) - event.payment_atoms - event.fee_atoms);
    assert_eq!(
        (event.fee_atoms, f.account(liquidator).insurance_due_atoms),
        ((event.bonus_atoms + 9) / 10, event.fee_atoms)
    );
    assert_eq!(f.cash(writer), cash - part(cash) + event.payment_atoms);
    assert_eq!(f.account(liquidator).collaterals[0].balance_atoms as i64, part(1_000_000));
    expect_error!(f.liquidate(liquidator, writer), PlimsollError::NotLiquidatable);
}

#[test]
fn a_bankrupt_account_is_taken_over_at_zero() {
    let (mut f, liquidator, writer, call) = breached(1_900.0);
    let before = f.check_health(writer);
    assert_eq!(before.state, AccountState::Bankrupt);
    let (cash, theirs) = (f.cash(writer), f.cash(liquidator));
    let free = LiquidateArgs { max_payment_atoms: 0, ..TAKE_ALL };
    let event: AccountLiquidated = f.liquidate_with(liquidator, writer, free).unwrap().event();
    assert_eq!((event.fraction_e9, event.payment_atoms), (1_000_000_000, 0));
    assert_eq!(event.bonus_atoms, before.equity_atoms);
    assert_eq!((f.cash(writer), f.account(writer).position_count), (0, 0));
    assert_eq!((f.cash(liquidator), f.position(liquidator, call)), (theirs + cash, -2_000_000));
    assert_eq!(f.check_health(writer).equity_atoms, 0);
    expect_error!(f.liquidate(liquidator, writer), PlimsollError::NotLiquidatable);
}

#[test]
fn only_an_account_below_maintenance_margin_is_liquidated() {
    let (mut f, liquidator, writer, _) = breached(1_500.0);
    let empty = f.trader("empty", 0.0);
    for (price, state) in [(1_500.0, AccountState::Healthy), (1_680.0, AccountState::Restricted)] {
        f.set_price(ETH, price);
        assert_eq!(f.check_health(writer).state, state);
        expect_error!(f.liquidate(liquidator, writer), PlimsollError::NotLiquidatable);
    }
    expect_error!(f.liquidate(liquidator, empty), PlimsollError::NotLiquidatable);
}

#[test]
fn nobody_liquidates_himself() {
    let (mut f, _, writer, _) = breached(1_750.0);
    let second = f.open_numbered("writer", 1, MarginMode::Cross);
    f.deposit(second, usd(10_000.0) as u64).unwrap();
    expect_error!(f.liquidate(second, writer), PlimsollError::SelfLiquidation);
    expect_error!(f.liquidate(writer, writer), PlimsollError::DuplicateAccount);
}

#[test]
fn the_liquidator_has_to_sign() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    let liquidate = f.liquidate_instruction(liquidator, writer, TAKE_ALL);
    let owner = key("liquidator").pubkey();
    expect_error!(f.send_as(unsigned(liquidate.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    for name in ["writer", "admin"] {
        let other = replaced(liquidate.clone(), owner, key(name).pubkey());
        expect_error!(f.send_as(other, &[name]), PlimsollError::Unauthorized);
    }
}

#[test]
fn the_callers_limits_hold() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    for max_fraction_e9 in [0, -1, i64::MIN, 1_000_000_001, i64::MAX] {
        let args = LiquidateArgs { max_fraction_e9, ..TAKE_ALL };
        expect_error!(f.liquidate_with(liquidator, writer, args), PlimsollError::AmountOutOfRange);
    }
    // All at once is more than the rules give.
    for min_fraction_e9 in [1_000_000_000, i64::MAX] {
        let args = LiquidateArgs { min_fraction_e9, ..TAKE_ALL };
        expect_error!(f.liquidate_with(liquidator, writer, args), PlimsollError::SliceTooSmall);
    }
    for max_payment_atoms in [0, -1, i64::MIN] {
        let args = LiquidateArgs { max_payment_atoms, ..TAKE_ALL };
        expect_error!(f.liquidate_with(liquidator, writer, args), PlimsollError::PriceLimit);
    }
    for seen in [1, u64::MAX] {
        let args = LiquidateArgs { liquidation_sequence: Some(seen), ..TAKE_ALL };
        expect_error!(f.liquidate_with(liquidator, writer, args), PlimsollError::SequenceMismatch);
    }
    let seen = LiquidateArgs { liquidation_sequence: Some(0), max_fraction_e9: 10_000_000, ..TAKE_ALL };
    f.liquidate_with(liquidator, writer, seen).unwrap();
    expect_error!(f.liquidate_with(liquidator, writer, seen), PlimsollError::SequenceMismatch);
}

#[test]
fn a_crumb_is_refused_and_the_smallest_slice_is_never_free() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    for max_fraction_e9 in [1, 1_000, 9_999_999] {
        let args = LiquidateArgs { max_fraction_e9, ..TAKE_ALL };
        expect_error!(f.liquidate_with(liquidator, writer, args), PlimsollError::SliceTooSmall);
    }
    let least = LiquidateArgs { max_fraction_e9: 10_000_000, ..TAKE_ALL };
    for _ in 0..5 {
        let event: AccountLiquidated = f.liquidate_with(liquidator, writer, least).unwrap().event();
        // At least 98 % of the slice's worth: a hundredth of what takers have not paid in.
        let for_sale = event.equity_before_atoms - event.kept_atoms;
        assert!(i128::from(event.payment_atoms) * 10_000 >= i128::from(for_sale) * 98);
    }
}

#[test]
fn two_liquidations_in_one_transaction_are_two_breaches_or_none() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    let liquidate = |f: &Fixture, args| f.liquidate_instruction(liquidator, writer, args);
    let all = liquidate(&f, TAKE_ALL);
    let owner = key("liquidator");
    expect_error!(f.send(&[all.clone(), all.clone()], &[&owner]), PlimsollError::NotLiquidatable);
    let small = LiquidateArgs { max_fraction_e9: 10_000_000, liquidation_sequence: Some(0), ..TAKE_ALL };
    let small = liquidate(&f, small);
    expect_error!(f.send(&[small.clone(), small.clone()], &[&owner]), PlimsollError::SequenceMismatch);
    let receipt = f.send(&[small, all], &[&owner]).unwrap();
    let events: Vec<AccountLiquidated> = receipt.events();
    assert_eq!((events[0].liquidation_sequence, events[1].liquidation_sequence), (0, 1));
    assert!((events[0].equity_after_atoms - events[1].equity_before_atoms).abs() <= 2_000);
    assert!(f.check_health(writer).maintenance_atoms >= 0);
}

#[test]
fn accounts_and_markets_of_another_exchange_are_refused() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    let foreign = Foreign::new(&mut f);
    expect_error!(f.liquidate(foreign.trader, writer), PlimsollError::WrongExchange);
    expect_error!(f.liquidate(liquidator, foreign.trader), PlimsollError::WrongExchange);
    let liquidate = f.liquidate_instruction(liquidator, writer, TAKE_ALL);
    let elsewhere = replaced(liquidate.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(elsewhere, &["liquidator"]), PlimsollError::WrongExchange);
    for key in [f.market_key(foreign.market), f.token_key(foreign.token)] {
        expect_error!(f.send_as(with(liquidate.clone(), &[key]), &["liquidator"]), PlimsollError::WrongExchange);
    }
    for key in [f.exchange, f.quote_mint, f.oracle_address(ETH), f.margin_key(foreign.trader)] {
        expect_error!(f.send_as(with(liquidate.clone(), &[key]), &["liquidator"]), PlimsollError::UnexpectedAccount);
    }
    let missing = without(liquidate, f.market_key(ETH));
    expect_error!(f.send_as(missing, &["liquidator"]), PlimsollError::MarketMissing);
}

#[test]
fn liquidation_goes_on_at_an_older_price_and_ends_at_its_liquidation_age() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    f.advance(3_601);
    expect_error!(f.liquidate(liquidator, writer), PlimsollError::OracleStale);
    f.advance(-1);
    f.liquidate(liquidator, writer).unwrap();
}

#[test]
fn no_pause_stops_a_liquidation() {
    let (mut f, liquidator, writer, _) = breached(1_750.0);
    f.pause(PauseBits::ALL, 60).unwrap();
    f.liquidate(liquidator, writer).unwrap();
}
