//! `settle_expiry`: permissionless. Fixes the settlement price of an expiry that has passed.
//!
//! The price is the time-weighted average of the index over the last 30 minutes, if at least half of them were
//! observed. Otherwise, after a waiting time, the average of what was observed; or the last index before the expiry.
//! Never the price of whenever this instruction happens to run.

use anchor_lang::prelude::*;

use crate::constants::{MIN_TWAP_SECS, SETTLEMENT_WAIT_SECS, VERSION};
use crate::errors::PlimsollError;
use crate::events::ExpirySettled;
use crate::guards::unix_now;
use crate::state::{ExpiryStatus, Underlying};

#[derive(Accounts)]
pub struct SettleExpiry<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<SettleExpiry>, expiry: u8) -> Result<()> {
    let now = unix_now()?;
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    require!(underlying.version == VERSION, PlimsollError::WrongVersion);
    let price = underlying.price;
    let state = underlying.expiry_mut(expiry)?;
    require!(!state.is_settled(), PlimsollError::AlreadySettled);
    require!(now >= state.expiry_ts, PlimsollError::NotExpired);
    let (settlement, covered) = state.expected_settlement(&price)?;
    let is_fallback = covered.raw() < MIN_TWAP_SECS;
    let is_waited = now >= state.expiry_ts.saturating_add(SETTLEMENT_WAIT_SECS);
    require!(!is_fallback || is_waited, PlimsollError::SettlementNotReady);
    require!(settlement.is_in_range(), PlimsollError::OraclePrice);
    state.settlement_e9 = settlement.raw();
    state.twap_covered_secs = covered.raw();
    state.status = ExpiryStatus::SETTLED;
    log_event!(ExpirySettled {
        underlying: ctx.accounts.underlying.key(),
        expiry,
        settlement_e9: settlement.raw(),
        covered_secs: covered.raw(),
        is_fallback,
    });
    Ok(())
}
