//! `trade`.

use super::support::{replaced, unsigned, written_calls, ETH, SOL};
use crate::fixture::{key, Events, DAY};
use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::Traded;
use plimsoll::instructions::{AccountState, TradeArgs};
use solana_signer::Signer;

#[test]
fn trade_moves_premium_fees_and_positions() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(Market(0), 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    assert_eq!((f.position(buyer, call), f.position(writer, call)), (2_000_000, -2_000_000));
    // Premium 2 · 30; fee of each side 2 · min(1 500 · 0.0003, 30 · 0.125) = 0.90.
    assert_eq!(f.cash(buyer), usd(10_000.0 - 60.0 - 0.9));
    assert_eq!(f.cash(writer), usd(10_000.0 + 60.0 - 0.9));
    assert_eq!(f.market(Market(0)).fees_atoms, usd(1.8));
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (2_000_000, 2_000_000));
}

#[test]
fn trade_fails_when_initial_margin_would_be_short() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 100.0));
    let call = f.call(Market(0), 0, 1_600.0);
    expect_error!(f.trade(buyer, writer, call, 2.0, 30.0), PlimsollError::InitialMargin);
}

#[test]
fn a_trade_tells_what_it_did() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let put = f.put(ETH, 1, 1_400.0);
    let sequences = [buyer, writer].map(|trader| f.account(trader).sequence);
    // The taker sells: the premium is the taker's to receive.
    let event: Traded = f.trade(writer, buyer, put, -0.5, 100.0).unwrap().event();
    assert_eq!((event.underlying, event.series), (f.market_key(ETH), put.series));
    assert_eq!((event.taker, event.maker), (f.margin_key(writer), f.margin_key(buyer)));
    assert_eq!((event.size_e6, event.price_e9, event.index_e9), (-500_000, 100_000_000_000, 1_500_000_000_000));
    assert_eq!((event.premium_atoms, event.taker_fee_atoms, event.maker_fee_atoms), (usd(50.0), 225_000, 225_000));
    assert_eq!([buyer, writer].map(|trader| f.account(trader).sequence), sequences.map(|number| number + 1));
    assert_eq!((f.position(buyer, put), f.position(writer, put)), (500_000, -500_000));
    // Back to nothing: the slots are free again.
    f.trade(buyer, writer, put, -0.5, 100.0).unwrap();
    assert_eq!((f.account(buyer).position_count, f.account(writer).position_count), (0, 0));
    assert_eq!((f.series(put).long_e6, f.series(put).short_e6), (0, 0));
}

#[test]
fn both_parties_have_to_sign() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.trader("stranger", 0.0);
    let deal = f.deal(buyer, writer, call, 0.1, 30.0);
    let (one, other, stranger) = (key("buyer").pubkey(), key("writer").pubkey(), key("stranger").pubkey());
    let for_taker = replaced(deal.clone(), one, stranger);
    expect_error!(f.send_as(for_taker, &["stranger", "writer"]), PlimsollError::Unauthorized);
    let for_maker = replaced(deal.clone(), other, stranger);
    expect_error!(f.send_as(for_maker, &["buyer", "stranger"]), PlimsollError::Unauthorized);
    // One of them for both, either way round.
    let alone = replaced(deal.clone(), other, one);
    expect_error!(f.send_as(alone, &["buyer"]), PlimsollError::Unauthorized);
    let alone = replaced(deal.clone(), one, other);
    expect_error!(f.send_as(alone, &["writer"]), PlimsollError::Unauthorized);
    let silent = unsigned(deal.clone(), one);
    expect_error!(f.send_as(silent, &["writer"]), ErrorCode::AccountNotSigner);
    let silent = unsigned(deal, other);
    expect_error!(f.send_as(silent, &["buyer"]), ErrorCode::AccountNotSigner);
}

#[test]
fn an_account_does_not_trade_with_itself() {
    let mut f = Fixture::default();
    let (buyer, _, call) = written_calls(&mut f);
    expect_error!(f.trade(buyer, buyer, call, 1.0, 30.0), PlimsollError::DuplicateAccount);
}

#[test]
fn sizes_and_prices_out_of_range_are_refused() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    let mut attempt = |size_e6, price_e9| {
        let args = TradeArgs { series: call.series, size_e6, price_e9 };
        let trade = f.trade_instruction(buyer, writer, ETH, args);
        f.send_as(trade, &["buyer", "writer"])
    };
    let (most, dearest) = (1_000_000_000_000_000, 1_000_000_000_000_000_000);
    for size in [0, i64::MIN, i64::MIN + 1, i64::MAX, most + 1, -most - 1] {
        expect_error!(attempt(size, 1), PlimsollError::AmountOutOfRange);
    }
    for price in [-1, i64::MIN, dearest + 1, i64::MAX] {
        expect_error!(attempt(1, price), PlimsollError::AmountOutOfRange);
    }
    // Lawful one by one, together more than an account can hold.
    for size in [most, -most] {
        expect_error!(attempt(size, dearest), PlimsollError::Overflow);
    }
    attempt(1, 0).unwrap();
}

#[test]
fn a_position_grows_no_larger_than_the_largest_trade() {
    let mut market = MarketSetup::default();
    market.params.max_open_interest_e6 = 1_000_000_000_000_000;
    let mut f = Fixture::new(&Setup::default().with_market(market));
    let (buyer, writer) = (f.trader("buyer", 0.0), f.trader("writer", 0.0));
    let (wallet, mint, owner) = (f.quote_wallet(writer), f.quote_mint, key("writer").pubkey());
    f.write_tokens(&wallet, &mint, &owner, i64::MAX as u64);
    f.deposit(writer, 1_000_000_000_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_600.0);
    f.trade(buyer, writer, call, 1e9, 0.0).unwrap();
    expect_error!(f.trade(buyer, writer, call, 0.000_001, 0.0), PlimsollError::AmountOutOfRange);
}

#[test]
fn only_series_that_are_listed_live_and_priced_are_traded() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    for series in [call.series + 1, 511, 512, u16::MAX] {
        let unknown = Contract { market: ETH, series };
        expect_error!(f.trade(buyer, writer, unknown, 1.0, 30.0), PlimsollError::SeriesNotFound);
    }
    let expiry_ts = f.now() + 14 * DAY;
    f.list_bare_expiry(ETH, expiry_ts).unwrap();
    let unpriced = f.call(ETH, 2, 1_600.0);
    expect_error!(f.trade(buyer, writer, unpriced, 0.1, 30.0), PlimsollError::VolatilityStale);
    f.advance(7 * DAY - 1);
    f.update_prices_only();
    f.publish_vol(ETH, 0, crate::VolSetup::flat(0.8)).unwrap();
    f.trade(buyer, writer, call, 0.1, 30.0).unwrap();
    f.advance(1);
    f.update_prices_only();
    expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::SeriesExpired);
}

#[test]
fn initial_margin_holds_for_taker_and_maker() {
    let mut f = Fixture::default();
    let (rich, poor) = (f.trader("rich", 100_000.0), f.trader("poor", 100.0));
    let call = f.call(ETH, 0, 1_600.0);
    // Too little to write, as maker and as taker; too little to pay the premium, as taker and as maker.
    expect_error!(f.trade(rich, poor, call, 2.0, 30.0), PlimsollError::InitialMargin);
    expect_error!(f.trade(poor, rich, call, -2.0, 30.0), PlimsollError::InitialMargin);
    expect_error!(f.trade(poor, rich, call, 20.0, 300.0), PlimsollError::InitialMargin);
    expect_error!(f.trade(rich, poor, call, -20.0, 300.0), PlimsollError::InitialMargin);
    f.trade(poor, rich, call, 2.0, 30.0).unwrap();
}

#[test]
fn nobody_buys_with_cash_that_is_not_there() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 1.0), f.trader("writer", 10_000.0));
    f.deposit_token(buyer, SOL, 10_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_600.0);
    expect_error!(f.trade(buyer, writer, call, 1.0, 30.0), PlimsollError::InsufficientBalance);
    expect_error!(f.trade(writer, buyer, call, -1.0, 30.0), PlimsollError::InsufficientBalance);
    f.deposit(buyer, usd(30.0) as u64).unwrap();
    f.trade(buyer, writer, call, 1.0, 30.0).unwrap();
}

#[test]
fn a_restricted_account_only_raises_its_initial_margin() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.set_price(ETH, 1_680.0);
    let report = f.check_health(writer);
    assert_eq!(report.state, AccountState::Restricted);
    let mark = -report.mark_atoms as f64 / 2e6;
    let other = f.put(ETH, 0, 1_600.0);
    expect_error!(f.trade(buyer, writer, call, 0.1, mark), PlimsollError::InitialMargin);
    expect_error!(f.trade(writer, buyer, other, -0.1, 30.0), PlimsollError::InitialMargin);
    // Paying for protection it does not need lowers IM too.
    expect_error!(f.trade(writer, buyer, other, 0.1, 500.0), PlimsollError::InitialMargin);
    // It closes at the mark, and not at a price that gives its money away.
    expect_error!(f.trade(writer, buyer, call, 0.1, mark + 50.0), PlimsollError::OffMarketPrice);
    let before = f.check_health(writer).initial_atoms;
    f.trade(writer, buyer, call, 1.0, mark).unwrap();
    assert!(f.check_health(writer).initial_atoms > before);
}

#[test]
fn open_interest_stays_within_its_limit() {
    let mut market = MarketSetup::default();
    market.params.max_open_interest_e6 = 1_000_000;
    let mut f = Fixture::new(&Setup::default().with_market(market));
    let [a, b, c] = ["a", "b", "c"].map(|name| f.trader(name, 10_000.0));
    let call = f.call(ETH, 0, 1_600.0);
    expect_error!(f.trade(a, b, call, 1.000_001, 30.0), PlimsollError::OpenInterestLimit);
    f.trade(a, b, call, 1.0, 30.0).unwrap();
    expect_error!(f.trade(a, b, call, 0.000_001, 30.0), PlimsollError::OpenInterestLimit);
    expect_error!(f.trade(b, c, call, -1.0, 30.0), PlimsollError::OpenInterestLimit);
    // From hand to hand, and closing, it does not grow.
    f.trade(c, a, call, 1.0, 30.0).unwrap();
    f.trade(c, b, call, -1.0, 30.0).unwrap();
}
