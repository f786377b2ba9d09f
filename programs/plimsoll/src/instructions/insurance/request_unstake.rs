//! `request_unstake`: shares begin to wait for their leave. They bear losses until they have gone.

use anchor_lang::prelude::*;

use crate::events::UnstakeRequested;
use crate::guards::unix_now;
use crate::state::{InsuranceFund, PoolStake};

#[derive(Accounts)]
pub struct RequestUnstake<'info> {
    pub owner: Signer<'info>,
    pub fund: AccountLoader<'info, InsuranceFund>,
    #[account(mut)]
    pub stake: AccountLoader<'info, PoolStake>,
}

pub fn handler(ctx: Context<RequestUnstake>, shares: i64) -> Result<()> {
    let (fund, stake) = (&*ctx.accounts.fund.load()?, &mut *ctx.accounts.stake.load_mut()?);
    stake.require_of(&ctx.accounts.fund.key(), ctx.accounts.owner.key)?;
    stake.catch_up(fund.generation);
    stake.ask(shares, unix_now()?, fund.cooldown_secs)?;
    log_event!(UnstakeRequested { fund: stake.pool, owner: stake.owner, shares, leaves_at: stake.leaves_at });
    Ok(())
}
