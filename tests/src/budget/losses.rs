//! Deleveraging and shared losses.

use super::books::{book, lone_leg};
use super::measures::Meter;
use super::Units;
use crate::{usd, Fixture, Market, Trader};
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

/// An insolvent account of 32 legs, a counterparty with eight, and a debt without anything behind it.
pub fn losses() -> Units {
    let mut meter = Meter::default();
    for underlyings in [1, 4] {
        let (f, writer, maker) = &mut book(MarginMode::Portfolio, 32, underlyings);
        let holder = holder(f, *maker, underlyings);
        insolvent(f, *writer, underlyings);
        let call = lone_leg(f, 0, underlyings);
        let opened = f.open_queue(call);
        meter.note("open_queue", opened);
        let ranked = f.rank(holder, call);
        meter.note(&format!("rank_position:portfolio_8_legs_{underlyings}_underlyings"), ranked);
        let sent = f.deleverage(*writer, holder, call);
        meter.note(&format!("deleverage:portfolio_32_legs_{underlyings}_underlyings_by_portfolio_8"), sent);
    }
    let f = &mut Fixture::default();
    f.create_insurance_fund(0).unwrap_or_else(|failure| panic!("create_insurance_fund: {failure}"));
    let (debtor, rich) = (f.trader("debtor", 0.0), f.trader("rich", 10_000.0));
    f.edit_account(debtor, |account| account.cash_atoms -= usd(100.0));
    f.edit_account(rich, |account| account.cash_atoms += usd(100.0));
    f.outlast(debtor, 900);
    let sent = f.share_loss(debtor);
    meter.note("share_loss", sent);
    meter.0
}

/// Somebody who takes the first eight legs off the maker.
fn holder(f: &mut Fixture, maker: Trader, underlyings: usize) -> Trader {
    let holder = f.trader_in("holder", MarginMode::Portfolio, 100_000.0);
    for number in 0..8 {
        let contract = lone_leg(f, number, underlyings);
        f.trade(holder, maker, contract, 1.0, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    holder
}

/// Prices at which the account owes, and its auction is over.
fn insolvent(f: &mut Fixture, writer: Trader, underlyings: usize) {
    f.create_insurance_fund(0).unwrap_or_else(|failure| panic!("create_insurance_fund: {failure}"));
    for market in (0..underlyings).map(Market) {
        f.set_price(market, 3_500.0);
    }
    f.outlast(writer, 900);
    assert_eq!(f.market(ETH).price.index_e9, 3_500_000_000_000);
}
