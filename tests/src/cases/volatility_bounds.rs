//! `update_volatility`: who may publish, how far from realised volatility, and arbitrage within and between surfaces.

use crate::chain::Receipt;
use crate::fixture::{instruction, key, q40, DAY};
use crate::{expect_error, ExpirySetup, Failure, Fixture, Market, MarketSetup, Setup, VolSetup};
use plimsoll::errors::PlimsollError;
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::units::Ratio;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const MARKET: Market = Market(0);
const ONE: i64 = 1 << 40;

/// Expiries after one, two and four weeks, flat at 80 %: slots 0, 1 and 2.
fn fixture() -> Fixture {
    let expiries = [7, 14, 28].map(|days| ExpirySetup::after(days * DAY)).to_vec();
    Fixture::new(&Setup {
        collaterals: vec![],
        ..Setup::default().with_market(MarketSetup { expiries, ..MarketSetup::default() })
    })
}

fn flat(f: &mut Fixture, expiry: u8, vol: f64) -> Result<Receipt, Failure> {
    f.publish_vol(MARKET, expiry, VolSetup::flat(vol))
}

fn set_publishers(f: &mut Fixture, names: &[&str]) {
    let publishers: Vec<Pubkey> = names.iter().map(|name| key(name).pubkey()).collect();
    let set =
        data::SetUnderlying { params: f.market(MARKET).params, publishers, forecast_authority: Pubkey::default() };
    f.send(&[instruction(f.set_underlying_accounts(MARKET), set, &[])], &[&key("admin")]).unwrap();
}

fn publish_as(f: &mut Fixture, name: &str) -> Result<Receipt, Failure> {
    let accounts = accounts::UpdateVolatility { publisher: key(name).pubkey(), underlying: f.market_key(MARKET) };
    let update = data::UpdateVolatility { args: VolSetup::flat(0.8).args(1) };
    f.send(&[instruction(accounts, update, &[])], &[&key(name)])
}

#[test]
fn each_of_four_publishers_may_publish_until_it_is_removed() {
    let mut f = fixture();
    let names = ["north", "east", "south", "west"];
    set_publishers(&mut f, &names);
    for name in names {
        f.advance(1);
        publish_as(&mut f, name).unwrap();
        assert_eq!(f.market(MARKET).expiries[1].vol_updated_at, f.now());
    }
    expect_error!(publish_as(&mut f, "publisher"), PlimsollError::Unauthorized);
    set_publishers(&mut f, &["west"]);
    for name in ["north", "east", "south"] {
        expect_error!(publish_as(&mut f, name), PlimsollError::Unauthorized);
    }
    publish_as(&mut f, "west").unwrap();
    set_publishers(&mut f, &[]);
    expect_error!(publish_as(&mut f, "west"), PlimsollError::Unauthorized);
}

#[test]
fn update_volatility_stores_the_publishers_confidence() {
    let mut f = fixture();
    assert_eq!(f.market(MARKET).expiries[1].confidence(), Ratio::ONE);
    for confidence in [0.0, 0.95, 1.0] {
        f.publish_vol(MARKET, 1, VolSetup { confidence, ..VolSetup::flat(0.8) }).unwrap();
        let stored = f.market(MARKET).expiries[1].confidence();
        assert_eq!(stored, Ratio::from_millionths((confidence * 1e6) as i32));
    }
    for confidence in [-1e-9, 1.000_000_001] {
        let published = f.publish_vol(MARKET, 1, VolSetup { confidence, ..VolSetup::flat(0.8) });
        expect_error!(published, PlimsollError::VolatilityOutOfBounds);
    }
}

#[test]
fn update_volatility_stays_near_realised_volatility_once_that_is_measured() {
    let mut f = fixture();
    // Between a quarter of it and four times it. Only the last expiry is free to rise, only the first to fall.
    f.write_realised(MARKET, 0.8, 23);
    flat(&mut f, 0, 0.19).unwrap();
    flat(&mut f, 2, 3.3).unwrap();
    f.write_realised(MARKET, 0.8, 24);
    expect_error!(flat(&mut f, 0, 0.1999), PlimsollError::VolatilityOffRealised);
    expect_error!(flat(&mut f, 2, 3.2001), PlimsollError::VolatilityOffRealised);
    flat(&mut f, 0, 0.2001).unwrap();
    flat(&mut f, 2, 3.1999).unwrap();
    // Anywhere on the smile: 78 % at the forward, 19 % right of it.
    let skewed = VolSetup { a: -0.01, b: 3.0, rho: -0.95, m: 0.1, s: 0.05, ..VolSetup::flat(0.8) };
    expect_error!(f.publish_vol(MARKET, 1, skewed), PlimsollError::VolatilityOffRealised);
    // A multiple of zero is no bound; the underlying's own bounds come first.
    let mut params = f.market(MARKET).params;
    params.volatility.realised_low_e9 = 0;
    f.set_params(MARKET, params).unwrap();
    flat(&mut f, 0, 0.06).unwrap();
    expect_error!(flat(&mut f, 0, 0.04), PlimsollError::VolatilityOutOfBounds);
    params.volatility.realised_high_e9 = 1_000_000_000;
    f.set_params(MARKET, params).unwrap();
    expect_error!(flat(&mut f, 2, 0.8001), PlimsollError::VolatilityOffRealised);
    flat(&mut f, 2, 0.7999).unwrap();
}

#[test]
fn total_variance_may_not_fall_from_one_expiry_to_the_next() {
    let mut f = fixture();
    // 0.8² for one week against two: up to 1.1313 in the first, down to 0.5657 in the second.
    let root = 2f64.sqrt();
    expect_error!(flat(&mut f, 0, 0.8 * root + 1e-6), PlimsollError::CalendarArbitrage);
    expect_error!(flat(&mut f, 1, 0.8 / root - 1e-6), PlimsollError::CalendarArbitrage);
    expect_error!(flat(&mut f, 1, 0.8 * root + 1e-6), PlimsollError::CalendarArbitrage);
    expect_error!(flat(&mut f, 2, 0.8 / root - 1e-6), PlimsollError::CalendarArbitrage);
    flat(&mut f, 1, 0.8 * root - 1e-6).unwrap();
    flat(&mut f, 1, 0.8 / root + 1e-6).unwrap();
    // Equal total variance is lawful: 0.64·2 weeks = 0.32·4 weeks, in raw numbers to the unit.
    let exact = |vols: i64| VolSetup { a: vols as f64 / ONE as f64, ..VolSetup::flat(0.0) };
    f.publish_vol(MARKET, 1, exact(704_374_636_544)).unwrap();
    f.publish_vol(MARKET, 2, exact(352_187_318_272)).unwrap();
    expect_error!(f.publish_vol(MARKET, 2, exact(352_187_318_271)), PlimsollError::CalendarArbitrage);
}

#[test]
fn a_rise_is_published_from_the_last_expiry_on_and_a_fall_from_the_first() {
    let mut f = fixture();
    expect_error!(flat(&mut f, 0, 2.4), PlimsollError::CalendarArbitrage);
    for slot in [2, 1, 0] {
        flat(&mut f, slot, 2.4).unwrap();
    }
    expect_error!(flat(&mut f, 2, 0.8), PlimsollError::CalendarArbitrage);
    for slot in [0, 1, 2] {
        flat(&mut f, slot, 0.8).unwrap();
    }
}

#[test]
fn expiries_that_are_old_bare_or_over_bind_no_neighbour() {
    let mut f = fixture();
    // Listed in between without a surface, and far beyond: nothing to compare with.
    f.list_bare_expiry(MARKET, f.start() + 10 * DAY).unwrap();
    f.list_bare_expiry(MARKET, f.start() + 60 * DAY).unwrap();
    flat(&mut f, 2, 4.0).unwrap();
    flat(&mut f, 2, 0.8).unwrap();
    // Past a bare expiry the next one counts.
    expect_error!(flat(&mut f, 0, 1.2), PlimsollError::CalendarArbitrage);
    // Slot 1 grows old: slot 0 is compared with slot 2, which is kept fresh.
    f.advance(DAY - 1);
    flat(&mut f, 2, 0.8).unwrap();
    f.advance(1);
    expect_error!(flat(&mut f, 0, 1.2), PlimsollError::CalendarArbitrage);
    f.advance(1);
    flat(&mut f, 0, 1.2).unwrap();
    expect_error!(flat(&mut f, 0, 2.0), PlimsollError::CalendarArbitrage);
    // An expiry that has passed binds nobody.
    flat(&mut f, 0, 1.2).unwrap();
    f.set_time(f.start() + 7 * DAY);
    flat(&mut f, 1, 0.06).unwrap();
}

#[test]
fn a_smile_that_admits_a_butterfly_is_refused() {
    let mut f = fixture();
    // Inside every other bound: 30 % at the bottom, 190 % at the end of the right wing, slope in total variance 0.66.
    let smile = |b| VolSetup { a: 0.05, b, rho: 0.9, m: 0.0, s: 0.02, ..VolSetup::flat(0.0) };
    expect_error!(f.publish_vol(MARKET, 2, smile(4.5)), PlimsollError::VolatilityOutOfBounds);
    let narrow = VolSetup { a: 0.5, b: 0.4, rho: -0.3, m: 0.05, s: 0.001, ..VolSetup::flat(0.0) };
    f.publish_vol(MARKET, 2, narrow).unwrap();
    assert_eq!(f.market(MARKET).expiries[2].svi.b_q40, q40(0.4));
}
