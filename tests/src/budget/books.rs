//! The books that are measured.

use crate::{Contract, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::state::MarginMode;

/// A writer short one of each leg, and the maker who bought them.
pub(super) fn book(mode: MarginMode, legs: usize, underlyings: usize) -> (Fixture, Trader, Trader) {
    book_of(mode, legs, underlyings, (if mode == MarginMode::Portfolio { lone_leg } else { leg }, short))
}

/// One contract written.
pub(super) fn short(_: usize) -> f64 {
    -1.0
}

/// Two shorts and two longs of each of four underlyings in turn: a call and a put of either sign.
pub(super) fn hedged(number: usize) -> f64 {
    [-1.0, 1.0][number / 8 % 2]
}

/// Short and long in turn.
pub(super) fn in_turn(number: usize) -> f64 {
    [-1.0, 1.0][number % 2]
}

/// The contract of a leg by its number, among so many underlyings.
pub(super) type LegOf = fn(&mut Fixture, usize, usize) -> Contract;
/// The size the writer has of it.
pub(super) type SizeOf = fn(usize) -> f64;

/// The same of any legs and sizes.
pub(super) fn book_of(
    mode: MarginMode,
    legs: usize,
    underlyings: usize,
    (leg, size): (LegOf, SizeOf),
) -> (Fixture, Trader, Trader) {
    let names = ["ETH", "BTC", "SUI", "XRP"];
    let mut markets: Vec<_> = names[..underlyings].iter().map(|name| MarketSetup::new(name, 1_500.0)).collect();
    if mode == MarginMode::Portfolio {
        // No feed is certain: the ends of the price range cost each leg two values more.
        markets.iter_mut().for_each(|market| market.oracle.confidence = 0.75);
    }
    let mut f = Fixture::new(&Setup { markets, ..Setup::lite() });
    let writer = f.trader_in("writer", mode, 500.0 + 450.0 * legs as f64);
    let maker = f.trader("maker", 10_000_000.0);
    for number in 0..legs {
        let contract = leg(&mut f, number, underlyings);
        f.trade(writer, maker, contract, size(number), 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    f.pass(1);
    (f, writer, maker)
}

/// Call and put in turn at one strike after the other: the first 32 of an underlying in its first expiry.
pub(super) fn leg(f: &mut Fixture, number: usize, underlyings: usize) -> Contract {
    let (market, number) = (Market(number % underlyings), number / underlyings);
    let (expiry, strike) = ((number / 32) as u8, 1_300.0 + 25.0 * (number % 32 / 2) as f64);
    if number % 2 == 0 {
        f.call(market, expiry, strike)
    } else {
        f.put(market, expiry, strike)
    }
}

/// Calls and puts in turn, every one at a strike of its own.
pub(super) fn lone_leg(f: &mut Fixture, number: usize, underlyings: usize) -> Contract {
    let (market, number) = (Market(number % underlyings), number / underlyings);
    let (expiry, strike) = ((number / 32) as u8, 1_300.0 + 12.5 * (number % 32) as f64);
    if number % 2 == 0 {
        f.call(market, expiry, strike)
    } else {
        f.put(market, expiry, strike)
    }
}

/// Calls a dollar apart: spreads that lose so little at any spot price that their skews are scanned as well.
pub(super) fn narrow_leg(f: &mut Fixture, number: usize, underlyings: usize) -> Contract {
    f.call(Market(number % underlyings), 0, 1_400.0 + (number / underlyings) as f64)
}

/// Raises every price until the account can be liquidated.
pub(super) fn breach(f: &mut Fixture, trader: Trader) {
    for step in 1..200 {
        for market in 0..f.market_count() {
            f.set_price(Market(market), 1_500.0 * (1.0 + 0.01 * f64::from(step)));
        }
        if f.check_health(trader).maintenance_atoms < 0 {
            return;
        }
    }
    panic!("the account withstands any price");
}
