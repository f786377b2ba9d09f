//! `open_backstop_stake`: an owner's place in the backstop, without shares yet.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::state::{Backstop, PoolStake};

#[derive(Accounts)]
pub struct OpenBackstopStake<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub backstop: AccountLoader<'info, Backstop>,
    #[account(
        init, payer = owner, space = 8 + core::mem::size_of::<PoolStake>(),
        seeds = [STAKE_SEED, backstop.key().as_ref(), owner.key().as_ref()], bump
    )]
    pub backstop_stake: AccountLoader<'info, PoolStake>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<OpenBackstopStake>) -> Result<()> {
    let (backstop, owner) = (ctx.accounts.backstop.key(), ctx.accounts.owner.key());
    let generation = ctx.accounts.backstop.load()?.generation;
    ctx.accounts.backstop_stake.load_init()?.open(ctx.bumps.backstop_stake, backstop, owner, generation);
    Ok(())
}
