//! Only the unhealthy are liquidated, it helps them, it stops at the buffer, and it pays no more than the discount.
//!
//! ```text
//! before     MM < 0, at the index and, while it diverges, at both ends of its band
//! price      d no higher than at the start of an auction, and no lower than the time since then allows
//! after      HF not lower for a solvent account; E' ≤ (1 + buffer)·MMR' + one lot of every leg, unless taken whole or no more than dust
//! gain       liquidator's E' − E ≤ (1 − d)·(E − R)·f + one atom per leg for E > 0, ≤ E·f + the same otherwise;
//!            marks of portfolio margin are 2e-9 of the notional at the highest shocked price coarser than others
//! fee        a part of the bonus: what the liquidator gains and the fee are bounded together
//! R          what the account keeps of earlier takers' money: no more than they paid, and nothing but for the bankrupt is sold
//! ```

use super::homogeneity::MOST_FACTOR;
use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::world::World;
use anchor_lang::Discriminator;
use plimsoll::events::AccountLiquidated;
use plimsoll::instruction::Liquidate;
use plimsoll::state::{MarginAccount, Position};
use plimsoll_risk::margin::MarginReport;
use solana_pubkey::Pubkey;

const ONE: i128 = 1_000_000_000;

pub fn check(step: &Step) -> Result<(), Broken> {
    // The backstop's slices are told by the same event.
    let is_told = !step.receipt.events::<AccountLiquidated>().is_empty();
    if !step.is_single() || !(is_told || step.calls(Liquidate::DISCRIMINATOR).next().is_some()) {
        return Ok(());
    }
    let event: AccountLiquidated = step.receipt.event();
    let breached = valued(&step.before, &event.account)?;
    let before = breached.report;
    if !before.maintenance.is_negative() || !breached.is_liquidatable().unwrap_or(false) {
        return Err(format!("{} was healthy and has been liquidated: {before:?}", event.account));
    }
    let after = value(&step.after, &event.account)?;
    check_price(step, &event)?;
    check_helped(step, &event, &before, &after)?;
    check_gain(step, &event, &before)
}

fn value(world: &World, key: &Pubkey) -> Result<MarginReport, Broken> {
    Ok(valued(world, key)?.report)
}

/// The price by a floating-point clock: every second since the first sighting counts, which no auction is faster than.
fn check_price(step: &Step, event: &AccountLiquidated) -> Result<(), Broken> {
    let terms = &step.before.exchanges[0].1.liquidation;
    let (fast, slow) = (terms.fast_secs as f64, terms.slow_secs as f64);
    let (first, second, lag) = (terms.discount_e9 as f64, terms.fast_discount_e9 as f64, event.lag_secs as f64);
    let least =
        if lag < fast { first - (first - second) * lag / fast } else { second * (1.0 - (lag - fast) / slow).max(0.0) };
    let paid = step.before.account(&event.account).map_or(0, |account| account.auction.paid_atoms);
    let is_lawful = event.discount_e9 <= terms.discount_e9 && event.discount_e9 as f64 >= least - 1.0;
    if !is_lawful || event.lag_secs < 0 || !(0..=paid).contains(&event.kept_atoms) {
        return Err(format!("price {} after {lag} s, kept {} of {paid}", event.discount_e9, event.kept_atoms));
    }
    Ok(())
}

fn check_helped(
    step: &Step,
    event: &AccountLiquidated,
    before: &MarginReport,
    after: &MarginReport,
) -> Result<(), Broken> {
    let wide = |report: &MarginReport| (i128::from(report.equity.raw()), i128::from(report.maintenance.raw()));
    let ((equity, maintenance), (equity_after, maintenance_after)) = (wide(before), wide(after));
    let slack = lots(&step.before, &event.account) + 4 * (equity.abs() + (equity - maintenance)) / ONE + 4;
    let told = (event.equity_before_atoms, event.maintenance_before_atoms);
    let apart = |told: i64, held: i128| (i128::from(told) - held).abs() > slack;
    let is_off =
        apart(event.equity_after_atoms, equity_after) || apart(event.maintenance_after_atoms, maintenance_after);
    if told != (before.equity.raw(), before.maintenance.raw()) || is_off {
        let then = (event.equity_after_atoms, event.maintenance_after_atoms);
        return Err(format!(
            "the event tells {told:?}, then {then:?}, before {before:?}, after {after:?}, slack {slack}"
        ));
    }
    if maintenance_after + slack < maintenance {
        return Err(format!("MM fell: {before:?} to {after:?}, slack {slack}"));
    }
    if equity <= 0 || i128::from(event.fraction_e9) == ONE {
        return Ok(());
    }
    let (required, required_after) = (equity - maintenance, equity_after - maintenance_after);
    // HF' ≥ HF, multiplied out, with the rounding of what is left.
    if (equity_after + slack) * required < equity * required_after {
        return Err(format!("HF fell: {before:?} to {after:?}, slack {slack}"));
    }
    let terms = &step.before.exchanges[0].1.liquidation;
    if equity < i128::from(terms.dust_atoms) {
        return Ok(());
    }
    let buffer = i128::from(terms.buffer_e9);
    let target = required_after + required_after * buffer / ONE;
    if equity_after > target + slack {
        return Err(format!("overshoot: E' {equity_after} above {target} + {slack}, MMR' {required_after}"));
    }
    Ok(())
}

/// The same prices, as if they had been published now.
fn freshened(world: &World) -> World {
    let mut fresh = world.clone();
    for (_, underlying) in &mut fresh.underlyings {
        if underlying.price.publish_time < world.unix_time {
            underlying.price.publish_time = world.unix_time;
        }
    }
    fresh
}

fn check_gain(step: &Step, event: &AccountLiquidated, before: &MarginReport) -> Result<(), Broken> {
    // Equity asks for no fresh price: the taker may have been short in a silent market, and be so no longer.
    let equity_of =
        |world: &World| value(&freshened(world), &event.liquidator).map(|report| i128::from(report.equity.raw()));
    let gain = equity_of(&step.after)? - equity_of(&step.before)?;
    let (equity, fraction) = (i128::from(before.equity.raw()), i128::from(event.fraction_e9));
    let equity = equity - i128::from(event.kept_atoms);
    let share = if equity > 0 { ONE - i128::from(event.discount_e9) } else { ONE };
    let bound = (equity * fraction).div_euclid(ONE) * share / ONE;
    let legs = step.before.account(&event.account).map_or(0, |account| i128::from(account.position_count));
    // Marks of two accounts and the bonus are rounded once each.
    let fee = i128::from(event.fee_atoms);
    let rate = i128::from(step.before.exchanges[0].1.liquidation.fee_e9);
    if fee < 0 || (fee - 1) * ONE > i128::from(event.bonus_atoms.max(0)) * rate {
        return Err(format!("fee {fee} of a bonus of {}", event.bonus_atoms));
    }
    let marks = coarse(&step.before, &event.account) + coarse(&step.before, &event.liquidator);
    let slack = legs + 3 + marks + coarse(&step.after, &event.liquidator);
    if gain + fee > bound + slack || i128::from(event.bonus_atoms) > bound + 1 {
        return Err(format!(
            "gain {gain} or bonus {} above {bound} + {slack}: E {equity}, f {fraction}",
            event.bonus_atoms
        ));
    }
    Ok(())
}

/// What one lot of every leg can move E' and (1 + buffer)·MMR' by, in atoms.
///
/// A lot is 1e-6 contracts, so a price in USD is its value in atoms. An option is worth at most the larger of index and
/// strike, its requirement at most that and a charge below the index again, and the buffer at most doubles it.
pub(super) fn lots(world: &World, key: &Pubkey) -> i128 {
    let Some(account) = world.account(key) else { return 0 };
    let lot = |position: &Position| {
        let underlying = world.underlying(&account.underlyings[position.underlying as usize])?;
        let strike = underlying.series[position.series as usize].strike_e9;
        Some(5 * (i128::from(underlying.price.index_e9.max(strike)) / ONE + 1))
    };
    account.positions().iter().filter_map(lot).sum()
}

/// What the marks of an account in portfolio margin may be off by, in atoms: 2e-9 of the notional at the highest shocked price.
pub(super) fn coarse(world: &World, key: &Pubkey) -> i128 {
    let Some(account) = world.account(key).filter(|account| account.mode == MarginAccount::PORTFOLIO) else { return 0 };
    let notional = |position: &Position| {
        let underlying = world.underlying(&account.underlyings[position.underlying as usize])?;
        let strike = underlying.series[position.series as usize].strike_e9;
        let highest = underlying.price.index_e9.saturating_mul(MOST_FACTOR).max(strike);
        Some(i128::from(highest) * i128::from(position.size_e6.abs()))
    };
    account.positions().iter().filter_map(notional).sum::<i128>() * 2 / ONE / ONE
}
