//! Hedges of accounts in breach.

use super::books::{book, breach, lone_leg};
use super::measures::Meter;
use super::Units;
use crate::chain::Receipt;
use crate::fixture::new_hedge;
use crate::{Failure, Fixture, Market, Trader};
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

/// An option that is in neither book, listed before or on the spot, and one that both hold.
pub fn hedges() -> Units {
    let mut meter = Meter::default();
    for (mode, name) in [(MarginMode::Cross, "cross"), (MarginMode::Portfolio, "portfolio")] {
        for (legs, own) in [(4, 0), (32, 8), (60, 8)] {
            let size = format!("hedge:{name}_{legs}_legs_by_{name}_{own}");
            let (f, writer, provider) = &mut breached(mode, (legs, 1), own);
            let held = lone_leg(f, 2, 1);
            let sent = f.hedge_of_first_size(*provider, *writer, ETH, |size| held.hedge(size));
            meter.note(&format!("{size}_closing"), sent);
            if mode == MarginMode::Cross {
                // There a long counts where it caps a loss: in books of one short.
                continue;
            }
            meter.note(&size, sold_listed(mode, (legs, 1), own));
            if legs == 32 {
                meter.note(&format!("{size}_4_underlyings"), sold_listed(mode, (legs, 4), own));
                let (f, writer, provider) = &mut breached(mode, (legs, 1), own);
                let strike = round_strike(f);
                let sent = f.hedge_of_first_size(*provider, *writer, ETH, |size| new_hedge(0, false, strike, size));
                meter.note(&format!("{size}_listed_on_the_spot"), sent);
            }
        }
    }
    meter.0
}

/// A hedge with an option that is listed, and that neither holds.
fn sold_listed(mode: MarginMode, size: (usize, usize), own: usize) -> Result<Receipt, Failure> {
    let (f, writer, provider) = &mut breached(mode, size, own);
    let strike = round_strike(f);
    let listed = f.call(ETH, 0, strike);
    f.hedge_of_first_size(*provider, *writer, ETH, |size| listed.hedge(size))
}

/// A writer short of so many legs of so many underlyings, in breach, and a provider who holds some of them.
fn breached(mode: MarginMode, (legs, underlyings): (usize, usize), own: usize) -> (Fixture, Trader, Trader) {
    let (mut f, writer, maker) = match mode {
        MarginMode::Portfolio => book(mode, legs, underlyings),
        _ => super::books::book_of(mode, legs, underlyings, (lone_leg, super::books::short)),
    };
    let provider = f.trader_in("provider", mode, 10_000_000.0);
    for number in 0..own {
        let contract = lone_leg(&mut f, number, underlyings);
        f.trade(provider, maker, contract, 0.5, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    breach(&mut f, writer);
    (f, writer, provider)
}

/// A strike that anybody may list and no book here uses.
fn round_strike(f: &Fixture) -> f64 {
    let index = f.market(ETH).price.index_e9 / 1_000_000_000;
    (index / 100 * 100 + 200) as f64
}
