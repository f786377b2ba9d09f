//! `nominate_admin`: first half of a change of admin; the second is the nominee's.

use anchor_lang::prelude::*;

use crate::events::AdminNominated;
use crate::instructions::set_exchange::SetExchange;

pub fn handler(ctx: Context<SetExchange>, next: Pubkey) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.admin.key)?;
    exchange.pending_admin = next;
    log_event!(AdminNominated { exchange: ctx.accounts.exchange.key(), admin: exchange.admin, pending_admin: next });
    Ok(())
}
