//! `open_stake`: an owner's place in the insurance fund, without shares yet.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::state::{InsuranceFund, InsuranceStake};

#[derive(Accounts)]
pub struct OpenStake<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub fund: AccountLoader<'info, InsuranceFund>,
    #[account(
        init, payer = owner, space = 8 + core::mem::size_of::<InsuranceStake>(),
        seeds = [STAKE_SEED, fund.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub stake: AccountLoader<'info, InsuranceStake>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<OpenStake>) -> Result<()> {
    let stake = &mut ctx.accounts.stake.load_init()?;
    stake.version = VERSION;
    stake.bump = ctx.bumps.stake;
    stake.fund = ctx.accounts.fund.key();
    stake.owner = ctx.accounts.owner.key();
    stake.generation = ctx.accounts.fund.load()?.generation;
    Ok(())
}
