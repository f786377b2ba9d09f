//! `close_account`.

use super::support::{unsigned, ETH, SOL};
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, usd, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountClosed;
use plimsoll::state::MarginMode;
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_signer::Signer;

fn close_by(f: &Fixture, trader: Trader, name: &str) -> Instruction {
    let accounts = accounts::CloseAccount { owner: key(name).pubkey(), margin_account: f.margin_key(trader) };
    instruction(accounts, data::CloseAccount {}, &[])
}

#[test]
fn an_empty_account_closes_and_returns_its_rent() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 100.0);
    f.deposit_token(anna, SOL, 5).unwrap();
    f.withdraw(anna, usd(100.0) as u64).unwrap();
    f.withdraw_token(anna, SOL, 5).unwrap();
    let (owner, address) = (f.owner(anna).pubkey(), f.margin_key(anna));
    let lamports = |f: &Fixture, key| f.chain.account(&key).map_or(0, |account| account.lamports);
    let (before, rent) = (lamports(&f, owner), lamports(&f, address));
    let event: AccountClosed = f.close_account(anna).unwrap().event();
    assert_eq!((event.account, event.owner), (address, owner));
    assert!(f.chain.account(&address).is_none());
    assert_eq!(lamports(&f, owner), before + rent);
    expect_error!(f.close_account(anna), ErrorCode::AccountOwnedByWrongProgram);

    // The same number opens again, as empty as the first time.
    let again = f.open_account("anna", MarginMode::Cross);
    assert_eq!((f.cash(again), f.account(again).sequence), (0, 0));
}

#[test]
fn an_account_that_holds_anything_stays_open() {
    let mut f = Fixture::new(&Setup::default());
    let cash = f.trader("cash", 0.000_001);
    expect_error!(f.close_account(cash), PlimsollError::AccountNotEmpty);
    let collateral = f.trader("collateral", 0.0);
    f.deposit_token(collateral, SOL, 1).unwrap();
    expect_error!(f.close_account(collateral), PlimsollError::AccountNotEmpty);
    // A call that was given away: a position without any cash.
    let (long, short) = (f.trader("long", 0.0), f.trader("short", 1_000.0));
    let call = f.call(ETH, 0, 1_600.0);
    f.trade(long, short, call, 1.0, 0.0).unwrap();
    assert_eq!((f.cash(long), f.position(long, call)), (0, 1_000_000));
    expect_error!(f.close_account(long), PlimsollError::AccountNotEmpty);
}

#[test]
fn nobody_but_the_owner_closes_an_account() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 0.0);
    let bela = f.trader("bela", 0.0);
    f.set_delegate(anna, f.owner(bela).pubkey()).unwrap();
    let by_delegate = close_by(&f, anna, "bela");
    expect_error!(f.send_as(by_delegate, &["bela"]), PlimsollError::Unauthorized);
    let by_admin = close_by(&f, anna, "admin");
    expect_error!(f.send_as(by_admin, &["admin"]), PlimsollError::Unauthorized);
    let silent = unsigned(close_by(&f, anna, "anna"), key("anna").pubkey());
    expect_error!(f.send_as(silent, &[]), ErrorCode::AccountNotSigner);
    f.close_account(anna).unwrap();
}
