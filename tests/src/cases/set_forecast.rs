//! `set_forecast`.

use super::kit::{empty, forged, unsigned};
use crate::fixture::{key, Events, DAY, HOUR};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::ForecastSet;
use plimsoll::state::Forecast;
use plimsoll_risk::units::Ratio;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const MARKET: Market = Market(0);

/// Factors up to 3 in steps of a half each hour, for a week at most.
fn fixture() -> Fixture {
    let market = MarketSetup { expiries: vec![], ..MarketSetup::default() };
    Fixture::new(&Setup { markets: vec![market], ..empty() })
}

fn factor(f: &Fixture) -> Ratio {
    f.market(MARKET).forecast(f.now())
}

#[test]
fn set_forecast_raises_the_factor_until_it_expires() {
    let mut f = fixture();
    assert_eq!(factor(&f), Ratio::ONE);
    let (start, event): (i64, ForecastSet) = (f.now(), f.set_forecast(MARKET, 1.25, 2 * HOUR).unwrap().event());
    assert_eq!((event.underlying, event.factor_e9), (f.market_key(MARKET), 1_250_000_000));
    assert_eq!(event.expires_at, start + 2 * HOUR);
    let expected = Forecast { factor_e9: 1_250_000_000, expires_at: start + 2 * HOUR, set_at: start };
    assert_eq!(f.market(MARKET).forecast, expected);
    f.advance(2 * HOUR - 1);
    assert_eq!(factor(&f), Ratio::from_millionths(1_250_000));
    f.advance(1);
    assert_eq!(factor(&f), Ratio::ONE);
}

#[test]
fn set_forecast_keeps_the_factor_and_its_life_inside_their_bounds() {
    let mut f = fixture();
    for factor in [0.999_999_999, 0.0, -1.0, 3.000_000_001] {
        expect_error!(f.set_forecast(MARKET, factor, HOUR), PlimsollError::ForecastOutOfBounds);
    }
    for lifetime in [0, -1, 7 * DAY + 1, i64::MAX, i64::MIN] {
        expect_error!(f.set_forecast(MARKET, 1.1, lifetime), PlimsollError::ForecastOutOfBounds);
    }
    for factor_e9 in [i64::MIN, i64::MAX] {
        let set = f.set_forecast_instruction(MARKET, factor_e9, HOUR);
        expect_error!(f.send(&[set], &[&key("forecaster")]), PlimsollError::ForecastOutOfBounds);
    }
    f.set_forecast(MARKET, 1.0, 1).unwrap();
    for step in 1..=4 {
        f.advance(HOUR);
        f.set_forecast(MARKET, 1.0 + 0.5 * f64::from(step), 7 * DAY).unwrap();
    }
    assert_eq!(factor(&f), Ratio::from_millionths(3_000_000));
}

#[test]
fn set_forecast_moves_in_steps_and_not_too_often() {
    let mut f = fixture();
    expect_error!(f.set_forecast(MARKET, 1.500_000_001, DAY), PlimsollError::ForecastTooFast);
    f.set_forecast(MARKET, 1.5, DAY).unwrap();
    f.advance(HOUR - 1);
    for factor in [1.5, 1.6, 1.4] {
        expect_error!(f.set_forecast(MARKET, factor, DAY), PlimsollError::ForecastTooFast);
    }
    f.advance(1);
    expect_error!(f.set_forecast(MARKET, 2.000_000_001, DAY), PlimsollError::ForecastTooFast);
    f.set_forecast(MARKET, 2.0, DAY).unwrap();
    f.advance(HOUR);
    // Down is no faster than up.
    expect_error!(f.set_forecast(MARKET, 1.499_999_999, DAY), PlimsollError::ForecastTooFast);
    f.set_forecast(MARKET, 1.5, HOUR).unwrap();
    // Once it has expired, steps are counted from one again.
    f.advance(HOUR);
    expect_error!(f.set_forecast(MARKET, 1.6, DAY), PlimsollError::ForecastTooFast);
    f.set_forecast(MARKET, 1.4, DAY).unwrap();
}

#[test]
fn set_forecast_is_the_forecast_authoritys_alone() {
    let mut f = fixture();
    for name in ["admin", "guardian", "publisher"] {
        let mut set = f.set_forecast_instruction(MARKET, 1_100_000_000, HOUR);
        set.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[set], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let set = f.set_forecast_instruction(MARKET, 1_100_000_000, HOUR);
    expect_error!(f.send(&[unsigned(set.clone())], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(MARKET);
    let mut spoofed = set;
    spoofed.accounts[1].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("forecaster")]), ErrorCode::AccountOwnedByWrongProgram);
    f.edit_market(MARKET, |state| state.forecast_authority = Pubkey::default());
    expect_error!(f.set_forecast(MARKET, 1.1, HOUR), PlimsollError::Unauthorized);
    f.edit_market(MARKET, |state| state.version = 2);
    expect_error!(f.set_forecast(MARKET, 1.1, HOUR), PlimsollError::WrongVersion);
}
