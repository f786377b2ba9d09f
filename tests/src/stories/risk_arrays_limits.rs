//! Where risk arrays end: shortfall over history, the settlement window, the guard that other programs put behind a trade.

use super::risk_arrays::{only_use, world, ETH};
use crate::fixture::{DAY, MINUTE};
use crate::{expect_error, Fixture, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::health::ArrayUse;
use plimsoll::instructions::TradeArgs;
use plimsoll::state::MarginMode;
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::units::Ratio;
use solana_instruction::{AccountMeta, Instruction};

/// Shortfall over history with this weight.
fn weigh_history(f: &mut Fixture, weight: Ratio) {
    let params = PortfolioParams { es_weight: weight, es_source: ShortfallSource::History, ..PortfolioParams::P2T };
    f.set_portfolio_params(ETH, &params).unwrap();
    f.refresh_arrays(ETH);
}

#[test]
fn shortfall_over_history_is_valued_in_full_with_the_history_account() {
    let (mut f, writer, ..) = world();
    weigh_history(&mut f, Ratio::ONE);
    // Arrays do not stand in for the account that was not passed.
    expect_error!(f.try_check_margin(writer, None), PlimsollError::MarketMissing);
    f.create_history(ETH).unwrap();
    f.set_history(ETH, 0, &[(0.31, 0.3), (-0.4, 0.6), (0.02, 0.1)]).unwrap();
    // The fixture compares an exact answer with `check_health` to the atom.
    let report = f.check_margin(writer);
    assert!(!report.is_bound, "{report:?}");
    assert_eq!(only_use(&mut f, writer), ArrayUse::History);
    let spare = report.initial_atoms;
    assert!(f.try_check_margin(writer, Some(spare)).is_ok());
    expect_error!(f.try_check_margin(writer, Some(spare + 1)), PlimsollError::InitialMargin);
    expect_error!(f.withdraw_with_caches(writer, spare as u64 + 1), PlimsollError::InitialMargin);
    f.withdraw_with_caches(writer, spare as u64).unwrap();
}

#[test]
fn history_without_a_weight_hinders_no_array() {
    let (mut f, writer, ..) = world();
    weigh_history(&mut f, Ratio::ZERO);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
}

/// The window is thirty minutes. Until a first price of it is observed nothing is fixed, and the forward moves as before.
#[test]
fn arrays_serve_inside_the_settlement_window_until_a_first_price_is_fixed() {
    let (mut f, writer, _, legs) = world();
    let opens = f.start() + 7 * DAY - 30 * MINUTE;
    f.set_time(opens - 15);
    f.refresh();
    f.refresh_arrays(ETH);
    for seconds_into in [0, 1, 40] {
        f.set_time(opens + seconds_into);
        assert_eq!(only_use(&mut f, writer), ArrayUse::Used, "{seconds_into} s into the window");
    }
    // So long a refresh is taken as well.
    f.refresh_series(ETH, 0, &[legs[0].series]).unwrap();
    assert_eq!(only_use(&mut f, writer), ArrayUse::NoArray, "the others of the expiry are outdated");
    f.refresh_arrays(ETH);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
    // An observation fixes what stood before it.
    f.update_price(ETH).unwrap();
    assert!(f.market(ETH).expiries[0].twap().covered.raw() > 0);
    assert_eq!(only_use(&mut f, writer), ArrayUse::SettlementWindow);
    expect_error!(f.refresh_series(ETH, 0, &[legs[0].series]), PlimsollError::SettlementWindow);
}

/// After its expiry, before and after its settlement.
#[test]
fn an_expiry_that_waits_for_its_settlement_has_no_bound_and_a_settled_one_needs_none() {
    let (mut f, writer, ..) = world();
    f.set_time(f.start() + 7 * DAY - 31 * MINUTE);
    f.refresh();
    (0..33).for_each(|_| f.pass(50));
    f.set_time(f.start() + 7 * DAY - 20);
    f.refresh();
    f.set_time(f.start() + 7 * DAY + 5);
    f.refresh();
    f.refresh_arrays(ETH);
    // Its last snapshot is of another surface: since part of its average is fixed none can be taken.
    assert_eq!(only_use(&mut f, writer), ArrayUse::Outdated);
    f.settle_expiry(ETH, 0).unwrap();
    // Its payoff is cash; the other expiry's arrays bound the rest.
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
    let (bound, full) = (f.check_margin(writer), f.check_health(writer));
    assert!(full.initial_atoms - bound.initial_atoms < 20_000, "{bound:?} {full:?}");
}

/// A trade with caches, then the guard a venue appends: at least this initial margin must be left.
fn guarded(f: &Fixture, (writer, maker): (Trader, Trader), trade: TradeArgs, least: i64) -> [Instruction; 2] {
    let mut instruction = f.trade_instruction(writer, maker, ETH, trade);
    instruction.accounts.push(AccountMeta::new_readonly(f.cache_key(ETH), false));
    [instruction, f.check_margin_instruction(writer, Some(least))]
}

#[test]
fn a_guard_behind_a_trade_takes_the_trade_back_when_too_little_is_left() {
    let (mut f, writer, maker, legs) = world();
    f.pass(20);
    f.set_price(ETH, 1_510.0);
    let args = TradeArgs { series: legs[3].series, size_e6: -100_000, price_e9: 90_000_000_000 };
    let signers = [f.owner(writer), f.owner(maker)];
    let signers = [&signers[0], &signers[1]];
    let before = f.position(writer, legs[3]);
    let beyond = guarded(&f, (writer, maker), args, i64::MAX);
    expect_error!(f.send(&beyond, &signers), PlimsollError::InitialMargin);
    assert_eq!(f.position(writer, legs[3]), before);
    let modest = guarded(&f, (writer, maker), args, 1_000_000);
    f.send(&modest, &signers).unwrap();
    assert_eq!(f.position(writer, legs[3]), before - 100_000);
    // Exactly what the full valuation leaves is enough, whatever the bound says; an atom more is not.
    let next = guarded(&f, (writer, maker), args, 0);
    f.send(&next, &signers).unwrap();
    let (bound, full) = (f.check_margin(writer), f.check_health(writer));
    assert!(bound.is_bound && bound.initial_atoms < full.initial_atoms);
    f.try_check_margin(writer, Some(full.initial_atoms)).unwrap();
    expect_error!(f.try_check_margin(writer, Some(full.initial_atoms + 1)), PlimsollError::InitialMargin);
}

/// Venues refresh and check in one transaction: the snapshot of this very moment.
#[test]
fn a_refresh_and_a_check_in_one_transaction_see_each_other() {
    let (mut f, writer, ..) = world();
    f.pass(400);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Old);
    let state = f.market(ETH);
    let its = |slot: u8| -> Vec<u16> {
        (0..state.series_used).filter(|number| state.series[*number as usize].expiry == slot).collect()
    };
    let refreshes = [0, 1].map(|slot| f.refresh_series_instruction(ETH, slot, &its(slot)));
    let check = f.check_margin_instruction(writer, None);
    let [first, second] = refreshes;
    f.send(&[first, second, check], &[]).unwrap();
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
}

/// A book of collateral that the option margin counts as a hedge: the bound follows both.
#[test]
fn a_covered_call_is_bounded_with_its_collateral() {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let (maker, writer) = (
        f.trader_in("maker", MarginMode::Portfolio, 1_000_000.0),
        f.trader_in("writer", MarginMode::Portfolio, 2_000.0),
    );
    let token = crate::Token(0);
    let market = f.market_key(ETH);
    f.set_collateral_underlying(token, market).unwrap();
    f.deposit_token(writer, token, 5_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_550.0);
    f.trade(writer, maker, call, -1.0, 60.0).unwrap();
    f.create_cache(ETH).unwrap();
    f.refresh_arrays(ETH);
    for price in [1_500.0, 1_510.0, 1_490.0, 1_521.0, 1_479.0] {
        f.pass(7);
        f.set_price(ETH, price);
        assert_eq!(only_use(&mut f, writer), ArrayUse::Used, "at {price}");
    }
}
