//! How a series is listed, whoever lists it.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::units::{Price, ONE_E9};

use crate::constants::MAX_SERIES;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::SeriesListed;
use crate::state::price::Freshness;
use crate::state::{Series, SeriesStatus, Underlying};

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct ListSeriesArgs {
    /// Slot of a listed expiry.
    pub expiry: u8,
    pub is_put: bool,
    /// Strike, scale 1e-9 USD.
    pub strike_e9: i64,
}

/// Lists a series of a live expiry in a free slot; gives the event that tells of it.
///
/// # Errors
/// [`PlimsollError::SeriesExpired`], [`PlimsollError::OracleStale`], [`PlimsollError::StrikeOutOfRange`],
/// [`PlimsollError::SeriesExists`], [`PlimsollError::TooManySeries`].
pub fn list(underlying: &mut Underlying, key: &Pubkey, args: &ListSeriesArgs, now: i64) -> Result<SeriesListed> {
    require!(now < underlying.expiry(args.expiry)?.expiry_ts, PlimsollError::SeriesExpired);
    require_strike_in_range(underlying, args.strike_e9, now)?;
    let kind = if args.is_put { Series::PUT } else { Series::CALL };
    let used = used(underlying);
    let is_same = |s: &Series| {
        s.status == SeriesStatus::LISTED && s.expiry == args.expiry && s.kind == kind && s.strike_e9 == args.strike_e9
    };
    require!(!used.iter().any(is_same), PlimsollError::SeriesExists);
    let slot = next_slot(underlying);
    require!(slot < MAX_SERIES as usize, PlimsollError::TooManySeries);
    underlying.series[slot] = Series {
        strike_e9: args.strike_e9,
        ln_strike_q40: ln_price(Price::from_raw(args.strike_e9)).or_error()?.raw(),
        expiry: args.expiry,
        kind,
        status: SeriesStatus::LISTED,
        ..bytemuck::Zeroable::zeroed()
    };
    let slot = slot as u16;
    underlying.series_used = underlying.series_used.max(slot.saturating_add(1));
    Ok(SeriesListed { underlying: *key, series: slot, expiry: args.expiry, kind, strike_e9: args.strike_e9 })
}

/// The slot that the next series takes, if there is one.
pub fn next_slot(underlying: &Underlying) -> usize {
    let used = used(underlying);
    used.iter().position(|series| series.status == SeriesStatus::FREE).unwrap_or(used.len())
}

/// Slots that hold no series.
pub fn free_slots(underlying: &Underlying) -> usize {
    let listed = used(underlying).iter().filter(|series| series.status == SeriesStatus::LISTED).count();
    underlying.series.len().saturating_sub(listed)
}

fn used(underlying: &Underlying) -> &[Series] {
    // series_used is only written above and never beyond the slots.
    &underlying.series[..(underlying.series_used as usize).min(underlying.series.len())]
}

/// Strikes far from the index would leave the range the pricing kernel is tested in.
fn require_strike_in_range(underlying: &Underlying, strike_e9: i64, now: i64) -> Result<()> {
    underlying.price.require_fresh(now, Freshness::NewRisk)?;
    let (index, factor) = (underlying.price.index_e9, underlying.params.max_strike_factor_e9);
    let lowest = mul_div(index, ONE_E9, factor, Rounding::Up).or_error()?;
    let highest = mul_div(index, factor, ONE_E9, Rounding::Down).or_error()?.min(Price::MAX.raw());
    require!((lowest..=highest).contains(&strike_e9), PlimsollError::StrikeOutOfRange);
    Ok(())
}
