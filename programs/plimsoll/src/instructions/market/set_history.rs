//! `set_history`: writes historical moves of an underlying, as many as fit a transaction at a time.
//!
//! Moves overwrite those from `start` on, and the set grows where they reach beyond its end: filling it again never makes
//! it smaller on the way. Without moves the set is cut at `start`.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::HistorySet;
use crate::state::{Exchange, HistoricalMove, History, Underlying};

/// A move of price and volatility over the margin horizon.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct MoveArgs {
    /// Return of the price in (−0.95, 4], scale 1e-9.
    pub return_e9: i64,
    /// Relative change of volatility in [−0.9, 4], scale 1e-9.
    pub vol_change_e9: i64,
}

#[derive(Accounts)]
pub struct SetHistory<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut, has_one = underlying @ PlimsollError::UnexpectedAccount)]
    pub history: AccountLoader<'info, History>,
}

pub fn handler(ctx: Context<SetHistory>, start: u8, moves: Vec<MoveArgs>) -> Result<()> {
    ctx.accounts.exchange.load()?.require_admin(ctx.accounts.admin.key)?;
    require_keys_eq!(
        ctx.accounts.underlying.load()?.exchange,
        ctx.accounts.exchange.key(),
        PlimsollError::WrongExchange
    );
    let history = &mut *ctx.accounts.history.load_mut()?;
    require!(history.version == VERSION, PlimsollError::WrongVersion);
    let from = start as usize;
    require!(from <= history.count as usize, PlimsollError::HistoryOutOfRange);
    if moves.is_empty() {
        history.cut(from);
    } else {
        let to = from.saturating_add(moves.len());
        let slots = history.moves.get_mut(from..to).ok_or(PlimsollError::HistoryOutOfRange)?;
        for (slot, args) in slots.iter_mut().zip(&moves) {
            *slot = HistoricalMove::new(args.return_e9, args.vol_change_e9)?;
        }
        // At most 64.
        history.count = history.count.max(to as u8);
    }
    log_event!(HistorySet {
        history: ctx.accounts.history.key(),
        start,
        // At most 64.
        written: moves.len() as u8,
        count: history.count,
    });
    Ok(())
}
