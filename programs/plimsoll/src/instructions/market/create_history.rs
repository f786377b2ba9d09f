//! `create_history`: an empty set of historical moves for an underlying, at its own address.

use anchor_lang::prelude::*;

use crate::constants::{HISTORY_SEED, VERSION};
use crate::errors::PlimsollError;
use crate::events::HistoryCreated;
use crate::state::{Exchange, History, Underlying};

#[derive(Accounts)]
pub struct CreateHistory<'info> {
    #[account(mut)]
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(init, payer = admin, space = 8 + core::mem::size_of::<History>(), seeds = [HISTORY_SEED, underlying.key().as_ref()], bump)]
    pub history: AccountLoader<'info, History>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<CreateHistory>) -> Result<()> {
    ctx.accounts.exchange.load()?.require_admin(ctx.accounts.admin.key)?;
    let underlying = ctx.accounts.underlying.key();
    require_keys_eq!(
        ctx.accounts.underlying.load()?.exchange,
        ctx.accounts.exchange.key(),
        PlimsollError::WrongExchange
    );
    let history = &mut ctx.accounts.history.load_init()?;
    history.version = VERSION;
    history.bump = ctx.bumps.history;
    history.underlying = underlying;
    log_event!(HistoryCreated { underlying, history: ctx.accounts.history.key() });
    Ok(())
}
