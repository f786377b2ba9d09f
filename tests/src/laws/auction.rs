//! An auction runs only while its account is in breach, ages no faster than time, and remembers what was paid.
//!
//! ```text
//! always     0 < started ≤ seen and 0 ≤ elapsed ≤ seen − started while it runs, and so its clock as an insolvent account's; else
//!            nothing is left of it
//! starts     MM < 0 before, as a liquidation sees it
//! ends       MM ≥ 0 after
//! R          grows by what a slice costs, and shrinks with what of it is taken over and with shared losses
//! ```

use super::liquidation::lots;
use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::world::World;
use plimsoll::events::{AccountLiquidated, AccountTakenOver};
use plimsoll::state::{Auction, MarginAccount};
use solana_pubkey::Pubkey;

/// The law about state alone.
pub fn check_state(world: &World) -> Result<(), Broken> {
    world.accounts.iter().try_for_each(|(key, account)| check_clock(key, &account.auction))
}

fn check_clock(key: &Pubkey, auction: &Auction) -> Result<(), Broken> {
    let is_lawful = match auction.is_running() {
        false => *auction == Auction::default(),
        true => {
            0 < auction.started_at
                && auction.started_at <= auction.seen_at
                && (0..=auction.seen_at - auction.started_at).contains(&auction.elapsed_secs)
                && auction.paid_atoms >= 0
                && (auction.insolvent_at == 0 || (auction.started_at..=auction.seen_at).contains(&auction.insolvent_at))
                && (0..=auction.seen_at - auction.insolvent_at).contains(&auction.insolvent_secs)
        }
    };
    is_lawful.then_some(()).ok_or_else(|| format!("the auction of {key} is impossible: {auction:?}"))
}

/// The law about one transaction.
pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() {
        return Ok(());
    }
    step.after.accounts.iter().try_for_each(|(key, after)| match step.before.account(key) {
        Some(before) if before.auction != after.auction => check_change(step, key, before, after),
        _ => Ok(()),
    })
}

fn check_change(step: &Step, key: &Pubkey, before: &MarginAccount, after: &MarginAccount) -> Result<(), Broken> {
    let (old, new) = (&before.auction, &after.auction);
    let changed = || format!("the auction of {key} went from {old:?} to {new:?}");
    let is_new = new.is_running() && new.started_at != old.started_at;
    if is_new && !valued(&step.before, key)?.is_liquidatable().unwrap_or(false) {
        return Err(format!("{} without a breach", changed()));
    }
    if !new.is_running() {
        let maintenance = valued(&step.after, key)?.report.maintenance.raw();
        // What a slice leaves is told by a formula, and may be off by a lot of each leg.
        let slack = if sold(step).is_some() { lots(&step.before, key) + 4 } else { 0 };
        return if i128::from(maintenance) < -slack {
            Err(format!("{} at MM {maintenance}", changed()))
        } else {
            Ok(())
        };
    }
    // It lies in cash, which bears shared losses.
    let index = |account: &MarginAccount| i128::from(account.cash_index_e18.max(1));
    let worth = i128::from(old.paid_atoms) * index(after) / index(before);
    let from = if is_new { 0 } else { worth as i64 };
    let paid = sold(step).map_or(0, |event| event.payment_atoms);
    let is_takeover = !step.receipt.events::<AccountTakenOver>().is_empty();
    if is_takeover && (0..=from).contains(&new.paid_atoms) {
        return Ok(());
    }
    if new.paid_atoms != from + paid {
        return Err(format!("{} for {paid}", changed()));
    }
    Ok(())
}

fn sold(step: &Step) -> Option<AccountLiquidated> {
    step.receipt.events().pop()
}
