//! `remove_expiry`: frees a settled expiry and its series once nobody holds them.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::ExpiryRemoved;
use crate::guards::unix_now;
use crate::state::{SeriesStatus, Underlying};

#[derive(Accounts)]
pub struct RemoveExpiry<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<RemoveExpiry>, expiry: u8) -> Result<()> {
    let now = unix_now()?;
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    let listed = underlying.expiry(expiry)?;
    require!(now >= listed.expiry_ts, PlimsollError::NotExpired);
    require!(listed.is_settled(), PlimsollError::NotSettled);
    let used = underlying.series_used as usize;
    for series in underlying.series[..used].iter_mut() {
        if series.status == SeriesStatus::LISTED && series.expiry == expiry {
            require!(series.long_e6 == 0 && series.short_e6 == 0, PlimsollError::OpenInterestLeft);
            *series = bytemuck::Zeroable::zeroed();
        }
    }
    underlying.expiries[expiry as usize] = bytemuck::Zeroable::zeroed();
    underlying.outdate_arrays();
    log_event!(ExpiryRemoved { underlying: ctx.accounts.underlying.key(), expiry });
    Ok(())
}
