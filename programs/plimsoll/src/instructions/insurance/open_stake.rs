//! `open_stake`: an owner's place in the insurance fund, without shares yet.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::state::{InsuranceFund, PoolStake};

#[derive(Accounts)]
pub struct OpenStake<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub fund: AccountLoader<'info, InsuranceFund>,
    #[account(
        init, payer = owner, space = 8 + core::mem::size_of::<PoolStake>(),
        seeds = [STAKE_SEED, fund.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub stake: AccountLoader<'info, PoolStake>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<OpenStake>) -> Result<()> {
    let (fund, owner) = (ctx.accounts.fund.key(), ctx.accounts.owner.key());
    let generation = ctx.accounts.fund.load()?.generation;
    ctx.accounts.stake.load_init()?.open(ctx.bumps.stake, fund, owner, generation);
    Ok(())
}
