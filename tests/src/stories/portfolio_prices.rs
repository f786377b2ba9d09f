//! Portfolio mode when prices and surfaces cannot be trusted: what is refused, what is charged, what goes on.

use crate::fixture::{q40, Events, DAY, HOUR};
use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup, Trader, VolSetup};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;
use plimsoll::health::Purpose;
use plimsoll::instructions::{AccountState, HealthReport};
use plimsoll::state::{MarginAccount, MarginMode};
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::pricing::{price, total_vol, ForwardCurve, OptionKind, Strike};
use plimsoll_risk::units::{Discount, Price, Seconds, Vol};

const ETH: Market = Market(0);

/// A market whose slow price is an hour behind; a writer of two calls in portfolio mode, with so much more than it needs.
fn written(spare: f64) -> (Fixture, Trader, Trader, Contract) {
    let mut market = MarketSetup::default();
    market.oracle.slow_secs = HOUR;
    let mut f = Fixture::new(&Setup::lite().without_fees().with_market(market));
    let maker = f.trader_in("maker", MarginMode::Portfolio, 1_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 5_000.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -2.0, 66.0).unwrap();
    let free = f.check_health(writer).initial_atoms - usd(spare);
    f.withdraw(writer, free as u64).unwrap();
    (f, maker, writer, call)
}

/// MM of a liquidation, and whether one is lawful.
fn breach(f: &Fixture, trader: Trader) -> (i64, bool) {
    let valued = crate::native::value(&f.world(), &f.account(trader), Purpose::Liquidation).unwrap();
    (valued.report.maintenance.raw(), valued.is_liquidatable().unwrap())
}

#[test]
fn while_prices_diverge_new_risk_is_refused_and_the_better_end_of_the_band_decides_on_liquidation() {
    let (mut f, maker, writer, call) = written(40.0);
    f.advance(30);
    // 1 620 ± 2.12·35: the band ends at 1 545.8; the slow price stands at 1 500, 8 % below the index.
    f.set_price_with(ETH, 1_620.0, 35.0).unwrap();
    let seen = f.check_health(writer);
    assert!(!seen.is_calm && seen.state == AccountState::Liquidatable, "{seen:?}");
    assert_eq!(breach(&f, writer), (seen.maintenance_atoms, false));
    expect_error!(f.liquidate(maker, writer), PlimsollError::NotLiquidatable);
    let other = f.trader_in("other", MarginMode::Portfolio, 100_000.0);
    expect_error!(f.trade(other, maker, call, -0.1, 150.0), PlimsollError::PriceDivergence);
    expect_error!(f.withdraw(maker, 1), PlimsollError::PriceDivergence);
    // At the band's end itself, without doubt and divergence, it is above maintenance margin.
    let mut calm = written(40.0);
    calm.0.set_price(ETH, 1_545.8);
    assert!(calm.0.check_health(calm.2).maintenance_atoms > 0);
    // It is the index alone that counts as soon as the slow price has come near.
    let mut waited = 0;
    while !f.check_health(writer).is_calm {
        expect_error!(f.liquidate(maker, writer), PlimsollError::NotLiquidatable);
        f.pass(60);
        waited += 60;
        assert!(waited < 5 * HOUR);
    }
    assert!(waited >= 600, "{waited}");
    let before = f.check_health(writer);
    assert_eq!((before.state, breach(&f, writer)), (AccountState::Liquidatable, (before.maintenance_atoms, true)));
    let told: AccountLiquidated = f.liquidate(maker, writer).unwrap().event();
    assert_eq!(told.maintenance_before_atoms, before.maintenance_atoms);
    f.trade(other, maker, call, -0.1, 150.0).unwrap();
}

#[test]
fn an_account_beyond_the_whole_band_is_liquidated_while_prices_diverge() {
    let (mut f, maker, writer, _) = written(40.0);
    f.advance(30);
    f.set_price_with(ETH, 1_680.0, 30.0).unwrap();
    let seen = f.check_health(writer);
    assert!(!seen.is_calm);
    let told: AccountLiquidated = f.liquidate(maker, writer).unwrap().event();
    assert_eq!(told.maintenance_before_atoms, seen.maintenance_atoms);
}

#[test]
fn the_band_spares_a_writer_of_puts_from_a_fall_in_either_mode() {
    for mode in [MarginMode::Portfolio, MarginMode::Cross] {
        let mut market = MarketSetup::default();
        market.oracle.slow_secs = HOUR;
        let mut f = Fixture::new(&Setup::lite().without_fees().with_market(market));
        let (maker, writer) = (f.trader("maker", 1_000_000.0), f.trader_in("writer", mode, 5_000.0));
        let put = f.put(ETH, 0, 1_500.0);
        f.trade(writer, maker, put, -2.0, 66.0).unwrap();
        f.advance(30);
        let price = 1_380.0;
        f.set_price_with(ETH, price, 35.0).unwrap();
        // What MM asks for at the index, less thirty dollars.
        let mut short = f.account(writer);
        short.cash_atoms -= f.check_health(writer).maintenance_atoms + usd(30.0);
        let valued = |short: &MarginAccount| crate::native::value(&f.world(), short, Purpose::Liquidation).unwrap();
        assert_eq!(valued(&short).report.maintenance.raw(), -usd(30.0));
        assert!(!valued(&short).is_liquidatable().unwrap(), "{mode:?}: 69 dollars of the band are worth more");
        short.cash_atoms -= usd(300.0);
        assert!(valued(&short).is_liquidatable().unwrap(), "{mode:?}");
    }
}

#[test]
fn a_price_without_doubt_has_no_band() {
    let (mut f, maker, writer, _) = written(40.0);
    f.advance(30);
    f.set_price(ETH, 1_620.0);
    assert!(!f.check_health(writer).is_calm);
    assert_eq!(breach(&f, writer), (f.check_health(writer).maintenance_atoms, true));
    f.liquidate(maker, writer).unwrap();
}

/// Value of one option at a spot of 1 500 with this volatility, in USD.
fn worth(kind: OptionKind, strike: u32, vol: f64, seconds: i64) -> f64 {
    let curve = ForwardCurve::new(Price::from_usd(1_500), Discount::ONE).unwrap();
    let total = total_vol(Vol::from_raw(q40(vol)), sqrt_years(Seconds::from_raw(seconds)));
    price(kind, &curve, Strike::new(Price::from_usd(strike)).unwrap(), total).raw() as f64 * 1e-9
}

/// A book of short calls and long puts in one expiry, and its report once its surface is a day and a second old.
fn aged(realised: f64, calls: f64, puts: f64) -> (Fixture, Trader, Trader, HealthReport) {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let (maker, writer) = (f.trader("maker", 1_000_000.0), f.trader_in("writer", MarginMode::Portfolio, 2_000.0));
    let (call, put) = (f.call(ETH, 0, 1_500.0), f.put(ETH, 0, 1_400.0));
    f.trade(writer, maker, put, puts, 27.0).unwrap();
    f.trade(writer, maker, call, -calls, 66.0).unwrap();
    f.write_realised(ETH, realised, 24);
    f.advance(DAY + 1);
    f.update_stable_price().unwrap();
    f.update_price(ETH).unwrap();
    let report = f.check_health(writer);
    (f, maker, writer, report)
}

#[test]
fn stale_surface_marks_an_expiry_at_the_realised_multiple_where_that_is_worse_and_at_the_last_volatility_else() {
    let left = 6 * DAY - 1;
    // 1.5 times realised volatility against 80 % of the surface, for all legs or none.
    for (calls, puts, realised, is_raised) in
        [(2.0, 1.0, 0.9, true), (2.0, 1.0, 0.5, false), (2.0, 1.0, 0.0, false), (1.0, 3.0, 0.9, false)]
    {
        let worth_at = |vol: f64| {
            puts * worth(OptionKind::Put, 1_400, vol, left) - calls * worth(OptionKind::Call, 1_500, vol, left)
        };
        let (last, raised) = (worth_at(0.8), worth_at(f64::max(0.8, 1.5 * realised)));
        assert_eq!(raised < last, is_raised);
        let (.., report) = aged(realised, calls, puts);
        let mark = report.mark_atoms as f64 * 1e-6;
        assert!((mark - last.min(raised)).abs() < 2e-8 * 1_500.0 * 5.0, "{mark}, {last} or {raised}");
        assert!(!report.is_calm);
    }
}

#[test]
fn stale_surface_charges_initial_margin_and_refuses_new_risk_while_the_rest_goes_on() {
    let (mut f, maker, writer, stale) = aged(0.9, 2.0, 3.0);
    let parts = stale.underlyings[0].scenarios.unwrap();
    // Two naked calls: 0.2 % of spot each; and 5 % of the notional of five contracts.
    assert_eq!(parts.im_contingency_atoms, usd(2.0 * 3.0 + 0.05 * 5.0 * 1_500.0));
    assert_eq!(parts.mm_contingency_atoms, usd(2.0 * 4.5));
    let call = f.call(ETH, 0, 1_500.0);
    expect_error!(f.trade(writer, maker, call, -0.1, 66.0), PlimsollError::VolatilityStale);
    expect_error!(f.withdraw(writer, 1), PlimsollError::VolatilityStale);
    f.set_price(ETH, 2_400.0);
    assert_eq!(f.check_health(writer).state, AccountState::Liquidatable);
    // Not by the maker: its book is the other way round, and an old surface may mark it at another volatility.
    let taker = f.trader_in("taker", MarginMode::Portfolio, 100_000.0);
    let told: AccountLiquidated = f.liquidate(taker, writer).unwrap().event();
    assert!(told.maintenance_before_atoms < 0 && told.maintenance_after_atoms >= 0);
    // A new surface ends it.
    f.set_price(ETH, 1_500.0);
    f.publish_vol(ETH, 0, VolSetup::flat(0.8)).unwrap();
    let fresh = f.check_health(writer);
    assert!(fresh.is_calm && fresh.underlyings[0].scenarios.unwrap().im_contingency_atoms < usd(6.0));
}

#[test]
fn silent_stablecoin_feed_stops_new_risk_and_no_liquidation() {
    let (mut f, maker, writer, call) = written(40.0);
    f.advance(10 * HOUR);
    f.set_price(ETH, 1_620.0);
    f.pass(0);
    f.advance(5 * HOUR);
    f.update_price(ETH).unwrap();
    // Five hours without a word from the stablecoin, whose liquidation age is one hour.
    expect_error!(f.trade(writer, maker, call, -0.1, 150.0), PlimsollError::OracleStale);
    expect_error!(f.withdraw(maker, 1), PlimsollError::OracleStale);
    assert_eq!(f.check_health(writer).state, AccountState::Liquidatable);
    f.liquidate(maker, writer).unwrap();
}

#[test]
fn depeg_raises_the_scanned_part_of_initial_margin_by_twice_what_is_missing_to_the_threshold() {
    let (mut f, _, writer, _) = written(500.0);
    let before = f.check_health(writer);
    f.set_stable_price(0.96);
    let after = f.check_health(writer);
    let scan = before.underlyings[0].scenarios.unwrap().min_span_atoms;
    // 2·(0.98 − 0.96)
    assert!((before.initial_atoms - after.initial_atoms - -scan * 4 / 100).abs() <= 3, "{before:?} {after:?}");
    assert_eq!(after.maintenance_atoms, before.maintenance_atoms);
}

/// What a book is asked for before a spike is the least it is asked for in it: puts are not cheap because the index jumped.
#[test]
fn a_spike_lowers_no_initial_margin_of_a_portfolio_account() {
    let mut market = MarketSetup::default();
    (market.oracle.slow_secs, market.oracle.max_divergence_e9) = (HOUR, 200_000_000);
    let mut f = Fixture::new(&Setup::lite().without_fees().with_market(market));
    let (maker, writer) = (f.trader("maker", 1_000_000.0), f.trader_in("writer", MarginMode::Portfolio, 20_000.0));
    let put = f.put(ETH, 0, 1_500.0);
    f.trade(writer, maker, put, -10.0, 66.0).unwrap();
    let before = f.check_health(writer);
    f.set_price(ETH, 1_650.0);
    let spike = f.check_health(writer);
    assert!(spike.is_calm && spike.maintenance_atoms > before.maintenance_atoms);
    assert_eq!(spike.initial_atoms, before.initial_atoms);
    // The loss of mark alone would have asked for hundreds less.
    let parts = spike.underlyings[0].scenarios.unwrap();
    let by_gap = spike.equity_atoms + parts.min_span_atoms + parts.gap_atoms
        - parts.mm_contingency_atoms
        - parts.im_contingency_atoms;
    assert!(by_gap > spike.initial_atoms + usd(200.0), "{by_gap} {}", spike.initial_atoms);
}
