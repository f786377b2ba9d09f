//! Caches that do not belong, are given twice, are old, or hold what the program never wrote: an answer is the full margin or a
//! bound of it, and never anything else.

use super::risk_arrays::{expiry_that_is_gone, only_use, world, ETH};
use crate::cases::kit::forged;
use crate::fixture::{instruction, key};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup, Trader};
use anchor_lang::AnchorDeserialize;
use plimsoll::errors::PlimsollError;
use plimsoll::health::ArrayUse;
use plimsoll::instructions::MarginBoundReport;
use plimsoll::state::{MarginMode, RiskCache};
use plimsoll::{accounts, instruction as data};
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const BTC: Market = Market(1);

/// `check_margin` with these caches, in this order.
fn check_with(f: &mut Fixture, trader: Trader, caches: &[Pubkey]) -> Result<MarginBoundReport, crate::Failure> {
    let markets = [f.markets_of(&[trader]), caches.to_vec()].concat();
    let accounts = accounts::CheckMargin { exchange: f.exchange, margin_account: f.margin_key(trader) };
    let receipt = f.send(&[instruction(accounts, data::CheckMargin { least_initial_atoms: None }, &markets)], &[])?;
    Ok(MarginBoundReport::deserialize(&mut &receipt.return_data[..]).unwrap())
}

/// The answer equals the full valuation, because of this.
fn assert_exact(f: &mut Fixture, trader: Trader, caches: &[Pubkey], reason: ArrayUse) {
    let (seen, full) = (check_with(f, trader, caches).unwrap(), f.check_health(trader));
    assert!(!seen.is_bound && seen.arrays.iter().all(|report| report.array == reason), "{seen:?}");
    assert_eq!(seen.equity_atoms, full.equity_atoms);
    assert_eq!(seen.maintenance_atoms, full.maintenance_atoms);
    assert_eq!(seen.initial_atoms, full.initial_atoms);
}

#[test]
fn a_cache_of_another_underlying_is_as_good_as_none() {
    let (mut f, writer, ..) = world();
    let btc = f.add_market(&MarketSetup::new("BTC", 1_500.0));
    assert_eq!(btc, BTC);
    f.call(BTC, 0, 1_500.0);
    f.create_cache(BTC).unwrap();
    f.refresh_arrays(BTC);
    let (ours, theirs) = (f.cache_key(ETH), f.cache_key(BTC));
    assert_exact(&mut f, writer, &[theirs], ArrayUse::NoCache);
    assert!(check_with(&mut f, writer, &[theirs, ours]).unwrap().is_bound);
}

#[test]
fn of_two_caches_the_first_counts_and_a_repeated_one_once() {
    let (mut f, writer, ..) = world();
    let first = f.cache_key(ETH);
    let once = check_with(&mut f, writer, &[first]).unwrap();
    assert_eq!(check_with(&mut f, writer, &[first, first, first]).unwrap(), once);
    // An empty one of the same underlying in front of it costs the caller the bound, and nobody else anything.
    f.create_cache_for(ETH, "empty", Pubkey::default()).unwrap();
    let empty = key("empty").pubkey();
    assert_exact(&mut f, writer, &[empty, first], ArrayUse::NoArray);
    assert_eq!(check_with(&mut f, writer, &[first, empty]).unwrap(), once);
    // More accounts than an instruction looks at.
    expect_error!(check_with(&mut f, writer, &[first; 40]), PlimsollError::UnexpectedAccount);
}

#[test]
fn a_cache_of_a_foreign_program_is_refused_wherever_caches_are_taken() {
    let (mut f, writer, maker, legs) = world();
    let cache = f.cache_key(ETH);
    let foreign = forged(&mut f, &cache);
    expect_error!(check_with(&mut f, writer, &[foreign]), PlimsollError::UnexpectedAccount);
    let cache = AccountMeta::new_readonly(foreign, false);
    let args = plimsoll::instructions::TradeArgs { series: legs[3].series, size_e6: -1_000, price_e9: 90_000_000_000 };
    let mut trade = f.trade_instruction(writer, maker, ETH, args);
    trade.accounts.push(cache.clone());
    let signers = [f.owner(writer), f.owner(maker)];
    expect_error!(f.send(&[trade], &[&signers[0], &signers[1]]), PlimsollError::UnexpectedAccount);
    let mut withdraw = instruction(f.quote_move(writer), data::Withdraw { amount: 1 }, &f.markets_of(&[writer]));
    withdraw.accounts.push(cache);
    expect_error!(f.send(&[withdraw], &[&signers[0]]), PlimsollError::UnexpectedAccount);
}

#[test]
fn arrays_serve_for_five_minutes_to_the_second() {
    let (mut f, writer, ..) = world();
    f.pass(300);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Used);
    f.pass(1);
    assert_eq!(only_use(&mut f, writer), ArrayUse::Old);
    let cache = f.cache_key(ETH);
    assert_exact(&mut f, writer, &[cache], ArrayUse::Old);
}

/// A series' slot goes to a series of an expiry whose snapshot is there: the array in it is still that of the other one.
#[test]
fn a_series_slot_that_goes_to_another_expiry_has_no_array_of_its_predecessor() {
    let (mut f, ..) = world();
    let buyer = f.trader_in("buyer", MarginMode::Portfolio, 9_000.0);
    let seller = f.trader_in("seller", MarginMode::Portfolio, 9_000.0);
    let (_, old) = expiry_that_is_gone(&mut f);
    let new = f.put(ETH, 1, 2_100.0);
    assert_eq!(new.series, old.series, "the same slot");
    f.trade(seller, buyer, new, -1.0, 600.0).unwrap();
    assert_eq!(only_use(&mut f, seller), ArrayUse::Outdated);
    let other = f.call(ETH, 1, 1_300.0);
    f.refresh_series(ETH, 1, &[other.series]).unwrap();
    assert_ne!(f.cache(ETH).series[new.series as usize].stamp, 0, "the predecessor's array is still there");
    assert_eq!(only_use(&mut f, seller), ArrayUse::NoArray);
    f.refresh_series(ETH, 1, &[new.series]).unwrap();
    assert_eq!(only_use(&mut f, seller), ArrayUse::Used);
}

/// Nobody but the program writes a cache. If ever one held anything else, valuations would still end with an answer or a code.
#[test]
fn no_contents_of_a_cache_crash_the_program() {
    let (mut f, writer, maker, legs) = world();
    let address = f.cache_key(ETH);
    let genuine = f.chain.account(&address).unwrap();
    let start = 8 + core::mem::offset_of!(RiskCache, expiries);
    let snapshot = start + core::mem::offset_of!(plimsoll::state::CachedExpiry, snapshot);
    let size = core::mem::size_of::<plimsoll::state::CachedExpiry>();
    let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, 1 << 31, 1 << 40, 1 << 62, i64::MAX];
    for place in 0..14 {
        for value in extremes {
            let mut forged = genuine.clone();
            for expiry in 0..2 {
                let at = snapshot + expiry * size + 8 * place;
                forged.data[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            f.chain.set_account(&address, forged);
            let answer = check_with(&mut f, writer, &[address]);
            assert!(!is_crash(answer.as_ref().err()), "number {place} of the snapshot is {value}: {answer:?}");
        }
    }
    let mut forged = genuine.clone();
    let units = 8 + core::mem::offset_of!(RiskCache, series);
    for series in forged.data[units..].chunks_exact_mut(core::mem::size_of::<plimsoll::state::CachedSeries>()) {
        series[4..].fill(0xff);
    }
    f.chain.set_account(&address, forged);
    assert!(!is_crash(check_with(&mut f, writer, &[address]).as_ref().err()));
    let sent = f.trade_with_caches((writer, maker), legs[3], -0.1, 90.0);
    assert!(!is_crash(sent.as_ref().err()), "{sent:?}");
}

fn is_crash(failure: Option<&crate::Failure>) -> bool {
    failure.is_some_and(|failure| failure.code.is_none())
}

/// Two of the largest accounts trade with caches that help neither: both are valued by arrays, in full, and the writer once more
/// without the trade. Memory and compute units are enough.
#[test]
fn the_largest_accounts_trade_with_caches_that_do_not_help() {
    let names = ["ETH", "BTC", "SUI", "XRP", "SOL", "ADA", "DOT", "LTC"];
    let markets = names.iter().map(|name| MarketSetup::new(name, 1_500.0)).collect();
    let mut f = Fixture::new(&Setup { markets, collaterals: vec![], ..Setup::lite().without_fees() });
    let writer = f.trader_in("writer", MarginMode::Portfolio, 60_000.0);
    let maker = f.trader_in("maker", MarginMode::Portfolio, 200_000.0);
    let mut last = None;
    for number in 0..64 {
        let (market, strike) = (Market(number % 8), 1_300.0 + 50.0 * (number / 8) as f64);
        let expiry = (number / 8 % 2) as u8;
        let leg = if number % 2 == 0 { f.call(market, expiry, strike) } else { f.put(market, expiry, strike) };
        f.trade(writer, maker, leg, -1.0, 200.0).unwrap();
        last = Some(leg);
    }
    for market in (0..8).map(Market) {
        f.create_cache(market).unwrap();
        f.refresh_arrays(market);
    }
    f.pass(1);
    assert!(f.array_uses(writer).iter().all(|array| *array == ArrayUse::Used));
    // Without room for a margin, the writer buys back a little: the bound fails, so does the margin, and the trade is allowed.
    let spare = f.check_health(writer).initial_atoms;
    f.withdraw(writer, spare as u64).unwrap();
    for market in (0..8).map(Market) {
        f.set_price(market, 1_520.0);
    }
    assert!(f.check_health(writer).initial_atoms < 0);
    let receipt = f.trade_with_caches((writer, maker), last.unwrap(), 0.1, 50.0).unwrap();
    println!("a trade of two accounts with 64 legs, bounded and valued in full: {} compute units", receipt.units);
    assert!(receipt.units < 1_400_000);
}
