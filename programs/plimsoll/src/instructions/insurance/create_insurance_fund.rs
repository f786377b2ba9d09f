//! `create_insurance_fund`: the one insurance fund of an exchange, empty.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::errors::PlimsollError;
use crate::events::InsuranceFundCreated;
use crate::state::{Exchange, InsuranceFund};

#[derive(Accounts)]
pub struct CreateInsuranceFund<'info> {
    #[account(mut)]
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        init, payer = admin, space = 8 + core::mem::size_of::<InsuranceFund>(),
        seeds = [INSURANCE_SEED, exchange.key().as_ref()], bump
    )]
    pub fund: AccountLoader<'info, InsuranceFund>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<CreateInsuranceFund>, cooldown_secs: i64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.exchange.load()?.require_admin(accounts.admin.key)?;
    let fund = &mut accounts.fund.load_init()?;
    fund.version = VERSION;
    fund.bump = ctx.bumps.fund;
    fund.exchange = accounts.exchange.key();
    fund.cooldown_secs = lawful(cooldown_secs)?;
    log_event!(InsuranceFundCreated { exchange: fund.exchange, fund: accounts.fund.key(), cooldown_secs });
    Ok(())
}

/// Refuses a cooldown outside its limits.
pub(super) fn lawful(cooldown_secs: i64) -> Result<i64> {
    require!((0..=MAX_COOLDOWN_SECS).contains(&cooldown_secs), PlimsollError::ParameterOutOfRange);
    Ok(cooldown_secs)
}
