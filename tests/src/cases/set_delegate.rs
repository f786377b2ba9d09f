//! `set_delegate`, and what a delegate can and cannot do.

use super::support::{replaced, unsigned, written_calls, ETH, SOL};
use crate::fixture::{instruction, key, Events, TAKE_ALL};
use crate::{expect_error, Fixture, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::DelegateChanged;
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn name_delegate(f: &Fixture, trader: Trader, by: &str, delegate: Pubkey) -> Instruction {
    let accounts = accounts::SetDelegate { owner: key(by).pubkey(), margin_account: f.margin_key(trader) };
    instruction(accounts, data::SetDelegate { delegate }, &[])
}

/// An account with 10 000 USD, 1 SOL and a delegate.
fn with_delegate() -> (Fixture, Trader, Pubkey, Pubkey) {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10_000.0);
    f.deposit_token(anna, SOL, 1_000_000_000).unwrap();
    let (owner, delegate) = (key("anna").pubkey(), key("delegate").pubkey());
    f.fund(&delegate);
    f.set_delegate(anna, delegate).unwrap();
    (f, anna, owner, delegate)
}

#[test]
fn the_owner_names_and_dismisses_a_delegate() {
    let (mut f, anna, _, delegate) = with_delegate();
    assert_eq!(f.account(anna).delegate, delegate);
    let sequence = f.account(anna).sequence;
    let event: DelegateChanged = f.set_delegate(anna, Pubkey::default()).unwrap().event();
    assert_eq!((event.account, event.delegate), (f.margin_key(anna), Pubkey::default()));
    assert_eq!((f.account(anna).delegate, f.account(anna).sequence), (Pubkey::default(), sequence + 1));
}

#[test]
fn nobody_but_the_owner_names_a_delegate() {
    let (mut f, anna, owner, delegate) = with_delegate();
    for name in ["delegate", "admin", "guardian"] {
        let change = name_delegate(&f, anna, name, key(name).pubkey());
        expect_error!(f.send_as(change, &[name]), PlimsollError::Unauthorized);
    }
    let silent = unsigned(name_delegate(&f, anna, "anna", delegate), owner);
    expect_error!(f.send_as(silent, &[]), ErrorCode::AccountNotSigner);
}

#[test]
fn a_delegate_trades_liquidates_and_deposits() {
    let (mut f, anna, owner, delegate) = with_delegate();
    let (buyer, writer, call) = written_calls(&mut f);
    let taking = replaced(f.deal(anna, buyer, call, 1.0, 30.0), owner, delegate);
    f.send_as(taking, &["delegate", "buyer"]).unwrap();
    let making = replaced(f.deal(buyer, anna, call, 1.0, 30.0), owner, delegate);
    f.send_as(making, &["buyer", "delegate"]).unwrap();

    let tokens = key("delegate token").pubkey();
    let mint = f.token_mint(SOL);
    f.write_tokens(&tokens, &mint, &delegate, 1_000);
    let accounts = accounts::MoveTokens { authority: delegate, user_tokens: tokens, ..f.token_move(anna, SOL) };
    f.send_as(instruction(accounts, data::Deposit { amount: 1_000 }, &[]), &["delegate"]).unwrap();
    assert_eq!(f.account(anna).collaterals[0].balance_atoms, 1_000_001_000);

    f.set_price(ETH, 1_750.0);
    let liquidate = replaced(f.liquidate_instruction(anna, writer, TAKE_ALL), owner, delegate);
    f.send_as(liquidate, &["delegate"]).unwrap();
    assert!(f.position(anna, call) < 0);
}

#[test]
fn a_delegate_takes_nothing_out() {
    let (mut f, anna, _, delegate) = with_delegate();
    let (quote, token) = (key("delegate quote").pubkey(), key("delegate token").pubkey());
    let mints = (f.quote_mint, f.token_mint(SOL));
    f.write_tokens(&quote, &mints.0, &delegate, 0);
    f.write_tokens(&token, &mints.1, &delegate, 0);
    let cash = accounts::MoveTokens { authority: delegate, user_tokens: quote, ..f.quote_move(anna) };
    let collateral = accounts::MoveTokens { authority: delegate, user_tokens: token, ..f.token_move(anna, SOL) };
    // Not even to the owner's own tokens.
    let home = accounts::MoveTokens { authority: delegate, ..f.quote_move(anna) };
    for accounts in [cash, collateral, home] {
        let withdraw = instruction(accounts, data::Withdraw { amount: 1 }, &[]);
        expect_error!(f.send_as(withdraw, &["delegate"]), PlimsollError::Unauthorized);
    }
}

#[test]
fn a_dismissed_delegate_has_no_rights_left() {
    let (mut f, anna, owner, delegate) = with_delegate();
    let (buyer, call) = (f.trader("buyer", 10_000.0), f.call(ETH, 0, 1_600.0));
    for next in [key("another").pubkey(), Pubkey::default()] {
        f.set_delegate(anna, delegate).unwrap();
        f.set_delegate(anna, next).unwrap();
        let trade = replaced(f.deal(anna, buyer, call, 1.0, 30.0), owner, delegate);
        expect_error!(f.send_as(trade, &["delegate", "buyer"]), PlimsollError::Unauthorized);
        let liquidate = replaced(f.liquidate_instruction(anna, buyer, TAKE_ALL), owner, delegate);
        expect_error!(f.send_as(liquidate, &["delegate"]), PlimsollError::Unauthorized);
    }
}
