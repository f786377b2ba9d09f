//! `create_risk_cache`, `refresh_series` and `check_margin`: what they write and say, and each failure by its exact code.

use super::kit::{forged, unsigned};
use super::support::ETH;
use crate::fixture::{create_account, instruction, key, Events, DAY, HOUR, MINUTE};
use crate::{expect_error, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::VERSION;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{RiskCacheCreated, SeriesRefreshed};
use plimsoll::health::ArrayUse;
use plimsoll::state::{MarginMode, RiskCache};
use plimsoll::{accounts, instruction as data};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const BTC: Market = Market(1);

/// Two markets; a writer of two series in portfolio mode, whose arrays nobody has computed yet.
fn written() -> (Fixture, Trader, Trader, [Contract; 2]) {
    let markets = vec![MarketSetup::default(), MarketSetup::new("BTC", 60_000.0)];
    let mut f = Fixture::new(&Setup { markets, ..Setup::lite().without_fees() });
    let maker = f.trader_in("maker", MarginMode::Portfolio, 1_000_000.0);
    let writer = f.trader_in("writer", MarginMode::Portfolio, 5_000.0);
    let legs = [f.call(ETH, 0, 1_600.0), f.put(ETH, 0, 1_400.0)];
    for leg in legs {
        f.trade(writer, maker, leg, -1.0, 30.0).unwrap();
    }
    (f, writer, maker, legs)
}

/// The same with a cache, and every array fresh.
fn refreshed() -> (Fixture, Trader, Trader, [Contract; 2]) {
    let (mut f, writer, maker, legs) = written();
    f.create_cache(ETH).unwrap();
    f.refresh_arrays(ETH);
    (f, writer, maker, legs)
}

#[test]
fn create_risk_cache_makes_an_empty_one_for_anybody() {
    let (mut f, ..) = written();
    let refresher = key("keeper").pubkey();
    let event: RiskCacheCreated = f.create_cache_for(ETH, "theirs", refresher).unwrap().event();
    let address = key("theirs").pubkey();
    assert_eq!((event.underlying, event.cache, event.refresher), (f.market_key(ETH), address, refresher));
    let cache: Box<RiskCache> = Box::new(f.read(&address));
    assert_eq!((cache.version, cache.last_stamp, cache.underlying), (VERSION, 0, f.market_key(ETH)));
    assert_eq!(cache.refresher, refresher);
    assert!(cache.series.iter().all(|series| series.stamp == 0) && cache.expiries.iter().all(|e| e.stamp == 0));
    // A second one of the same underlying hinders nobody.
    f.create_cache(ETH).unwrap();
}

#[test]
fn create_risk_cache_wants_a_zeroed_account_of_its_own_and_the_right_size() {
    let (mut f, ..) = refreshed();
    let space = 8 + core::mem::size_of::<RiskCache>() as u64;
    let account = key("too small");
    let create = create_account(&f.payer.pubkey(), &account.pubkey(), space - 8);
    let take = f.create_cache_instruction(ETH, &account.pubkey(), Pubkey::default());
    expect_error!(f.send(&[create, take], &[&account]), ErrorCode::AccountDidNotDeserialize);
    for used in [f.cache_key(ETH), f.market_key(BTC)] {
        let take = f.create_cache_instruction(ETH, &used, Pubkey::default());
        expect_error!(f.send(&[take], &[]), ErrorCode::ConstraintZero);
    }
    let (cache, market) = (f.cache_key(ETH), f.market_key(ETH));
    let foreign = forged(&mut f, &cache);
    let take = f.create_cache_instruction(ETH, &foreign, Pubkey::default());
    expect_error!(f.send(&[take], &[]), ErrorCode::ConstraintZero);
    let fake = forged(&mut f, &market);
    let accounts = accounts::CreateRiskCache { underlying: fake, cache: f.cache_key(ETH) };
    let take = instruction(accounts, data::CreateRiskCache { refresher: Pubkey::default() }, &[]);
    expect_error!(f.send(&[take], &[]), ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn refresh_series_joins_the_snapshot_of_its_moment_and_outdates_any_other() {
    let (mut f, _, _, [call, put]) = written();
    f.create_cache(ETH).unwrap();
    let event: SeriesRefreshed = f.refresh_series(ETH, 0, &[call.series]).unwrap().event();
    assert_eq!((event.cache, event.expiry, event.stamp, event.count), (f.cache_key(ETH), 0, 1, 1));
    assert_eq!(event.index_e9, 1_500_000_000_000);
    let event: SeriesRefreshed = f.refresh_series(ETH, 0, &[put.series]).unwrap().event();
    assert_eq!(event.stamp, 1, "the same moment");
    let cache = f.cache(ETH);
    assert_eq!((cache.last_stamp, cache.expiries[0].stamp, cache.expiries[0].refreshed_at), (1, 1, f.now()));
    let units = cache.series[call.series as usize].units;
    // 29 points and two skews; a unit is one more than a value of at least −1. Spot up by half is worth more than by a fifth.
    assert!(units[..31].iter().any(|unit| *unit > 1_000_000) && units[31..].iter().all(|unit| *unit == 0));
    f.advance(1);
    let event: SeriesRefreshed = f.refresh_series(ETH, 0, &[call.series]).unwrap().event();
    assert_eq!(event.stamp, 2, "a second later");
    let cache = f.cache(ETH);
    let stamps = [call, put].map(|leg| cache.series[leg.series as usize].stamp);
    assert_eq!((stamps, cache.expiries[0].stamp), ([2, 1], 2));
    f.set_price(ETH, 1_501.0);
    let event: SeriesRefreshed = f.refresh_series(ETH, 0, &[put.series]).unwrap().event();
    assert_eq!(event.stamp, 3, "another price");
}

#[test]
fn refresh_series_refuses_what_has_no_arrays_by_its_code() {
    let (mut f, _, _, [call, _]) = written();
    f.create_cache(ETH).unwrap();
    let late = f.add_expiry(ETH, &crate::fixture::ExpirySetup::after(40 * DAY));
    let other = f.call(ETH, late, 1_500.0);
    expect_error!(f.refresh_series(ETH, 0, &[]), PlimsollError::SeriesNotFound);
    expect_error!(f.refresh_series(ETH, 0, &[511]), PlimsollError::SeriesNotFound);
    expect_error!(f.refresh_series(ETH, 0, &[512]), PlimsollError::SeriesNotFound);
    expect_error!(f.refresh_series(ETH, 0, &[call.series, other.series]), PlimsollError::SeriesNotFound);
    expect_error!(f.refresh_series(ETH, 9, &[call.series]), PlimsollError::ExpiryNotFound);
    expect_error!(f.refresh_series(ETH, 200, &[call.series]), PlimsollError::ExpiryNotFound);
    f.advance(61);
    expect_error!(f.refresh_series(ETH, 0, &[call.series]), PlimsollError::OracleStale);
    f.set_time(f.start() + 6 * DAY);
    f.update_prices_only();
    expect_error!(f.refresh_series(ETH, 0, &[call.series]), PlimsollError::VolatilityStale);
    // Once a first piece of its average is fixed.
    f.set_time(f.start() + 7 * DAY - 31 * MINUTE);
    f.refresh();
    (0..3).for_each(|_| f.pass(50));
    expect_error!(f.refresh_series(ETH, 0, &[call.series]), PlimsollError::SettlementWindow);
    f.set_time(f.start() + 7 * DAY);
    f.refresh();
    expect_error!(f.refresh_series(ETH, 0, &[call.series]), PlimsollError::SeriesExpired);
}

#[test]
fn refresh_series_wants_a_grid_and_a_surface() {
    let (mut f, ..) = written();
    let args =
        f.create_args("BARE", MarketSetup::default().params, f.oracle_config("BARE", &crate::OracleSetup::at(10.0)));
    let (address, created) = f.create_underlying("BARE", args);
    created.unwrap();
    let bare = f.adopt_market_as("BARE", address, &crate::OracleSetup::at(10.0));
    f.update_price(bare).unwrap();
    f.create_cache(bare).unwrap();
    expect_error!(f.refresh_series(bare, 0, &[0]), PlimsollError::ScenarioGrid);
    f.set_p2t(bare);
    let expiry_ts = f.start() + 7 * DAY;
    let list = instruction(f.set_underlying_accounts(bare), data::ListExpiry { expiry_ts }, &[]);
    f.send(&[list], &[&key("admin")]).unwrap();
    let call = f.call(bare, 0, 10.0);
    expect_error!(f.refresh_series(bare, 0, &[call.series]), PlimsollError::VolatilityStale);
}

#[test]
fn refresh_series_takes_genuine_accounts_that_belong_together() {
    let (mut f, _, _, [call, _]) = refreshed();
    f.create_cache(BTC).unwrap();
    let lawful = f.refresh_series_instruction(ETH, 0, &[call.series]);
    let with = |at: usize, key: Pubkey| {
        let mut changed = lawful.clone();
        changed.accounts[at].pubkey = key;
        changed
    };
    expect_error!(f.send(&[with(1, f.cache_key(BTC))], &[]), PlimsollError::UnexpectedAccount);
    expect_error!(f.send(&[with(0, f.market_key(BTC))], &[]), PlimsollError::UnexpectedAccount);
    expect_error!(f.send(&[with(1, f.market_key(ETH))], &[]), ErrorCode::AccountDiscriminatorMismatch);
    expect_error!(f.send(&[with(0, f.cache_key(ETH))], &[]), ErrorCode::AccountDiscriminatorMismatch);
    let (cache, market) = (f.cache_key(ETH), f.market_key(ETH));
    let (cache, market) = (forged(&mut f, &cache), forged(&mut f, &market));
    expect_error!(f.send(&[with(1, cache)], &[]), ErrorCode::AccountOwnedByWrongProgram);
    expect_error!(f.send(&[with(0, market)], &[]), ErrorCode::AccountOwnedByWrongProgram);
    let address = f.cache_key(ETH);
    let mut account = f.chain.account(&address).unwrap();
    account.data[8] = 2;
    f.chain.set_account(&address, account);
    expect_error!(f.send(&[lawful], &[]), PlimsollError::WrongVersion);
}

#[test]
fn a_cache_that_names_its_refresher_is_refreshed_by_nobody_else() {
    let (mut f, _, _, [call, _]) = written();
    let keeper = key("keeper");
    f.fund(&keeper.pubkey());
    f.create_cache_for(ETH, "cache 0", keeper.pubkey()).unwrap();
    expect_error!(f.refresh_series(ETH, 0, &[call.series]), PlimsollError::RiskCacheClosed);
    let by = |f: &Fixture, signer: Pubkey| {
        let (underlying, cache) = (f.market_key(ETH), f.cache_key(ETH));
        let accounts = accounts::RefreshSeries { underlying, cache, refresher: Some(signer) };
        instruction(accounts, data::RefreshSeries { expiry: 0, series: vec![call.series] }, &[])
    };
    expect_error!(f.send(&[by(&f, key("guardian").pubkey())], &[&key("guardian")]), PlimsollError::RiskCacheClosed);
    expect_error!(f.send(&[unsigned(by(&f, keeper.pubkey()))], &[]), ErrorCode::AccountNotSigner);
    f.send(&[by(&f, keeper.pubkey())], &[&keeper]).unwrap();
    assert_eq!(f.cache(ETH).expiries[0].stamp, 1);
}

#[test]
fn check_margin_bounds_with_arrays_and_is_exact_without() {
    let (mut f, writer, ..) = written();
    let exact = f.check_margin(writer);
    assert!(!exact.is_bound && exact.is_calm);
    assert_eq!(f.array_uses(writer), [ArrayUse::NoCache]);
    f.create_cache(ETH).unwrap();
    assert_eq!(f.array_uses(writer), [ArrayUse::NoArray]);
    f.refresh_arrays(ETH);
    let bound = f.check_margin(writer);
    assert!(bound.is_bound && bound.is_calm);
    assert_eq!(f.array_uses(writer), [ArrayUse::Used]);
    // At the moment of the refresh only rounding is between them: less than a cent of 3,000 USD.
    assert!(exact.initial_atoms - bound.initial_atoms < 10_000, "{exact:?} {bound:?}");
    assert!(exact.maintenance_atoms - bound.maintenance_atoms < 10_000, "{exact:?} {bound:?}");
    // In another mode arrays are not asked for.
    let cross = f.trader("cross", 1_000.0);
    let report = f.check_margin(cross);
    assert!(!report.is_bound && report.arrays.is_empty());
}

#[test]
fn check_margin_guards_others_and_falls_back_before_it_refuses() {
    let (mut f, writer, ..) = refreshed();
    f.pass(30);
    f.set_price(ETH, 1_510.0);
    let bound = f.check_margin(writer);
    let full = f.check_health(writer).initial_atoms;
    assert!(bound.is_bound && bound.initial_atoms < full);
    assert!(f.try_check_margin(writer, Some(bound.initial_atoms)).unwrap().is_bound);
    // Between bound and truth the valuation is in full.
    let seen = f.try_check_margin(writer, Some(full)).unwrap();
    assert!(!seen.is_bound && seen.arrays.is_empty());
    assert_eq!(seen.initial_atoms, full);
    expect_error!(f.try_check_margin(writer, Some(full + 1)), PlimsollError::InitialMargin);
    expect_error!(f.try_check_margin(writer, Some(i64::MAX)), PlimsollError::InitialMargin);
}

#[test]
fn check_margin_takes_the_documented_accounts_alone() {
    let (mut f, writer, ..) = refreshed();
    f.create_cache(BTC).unwrap();
    let lawful = f.check_margin_instruction(writer, None);
    let swap = |from: Pubkey, to: Pubkey| {
        let mut changed = lawful.clone();
        changed.accounts.iter_mut().filter(|meta| meta.pubkey == from).for_each(|meta| meta.pubkey = to);
        changed
    };
    let cache = f.cache_key(ETH);
    let forgery = forged(&mut f, &cache);
    expect_error!(f.send(&[swap(cache, forgery)], &[]), PlimsollError::UnexpectedAccount);
    expect_error!(f.send(&[swap(cache, f.margin_key(writer))], &[]), PlimsollError::UnexpectedAccount);
    expect_error!(f.send(&[swap(f.market_key(ETH), f.market_key(BTC))], &[]), PlimsollError::MarketMissing);
    // A cache of another underlying says nothing about this one.
    let elsewhere = swap(cache, f.cache_key(BTC));
    f.send(&[elsewhere], &[]).unwrap();
    // Too small to be one.
    let mut small = f.chain.account(&cache).unwrap();
    small.data.truncate(1_000);
    let address = key("small cache").pubkey();
    f.chain.set_account(&address, small);
    expect_error!(f.send(&[swap(cache, address)], &[]), PlimsollError::UnexpectedAccount);
    let mut account = f.chain.account(&cache).unwrap();
    account.data[8] = 2;
    f.chain.set_account(&cache, account);
    expect_error!(f.send(&[lawful], &[]), PlimsollError::WrongVersion);
}

#[test]
fn check_margin_needs_fresh_prices() {
    let (mut f, writer, ..) = refreshed();
    f.advance(61);
    expect_error!(f.try_check_margin(writer, None), PlimsollError::OracleStale);
    f.set_time(f.start() + HOUR);
    f.refresh();
    f.check_margin(writer);
}

#[test]
fn what_decides_in_full_takes_no_cache() {
    let (mut f, writer, maker, _) = refreshed();
    let cache = f.cache_key(ETH);
    let with_cache = |mut instruction: solana_instruction::Instruction| {
        instruction.accounts.push(solana_instruction::AccountMeta::new_readonly(cache, false));
        instruction
    };
    f.set_price(ETH, 8_000.0);
    let liquidate = f.liquidate_instruction(maker, writer, crate::fixture::TAKE_ALL);
    let owner = f.owner(maker);
    expect_error!(f.send(&[with_cache(liquidate)], &[&owner]), PlimsollError::UnexpectedAccount);
    let check = f.check_health_instruction(writer);
    expect_error!(f.send(&[with_cache(check)], &[]), PlimsollError::UnexpectedAccount);
    let markets = f.markets_of(&[writer]);
    let accounts = accounts::CallMargin { exchange: f.exchange, margin_account: f.margin_key(writer) };
    let call = instruction(accounts, data::CallMargin {}, &markets);
    expect_error!(f.send(&[with_cache(call)], &[]), PlimsollError::UnexpectedAccount);
    f.liquidate(maker, writer).unwrap();
}
