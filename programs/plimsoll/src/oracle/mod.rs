//! Oracle readers: an account in, an observation out. Which observations are accepted is decided in
//! [`crate::state::PriceState::observe`], in one place for all layouts.

mod price_account;
mod pull;
mod switchboard;

use anchor_lang::prelude::*;
use plimsoll_risk::units::Price;

use crate::errors::PlimsollError;
use crate::state::{OracleSource, PriceState};

/// What an oracle account says.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// Price in USD, scaled to 1e-9; not checked yet.
    pub price: Price,
    /// Half width of the confidence interval, same scale, rounded up.
    pub confidence: Price,
    /// When the oracle published it, unix seconds.
    pub publish_time: i64,
}

/// Reads every given oracle account into the source it belongs to, then recomputes the index.
///
/// # Errors
/// [`PlimsollError::OracleMismatch`] for an account that is no source of this price, and each reader's own.
pub fn update(state: &mut PriceState, accounts: &[AccountInfo], now: i64) -> Result<()> {
    require!(!accounts.is_empty(), PlimsollError::OracleMismatch);
    require!(accounts.len() <= state.source_count as usize, PlimsollError::UnexpectedAccount);
    for account in accounts {
        let (source, seen) = read(state, account)?;
        state.observe(source, &seen, now)?;
    }
    state.aggregate(now)
}

/// Finds the source by address (price accounts and Switchboard) or else by the owner's layout and feed id (Pyth pull).
fn read(state: &PriceState, account: &AccountInfo) -> Result<(usize, Observation)> {
    let sources = || state.sources.iter().take(state.source_count as usize).enumerate();
    let key = account.key.to_bytes();
    let bound = sources().find(|(_, s)| s.kind != OracleSource::PYTH_PULL && s.key == key);
    match bound {
        Some((index, source)) if source.kind == OracleSource::SWITCHBOARD => {
            return Ok((index, switchboard::read(account)?))
        }
        Some((index, _)) => return Ok((index, price_account::read(account)?)),
        None => {}
    }
    require!(sources().any(|(_, s)| s.kind == OracleSource::PYTH_PULL), PlimsollError::OracleMismatch);
    let (feed_id, seen) = pull::read(account)?;
    let bound = sources().find(|(_, s)| s.kind == OracleSource::PYTH_PULL && s.key == feed_id);
    let (index, _) = bound.ok_or(PlimsollError::OracleMismatch)?;
    Ok((index, seen))
}

/// `mantissa · 10^exponent` USD as a price, rounded towards zero, or up where asked.
///
/// # Errors
/// [`PlimsollError::OraclePrice`] when it is not positive or does not fit.
fn scaled(mantissa: i64, exponent: i32, round_up: bool) -> Result<Price> {
    let shift = exponent.checked_add(9).ok_or(PlimsollError::OraclePrice)?;
    require!((-18..=18).contains(&shift), PlimsollError::OraclePrice);
    // |shift| ≤ 18, so the power fits an i64.
    let power = 10i64.pow(shift.unsigned_abs());
    let raw = if shift >= 0 {
        mantissa.checked_mul(power).ok_or(PlimsollError::OraclePrice)?
    } else {
        let quotient = mantissa / power;
        quotient.saturating_add(i64::from(round_up && mantissa % power > 0))
    };
    Ok(Price::from_raw(raw))
}
