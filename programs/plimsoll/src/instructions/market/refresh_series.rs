//! `refresh_series`: computes the risk arrays of some series of one expiry, at the price, surface and time of now.
//!
//! Calls in one second at one price add to one snapshot, so that all series of an expiry fit as many transactions as they
//! need. Anything else starts a new one, and outdates every array of the expiry that is not computed again.

use anchor_lang::prelude::*;

use crate::constants::{MAX_SERIES, VERSION};
use crate::errors::PlimsollError;
use crate::events::SeriesRefreshed;
use crate::guards::unix_now;
use crate::health::refresh;
use crate::state::price::Freshness;
use crate::state::{RiskCache, Underlying};

#[derive(Accounts)]
pub struct RefreshSeries<'info> {
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut, has_one = underlying @ PlimsollError::UnexpectedAccount)]
    pub cache: AccountLoader<'info, RiskCache>,
    /// The refresher of the cache, if it names one.
    pub refresher: Option<Signer<'info>>,
}

pub fn handler(ctx: Context<RefreshSeries>, expiry: u8, series: Vec<u16>) -> Result<()> {
    let now = unix_now()?;
    let underlying = &*ctx.accounts.underlying.load()?;
    let cache = &mut *ctx.accounts.cache.load_mut()?;
    require!(cache.version == VERSION && underlying.version == VERSION, PlimsollError::WrongVersion);
    cache.require_refresher(ctx.accounts.refresher.as_ref().map(|signer| signer.key))?;
    require!(!series.is_empty() && series.len() <= MAX_SERIES as usize, PlimsollError::SeriesNotFound);
    require!(underlying.portfolio.is_set(), PlimsollError::ScenarioGrid);
    require!(underlying.expiry(expiry)?.is_live_at(now), PlimsollError::SeriesExpired);
    underlying.price.require_fresh(now, Freshness::NewRisk)?;
    let stamp = refresh(cache, underlying, expiry, &series, now)?;
    log_event!(SeriesRefreshed {
        cache: ctx.accounts.cache.key(),
        expiry,
        stamp,
        // At most 512.
        count: series.len() as u16,
        index_e9: underlying.price.index_e9,
    });
    Ok(())
}
