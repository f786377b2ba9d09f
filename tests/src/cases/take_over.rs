//! `take_over`.

use super::support::{replaced, unsigned, with, without, written_calls, Foreign, ETH, SOL};
use crate::fixture::{key, Events, TAKE_OVER};
use crate::{expect_error, Contract, Fixture, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountTakenOver, BreachSeen};
use plimsoll::instructions::{AccountState, TakeOverArgs};
use plimsoll::state::{Auction, MarginMode};
use solana_signer::Signer;

/// A fund of 1 000 USD, a taker, and the writer of two calls at this index.
fn insolvent(price: f64) -> (Fixture, Trader, Trader, Contract) {
    let mut f = Fixture::default();
    f.insured(0, 1_000.0);
    let (_, writer, call) = written_calls(&mut f);
    let taker = f.trader("taker", 100_000.0);
    f.set_price(ETH, price);
    (f, taker, writer, call)
}

#[test]
fn the_fund_pays_the_loss_at_first_sight() {
    let (mut f, taker, writer, call) = insolvent(2_000.0);
    let report = f.check_health(writer);
    assert_eq!(report.state, AccountState::Bankrupt);
    let (theirs, cash) = (f.cash(taker), f.cash(writer));
    let told: AccountTakenOver = f.take_over(taker, writer, TAKE_OVER).unwrap().event();
    assert_eq!((told.account, told.taker), (f.margin_key(writer), f.margin_key(taker)));
    assert_eq!((told.fraction_e9, told.lag_secs, told.liquidation_sequence), (1_000_000_000, 0, 0));
    assert_eq!(told.support_atoms, -report.equity_atoms);
    assert_eq!(
        (told.equity_before_atoms, told.maintenance_before_atoms),
        (report.equity_atoms, report.maintenance_atoms)
    );
    assert_eq!((told.fund_atoms, f.insurance().paid_atoms), (1_000_000_000 - told.support_atoms, told.support_atoms));
    assert_eq!(f.cash(taker), theirs + cash + told.support_atoms);
    assert_eq!((f.position(taker, call), f.position(writer, call)), (-2_000_000, 0));
    let left = f.account(writer);
    assert_eq!((left.cash_atoms, left.position_count, left.auction), (0, 0, Auction::default()));
    assert_eq!(left.liquidation_sequence, 1);
    expect_error!(f.take_over(taker, writer, TAKE_OVER), PlimsollError::NotLiquidatable);
}

#[test]
fn who_waits_is_paid_up_to_the_maintenance_deficit() {
    let (mut f, taker, writer, _) = insolvent(1_900.0);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!(seen.support_atoms, -f.check_health(writer).equity_atoms);
    for _ in 0..15 {
        f.pass(30);
        f.flag(writer).unwrap();
    }
    // Half of its quarter of an hour.
    let report = f.check_health(writer);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    let (owed, deficit) = (-report.equity_atoms, -report.maintenance_atoms);
    assert!((seen.support_atoms - (owed + deficit) / 2).abs() <= 1, "{}", seen.support_atoms);
    for _ in 0..16 {
        f.pass(30);
        f.flag(writer).unwrap();
    }
    let report = f.check_health(writer);
    let told: AccountTakenOver = f.take_over(taker, writer, TAKE_OVER).unwrap().event();
    assert_eq!((told.support_atoms, told.lag_secs), (-report.maintenance_atoms, 930));
}

#[test]
fn a_part_is_paid_its_part() {
    let (mut f, taker, writer, call) = insolvent(2_000.0);
    let owed = -f.check_health(writer).equity_atoms;
    let quarter = TakeOverArgs { fraction_e9: 250_000_000, ..TAKE_OVER };
    let told: AccountTakenOver = f.take_over(taker, writer, quarter).unwrap().event();
    assert_eq!(told.support_atoms, owed / 4);
    assert_eq!((f.position(taker, call), f.position(writer, call)), (-500_000, -1_500_000));
    assert!(f.account(writer).auction.is_running());
    let left = -f.check_health(writer).equity_atoms;
    assert!((left - (owed - owed / 4)).abs() <= 2_000, "{left} of {owed}");
}

#[test]
fn the_fund_pays_what_it_has_and_a_taker_says_what_he_needs() {
    let (mut f, taker, writer, _) = insolvent(2_600.0);
    let owed = -f.check_health(writer).equity_atoms;
    assert!(owed > 1_000_000_000);
    let enough = TakeOverArgs { min_support_atoms: owed, ..TAKE_OVER };
    expect_error!(f.take_over(taker, writer, enough), PlimsollError::SupportTooSmall);
    assert_eq!(f.insurance().cash_atoms, 1_000_000_000);
    let told: AccountTakenOver = f.take_over(taker, writer, TAKE_OVER).unwrap().event();
    assert_eq!((told.support_atoms, told.fund_atoms), (1_000_000_000, 0));
    // It is used up: stake of before is worth nothing, and the next begins anew.
    let fund = f.insurance();
    assert_eq!((fund.total_shares, fund.generation), (0, 1));
    let staker = f.trader("next", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, 5_000_000).unwrap();
    assert_eq!((f.stake_of(staker).shares, f.insurance().total_shares), (5_000_000, 5_000_000));
}

#[test]
fn a_solvent_account_is_not_taken_over() {
    let (mut f, taker, writer, _) = insolvent(1_750.0);
    expect_error!(f.take_over(taker, writer, TAKE_OVER), PlimsollError::NotInsolvent);
    f.set_price(ETH, 1_500.0);
    expect_error!(f.take_over(taker, writer, TAKE_OVER), PlimsollError::NotLiquidatable);
}

/// A deposit of a dollar at the right moment would have set back the auction each time: its clock runs back for as long as it lasts.
#[test]
fn reg_an_interrupted_insolvency_loses_no_more_than_the_interruption() {
    let (mut f, _, writer, _) = insolvent(2_000.0);
    f.outlast(writer, 60);
    let first = f.account(writer).auction.insolvent_at;
    assert_eq!(f.account(writer).auction.insolvent_secs, 120);
    f.set_price(ETH, 1_780.0);
    f.pass(60);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    assert_eq!((seen.support_atoms, seen.elapsed_secs), (0, 180));
    f.set_price(ETH, 2_000.0);
    let seen: BreachSeen = f.flag(writer).unwrap().event();
    let (owed, deficit) = (-f.check_health(writer).equity_atoms, -f.check_health(writer).maintenance_atoms);
    assert!((seen.support_atoms - owed - (deficit - owed) / 15).abs() <= 1, "{} of {owed}", seen.support_atoms);
    let auction = f.account(writer).auction;
    assert_eq!((auction.insolvent_at, auction.insolvent_secs), (first, 60));
    // Out of the breach ends both clocks.
    f.set_price(ETH, 1_500.0);
    f.flag(writer).unwrap();
    assert_eq!(f.account(writer).auction, Auction::default());
}

#[test]
fn the_taker_signs_is_somebody_else_and_covers_what_he_takes() {
    let (mut f, taker, writer, _) = insolvent(2_000.0);
    let take = f.take_over_instruction(taker, writer, TAKE_OVER);
    let owner = f.owner(taker).pubkey();
    expect_error!(f.send_as(unsigned(take.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    let admin = key("admin").pubkey();
    expect_error!(f.send_as(replaced(take.clone(), owner, admin), &["admin"]), PlimsollError::Unauthorized);
    let own = f.open_numbered("writer", 1, MarginMode::Cross);
    expect_error!(f.take_over(own, writer, TAKE_OVER), PlimsollError::SelfLiquidation);
    expect_error!(f.take_over(writer, writer, TAKE_OVER), PlimsollError::DuplicateAccount);
    let poor = f.trader("poor", 1.0);
    expect_error!(f.take_over(poor, writer, TAKE_OVER), PlimsollError::InitialMargin);
    for fraction_e9 in [0, -1, 9_999_999, 1_000_000_001, i64::MIN, i64::MAX] {
        let args = TakeOverArgs { fraction_e9, ..TAKE_OVER };
        expect_error!(f.take_over(taker, writer, args), PlimsollError::AmountOutOfRange);
    }
    let seen = TakeOverArgs { liquidation_sequence: Some(1), ..TAKE_OVER };
    expect_error!(f.take_over(taker, writer, seen), PlimsollError::SequenceMismatch);
}

#[test]
fn a_takeover_needs_exactly_the_accounts_of_its_exchange() {
    let (mut f, taker, writer, _) = insolvent(2_000.0);
    let foreign = Foreign::new(&mut f);
    let take = f.take_over_instruction(taker, writer, TAKE_OVER);
    let (market, fund) = (f.market_key(ETH), f.fund_key());
    expect_error!(f.send_as(without(take.clone(), market), &["taker"]), PlimsollError::MarketMissing);
    let foreign_market = f.market_key(foreign.market);
    expect_error!(f.send_as(with(take.clone(), &[foreign_market]), &["taker"]), PlimsollError::WrongExchange);
    let exchange = replaced(take.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(exchange, &["taker"]), PlimsollError::WrongExchange);
    let no_fund = replaced(take, fund, f.margin_key(writer));
    expect_error!(f.send_as(no_fund, &["taker"]), ErrorCode::AccountDiscriminatorMismatch);
    expect_error!(f.take_over(taker, foreign.trader, TAKE_OVER), PlimsollError::WrongExchange);
}

/// Collateral at a price of hours ago made an account insolvent that was not, and the fund paid for it.
#[test]
fn reg_the_fund_pays_for_no_debt_at_an_old_price() {
    let (mut f, taker, writer, _) = insolvent(2_600.0);
    f.deposit_token(writer, SOL, 1_000_000_000).unwrap();
    f.flag(writer).unwrap();
    f.advance(3_601);
    f.update_stable_price().ok();
    expect_error!(f.take_over(taker, writer, TAKE_OVER), PlimsollError::OracleStale);
    f.refresh();
    f.take_over(taker, writer, TAKE_OVER).unwrap();
}
