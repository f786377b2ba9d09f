//! Portfolio mode: what hedges need, how a book is liquidated by either mode, and whom its parameters concern.

use crate::fixture::{Events, ExpirySetup, OracleSetup, DAY, TAKE_ALL};
use crate::{expect_error, usd, CollateralSetup, Contract, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;
use plimsoll::instructions::{AccountState, HealthReport, LiquidateArgs};
use plimsoll::state::MarginMode;
use plimsoll_risk::margin::portfolio::{Scenario, VolDirection};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::units::Ratio;

const ETH: Market = Market(0);
/// Ether as collateral: it moves with the scenarios of its options.
const COVER: Token = Token(0);
const ONE_ETHER: u64 = 1_000_000_000;

/// Everything a desk needs: a market maker with plenty, and ether as collateral.
fn desk() -> (Fixture, Trader) {
    let mut f = Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().without_fees() });
    let underlying = f.market_key(ETH);
    f.add_collateral(&CollateralSetup {
        symbol: "WETH",
        oracle: OracleSetup::at(1_500.0),
        underlying,
        ..CollateralSetup::default()
    });
    let maker = f.trader("maker", 10_000_000.0);
    (f, maker)
}

/// E − IM and E − MM.
fn required(report: &HealthReport) -> (i64, i64) {
    (report.equity_atoms - report.initial_atoms, report.equity_atoms - report.maintenance_atoms)
}

/// What the same deals need in portfolio and in cross mode. Sales come last, so that no leg is naked on the way.
fn compared(ether: u64, deals: impl Fn(&mut Fixture) -> Vec<(Contract, f64, f64)>) -> [(i64, i64); 2] {
    let (mut f, maker) = desk();
    [("portfolio", MarginMode::Portfolio), ("cross", MarginMode::Cross)].map(|(name, mode)| {
        let trader = f.trader_in(name, mode, 20_000.0);
        if ether > 0 {
            f.deposit_token(trader, COVER, ether * ONE_ETHER).unwrap();
        }
        for (contract, size, price) in deals(&mut f) {
            f.trade(trader, maker, contract, size, price).unwrap();
        }
        required(&f.check_health(trader))
    })
}

fn condor(f: &mut Fixture) -> Vec<(Contract, f64, f64)> {
    vec![
        (f.put(ETH, 0, 1_300.0), 10.0, 9.0),
        (f.call(ETH, 0, 1_700.0), 10.0, 14.0),
        (f.put(ETH, 0, 1_400.0), -10.0, 27.0),
        (f.call(ETH, 0, 1_600.0), -10.0, 30.0),
    ]
}

#[test]
fn hedged_books_need_less_than_in_cross_mode() {
    let [portfolio, cross] = compared(0, condor);
    assert!(portfolio.0 < cross.0 && portfolio.1 < cross.1, "condor: {portfolio:?} {cross:?}");
    let calendar = |f: &mut Fixture| vec![(f.call(ETH, 1, 1_500.0), 1.0, 136.0), (f.call(ETH, 0, 1_500.0), -1.0, 66.0)];
    let [portfolio, cross] = compared(0, calendar);
    assert!(2 * portfolio.0 < cross.0 && portfolio.1 < cross.1, "calendar: {portfolio:?} {cross:?}");
    // A call deep in the money is nearly a sale of its cover: in cross mode it is charged as if there were none.
    let covered = |f: &mut Fixture| vec![(f.call(ETH, 0, 1_200.0), -1.0, 303.0)];
    let [portfolio, cross] = compared(1, covered);
    assert!(portfolio.0 < cross.0 && portfolio.1 < cross.1, "covered: {portfolio:?} {cross:?}");
}

#[test]
fn naked_shorts_need_at_least_as_much_as_in_cross_mode() {
    let call = |f: &mut Fixture| vec![(f.call(ETH, 0, 1_500.0), -1.0, 66.0)];
    let put = |f: &mut Fixture| vec![(f.put(ETH, 0, 1_500.0), -1.0, 66.0)];
    for [portfolio, cross] in [compared(0, call), compared(0, put)] {
        assert!(portfolio.0 >= cross.0 && portfolio.1 >= cross.1, "{portfolio:?} {cross:?}");
    }
}

/// A condor whose writer has little more than it needs, and the legs.
fn lean_condor(f: &mut Fixture, maker: Trader) -> (Trader, Vec<(Contract, f64, f64)>) {
    let writer = f.trader_in("writer", MarginMode::Portfolio, 1_000.0);
    let legs = condor(f);
    for (contract, size, price) in &legs {
        f.trade(writer, maker, *contract, *size, *price).unwrap();
    }
    let spare = f.check_health(writer).initial_atoms;
    assert!(spare > 0);
    f.withdraw(writer, spare as u64).unwrap();
    expect_error!(f.withdraw(writer, usd(1.0) as u64), PlimsollError::InitialMargin);
    (writer, legs)
}

#[test]
fn condor_is_liquidated_by_an_account_in_either_mode() {
    let (mut f, maker) = desk();
    let (writer, legs) = lean_condor(&mut f, maker);
    let portfolio = f.trader_in("portfolio", MarginMode::Portfolio, 50_000.0);
    let cross = f.trader("cross", 50_000.0);
    let mut price = 1_500.0;
    while f.check_health(writer).state != AccountState::Liquidatable {
        assert!(price < 1_700.0, "the price went to {price} without effect");
        for liquidator in [portfolio, cross] {
            expect_error!(f.liquidate(liquidator, writer), PlimsollError::NotLiquidatable);
        }
        price += 4.0;
        f.set_price(ETH, price);
    }
    f.set_price(ETH, price + 12.0);
    for (liquidator, max_fraction_e9) in [(portfolio, 20_000_000), (cross, 1_000_000_000)] {
        let (before, size) = (f.check_health(writer), f.position(writer, legs[3].0));
        let equity = f.check_health(liquidator).equity_atoms;
        let args = LiquidateArgs { max_fraction_e9, ..TAKE_ALL };
        let told: AccountLiquidated = f.liquidate_with(liquidator, writer, args).unwrap().event();
        assert_eq!((told.account, told.liquidator), (f.margin_key(writer), f.margin_key(liquidator)));
        assert_eq!(
            (told.equity_before_atoms, told.maintenance_before_atoms),
            (before.equity_atoms, before.maintenance_atoms)
        );
        assert!(told.fraction_e9 <= max_fraction_e9 && told.payment_atoms > 0 && told.bonus_atoms > 0);
        let taken = (i128::from(size) * i128::from(told.fraction_e9)).div_euclid(1_000_000_000) as i64;
        assert_eq!(f.position(liquidator, legs[3].0), taken);
        // Two per cent of the slice's equity, but for a lot of each leg.
        let gain = f.check_health(liquidator).equity_atoms - equity;
        assert!((gain + told.fee_atoms - told.bonus_atoms).abs() < 10_000, "gain {gain}, bonus {}", told.bonus_atoms);
    }
    // Closed at the buffer: a tenth of the requirement above MM = 0.
    let after = f.check_health(writer);
    let (_, maintenance) = required(&after);
    assert!((after.maintenance_atoms - maintenance / 10).abs() < 20_000, "{after:?}");
    expect_error!(f.liquidate(cross, writer), PlimsollError::NotLiquidatable);
    assert_eq!(f.account(writer).liquidation_sequence, 2);
}

#[test]
fn calendar_and_covered_call_are_liquidated_with_their_cover() {
    let (mut f, maker) = desk();
    let writer = f.trader_in("writer", MarginMode::Portfolio, 0.0);
    f.deposit_token(writer, COVER, ONE_ETHER).unwrap();
    let (near, far) = (f.call(ETH, 0, 1_450.0), f.call(ETH, 1, 1_450.0));
    f.deposit(writer, usd(2_000.0) as u64).unwrap();
    f.trade(writer, maker, near, -3.0, 94.0).unwrap();
    f.trade(writer, maker, far, 1.0, 162.0).unwrap();
    let spare = f.check_health(writer).initial_atoms.min(f.cash(writer));
    f.withdraw(writer, spare as u64).unwrap();
    let mut price = 1_500.0;
    while f.check_health(writer).state != AccountState::Liquidatable {
        // One call has no cover.
        assert!(price < 3_000.0, "the price went to {price} without effect");
        price += 10.0;
        f.set_collateral_price(COVER, price);
        f.set_price(ETH, price);
    }
    let taker = f.trader_in("taker", MarginMode::Portfolio, 50_000.0);
    let told: AccountLiquidated = f.liquidate(taker, writer).unwrap().event();
    let part = (u128::from(ONE_ETHER) * told.fraction_e9 as u128 / 1_000_000_000) as u64;
    assert_eq!(f.account(taker).collaterals[0].balance_atoms, part);
    assert!(f.check_health(writer).maintenance_atoms >= 0);
}

/// Parameters at the hard end of their limits, and a grid to match.
fn hard() -> (PortfolioParams, [Scenario; 2]) {
    let ratio = Ratio::from_millionths;
    let params = PortfolioParams {
        mm_factor: ratio(2_000_000),
        im_factor: ratio(3_000_000),
        mm_option: ratio(100_000),
        im_option: ratio(100_000),
        gamma_charge: Ratio::ONE,
        gamma_move: ratio(100_000),
        realised_mult: ratio(5_000_000),
        ..PortfolioParams::P2T
    };
    let scenario = |millionths| Scenario { spot: ratio(millionths), vol: VolDirection::Up, weight: Ratio::ONE };
    (params, [scenario(6_000_000), scenario(50_000)])
}

#[test]
fn parameters_of_portfolio_margin_concern_portfolio_accounts_alone() {
    let (mut f, maker) = desk();
    let modes = [("p", MarginMode::Portfolio), ("c", MarginMode::Cross), ("i", MarginMode::Isolated)];
    let [portfolio, cross, isolated] = modes.map(|(name, mode)| {
        let trader = f.trader_in(name, mode, 20_000.0);
        for (contract, size, price) in condor(&mut f) {
            f.trade(trader, maker, contract, size, price).unwrap();
        }
        trader
    });
    let before = [cross, isolated, maker].map(|trader| f.check_health(trader));
    let lenient = f.check_health(portfolio);
    let (params, grid) = hard();
    f.set_portfolio_params(ETH, &params).unwrap();
    f.set_scenarios(ETH, &grid).unwrap();
    assert_eq!([cross, isolated, maker].map(|trader| f.check_health(trader)), before);
    let strict = f.check_health(portfolio);
    // The units of a scan depend on its highest price, and the last digits of the mark on them.
    assert!((strict.equity_atoms - lenient.equity_atoms).abs() < 1_000, "{lenient:?} {strict:?}");
    assert!(required(&strict).1 > 4 * required(&lenient).1, "{lenient:?} {strict:?}");
    assert!(before.iter().all(|report| report.underlyings[0].scenarios.is_none() && report.worst.is_some()));
    assert!(strict.underlyings[0].scenarios.is_some() && strict.worst.is_none());
}

#[test]
fn worst_scenario_and_every_part_of_the_margin_are_reported() {
    let (mut f, maker) = desk();
    let report_of = |f: &mut Fixture, name: &str, deals: &[(Contract, f64)]| {
        let trader = f.trader_in(name, MarginMode::Portfolio, 10_000.0);
        for (contract, size) in deals {
            f.trade(trader, maker, *contract, *size, 66.0).unwrap();
        }
        f.check_health(trader)
    };
    let (call, put) = (f.call(ETH, 0, 1_500.0), f.put(ETH, 0, 1_500.0));
    for (name, deals, worst) in [
        ("short call", vec![(call, -1.0)], 0),
        ("short put", vec![(put, -1.0)], 1),
        ("long straddle", vec![(call, 1.0), (put, 1.0)], 11),
    ] {
        let report = report_of(&mut f, name, &deals);
        let [underlying] = report.underlyings[..] else { panic!("one underlying: {report:?}") };
        let parts = underlying.scenarios.unwrap();
        assert_eq!((underlying.slot, parts.worst), (0, worst), "{name}: {parts:?}");
        assert!(parts.worst_atoms < 0 && parts.min_span_atoms <= parts.worst_atoms && parts.gap_atoms == 0);
        // 0.3 % and 0.2 % of 1 500 for the naked short.
        let charges = if worst == 11 { (0, 0) } else { (usd(4.5), usd(3.0)) };
        assert_eq!((parts.mm_contingency_atoms, parts.im_contingency_atoms), charges, "{name}");
        let mm = underlying.mark_atoms + parts.min_span_atoms * 8 / 10 - charges.0;
        let im = underlying.mark_atoms + parts.min_span_atoms - charges.0 - charges.1;
        assert!((underlying.maintenance_atoms - mm).abs() <= 3, "{name}: {underlying:?}");
        assert!((underlying.initial_atoms - im).abs() <= 3, "{name}: {underlying:?}");
        assert_eq!(report.mark_atoms, underlying.mark_atoms);
        assert_eq!(report.maintenance_atoms, report.cash_atoms + underlying.maintenance_atoms);
    }
}

#[test]
fn two_underlyings_of_a_portfolio_account_do_not_net() {
    let markets = ["ETH", "BTC"]
        .map(|symbol| MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::new(symbol, 1_500.0) });
    let mut f = Fixture::new(&Setup { markets: markets.to_vec(), ..Setup::lite().without_fees() });
    let maker = f.trader("maker", 1_000_000.0);
    let legs = [Market(0), Market(1)].map(|market| (f.call(market, 0, 1_500.0), f.put(market, 0, 1_500.0)));
    let [one, two, both] = ["one", "two", "both"].map(|name| f.trader_in(name, MarginMode::Portfolio, 10_000.0));
    // Long one, short the other: a hedge only if both moved alike.
    for trader in [one, both] {
        f.trade(trader, maker, legs[0].0, 1.0, 66.0).unwrap();
        f.trade(trader, maker, legs[0].1, -1.0, 66.0).unwrap();
    }
    for trader in [two, both] {
        f.trade(trader, maker, legs[1].0, -1.0, 66.0).unwrap();
        f.trade(trader, maker, legs[1].1, 1.0, 66.0).unwrap();
    }
    let [one, two, both] = [one, two, both].map(|trader| f.check_health(trader));
    assert_eq!(both.underlyings.len(), 2);
    assert!((required(&both).0 - required(&one).0 - required(&two).0).abs() <= 3, "{both:?}");
    assert!((required(&both).1 - required(&one).1 - required(&two).1).abs() <= 3, "{both:?}");
}
