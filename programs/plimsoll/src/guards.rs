//! Rules that several instructions share, one function each.

use anchor_lang::prelude::*;

use plimsoll_risk::liquidation::least_equity_after_trade;
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::units::Ratio;

use crate::constants::VERSION;
use crate::errors::{OrProgramError, PlimsollError};
use crate::health::{health_with, Health, Purpose, Scratch};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Exchange, MarginAccount};

/// Unix time of the cluster.
pub fn unix_now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}

/// The margin account belongs to the exchange and has the layout this program knows.
pub fn require_exchange(account: &MarginAccount, exchange: &Pubkey) -> Result<()> {
    require_keys_eq!(account.exchange, *exchange, PlimsollError::WrongExchange);
    require!(account.version == VERSION, PlimsollError::WrongVersion);
    Ok(())
}

/// The caller may take from the account with his own: both are of the exchange, his is his to use, the other belongs to somebody
/// else, and nothing has happened since he looked.
#[inline(always)]
pub fn require_taker(
    (taker, signer): (&MarginAccount, &Pubkey),
    from: &MarginAccount,
    exchange: &Pubkey,
    seen_sequence: Option<u64>,
) -> Result<()> {
    require_exchange(taker, exchange)?;
    require_exchange(from, exchange)?;
    taker.require_owner_or_delegate(signer)?;
    require_keys_neq!(taker.owner, from.owner, PlimsollError::SelfLiquidation);
    let is_expected = seen_sequence.is_none_or(|seen| seen == from.liquidation_sequence);
    require!(is_expected, PlimsollError::SequenceMismatch);
    Ok(())
}

/// Collateral and the quote asset have prices of this age at most.
#[inline(always)]
pub fn require_fresh(
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    freshness: Freshness,
    now: i64,
) -> Result<()> {
    require!(exchange.stable.is_fresh(now, freshness), PlimsollError::OracleStale);
    require_fresh_collateral(account, markets, freshness, now)
}

/// Underlyings have prices, and unexpired positions surfaces, that are young enough for new risk, whatever a margin makes of them.
pub fn require_fresh_positions(account: &MarginAccount, markets: &Markets, now: i64) -> Result<()> {
    for position in account.positions() {
        let key = &account.underlyings[position.underlying as usize % account.underlyings.len()];
        let underlying = markets.underlying(key)?;
        underlying.price.require_fresh(now, Freshness::NewRisk)?;
        let is_old = underlying.expiry(position.expiry)?.is_stale(now, underlying.params.volatility.max_age_secs);
        require!(!is_old, PlimsollError::VolatilityStale);
    }
    Ok(())
}

/// The account's collateral is valued at prices of this age at most.
#[inline(always)]
pub fn require_fresh_collateral(
    account: &MarginAccount,
    markets: &Markets,
    freshness: Freshness,
    now: i64,
) -> Result<()> {
    for slot in account.collaterals.iter().filter(|slot| slot.balance_atoms > 0) {
        let price = &markets.collateral(&slot.collateral)?.price;
        require!(price.is_fresh(now, freshness), PlimsollError::OracleStale);
    }
    Ok(())
}

/// The taker satisfies IM with what he has taken; gives what he is worth then. The prices that breached the account are good enough for that: an oracle that has
/// fallen silent must not end liquidations before its liquidation age.
#[inline(always)]
pub fn require_taker_margin(
    scratch: &mut Scratch,
    taker: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    now: i64,
) -> Result<MarginReport> {
    let taken = health_with(scratch, taker, exchange, markets, Purpose::Taker, now)?.report;
    require!(!taken.initial.is_negative(), PlimsollError::InitialMargin);
    Ok(taken)
}

/// The party may do what it did: it satisfies IM in a market that allows new risk; or it has raised its IM balance and
/// paid no more for that than a liquidation would have cost it, unless it was insolvent.
///
/// `before` is only asked for when the first does not hold; `hindrance` is what forbids new risk apart from the market.
pub fn require_initial_margin(
    after: &Health,
    discount: Ratio,
    hindrance: Option<PlimsollError>,
    before: impl FnOnce() -> Result<Health>,
) -> Result<()> {
    let is_covered = !after.report.initial.is_negative();
    let obstacle = hindrance.or(after.obstacle);
    if is_covered && obstacle.is_none() {
        return Ok(());
    }
    let before = before()?.report;
    // What an insolvent account pays to one of its creditors is missing for the others.
    require!(!before.equity.is_negative(), PlimsollError::InitialMargin);
    if after.report.initial > before.initial {
        let least = least_equity_after_trade(&before, &after.report, discount).or_error()?;
        require!(after.report.equity >= least, PlimsollError::OffMarketPrice);
        return Ok(());
    }
    match obstacle {
        Some(obstacle) if is_covered => Err(obstacle.into()),
        _ => err!(PlimsollError::InitialMargin),
    }
}

/// The account may let go of money: IM ≥ 0 at fresh prices, in a market that allows new risk.
#[inline(always)]
pub fn require_withdrawable(health: &Health) -> Result<()> {
    require!(!health.report.initial.is_negative(), PlimsollError::InitialMargin);
    health.obstacle.map_or(Ok(()), |obstacle| Err(obstacle.into()))
}
