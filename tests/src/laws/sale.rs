//! A sale of collateral helps the account, pays for no more than it owes, and costs no more than its discount.
//!
//! ```text
//! before     MM < 0 ≤ E, cash < 0
//! after      MM higher; cash at most what an atom of the collateral costs above 0; the buffer not overshot by more than that
//! price      E' − E ≥ −(1 − d)·worth; the buyer's E' − E and the fee together at most that
//! ```

use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::world::World;
use anchor_lang::Discriminator;
use plimsoll::events::CollateralBought;
use plimsoll::instruction::BuyCollateral;
use plimsoll_risk::margin::MarginReport;

pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() || step.calls(BuyCollateral::DISCRIMINATOR).next().is_none() {
        return Ok(());
    }
    let event: CollateralBought = step.receipt.event();
    let (before, after) = (valued(&step.before, &event.account)?.report, valued(&step.after, &event.account)?.report);
    let cash = |world: &World| world.account(&event.account).map_or(0, |account| account.cash_atoms);
    let (cash, cash_after) = (cash(&step.before), cash(&step.after));
    if !before.maintenance.is_negative() || before.equity.is_negative() || cash >= 0 {
        return Err(format!("{} had no need to sell: {before:?}, cash {cash}", event.account));
    }
    if after.maintenance <= before.maintenance {
        return Err(format!("MM fell: {before:?} to {after:?}"));
    }
    let required = |report: &MarginReport| i128::from(report.equity.raw()) - i128::from(report.maintenance.raw());
    let (was, is) = (
        i128::from(before.equity.raw()) * required(&after),
        (i128::from(after.equity.raw()) + 2) * (required(&before) + 2),
    );
    if after.equity.is_negative() || is < was {
        return Err(format!("HF fell: {before:?} to {after:?}"));
    }
    // A billionth of the whole balance and an atom of it, in the quote asset.
    let billionth = before.collateral.raw() / 500_000_000;
    let lot = 20 + billionth + event.payment_atoms / event.amount_atoms.max(1) as i64;
    let requirement = after.equity.raw() - after.maintenance.raw();
    let buffer = i128::from(step.before.exchanges[0].1.liquidation.buffer_e9);
    let target = (i128::from(requirement) * buffer / 1_000_000_000) as i64;
    if cash_after > lot || after.maintenance.raw() > target + 2 * lot {
        return Err(format!("sold too much: cash {cash_after}, {after:?}, target {target}, lot {lot}"));
    }
    let lost = before.equity.raw() - after.equity.raw();
    let gain = valued(&step.after, &event.buyer)?.report.equity.raw()
        - valued(&step.before, &event.buyer)?.report.equity.raw();
    let worth = i128::from(event.payment_atoms + event.bonus_atoms);
    let bound = (worth * i128::from(1_000_000_000 - event.discount_e9) / 1_000_000_000) as i64 + 6;
    if lost > bound || gain + event.fee_atoms > bound {
        return Err(format!("lost {lost}, gained {gain} and a fee of {}, at most {bound}", event.fee_atoms));
    }
    Ok(())
}
