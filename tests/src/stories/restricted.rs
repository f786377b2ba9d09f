//! Short of initial margin: what an account may still do to get out of it, and what it may not.

use crate::{expect_error, usd, Contract, Fixture, Market, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::instructions::AccountState;

const ETH: Market = Market(0);

struct Story {
    f: Fixture,
    trader: Trader,
    maker: Trader,
    short: Contract,
    long: Contract,
}

/// Short calls that have gone wrong, and long puts of a later expiry that are still worth something.
fn restricted() -> Story {
    let mut f = Fixture::new(&Setup::lite());
    let (trader, maker) = (f.trader("trader", 1_500.0), f.trader("maker", 1_000_000.0));
    let (short, long) = (f.call(ETH, 0, 1_500.0), f.put(ETH, 1, 1_500.0));
    f.trade(trader, maker, short, -4.0, 66.0).unwrap();
    f.trade(trader, maker, long, 2.0, 135.0).unwrap();
    f.set_price(ETH, 1_620.0);
    let report = f.check_health(trader);
    assert_eq!(report.state, AccountState::Restricted);
    assert!(report.initial_atoms < -usd(50.0), "so short that a tenth of a contract does not end it: {report:?}");
    Story { f, trader, maker, short, long }
}

/// Mark of one contract, from what the maker's account is worth with and without the price of it.
fn mark(s: &mut Story, contract: Contract) -> f64 {
    let probe = s.f.trader(&format!("probe {}", contract.series), 100_000.0);
    s.f.trade(probe, s.maker, contract, 1.0, 0.0).unwrap();
    s.f.check_health(probe).mark_atoms as f64 / 1e6
}

#[test]
fn restricted_account_buys_back_its_shorts_at_the_mark() {
    let mut s = restricted();
    let short = s.short;
    let price = mark(&mut s, short);
    s.f.trade(s.trader, s.maker, s.short, 0.1, price).unwrap();
}

#[test]
fn restricted_account_sells_its_longs_at_the_mark() {
    let mut s = restricted();
    let long = s.long;
    let price = mark(&mut s, long);
    let before = s.f.check_health(s.trader);
    s.f.trade(s.trader, s.maker, s.long, -0.1, price).unwrap();
    let after = s.f.check_health(s.trader);
    assert!(after.initial_atoms > before.initial_atoms + usd(price / 10.0 - 0.2), "{before:?} {after:?}");
}

#[test]
fn restricted_account_is_not_drained_by_a_friend() {
    let mut s = restricted();
    let (short, long) = (s.short, s.long);
    let (short, long) = (mark(&mut s, short), mark(&mut s, long));
    expect_error!(s.f.trade(s.trader, s.maker, s.short, 0.1, short + 50.0), PlimsollError::OffMarketPrice);
    expect_error!(s.f.trade(s.trader, s.maker, s.long, -0.1, long / 2.0), PlimsollError::OffMarketPrice);
}

#[test]
fn restricted_account_may_add_no_risk_of_either_sign() {
    let mut s = restricted();
    expect_error!(s.f.trade(s.trader, s.maker, s.short, -0.1, 200.0), PlimsollError::InitialMargin);
    expect_error!(s.f.trade(s.trader, s.maker, s.long, 0.1, 60.0), PlimsollError::InitialMargin);
    expect_error!(s.f.withdraw(s.trader, 1), PlimsollError::InitialMargin);
}

#[test]
fn deposit_ends_the_restriction() {
    let mut s = restricted();
    s.f.call_margin(s.trader).unwrap();
    s.f.deposit(s.trader, usd(2_000.0) as u64).unwrap();
    assert_eq!(s.f.check_health(s.trader).state, AccountState::Healthy);
    s.f.call_margin(s.trader).unwrap();
    assert_eq!(s.f.account(s.trader).margin_call_at, 0);
    s.f.withdraw(s.trader, 1).unwrap();
}
