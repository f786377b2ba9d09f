//! SOL as margin: it carries short options and a debt in cash, and goes with a liquidated slice.

use crate::fixture::{Events, DAY, HOUR};
use crate::{expect_error, usd, Fixture, Market, Token};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;
use plimsoll::instructions::AccountState;
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);
const SOL: Token = Token(0);
const ONE_SOL: u64 = 1_000_000_000;

#[test]
fn collateral_counts_in_full_for_equity_and_after_haircuts_for_margin() {
    let mut f = Fixture::default();
    let holder = f.open_account("holder", MarginMode::Cross);
    f.deposit_token(holder, SOL, 100 * ONE_SOL).unwrap();
    let report = f.check_health(holder);
    assert_eq!((report.collateral_atoms, report.equity_atoms), (usd(15_000.0), usd(15_000.0)));
    assert_eq!((report.initial_atoms, report.maintenance_atoms), (usd(12_000.0), usd(13_500.0)));
    assert_eq!(report.state, AccountState::Healthy);
}

#[test]
fn collateral_buys_no_options_but_carries_the_loss_of_a_closed_short() {
    let mut f = Fixture::default();
    let (holder, maker) = (f.open_account("holder", MarginMode::Cross), f.trader("maker", 100_000.0));
    f.deposit_token(holder, SOL, 100 * ONE_SOL).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    // Nobody borrows the vault's cash by buying, whatever the collateral.
    expect_error!(f.trade(holder, maker, call, 10.0, 70.0), PlimsollError::InsufficientBalance);
    f.trade(holder, maker, call, -10.0, 70.0).unwrap();
    f.set_price(ETH, 1_600.0);
    let mark = -f.check_health(holder).mark_atoms as f64 / 1e7;
    f.trade(holder, maker, call, 10.0, mark).unwrap();
    let cash = f.cash(holder);
    assert!(cash < -usd(400.0), "{cash}");
    expect_error!(f.withdraw(holder, 1), PlimsollError::InsufficientBalance);
    // 12 000 of initial margin less the debt can leave, in SOL at 120 each; one atom more can not.
    let free = (usd(12_000.0) + cash) as u64 * 1_000 / 120;
    expect_error!(f.withdraw_token(holder, SOL, free + 100), PlimsollError::InitialMargin);
    f.withdraw_token(holder, SOL, free - 100).unwrap();
    let report = f.check_health(holder);
    assert!((0..25).contains(&report.initial_atoms), "{report:?}");
}

#[test]
fn settled_short_leaves_a_debt_that_is_paid_before_all_collateral_leaves() {
    let mut f = Fixture::default();
    let (holder, maker) = (f.open_account("holder", MarginMode::Cross), f.trader("maker", 100_000.0));
    f.deposit_token(holder, SOL, 100 * ONE_SOL).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(holder, maker, call, -10.0, 70.0).unwrap();
    f.set_time(f.start() + 7 * DAY - 2 * HOUR);
    f.set_price(ETH, 1_700.0);
    f.set_time(f.start() + 7 * DAY + HOUR);
    f.settle_expiry(ETH, 0).unwrap();
    f.settle_account(ETH, holder).unwrap();
    f.refresh();
    let debt = -f.cash(holder);
    assert_eq!(debt, usd(2_000.0 - 700.0 + 4.5));
    expect_error!(f.withdraw_token(holder, SOL, 100 * ONE_SOL), PlimsollError::InitialMargin);
    expect_error!(f.close_account(holder), PlimsollError::AccountNotEmpty);
    f.deposit(holder, debt as u64).unwrap();
    f.withdraw_token(holder, SOL, 100 * ONE_SOL).unwrap();
    f.close_account(holder).unwrap();
}

#[test]
fn falling_collateral_is_liquidated_with_everything_else() {
    let mut f = Fixture::default();
    let (holder, maker) = (f.open_account("holder", MarginMode::Cross), f.trader("maker", 100_000.0));
    let liquidator = f.trader("liquidator", 100_000.0);
    f.deposit_token(holder, SOL, 100 * ONE_SOL).unwrap();
    let put = f.put(ETH, 0, 1_500.0);
    f.trade(holder, maker, put, -30.0, 66.0).unwrap();
    expect_error!(f.liquidate(liquidator, holder), PlimsollError::NotLiquidatable);
    f.set_collateral_price(SOL, 30.0);
    assert_eq!(f.check_health(holder).state, AccountState::Liquidatable);
    let told: AccountLiquidated = f.liquidate(liquidator, holder).unwrap().event();
    assert!(told.fraction_e9 < 1_000_000_000, "{}", told.fraction_e9);
    let taken = (100 * u128::from(ONE_SOL) * told.fraction_e9 as u128 / 1_000_000_000) as u64;
    let balance = |f: &Fixture, trader| f.account(trader).collaterals[0].balance_atoms;
    assert_eq!((balance(&f, liquidator), balance(&f, holder)), (taken, 100 * ONE_SOL - taken));
    assert_eq!(f.collateral(SOL).total_deposits_atoms, 100 * ONE_SOL);
    let (wallet, before) = (f.wallet(liquidator, SOL), f.tokens_in(&f.wallet(liquidator, SOL)));
    f.withdraw_token(liquidator, SOL, taken).unwrap();
    assert_eq!(f.tokens_in(&wallet), before + taken);
}

#[test]
fn collateral_is_worth_more_in_a_stablecoin_below_its_peg() {
    let mut f = Fixture::default();
    let holder = f.open_account("holder", MarginMode::Cross);
    f.deposit_token(holder, SOL, 100 * ONE_SOL).unwrap();
    f.set_stable_price(0.8);
    assert_eq!(f.check_health(holder).collateral_atoms, usd(18_750.0));
}

#[test]
fn idle_collateral_leaves_without_any_price() {
    let mut f = Fixture::default();
    let holder = f.open_account("holder", MarginMode::Cross);
    f.deposit_token(holder, SOL, 5 * ONE_SOL).unwrap();
    f.advance(100 * 86_400);
    f.withdraw_token(holder, SOL, 5 * ONE_SOL).unwrap();
    f.close_account(holder).unwrap();
}
