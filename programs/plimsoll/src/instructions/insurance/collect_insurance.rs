//! `collect_insurance`: permissionless. Fees that an account's liquidations have set aside go into the insurance fund.
//!
//! `liquidate` does not write to the fund: liquidations of different accounts by different callers share no lock.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::InsuranceCollected;
use crate::guards::require_exchange;
use crate::state::{InsuranceFund, MarginAccount};

#[derive(Accounts)]
pub struct CollectInsurance<'info> {
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler(ctx: Context<CollectInsurance>) -> Result<()> {
    let fund = &mut *ctx.accounts.fund.load_mut()?;
    let account = &mut *ctx.accounts.margin_account.load_mut()?;
    require_exchange(account, &fund.exchange)?;
    fund.require_of(&account.exchange)?;
    let amount_atoms = account.insurance_due_atoms;
    require!(amount_atoms > 0, PlimsollError::AmountOutOfRange);
    fund.earn(amount_atoms)?;
    account.insurance_due_atoms = 0;
    account.touch();
    log_event!(InsuranceCollected {
        fund: ctx.accounts.fund.key(),
        account: ctx.accounts.margin_account.key(),
        amount_atoms,
        fund_atoms: fund.cash_atoms,
    });
    Ok(())
}
