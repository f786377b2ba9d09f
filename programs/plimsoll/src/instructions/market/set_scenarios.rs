//! `set_scenarios`: the scenario grid of an underlying.

use anchor_lang::prelude::*;

use crate::instructions::set_portfolio_params::change;
use crate::instructions::set_underlying::SetUnderlying;
use crate::state::ScenarioArgs;

pub fn handler(ctx: Context<SetUnderlying>, scenarios: Vec<ScenarioArgs>) -> Result<()> {
    change(ctx, |portfolio| portfolio.set_scenarios(&scenarios))
}
