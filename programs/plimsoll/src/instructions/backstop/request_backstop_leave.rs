//! `request_backstop_leave`: shares begin to wait for their leave. They bear losses until they have gone.

use anchor_lang::prelude::*;

use crate::events::BackstopLeaveRequested;
use crate::guards::unix_now;
use crate::state::{Backstop, PoolStake};

#[derive(Accounts)]
pub struct RequestBackstopLeave<'info> {
    pub owner: Signer<'info>,
    pub backstop: AccountLoader<'info, Backstop>,
    #[account(mut)]
    pub backstop_stake: AccountLoader<'info, PoolStake>,
}

pub fn handler(ctx: Context<RequestBackstopLeave>, shares: i64) -> Result<()> {
    let accounts = ctx.accounts;
    let (backstop, stake) = (&*accounts.backstop.load()?, &mut *accounts.backstop_stake.load_mut()?);
    stake.require_of(&accounts.backstop.key(), accounts.owner.key)?;
    stake.catch_up(backstop.generation);
    stake.ask(shares, unix_now()?, backstop.terms.cooldown_secs)?;
    log_event!(BackstopLeaveRequested { backstop: stake.pool, owner: stake.owner, shares, leaves_at: stake.leaves_at });
    Ok(())
}
