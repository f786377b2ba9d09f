//! IM ≤ MM ≤ E, and the health factor is below one exactly when MM is below zero.

use super::{Broken, Due};
use crate::native;
use crate::world::World;
use plimsoll::health::Purpose;
use plimsoll::instructions::{AccountState, HealthReport};

/// Values every account on the host. Accounts without a usable price have no margin to check.
pub fn check(world: &World, is_due: Due) -> Result<(), Broken> {
    for (key, account) in world.accounts.iter().filter(|(key, _)| is_due(key)) {
        let Ok(valued) = native::value(world, account, Purpose::View) else { continue };
        let report = valued.report;
        let factor = report.health_factor().map_err(|error| format!("account {key}: health factor: {error:?}"))?;
        let margins = [report.equity, report.maintenance, report.initial].map(|value| value.raw());
        check_order(margins, factor.raw()).map_err(|broken| format!("account {key}: {broken}"))?;
    }
    Ok(())
}

/// The same for what `check_health` has returned, and that its state follows from its numbers.
pub fn check_report(report: &HealthReport) -> Result<(), Broken> {
    check_order([report.equity_atoms, report.maintenance_atoms, report.initial_atoms], report.health_factor_e9)?;
    let state = match (report.equity_atoms < 0, report.maintenance_atoms < 0, report.initial_atoms < 0) {
        (true, _, _) => AccountState::Bankrupt,
        (_, true, _) => AccountState::Liquidatable,
        (_, _, true) => AccountState::Restricted,
        _ => AccountState::Healthy,
    };
    let equity = report.cash_atoms + report.collateral_atoms + report.mark_atoms;
    if state != report.state || equity != report.equity_atoms {
        return Err(format!("state should be {state:?} and E {equity}: {report:?}"));
    }
    Ok(())
}

fn check_order([equity, maintenance, initial]: [i64; 3], factor_e9: i64) -> Result<(), Broken> {
    if initial > maintenance || maintenance > equity {
        return Err(format!("IM {initial} ≤ MM {maintenance} ≤ E {equity} does not hold"));
    }
    if (factor_e9 < 1_000_000_000) != (maintenance < 0) {
        return Err(format!("HF {factor_e9}e-9 and MM {maintenance} disagree (E {equity})"));
    }
    Ok(())
}
