//! `create_risk_cache`: takes over an account that the client has created with the size of [`RiskCache`].
//!
//! CAN: anyone create as many as they pay for. CANNOT: a cache say anything but what the program computed, or hinder another.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::RiskCacheCreated;
use crate::state::{RiskCache, Underlying};

#[derive(Accounts)]
pub struct CreateRiskCache<'info> {
    pub underlying: AccountLoader<'info, Underlying>,
    /// Owned by the program, zeroed, 8 + size of `RiskCache` bytes.
    #[account(zero)]
    pub cache: AccountLoader<'info, RiskCache>,
}

pub fn handler(ctx: Context<CreateRiskCache>, refresher: Pubkey) -> Result<()> {
    let underlying = ctx.accounts.underlying.key();
    require!(ctx.accounts.underlying.load()?.version == VERSION, PlimsollError::WrongVersion);
    let cache = &mut ctx.accounts.cache.load_init()?;
    cache.version = VERSION;
    cache.underlying = underlying;
    cache.refresher = refresher;
    log_event!(RiskCacheCreated { underlying, cache: ctx.accounts.cache.key(), refresher });
    Ok(())
}
