//! `list_expiry`: opens an expiry date.

use anchor_lang::prelude::*;

use crate::constants::MAX_TENOR_SECS;
use crate::errors::PlimsollError;
use crate::events::ExpiryListed;
use crate::guards::unix_now;
use crate::instructions::set_underlying::SetUnderlying;
use crate::state::{Expiry, ExpiryStatus};

pub fn handler(ctx: Context<SetUnderlying>, expiry_ts: i64) -> Result<()> {
    ctx.accounts.validate()?;
    let left = expiry_ts.saturating_sub(unix_now()?);
    require!(left > 0 && left <= MAX_TENOR_SECS && expiry_ts % 60 == 0, PlimsollError::ExpiryTime);
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    let is_listed = underlying.expiries.iter().any(|e| e.status != ExpiryStatus::FREE && e.expiry_ts == expiry_ts);
    require!(!is_listed, PlimsollError::ExpiryExists);
    let free = underlying.expiries.iter().position(|e| e.status == ExpiryStatus::FREE);
    let slot = free.ok_or(PlimsollError::TooManyExpiries)?;
    underlying.expiries[slot] =
        Expiry { expiry_ts, status: ExpiryStatus::LIVE, forward_ratio_q40: 1 << 40, ..bytemuck::Zeroable::zeroed() };
    log_event!(ExpiryListed { underlying: ctx.accounts.underlying.key(), expiry: slot as u8, expiry_ts });
    Ok(())
}
