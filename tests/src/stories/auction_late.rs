//! Auctions that run long: an oracle that falls silent during one and comes back, and the largest account taken late in its own.

use crate::fixture::{Events, MINUTE, TAKE_ALL};
use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, BreachSeen};
use plimsoll::instructions::{LiquidateArgs, TradeArgs};
use plimsoll::state::{Auction, MarginMode};

const ETH: Market = Market(0);

struct Scene {
    f: Fixture,
    writer: Trader,
    taker: Trader,
    call: Contract,
}

/// The writer of ten calls, just in breach during a rise; his auction has been started.
fn breached() -> Scene {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let (writer, maker) = (f.trader("writer", 3_000.0), f.trader("maker", 1_000_000.0));
    let taker = f.trader("taker", 100_000.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -10.0, 65.0).unwrap();
    let mut price = 1_500.0;
    while f.check_health(writer).equity_atoms > usd(1_000.0) {
        price += 5.0;
        f.set_price(ETH, price);
    }
    f.flag(writer).unwrap();
    Scene { f, writer, taker, call }
}

impl Scene {
    /// Somebody looks every minute while no price is published.
    fn watch_silence(&mut self, minutes: usize) -> BreachSeen {
        let mut seen = || {
            self.f.advance(MINUTE);
            self.f.flag(self.writer).unwrap().event()
        };
        (0..minutes).map(|_| seen()).last().expect("at least a minute")
    }

    fn take(&mut self, part: f64) -> AccountLiquidated {
        let args = LiquidateArgs { max_fraction_e9: (part * 1e9) as i64, ..TAKE_ALL };
        self.f.liquidate_with(self.taker, self.writer, args).unwrap().event()
    }

    fn auction(&self) -> Auction {
        self.f.account(self.writer).auction
    }
}

/// An hour of silence, watched to its end: the oldest price that liquidates has been used up.
fn silenced() -> Scene {
    let mut s = breached();
    let published = s.f.now();
    assert_eq!(s.watch_silence(20).discount_e9, 733_333_334);
    // No new risk from the second minute on, but slices go at the last price, cheaper and cheaper.
    let trade = TradeArgs { series: s.call.series, size_e6: -1, price_e9: 1_000_000_000 };
    let trade = s.f.trade_instruction(s.taker, s.writer, ETH, trade);
    expect_error!(s.f.send(&[trade], &[&s.f.owner(s.taker), &s.f.owner(s.writer)]), PlimsollError::OracleStale);
    let told = s.take(0.02);
    assert_eq!((told.discount_e9, told.lag_secs), (733_333_334, 20 * MINUTE));
    assert_eq!(s.watch_silence(40).discount_e9, 466_666_667);
    assert_eq!(s.f.now(), published + 60 * MINUTE);
    assert_eq!(s.take(0.02).discount_e9, 466_666_667);
    // A second more and nothing may be sold or even seen: the auction stays where it is.
    let auction = s.auction();
    s.f.advance(1);
    expect_error!(s.f.liquidate(s.taker, s.writer), PlimsollError::OracleStale);
    expect_error!(s.f.flag(s.writer), PlimsollError::OracleStale);
    assert_eq!((s.auction(), auction.elapsed_secs), (auction, 60 * MINUTE));
    s
}

#[test]
fn an_auction_goes_on_at_the_last_price_until_the_oracle_is_back_and_the_blind_minutes_count_one() {
    let mut s = silenced();
    s.f.advance(5 * MINUTE - 1);
    let price = s.f.market(ETH).price.index_e9 as f64 / 1e9;
    s.f.refresh();
    s.f.set_price(ETH, price + 20.0);
    let paid = s.auction().paid_atoms;
    let told = s.take(0.02);
    // Five minutes nobody could see are one to the clock, and what earlier takers paid is still theirs to leave.
    assert_eq!((told.discount_e9, told.lag_secs, told.kept_atoms), (460_000_000, 65 * MINUTE, paid));
    assert_eq!((s.auction().elapsed_secs, s.auction().paid_atoms), (61 * MINUTE, paid + told.payment_atoms));
    s.take(1.0);
    assert_eq!(s.auction(), Auction::default());
    assert!(s.f.check_health(s.writer).maintenance_atoms >= 0);
}

#[test]
fn an_auction_that_was_blind_for_longer_than_its_fast_leg_begins_anew() {
    let mut s = silenced();
    s.f.advance(10 * MINUTE);
    s.f.refresh();
    let seen: BreachSeen = s.f.flag(s.writer).unwrap().event();
    assert_eq!(seen.discount_e9, 980_000_000);
    let auction = s.auction();
    assert_eq!((auction.started_at, auction.elapsed_secs, auction.paid_atoms), (s.f.now(), 0, 0));
}

#[test]
fn the_largest_portfolio_account_is_taken_late_in_its_auction_in_one_transaction() {
    let symbols = ["ETH", "BTC", "SUI", "XRP"];
    let markets = symbols.map(|symbol| MarketSetup::new(symbol, 1_500.0)).into();
    let mut f = Fixture::new(&Setup { markets, ..Setup::lite() });
    let writer = f.trader_in("writer", MarginMode::Portfolio, 30_000.0);
    let (maker, taker) = (f.trader("maker", 10_000_000.0), f.trader("taker", 10_000_000.0));
    for number in 0..64 {
        let strike = 1_300.0 + 25.0 * (number / 4) as f64;
        let call = f.call(Market(number % 4), (number % 2) as u8, strike);
        f.trade(writer, maker, call, -1.0, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    let mut price = 1_500.0;
    while f.check_health(writer).maintenance_atoms >= 0 {
        price += 2.0;
        (0..4).for_each(|market| drop(f.set_price(Market(market), price)));
    }
    f.flag(writer).unwrap();
    for _ in 0..40 {
        f.pass(MINUTE);
        f.flag(writer).unwrap();
    }
    let required = |report: &plimsoll::instructions::HealthReport| report.equity_atoms - report.maintenance_atoms;
    let before = f.check_health(writer);
    let receipt = f.liquidate(taker, writer).unwrap();
    let told: AccountLiquidated = receipt.event();
    assert_eq!((told.discount_e9, told.lag_secs), (600_000_000, 40 * MINUTE));
    // Forty percent of what is for sale is the taker's, and the account has its buffer or is gone.
    let bonus = 0.4 * before.equity_atoms as f64 * told.fraction_e9 as f64 / 1e9;
    assert!((told.bonus_atoms as f64 - bonus).abs() < 2.0, "{} of {bonus}", told.bonus_atoms);
    assert_eq!(f.account(taker).position_count, 64);
    let after = f.check_health(writer);
    assert!(after.maintenance_atoms >= 0 && required(&after) < required(&before), "{after:?}");
    assert!(receipt.units < 400_000, "{}", receipt.units);
}
