//! `collect_fees`.

use super::kit::{forged, second_exchange};
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, usd, Fixture, Market, MarketSetup, Setup, Token};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::FeesCollected;
use plimsoll::{accounts, instruction as data};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

/// An exchange whose first underlying has earned 1.80 USD.
fn earned() -> Fixture {
    let markets = vec![MarketSetup::default(), MarketSetup::new("SOL", 150.0)];
    let mut f = Fixture::new(&Setup { markets, ..Setup::default() });
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(Market(0), 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    let (wallet, mint, owner) = (f.fee_wallet(), f.quote_mint, f.fee_recipient.pubkey());
    f.write_tokens(&wallet, &mint, &owner, 5);
    f
}

fn collect(f: &Fixture, change: impl FnOnce(&mut accounts::CollectFees)) -> Instruction {
    let mut accounts = f.collect_fees_accounts(Market(0));
    change(&mut accounts);
    instruction(accounts, data::CollectFees {}, &[])
}

#[test]
fn collect_fees_pays_everything_earned_to_the_recipient() {
    let mut f = earned();
    let vault_before = f.tokens_in(&f.quote_vault);
    let receipt = f.collect_fees(Market(0)).unwrap();
    assert_eq!(f.market(Market(0)).fees_atoms, 0);
    assert_eq!(f.tokens_in(&f.fee_wallet()), 5 + usd(1.8) as u64);
    assert_eq!(f.tokens_in(&f.quote_vault), vault_before - usd(1.8) as u64);
    let event: FeesCollected = receipt.event();
    assert_eq!((event.exchange, event.underlying), (f.exchange, f.market_key(Market(0))));
    assert_eq!(event.amount_atoms, usd(1.8) as u64);
    // Once is enough.
    expect_error!(f.collect_fees(Market(0)), PlimsollError::AmountOutOfRange);
}

#[test]
fn collect_fees_refuses_an_underlying_that_has_earned_nothing() {
    let mut f = earned();
    expect_error!(f.collect_fees(Market(1)), PlimsollError::AmountOutOfRange);
}

#[test]
fn collect_fees_pays_nobody_but_the_recipient() {
    let mut f = earned();
    let (mint, thief) = (f.quote_mint, key("thief").pubkey());
    let wallet = key("thief quote").pubkey();
    f.write_tokens(&wallet, &mint, &thief, 0);
    let theft = collect(&f, |a| a.destination = wallet);
    expect_error!(f.send(&[theft], &[]), PlimsollError::Unauthorized);
    let forged = forged(&mut f, &wallet);
    let spoofed = collect(&f, |a| a.destination = forged);
    expect_error!(f.send(&[spoofed], &[]), ErrorCode::AccountOwnedByWrongProgram);
    let vault = collect(&f, |a| a.destination = a.quote_vault);
    expect_error!(f.send(&[vault], &[]), ErrorCode::ConstraintDuplicateMutableAccount);
}

#[test]
fn collect_fees_refuses_other_vaults_mints_and_programs() {
    let mut f = earned();
    let (token_vault, token_mint) = (f.token_vault(Token(0)), f.token_mint(Token(0)));
    let wrong = collect(&f, |a| a.quote_vault = token_vault);
    expect_error!(f.send(&[wrong], &[]), PlimsollError::WrongVault);
    let wrong = collect(&f, |a| a.quote_mint = token_mint);
    expect_error!(f.send(&[wrong], &[]), PlimsollError::WrongMint);
    // The recipient's account of another mint: the token program refuses it (MintMismatch).
    let (wallet, recipient) = (key("recipient of SOL").pubkey(), f.fee_recipient.pubkey());
    f.write_tokens(&wallet, &token_mint, &recipient, 0);
    let wrong = collect(&f, |a| a.destination = wallet);
    expect_error!(f.send(&[wrong], &[]), 3u32);
    let wrong = collect(&f, |a| a.token_program = anchor_spl::token_2022::ID);
    let failure = f.send(&[wrong], &[]).unwrap_err();
    assert_eq!(failure.error, TransactionError::InstructionError(1, InstructionError::IncorrectProgramId));
    let wrong = collect(&f, |a| a.token_program = plimsoll::ID);
    expect_error!(f.send(&[wrong], &[]), ErrorCode::InvalidProgramId);
}

#[test]
fn collect_fees_refuses_accounts_of_different_exchanges() {
    let mut f = earned();
    let (_, other) = second_exchange(&mut f);
    let mixed = collect(&f, |a| a.exchange = other);
    expect_error!(f.send(&[mixed], &[]), PlimsollError::WrongExchange);
    let (exchange, underlying) = (f.exchange, f.market_key(Market(0)));
    for (original, place) in [(exchange, 0), (underlying, 1)] {
        let mut spoofed = collect(&f, |_| {});
        spoofed.accounts[place].pubkey = forged(&mut f, &original);
        expect_error!(f.send(&[spoofed], &[]), ErrorCode::AccountOwnedByWrongProgram);
    }
    let wrong = collect(&f, |a| a.underlying = a.exchange);
    expect_error!(f.send(&[wrong], &[]), ErrorCode::AccountDiscriminatorMismatch);
}
