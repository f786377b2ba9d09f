//! `set_portfolio_params`: how portfolio margin of an underlying is computed from its scenarios.

use anchor_lang::prelude::*;

use crate::events::PortfolioChanged;
use crate::instructions::set_underlying::SetUnderlying;
use crate::state::{PortfolioParamsRaw, PortfolioState};

pub fn handler(ctx: Context<SetUnderlying>, params: PortfolioParamsRaw) -> Result<()> {
    change(ctx, |portfolio| portfolio.set_params(&params))
}

/// Changes the portfolio margin of an underlying and tells so.
pub(super) fn change(ctx: Context<SetUnderlying>, set: impl FnOnce(&mut PortfolioState) -> Result<()>) -> Result<()> {
    ctx.accounts.validate()?;
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    underlying.outdate_arrays();
    let portfolio = &mut underlying.portfolio;
    set(portfolio)?;
    log_event!(PortfolioChanged {
        underlying: ctx.accounts.underlying.key(),
        params: portfolio.params,
        scenario_count: portfolio.scenario_count,
        is_set: portfolio.is_set(),
    });
    Ok(())
}
