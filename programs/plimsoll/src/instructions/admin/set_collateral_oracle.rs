//! `set_collateral_oracle`: where the price of a collateral comes from, when a feed retires.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::OracleChanged;
use crate::instructions::set_collateral::SetCollateral;
use crate::state::OracleConfig;

pub fn handler(ctx: Context<SetCollateral>, oracle: OracleConfig) -> Result<()> {
    ctx.accounts.exchange.load()?.require_admin(ctx.accounts.admin.key)?;
    let collateral = &mut ctx.accounts.collateral.load_mut()?;
    require_keys_eq!(collateral.exchange, ctx.accounts.exchange.key(), PlimsollError::WrongExchange);
    collateral.price.rebind(&oracle)?;
    log_event!(OracleChanged {
        account: ctx.accounts.collateral.key(),
        source_count: collateral.price.source_count,
        required: collateral.price.required,
    });
    Ok(())
}
