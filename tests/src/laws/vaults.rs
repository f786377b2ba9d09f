//! Each vault holds exactly what the ledger owes, to the atom.
//!
//! ```text
//! quote vault       = Σ (cash + fees due to insurance) of all accounts + Σ (fees + settlement balance) of all underlyings + insurance fund
//!                     + parts of shared losses, in accounts and in their reserve
//! collateral vault  = Σ balances of all accounts = the collateral's own total
//! ```

use super::Broken;
use crate::world::World;
use solana_pubkey::Pubkey;

pub fn check(world: &World) -> Result<(), Broken> {
    for (key, exchange) in &world.exchanges {
        check_quote(world, key, &exchange.quote_vault)?;
    }
    for (key, collateral) in &world.collaterals {
        let slots = world.accounts.iter().flat_map(|(_, account)| account.collaterals);
        let owed: u128 = slots.filter(|slot| slot.collateral == *key).map(|slot| u128::from(slot.balance_atoms)).sum();
        let total = u128::from(collateral.total_deposits_atoms);
        let held = u128::from(world.vaults.get(&collateral.vault).copied().unwrap_or(0));
        if held != owed || owed != total {
            return Err(format!("collateral {key}: vault {held}, Σ balances {owed}, total deposits {total}"));
        }
    }
    Ok(())
}

fn check_quote(world: &World, exchange: &Pubkey, vault: &Pubkey) -> Result<(), Broken> {
    let accounts = world.accounts.iter().filter(|(_, account)| account.exchange == *exchange);
    let cash: Vec<(Pubkey, i64)> = accounts.clone().map(|(key, account)| (*key, account.cash_atoms)).collect();
    let due: i128 =
        accounts.map(|(_, account)| i128::from(account.insurance_due_atoms) + i128::from(account.loss_due_atoms)).sum();
    let underlyings: Vec<_> = world.underlyings.iter().filter(|(_, u)| u.exchange == *exchange).collect();
    let fees: Vec<i64> = underlyings.iter().map(|(_, underlying)| underlying.fees_atoms).collect();
    let settlement: Vec<i64> = underlyings.iter().map(|(_, underlying)| underlying.settlement_atoms).collect();
    let funds = world.funds.iter().filter(|(_, fund)| fund.exchange == *exchange);
    let insurance: i128 =
        funds.map(|(_, fund)| i128::from(fund.cash_atoms) + i128::from(fund.ledger.reserve_atoms)).sum();
    let held = i128::from(world.vaults.get(vault).copied().unwrap_or(0));
    let sum = |terms: &mut dyn Iterator<Item = i64>| terms.map(i128::from).sum::<i128>();
    let owed = sum(&mut cash.iter().map(|(_, cash)| *cash))
        + sum(&mut fees.iter().copied())
        + sum(&mut settlement.iter().copied())
        + insurance
        + due;
    if held != owed {
        return Err(format!(
            "quote vault of {exchange} holds {held}, owes {owed}: cash {cash:?}, fees {fees:?}, settlement {settlement:?}, insurance {insurance} and {due} due"
        ));
    }
    if let Some(negative) = fees.iter().find(|fees| **fees < 0) {
        return Err(format!("fees of an underlying of {exchange} are negative: {negative}"));
    }
    Ok(())
}
