//! Portfolio mode at its edges: the largest accounts, history as a source, markets that die or collapse.

use crate::fixture::{new_hedge, Events, ExpirySetup, DAY, HOUR, TAKE_ALL};
use crate::{expect_error, usd, CollateralSetup, Contract, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountLiquidated;
use plimsoll::health::Purpose;
use plimsoll::instructions::{AccountState, LiquidateArgs};
use plimsoll::state::MarginMode;
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::units::Ratio;

const ETH: Market = Market(0);
const TOKENS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
const SYMBOLS: [&str; 8] = ["M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7"];

/// So many markets at 1 500 USD with one expiry; their slow price is an hour behind.
fn markets(count: usize) -> Fixture {
    Fixture::new(&setup(count))
}

fn setup(count: usize) -> Setup {
    let market = |symbol: &&'static str| {
        let mut market =
            MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::new(symbol, 1_500.0) };
        market.oracle.slow_secs = HOUR;
        market
    };
    Setup { markets: SYMBOLS[..count].iter().map(market).collect(), ..Setup::lite().without_fees() }
}

/// A writer of as many different calls as asked for in each of these markets, the liquidator who holds the first of each.
fn full_account(f: &mut Fixture, count: usize, legs: usize) -> (Trader, Trader) {
    account_of(f, count, legs, |_| -0.2)
}

/// The same with longs and shorts in turn, so that the skew scenarios may be the worst: an account of shorts alone is spared
/// them.
fn hedged_account(f: &mut Fixture, count: usize, legs: usize) -> (Trader, Trader) {
    account_of(f, count, legs, |leg| if leg % 2 == 0 { -0.2 } else { 0.1 })
}

fn account_of(f: &mut Fixture, count: usize, legs: usize, size: fn(usize) -> f64) -> (Trader, Trader) {
    let maker = f.trader("maker", 100_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 100_000.0);
    let taker = f.trader_in("taker", MarginMode::Portfolio, 10_000_000.0);
    for market in (0..count).map(Market) {
        let series: Vec<Contract> = (0..legs).map(|leg| f.call(market, 0, 1_400.0 + 40.0 * leg as f64)).collect();
        for (leg, contract) in series.iter().enumerate() {
            f.trade(writer, maker, *contract, size(leg), 60.0).unwrap();
        }
        f.trade(taker, maker, series[0], -0.1, 60.0).unwrap();
    }
    let spare = f.check_health(writer).initial_atoms;
    f.withdraw(writer, spare as u64).unwrap();
    (writer, taker)
}

/// Raises all prices until the account can be liquidated; from a price and with a width of the interval.
fn raise_until_liquidatable(f: &mut Fixture, count: usize, writer: Trader, mut price: f64, confidence: f64) {
    loop {
        all_markets(f, count, price, confidence);
        let valued = crate::native::value(&f.world(), &f.account(writer), Purpose::Liquidation).unwrap();
        if valued.is_liquidatable().unwrap() {
            assert!(!valued.report.equity.is_negative(), "bankrupt at {price}");
            return;
        }
        price += 4.0;
    }
}

fn all_markets(f: &mut Fixture, count: usize, price: f64, confidence: f64) {
    f.update_stable_price().unwrap();
    for market in (0..count).map(Market) {
        f.set_price_with(market, price, confidence).unwrap();
    }
}

#[test]
fn the_largest_account_over_eight_markets_is_liquidated_in_one_transaction() {
    let mut f = markets(8);
    let (writer, taker) = full_account(&mut f, 8, 8);
    all_markets(&mut f, 8, 1_570.0, 0.0);
    assert_eq!(f.check_health(writer).state, AccountState::Liquidatable);
    let receipt = f.liquidate(taker, writer).unwrap();
    assert!(receipt.units < 700_000, "{} units", receipt.units);
}

#[test]
fn the_largest_account_is_liquidated_while_all_prices_diverge() {
    let mut f = markets(8);
    let (writer, taker) = full_account(&mut f, 8, 8);
    f.advance(30);
    // Three prices for each market: the index and both ends of its band.
    all_markets(&mut f, 8, 1_700.0, 20.0);
    assert!(!f.check_health(writer).is_calm);
    let receipt = f.liquidate(taker, writer).unwrap();
    assert!(receipt.units < 1_400_000, "{} units", receipt.units);
}

#[test]
fn the_largest_hedged_account_is_liquidated_while_all_prices_diverge() {
    let mut f = markets(8);
    let (writer, taker) = hedged_account(&mut f, 8, 8);
    f.advance(30);
    raise_until_liquidatable(&mut f, 8, writer, 1_700.0, 20.0);
    assert!(!f.check_health(writer).is_calm);
    let receipt = f.liquidate(taker, writer).unwrap();
    assert!(receipt.units < 1_000_000, "{} units", receipt.units);
}

/// Shortfall over history alone, from these moves.
fn set_history(f: &mut Fixture, market: Market, pairs: &[(f64, f64)]) {
    f.create_history(market).unwrap();
    for (part, pairs) in pairs.chunks(32).enumerate() {
        f.set_history(market, 32 * part as u8, pairs).unwrap();
    }
    let params = PortfolioParams {
        es_weight: Ratio::ONE,
        es_mass: Ratio::from_millionths(50_000),
        es_source: ShortfallSource::History,
        ..PortfolioParams::P2T
    };
    f.set_portfolio_params(market, &params).unwrap();
}

fn falls_and_rises() -> Vec<(f64, f64)> {
    (1..=64).map(|number| (0.004 * f64::from(number) * if number % 2 == 0 { 1.0 } else { -1.0 }, 0.3)).collect()
}

#[test]
fn shortfall_over_history_replaces_the_worst_scenario_and_needs_the_history_account() {
    let mut f = markets(1);
    let (maker, writer) = (f.trader("maker", 1_000_000.0), f.trader_in("writer", MarginMode::Portfolio, 5_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -1.0, 66.0).unwrap();
    let grid = f.check_health(writer).underlyings[0].scenarios.unwrap();
    let params = PortfolioParams { es_weight: Ratio::ONE, es_source: ShortfallSource::History, ..PortfolioParams::P2T };
    f.set_portfolio_params(ETH, &params).unwrap();
    // No account yet, then an empty one, which leaves the worst scenario alone.
    expect_error!(f.try_check_health(writer), PlimsollError::MarketMissing);
    expect_error!(f.liquidate(maker, writer), PlimsollError::MarketMissing);
    f.set_portfolio_params(ETH, &PortfolioParams::P2T).unwrap();
    set_history(&mut f, ETH, &[]);
    assert_eq!(f.check_health(writer).underlyings[0].scenarios.unwrap(), grid);
    f.set_history(ETH, 0, &[(0.31, 0.3), (-0.2, 0.0), (0.02, 0.1)]).unwrap();
    let history = f.check_health(writer).underlyings[0].scenarios.unwrap();
    // One of three at most: up by 31 %, a call of 1 500 at 1 965.
    assert!(history.min_span_atoms < -usd(390.0) && history.min_span_atoms > -usd(410.0), "{history:?} {grid:?}");
    assert_eq!((history.worst, history.worst_atoms), (grid.worst, grid.worst_atoms));
    let (mut check, history) = (f.check_health_instruction(writer), f.history_key(ETH));
    check.accounts.retain(|meta| meta.pubkey != history);
    expect_error!(f.send(&[check], &[]), PlimsollError::MarketMissing);
}

/// As many legs times moves as an account may have: 64 by 16, in eight markets, calm or diverging.
#[test]
fn the_largest_account_with_history_in_every_market_is_liquidated_in_one_transaction() {
    for (price, confidence, most) in [(1_500.0, 0.0, 1_100_000), (1_580.0, 2.0, 1_400_000)] {
        let mut f = markets(8);
        for market in (0..8).map(Market) {
            set_history(&mut f, market, &falls_and_rises()[..16]);
        }
        let (writer, taker) = full_account(&mut f, 8, 8);
        f.advance(30);
        raise_until_liquidatable(&mut f, 8, writer, price, confidence);
        let receipt = f.liquidate(taker, writer).unwrap_or_else(|failure| panic!("at {price}: {failure}"));
        assert!(receipt.units < most, "{} units", receipt.units);
    }
}

/// A writer of 64 positions with history in every market and every collateral of the same assets, in breach; a provider of this mode
/// with as many, and a backstop. Every instruction that values both runs within a program's memory, of which the largest leave little.
fn largest(mode: MarginMode) -> (Fixture, Trader, Trader, Trader) {
    let collaterals = TOKENS.map(|symbol| CollateralSetup { symbol, ..CollateralSetup::default() }).into();
    let mut f = Fixture::new(&Setup { collaterals, ..setup(8) });
    for number in 0..8 {
        set_history(&mut f, Market(number), &falls_and_rises()[..16]);
        f.set_collateral_underlying(Token(number), f.market_key(Market(number))).unwrap();
    }
    let all = [0, 1, 2, 3, 4, 5, 6, 7].map(Market);
    f.insured(0, 100_000.0);
    let (_, pool) = f.backed(&all, 10_000_000.0);
    let (writer, maker) = full_account(&mut f, 8, 8);
    let provider = f.trader_in("provider", mode, 10_000_000.0);
    for market in all {
        let call = f.call(market, 0, 1_400.0);
        f.trade(provider, maker, call, -0.1, 60.0).unwrap();
    }
    for token in (0..8).map(Token) {
        f.deposit_token(writer, token, 1_000_000).unwrap();
        f.deposit_token(provider, token, 1_000_000).unwrap();
    }
    raise_until_liquidatable(&mut f, 8, writer, 1_500.0, 0.0);
    f.liquidate_with(provider, writer, LiquidateArgs { max_fraction_e9: 20_000_000, ..TAKE_ALL }).unwrap();
    assert_eq!([f.account(writer).position_count, f.account(provider).position_count], [64, 64]);
    raise_until_liquidatable(&mut f, 8, writer, 1_500.0, 0.0);
    (f, writer, provider, pool)
}

fn the_largest_account_is_hedged_by(mode: MarginMode) {
    let (mut f, writer, provider, _) = largest(mode);
    let held = f.call(ETH, 0, 1_400.0);
    let sent = f.hedge_of_first_size(provider, writer, ETH, |size| held.hedge(size));
    let receipt = sent.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(receipt.units < 800_000, "{} units", receipt.units);
}

#[test]
fn the_largest_account_is_hedged_by_its_like() {
    the_largest_account_is_hedged_by(MarginMode::Portfolio);
}

#[test]
fn the_largest_account_is_hedged_by_a_cross_account() {
    the_largest_account_is_hedged_by(MarginMode::Cross);
}

#[test]
fn the_largest_account_goes_to_the_backstop() {
    let (mut f, writer, provider, pool) = largest(MarginMode::Cross);
    let receipt = f.call_backstop(pool, provider, writer).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(receipt.units < 1_000_000 && f.account(pool).position_count == 64, "{} units", receipt.units);
}

/// A writer of as many calls as asked for in one market with 32 moves, and who bought them.
fn writer_with_history(legs: usize) -> (Fixture, Trader, Trader, Vec<Contract>) {
    let mut f = markets(1);
    set_history(&mut f, ETH, &falls_and_rises()[..32]);
    let (maker, writer) = (f.trader("maker", 10_000_000.0), f.trader_in("writer", MarginMode::Portfolio, 100_000.0));
    let calls: Vec<Contract> = (0..legs).map(|leg| f.call(ETH, 0, 1_400.0 + 10.0 * leg as f64)).collect();
    for call in &calls {
        f.trade(writer, maker, *call, -0.1, 60.0).unwrap();
    }
    (f, maker, writer, calls)
}

#[test]
fn more_legs_times_moves_than_a_liquidation_can_value_are_not_opened() {
    let (mut f, maker, writer, calls) = writer_with_history(16);
    f.set_history(ETH, 32, &falls_and_rises()[..30]).unwrap();
    // 16 by 62 is 992, 17 by 62 is 1 054.
    f.trade(writer, maker, calls[0], -0.1, 60.0).unwrap();
    let further = f.call(ETH, 0, 3_000.0);
    expect_error!(f.trade(writer, maker, further, -0.1, 1.0), PlimsollError::TooManyPositions);
    let cross = f.trader("cross", 10_000.0);
    f.trade(cross, maker, further, -0.1, 1.0).unwrap();
}

/// A history that grows must not lock those in who hold much already.
#[test]
fn an_account_that_a_longer_history_has_made_too_large_may_reduce_and_be_called_and_liquidated() {
    let (mut f, maker, writer, calls) = writer_with_history(30);
    f.set_history(ETH, 32, &falls_and_rises()[..32]).unwrap();
    let further = f.call(ETH, 0, 3_000.0);
    expect_error!(f.trade(writer, maker, further, -0.1, 1.0), PlimsollError::TooManyPositions);
    f.check_health(writer);
    f.set_price(ETH, 1_560.0);
    // At 1 560 the call of 1 400 is worth some 170.
    f.trade(writer, maker, calls[0], 0.1, 170.0).unwrap();
    let spare = f.check_health(writer).initial_atoms;
    f.edit_account(writer, |account| account.cash_atoms -= spare + usd(1.0));
    f.edit_market(ETH, |underlying| underlying.settlement_atoms += spare + usd(1.0));
    f.call_margin(writer).unwrap();
    f.set_price(ETH, 1_700.0);
    f.liquidate(maker, writer).unwrap();
}

/// Nor does a hedge make one that large.
#[test]
fn a_hedge_does_not_make_an_account_too_large_to_be_liquidated() {
    let (mut f, maker, writer, calls) = writer_with_history(16);
    f.set_history(ETH, 32, &falls_and_rises()[..30]).unwrap();
    let spare = f.check_health(writer).initial_atoms;
    f.withdraw(writer, spare as u64).unwrap();
    raise_until_liquidatable(&mut f, 1, writer, 1_500.0, 0.0);
    expect_error!(f.hedge(maker, writer, ETH, new_hedge(0, false, 1_800.0, 0.1)), PlimsollError::TooManyPositions);
    f.hedge(maker, writer, ETH, calls[0].hedge(0.05)).unwrap();
}

/// Nor does a taker grow beyond what another could take from it.
#[test]
fn a_taker_does_not_grow_beyond_what_a_liquidation_can_value() {
    let (mut f, maker, writer, _) = writer_with_history(20);
    f.set_history(ETH, 32, &falls_and_rises()[..11]).unwrap();
    let taker = f.trader_in("taker", MarginMode::Portfolio, 1_000_000.0);
    for leg in 0..10 {
        let put = f.put(ETH, 0, 1_000.0 + 10.0 * f64::from(leg));
        f.trade(taker, maker, put, -0.1, 1.0).unwrap();
    }
    let spare = f.check_health(writer).initial_atoms;
    f.withdraw(writer, spare as u64).unwrap();
    raise_until_liquidatable(&mut f, 1, writer, 1_500.0, 0.0);
    // 30 legs by 43 moves are 1 290.
    expect_error!(f.liquidate(taker, writer), PlimsollError::TooManyPositions);
    f.liquidate(maker, writer).unwrap();
}

/// A liquidator's longs in a market that has been silent for a month are no margin for what it takes over.
#[test]
fn longs_in_a_dead_market_are_no_initial_margin_for_a_liquidator() {
    let mut f = markets(2);
    let dead = Market(1);
    let maker = f.trader("maker", 1_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 1_300.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -5.0, 66.0).unwrap();
    let taker = f.trader_in("taker", MarginMode::Portfolio, 10_000.0);
    let treasure = f.call(dead, 0, 500.0);
    f.trade(taker, maker, treasure, 9.9, 1_000.0).unwrap();
    f.advance(2 * DAY);
    f.update_stable_price().unwrap();
    f.set_price(ETH, 1_700.0);
    assert_eq!(f.check_health(writer).state, AccountState::Liquidatable);
    // In cash the taker has a hundred dollars.
    assert_eq!(f.cash(taker), usd(100.0));
    expect_error!(f.withdraw(taker, 1), PlimsollError::OracleStale);
    expect_error!(f.liquidate(taker, writer), PlimsollError::InitialMargin);
}

/// The price falls to a twenty-fifth within minutes: the slow price is far beyond any range, and the short still has to go.
#[test]
fn a_collapse_beyond_any_range_stops_no_liquidation() {
    let mut f = markets(1);
    let maker = f.trader("maker", 1_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 2_762.0);
    let put = f.put(ETH, 0, 1_500.0);
    f.trade(writer, maker, put, -2.0, 66.0).unwrap();
    f.advance(30);
    f.set_price(ETH, 60.0);
    for (name, mode) in [("cross", MarginMode::Cross), ("portfolio", MarginMode::Portfolio)] {
        let taker = f.trader_in(name, mode, 50_000.0);
        let args = plimsoll::instructions::LiquidateArgs { max_fraction_e9: 20_000_000, ..crate::fixture::TAKE_ALL };
        let told: AccountLiquidated = f.liquidate_with(taker, writer, args).unwrap().event();
        assert_eq!(told.fraction_e9, 20_000_000, "{name}");
    }
    assert_eq!(f.check_health(writer).state, AccountState::Liquidatable);
}
