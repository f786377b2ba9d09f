//! Nobody short of initial margin withdraws or adds risk.
//!
//! ```text
//! after a withdrawal  IM ≥ 0 at fresh prices, or no position and no debt
//! after a trade       for taker and maker, IM ≥ 0 in a calm market;
//!                     or IM greater than before, and E' ≥ E − (1 − d)·max(0, MMR − MMR'), a solvent one staying solvent
//! ```

use super::{Broken, Step};
use crate::native;
use anchor_lang::Discriminator;
use plimsoll::health::{Health, Purpose};
use plimsoll::instruction::{Trade, Withdraw};
use plimsoll_risk::margin::MarginReport;
use solana_pubkey::Pubkey;

pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() {
        return Ok(());
    }
    for call in step.calls(Withdraw::DISCRIMINATOR) {
        check_withdrawal(step, &call.accounts[2].pubkey)?;
    }
    for call in step.calls(Trade::DISCRIMINATOR) {
        for party in &call.accounts[4..6] {
            check_trade(step, &party.pubkey)?;
        }
    }
    Ok(())
}

fn check_withdrawal(step: &Step, key: &Pubkey) -> Result<(), Broken> {
    let account = step.after.account(key).ok_or("the account withdrawn from is gone")?;
    if account.position_count == 0 && account.cash_atoms >= 0 {
        return Ok(());
    }
    let valued = native::value(&step.after, account, Purpose::NewRisk);
    let Health { report, obstacle, .. } = valued.map_err(|error| format!("withdrawal without a price: {error}"))?;
    if report.initial.is_negative() || obstacle.is_some() {
        return Err(format!("withdrawal from {key} left {report:?}, obstacle {obstacle:?}"));
    }
    Ok(())
}

fn check_trade(step: &Step, key: &Pubkey) -> Result<(), Broken> {
    let value = |world, account| native::value(world, account, Purpose::NewRisk);
    let account = step.after.account(key).ok_or("a party of the trade is gone")?;
    let after = value(&step.after, account).map_err(|error| format!("trade without a price: {error}"))?;
    if !after.report.initial.is_negative() && after.obstacle.is_none() {
        return Ok(());
    }
    let account = step.before.account(key).ok_or("a party of the trade has appeared from nowhere")?;
    let before = value(&step.before, account).map_err(|error| format!("trade without a price: {error}"))?;
    let wide = |report: &MarginReport| (i128::from(report.equity.raw()), i128::from(report.maintenance.raw()));
    let ((equity, maintenance), (equity_after, maintenance_after)) = (wide(&before.report), wide(&after.report));
    let released = ((equity - maintenance) - (equity_after - maintenance_after)).max(0);
    let discount = i128::from(step.before.exchanges[0].1.liquidation.discount_e9);
    let least = (equity - released * (1_000_000_000 - discount) / 1_000_000_000 - 1).max(equity.min(0));
    if after.report.initial <= before.report.initial || equity_after < least {
        return Err(format!("trade of {key} went from {:?} to {:?}, least E {least}", before.report, after.report));
    }
    Ok(())
}
