//! The insurance fund: `create_insurance_fund`, `set_insurance_fund`, `open_stake`, `stake`, `request_unstake`, `unstake`.

use super::support::{replaced, unsigned, written_calls, Foreign, ETH};
use crate::chain::Receipt;
use crate::fixture::{instruction, key, Events, DAY, TAKE_OVER};
use crate::{expect_error, usd, Failure, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::VERSION;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{
    AccountLiquidated, InsuranceCollected, InsuranceFundChanged, InsuranceFundCreated, Staked, UnstakeRequested,
    Unstaked,
};
use plimsoll::state::PauseBits;
use plimsoll::{accounts, instruction as data};
use solana_signer::Signer;

const WEEK: i64 = 7 * DAY;

/// A fund with a week's cooldown and 1 000 USD of the first of two stakers.
fn fund() -> (Fixture, Trader, Trader) {
    let mut f = Fixture::default();
    let first = f.insured(WEEK, 1_000.0);
    let second = f.trader("second", 0.0);
    f.open_stake(second).unwrap();
    (f, first, second)
}

fn set(f: &mut Fixture, name: &str, cooldown_secs: i64) -> Result<Receipt, Failure> {
    let set = f.set_insurance_fund_instruction(name, cooldown_secs);
    f.send(&[set], &[&key(name)])
}

#[test]
fn the_admin_creates_one_fund_and_sets_its_cooldown() {
    let mut f = Fixture::default();
    expect_error!(f.create_insurance_fund(-1), PlimsollError::ParameterOutOfRange);
    expect_error!(f.create_insurance_fund(90 * DAY + 1), PlimsollError::ParameterOutOfRange);
    let created: InsuranceFundCreated = f.create_insurance_fund(WEEK).unwrap().event();
    assert_eq!((created.exchange, created.fund, created.cooldown_secs), (f.exchange, f.fund_key(), WEEK));
    let fund = f.insurance();
    assert_eq!((fund.version, fund.exchange, fund.cooldown_secs), (VERSION, f.exchange, WEEK));
    assert_eq!((fund.cash_atoms, fund.total_shares, fund.generation, fund.paid_atoms), (0, 0, 0, 0));
    assert!(f.create_insurance_fund(WEEK).is_err(), "there is one already");
    for cooldown_secs in [0, 90 * DAY] {
        let sent = set(&mut f, "admin", cooldown_secs).unwrap();
        let changed: InsuranceFundChanged = sent.event();
        assert_eq!((changed.fund, changed.cooldown_secs), (f.fund_key(), cooldown_secs));
        assert_eq!(f.insurance().cooldown_secs, cooldown_secs);
    }
    for cooldown_secs in [-1, 90 * DAY + 1] {
        let sent = set(&mut f, "admin", cooldown_secs);
        expect_error!(sent, PlimsollError::ParameterOutOfRange);
    }
    for name in ["guardian", "publisher"] {
        expect_error!(set(&mut f, name, 1), PlimsollError::Unauthorized);
        let create = accounts::CreateInsuranceFund {
            admin: key(name).pubkey(),
            exchange: f.exchange,
            fund: f.fund_key(),
            system_program: anchor_lang::system_program::ID,
        };
        let create = instruction(create, data::CreateInsuranceFund { cooldown_secs: 0 }, &[]);
        assert!(f.send(&[create], &[&key(name)]).is_err());
    }
}

#[test]
fn only_the_admin_creates_a_fund() {
    let mut f = Fixture::default();
    let accounts = accounts::CreateInsuranceFund {
        admin: key("guardian").pubkey(),
        exchange: f.exchange,
        fund: f.fund_key(),
        system_program: anchor_lang::system_program::ID,
    };
    let create = instruction(accounts, data::CreateInsuranceFund { cooldown_secs: 0 }, &[]);
    expect_error!(f.send(&[create], &[&key("guardian")]), PlimsollError::Unauthorized);
}

#[test]
fn stake_is_bought_at_the_price_of_a_share() {
    let (mut f, first, second) = fund();
    assert_eq!((f.insurance().cash_atoms, f.insurance().total_shares), (usd(1_000.0), usd(1_000.0)));
    assert_eq!(f.stake_of(first).shares, usd(1_000.0));
    let (vault, wallet) = (f.tokens_in(&f.quote_vault), f.tokens_in(&f.quote_wallet(second)));
    let staked: Staked = f.stake(second, usd(250.0) as u64).unwrap().event();
    assert_eq!((staked.fund, staked.owner), (f.fund_key(), f.owner(second).pubkey()));
    assert_eq!((staked.amount_atoms as i64, staked.shares), (usd(250.0), usd(250.0)));
    assert_eq!((staked.fund_atoms, staked.total_shares), (usd(1_250.0), usd(1_250.0)));
    assert_eq!(f.tokens_in(&f.quote_vault), vault + 250_000_000);
    assert_eq!(f.tokens_in(&f.quote_wallet(second)), wallet - 250_000_000);
    expect_error!(f.stake(second, 0), PlimsollError::AmountOutOfRange);
    expect_error!(f.stake(second, u64::MAX), PlimsollError::AmountOutOfRange);
}

#[test]
fn stake_leaves_inside_the_window_after_its_cooldown() {
    let (mut f, first, second) = fund();
    f.stake(second, usd(500.0) as u64).unwrap();
    expect_error!(f.unstake(second), PlimsollError::StakeNotReady);
    for shares in [-1, usd(500.0) + 1] {
        expect_error!(f.request_unstake(second, shares), PlimsollError::InsufficientBalance);
    }
    let asked: UnstakeRequested = f.request_unstake(second, usd(200.0)).unwrap().event();
    assert_eq!((asked.shares, asked.leaves_at, asked.owner), (usd(200.0), f.now() + WEEK, f.owner(second).pubkey()));
    f.set_time(asked.leaves_at - 1);
    expect_error!(f.unstake(second), PlimsollError::StakeNotReady);
    f.set_time(asked.leaves_at + 2 * DAY + 1);
    expect_error!(f.unstake(second), PlimsollError::StakeNotReady);
    f.set_time(asked.leaves_at + 2 * DAY);
    let wallet = f.tokens_in(&f.quote_wallet(second));
    let left: Unstaked = f.unstake(second).unwrap().event();
    assert_eq!((left.shares, left.amount_atoms, left.fund_atoms), (usd(200.0), usd(200.0), usd(1_300.0)));
    assert_eq!(f.tokens_in(&f.quote_wallet(second)), wallet + 200_000_000);
    assert_eq!((f.stake_of(second).shares, f.stake_of(second).leaving_shares), (usd(300.0), 0));
    expect_error!(f.unstake(second), PlimsollError::StakeNotReady);
    // Asked and thought better of it.
    f.request_unstake(first, 1).unwrap();
    f.request_unstake(first, 0).unwrap();
    assert_eq!((f.stake_of(first).leaving_shares, f.stake_of(first).leaves_at), (0, 0));
}

#[test]
fn another_cooldown_is_for_requests_to_come() {
    let (mut f, first, _) = fund();
    f.request_unstake(first, usd(1.0)).unwrap();
    set(&mut f, "admin", 90 * DAY).unwrap();
    f.advance(WEEK);
    f.unstake(first).unwrap();
}

#[test]
fn a_stake_is_its_owners() {
    let (mut f, first, second) = fund();
    f.request_unstake(first, usd(1.0)).unwrap();
    f.advance(WEEK);
    let (owner, thief) = (f.owner(first).pubkey(), f.owner(second).pubkey());
    let unstake = instruction(f.stake_move(first), data::Unstake {}, &[]);
    expect_error!(f.send_as(unsigned(unstake.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    expect_error!(f.send_as(replaced(unstake, owner, thief), &["second"]), PlimsollError::Unauthorized);
    let request = accounts::RequestUnstake { owner: thief, fund: f.fund_key(), stake: f.stake_key(first) };
    let request = instruction(request, data::RequestUnstake { shares: 1 }, &[]);
    expect_error!(f.send_as(request, &["second"]), PlimsollError::Unauthorized);
    let stake = instruction(f.stake_move(first), data::Stake { amount: 1 }, &[]);
    expect_error!(f.send_as(replaced(stake, owner, thief), &["second"]), PlimsollError::Unauthorized);
}

#[test]
fn stake_moves_between_the_right_accounts_alone() {
    let (mut f, first, second) = fund();
    let foreign = Foreign::new(&mut f);
    let stake = instruction(f.stake_move(first), data::Stake { amount: 1 }, &[]);
    let (vault, mint) = (f.quote_vault, f.quote_mint);
    let tries = [
        (f.exchange, foreign.exchange, PlimsollError::WrongExchange),
        (vault, foreign.vault, PlimsollError::WrongVault),
        (f.stake_key(first), f.stake_key(second), PlimsollError::Unauthorized),
    ];
    for (from, to, error) in tries {
        expect_error!(f.send_as(replaced(stake.clone(), from, to), &["staker"]), error);
    }
    let other_mint = f.token_mint(super::support::SOL);
    expect_error!(f.send_as(replaced(stake.clone(), mint, other_mint), &["staker"]), PlimsollError::WrongMint);
    let twice = replaced(stake, f.quote_wallet(first), vault);
    assert!(f.send_as(twice, &["staker"]).is_err());
}

#[test]
fn a_pause_of_deposits_stops_stake_and_one_of_withdrawals_its_leave() {
    let (mut f, first, _) = fund();
    f.request_unstake(first, usd(1.0)).unwrap();
    f.advance(WEEK);
    f.pause(PauseBits::DEPOSIT, 60).unwrap();
    expect_error!(f.stake(first, 1), PlimsollError::Paused);
    f.pause(PauseBits::WITHDRAW, 60).unwrap();
    expect_error!(f.unstake(first), PlimsollError::Paused);
    f.advance(61);
    f.unstake(first).unwrap();
}

#[test]
fn stakers_bear_a_loss_by_their_shares_also_while_they_wait_to_leave() {
    let mut f = Fixture::new(&Setup::default());
    let first = f.insured(WEEK, 1_000.0);
    let second = f.trader("second", 0.0);
    f.open_stake(second).unwrap();
    f.stake(second, usd(3_000.0) as u64).unwrap();
    f.request_unstake(first, usd(1_000.0)).unwrap();
    let (_, writer, _) = written_calls(&mut f);
    let taker = f.trader("taker", 100_000.0);
    f.set_price(ETH, 2_100.0);
    let lost = -f.check_health(writer).equity_atoms;
    f.take_over(taker, writer, TAKE_OVER).unwrap();
    assert!(lost > usd(100.0) && f.insurance().cash_atoms == usd(4_000.0) - lost);
    f.set_time(f.stake_of(first).leaves_at);
    let left: Unstaked = f.unstake(first).unwrap().event();
    assert_eq!(left.amount_atoms, (usd(4_000.0) - lost) / 4);
    // A new stake buys more shares than atoms.
    f.refresh();
    let staked: Staked = f.stake(first, usd(100.0) as u64).unwrap().event();
    assert!(staked.shares > usd(100.0));
}

#[test]
fn fees_on_bonuses_are_collected_by_anyone_and_raise_every_share() {
    let (mut f, first, _) = fund();
    let foreign = Foreign::new(&mut f);
    expect_error!(f.collect_insurance(foreign.trader), PlimsollError::WrongExchange);
    let (_, writer, _) = written_calls(&mut f);
    let liquidator = f.trader("liquidator", 100_000.0);
    expect_error!(f.collect_insurance(liquidator), PlimsollError::AmountOutOfRange);
    f.set_price(ETH, 1_750.0);
    let told: AccountLiquidated = f.liquidate(liquidator, writer).unwrap().event();
    assert!(told.fee_atoms > 0 && f.account(liquidator).insurance_due_atoms == told.fee_atoms);
    let collected: InsuranceCollected = f.collect_insurance(liquidator).unwrap().event();
    assert_eq!((collected.fund, collected.account), (f.fund_key(), f.margin_key(liquidator)));
    assert_eq!((collected.amount_atoms, collected.fund_atoms), (told.fee_atoms, usd(1_000.0) + told.fee_atoms));
    assert_eq!((f.insurance().earned_atoms, f.account(liquidator).insurance_due_atoms), (told.fee_atoms, 0));
    f.request_unstake(first, usd(1_000.0)).unwrap();
    f.advance(WEEK);
    let left: Unstaked = f.unstake(first).unwrap().event();
    assert_eq!(left.amount_atoms, usd(1_000.0) + told.fee_atoms);
}

#[test]
fn an_account_that_owes_the_fund_is_not_closed() {
    let (mut f, ..) = fund();
    let liquidator = f.trader("liquidator", 0.0);
    f.edit_account(liquidator, |account| account.insurance_due_atoms = 5);
    expect_error!(f.close_account(liquidator), PlimsollError::AccountNotEmpty);
}

#[test]
fn money_that_came_before_stake_stays_the_exchanges() {
    let mut f = Fixture::default();
    f.create_insurance_fund(0).unwrap();
    let (_, writer, _) = written_calls(&mut f);
    let liquidator = f.trader("liquidator", 100_000.0);
    f.set_price(ETH, 1_750.0);
    f.liquidate(liquidator, writer).unwrap();
    f.collect_insurance(liquidator).unwrap();
    let before = f.insurance().cash_atoms;
    let staker = f.trader("staker", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, usd(10.0) as u64).unwrap();
    assert_eq!(f.insurance().total_shares, before + usd(10.0));
    f.request_unstake(staker, usd(10.0)).unwrap();
    let left: Unstaked = f.unstake(staker).unwrap().event();
    assert_eq!((left.amount_atoms, f.insurance().cash_atoms), (usd(10.0), before));
}
