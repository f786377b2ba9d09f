//! The insurance fund owes what its stakers have, never more than it holds, and pays for insolvent accounts alone.
//!
//! ```text
//! always      cash ≥ 0; Σ shares of the fund's generation ≤ its shares; nobody leaves with more than he has
//! take over   E < 0 and MM < 0 before; support within [0, −MM·f], and no more than −E·f at the first sighting
//! and then    fund's cash and what it has paid move by the support, to the atom
//! ```

use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::world::World;
use anchor_lang::Discriminator;
use plimsoll::events::AccountTakenOver;
use plimsoll::instruction::TakeOver;
use plimsoll::state::InsuranceFund;
use solana_pubkey::Pubkey;

/// The law about state alone.
pub fn check_state(world: &World) -> Result<(), Broken> {
    world.funds.iter().try_for_each(|(key, fund)| check_fund(world, key, fund))
}

fn check_fund(world: &World, key: &Pubkey, fund: &InsuranceFund) -> Result<(), Broken> {
    let staked = staked(world, key, fund.generation)?;
    if fund.cash_atoms < 0 || staked > i128::from(fund.total_shares) || fund.paid_atoms < 0 || fund.earned_atoms < 0 {
        return Err(format!("fund {key}: stakers have {staked} shares of {fund:?}"));
    }
    Ok(())
}

/// Σ shares of a pool's generation, none of whose stakes is impossible.
pub(super) fn staked(world: &World, pool: &Pubkey, generation: u64) -> Result<i128, Broken> {
    let mut staked = 0;
    for (key, stake) in world.stakes.iter().filter(|(_, stake)| stake.pool == *pool) {
        if stake.shares < 0 || !(0..=stake.shares).contains(&stake.leaving_shares) {
            return Err(format!("stake {key} is impossible: {stake:?}"));
        }
        staked += if stake.generation == generation { i128::from(stake.shares) } else { 0 };
    }
    Ok(staked)
}

/// The law about one transaction.
pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() || step.calls(TakeOver::DISCRIMINATOR).next().is_none() {
        return Ok(());
    }
    let event: AccountTakenOver = step.receipt.event();
    let report = valued(&step.before, &event.account)?.report;
    let (owed, deficit) = (-i128::from(report.equity.raw()), -i128::from(report.maintenance.raw()));
    if owed <= 0 || deficit <= 0 {
        return Err(format!("{} was not insolvent: {report:?}", event.account));
    }
    let most = if event.lag_secs == 0 { owed } else { deficit };
    let bound = most * i128::from(event.fraction_e9) / 1_000_000_000;
    if !(0..=bound).contains(&i128::from(event.support_atoms)) {
        return Err(format!("support {} above {bound}: {report:?}", event.support_atoms));
    }
    let [before, after] = [&step.before, &step.after].map(|world| world.funds.first().map(|(_, fund)| *fund));
    let (Some(before), Some(after)) = (before, after) else { return Err("support without a fund".into()) };
    let moved = (before.cash_atoms - after.cash_atoms, after.paid_atoms - before.paid_atoms);
    if moved != (event.support_atoms, event.support_atoms) || event.fund_atoms != after.cash_atoms {
        return Err(format!("the fund moved by {moved:?} for a support of {}", event.support_atoms));
    }
    Ok(())
}
