//! Crashes: see [`crate::crash`] for the accounts.

use crate::crash::{gap, Crash, ACCOUNTS};
use crate::fixture::{Events, VolSetup, TAKE_ALL, TAKE_OVER};
use crate::{expect_error, usd, Fixture, Market, Setup, Token};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, AccountTakenOver};
use plimsoll::instructions::LiquidateArgs;
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

#[test]
fn two_hundred_accounts_survive_a_jump_of_forty_percent() {
    let aftermath = gap(1.4, MarginMode::Cross, ACCOUNTS);
    assert!(aftermath.slices > 20 && aftermath.lag_secs == 0, "{aftermath:?}");
}

#[test]
fn takers_who_are_busy_cost_the_fund_more_and_still_come_in_the_first_leg() {
    let aftermath = gap(1.4, MarginMode::Cross, 12);
    assert!(aftermath.support > aftermath.debts && aftermath.lag_secs >= 90, "{aftermath:?}");
}

#[test]
fn two_hundred_accounts_survive_a_fall_of_forty_percent() {
    let aftermath = gap(0.6, MarginMode::Cross, ACCOUNTS);
    assert!(aftermath.slices > 5, "{aftermath:?}");
}

#[test]
fn two_hundred_portfolios_survive_a_jump_of_forty_percent() {
    let aftermath = gap(1.4, MarginMode::Portfolio, ACCOUNTS);
    assert!(aftermath.slices > 20, "{aftermath:?}");
}

/// An insolvent whale: the fund pays what it has, the rest stays visible as the debt of an account, and nobody else loses.
#[test]
fn a_whale_larger_than_the_fund_leaves_a_debt_that_everybody_can_see() {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    f.insured(0, 5_000.0);
    let (whale, maker) = (f.trader("whale", 50_000.0), f.trader("maker", 1_000_000.0));
    let taker = f.trader("taker", 1_000_000.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(whale, maker, call, -150.0, 60.0).unwrap();
    f.set_price(ETH, 2_100.0);
    let owed = -f.check_health(whale).equity_atoms;
    assert!(owed > usd(20_000.0));
    // A part that the fund can pay for; the fund's last money goes to somebody who accepts less than the debt.
    let part = (usd(4_000.0) as i128 * 1_000_000_000 / i128::from(owed)) as i64;
    let small = plimsoll::instructions::TakeOverArgs { fraction_e9: part, ..TAKE_OVER };
    let told: AccountTakenOver = f.take_over(taker, whale, small).unwrap().event();
    assert!((told.support_atoms - usd(4_000.0)).abs() < 1_000 && told.fund_atoms > 0);
    let left = -f.check_health(whale).equity_atoms;
    assert!((left + told.support_atoms - owed).abs() < 10_000, "{left} of {owed}");
    // Everybody else is as well off as before, and takes his money out.
    let free = f.check_health(maker).initial_atoms.min(f.cash(maker));
    f.withdraw(maker, free as u64).unwrap();
    let healthy = f.trader("bystander", 1_000.0);
    f.withdraw(healthy, usd(1_000.0) as u64).unwrap();
}

/// Prices creep up for hours, and every account is repaired at the first price of an auction: nobody becomes insolvent.
#[test]
fn a_slow_bleed_makes_nobody_insolvent() {
    let mut crash = Crash::new(MarginMode::Cross);
    for step in 1..=28 {
        crash.f.set_price(ETH, 1_500.0 * (1.0 + 0.01 * f64::from(step)));
        while !crash.in_breach().is_empty() {
            crash.resolve(ACCOUNTS);
        }
    }
    assert_eq!((crash.aftermath.taken_over, crash.f.insurance().paid_atoms), (0, 0), "{:?}", crash.aftermath);
    assert!(crash.aftermath.slices > ACCOUNTS / 2, "{:?}", crash.aftermath);
}

/// Volatility leaps while the price stands still: shorts are in breach, and are repaired at marks that nobody traded at.
#[test]
fn a_spike_of_volatility_at_an_unmoved_price_is_survived() {
    let mut crash = Crash::new(MarginMode::Portfolio);
    crash.f.publish_vol(ETH, 0, VolSetup::flat(4.0)).unwrap();
    let breached = crash.in_breach().len();
    assert!(breached > ACCOUNTS / 8, "{breached} in breach");
    while !crash.in_breach().is_empty() {
        crash.resolve(ACCOUNTS);
    }
    assert!(crash.aftermath.slices >= breached / 2, "{:?}", crash.aftermath);
}

/// Ten takers want the same account in one second: each gets what is left of the largest lawful fraction, and the last ones nothing.
#[test]
fn ten_takers_at_once_take_no_more_than_one_would() {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let (writer, maker) = (f.trader("writer", 3_000.0), f.trader("maker", 1_000_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -10.0, 65.0).unwrap();
    f.set_price(ETH, 1_650.0);
    while f.check_health(writer).equity_atoms > usd(1_000.0) {
        let price = f.market(ETH).price.index_e9 as f64 / 1e9;
        f.set_price(ETH, price + 5.0);
    }
    let before = f.check_health(writer);
    let seen = f.account(writer).liquidation_sequence;
    let takers: Vec<_> = (0..10).map(|number| f.trader(&format!("taker {number}"), 100_000.0)).collect();
    let part = LiquidateArgs { max_fraction_e9: 100_000_000, ..TAKE_ALL };
    let results: Vec<_> = takers.iter().map(|taker| f.liquidate_with(*taker, writer, part)).collect();
    let taken = results.iter().filter(|result| result.is_ok()).count();
    assert!((2..10).contains(&taken), "{taken} takers");
    for failure in results.into_iter().filter_map(Result::err) {
        expect_error!(Err::<(), _>(failure), PlimsollError::NotLiquidatable);
    }
    let after = f.check_health(writer);
    assert!(after.maintenance_atoms >= 0 && f.account(writer).liquidation_sequence == seen + taken as u64);
    let target = after.equity_atoms - after.maintenance_atoms;
    assert!(after.equity_atoms <= target + target / 10 + 20_000, "{after:?}");
    // Everything they paid less than it was worth is at most the discount on all that was sold.
    assert!(before.equity_atoms - after.equity_atoms <= before.equity_atoms / 50 + 10);
    // Who insists on what he saw is told that somebody was faster.
    let late = LiquidateArgs { liquidation_sequence: Some(seen), ..TAKE_ALL };
    expect_error!(f.liquidate_with(takers[0], writer, late), PlimsollError::SequenceMismatch);
}

/// The collateral falls with the price rising against short calls: both are sold in one slice.
#[test]
fn collateral_and_short_calls_fall_together() {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let sol = Token(0);
    let (writer, maker) = (f.trader("writer", 500.0), f.trader("maker", 1_000_000.0));
    let taker = f.trader("taker", 100_000.0);
    f.deposit_token(writer, sol, 40_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -10.0, 65.0).unwrap();
    let mut sol_price = 150.0;
    let mut price = 1_500.0;
    while f.check_health(writer).maintenance_atoms >= 0 {
        (sol_price, price) = (sol_price * 0.98, price * 1.01);
        f.set_collateral_price(sol, sol_price);
        f.set_price(ETH, price);
    }
    let told: AccountLiquidated = f.liquidate(taker, writer).unwrap().event();
    assert!(told.fraction_e9 < 1_000_000_000 && told.bonus_atoms > 0);
    assert!(f.account(taker).collaterals[0].balance_atoms > 0 && f.position(taker, call) < 0);
    assert!(f.check_health(writer).maintenance_atoms >= 0);
}
