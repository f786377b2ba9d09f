//! `deposit`.

use super::support::{replaced, unsigned, Foreign, ETH, SOL};
use crate::chain::Receipt;
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, usd, CollateralSetup, Failure, Fixture, Setup, Token};
use anchor_lang::error::ErrorCode;
use plimsoll::accounts::MoveTokens;
use plimsoll::errors::PlimsollError;
use plimsoll::events::Deposited;
use plimsoll::instruction as data;
use plimsoll::state::PauseBits;
use solana_signer::Signer;

/// What the token program says about a signer that does not own the tokens, and about too few of them.
const NOT_OWNER: u32 = 4;
const TOO_FEW: u32 = 1;

fn deposit_with(f: &mut Fixture, accounts: MoveTokens, amount: u64, signer: &str) -> Result<Receipt, Failure> {
    f.send_as(instruction(accounts, data::Deposit { amount }, &[]), &[signer])
}

#[test]
fn a_deposit_of_cash_moves_tokens_into_the_vault_and_onto_the_ledger() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 100.0);
    let (purse, vault, sequence) = (f.tokens_in(&f.quote_wallet(anna)), f.quote_vault, f.account(anna).sequence);
    let event: Deposited = f.deposit(anna, 7_000_001).unwrap().event();
    assert_eq!((event.account, event.mint), (f.margin_key(anna), f.quote_mint));
    assert_eq!((event.amount_atoms, event.balance_atoms), (7_000_001, 107_000_001));
    assert_eq!((f.cash(anna), f.account(anna).sequence), (107_000_001, sequence + 1));
    assert_eq!(f.tokens_in(&f.quote_wallet(anna)), purse - 7_000_001);
    assert_eq!(f.tokens_in(&vault), 107_000_001);
}

#[test]
fn a_deposit_of_collateral_fills_one_slot_and_counts_in_the_total() {
    let mut f = Fixture::default();
    let (anna, bela) = (f.trader("anna", 0.0), f.trader("bela", 0.0));
    f.deposit_token(anna, SOL, 1_000).unwrap();
    f.deposit_token(bela, SOL, 10).unwrap();
    let event: Deposited = f.deposit_token(anna, SOL, 234).unwrap().event();
    assert_eq!((event.mint, event.amount_atoms, event.balance_atoms), (f.token_mint(SOL), 234, 1_234));
    let slots = f.account(anna).collaterals;
    assert_eq!((slots[0].collateral, slots[0].balance_atoms), (f.token_key(SOL), 1_234));
    assert_eq!(slots[1].balance_atoms, 0);
    assert_eq!(f.collateral(SOL).total_deposits_atoms, 1_244);
    assert_eq!((f.cash(anna), f.tokens_in(&f.token_vault(SOL))), (0, 1_244));
}

#[test]
fn amounts_of_nothing_or_beyond_the_ledger_are_refused() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 0.0);
    for amount in [0, 1 << 63, u64::MAX] {
        expect_error!(f.deposit(anna, amount), PlimsollError::AmountOutOfRange);
        expect_error!(f.deposit_token(anna, SOL, amount), PlimsollError::AmountOutOfRange);
    }
    let (wallet, mint, owner) = (f.quote_wallet(anna), f.quote_mint, f.owner(anna).pubkey());
    f.write_tokens(&wallet, &mint, &owner, u64::MAX);
    f.deposit(anna, i64::MAX as u64).unwrap();
    assert_eq!(f.cash(anna), i64::MAX);
    expect_error!(f.deposit(anna, 1), PlimsollError::Overflow);
}

#[test]
fn accounts_that_do_not_belong_together_are_refused() {
    let mut f = Fixture::new(&Setup {
        collaterals: vec![CollateralSetup::default(), CollateralSetup { symbol: "BTC", ..Default::default() }],
        ..Setup::default()
    });
    let (anna, other) = (f.trader("anna", 10.0), Token(1));
    let (quote, token) = (f.quote_move(anna), f.token_move(anna, SOL));
    let wrong_mint = [
        MoveTokens { mint: f.token_mint(SOL), ..f.quote_move(anna) },
        MoveTokens { mint: f.quote_mint, ..f.token_move(anna, SOL) },
        MoveTokens { mint: f.token_mint(other), ..f.token_move(anna, SOL) },
        // Quote tokens offered as the collateral, and the other way round.
        MoveTokens { collateral: Some(f.token_key(SOL)), ..f.quote_move(anna) },
        MoveTokens { collateral: None, ..f.token_move(anna, SOL) },
    ];
    for accounts in wrong_mint {
        expect_error!(deposit_with(&mut f, accounts, 1, "anna"), PlimsollError::WrongMint);
    }
    let wrong_vault = [
        MoveTokens { vault: f.token_vault(SOL), ..f.quote_move(anna) },
        MoveTokens { vault: f.quote_vault, ..f.token_move(anna, SOL) },
        MoveTokens { vault: f.token_vault(other), ..f.token_move(anna, SOL) },
        // A vault in name only: the depositor's own second purse.
        MoveTokens { vault: f.wallet(anna, SOL), user_tokens: f.token_vault(SOL), ..f.token_move(anna, SOL) },
    ];
    for accounts in wrong_vault {
        expect_error!(deposit_with(&mut f, accounts, 1, "anna"), PlimsollError::WrongVault);
    }
    for accounts in [quote, token] {
        let accounts = MoveTokens { token_program: anchor_spl::token_2022::ID, ..accounts };
        expect_error!(deposit_with(&mut f, accounts, 1, "anna"), PlimsollError::WrongTokenProgram);
    }
}

#[test]
fn a_vault_does_not_deposit_into_itself() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    f.deposit_token(anna, SOL, 10).unwrap();
    let quote = MoveTokens { user_tokens: f.quote_vault, ..f.quote_move(anna) };
    let token = MoveTokens { user_tokens: f.token_vault(SOL), ..f.token_move(anna, SOL) };
    for accounts in [quote, token] {
        expect_error!(deposit_with(&mut f, accounts, 1, "anna"), ErrorCode::ConstraintDuplicateMutableAccount);
    }
}

#[test]
fn accounts_of_the_wrong_kind_are_refused() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    let markets = MoveTokens { collateral: Some(f.market_key(ETH)), ..f.quote_move(anna) };
    expect_error!(deposit_with(&mut f, markets, 1, "anna"), ErrorCode::AccountDiscriminatorMismatch);
    let exchange = MoveTokens { exchange: f.market_key(ETH), ..f.quote_move(anna) };
    expect_error!(deposit_with(&mut f, exchange, 1, "anna"), ErrorCode::AccountDiscriminatorMismatch);
    let margin = MoveTokens { margin_account: f.quote_vault, ..f.quote_move(anna) };
    expect_error!(deposit_with(&mut f, margin, 1, "anna"), ErrorCode::AccountOwnedByWrongProgram);
    let program = MoveTokens { token_program: plimsoll::ID, ..f.quote_move(anna) };
    expect_error!(deposit_with(&mut f, program, 1, "anna"), ErrorCode::InvalidProgramId);
}

#[test]
fn accounts_of_another_exchange_are_refused() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    let foreign = Foreign::new(&mut f);
    f.give_tokens(anna, foreign.token);
    let margin = MoveTokens { margin_account: f.margin_key(foreign.trader), ..f.quote_move(anna) };
    let collateral = f.token_move(anna, foreign.token);
    let exchange = MoveTokens { exchange: foreign.exchange, vault: foreign.vault, ..f.quote_move(anna) };
    for accounts in [margin, collateral, exchange] {
        expect_error!(deposit_with(&mut f, accounts, 1, "anna"), PlimsollError::WrongExchange);
    }
    // The other exchange's vault for the same mint.
    let vault = MoveTokens { vault: foreign.vault, ..f.quote_move(anna) };
    expect_error!(deposit_with(&mut f, vault, 1, "anna"), PlimsollError::WrongVault);
}

#[test]
fn a_collateral_takes_no_more_than_its_cap() {
    let setup = CollateralSetup { deposit_cap_atoms: 1_000, ..CollateralSetup::default() };
    let mut f = Fixture::new(&Setup { collaterals: vec![setup], ..Setup::default() });
    let (anna, bela) = (f.trader("anna", 0.0), f.trader("bela", 0.0));
    expect_error!(f.deposit_token(anna, SOL, 1_001), PlimsollError::DepositCap);
    f.deposit_token(anna, SOL, 600).unwrap();
    expect_error!(f.deposit_token(bela, SOL, 401), PlimsollError::DepositCap);
    f.deposit_token(bela, SOL, 400).unwrap();
    expect_error!(f.deposit_token(anna, SOL, 1), PlimsollError::DepositCap);
    f.withdraw_token(bela, SOL, 1).unwrap();
    f.deposit_token(anna, SOL, 1).unwrap();
}

#[test]
fn a_ninth_collateral_finds_no_slot() {
    const SYMBOLS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
    let collaterals = SYMBOLS.map(|symbol| CollateralSetup { symbol, ..CollateralSetup::default() });
    let mut f = Fixture::new(&Setup { collaterals: collaterals.into(), ..Setup::default() });
    let anna = f.trader("anna", 0.0);
    for token in (0..8).map(Token) {
        f.deposit_token(anna, token, 1).unwrap();
    }
    expect_error!(f.deposit_token(anna, Token(8), 1), PlimsollError::TooManyCollaterals);
    f.deposit_token(anna, Token(7), 1).unwrap();
    f.withdraw_token(anna, Token(3), 1).unwrap();
    f.deposit_token(anna, Token(8), 1).unwrap();
    assert_eq!(f.account(anna).collaterals[3].collateral, f.token_key(Token(8)));
}

#[test]
fn a_stranger_gives_cash_but_takes_up_no_collateral_slot() {
    let mut f = Fixture::default();
    let (anna, bela) = (f.trader("anna", 0.0), f.trader("bela", 0.0));
    let into_annas = |accounts| MoveTokens { margin_account: f.margin_key(anna), ..accounts };
    let (cash, collateral) = (into_annas(f.quote_move(bela)), into_annas(f.token_move(bela, SOL)));
    deposit_with(&mut f, cash, usd(5.0) as u64, "bela").unwrap();
    assert_eq!((f.cash(anna), f.cash(bela)), (usd(5.0), 0));
    expect_error!(deposit_with(&mut f, collateral, 1, "bela"), PlimsollError::Unauthorized);
}

#[test]
fn tokens_leave_only_their_owners_hands() {
    let mut f = Fixture::default();
    let (anna, bela) = (f.trader("anna", 0.0), f.trader("bela", 0.0));
    let of_anna = MoveTokens { user_tokens: f.quote_wallet(anna), ..f.quote_move(bela) };
    expect_error!(deposit_with(&mut f, of_anna, 1, "bela"), NOT_OWNER);
    let unsigned = unsigned(instruction(f.quote_move(anna), data::Deposit { amount: 1 }, &[]), key("anna").pubkey());
    expect_error!(f.send_as(unsigned, &[]), ErrorCode::AccountNotSigner);
    let (wallet, mint, owner) = (f.quote_wallet(anna), f.quote_mint, f.owner(anna).pubkey());
    f.write_tokens(&wallet, &mint, &owner, 9);
    expect_error!(f.deposit(anna, 10), TOO_FEW);
    let of_sol = instruction(f.quote_move(anna), data::Deposit { amount: 1 }, &[]);
    let of_sol = replaced(of_sol, wallet, f.wallet(anna, SOL));
    let mint_mismatch = 3u32;
    expect_error!(f.send_as(of_sol, &["anna"]), mint_mismatch);
}

#[test]
fn deposits_wait_while_they_are_paused_and_no_longer() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    f.pause(PauseBits::DEPOSIT, 60).unwrap();
    expect_error!(f.deposit(anna, 1), PlimsollError::Paused);
    expect_error!(f.deposit_token(anna, SOL, 1), PlimsollError::Paused);
    f.withdraw(anna, 1).unwrap();
    f.advance(59);
    expect_error!(f.deposit(anna, 1), PlimsollError::Paused);
    f.advance(1);
    f.deposit(anna, 1).unwrap();
    f.pause(PauseBits::WITHDRAW | PauseBits::TRADE, 60).unwrap();
    f.deposit(anna, 1).unwrap();
}
