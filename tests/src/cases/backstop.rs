//! The backstop and its stake: `create_backstop`, `set_backstop`, `open_backstop_stake`, `deposit_backstop`,
//! `request_backstop_leave`, `withdraw_backstop`.

use super::support::{replaced, slow_setup, unsigned, without, Foreign, ETH, SOL, VOL_AGE};
use crate::fixture::{instruction, key, Events, DAY};
use crate::{expect_error, usd, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::VERSION;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{
    BackstopChanged, BackstopCreated, BackstopDeposited, BackstopLeaveRequested, BackstopWithdrawn,
};
use plimsoll::state::{BackstopTerms, MarginAccount, PauseBits};
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::params::BackstopParams;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const WEEK: i64 = 7 * DAY;

/// A backstop with 1 000 USD of the first of two stakers.
fn pool() -> (Fixture, Trader, Trader, Trader) {
    let mut f = Fixture::new(&Setup::lite());
    let (first, book) = f.backed(&[ETH], 1_000.0);
    let second = f.trader("second", 0.0);
    f.open_backstop_stake(second).unwrap();
    (f, book, first, second)
}

/// The pool has taken all of the writer of two calls of a month.
fn short_pool() -> (Fixture, Trader, Trader, Trader) {
    let (mut f, book, first, second) = pool();
    f.insured(0, 10_000.0);
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 500.0));
    let call = f.call(ETH, 1, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 60.0).unwrap();
    f.set_price(ETH, 1_800.0);
    let caller = f.trader("caller", 0.0);
    f.call_backstop(book, caller, writer).unwrap();
    assert!(f.position(book, call) < -1_000_000);
    (f, book, first, second)
}

#[test]
fn the_admin_creates_one_backstop_whose_book_is_nobodys() {
    let mut f = Fixture::default();
    let terms = f.backstop_terms(&[ETH]);
    let foreign = f.create_backstop_instruction("guardian", terms);
    expect_error!(f.send_as(foreign, &["guardian"]), PlimsollError::Unauthorized);
    let created: BackstopCreated = f.create_backstop(terms).unwrap().event();
    let book = f.margin_address(&f.backstop_key(), 0);
    assert_eq!((created.exchange, created.backstop, created.book), (f.exchange, f.backstop_key(), book));
    assert_eq!(created.terms, terms);
    let pool = f.backstop();
    assert_eq!((pool.version, pool.exchange, pool.book, pool.terms), (VERSION, f.exchange, book, terms));
    assert_eq!((pool.total_shares, pool.generation, pool.bounty_spent_atoms, pool.lost_atoms), (0, 0, 0, 0));
    let account: MarginAccount = f.read(&book);
    assert_eq!((account.owner, account.delegate, account.exchange), (f.backstop_key(), Pubkey::default(), f.exchange));
    assert_eq!((account.mode, account.number, account.cash_atoms), (MarginAccount::CROSS, 0, 0));
    assert!(f.create_backstop(terms).is_err(), "there is one already");
}

#[test]
fn terms_outside_their_limits_are_refused() {
    let mut f = Fixture::new(&Setup::lite());
    let lawful = f.backstop_terms(&[ETH]);
    let most = BackstopParams::MAX_NOTIONAL.raw();
    type Change = fn(&mut BackstopTerms);
    let unlawful: [Change; 9] = [
        |t| t.cooldown_secs = DAY - 1,
        |t| t.opens_secs = DAY + 1,
        |t| t.caller_part_e9 = 500_000_001,
        |t| t.min_bounty_atoms = -1,
        |t| t.bounty_budget_atoms = 10_000_000_001,
        |t| t.max_notional_atoms = -1,
        |t| t.max_loss_e9 = 500_000_001,
        |t| t.markets[1] = t.markets[0],
        |t| t.markets[3].max_notional_atoms = 1,
    ];
    for change in unlawful {
        let mut terms = lawful;
        change(&mut terms);
        expect_error!(f.create_backstop(terms), PlimsollError::ParameterOutOfRange);
    }
    f.create_backstop(lawful).unwrap();
    for change in unlawful {
        expect_error!(f.change_backstop(change), PlimsollError::ParameterOutOfRange);
    }
    for notional in [-1, most + 1] {
        let sent = f.change_backstop(|t| t.markets[0].max_notional_atoms = notional);
        expect_error!(sent, PlimsollError::ParameterOutOfRange);
    }
    let other = |t: &mut BackstopTerms| (t.markets[0].max_notional_atoms, t.opens_secs) = (most, DAY);
    let changed: BackstopChanged = f.change_backstop(other).unwrap().event();
    assert_eq!((changed.backstop, changed.terms), (f.backstop_key(), f.backstop().terms));
    assert_eq!((changed.terms.markets[0].max_notional_atoms, changed.terms.opens_secs), (most, DAY));
    let stolen = f.set_backstop_instruction("guardian", lawful);
    expect_error!(f.send_as(stolen, &["guardian"]), PlimsollError::Unauthorized);
}

#[test]
fn the_first_dollar_is_the_pools_own_and_then_shares_cost_what_they_are_worth() {
    let (mut f, book, first, second) = pool();
    assert_eq!((f.cash(book), f.backstop().total_shares), (usd(1_000.0), usd(1_000.0)));
    assert_eq!(f.backstop_stake(first).shares, usd(999.0));
    let (vault, wallet) = (f.tokens_in(&f.quote_vault), f.tokens_in(&f.quote_wallet(second)));
    let told: BackstopDeposited = f.deposit_backstop(book, second, usd(250.0) as u64).unwrap().event();
    assert_eq!((told.backstop, told.owner), (f.backstop_key(), f.owner(second).pubkey()));
    assert_eq!((told.amount_atoms as i64, told.shares, told.equity_atoms), (usd(250.0), usd(250.0), usd(1_000.0)));
    assert_eq!((told.total_shares, told.generation), (usd(1_250.0), 0));
    assert_eq!(f.tokens_in(&f.quote_vault), vault + 250_000_000);
    assert_eq!(f.tokens_in(&f.quote_wallet(second)), wallet - 250_000_000);
    // A gift raises every share.
    let gift = instruction(f.quote_move(book), data::Deposit { amount: 1_250_000_000 }, &[]);
    let gift = replaced(gift, f.owner(book).pubkey(), f.owner(second).pubkey());
    let gift = replaced(gift, f.quote_wallet(book), f.quote_wallet(second));
    f.send_as(gift, &["second"]).unwrap();
    let told: BackstopDeposited = f.deposit_backstop(book, second, usd(100.0) as u64).unwrap().event();
    assert_eq!((told.shares, told.equity_atoms), (usd(50.0), usd(2_500.0)));
    for amount in [0, u64::MAX] {
        expect_error!(f.deposit_backstop(book, second, amount), PlimsollError::AmountOutOfRange);
    }
}

#[test]
fn a_first_deposit_has_to_leave_shares_beside_the_pools_own() {
    let mut f = Fixture::new(&Setup::lite());
    let terms = f.backstop_terms(&[ETH]);
    f.create_backstop(terms).unwrap();
    let (book, staker) = (f.know_book(), f.trader("staker", 0.0));
    f.open_backstop_stake(staker).unwrap();
    expect_error!(f.deposit_backstop(book, staker, 1_000_000), PlimsollError::AmountOutOfRange);
    let told: BackstopDeposited = f.deposit_backstop(book, staker, 1_000_001).unwrap().event();
    assert_eq!((told.shares, told.total_shares), (1, 1_000_001));
}

#[test]
fn shares_leave_in_parts_inside_the_window_after_their_cooldown() {
    let (mut f, book, _, second) = pool();
    f.deposit_backstop(book, second, usd(500.0) as u64).unwrap();
    expect_error!(f.withdraw_backstop(book, second, 1), PlimsollError::StakeNotReady);
    for shares in [-1, usd(500.0) + 1] {
        expect_error!(f.request_backstop_leave(second, shares), PlimsollError::InsufficientBalance);
    }
    let asked: BackstopLeaveRequested = f.request_backstop_leave(second, usd(200.0)).unwrap().event();
    assert_eq!((asked.backstop, asked.owner), (f.backstop_key(), f.owner(second).pubkey()));
    assert_eq!((asked.shares, asked.leaves_at), (usd(200.0), f.now() + WEEK));
    for (at, shares) in [(-1, 1), (0, 0), (0, -1), (0, usd(200.0) + 1), (2 * DAY + 1, 1)] {
        f.set_time(asked.leaves_at + at);
        expect_error!(f.withdraw_backstop(book, second, shares), PlimsollError::StakeNotReady);
    }
    f.set_time(asked.leaves_at + 2 * DAY);
    let wallet = f.tokens_in(&f.quote_wallet(second));
    let left: BackstopWithdrawn = f.withdraw_backstop(book, second, usd(150.0)).unwrap().event();
    assert_eq!((left.backstop, left.owner), (f.backstop_key(), f.owner(second).pubkey()));
    assert_eq!((left.shares, left.amount_atoms, left.equity_atoms), (usd(150.0), usd(150.0), usd(1_500.0)));
    assert_eq!(left.total_shares, usd(1_350.0));
    assert_eq!(f.backstop_stake(second).leaving_shares, usd(50.0));
    f.withdraw_backstop(book, second, usd(50.0)).unwrap();
    assert_eq!(f.tokens_in(&f.quote_wallet(second)), wallet + 200_000_000);
    let stake = f.backstop_stake(second);
    assert_eq!((stake.shares, stake.leaving_shares, stake.leaves_at), (usd(300.0), 0, 0));
    expect_error!(f.withdraw_backstop(book, second, 1), PlimsollError::StakeNotReady);
    // Asked and thought better of it.
    f.request_backstop_leave(second, 1).unwrap();
    f.request_backstop_leave(second, 0).unwrap();
    assert_eq!((f.backstop_stake(second).leaving_shares, f.backstop_stake(second).leaves_at), (0, 0));
}

#[test]
fn nobody_takes_out_what_the_pools_positions_need() {
    let (mut f, book, first, _) = short_pool();
    let shares = f.backstop_stake(first).shares;
    let asked: BackstopLeaveRequested = f.request_backstop_leave(first, shares).unwrap().event();
    f.set_time(asked.leaves_at);
    f.refresh();
    expect_error!(f.withdraw_backstop(book, first, shares), PlimsollError::InitialMargin);
    let report = f.check_health(book);
    let free = shares as f64 * report.initial_atoms as f64 / report.equity_atoms as f64;
    f.withdraw_backstop(book, first, (free * 0.99) as i64).unwrap();
    expect_error!(f.withdraw_backstop(book, first, (free * 0.02) as i64), PlimsollError::InitialMargin);
}

#[test]
fn shares_change_hands_at_fresh_prices_of_everything_alone() {
    let (mut f, book, _, second) = short_pool();
    let amount = usd(50.0) as u64;
    let deposit = f.deposit_backstop_instruction(book, second, amount);
    expect_error!(f.send_as(without(deposit, f.market_key(ETH)), &["second"]), PlimsollError::MarketMissing);
    f.advance(61);
    f.update_stable_price().unwrap();
    expect_error!(f.deposit_backstop(book, second, amount), PlimsollError::OracleStale);
    f.refresh();
    f.deposit_backstop(book, second, amount).unwrap();
    f.advance(VOL_AGE);
    f.update_prices_only();
    expect_error!(f.deposit_backstop(book, second, amount), PlimsollError::VolatilityStale);
    // A long under an old surface is margin to nobody, and yet a part of what a share is worth.
    f.edit_account(book, |account| account.positions[0].size_e6 *= -1);
    let deposit = f.deposit_backstop_instruction(book, second, amount);
    let refused = f.chain.send(&[deposit], &key("payer"), &[&key("second")]);
    expect_error!(refused, PlimsollError::VolatilityStale);
}

#[test]
fn shares_wait_while_the_price_diverges() {
    let mut f = Fixture::new(&Setup { backend: Setup::lite().backend, ..slow_setup() });
    let (first, book) = f.backed(&[ETH], 1_000.0);
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 500.0));
    f.insured(0, 10_000.0);
    let call = f.call(ETH, 1, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 60.0).unwrap();
    f.set_price(ETH, 1_800.0);
    f.call_backstop(book, buyer, writer).unwrap();
    expect_error!(f.deposit_backstop(book, first, usd(50.0) as u64), PlimsollError::PriceDivergence);
}

#[test]
fn shares_of_collateral_wait_for_its_price_and_leave_as_cash() {
    let (mut f, book, first, second) = pool();
    let owner = f.trader("owner", 0.0);
    f.deposit_token(owner, SOL, 1_000_000_000).unwrap();
    let slot = f.account(owner).collaterals[0];
    f.edit_account(owner, |account| account.collaterals[0] = bytemuck::Zeroable::zeroed());
    f.edit_account(book, |account| account.collaterals[0] = slot);
    let amount = usd(50.0) as u64;
    f.deposit_backstop(book, second, amount).unwrap();
    f.advance(61);
    f.update_stable_price().unwrap();
    expect_error!(f.deposit_backstop(book, second, amount), PlimsollError::OracleStale);
    f.update_collateral_price(SOL).unwrap();
    f.deposit_backstop(book, second, amount).unwrap();
    // 1 100 USD in cash and 150 in SOL: the first staker's part is more than the cash.
    let shares = f.backstop_stake(first).shares;
    f.request_backstop_leave(first, shares).unwrap();
    f.set_time(f.backstop_stake(first).leaves_at);
    f.refresh();
    expect_error!(f.withdraw_backstop(book, first, shares), PlimsollError::InsufficientBalance);
    f.withdraw_backstop(book, first, shares / 2).unwrap();
}

#[test]
fn a_pool_that_owes_takes_no_stake_and_pays_none() {
    let (mut f, book, first, second) = pool();
    f.request_backstop_leave(first, 10).unwrap();
    f.set_time(f.backstop_stake(first).leaves_at);
    let shift = |f: &mut Fixture, atoms: i64| {
        f.edit_account(book, |account| account.cash_atoms -= atoms);
        f.edit_account(second, |account| account.cash_atoms += atoms);
    };
    shift(&mut f, usd(1_000.0) + 1);
    expect_error!(f.deposit_backstop(book, second, usd(50.0) as u64), PlimsollError::BackstopInsolvent);
    expect_error!(f.withdraw_backstop(book, first, 10), PlimsollError::BackstopInsolvent);
    // Nothing is left: shares of before are gone, and the next begin anew.
    shift(&mut f, -1);
    let told: BackstopDeposited = f.deposit_backstop(book, second, usd(50.0) as u64).unwrap().event();
    assert_eq!((told.generation, told.shares, told.total_shares), (1, usd(49.0), usd(50.0)));
    expect_error!(f.withdraw_backstop(book, first, 10), PlimsollError::StakeNotReady);
    f.request_backstop_leave(first, 0).unwrap();
    assert_eq!((f.backstop_stake(first).shares, f.backstop_stake(first).generation), (0, 1));
}

#[test]
fn stake_moves_between_the_right_accounts_alone() {
    let (mut f, book, first, second) = pool();
    let foreign = Foreign::new(&mut f);
    f.request_backstop_leave(first, usd(1.0)).unwrap();
    let owner = f.owner(first).pubkey();
    let deposit = f.deposit_backstop_instruction(book, first, 5_000_000);
    let withdraw = f.withdraw_backstop_instruction(book, first, 5_000_000);
    for moved in [deposit, withdraw] {
        expect_error!(f.send_as(unsigned(moved.clone(), owner), &[]), ErrorCode::AccountNotSigner);
        let thief = f.owner(second).pubkey();
        expect_error!(f.send_as(replaced(moved.clone(), owner, thief), &["second"]), PlimsollError::Unauthorized);
        let tries = [
            (f.exchange, foreign.exchange, PlimsollError::WrongExchange),
            (f.quote_vault, foreign.vault, PlimsollError::WrongVault),
            (f.quote_mint, f.token_mint(SOL), PlimsollError::WrongMint),
            (f.backstop_stake_key(first), f.backstop_stake_key(second), PlimsollError::Unauthorized),
            (f.margin_key(book), f.margin_key(first), PlimsollError::UnexpectedAccount),
        ];
        for (from, to, error) in tries {
            expect_error!(f.send_as(replaced(moved.clone(), from, to), &["backer"]), error);
        }
        let twice = replaced(moved, f.quote_wallet(first), f.quote_vault);
        expect_error!(f.send_as(twice, &["backer"]), ErrorCode::ConstraintDuplicateMutableAccount);
    }
    let request = accounts::RequestBackstopLeave {
        owner: f.owner(second).pubkey(),
        backstop: f.backstop_key(),
        backstop_stake: f.backstop_stake_key(first),
    };
    let request = instruction(request, data::RequestBackstopLeave { shares: 1 }, &[]);
    expect_error!(f.send_as(request, &["second"]), PlimsollError::Unauthorized);
}

/// A stake in the one pool is none in the other.
#[test]
fn a_stake_in_the_fund_is_none_in_the_backstop() {
    let (mut f, book, _, _) = pool();
    let staker = f.insured(0, 1_000.0);
    f.request_unstake(staker, usd(1.0)).unwrap();
    let accounts = accounts::MoveBackstopStake { backstop_stake: f.stake_key(staker), ..f.backstop_move(staker) };
    let withdraw = instruction(accounts, data::WithdrawBackstop { shares: 1 }, &f.markets_of(&[book]));
    expect_error!(f.send_as(withdraw, &["staker"]), PlimsollError::WrongExchange);
}

#[test]
fn a_pause_of_deposits_stops_stake_and_one_of_withdrawals_its_leave() {
    let (mut f, book, first, _) = pool();
    f.request_backstop_leave(first, usd(1.0)).unwrap();
    f.advance(WEEK);
    f.pause(PauseBits::DEPOSIT, 60).unwrap();
    expect_error!(f.deposit_backstop(book, first, 5_000_000), PlimsollError::Paused);
    f.pause(PauseBits::WITHDRAW, 60).unwrap();
    expect_error!(f.withdraw_backstop(book, first, usd(1.0)), PlimsollError::Paused);
    f.advance(61);
    f.withdraw_backstop(book, first, usd(1.0)).unwrap();
}

#[test]
fn nobody_signs_for_the_book() {
    let (mut f, book, first, second) = pool();
    let call = f.call(ETH, 0, 1_600.0);
    f.deposit(second, usd(5_000.0) as u64).unwrap();
    // Whoever signs, it is not the owner.
    let (wallet, mint, owner) = (f.quote_wallet(book), f.quote_mint, f.owner(book).pubkey());
    f.write_tokens(&wallet, &mint, &owner, 0);
    expect_error!(f.withdraw(book, 1), PlimsollError::Unauthorized);
    expect_error!(f.trade(second, book, call, 1.0, 1.0), PlimsollError::Unauthorized);
    expect_error!(f.set_delegate(book, f.owner(first).pubkey()), PlimsollError::Unauthorized);
    expect_error!(f.close_account(book), PlimsollError::Unauthorized);
    expect_error!(f.liquidate(book, second), PlimsollError::Unauthorized);
}
