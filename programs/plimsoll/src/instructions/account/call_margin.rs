//! `call_margin`: permissionless. Records that an account is short of initial margin, or that it no longer is.

use anchor_lang::prelude::*;

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::{MarginCallCleared, MarginCalled};
use crate::guards::{require_exchange, unix_now};
use crate::health::{health, Purpose};
use crate::markets::Markets;
use crate::state::{Exchange, MarginAccount};

#[derive(Accounts)]
pub struct CallMargin<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, CallMargin<'info>>) -> Result<()> {
    let now = unix_now()?;
    let key = ctx.accounts.margin_account.key();
    let account = &mut ctx.accounts.margin_account.load_mut()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let markets = Markets::load(ctx.remaining_accounts.iter(), &account.exchange)?;
    let exchange = &*ctx.accounts.exchange.load()?;
    let report = health(account, exchange, &markets, Purpose::NewRisk, now)?.report;
    let is_short = report.initial.is_negative();
    match (is_short, account.margin_call_at) {
        (true, 0) => {
            account.margin_call_at = now;
            account.margin_call_deadline = now.saturating_add(exchange.liquidation.call_secs);
            log_event!(MarginCalled {
                account: key,
                equity_atoms: report.equity.raw(),
                initial_atoms: report.initial.raw(),
                maintenance_atoms: report.maintenance.raw(),
                health_factor_e9: report.health_factor().or_error()?.raw(),
                at: now,
                deadline: account.margin_call_deadline,
            });
        }
        (false, called_at) if called_at != 0 => {
            (account.margin_call_at, account.margin_call_deadline) = (0, 0);
            log_event!(MarginCallCleared { account: key, called_at });
        }
        _ => return err!(PlimsollError::NoMarginCall),
    }
    account.touch();
    Ok(())
}
