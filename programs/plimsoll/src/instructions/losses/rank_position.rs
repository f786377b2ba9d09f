//! `rank_position`: permissionless. The holder of a long position gets its place in the series' queue for deleveraging.
//!
//! Whoever thinks that somebody should come before him ranks that one: `deleverage` takes nobody who ranks more than a tenth under the
//! first. Ranking somebody who cannot be closed any more takes him out.

use anchor_lang::prelude::*;
use plimsoll_risk::liquidation::deleverage_score;
use plimsoll_risk::units::{Price, Ratio, Value};

use crate::constants::{MIN_BEARABLE_PART, MIN_RANKED_PART};
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::PositionRanked;
use crate::guards::{require_exchange, unix_now};
use crate::health::marks;
use crate::markets::Markets;
use crate::state::{DeleveragingQueue, Exchange, MarginAccount, Position, Rank, Underlying};

#[derive(Accounts)]
pub struct RankPosition<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub queue: AccountLoader<'info, DeleveragingQueue>,
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, RankPosition<'info>>) -> Result<()> {
    let now = unix_now()?;
    let (account_key, underlying_key) = (ctx.accounts.margin_account.key(), ctx.accounts.underlying.key());
    let exchange = &*ctx.accounts.exchange.load()?;
    let account = &*ctx.accounts.margin_account.load()?;
    require_exchange(account, &ctx.accounts.exchange.key())?;
    let queue = &mut *ctx.accounts.queue.load_mut()?;
    queue.require_of(&underlying_key)?;
    let accounts = std::iter::once(ctx.accounts.underlying.as_ref()).chain(ctx.remaining_accounts.iter());
    let markets = Markets::load(accounts, &account.exchange)?;
    let Some((position, mark, score, equity)) =
        ranked(account, exchange, &markets, (&underlying_key, queue.series), now)?
    else {
        // Whoever cannot be closed any more stands in nobody's way.
        require!(queue.clear(&account_key), PlimsollError::NotRanked);
        return Ok(());
    };
    queue.rank(Rank { account: account_key, score_e9: score.raw(), size_e6: position.size_e6, ranked_at: now }, now)?;
    log_event!(PositionRanked {
        account: account_key,
        underlying: underlying_key,
        series: queue.series,
        size_e6: position.size_e6,
        score_e9: score.raw(),
        mark_e9: mark.raw(),
        entry_e9: position.entry().price().raw(),
        equity_atoms: equity.raw(),
        at: now,
    });
    Ok(())
}

/// Position, mark, score and equity of a holder who can be closed: of at least a thousandth of the open interest, and with equity to bear
/// a hundredth of what the position is worth.
fn ranked(
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    (underlying_key, series): (&Pubkey, u16),
    now: i64,
) -> Result<Option<(Position, Price, Ratio, Value)>> {
    let underlying = markets.underlying(underlying_key)?;
    let Ok(position) = long_position(account, underlying_key, series) else { return Ok(None) };
    let is_speck = position.size_e6 < underlying.series(series)?.long_e6 / MIN_RANKED_PART;
    let equity = marks::worth(account, exchange, markets, now)?.equity;
    let mark = marks::mark(underlying, position, now)?;
    let value = mark.times(position.size()).to_value_ceil().or_error()?;
    if is_speck || equity <= Value::ZERO || equity.raw() < value.raw() / MIN_BEARABLE_PART {
        return Ok(None);
    }
    Ok(Some((*position, mark, score(underlying, position, mark, equity)?, equity)))
}

/// The account's position in a series. # Errors [`PlimsollError::NotRanked`] where it is not long.
pub(super) fn long_position<'a>(account: &'a MarginAccount, underlying: &Pubkey, series: u16) -> Result<&'a Position> {
    let found = find(account, underlying, series).filter(|position| position.size_e6 > 0);
    found.ok_or_else(|| PlimsollError::NotRanked.into())
}

/// The account's position in a series, if it has any.
pub(super) fn find<'a>(account: &'a MarginAccount, underlying: &Pubkey, series: u16) -> Option<&'a Position> {
    let slot = account.underlyings.iter().position(|key| key == underlying)?;
    account.positions().iter().find(|position| position.underlying as usize == slot && position.series == series)
}

/// Profit × leverage of a holder. # Errors [`PlimsollError::NotRanked`] for one without equity: it has nothing to lose.
pub(super) fn score(underlying: &Underlying, position: &Position, mark: Price, equity: Value) -> Result<Ratio> {
    require!(equity > Value::ZERO, PlimsollError::NotRanked);
    let notional = underlying.price.index().times(position.size()).to_value_floor().or_error()?;
    deleverage_score(position.entry().price(), mark, notional, equity).or_error()
}
