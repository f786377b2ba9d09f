//! Auctions: several takers, a price that falls while nobody comes, and money that is sold once only.

use crate::fixture::{Events, TAKE_ALL};
use crate::{expect_error, usd, Contract, Fixture, Market, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, BreachSeen};
use plimsoll::instructions::LiquidateArgs;
use plimsoll::state::Auction;

const ETH: Market = Market(0);

struct Scene {
    f: Fixture,
    writer: Trader,
    takers: [Trader; 2],
    call: Contract,
}

/// The writer of ten calls, at a price where he is in breach with this much equity or a little less.
fn breached(equity: f64) -> Scene {
    let mut f = Fixture::new(&Setup::lite().without_fees());
    let (writer, maker) = (f.trader("writer", 3_000.0), f.trader("maker", 1_000_000.0));
    let takers = ["first", "second"].map(|name| f.trader(name, 100_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -10.0, 65.0).unwrap();
    let mut price = 1_500.0;
    while f.check_health(writer).equity_atoms > usd(equity) {
        price += 5.0;
        f.set_price(ETH, price);
    }
    Scene { f, writer, takers, call }
}

impl Scene {
    fn take(&mut self, taker: usize, part: f64) -> AccountLiquidated {
        let args = LiquidateArgs { max_fraction_e9: (part * 1e9) as i64, ..TAKE_ALL };
        self.f.liquidate_with(self.takers[taker], self.writer, args).unwrap().event()
    }

    /// Somebody looks every half minute.
    fn watch(&mut self, minutes: usize) -> BreachSeen {
        (0..2 * minutes)
            .map(|_| {
                self.f.pass(30);
                self.f.flag(self.writer).unwrap().event()
            })
            .last()
            .unwrap()
    }
}

#[test]
fn what_the_first_taker_paid_is_not_sold_to_the_second() {
    let mut s = breached(1_000.0);
    let first = s.take(0, 0.1);
    assert_eq!((first.kept_atoms, first.lag_secs, first.discount_e9), (0, 0, 980_000_000));
    let auction = s.f.account(s.writer).auction;
    assert_eq!((auction.paid_atoms, auction.started_at), (first.payment_atoms, s.f.now()));
    s.f.pass(60);
    let (cash, size) = (s.f.cash(s.writer), s.f.position(s.writer, s.call));
    let second = s.take(1, 0.05);
    assert_eq!((second.kept_atoms, second.lag_secs, second.discount_e9), (first.payment_atoms, 60, 962_000_000));
    // A twentieth of the position and of the cash that was there without the first taker's, at 96.2 % of what that is worth.
    assert_eq!(s.f.position(s.writer, s.call), size - (size as f64 * 0.05).floor() as i64);
    let for_sale = second.equity_before_atoms - first.payment_atoms;
    assert!((second.payment_atoms as f64 - 0.05 * 0.962 * for_sale as f64).abs() <= 1.0);
    let left = cash - first.payment_atoms;
    let handed = (left as f64 * 0.05).floor() as i64;
    assert!((s.f.cash(s.writer) - (cash - handed + second.payment_atoms)).abs() <= 1);
    assert_eq!(s.f.account(s.writer).auction.paid_atoms, first.payment_atoms + second.payment_atoms);
    // The rest of it, up to the buffer, ends the auction.
    s.take(0, 1.0);
    assert_eq!(s.f.account(s.writer).auction, Auction::default());
    assert!(s.f.check_health(s.writer).maintenance_atoms >= 0);
    expect_error!(s.f.liquidate(s.takers[1], s.writer), PlimsollError::NotLiquidatable);
}

#[test]
fn the_price_falls_until_somebody_comes_and_more_of_the_account_goes() {
    let sold = [0, 5, 10, 60, 110].map(|minutes| {
        let mut s = breached(1_000.0);
        s.f.flag(s.writer).unwrap();
        let discount = if minutes == 0 { 980_000_000 } else { s.watch(minutes).discount_e9 };
        let told = s.take(0, 1.0);
        assert_eq!((told.discount_e9, told.lag_secs), (discount, 60 * minutes as i64));
        (told.discount_e9, told.fraction_e9, told.bonus_atoms)
    });
    let discounts = [980_000_000, 890_000_000, 800_000_000, 466_666_667, 133_333_334];
    assert_eq!(sold.map(|(discount, ..)| discount), discounts);
    for pair in sold.windows(2) {
        assert!(pair[1].1 > pair[0].1 && pair[1].2 > pair[0].2, "{sold:?}");
    }
}

#[test]
fn an_auction_to_its_end_leaves_nobody_with_less_than_nothing() {
    let mut s = breached(500.0);
    s.f.flag(s.writer).unwrap();
    let seen = s.watch(131);
    assert_eq!(seen.discount_e9, 0);
    let told = s.take(0, 1.0);
    assert_eq!((told.fraction_e9, told.payment_atoms), (1_000_000_000, 0));
    assert_eq!(told.bonus_atoms, told.equity_before_atoms);
    assert_eq!((s.f.cash(s.writer), s.f.account(s.writer).position_count), (0, 0));
}

#[test]
fn nobody_gains_by_letting_a_breach_pass_unseen() {
    let mut s = breached(1_000.0);
    s.f.flag(s.writer).unwrap();
    s.f.pass(599);
    // Ten minutes were one to the auction: a taker who waits alone has to be seen waiting.
    let told = s.take(0, 0.05);
    assert_eq!((told.discount_e9, told.lag_secs), (962_000_000, 599));
}

#[test]
fn a_deposit_that_repairs_the_account_ends_the_auction_for_whoever_says_so() {
    let mut s = breached(1_000.0);
    s.take(0, 0.05);
    let paid = s.f.account(s.writer).auction.paid_atoms;
    assert!(paid > 0);
    s.f.deposit(s.writer, usd(10_000.0) as u64).unwrap();
    expect_error!(s.f.liquidate(s.takers[0], s.writer), PlimsollError::NotLiquidatable);
    let ended: plimsoll::events::AuctionEnded = s.f.flag(s.writer).unwrap().event();
    assert_eq!((ended.paid_atoms, s.f.account(s.writer).auction), (paid, Auction::default()));
    expect_error!(s.f.flag(s.writer), PlimsollError::NothingToFlag);
}

#[test]
fn money_paid_in_covers_what_the_account_comes_to_owe() {
    let mut s = breached(1_000.0);
    s.take(0, 0.1);
    let paid = s.f.account(s.writer).auction.paid_atoms;
    assert!(paid > 0);
    // The price runs on until less is left than was paid: nothing is for sale, and it is taken at no price.
    let mut price = s.f.market(ETH).price.index_e9 as f64 / 1e9;
    while s.f.check_health(s.writer).equity_atoms > paid / 2 {
        price += 0.5;
        s.f.set_price(ETH, price);
    }
    let equity = s.f.check_health(s.writer).equity_atoms;
    assert!(equity > 0, "{equity}");
    let told = s.take(1, 0.1);
    assert_eq!((told.kept_atoms, told.payment_atoms, told.bonus_atoms), (equity, 0, 0));
}
