//! `collect_insurance`: permissionless. What an account has set aside goes where it belongs: fees of its liquidations into the
//! insurance fund, its parts of shared losses into their reserve.
//!
//! `liquidate` does not write to the fund: liquidations of different accounts by different callers share no lock.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::InsuranceCollected;
use crate::guards::require_exchange;
use crate::state::{Exchange, InsuranceFund, MarginAccount};

#[derive(Accounts)]
pub struct CollectInsurance<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
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
    require_keys_eq!(ctx.accounts.exchange.key(), account.exchange, PlimsollError::WrongExchange);
    account.bear_losses(&*ctx.accounts.exchange.load()?)?;
    let (amount_atoms, loss_atoms) = (account.insurance_due_atoms, account.loss_due_atoms);
    require!(amount_atoms > 0 || loss_atoms > 0, PlimsollError::AmountOutOfRange);
    fund.earn(amount_atoms)?;
    fund.ledger.keep(loss_atoms)?;
    (account.insurance_due_atoms, account.loss_due_atoms) = (0, 0);
    account.touch();
    log_event!(InsuranceCollected {
        fund: ctx.accounts.fund.key(),
        account: ctx.accounts.margin_account.key(),
        amount_atoms,
        loss_atoms,
        fund_atoms: fund.cash_atoms,
    });
    Ok(())
}
