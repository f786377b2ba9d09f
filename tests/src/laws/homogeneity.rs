//! Twice a portfolio account has twice its equity and twice its margin balances: nothing is gained by splitting a book.
//!
//! ```text
//! 2·positions, 2·collateral, 2·cash   E' = 2·E, MM' = 2·MM, IM' = 2·IM
//! ```
//!
//! Within 2e-9 of the notional at the highest shocked price, and a unit of size, 2^-30 of their sum, per leg where the sizes add up to more
//! than 2^30 lots; an atom per rounding. A size charge grows faster than the book: underlyings that have one are passed over.

use super::{Broken, Due};
use crate::native;
use crate::world::World;
use plimsoll::health::Purpose;
use plimsoll::state::MarginAccount;
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::units::Contracts;

/// Largest factor on spot of any grid.
pub(super) const MOST_FACTOR: i64 = 6;

pub fn check(world: &World, is_due: Due) -> Result<(), Broken> {
    for (key, account) in world.accounts.iter().filter(|(key, _)| is_due(key)) {
        if account.mode != MarginAccount::PORTFOLIO || account.position_count == 0 {
            continue;
        }
        let Some((twice, slack)) = doubled(world, account) else { continue };
        let value = |account| native::value(world, account, Purpose::View).map(|valued| valued.report);
        let (Ok(one), Ok(two)) = (value(account), value(&twice)) else { continue };
        compare(&one, &two, slack).map_err(|broken| format!("account {key}: {broken}"))?;
    }
    Ok(())
}

/// The account twice over and how far its margins may be off in atoms; none where the law does not hold or has no room.
fn doubled(world: &World, account: &MarginAccount) -> Option<(MarginAccount, f64)> {
    let mut twice = *account;
    let (mut notional, mut lots) = (0.0, 0.0);
    for position in &mut twice.positions[..account.position_count as usize] {
        let underlying = world.underlying(&account.underlyings[position.underlying as usize])?;
        if underlying.portfolio.params.depth_atoms != 0 || position.size_e6.abs() > Contracts::MAX.raw() / 2 {
            return None;
        }
        let strike = underlying.series[position.series as usize].strike_e9;
        let highest = (underlying.price.index_e9 as f64 * MOST_FACTOR as f64).max(strike as f64) * 1e-9;
        let size = position.size_e6.abs() as f64;
        // USD times lots are atoms.
        notional += highest * size;
        lots += size;
        position.size_e6 *= 2;
    }
    for slot in &mut twice.collaterals {
        slot.balance_atoms = slot.balance_atoms.checked_mul(2)?;
    }
    twice.cash_atoms = twice.cash_atoms.checked_mul(2)?;
    let legs = f64::from(account.position_count);
    let rounding = if lots < (1u64 << 29) as f64 { 0.0 } else { legs / (1u64 << 28) as f64 };
    // Marks, balances and two roundings of each of eight collaterals.
    Some((twice, notional * (2e-9 + rounding) * 10.0 + 40.0))
}

fn compare(one: &MarginReport, two: &MarginReport, slack: f64) -> Result<(), Broken> {
    let pairs =
        [("E", one.equity, two.equity), ("MM", one.maintenance, two.maintenance), ("IM", one.initial, two.initial)];
    for (name, one, two) in pairs {
        let away = i128::from(two.raw()) - 2 * i128::from(one.raw());
        if away.unsigned_abs() as f64 > slack {
            return Err(format!(
                "{name} of twice the account is {}, not twice {}, slack {slack}",
                two.raw(),
                one.raw()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_risk::units::Value;

    #[test]
    fn law_of_homogeneity_notices_an_atom_more_than_its_slack() {
        let report = |equity: i64, maintenance: i64, initial: i64| MarginReport {
            equity: Value::from_raw(equity),
            maintenance: Value::from_raw(maintenance),
            initial: Value::from_raw(initial),
            ..MarginReport::default()
        };
        let one = report(100, 50, -20);
        assert_eq!(compare(&one, &report(202, 98, -42), 2.0), Ok(()));
        for (two, says) in
            [(report(203, 100, -40), "E of"), (report(200, 97, -40), "MM of"), (report(200, 100, -43), "IM of")]
        {
            assert!(compare(&one, &two, 2.0).unwrap_err().starts_with(says));
        }
    }
}
