//! `withdraw`.

use super::support::{slow_setup, unsigned, with, without, written_calls, Foreign, ETH, SOL, VOL_AGE};
use crate::chain::Receipt;
use crate::fixture::{instruction, key, Events, HOUR};
use crate::{expect_error, usd, Failure, Fixture, MarketSetup, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::accounts::MoveTokens;
use plimsoll::errors::PlimsollError;
use plimsoll::events::Withdrawn;
use plimsoll::instruction as data;
use plimsoll::state::PauseBits;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn withdraw_with(f: &mut Fixture, accounts: MoveTokens, amount: u64, signer: &str) -> Result<Receipt, Failure> {
    f.send_as(instruction(accounts, data::Withdraw { amount }, &[]), &[signer])
}

/// A withdrawal of one quote atom with exactly these markets.
fn with_markets(f: &Fixture, trader: Trader, markets: &[Pubkey]) -> Instruction {
    instruction(f.quote_move(trader), data::Withdraw { amount: 1 }, markets)
}

#[test]
fn a_withdrawal_of_cash_moves_tokens_out_and_off_the_ledger() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 100.0);
    let (purse, sequence) = (f.tokens_in(&f.quote_wallet(anna)), f.account(anna).sequence);
    let event: Withdrawn = f.withdraw(anna, usd(30.0) as u64).unwrap().event();
    assert_eq!((event.account, event.mint), (f.margin_key(anna), f.quote_mint));
    assert_eq!((event.amount_atoms, event.balance_atoms), (30_000_000, usd(70.0)));
    assert_eq!((f.cash(anna), f.account(anna).sequence), (usd(70.0), sequence + 1));
    assert_eq!(f.tokens_in(&f.quote_wallet(anna)), purse + 30_000_000);
    assert_eq!(f.tokens_in(&f.quote_vault), 70_000_000);
}

#[test]
fn a_withdrawal_of_all_collateral_frees_its_slot() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 0.0);
    f.deposit_token(anna, SOL, 1_000).unwrap();
    let event: Withdrawn = f.withdraw_token(anna, SOL, 400).unwrap().event();
    assert_eq!((event.mint, event.amount_atoms, event.balance_atoms), (f.token_mint(SOL), 400, 600));
    f.withdraw_token(anna, SOL, 600).unwrap();
    assert_eq!(f.account(anna).collaterals[0].collateral, Pubkey::default());
    assert_eq!((f.collateral(SOL).total_deposits_atoms, f.tokens_in(&f.token_vault(SOL))), (0, 0));
}

#[test]
fn an_account_without_debt_and_positions_needs_no_oracle() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 100.0);
    f.deposit_token(anna, SOL, 1_000).unwrap();
    f.advance(365 * 86_400);
    let (cash, token) = (f.quote_move(anna), f.token_move(anna, SOL));
    withdraw_with(&mut f, cash, usd(100.0) as u64, "anna").unwrap();
    withdraw_with(&mut f, token, 1_000, "anna").unwrap();
    assert_eq!(f.tokens_in(&f.quote_vault), 0);
}

#[test]
fn amounts_out_of_range_or_above_the_balance_are_refused() {
    let mut f = Fixture::default();
    let (anna, bela) = (f.trader("anna", 100.0), f.trader("bela", 100.0));
    f.deposit_token(bela, SOL, 10).unwrap();
    for amount in [0, 1 << 63, u64::MAX] {
        expect_error!(f.withdraw(anna, amount), PlimsollError::AmountOutOfRange);
        expect_error!(f.withdraw_token(bela, SOL, amount), PlimsollError::AmountOutOfRange);
    }
    for amount in [usd(100.0) as u64 + 1, i64::MAX as u64] {
        expect_error!(f.withdraw(anna, amount), PlimsollError::InsufficientBalance);
    }
    expect_error!(f.withdraw_token(anna, SOL, 1), PlimsollError::InsufficientBalance);
    expect_error!(f.withdraw_token(bela, SOL, 11), PlimsollError::InsufficientBalance);
}

#[test]
fn nobody_borrows_by_withdrawing() {
    let mut f = Fixture::default();
    let (anna, _) = (f.trader("anna", 100.0), f.trader("bela", 100.0));
    // 150 000 USD of collateral do not make cash that is not there.
    f.deposit_token(anna, SOL, 1_000_000_000_000).unwrap();
    expect_error!(f.withdraw(anna, usd(100.0) as u64 + 1), PlimsollError::InsufficientBalance);
}

#[test]
fn accounts_that_do_not_belong_together_are_refused() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    f.deposit_token(anna, SOL, 10).unwrap();
    let foreign = Foreign::new(&mut f);
    f.give_tokens(anna, foreign.token);
    let cases = [
        (MoveTokens { mint: f.token_mint(SOL), ..f.quote_move(anna) }, PlimsollError::WrongMint),
        (MoveTokens { mint: f.quote_mint, ..f.token_move(anna, SOL) }, PlimsollError::WrongMint),
        (MoveTokens { vault: f.token_vault(SOL), ..f.quote_move(anna) }, PlimsollError::WrongVault),
        (MoveTokens { vault: f.quote_vault, ..f.token_move(anna, SOL) }, PlimsollError::WrongVault),
        (MoveTokens { vault: foreign.vault, ..f.quote_move(anna) }, PlimsollError::WrongVault),
        (
            MoveTokens { token_program: anchor_spl::token_2022::ID, ..f.quote_move(anna) },
            PlimsollError::WrongTokenProgram,
        ),
        (MoveTokens { exchange: foreign.exchange, ..f.quote_move(anna) }, PlimsollError::WrongExchange),
        (
            MoveTokens { margin_account: f.margin_key(foreign.trader), ..f.quote_move(anna) },
            PlimsollError::WrongExchange,
        ),
        (f.token_move(anna, foreign.token), PlimsollError::WrongExchange),
    ];
    for (accounts, error) in cases {
        expect_error!(withdraw_with(&mut f, accounts, 1, "anna"), error);
    }
    for accounts in [
        MoveTokens { user_tokens: f.quote_vault, ..f.quote_move(anna) },
        MoveTokens { user_tokens: f.token_vault(SOL), ..f.token_move(anna, SOL) },
    ] {
        let result = withdraw_with(&mut f, accounts, 1, "anna");
        expect_error!(result, ErrorCode::ConstraintDuplicateMutableAccount);
    }
}

#[test]
fn nobody_but_the_owner_withdraws() {
    let mut f = Fixture::default();
    let (anna, bela) = (f.trader("anna", 10.0), f.trader("bela", 10.0));
    f.set_delegate(anna, f.owner(bela).pubkey()).unwrap();
    let from_anna = MoveTokens { margin_account: f.margin_key(anna), ..f.quote_move(bela) };
    expect_error!(withdraw_with(&mut f, from_anna, 1, "bela"), PlimsollError::Unauthorized);
    for name in ["admin", "guardian", "payer"] {
        let accounts = MoveTokens { authority: key(name).pubkey(), ..f.quote_move(anna) };
        expect_error!(withdraw_with(&mut f, accounts, 1, name), PlimsollError::Unauthorized);
    }
    let silent = unsigned(with_markets(&f, anna, &[]), key("anna").pubkey());
    expect_error!(f.send_as(silent, &[]), ErrorCode::AccountNotSigner);
}

#[test]
fn a_writer_withdraws_to_the_atom_what_initial_margin_leaves() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    let free = f.check_health(writer).initial_atoms;
    expect_error!(f.withdraw(writer, free as u64 + 1), PlimsollError::InitialMargin);
    f.withdraw(writer, free as u64).unwrap();
    assert_eq!(f.check_health(writer).initial_atoms, 0);
    expect_error!(f.withdraw(writer, 1), PlimsollError::InitialMargin);
}

#[test]
fn collateral_that_backs_a_position_stays() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 1.0));
    f.deposit_token(writer, SOL, 10_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    expect_error!(f.withdraw_token(writer, SOL, 9_000_000_000), PlimsollError::InitialMargin);
    f.withdraw_token(writer, SOL, 1_000_000_000).unwrap();
}

#[test]
fn nothing_leaves_an_account_with_positions_at_an_old_price() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.advance(60);
    f.withdraw(writer, 1).unwrap();
    f.advance(1);
    expect_error!(f.withdraw(writer, 1), PlimsollError::OracleStale);
    f.update_price(ETH).unwrap();
    // The stablecoin is still old.
    expect_error!(f.withdraw(writer, 1), PlimsollError::OracleStale);
    f.update_stable_price().unwrap();
    f.withdraw(writer, 1).unwrap();
}

#[test]
fn collateral_at_an_old_price_backs_no_withdrawal() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.deposit_token(writer, SOL, 10_000_000_000).unwrap();
    f.withdraw(writer, usd(500.0) as u64).unwrap();
    f.advance(61);
    f.update_price(ETH).unwrap();
    f.update_stable_price().unwrap();
    expect_error!(f.withdraw(writer, 1), PlimsollError::InitialMargin);
    f.update_collateral_price(SOL).unwrap();
    f.withdraw(writer, 1).unwrap();
}

#[test]
fn nothing_leaves_while_index_and_slow_price_diverge() {
    let mut f = Fixture::new(&slow_setup());
    let (buyer, writer, _) = written_calls(&mut f);
    f.set_price(ETH, 1_574.0);
    f.withdraw(writer, 1).unwrap();
    f.set_price(ETH, 1_576.0);
    expect_error!(f.withdraw(buyer, 1), PlimsollError::PriceDivergence);
    f.set_price(ETH, 1_424.0);
    expect_error!(f.withdraw(writer, 1), PlimsollError::PriceDivergence);
    f.pass(HOUR);
    f.pass(HOUR);
    f.withdraw(writer, 1).unwrap();
}

#[test]
fn nothing_leaves_while_a_collateral_diverges() {
    let mut setup = Setup::default();
    setup.collaterals[0].oracle.slow_secs = HOUR;
    let mut f = Fixture::new(&setup);
    let (_, writer, _) = written_calls(&mut f);
    f.deposit_token(writer, SOL, 1_000_000).unwrap();
    f.set_collateral_price(SOL, 160.0);
    expect_error!(f.withdraw(writer, 1), PlimsollError::PriceDivergence);
}

#[test]
fn nothing_leaves_while_a_surface_is_old() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.advance(VOL_AGE - 1);
    f.update_prices_only();
    f.withdraw(writer, 1).unwrap();
    f.advance(1);
    f.update_prices_only();
    expect_error!(f.withdraw(writer, 1), PlimsollError::VolatilityStale);
    f.publish_vol(ETH, 0, crate::VolSetup::flat(0.8)).unwrap();
    f.withdraw(writer, 1).unwrap();
}

#[test]
fn every_market_of_the_account_has_to_be_there() {
    let mut f = Fixture::new(&Setup {
        markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 1_500.0)],
        ..Setup::default()
    });
    let (buyer, writer, _) = written_calls(&mut f);
    let other = f.call(crate::Market(1), 0, 1_600.0);
    f.trade(buyer, writer, other, 0.1, 30.0).unwrap();
    f.deposit_token(writer, SOL, 1_000).unwrap();
    let markets = f.markets_of(&[writer]);
    assert_eq!(markets.len(), 3);
    for missing in &markets {
        let withdraw = without(with_markets(&f, writer, &markets), *missing);
        expect_error!(f.send_as(withdraw, &["writer"]), PlimsollError::MarketMissing);
    }
    // In any order, and twice, they are good.
    let turned: Vec<Pubkey> = markets.iter().rev().chain(&markets).copied().collect();
    let withdraw = with_markets(&f, writer, &turned);
    f.send_as(withdraw, &["writer"]).unwrap();
}

#[test]
fn accounts_that_are_no_market_of_the_exchange_are_refused() {
    let mut f = Fixture::default();
    let (buyer, writer, _) = written_calls(&mut f);
    let foreign = Foreign::new(&mut f);
    let withdraw = with_markets(&f, writer, &f.markets_of(&[writer]));
    for key in [f.market_key(foreign.market), f.token_key(foreign.token)] {
        expect_error!(f.send_as(with(withdraw.clone(), &[key]), &["writer"]), PlimsollError::WrongExchange);
    }
    let wrong_program = [f.oracle_address(ETH), f.quote_mint, key("nothing here").pubkey()];
    let wrong_kind = [f.margin_key(buyer), f.margin_key(writer), f.exchange];
    for key in wrong_program.into_iter().chain(wrong_kind) {
        expect_error!(f.send_as(with(withdraw.clone(), &[key]), &["writer"]), PlimsollError::UnexpectedAccount);
    }
    // An underlying's bytes under another owner.
    let (copy, mut account) = (key("copy").pubkey(), f.chain.account(&f.market_key(ETH)).unwrap());
    account.owner = anchor_lang::system_program::ID;
    f.chain.set_account(&copy, account);
    expect_error!(f.send_as(with(withdraw.clone(), &[copy]), &["writer"]), PlimsollError::UnexpectedAccount);
    let crowd = vec![f.market_key(ETH); 32];
    expect_error!(f.send_as(with(withdraw, &crowd), &["writer"]), PlimsollError::UnexpectedAccount);
}

#[test]
fn withdrawals_wait_while_they_are_paused_and_no_longer() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 10.0);
    f.deposit_token(anna, SOL, 10).unwrap();
    f.pause(PauseBits::WITHDRAW, 60).unwrap();
    expect_error!(f.withdraw(anna, 1), PlimsollError::Paused);
    expect_error!(f.withdraw_token(anna, SOL, 1), PlimsollError::Paused);
    f.advance(60);
    f.withdraw(anna, 1).unwrap();
    f.pause(PauseBits::DEPOSIT | PauseBits::TRADE, 60).unwrap();
    f.withdraw(anna, 1).unwrap();
}

/// While somebody owes cash, others cannot all have theirs at once: the last is told so in words.
#[test]
fn a_vault_that_is_short_says_so() {
    let mut f = Fixture::default();
    let (debtor, rich) = (f.trader("debtor", 0.0), f.trader("rich", 100.0));
    f.edit_account(debtor, |account| account.cash_atoms -= usd(40.0));
    f.edit_account(rich, |account| account.cash_atoms += usd(40.0));
    expect_error!(f.withdraw(rich, usd(140.0) as u64), PlimsollError::VaultShort);
    f.withdraw(rich, usd(100.0) as u64).unwrap();
}
