//! `list_expiry` and `remove_expiry`.

use super::kit::{forged, second_exchange, unsigned};
use crate::chain::Receipt;
use crate::fixture::{instruction, key, Events, DAY, HOUR, MINUTE, START};
use crate::{expect_error, ExpirySetup, Failure, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::{MAX_EXPIRIES, MAX_TENOR_SECS};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{ExpiryListed, ExpiryRemoved};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_signer::Signer;

const MARKET: Market = Market(0);

/// One underlying with these expiries and no collateral.
fn with_expiries(expiries: &[i64]) -> Fixture {
    let expiries = expiries.iter().map(|after| ExpirySetup::after(*after)).collect();
    let market = MarketSetup { expiries, ..MarketSetup::default() };
    Fixture::new(&Setup { collaterals: vec![], ..Setup::default().with_market(market) })
}

fn list(f: &Fixture, admin: &str, expiry_ts: i64) -> Instruction {
    let accounts = accounts::SetUnderlying { admin: key(admin).pubkey(), ..f.set_underlying_accounts(MARKET) };
    instruction(accounts, data::ListExpiry { expiry_ts }, &[])
}

fn list_at(f: &mut Fixture, expiry_ts: i64) -> Result<Receipt, Failure> {
    let list = list(f, "admin", expiry_ts);
    f.send(&[list], &[&key("admin")])
}

/// Lets an expiry pass and settles it at the last price before it.
fn settle(f: &mut Fixture, expiry: u8) {
    let expiry_ts = f.market(MARKET).expiries[expiry as usize].expiry_ts;
    f.set_time(expiry_ts - MINUTE);
    f.update_price(MARKET).unwrap();
    f.set_time(expiry_ts + HOUR);
    f.settle_expiry(MARKET, expiry).unwrap();
}

#[test]
fn list_expiry_opens_the_first_free_slot_without_a_surface() {
    let mut f = with_expiries(&[]);
    for (slot, after) in [MINUTE, DAY, MAX_TENOR_SECS].into_iter().enumerate() {
        let event: ExpiryListed = list_at(&mut f, START + after).unwrap().event();
        assert_eq!(event.underlying, f.market_key(MARKET));
        assert_eq!((event.expiry as usize, event.expiry_ts), (slot, START + after));
        let expiry = f.market(MARKET).expiries[slot];
        assert_eq!((expiry.status, expiry.expiry_ts, expiry.vol_updated_at), (1, START + after, 0));
        assert_eq!((expiry.forward_ratio_q40, expiry.rate_e9, expiry.settlement_e9), (1 << 40, 0, 0));
        assert_eq!((expiry.last_index_e9, expiry.twap_covered_secs), (0, 0));
    }
}

#[test]
fn list_expiry_refuses_times_past_far_off_the_minute_or_listed() {
    let mut f = with_expiries(&[DAY]);
    let far = START + MAX_TENOR_SECS + MINUTE;
    for time in [START, START - MINUTE, 0, -MINUTE, START + 1, START + 59, START + DAY + 30, far, i64::MAX, i64::MIN] {
        expect_error!(list_at(&mut f, time), PlimsollError::ExpiryTime);
    }
    expect_error!(list_at(&mut f, START + DAY), PlimsollError::ExpiryExists);
}

#[test]
fn list_expiry_ends_at_the_largest_number_of_expiries() {
    let mut f = with_expiries(&[]);
    for day in 1..=i64::from(MAX_EXPIRIES) {
        list_at(&mut f, START + day * DAY).unwrap();
    }
    expect_error!(list_at(&mut f, START + 17 * DAY), PlimsollError::TooManyExpiries);
    expect_error!(list_at(&mut f, START + 16 * DAY), PlimsollError::ExpiryExists);
    // A settled expiry still holds its slot; a removed one does not.
    settle(&mut f, 0);
    expect_error!(list_at(&mut f, START + 17 * DAY), PlimsollError::TooManyExpiries);
    f.remove_expiry(MARKET, 0).unwrap();
    let event: ExpiryListed = list_at(&mut f, START + 17 * DAY).unwrap().event();
    assert_eq!(event.expiry, 0);
}

#[test]
fn list_expiry_is_the_own_exchanges_admins_alone() {
    let mut f = with_expiries(&[]);
    let (other, other_exchange) = second_exchange(&mut f);
    for name in ["guardian", "publisher"] {
        expect_error!(f.send(&[list(&f, name, START + DAY)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let mut theirs = list(&f, "other admin", START + DAY);
    theirs.accounts[1].pubkey = other_exchange;
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(list(&f, "admin", START + DAY))], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(MARKET);
    let mut spoofed = list(&f, "admin", START + DAY);
    spoofed.accounts[2].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn remove_expiry_frees_the_expiry_and_its_series_and_no_others() {
    let mut f = with_expiries(&[DAY, 2 * DAY]);
    let (first, second) = (f.call(MARKET, 0, 1_500.0), f.call(MARKET, 1, 1_500.0));
    let third = f.put(MARKET, 0, 1_400.0);
    settle(&mut f, 0);
    let event: ExpiryRemoved = f.remove_expiry(MARKET, 0).unwrap().event();
    assert_eq!((event.underlying, event.expiry), (f.market_key(MARKET), 0));
    let state = f.market(MARKET);
    assert_eq!(bytemuck::bytes_of(&state.expiries[0]), [0; 200]);
    assert_eq!(state.expiries[1].status, 1);
    assert_eq!([first, second, third].map(|contract| f.series(contract).status), [0, 1, 0]);
    assert_eq!(f.series(second).expiry, 1);
    expect_error!(f.remove_expiry(MARKET, 0), PlimsollError::ExpiryNotFound);
    // The next series takes the first slot that has become free.
    f.refresh();
    assert_eq!(f.put(MARKET, 1, 1_450.0).series, first.series);
    assert_eq!(f.market(MARKET).series_used, 3);
}

#[test]
fn remove_expiry_refuses_an_expiry_that_is_missing_live_or_not_settled() {
    let mut f = with_expiries(&[DAY]);
    for slot in [1, 15, 16, 255] {
        expect_error!(f.remove_expiry(MARKET, slot), PlimsollError::ExpiryNotFound);
    }
    f.advance(DAY - 1);
    expect_error!(f.remove_expiry(MARKET, 0), PlimsollError::NotExpired);
    f.advance(1);
    expect_error!(f.remove_expiry(MARKET, 0), PlimsollError::NotSettled);
}

#[test]
fn remove_expiry_waits_until_every_account_is_settled() {
    let mut f = with_expiries(&[DAY]);
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(MARKET, 0, 1_400.0);
    f.trade(buyer, writer, call, 1.0, 110.0).unwrap();
    settle(&mut f, 0);
    expect_error!(f.remove_expiry(MARKET, 0), PlimsollError::OpenInterestLeft);
    f.settle_account(MARKET, writer).unwrap();
    expect_error!(f.remove_expiry(MARKET, 0), PlimsollError::OpenInterestLeft);
    f.settle_account(MARKET, buyer).unwrap();
    f.remove_expiry(MARKET, 0).unwrap();
}

#[test]
fn remove_expiry_refuses_accounts_that_are_no_underlying() {
    let mut f = with_expiries(&[DAY]);
    let (underlying, exchange) = (f.market_key(MARKET), f.exchange);
    let forged = forged(&mut f, &underlying);
    for (key, error) in
        [(forged, ErrorCode::AccountOwnedByWrongProgram), (exchange, ErrorCode::AccountDiscriminatorMismatch)]
    {
        let accounts = accounts::RemoveExpiry { underlying: key };
        let remove = instruction(accounts, data::RemoveExpiry { expiry: 0 }, &[]);
        expect_error!(f.send(&[remove], &[]), error);
    }
}
