//! `withdraw_backstop`: shares that have waited leave with what they are worth now, some or all of them.
//!
//! CAN: the owner leave within two days after the cooldown, in parts where the backstop has not all the cash at once. CANNOT: anybody keep
//! a request ready and leave ahead of a loss, take cash that the backstop's positions need, or leave it owing.

use anchor_lang::prelude::*;

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::BackstopWithdrawn;
use crate::guards::{require_withdrawable, unix_now};
use crate::instructions::deposit_backstop::{share_value, MoveBackstopStake};
use crate::markets::Markets;
use crate::state::PauseBits;
use crate::token::Transfer;

pub fn handler<'info>(ctx: Context<'info, MoveBackstopStake<'info>>, shares: i64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.validate(PauseBits::WITHDRAW)?;
    let amount = {
        let (backstop, stake) = (&mut accounts.backstop.load_mut()?, &mut accounts.backstop_stake.load_mut()?);
        let book = &mut accounts.book.load_mut()?;
        stake.catch_up(backstop.generation);
        stake.take_off(shares, unix_now()?)?;
        book.bear_losses(&*accounts.exchange.load()?)?;
        let markets = Markets::load(ctx.remaining_accounts.iter(), &book.exchange)?;
        let mut valued = share_value(book, &*accounts.exchange.load()?, &markets)?;
        let equity = valued.report.equity;
        let amount = backstop.leave(equity, shares)?;
        require!(book.cash_atoms >= amount.raw(), PlimsollError::InsufficientBalance);
        book.add_cash(amount.neg().or_error()?.raw())?;
        // Cash counts in full: IM falls by the amount.
        valued.report.initial = valued.report.initial.sub(amount).or_error()?;
        require_withdrawable(&valued)?;
        book.touch();
        log_event!(BackstopWithdrawn {
            backstop: stake.pool,
            owner: stake.owner,
            amount_atoms: amount.raw(),
            shares,
            equity_atoms: equity.raw(),
            total_shares: backstop.total_shares,
        });
        u64::try_from(amount.raw()).map_err(|_| PlimsollError::Overflow)?
    };
    let transfer = Transfer {
        mint: &accounts.quote_mint,
        vault: &mut accounts.quote_vault,
        user: &accounts.user_tokens,
        token_program: &accounts.token_program,
    };
    transfer.pay(&accounts.exchange, amount)
}
