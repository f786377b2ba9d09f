//! Greeks of `check_health`, per underlying and in total, against finite differences of the reported mark.

use crate::fixture::{ExpirySetup, DAY, HOUR};
use crate::{Fixture, Market, MarketSetup, Setup, Trader, VolSetup};
use plimsoll::instructions::{GreeksReport, HealthReport};
use plimsoll::state::MarginMode;

const VOL: VolSetup =
    VolSetup { a: 0.64, b: 0.0, rho: 0.0, m: 0.0, s: 0.1, forward_ratio: 1.02, rate: 0.08, confidence: 1.0 };

/// A strangle in one market and a bought put in another, forwards above spot, at a rate of 8 %.
fn book(mode: MarginMode) -> (Fixture, Trader) {
    let expiries = [14, 45].map(|days| ExpirySetup { vol: VOL, ..ExpirySetup::after(days * DAY) });
    let market = |symbol, price| MarketSetup { expiries: expiries.to_vec(), ..MarketSetup::new(symbol, price) };
    let markets = vec![market("ETH", 1_500.0), market("BTC", 60_000.0)];
    let mut f = Fixture::new(&Setup { markets, ..Setup::lite().without_fees() });
    let (maker, trader) = (f.trader("maker", 10_000_000.0), f.trader_in("trader", mode, 1_000_000.0));
    let legs = [
        (f.call(Market(0), 0, 1_600.0), -40.0, 60.0),
        (f.put(Market(0), 1, 1_300.0), -10.0, 60.0),
        (f.put(Market(1), 0, 58_000.0), 2.0, 3_000.0),
    ];
    for (contract, size, price) in legs {
        f.trade(trader, maker, contract, size, price).unwrap();
    }
    (f, trader)
}

fn marks(report: &HealthReport) -> [f64; 2] {
    [0, 1].map(|slot| report.underlyings[slot].mark_atoms as f64)
}

/// The mark of each underlying after a change, on a chain of its own.
fn marks_after(mode: MarginMode, change: impl Fn(&mut Fixture, Market)) -> [f64; 2] {
    let (mut f, trader) = book(mode);
    [Market(0), Market(1)].into_iter().for_each(|market| change(&mut f, market));
    marks(&f.check_health(trader))
}

fn central(mode: MarginMode, step: f64, change: impl Fn(&mut Fixture, Market, f64)) -> [f64; 2] {
    let [up, down] = [step, -step].map(|step| marks_after(mode, |f, market| change(f, market, step)));
    [0, 1].map(|slot| (up[slot] - down[slot]) / (2.0 * step))
}

fn bump_price(f: &mut Fixture, market: Market, step: f64) {
    let price = [1_500.0, 60_000.0][market.0];
    f.set_price(market, price * (1.0 + step));
}

fn republish(f: &mut Fixture, market: Market, change: impl Fn(&mut VolSetup)) {
    for expiry in 0..2 {
        let mut vol = VOL;
        change(&mut vol);
        f.publish_vol(market, expiry, vol).unwrap();
    }
}

fn assert_all_near(name: &str, reported: [i64; 2], measured: [f64; 2]) {
    for (slot, (reported, measured)) in reported.into_iter().zip(measured).enumerate() {
        let away = (reported as f64 - measured).abs() / measured.abs();
        assert!(measured != 0.0 && away < 1e-3, "{name} of slot {slot}: {reported}, measured {measured}");
    }
}

fn check(mode: MarginMode) {
    let (mut f, trader) = book(mode);
    let report = f.check_health(trader);
    let here = marks(&report);
    let of = |greek: fn(&GreeksReport) -> i64| [0, 1].map(|slot| greek(&report.underlyings[slot].greeks));
    assert_all_near("delta", of(|g| g.delta_atoms), central(mode, 0.002, bump_price));
    let [up, down] = [0.005, -0.005].map(|step| marks_after(mode, |f, market| bump_price(f, market, step)));
    let gamma = [0, 1].map(|slot| (up[slot] - 2.0 * here[slot] + down[slot]) / (0.005 * 0.005));
    assert_all_near("gamma", of(|g| g.gamma_atoms), gamma);
    let bump_vol = |f: &mut Fixture, market: Market, step: f64| {
        republish(f, market, |vol| vol.a = (0.8 + step) * (0.8 + step));
    };
    assert_all_near("vega", of(|g| g.vega_atoms), central(mode, 0.005, bump_vol));
    // A higher rate discounts the same forward further.
    let bump_rate = |f: &mut Fixture, market: Market, step: f64| republish(f, market, |vol| vol.rate = 0.08 + step);
    assert_all_near("rho", of(|g| g.rho_atoms), central(mode, 0.04, bump_rate));
    // The slope at now, from two and four hours later: (4·f(h) − f(2h) − 3·f(0))/2h.
    let later = |hours: i64| {
        marks_after(mode, |f, market| {
            if market == Market(0) {
                f.pass(hours * HOUR);
            }
        })
    };
    let (two, four) = (later(2), later(4));
    let theta = [0, 1].map(|slot| (4.0 * two[slot] - four[slot] - 3.0 * here[slot]) * 6.0);
    assert_all_near("theta", of(|g| g.theta_atoms), theta);
    let total = |greek: fn(&GreeksReport) -> i64| (greek(&report.greeks), of(greek).iter().sum::<i64>());
    for (name, (total, sum)) in [
        ("delta", total(|g| g.delta_atoms)),
        ("gamma", total(|g| g.gamma_atoms)),
        ("vega", total(|g| g.vega_atoms)),
        ("theta", total(|g| g.theta_atoms)),
        ("rho", total(|g| g.rho_atoms)),
    ] {
        assert!((total - sum).abs() <= 2, "{name}: {total} is not {sum}");
    }
}

#[test]
fn greeks_of_a_portfolio_account_are_the_slopes_of_its_mark() {
    check(MarginMode::Portfolio);
}

#[test]
fn greeks_of_a_cross_account_are_the_slopes_of_its_mark() {
    check(MarginMode::Cross);
}

#[test]
fn greeks_are_the_same_in_every_mode_and_vanish_without_positions() {
    let greeks = [MarginMode::Portfolio, MarginMode::Cross].map(|mode| {
        let (mut f, trader) = book(mode);
        f.check_health(trader).greeks
    });
    let close = |a: i64, b: i64| (a - b).abs() as f64 <= 1e-6 * (a.abs() as f64) + 2.0;
    let [a, b] = greeks;
    assert!(close(a.delta_atoms, b.delta_atoms) && close(a.gamma_atoms, b.gamma_atoms), "{a:?} {b:?}");
    assert!(close(a.vega_atoms, b.vega_atoms) && close(a.theta_atoms, b.theta_atoms), "{a:?} {b:?}");
    assert!(close(a.rho_atoms, b.rho_atoms), "{a:?} {b:?}");
    let mut f = Fixture::new(&Setup::lite());
    let idle = f.trader_in("idle", MarginMode::Portfolio, 100.0);
    let report = f.check_health(idle);
    assert_eq!((report.greeks, report.underlyings), (GreeksReport::default(), vec![]));
}
