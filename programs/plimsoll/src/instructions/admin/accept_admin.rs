//! `accept_admin`: the nominated key becomes admin.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::AdminChanged;
use crate::state::Exchange;

#[derive(Accounts)]
pub struct AcceptAdmin<'info> {
    pub nominee: Signer<'info>,
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

pub fn handler(ctx: Context<AcceptAdmin>) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    require_keys_eq!(exchange.pending_admin, ctx.accounts.nominee.key(), PlimsollError::Unauthorized);
    exchange.admin = exchange.pending_admin;
    exchange.pending_admin = Pubkey::default();
    log_event!(AdminChanged { exchange: ctx.accounts.exchange.key(), admin: exchange.admin });
    Ok(())
}
