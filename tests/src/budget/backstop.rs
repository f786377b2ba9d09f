//! What the backstop costs, at several sizes of an account and of its own book.

use super::books::{book, breach};
use super::measures::Meter;
use super::Units;
use crate::fixture::buy_all;
use crate::{usd, Market, Token};
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

pub fn backstop() -> Units {
    let mut meter = Meter::default();
    for legs in [4, 16, 64] {
        let (f, writer, _) = &mut book(MarginMode::Cross, legs, 1);
        f.insured(0, 100_000.0);
        let mut terms = f.backstop_terms(&[ETH]);
        let create = f.create_backstop(terms);
        meter.note("create_backstop", create);
        terms.markets[0].max_notional_atoms = usd(1e9);
        terms.max_notional_atoms = usd(1e9);
        let set = f.change_backstop(|old| *old = terms);
        meter.note("set_backstop", set);
        let (pool, backer, caller) = (f.know_book(), f.trader("backer", 0.0), f.trader("caller", 0.0));
        let open = f.open_backstop_stake(backer);
        meter.note("open_backstop_stake", open);
        let deposit = f.deposit_backstop(pool, backer, usd(10_000_000.0) as u64);
        meter.note("deposit_backstop:empty", deposit);
        breach(f, *writer);
        let call = f.call_backstop_for(pool, caller, *writer, 0.1);
        meter.note(&format!("backstop_liquidate:{legs}_legs"), call);
        f.set_price(ETH, 3_500.0);
        let call = f.call_backstop(pool, caller, *writer);
        meter.note(&format!("backstop_liquidate:insolvent_{legs}_legs_{legs}_own"), call);
        let deposit = f.deposit_backstop(pool, backer, usd(1_000.0) as u64);
        meter.note(&format!("deposit_backstop:{legs}_legs"), deposit);
        let request = f.request_backstop_leave(backer, usd(1.0));
        meter.note("request_backstop_leave", request);
        f.pass(f.backstop().terms.cooldown_secs);
        let withdraw = f.withdraw_backstop(pool, backer, usd(1.0));
        meter.note(&format!("withdraw_backstop:{legs}_legs"), withdraw);
    }
    let (f, _, buyer) = &mut book(MarginMode::Cross, 4, 1);
    let (_, pool) = f.backed(&[ETH], 1_000.0);
    let owner = f.trader("owner", 0.0);
    f.deposit_token(owner, Token(0), 1_000_000_000).unwrap_or_else(|failure| panic!("deposit: {failure}"));
    let slot = f.account(owner).collaterals[0];
    f.edit_account(owner, |account| account.collaterals[0] = bytemuck::Zeroable::zeroed());
    f.edit_account(pool, |account| account.collaterals[0] = slot);
    let buy = f.buy_backstop_collateral(pool, *buyer, buy_all(slot.collateral));
    meter.note("buy_backstop_collateral:4_legs", buy);
    meter.0
}
