//! `sample_volatility`: permissionless, at most once per interval. Adds the index's return to realised volatility.
//!
//! CANNOT: anybody choose the price or the time it counts for: both are those of the index, which must be fresh. Who waits
//! for a quiet moment is overtaken by whoever samples as soon as the interval has passed.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::VolatilitySampled;
use crate::guards::unix_now;
use crate::state::price::Freshness;
use crate::state::Underlying;

#[derive(Accounts)]
pub struct SampleVolatility<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<SampleVolatility>) -> Result<()> {
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    require!(underlying.version == VERSION, PlimsollError::WrongVersion);
    underlying.price.require_fresh(unix_now()?, Freshness::NewRisk)?;
    let (price, params) = (underlying.price, underlying.params.volatility);
    let (log_return, elapsed) = underlying.realised.sample(&price, &params)?.unwrap_or_default();
    log_event!(VolatilitySampled {
        underlying: ctx.accounts.underlying.key(),
        log_return_q40: log_return.raw(),
        elapsed_secs: elapsed.raw(),
        variance_q40: underlying.realised.variance_q40,
        samples: underlying.realised.samples,
    });
    Ok(())
}
