//! A hedge helps a solvent account in breach, and costs it no more than a slice that releases as much.
//!
//! ```text
//! before     MM < 0 ≤ E, at the index and at every price that a divergent index leaves open
//! after      HF not lower, MM higher; MM' ≤ (buffer + max(buffer, 5 %))·MMR' + an atom, unless E was dust
//! cost       E − E' ≤ (1 − d)·(E − R)·(MMR − MMR')/MMR; the provider's E' − E and the fee together at most that and two atoms
//! untouched  collateral and R
//! ```

use super::{valued, Broken, Step};
use crate::fixture::Events;
use anchor_lang::Discriminator;
use plimsoll::events::AccountHedged;
use plimsoll::instruction::Hedge;
use plimsoll_risk::margin::MarginReport;

const ONE: i128 = 1_000_000_000;

/// E and MMR.
fn terms_of(report: &MarginReport) -> (i128, i128) {
    let equity = i128::from(report.equity.raw());
    (equity, equity - i128::from(report.maintenance.raw()))
}

pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() || step.calls(Hedge::DISCRIMINATOR).next().is_none() {
        return Ok(());
    }
    let event: AccountHedged = step.receipt.event();
    let breached = valued(&step.before, &event.account)?;
    let (before, after) = (breached.report, valued(&step.after, &event.account)?.report);
    if !breached.is_liquidatable().unwrap_or(false) || before.equity.is_negative() {
        return Err(format!("{} was not in breach, or insolvent, and has been hedged: {before:?}", event.account));
    }
    let told = [event.equity_before_atoms, event.maintenance_before_atoms];
    let then = [event.equity_after_atoms, event.maintenance_after_atoms];
    let of = |report: &MarginReport| [report.equity.raw(), report.maintenance.raw()];
    if told != of(&before) || then != of(&after) {
        return Err(format!("the event tells {told:?}, then {then:?}, before {before:?}, after {after:?}"));
    }
    check_helped(step, &before, &after)?;
    check_cost(step, &event, &before, &after)?;
    check_untouched(step, &event)
}

pub(super) fn check_helped(step: &Step, before: &MarginReport, after: &MarginReport) -> Result<(), Broken> {
    let ((equity, required), (equity_after, required_after)) = (terms_of(before), terms_of(after));
    if after.maintenance <= before.maintenance {
        return Err(format!("MM fell: {before:?} to {after:?}"));
    }
    if after.equity.is_negative() || equity_after * required < equity * required_after {
        return Err(format!("HF fell: {before:?} to {after:?}"));
    }
    let terms = &step.before.exchanges[0].1.liquidation;
    let room = i128::from(terms.buffer_e9 + terms.buffer_e9.max(50_000_000));
    let target = required_after * room / ONE + 1;
    if before.equity.raw() >= terms.dust_atoms && i128::from(after.maintenance.raw()) > target {
        return Err(format!("overshoot: MM' above {target}: {before:?} to {after:?}"));
    }
    Ok(())
}

fn check_cost(step: &Step, event: &AccountHedged, before: &MarginReport, after: &MarginReport) -> Result<(), Broken> {
    let ((equity, required), (equity_after, required_after)) = (terms_of(before), terms_of(after));
    let terms = &step.before.exchanges[0].1.liquidation;
    let paid = step.before.account(&event.account).map_or(0, |account| account.auction.paid_atoms);
    let kept = i128::from(event.kept_atoms);
    if event.discount_e9 > terms.discount_e9 || event.discount_e9 < 0 || !(0..=i128::from(paid)).contains(&kept) {
        return Err(format!("price {} with {kept} of {paid} kept", event.discount_e9));
    }
    let most = (equity - kept) * (ONE - i128::from(event.discount_e9)) / ONE * (required - required_after) / required;
    let value = |world| valued(world, &event.provider).map(|health| i128::from(health.report.equity.raw()));
    let (lost, gain) = (equity - equity_after, value(&step.after)? - value(&step.before)?);
    let (bonus, fee) = (i128::from(event.bonus_atoms), i128::from(event.fee_atoms));
    if fee < 0 || (fee - 1) * ONE > bonus * i128::from(terms.fee_e9) || bonus != lost {
        return Err(format!("lost {lost}, told a bonus of {bonus} and a fee of {fee}"));
    }
    // Marks are rounded once in each account, and coarser in portfolio margin.
    let marks: i128 = [(&step.before, &event.account), (&step.before, &event.provider), (&step.after, &event.provider)]
        .into_iter()
        .chain([(&step.after, &event.account)])
        .map(|(world, key)| super::liquidation::coarse(world, key))
        .sum();
    if lost > most || gain + fee > most + 2 + marks {
        return Err(format!("lost {lost}, gained {gain} and a fee of {fee}, at most {most}"));
    }
    Ok(())
}

fn check_untouched(step: &Step, event: &AccountHedged) -> Result<(), Broken> {
    let held = |world: &crate::world::World| world.account(&event.account).map(|account| account.collaterals);
    if held(&step.before) != held(&step.after) {
        return Err(format!("a hedge has moved collateral of {}", event.account));
    }
    Ok(())
}
