//! `set_forecast`: the forecast authority says how much more than its surfaces an underlying may move, for a while.
//!
//! CAN: raise the factor, or take back what was raised, in steps. CANNOT: lower anything below what the surfaces say, move
//! fast, or leave a factor standing: it ends by itself.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::ForecastSet;
use crate::guards::unix_now;
use crate::state::Underlying;

#[derive(Accounts)]
pub struct SetForecast<'info> {
    pub forecast_authority: Signer<'info>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<SetForecast>, factor_e9: i64, lifetime_secs: i64) -> Result<()> {
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    require!(underlying.version == VERSION, PlimsollError::WrongVersion);
    let authority = ctx.accounts.forecast_authority.key();
    let is_authority = authority != Pubkey::default() && authority == underlying.forecast_authority;
    require!(is_authority, PlimsollError::Unauthorized);
    let params = underlying.params.volatility;
    underlying.forecast.set(factor_e9, lifetime_secs, &params, unix_now()?)?;
    log_event!(ForecastSet {
        underlying: ctx.accounts.underlying.key(),
        factor_e9,
        expires_at: underlying.forecast.expires_at,
    });
    Ok(())
}
