//! `create_history` and `set_history`.

use super::kit::{empty, forged, second_exchange, unsigned, ACCOUNT_IN_USE};
use crate::fixture::{e9, key, Events};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::VERSION;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{HistoryCreated, HistorySet};
use plimsoll::instructions::MoveArgs;
use plimsoll::state::HistoricalMove;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const MARKET: Market = Market(0);

/// Two underlyings without expiries.
fn bare() -> Fixture {
    let market = |symbol| MarketSetup { expiries: vec![], ..MarketSetup::new(symbol, 1_500.0) };
    Fixture::new(&Setup { markets: vec![market("ETH"), market("BTC")], ..empty() })
}

fn fixture() -> Fixture {
    let mut f = bare();
    f.create_history(MARKET).unwrap();
    f
}

/// Different moves, so many.
fn moves(count: usize) -> Vec<(f64, f64)> {
    (0..count).map(|number| (0.01 * number as f64 - 0.3, 0.02 * number as f64 - 0.5)).collect()
}

fn returns(f: &Fixture) -> Vec<i64> {
    f.history(MARKET).moves().iter().map(|move_| move_.return_e9).collect()
}

#[test]
fn create_history_makes_an_empty_set_at_the_underlyings_address() {
    let mut f = bare();
    let event: HistoryCreated = f.create_history(MARKET).unwrap().event();
    assert_eq!((event.underlying, event.history), (f.market_key(MARKET), f.history_key(MARKET)));
    let state = f.history(MARKET);
    assert_eq!((state.version, state.count, state.underlying), (VERSION, 0, f.market_key(MARKET)));
    assert!(state.moves().is_empty());
    let (_, bump) = Pubkey::find_program_address(&[b"history", f.market_key(MARKET).as_ref()], &plimsoll::ID);
    assert_eq!(state.bump, bump);
    f.advance(1);
    expect_error!(f.create_history(MARKET), ACCOUNT_IN_USE);
}

#[test]
fn create_history_is_the_own_exchanges_admins_alone() {
    let mut f = bare();
    let (other, other_exchange) = second_exchange(&mut f);
    let create = f.create_history_instruction(MARKET);
    for (name, signer) in [("guardian", key("guardian")), ("other admin", key("other admin"))] {
        let mut theirs = create.clone();
        theirs.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[theirs], &[&signer]), PlimsollError::Unauthorized);
    }
    let mut theirs = create.clone();
    (theirs.accounts[0].pubkey, theirs.accounts[1].pubkey) = (other.pubkey(), other_exchange);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(create.clone())], &[]), ErrorCode::AccountNotSigner);
    let mut elsewhere = create;
    elsewhere.accounts[3].pubkey = f.history_key(Market(1));
    expect_error!(f.send(&[elsewhere], &[&key("admin")]), ErrorCode::ConstraintSeeds);
}

#[test]
fn set_history_stores_moves_with_their_logarithm() {
    let mut f = fixture();
    let event: HistorySet = f.set_history(MARKET, 0, &[(-0.5, 0.8), (0.0, 0.0), (4.0, -0.9)]).unwrap().event();
    assert_eq!((event.history, event.start, event.written, event.count), (f.history_key(MARKET), 0, 3, 3));
    let state = f.history(MARKET);
    let expected = [(-0.5, 0.8, 0.5f64.ln()), (0.0, 0.0, 0.0), (4.0, -0.9, 5f64.ln())];
    assert_eq!(state.count, 3);
    for (HistoricalMove { return_e9, vol_change_e9, ln_return_q40 }, (change, vol, ln)) in
        state.moves().iter().zip(expected)
    {
        assert_eq!((*return_e9, *vol_change_e9), (e9(change), e9(vol)));
        assert!((*ln_return_q40 as f64 / (1u64 << 40) as f64 - ln).abs() < 2e-12);
    }
}

#[test]
fn set_history_fills_64_moves_in_several_calls_and_overwrites_without_shrinking() {
    let mut f = fixture();
    let all = moves(64);
    f.set_history(MARKET, 0, &all[..40]).unwrap();
    let event: HistorySet = f.set_history(MARKET, 40, &all[40..]).unwrap().event();
    assert_eq!((event.start, event.written, event.count), (40, 24, 64));
    assert_eq!(returns(&f), all.iter().map(|(change, _)| e9(*change)).collect::<Vec<_>>());
    f.set_history(MARKET, 10, &[(0.7, 0.0), (0.8, 0.0)]).unwrap();
    let mut changed = all.clone();
    (changed[10].0, changed[11].0) = (0.7, 0.8);
    assert_eq!(returns(&f), changed.iter().map(|(change, _)| e9(*change)).collect::<Vec<_>>());
    // Without moves it is cut, and nothing is left behind the cut.
    let event: HistorySet = f.set_history(MARKET, 11, &[]).unwrap().event();
    assert_eq!((event.written, event.count), (0, 11));
    assert_eq!(returns(&f).len(), 11);
    assert!(f.history(MARKET).moves[11..].iter().all(|rest| bytemuck::bytes_of(rest).iter().all(|byte| *byte == 0)));
    f.set_history(MARKET, 0, &[]).unwrap();
    assert_eq!(f.history(MARKET).count, 0);
}

#[test]
fn set_history_refuses_moves_and_places_out_of_range() {
    use PlimsollError::HistoryOutOfRange;
    let mut f = fixture();
    expect_error!(f.set_history(MARKET, 1, &[(0.1, 0.1)]), HistoryOutOfRange);
    expect_error!(f.set_history(MARKET, 1, &[]), HistoryOutOfRange);
    for (return_e9, vol_change_e9) in [
        (-950_000_000, 0),
        (4_000_000_001, 0),
        (0, -900_000_001),
        (0, 4_000_000_001),
        (i64::MIN, 0),
        (i64::MAX, 0),
        (0, i64::MIN),
        (0, i64::MAX),
    ] {
        let set = f.set_history_instruction(MARKET, 0, vec![MoveArgs { return_e9, vol_change_e9 }]);
        expect_error!(f.send(&[set], &[&key("admin")]), HistoryOutOfRange);
    }
    f.set_history(MARKET, 0, &[(-0.949_999_999, 4.0), (4.0, -0.9)]).unwrap();
    let all = moves(64);
    f.set_history(MARKET, 0, &all[..40]).unwrap();
    f.set_history(MARKET, 40, &all[40..63]).unwrap();
    expect_error!(f.set_history(MARKET, 63, &all[..2]), HistoryOutOfRange);
    expect_error!(f.set_history(MARKET, 255, &all[..1]), HistoryOutOfRange);
    f.set_history(MARKET, 63, &all[..1]).unwrap();
    expect_error!(f.set_history(MARKET, 64, &all[..1]), HistoryOutOfRange);
    expect_error!(f.set_history(MARKET, 65, &[]), HistoryOutOfRange);
    f.set_history(MARKET, 64, &[]).unwrap();
    assert_eq!(f.history(MARKET).count, 64);
}

#[test]
fn set_history_is_the_own_exchanges_admins_alone() {
    let mut f = fixture();
    let (other, other_exchange) = second_exchange(&mut f);
    let set = f.set_history_instruction(MARKET, 0, vec![]);
    for (name, signer) in [("publisher", key("publisher")), ("other admin", key("other admin"))] {
        let mut theirs = set.clone();
        theirs.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[theirs], &[&signer]), PlimsollError::Unauthorized);
    }
    let mut theirs = set.clone();
    (theirs.accounts[0].pubkey, theirs.accounts[1].pubkey) = (other.pubkey(), other_exchange);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(set.clone())], &[]), ErrorCode::AccountNotSigner);
    let (history, exchange) = (f.history_key(MARKET), f.exchange);
    let mut spoofed = set.clone();
    spoofed.accounts[3].pubkey = forged(&mut f, &history);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let mut wrong = set.clone();
    wrong.accounts[3].pubkey = exchange;
    expect_error!(f.send(&[wrong], &[&key("admin")]), ErrorCode::AccountDiscriminatorMismatch);
    // The history of another underlying.
    let mut mixed = set;
    mixed.accounts[2].pubkey = f.market_key(Market(1));
    expect_error!(f.send(&[mixed], &[&key("admin")]), PlimsollError::UnexpectedAccount);
    let mut account = f.chain.account(&history).unwrap();
    account.data[8] = 2;
    f.chain.set_account(&history, account);
    expect_error!(f.set_history(MARKET, 0, &[]), PlimsollError::WrongVersion);
}
