//! `unstake`: shares that have waited leave with what they are worth now.
//!
//! CAN: the owner leave within two days after the cooldown. CANNOT: anybody keep a request ready and leave ahead of a loss.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::Unstaked;
use crate::guards::unix_now;
use crate::instructions::stake::MoveStake;
use crate::state::PauseBits;
use crate::token::Transfer;

pub fn handler(ctx: Context<MoveStake>) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.validate(PauseBits::WITHDRAW)?;
    let amount = {
        let (fund, stake) = (&mut accounts.fund.load_mut()?, &mut accounts.stake.load_mut()?);
        stake.catch_up(fund.generation);
        let shares = stake.leaving_shares;
        stake.take_off(shares, unix_now()?)?;
        let amount = fund.leave(shares)?.raw();
        log_event!(Unstaked {
            fund: stake.pool,
            owner: stake.owner,
            amount_atoms: amount,
            shares,
            fund_atoms: fund.cash_atoms,
            total_shares: fund.total_shares,
        });
        u64::try_from(amount).map_err(|_| PlimsollError::Overflow)?
    };
    let transfer = Transfer {
        mint: &accounts.quote_mint,
        vault: &mut accounts.quote_vault,
        user: &accounts.user_tokens,
        token_program: &accounts.token_program,
    };
    transfer.pay(&accounts.exchange, amount)
}
