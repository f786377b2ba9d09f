//! `set_stable_oracle`: where the price of the quote stablecoin comes from.

use anchor_lang::prelude::*;

use crate::events::OracleChanged;
use crate::instructions::set_exchange::SetExchange;
use crate::state::OracleConfig;

pub fn handler(ctx: Context<SetExchange>, oracle: OracleConfig) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.admin.key)?;
    exchange.stable.rebind(&oracle)?;
    log_event!(OracleChanged {
        account: ctx.accounts.exchange.key(),
        source_count: exchange.stable.source_count,
        required: exchange.stable.required,
    });
    Ok(())
}
