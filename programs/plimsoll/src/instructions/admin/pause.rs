//! `pause`: stops deposits, withdrawals or trades for a limited time. Liquidation and settlement always go on.

use anchor_lang::prelude::*;

use crate::constants::MAX_PAUSE_SECS;
use crate::errors::PlimsollError;
use crate::events::PauseChanged;
use crate::guards::unix_now;
use crate::state::{Exchange, PauseBits};

#[derive(Accounts)]
pub struct Pause<'info> {
    /// Guardian or admin.
    pub guardian: Signer<'info>,
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

pub fn handler(ctx: Context<Pause>, bits: u64, seconds: i64) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    let signer = ctx.accounts.guardian.key();
    require!(signer == exchange.guardian || signer == exchange.admin, PlimsollError::Unauthorized);
    let is_lawful = bits & !PauseBits::ALL == 0 && (0..=MAX_PAUSE_SECS).contains(&seconds);
    require!(is_lawful, PlimsollError::PauseOutOfRange);
    exchange.pause_bits = bits;
    exchange.pause_until = unix_now()?.saturating_add(seconds);
    log_event!(PauseChanged {
        exchange: ctx.accounts.exchange.key(),
        by: signer,
        pause_bits: bits,
        pause_until: exchange.pause_until,
    });
    Ok(())
}
