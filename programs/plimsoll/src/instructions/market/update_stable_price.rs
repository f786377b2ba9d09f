//! `update_stable_price`: permissionless. Reads the bound oracle accounts into the quote stablecoin's index.

use anchor_lang::prelude::*;

use crate::guards::unix_now;
use crate::instructions::update_price::updated;
use crate::oracle;
use crate::state::Exchange;

#[derive(Accounts)]
pub struct UpdateStablePrice<'info> {
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

pub fn handler<'info>(ctx: Context<'info, UpdateStablePrice<'info>>) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    oracle::update(&mut exchange.stable, ctx.remaining_accounts, unix_now()?)?;
    log_event!(updated(ctx.accounts.exchange.key(), &exchange.stable));
    Ok(())
}
