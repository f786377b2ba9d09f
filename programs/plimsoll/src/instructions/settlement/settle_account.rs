//! `settle_account`: permissionless. Turns an account's settled positions in one underlying into cash.
//!
//! Longs are credited rounded down, shorts debited rounded up; what rounding leaves stays in the underlying's
//! settlement balance, which is never negative once everybody is settled.

use anchor_lang::prelude::*;
use plimsoll_risk::settlement::payable_payoff;
use plimsoll_risk::units::{Contracts, Price};

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::PositionSettled;
use crate::guards::require_exchange;
use crate::state::{Exchange, MarginAccount, Position, Underlying};

#[derive(Accounts)]
pub struct SettleAccount<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler(ctx: Context<SettleAccount>) -> Result<()> {
    let (underlying_key, account_key) = (ctx.accounts.underlying.key(), ctx.accounts.margin_account.key());
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    let account = &mut *ctx.accounts.margin_account.load_mut()?;
    require_exchange(account, &underlying.exchange)?;
    require_keys_eq!(ctx.accounts.exchange.key(), account.exchange, PlimsollError::WrongExchange);
    account.bear_losses(&*ctx.accounts.exchange.load()?)?;
    let slot = account.underlyings.iter().position(|key| *key == underlying_key);
    let slot = slot.ok_or(PlimsollError::NothingToSettle)? as u8;
    let mut is_any = false;
    for index in 0..account.position_count as usize {
        let position = account.positions[index];
        if position.underlying != slot || !underlying.expiry(position.expiry)?.is_settled() {
            continue;
        }
        is_any = true;
        let payoff_atoms = settle_position(underlying, &mut account.positions[index])?;
        account.add_cash(payoff_atoms)?;
        log_event!(PositionSettled {
            account: account_key,
            underlying: underlying_key,
            series: position.series,
            size_e6: position.size_e6,
            payoff_atoms,
        });
    }
    require!(is_any, PlimsollError::NothingToSettle);
    account.release_empty();
    account.touch();
    Ok(())
}

/// Empties a position and returns its payoff in atoms.
fn settle_position(underlying: &mut Underlying, position: &mut Position) -> Result<i64> {
    let settlement = Price::from_raw(underlying.expiry(position.expiry)?.settlement_e9);
    let series = underlying.series_mut(position.series)?;
    let payoff = payable_payoff(series.option_kind(), series.strike().price, settlement, position.size()).or_error()?;
    series.take_off_netted(position)?;
    series.move_interest(position.size(), Contracts::ZERO)?;
    position.size_e6 = 0;
    let balance = underlying.settlement_atoms.checked_sub(payoff.raw());
    underlying.settlement_atoms = balance.ok_or(PlimsollError::Overflow)?;
    Ok(payoff.raw())
}
