//! `open_queue`: the queue in which the holders of a series are ranked for deleveraging. One for each series, paid for by whoever
//! needs it first.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::state::{DeleveragingQueue, Underlying};

#[derive(Accounts)]
#[instruction(series: u16)]
pub struct OpenQueue<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(
        init, payer = payer, space = 8 + core::mem::size_of::<DeleveragingQueue>(),
        seeds = [QUEUE_SEED, underlying.key().as_ref(), &series.to_le_bytes()], bump
    )]
    pub queue: AccountLoader<'info, DeleveragingQueue>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<OpenQueue>, series: u16) -> Result<()> {
    ctx.accounts.underlying.load()?.series(series)?;
    let queue = &mut ctx.accounts.queue.load_init()?;
    queue.version = VERSION;
    queue.bump = ctx.bumps.queue;
    queue.series = series;
    queue.underlying = ctx.accounts.underlying.key();
    Ok(())
}
