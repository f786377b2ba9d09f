//! `update_collateral_price`: permissionless. Reads the bound oracle accounts into a collateral's index.

use anchor_lang::prelude::*;

use crate::guards::unix_now;
use crate::instructions::update_price::updated;
use crate::oracle;
use crate::state::Collateral;

#[derive(Accounts)]
pub struct UpdateCollateralPrice<'info> {
    #[account(mut)]
    pub collateral: AccountLoader<'info, Collateral>,
}

pub fn handler<'info>(ctx: Context<'info, UpdateCollateralPrice<'info>>) -> Result<()> {
    let collateral = &mut ctx.accounts.collateral.load_mut()?;
    oracle::update(&mut collateral.price, ctx.remaining_accounts, unix_now()?)?;
    log_event!(updated(ctx.accounts.collateral.key(), &collateral.price));
    Ok(())
}
