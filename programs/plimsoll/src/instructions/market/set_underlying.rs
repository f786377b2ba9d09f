//! `set_underlying`: risk parameters, publishers of volatility, and forecast authority.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::UnderlyingChanged;
use crate::state::{Exchange, Underlying, UnderlyingParams};

#[derive(Accounts)]
pub struct SetUnderlying<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

impl SetUnderlying<'_> {
    /// The signer is admin of the exchange, and the underlying belongs to it.
    pub(super) fn validate(&self) -> Result<()> {
        self.exchange.load()?.require_admin(self.admin.key)?;
        require_keys_eq!(self.underlying.load()?.exchange, self.exchange.key(), PlimsollError::WrongExchange);
        Ok(())
    }
}

pub fn handler(
    ctx: Context<SetUnderlying>,
    params: UnderlyingParams,
    publishers: Vec<Pubkey>,
    forecast_authority: Pubkey,
) -> Result<()> {
    ctx.accounts.validate()?;
    params.validate()?;
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    underlying.params = params;
    underlying.outdate_arrays();
    underlying.set_publishers(&publishers)?;
    underlying.forecast_authority = forecast_authority;
    log_event!(UnderlyingChanged { underlying: ctx.accounts.underlying.key(), publishers, forecast_authority });
    Ok(())
}
