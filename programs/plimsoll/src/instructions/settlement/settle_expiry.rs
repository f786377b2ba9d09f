//! `settle_expiry`: permissionless. Fixes the settlement price of an expiry that has passed.
//!
//! The price is the time-weighted average of the index over the last 30 minutes, if at least half of them were
//! observed. Otherwise, after a waiting time, the average of what was observed; or the last index before the expiry.
//! Never the price of whenever this instruction happens to run.

use anchor_lang::prelude::*;
use plimsoll_risk::units::Price;

use crate::constants::{MIN_TWAP_SECS, SETTLEMENT_WAIT_SECS};
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::ExpirySettled;
use crate::guards::unix_now;
use crate::state::{Expiry, ExpiryStatus, PriceState, Underlying};

#[derive(Accounts)]
pub struct SettleExpiry<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<SettleExpiry>, expiry: u8) -> Result<()> {
    let now = unix_now()?;
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    let price = underlying.price;
    let state = underlying.expiry_mut(expiry)?;
    require!(!state.is_settled(), PlimsollError::AlreadySettled);
    require!(now >= state.expiry_ts, PlimsollError::NotExpired);
    observe_rest(state, &price)?;
    let (settlement, is_fallback) = settlement_price(state, &price, now)?;
    state.settlement_e9 = settlement.raw();
    state.status = ExpiryStatus::SETTLED;
    emit!(ExpirySettled {
        underlying: ctx.accounts.underlying.key(),
        expiry,
        settlement_e9: settlement.raw(),
        covered_secs: state.twap_covered_secs,
        is_fallback,
    });
    Ok(())
}

/// Adds the time from the last price update to the expiry, as far as that price stayed fresh. Nothing is left when an
/// update has come after the expiry: it has added that time itself.
fn observe_rest(expiry: &mut Expiry, price: &PriceState) -> Result<()> {
    let from = price.updated_at;
    if price.index_e9 <= 0 || from >= expiry.expiry_ts {
        return Ok(());
    }
    let mut twap = expiry.twap();
    twap.observe(price.index(), from, from.saturating_add(price.max_age_secs), expiry.expiry_ts).or_error()?;
    expiry.set_twap(&twap);
    expiry.last_index_e9 = price.index_e9;
    Ok(())
}

fn settlement_price(expiry: &Expiry, price: &PriceState, now: i64) -> Result<(Price, bool)> {
    let average = expiry.twap().average().or_error()?;
    if let (Some(average), true) = (average, expiry.twap_covered_secs >= MIN_TWAP_SECS) {
        return Ok((average, false));
    }
    let is_waited = now >= expiry.expiry_ts.saturating_add(SETTLEMENT_WAIT_SECS);
    require!(is_waited, PlimsollError::SettlementNotReady);
    let last = if expiry.last_index_e9 > 0 { expiry.last_index_e9 } else { price.index_e9 };
    let settlement = average.unwrap_or(Price::from_raw(last));
    require!(settlement.is_in_range(), PlimsollError::OraclePrice);
    Ok((settlement, true))
}
