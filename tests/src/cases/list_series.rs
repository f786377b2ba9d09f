//! `list_series`.

use super::kit::{forged, second_exchange, unsigned};
use crate::fixture::{e9, instruction, key, Events, DAY, START};
use crate::{expect_error, ExpirySetup, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::MAX_SERIES;
use plimsoll::errors::PlimsollError;
use plimsoll::events::SeriesListed;
use plimsoll::instructions::ListSeriesArgs;
use plimsoll::state::Series;
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::units::Price;
use solana_instruction::Instruction;
use solana_signer::Signer;

const MARKET: Market = Market(0);

/// ETH at 1 500 USD, with strikes up to ten times that far away.
fn fixture() -> Fixture {
    Fixture::new(&Setup { collaterals: vec![], ..Setup::default() })
}

fn series(expiry: u8, is_put: bool, strike_e9: i64) -> ListSeriesArgs {
    ListSeriesArgs { expiry, is_put, strike_e9 }
}

fn list(f: &Fixture, admin: &str, args: ListSeriesArgs) -> Instruction {
    let accounts = accounts::SetUnderlying { admin: key(admin).pubkey(), ..f.set_underlying_accounts(MARKET) };
    instruction(accounts, data::ListSeries { args }, &[])
}

#[test]
fn list_series_opens_calls_and_puts_in_the_order_of_listing() {
    let mut f = fixture();
    for (slot, (expiry, is_put, strike)) in
        [(0, false, 1_600.0), (0, true, 1_600.0), (1, false, 1_600.0), (0, false, 1_600.5)].into_iter().enumerate()
    {
        let receipt = f.list_series(MARKET, series(expiry, is_put, e9(strike))).unwrap();
        let event: SeriesListed = receipt.event();
        let kind = if is_put { Series::PUT } else { Series::CALL };
        assert_eq!((event.underlying, event.series as usize), (f.market_key(MARKET), slot));
        assert_eq!((event.expiry, event.kind, event.strike_e9), (expiry, kind, e9(strike)));
        let state = f.market(MARKET);
        let listed = state.series[slot];
        assert_eq!((listed.status, listed.expiry, listed.kind, listed.strike_e9), (1, expiry, kind, e9(strike)));
        assert_eq!(listed.ln_strike_q40, ln_price(Price::from_raw(e9(strike))).unwrap().raw());
        assert_eq!((listed.long_e6, listed.short_e6), (0, 0));
        assert_eq!(state.series_used as usize, slot + 1);
    }
    expect_error!(f.list_series(MARKET, series(0, true, e9(1_600.0))), PlimsollError::SeriesExists);
}

#[test]
fn list_series_takes_strikes_up_to_the_factor_away_and_no_further() {
    let mut f = fixture();
    let (lowest, highest) = (e9(150.0), e9(15_000.0));
    for strike in [0, -1, i64::MIN, i64::MAX, lowest - 1, highest + 1, 1] {
        expect_error!(f.list_series(MARKET, series(0, false, strike)), PlimsollError::StrikeOutOfRange);
    }
    for strike in [lowest, highest] {
        f.list_series(MARKET, series(0, false, strike)).unwrap();
    }
    // At a factor of one only the index itself is left.
    let mut params = f.market(MARKET).params;
    params.max_strike_factor_e9 = 1_000_000_000;
    f.set_params(MARKET, params).unwrap();
    for strike in [e9(1_500.0) - 1, e9(1_500.0) + 1] {
        expect_error!(f.list_series(MARKET, series(0, false, strike)), PlimsollError::StrikeOutOfRange);
    }
    f.list_series(MARKET, series(0, false, e9(1_500.0))).unwrap();
}

#[test]
fn list_series_keeps_strikes_of_the_dearest_underlying_below_the_largest_price() {
    let market = MarketSetup { expiries: vec![ExpirySetup::after(DAY)], ..MarketSetup::new("DEAR", 900_000_000.0) };
    let mut f = Fixture::new(&Setup { collaterals: vec![], ..Setup::default().with_market(market) });
    let largest = Price::MAX.raw();
    expect_error!(f.list_series(MARKET, series(0, false, largest + 1)), PlimsollError::StrikeOutOfRange);
    f.list_series(MARKET, series(0, false, largest)).unwrap();
}

#[test]
fn list_series_needs_a_live_expiry_and_a_fresh_price() {
    let mut f = fixture();
    for slot in [2, 15, 16, 255] {
        expect_error!(f.list_series(MARKET, series(slot, false, e9(1_500.0))), PlimsollError::ExpiryNotFound);
    }
    f.advance(60);
    f.list_series(MARKET, series(0, false, e9(1_500.0))).unwrap();
    f.advance(1);
    expect_error!(f.list_series(MARKET, series(0, true, e9(1_500.0))), PlimsollError::OracleStale);
    f.set_time(START + 7 * DAY - 1);
    f.refresh();
    f.list_series(MARKET, series(0, true, e9(1_500.0))).unwrap();
    f.pass(1);
    expect_error!(f.list_series(MARKET, series(0, false, e9(1_600.0))), PlimsollError::SeriesExpired);
    f.advance(3_600);
    f.settle_expiry(MARKET, 0).unwrap();
    expect_error!(f.list_series(MARKET, series(0, false, e9(1_600.0))), PlimsollError::SeriesExpired);
}

#[test]
fn list_series_ends_at_the_largest_number_of_series() {
    const AT_ONCE: i64 = 32;
    let mut f = fixture();
    for first in (0..i64::from(MAX_SERIES)).step_by(AT_ONCE as usize) {
        let strikes = first..first + AT_ONCE;
        let lists: Vec<Instruction> =
            strikes.map(|number| list(&f, "admin", series(1, false, e9(1_000.0) + number))).collect();
        f.send(&lists, &[&key("admin")]).unwrap();
    }
    assert_eq!(f.market(MARKET).series_used, MAX_SERIES);
    expect_error!(f.list_series(MARKET, series(1, true, e9(1_000.0))), PlimsollError::TooManySeries);
    expect_error!(f.list_series(MARKET, series(1, false, e9(1_000.0) + 511)), PlimsollError::SeriesExists);
}

#[test]
fn list_series_is_the_own_exchanges_admins_alone() {
    let mut f = fixture();
    let args = series(0, false, e9(1_600.0));
    let (other, other_exchange) = second_exchange(&mut f);
    for name in ["guardian", "publisher"] {
        expect_error!(f.send(&[list(&f, name, args)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let mut theirs = list(&f, "other admin", args);
    theirs.accounts[1].pubkey = other_exchange;
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(list(&f, "admin", args))], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(MARKET);
    let mut spoofed = list(&f, "admin", args);
    spoofed.accounts[2].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
}
