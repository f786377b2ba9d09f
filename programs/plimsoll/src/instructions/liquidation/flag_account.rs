//! `flag_account`: permissionless. Notes what prices make of an account: its auction starts, goes on or ends, or it is warned.
//!
//! ```text
//! MM < 0, as `liquidate` sees it     the auction starts, or its clock goes on: slices get cheaper only while somebody looks
//! MM ≥ 0 while an auction runs       the auction ends
//! HF under the warning level         an event, for whoever watches the account
//! ```

use anchor_lang::prelude::*;
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;

use super::take_over::support;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::{AccountWarned, AuctionEnded, BreachSeen};
use crate::guards::{require_exchange, unix_now};
use crate::health::{health, Purpose};
use crate::markets::Markets;
use crate::state::{Auction, Exchange, MarginAccount};

#[derive(Accounts)]
pub struct FlagAccount<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, FlagAccount<'info>>) -> Result<()> {
    let now = unix_now()?;
    let key = ctx.accounts.margin_account.key();
    let account = &mut *ctx.accounts.margin_account.load_mut()?;
    let exchange = &*ctx.accounts.exchange.load()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let markets = Markets::load(ctx.remaining_accounts.iter(), &account.exchange)?;
    let valued = health(account, exchange, &markets, Purpose::Liquidation, now)?;
    let terms = LiquidationParams::from(&exchange.liquidation);
    if valued.is_liquidatable()? {
        account.auction.see(now, valued.report.equity, &terms);
        log_event!(seen(key, &valued.report, &account.auction, &terms)?);
    } else if account.auction.is_running() && !valued.report.maintenance.is_negative() {
        log_event!(ended(key, &account.auction, now));
        account.auction = Auction::default();
    } else {
        let health_factor = valued.report.health_factor().or_error()?;
        require!(health_factor < terms.warning, PlimsollError::NothingToFlag);
        log_event!(AccountWarned {
            account: key,
            equity_atoms: valued.report.equity.raw(),
            maintenance_atoms: valued.report.maintenance.raw(),
            health_factor_e9: health_factor.raw(),
            at: now,
        });
        return Ok(());
    }
    account.touch();
    Ok(())
}

fn seen(account: Pubkey, report: &MarginReport, auction: &Auction, terms: &LiquidationParams) -> Result<BreachSeen> {
    Ok(BreachSeen {
        account,
        equity_atoms: report.equity.raw(),
        maintenance_atoms: report.maintenance.raw(),
        started_at: auction.started_at,
        elapsed_secs: auction.elapsed_secs,
        discount_e9: auction.clock().discount(terms).or_error()?.raw(),
        support_atoms: support(report, auction, terms)?.raw(),
        at: auction.seen_at,
    })
}

fn ended(account: Pubkey, auction: &Auction, at: i64) -> AuctionEnded {
    AuctionEnded {
        account,
        started_at: auction.started_at,
        elapsed_secs: auction.elapsed_secs,
        paid_atoms: auction.paid_atoms,
        at,
    }
}
