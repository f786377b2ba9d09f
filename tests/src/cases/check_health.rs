//! `check_health`.

use super::support::{slow_setup, with, without, written_calls, Foreign, ETH, SOL, VOL_AGE};
use crate::{expect_error, usd, Fixture};
use plimsoll::errors::PlimsollError;
use plimsoll::instructions::AccountState;

#[test]
fn the_report_follows_the_account_from_healthy_to_bankrupt() {
    let mut f = Fixture::default();
    let (_, writer, call) = written_calls(&mut f);
    let states = [
        (1_500.0, AccountState::Healthy),
        (1_680.0, AccountState::Restricted),
        (1_750.0, AccountState::Liquidatable),
        (1_900.0, AccountState::Bankrupt),
    ];
    for (price, state) in states {
        f.set_price(ETH, price);
        let report = f.check_health(writer);
        assert_eq!(report.state, state, "at {price}: {report:?}");
        assert!(report.is_calm && report.mark_atoms < 0);
        let worst = report.worst.unwrap();
        assert_eq!((worst.underlying, worst.series), (f.market_key(ETH), call.series));
        assert!(worst.maintenance_atoms < 0);
    }
}

#[test]
fn an_empty_account_and_one_with_collateral_are_reported_to_the_atom() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 0.0);
    let empty = f.check_health(anna);
    assert_eq!((empty.equity_atoms, empty.initial_atoms, empty.maintenance_atoms), (0, 0, 0));
    assert_eq!((empty.state, empty.worst, empty.health_factor_e9), (AccountState::Healthy, None, i64::MAX));
    f.deposit(anna, usd(100.0) as u64).unwrap();
    f.deposit_token(anna, SOL, 2_000_000_000).unwrap();
    // 2 SOL at 150 USD, of which 80 % count for IM and 90 % for MM.
    let report = f.check_health(anna);
    assert_eq!((report.cash_atoms, report.collateral_atoms, report.mark_atoms), (usd(100.0), usd(300.0), 0));
    assert_eq!(report.equity_atoms, usd(400.0));
    assert_eq!((report.initial_atoms, report.maintenance_atoms), (usd(340.0), usd(370.0)));
}

#[test]
fn a_report_tells_when_the_market_allows_no_new_risk() {
    let mut f = Fixture::new(&slow_setup());
    let (_, writer, _) = written_calls(&mut f);
    assert!(f.check_health(writer).is_calm);
    f.set_price(ETH, 1_600.0);
    assert!(!f.check_health(writer).is_calm);

    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.advance(VOL_AGE);
    f.update_prices_only();
    assert!(!f.check_health(writer).is_calm);
}

#[test]
fn a_short_is_reported_until_its_price_is_too_old_to_liquidate_by() {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.advance(3_600);
    f.check_health(writer);
    f.advance(1);
    expect_error!(f.try_check_health(writer), PlimsollError::OracleStale);
    f.update_price(ETH).unwrap();
    // The stablecoin is as old, and hides nobody: its last price goes on.
    f.check_health(writer);
}

#[test]
fn a_report_needs_exactly_the_accounts_of_its_exchange() {
    let mut f = Fixture::default();
    let (buyer, writer, _) = written_calls(&mut f);
    f.deposit_token(writer, SOL, 1).unwrap();
    let foreign = Foreign::new(&mut f);
    let check = f.check_health_instruction(writer);
    for key in [f.market_key(ETH), f.token_key(SOL)] {
        expect_error!(f.send_as(without(check.clone(), key), &[]), PlimsollError::MarketMissing);
    }
    for key in [f.market_key(foreign.market), f.token_key(foreign.token)] {
        expect_error!(f.send_as(with(check.clone(), &[key]), &[]), PlimsollError::WrongExchange);
    }
    for key in [f.margin_key(buyer), f.exchange, f.quote_mint, f.oracle_address(ETH)] {
        expect_error!(f.send_as(with(check.clone(), &[key]), &[]), PlimsollError::UnexpectedAccount);
    }
    // Another exchange's account against this exchange's stablecoin.
    expect_error!(f.try_check_health(foreign.trader), PlimsollError::WrongExchange);
}
