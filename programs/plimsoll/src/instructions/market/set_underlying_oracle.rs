//! `set_underlying_oracle`: where the price of an underlying comes from, when a feed retires.

use anchor_lang::prelude::*;

use crate::events::OracleChanged;
use crate::instructions::set_underlying::SetUnderlying;
use crate::state::OracleConfig;

pub fn handler(ctx: Context<SetUnderlying>, oracle: OracleConfig) -> Result<()> {
    ctx.accounts.validate()?;
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    underlying.price.rebind(&oracle)?;
    log_event!(OracleChanged {
        account: ctx.accounts.underlying.key(),
        source_count: underlying.price.source_count,
        required: underlying.price.required,
    });
    Ok(())
}
