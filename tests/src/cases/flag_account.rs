//! `flag_account`.

use super::support::{with, without, written_calls, Foreign, ETH};
use crate::fixture::Events;
use crate::{expect_error, usd, Fixture, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountWarned, AuctionEnded, BreachSeen};
use plimsoll::state::Auction;

/// The writer of two calls at this index.
fn writer_at(price: f64) -> (Fixture, Trader) {
    let mut f = Fixture::default();
    let (_, writer, _) = written_calls(&mut f);
    f.set_price(ETH, price);
    (f, writer)
}

#[test]
fn a_breach_starts_an_auction_whose_clock_runs_while_somebody_looks() {
    let (mut f, writer) = writer_at(1_750.0);
    let (start, sequence, report) = (f.now(), f.account(writer).sequence, f.check_health(writer));
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.account, seen.started_at, seen.at), (f.margin_key(writer), start, start));
    assert_eq!((seen.elapsed_secs, seen.discount_e9), (0, 980_000_000));
    assert_eq!((seen.equity_atoms, seen.maintenance_atoms), (report.equity_atoms, report.maintenance_atoms));
    assert_eq!(f.account(writer).sequence, sequence + 1);
    // Half a minute later a twentieth of the first leg is over: 980 − 180/20.
    f.pass(30);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.started_at, seen.elapsed_secs, seen.discount_e9), (start, 30, 971_000_000));
    // Nobody looks for five minutes: one of them counts.
    f.pass(300);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.started_at, seen.elapsed_secs, seen.discount_e9, seen.at), (start, 90, 953_000_000, f.now()));
    let auction = f.account(writer).auction;
    assert_eq!(auction, Auction { started_at: start, seen_at: f.now(), elapsed_secs: 90, ..Auction::default() });
    // Nobody looks for longer than the first leg: it is another breach.
    f.pass(601);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.started_at, seen.elapsed_secs, seen.discount_e9), (f.now(), 0, 980_000_000));
}

#[test]
fn flagging_twice_in_a_second_changes_no_price() {
    let (mut f, writer) = writer_at(1_750.0);
    f.flag(writer).unwrap();
    f.pass(10);
    let first: BreachSeen = f.flag(writer).unwrap().event();
    let second: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((first.elapsed_secs, first.discount_e9), (second.elapsed_secs, second.discount_e9));
}

#[test]
fn a_recovery_ends_the_auction_and_the_next_breach_starts_at_the_first_price() {
    let (mut f, writer) = writer_at(1_750.0);
    let start = f.now();
    f.flag(writer).unwrap();
    f.pass(60);
    f.flag(writer).unwrap();
    f.set_price(ETH, 1_500.0);
    let ended: AuctionEnded = f.flag(writer).unwrap().event();
    assert_eq!((ended.account, ended.started_at, ended.at), (f.margin_key(writer), start, f.now()));
    assert_eq!((ended.elapsed_secs, ended.paid_atoms), (60, 0));
    assert_eq!(f.account(writer).auction, Auction::default());
    f.set_price(ETH, 1_750.0);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.started_at, seen.discount_e9), (f.now(), 980_000_000));
}

#[test]
fn an_account_near_a_breach_is_warned_and_nothing_else_happens() {
    let (mut f, writer) = writer_at(1_690.0);
    let (report, sequence) = (f.check_health(writer), f.account(writer).sequence);
    assert!((1_000_000_000..1_250_000_000).contains(&report.health_factor_e9), "{report:?}");
    for _ in 0..2 {
        let warned: AccountWarned = f.flag(writer).unwrap().event();
        assert_eq!((warned.account, warned.at), (f.margin_key(writer), f.now()));
        assert_eq!(warned.health_factor_e9, report.health_factor_e9);
        assert_eq!((warned.equity_atoms, warned.maintenance_atoms), (report.equity_atoms, report.maintenance_atoms));
    }
    assert_eq!((f.account(writer).sequence, f.account(writer).auction), (sequence, Auction::default()));
}

#[test]
fn a_healthy_account_is_not_flagged() {
    let (mut f, writer) = writer_at(1_500.0);
    let empty = f.trader("empty", 0.0);
    f.deposit(writer, usd(5_000.0) as u64).unwrap();
    for trader in [writer, empty] {
        expect_error!(f.flag(trader), PlimsollError::NothingToFlag);
    }
}

#[test]
fn a_breach_is_seen_at_prices_that_a_liquidation_may_use() {
    let (mut f, writer) = writer_at(1_750.0);
    f.advance(3_600);
    f.flag(writer).unwrap();
    f.advance(1);
    expect_error!(f.flag(writer), PlimsollError::OracleStale);
}

#[test]
fn a_flag_needs_exactly_the_accounts_of_its_exchange() {
    let (mut f, writer) = writer_at(1_750.0);
    let foreign = Foreign::new(&mut f);
    let flag = f.flag_instruction(writer);
    expect_error!(f.send_as(without(flag.clone(), f.market_key(ETH)), &[]), PlimsollError::MarketMissing);
    expect_error!(f.send_as(with(flag.clone(), &[f.market_key(foreign.market)]), &[]), PlimsollError::WrongExchange);
    for key in [f.exchange, f.quote_mint] {
        expect_error!(f.send_as(with(flag.clone(), &[key]), &[]), PlimsollError::UnexpectedAccount);
    }
    expect_error!(f.flag(foreign.trader), PlimsollError::WrongExchange);
}
