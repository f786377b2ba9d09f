//! `set_backstop`: other terms, for what is to come. What the backstop holds already stays, also beyond the new limits.

use anchor_lang::prelude::*;

use crate::events::BackstopChanged;
use crate::state::{Backstop, BackstopTerms, Exchange};

#[derive(Accounts)]
pub struct SetBackstop<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub backstop: AccountLoader<'info, Backstop>,
}

pub fn handler(ctx: Context<SetBackstop>, terms: BackstopTerms) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.exchange.load()?.require_admin(accounts.admin.key)?;
    let backstop = &mut accounts.backstop.load_mut()?;
    backstop.require_of(&accounts.exchange.key())?;
    terms.validate()?;
    backstop.terms = terms;
    log_event!(BackstopChanged { backstop: accounts.backstop.key(), terms });
    Ok(())
}
