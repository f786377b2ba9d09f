//! Positions are sorted, unique, inside their bounds, never empty; an underlying has a slot exactly while it has some.

use super::Broken;
use crate::world::World;
use plimsoll::constants::MAX_POSITIONS;
use plimsoll::state::{MarginAccount, Position, SeriesStatus};
use plimsoll_risk::units::Contracts;
use solana_pubkey::Pubkey;

pub fn check(world: &World) -> Result<(), Broken> {
    for (key, account) in &world.accounts {
        check_account(world, account).map_err(|broken| format!("account {key}: {broken}"))?;
    }
    Ok(())
}

fn check_account(world: &World, account: &MarginAccount) -> Result<(), Broken> {
    let count = account.position_count;
    if count > MAX_POSITIONS {
        return Err(format!("{count} positions"));
    }
    let order = |p: &Position| (p.underlying, p.expiry, p.series);
    let positions = account.positions();
    if let Some(pair) = positions.windows(2).find(|pair| order(&pair[0]) >= order(&pair[1])) {
        return Err(format!("positions out of order: {pair:?}"));
    }
    for position in positions {
        check_position(world, account, position)?;
    }
    let rest: &[u8] = bytemuck::cast_slice(&account.positions[count as usize..]);
    if rest.iter().any(|byte| *byte != 0) {
        return Err(format!("something is left behind the {count} positions in use"));
    }
    for (slot, underlying) in account.underlyings.iter().enumerate() {
        let is_used = positions.iter().any(|position| position.underlying as usize == slot);
        if is_used != (*underlying != Pubkey::default()) {
            return Err(format!("slot {slot} names {underlying}, used by positions: {is_used}"));
        }
    }
    for slot in &account.collaterals {
        if (slot.balance_atoms > 0) != (slot.collateral != Pubkey::default()) {
            return Err(format!("collateral slot without balance or name: {slot:?}"));
        }
    }
    Ok(())
}

fn check_position(world: &World, account: &MarginAccount, position: &Position) -> Result<(), Broken> {
    if position.size_e6 == 0 && position.netted_e6 == 0 {
        return Err(format!("empty position: {position:?}"));
    }
    let largest = Contracts::MAX.raw().unsigned_abs();
    if position.size_e6.unsigned_abs() > largest || position.netted_e6 < 0 {
        return Err(format!("position out of bounds: {position:?}"));
    }
    let underlying = world.underlying(&account.underlyings[position.underlying as usize]);
    let underlying = underlying.ok_or_else(|| format!("position in an unknown underlying: {position:?}"))?;
    let series = underlying.series[position.series as usize];
    if series.status != SeriesStatus::LISTED || series.expiry != position.expiry {
        return Err(format!("{position:?} is not in {series:?}"));
    }
    Ok(())
}
