//! `sync_interest`.

use super::support::{written_calls, Foreign, ETH};
use crate::chain::Receipt;
use crate::fixture::{instruction, Events};
use crate::{expect_error, Failure, Fixture, Market, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::InterestSynced;
use plimsoll::{accounts, instruction as data};

fn sync(f: &mut Fixture, market: Market, trader: Trader) -> Result<Receipt, Failure> {
    let accounts = accounts::SyncInterest { underlying: f.market_key(market), margin_account: f.margin_key(trader) };
    f.send(&[instruction(accounts, data::SyncInterest {}, &[])], &[])
}

#[test]
fn what_a_liquidation_netted_away_leaves_the_open_interest() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.set_price(ETH, 1_900.0);
    // The holder of the calls takes over their bankrupt writer: nothing is open any more, the counters do not know yet.
    f.liquidate(buyer, writer).unwrap();
    assert_eq!((f.position(buyer, call), f.account(buyer).position_count), (0, 1));
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (2_000_000, 2_000_000));
    let event: InterestSynced = sync(&mut f, ETH, buyer).unwrap().event();
    assert_eq!((event.account, event.underlying), (f.margin_key(buyer), f.market_key(ETH)));
    assert_eq!(event.netted_e6, 2_000_000);
    assert_eq!((f.series(call).long_e6, f.series(call).short_e6), (0, 0));
    assert_eq!(f.account(buyer).position_count, 0);
    expect_error!(sync(&mut f, ETH, buyer), PlimsollError::NothingToSettle);
}

#[test]
fn there_has_to_be_something_to_sync_on_one_exchange() {
    let mut f = Fixture::default();
    let (buyer, _, _) = written_calls(&mut f);
    let idle = f.trader("idle", 0.0);
    let foreign = Foreign::new(&mut f);
    expect_error!(sync(&mut f, ETH, buyer), PlimsollError::NothingToSettle);
    expect_error!(sync(&mut f, ETH, idle), PlimsollError::NothingToSettle);
    expect_error!(sync(&mut f, ETH, foreign.trader), PlimsollError::WrongExchange);
    expect_error!(sync(&mut f, foreign.market, buyer), PlimsollError::WrongExchange);
}
