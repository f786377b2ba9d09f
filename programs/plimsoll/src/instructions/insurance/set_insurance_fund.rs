//! `set_insurance_fund`: another cooldown, for requests to come.

use anchor_lang::prelude::*;

use super::create_insurance_fund::lawful;
use crate::events::InsuranceFundChanged;
use crate::state::{Exchange, InsuranceFund};

#[derive(Accounts)]
pub struct SetInsuranceFund<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
}

pub fn handler(ctx: Context<SetInsuranceFund>, cooldown_secs: i64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.exchange.load()?.require_admin(accounts.admin.key)?;
    let fund = &mut accounts.fund.load_mut()?;
    fund.require_of(&accounts.exchange.key())?;
    fund.cooldown_secs = lawful(cooldown_secs)?;
    log_event!(InsuranceFundChanged { fund: accounts.fund.key(), cooldown_secs });
    Ok(())
}
