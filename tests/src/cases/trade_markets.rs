//! `trade`: the markets two accounts need, how many they may use, and what prices allow.

use super::support::{slow_setup, with, without, written_calls, Foreign, ETH, SOL, VOL_AGE};
use crate::fixture::key;
use crate::{expect_error, usd, Fixture, Market, MarketSetup, Setup, VolSetup};
use plimsoll::errors::PlimsollError;
use plimsoll::instructions::TradeArgs;
use plimsoll::state::{MarginMode, PauseBits};
use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

const BOTH: &[&str] = &["buyer", "writer"];

#[test]
fn a_pause_lets_only_trades_pass_that_raise_initial_margin() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    let mark = f.check_health(buyer).mark_atoms as f64 / 2e6;
    f.pause(PauseBits::TRADE, 60).unwrap();
    expect_error!(f.trade(buyer, writer, call, 0.1, mark), PlimsollError::Paused);
    expect_error!(f.trade(buyer, writer, call, -0.1, mark - 20.0), PlimsollError::OffMarketPrice);
    f.trade(buyer, writer, call, -0.1, mark).unwrap();
    f.advance(60);
    f.trade(buyer, writer, call, 0.1, mark).unwrap();
    f.pause(PauseBits::DEPOSIT | PauseBits::WITHDRAW, 60).unwrap();
    f.trade(buyer, writer, call, 0.1, mark).unwrap();
}

#[test]
fn accounts_of_another_exchange_do_not_trade() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    let foreign = Foreign::new(&mut f);
    expect_error!(f.trade(buyer, foreign.trader, call, 0.1, 30.0), PlimsollError::WrongExchange);
    expect_error!(f.trade(foreign.trader, writer, call, 0.1, 30.0), PlimsollError::WrongExchange);
    let args = TradeArgs { series: 0, size_e6: 100_000, price_e9: 0 };
    let elsewhere = f.trade_instruction(buyer, writer, foreign.market, args);
    expect_error!(f.send_as(elsewhere, BOTH), PlimsollError::WrongExchange);
    let deal = f.deal(buyer, writer, call, 0.1, 30.0);
    let under = super::support::replaced(deal.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(under, BOTH), PlimsollError::WrongExchange);
    for key in [f.market_key(foreign.market), f.token_key(foreign.token)] {
        expect_error!(f.send_as(with(deal.clone(), &[key]), BOTH), PlimsollError::WrongExchange);
    }
}

#[test]
fn every_market_of_both_accounts_has_to_be_there_and_nothing_else() {
    let mut f = Fixture::new(&Setup {
        markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 1_500.0)],
        ..Setup::default()
    });
    let (buyer, writer, call) = written_calls(&mut f);
    let third = f.trader("third", 1_000.0);
    let other = f.call(Market(1), 0, 1_600.0);
    f.trade(buyer, third, other, 0.1, 30.0).unwrap();
    f.deposit_token(writer, SOL, 1_000).unwrap();
    let deal = f.deal(buyer, writer, call, 0.1, 30.0);
    for key in [f.market_key(Market(1)), f.token_key(SOL)] {
        expect_error!(f.send_as(without(deal.clone(), key), BOTH), PlimsollError::MarketMissing);
    }
    for key in [f.margin_key(third), f.exchange, f.quote_mint, key("nothing here").pubkey()] {
        expect_error!(f.send_as(with(deal.clone(), &[key]), BOTH), PlimsollError::UnexpectedAccount);
    }
    // A party of the trade is locked while it trades.
    let locked = f.send_as(with(deal.clone(), &[f.margin_key(writer)]), BOTH).unwrap_err();
    assert_eq!(locked.error, TransactionError::InstructionError(1, InstructionError::AccountBorrowFailed));
    // The same markets again do no harm, as long as they are no crowd.
    let again = [f.market_key(ETH), f.market_key(Market(1)), f.token_key(SOL)];
    f.send_as(with(deal.clone(), &again), BOTH).unwrap();
    let crowd = vec![f.market_key(ETH); 32];
    expect_error!(f.send_as(with(deal, &crowd), BOTH), PlimsollError::UnexpectedAccount);
}

#[test]
fn an_isolated_account_stays_with_its_underlying() {
    let mut f = Fixture::new(&Setup {
        markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 1_500.0)],
        ..Setup::default()
    });
    let maker = f.trader("maker", 10_000.0);
    let isolated = f.open_account("isolated", MarginMode::Isolated);
    f.deposit(isolated, usd(1_000.0) as u64).unwrap();
    let (call, other) = (f.call(ETH, 0, 1_600.0), f.call(Market(1), 0, 1_600.0));
    f.trade(isolated, maker, call, 0.1, 30.0).unwrap();
    expect_error!(f.trade(isolated, maker, other, 0.1, 30.0), PlimsollError::IsolatedUnderlying);
    expect_error!(f.trade(maker, isolated, other, 0.1, 30.0), PlimsollError::IsolatedUnderlying);
    // Free again, it may choose another.
    f.trade(isolated, maker, call, -0.1, 30.0).unwrap();
    f.trade(isolated, maker, other, 0.1, 30.0).unwrap();
}

#[test]
fn a_sixty_fifth_position_finds_no_slot() {
    let mut f = Fixture::default();
    let (buyer, writer) = (f.trader("buyer", 1_000.0), f.trader("writer", 1_000.0));
    let contracts = f.list_many(ETH, 65);
    f.trade_lots(buyer, writer, &contracts[..64]);
    assert_eq!(f.account(writer).position_count, 64);
    expect_error!(f.trade(buyer, writer, contracts[64], 0.000_001, 0.0), PlimsollError::TooManyPositions);
    let fresh = f.trader("fresh", 1_000.0);
    expect_error!(f.trade(fresh, writer, contracts[64], 0.000_001, 0.0), PlimsollError::TooManyPositions);
    f.trade(buyer, writer, contracts[0], -0.000_001, 0.0).unwrap();
    f.trade(buyer, writer, contracts[64], 0.000_001, 0.0).unwrap();
}

/// Nine markets.
pub fn nine_markets() -> Setup {
    const SYMBOLS: [&str; 9] = ["U0", "U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8"];
    Setup { markets: SYMBOLS.map(|symbol| MarketSetup::new(symbol, 1_500.0)).into(), ..Setup::default() }
}

#[test]
fn a_ninth_underlying_finds_no_slot() {
    let mut f = Fixture::new(&nine_markets());
    let (buyer, writer) = (f.trader("buyer", 1_000.0), f.trader("writer", 1_000.0));
    let calls: Vec<_> = (0..9).map(|market| f.call(Market(market), 0, 1_600.0)).collect();
    f.trade_lots(buyer, writer, &calls[..8]);
    expect_error!(f.trade(buyer, writer, calls[8], 0.000_001, 0.0), PlimsollError::TooManyUnderlyings);
    f.trade(buyer, writer, calls[3], -0.000_001, 0.0).unwrap();
    f.trade(buyer, writer, calls[8], 0.000_001, 0.0).unwrap();
    assert_eq!(f.account(buyer).underlyings[3], f.market_key(Market(8)));
}

#[test]
fn nobody_trades_at_an_old_price() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.advance(61);
    expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::OracleStale);
    expect_error!(f.trade(buyer, writer, call, -0.1, 30.0), PlimsollError::OracleStale);
    f.update_price(ETH).unwrap();
    expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::OracleStale);
    f.update_stable_price().unwrap();
    f.trade(buyer, writer, call, 0.1, 30.0).unwrap();
}

#[test]
fn while_prices_diverge_only_trades_that_raise_initial_margin_pass() {
    let mut f = Fixture::new(&slow_setup());
    let (buyer, writer, call) = written_calls(&mut f);
    f.deposit(writer, usd(5_000.0) as u64).unwrap();
    f.set_price(ETH, 1_650.0);
    let mark = f.check_health(buyer).mark_atoms as f64 / 2e6;
    for price in [0.0, mark, mark + 1.0, mark + 500.0] {
        expect_error!(f.trade(buyer, writer, call, 0.1, price), PlimsollError::PriceDivergence);
    }
    // Closing helps both, at a price neither loses more by than by a liquidation.
    for price in [mark - 10.0, mark + 10.0] {
        expect_error!(f.trade(buyer, writer, call, -1.0, price), PlimsollError::OffMarketPrice);
    }
    f.trade(buyer, writer, call, -1.0, mark + 1.0).unwrap();
    assert_eq!(f.position(writer, call), -1_000_000);
}

#[test]
fn while_a_surface_is_old_only_trades_that_raise_initial_margin_pass() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.deposit(writer, usd(5_000.0) as u64).unwrap();
    f.advance(VOL_AGE);
    f.update_prices_only();
    let mark = f.check_health(buyer).mark_atoms as f64 / 2e6;
    expect_error!(f.trade(buyer, writer, call, 0.1, mark), PlimsollError::VolatilityStale);
    f.trade(buyer, writer, call, -1.0, mark + 1.0).unwrap();
    f.publish_vol(ETH, 0, VolSetup::flat(0.8)).unwrap();
    f.trade(buyer, writer, call, 0.1, mark).unwrap();
}
