//! Margins bounded by risk arrays while a market lives: inside the band, outside it, after every change of what they were
//! computed with.

use crate::fixture::{instruction, key, ExpirySetup, DAY, HOUR, MINUTE};
use crate::{expect_error, Contract, Fixture, Market, MarketSetup, Setup, Trader, VolSetup};
use plimsoll::errors::PlimsollError;
use plimsoll::health::ArrayUse;
use plimsoll::instruction as data;
use plimsoll::state::MarginMode;
use plimsoll_risk::margin::portfolio::P2T_SCENARIOS;
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::units::{Ratio, Value};
use solana_signer::Signer;

pub(super) const ETH: Market = Market(0);

/// A market with a smile and two expiries; a book of shorts and longs over both, with fresh arrays.
pub(super) fn world() -> (Fixture, Trader, Trader, Vec<Contract>) {
    let smile = VolSetup { a: 0.3, b: 0.5, rho: -0.4, m: 0.02, s: 0.15, ..VolSetup::flat(0.0) };
    let expiries = [7, 30].map(|days| ExpirySetup { vol: smile, ..ExpirySetup::after(days * DAY) });
    let market = MarketSetup { expiries: expiries.to_vec(), ..MarketSetup::default() };
    let mut f = Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().without_fees().with_market(market) });
    let maker = f.trader_in("maker", MarginMode::Portfolio, 1_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 20_000.0);
    let mut legs = vec![];
    for (number, strike) in [1_300.0, 1_450.0, 1_500.0, 1_560.0, 1_700.0].into_iter().enumerate() {
        for expiry in [0, 1] {
            let leg = if number % 2 == 0 { f.call(ETH, expiry, strike) } else { f.put(ETH, expiry, strike) };
            let size = if (number + expiry as usize).is_multiple_of(3) { 2.0 } else { -1.5 };
            f.trade(writer, maker, leg, size, 80.0).unwrap();
            legs.push(leg);
        }
    }
    f.create_cache(ETH).unwrap();
    f.refresh_arrays(ETH);
    (f, writer, maker, legs)
}

pub(super) fn only_use(f: &mut Fixture, trader: Trader) -> ArrayUse {
    let uses = f.array_uses(trader);
    assert_eq!(uses.len(), 1, "{uses:?}");
    uses[0]
}

#[test]
fn inside_the_band_bounds_stay_below_and_near_and_outside_it_the_valuation_is_in_full() {
    let (mut f, writer, ..) = world();
    // S·Σ|q|: two longs or one and a half shorts in ten series.
    let gross: f64 = f.account(writer).positions().iter().map(|p| p.size_e6.abs() as f64).sum();
    for (step, price) in [1_500.0, 1_501.0, 1_507.5, 1_519.0, 1_493.0, 1_480.0].into_iter().enumerate() {
        f.pass(10);
        f.set_price(ETH, price);
        let (bound, full) = (f.check_margin(writer), f.check_health(writer));
        assert!(bound.is_bound, "at {price}: {bound:?}");
        let moved = (price / 1_500.0f64).ln().abs();
        // What the docs state, in atoms; the first is the rounding and a few seconds.
        let most = (3.5 * moved + 1e-4) * price * gross;
        let apart = (full.initial_atoms - bound.initial_atoms) as f64;
        assert!(apart <= most, "step {step} at {price}: {apart} beyond {most}");
        assert!(((full.maintenance_atoms - bound.maintenance_atoms) as f64) <= most);
    }
    for price in [1_524.0, 1_476.0] {
        f.set_price(ETH, price);
        assert_eq!(only_use(&mut f, writer), ArrayUse::PriceMoved, "at {price}");
    }
    // Back inside they serve again, until they are old.
    f.set_price(ETH, 1_500.0);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
    f.pass(5 * MINUTE);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Old);
    f.refresh_arrays(ETH);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
}

#[test]
fn a_price_range_too_wide_for_a_charge_is_scanned_in_full() {
    let (mut f, writer, ..) = world();
    f.set_price_with(ETH, 1_500.0, 10.0).unwrap();
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used, "2.12·10 of 1,500 is 1.4 %");
    f.set_price_with(ETH, 1_500.0, 20.0).unwrap();
    assert_eq!(only_use(&mut f, writer), ArrayUse::PriceRange, "2.8 %");
}

#[test]
fn every_change_of_what_arrays_were_computed_with_outdates_them() {
    let (mut f, writer, ..) = world();
    let mut outdates = |name: &str, change: &dyn Fn(&mut Fixture), expected: ArrayUse| {
        f.refresh_arrays(ETH);
        assert_eq!(only_use(&mut f, writer), ArrayUse::Used, "before {name}");
        change(&mut f);
        assert_eq!(only_use(&mut f, writer), expected, "{name}");
        f.advance(1);
    };
    let other = VolSetup { a: 0.31, b: 0.5, rho: -0.4, m: 0.02, s: 0.15, ..VolSetup::flat(0.0) };
    outdates("another surface", &|f| drop(f.publish_vol(ETH, 1, other).unwrap()), ArrayUse::Outdated);
    let grid = &P2T_SCENARIOS[..20];
    outdates("another grid", &|f| drop(f.set_scenarios(ETH, grid).unwrap()), ArrayUse::Outdated);
    let params = PortfolioParams { basis_up: Ratio::from_millionths(1_060_000), ..PortfolioParams::P2T };
    outdates("other parameters", &|f| drop(f.set_portfolio_params(ETH, &params).unwrap()), ArrayUse::Outdated);
    let limits = MarketSetup::default().params;
    outdates("other limits", &|f| drop(f.set_params(ETH, limits).unwrap()), ArrayUse::Outdated);
    // A listing changes nothing that is in use; the forecast is part of the bound.
    f.refresh_arrays(ETH);
    f.call(ETH, 0, 1_650.0);
    f.set_forecast(ETH, 1.1, 3_600).unwrap();
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
}

/// Slot of an expiry, and a series of it, that had arrays and were removed after settlement.
pub(super) fn expiry_that_is_gone(f: &mut Fixture) -> (u8, Contract) {
    let slot = f.add_expiry(ETH, &ExpirySetup { vol: VolSetup::flat(0.6), ..ExpirySetup::after(2 * DAY) });
    let old = f.call(ETH, slot, 1_500.0);
    f.refresh_arrays(ETH);
    f.set_time(f.start() + 2 * DAY + 2 * HOUR);
    f.refresh();
    f.settle_expiry(ETH, slot).unwrap();
    f.remove_expiry(ETH, slot).unwrap();
    (slot, old)
}

#[test]
fn a_slot_that_is_used_again_has_no_array_of_its_predecessor() {
    let (mut f, ..) = world();
    let (buyer, seller) =
        (f.trader_in("buyer", MarginMode::Portfolio, 9_000.0), f.trader_in("seller", MarginMode::Portfolio, 9_000.0));
    let (slot, old) = expiry_that_is_gone(&mut f);
    let again = f.add_expiry(ETH, &ExpirySetup { vol: VolSetup::flat(0.6), ..ExpirySetup::after(5 * DAY) });
    let new = f.put(ETH, again, 1_500.0);
    assert_eq!((again, new.series), (slot, old.series), "the same slots");
    f.trade(seller, buyer, new, -1.0, 60.0).unwrap();
    assert_eq!(only_use(&mut f, seller), ArrayUse::Outdated);
    // Refreshed without this series, the expiry is there and the series is not.
    let second = f.call(ETH, again, 1_550.0);
    f.refresh_series(ETH, again, &[second.series]).unwrap();
    assert_eq!(only_use(&mut f, seller), ArrayUse::NoArray);
    f.refresh_arrays(ETH);
    assert_eq!(only_use(&mut f, seller), ArrayUse::Used);
}

#[test]
fn inside_the_settlement_window_the_valuation_is_in_full() {
    let (mut f, writer, ..) = world();
    f.set_time(f.start() + 7 * DAY - 31 * MINUTE);
    f.refresh();
    f.refresh_arrays(ETH);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
    // The window opens, and a first piece of its average is fixed.
    (0..3).for_each(|_| f.pass(50));
    assert_eq!(only_use(&mut f, writer), ArrayUse::SettlementWindow);
}

#[test]
fn charges_that_need_greeks_or_history_are_valued_in_full() {
    let (mut f, writer, ..) = world();
    let deep = PortfolioParams { depth: Value::from_usd(1_000_000), ..PortfolioParams::P2T };
    f.set_portfolio_params(ETH, &deep).unwrap();
    f.refresh_arrays(ETH);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Greeks);
}

#[test]
fn withdrawals_and_trades_pass_by_the_bound_and_are_never_refused_by_it() {
    let (mut f, writer, maker, legs) = world();
    f.pass(20);
    f.set_price(ETH, 1_510.0);
    f.withdraw_with_caches(writer, 1).unwrap();
    f.trade_with_caches((writer, maker), legs[3], -0.1, 90.0).unwrap();
    // What the bound does not allow and the full valuation does, passes: all that is free, to the atom.
    let (bound, full) = (f.check_margin(writer).initial_atoms, f.check_health(writer).initial_atoms);
    assert!(bound < full);
    expect_error!(f.withdraw_with_caches(writer, full as u64 + 1), PlimsollError::InitialMargin);
    f.withdraw_with_caches(writer, full as u64).unwrap();
    assert_eq!(f.check_health(writer).initial_atoms, 0);
    expect_error!(f.trade_with_caches((writer, maker), legs[3], -0.1, 90.0), PlimsollError::InitialMargin);
}

#[test]
fn a_pause_holds_with_caches_as_without() {
    let (mut f, writer, maker, legs) = world();
    let pause = plimsoll::accounts::Pause { guardian: key("guardian").pubkey(), exchange: f.exchange };
    let pause = instruction(pause, data::Pause { bits: 4, seconds: 600 }, &[]);
    f.send(&[pause], &[&key("guardian")]).unwrap();
    expect_error!(f.trade_with_caches((writer, maker), legs[3], -0.1, 90.0), PlimsollError::Paused);
}
