//! `deleverage`: permissionless. Closes a short of an insolvent account that nobody pays for against a holder of the same series.
//!
//! ```text
//! eligible       E < 0 and MM < 0, by full revaluation; seen insolvent for the whole length of its auction; the fund holds less than −E;
//!                its collateral has been bought (`buy_collateral`), to a hundredth of the claims
//! counterparty   ranked at most ten minutes ago, by profit × leverage now at most a tenth under the first of the others; the ranked hold
//!                half of the series' open interest, or there are sixteen of them
//! price          the account's bankruptcy price: every claim on it is paid the same part of its mark, what everything else covers
//! loss           mark less price: the fund pays the part fund/−E of it, the counterparty bears the rest, and never more than its equity
//! ```
//!
//! Only shorts are closed: a long owes nothing. What the account keeps afterwards (longs, collateral, what it owes) is its equity of 0.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::liquidation::{is_first_enough, payable_by_fund, payable_claim};
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Contracts, Price, Ratio, Value};

use super::rank_position::{find, long_position, score};
use crate::constants::MIN_BEARABLE_PART;
use crate::deal::{book, Side};
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::PositionDeleveraged;
use crate::guards::{require_exchange, require_fresh, unix_now};
use crate::health::marks::{self, Worth};
use crate::health::{health, Purpose};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Absorber, DeleveragingQueue, Exchange, InsuranceFund, MarginAccount, Position, Underlying};

#[derive(Accounts)]
pub struct Deleverage<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub queue: AccountLoader<'info, DeleveragingQueue>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
    /// The insolvent account.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    /// Holder of the same series.
    #[account(mut)]
    pub counterparty: AccountLoader<'info, MarginAccount>,
}

/// One short of the account and as much of the counterparty's long, and what is paid for them.
struct Match {
    long: Position,
    size: Contracts,
    mark: Price,
    claim: Value,
    payment: Value,
    /// What of the loss the fund pays, and what the counterparty bears.
    paid: Value,
    borne: Value,
    score: Ratio,
}

pub fn handler<'info>(ctx: Context<'info, Deleverage<'info>>, max_size_e6: i64) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (account_key, counterparty_key) = (accounts.liquidatee.key(), accounts.counterparty.key());
    let (exchange_key, underlying_key) = (accounts.exchange.key(), accounts.underlying.key());
    require_keys_neq!(account_key, counterparty_key, PlimsollError::DuplicateAccount);
    require!(max_size_e6 > 0, PlimsollError::AmountOutOfRange);
    let exchange = &*accounts.exchange.load()?;
    let account = &mut *accounts.liquidatee.load_mut()?;
    let counterparty = &mut *accounts.counterparty.load_mut()?;
    let (fund, queue) = (&mut *accounts.fund.load_mut()?, &mut *accounts.queue.load_mut()?);
    for party in [&*account, &*counterparty] {
        require_exchange(party, &exchange_key)?;
    }
    fund.require_of(&exchange_key)?;
    queue.require_of(&underlying_key)?;
    account.bear_losses(exchange)?;
    counterparty.bear_losses(exchange)?;

    let (before, theirs, matched) = {
        let markets = std::iter::once(accounts.underlying.as_ref()).chain(ctx.remaining_accounts.iter());
        let markets = Markets::load(markets, &exchange_key)?;
        let breached = health(account, exchange, &markets, Purpose::Liquidation, now)?;
        require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
        let before = breached.report;
        require!(before.equity.is_negative(), PlimsollError::NotInsolvent);
        require_fresh(account, exchange, &markets, Freshness::Liquidation, now)?;
        require_unpaid(account, fund, exchange, before.equity, now)?;
        // Equity and claims at the very same marks: nothing is owed when all claims have been paid their part.
        let worth = marks::worth(account, exchange, &markets, now)?;
        // Claims are paid in cash: what the account has besides is turned into cash first.
        let is_cash = worth.collateral.raw() <= worth.claims.raw() / MIN_BEARABLE_PART;
        require!(is_cash, PlimsollError::CollateralFirst);
        let theirs = marks::worth(counterparty, exchange, &markets, now)?.equity;
        let parties = ((&*account, worth), (&*counterparty, theirs));
        let underlying = markets.underlying(&underlying_key)?;
        let funded = Value::from_raw(fund.cash_atoms);
        let matched = Match::of(parties, funded, (&underlying_key, underlying), queue.series, max_size_e6, now)?;
        (before, theirs, matched)
    };
    let lag_secs = now.saturating_sub(account.auction.insolvent_at);
    let first = queue.first_score(&counterparty_key, now)?;
    require!(is_first_enough(matched.score, first).or_error()?, PlimsollError::Outranked);
    let (paid, borne) = (fund.absorb(matched.paid)?, matched.borne);
    {
        let underlying = &mut *accounts.underlying.load_mut()?;
        queue.require_enough(underlying.series(queue.series)?.long_e6, now)?;
        matched.book((&underlying_key, underlying), account, counterparty, paid)?;
    }
    queue.closed(&counterparty_key, matched.long.size().sub(matched.size).or_error()?.raw());
    fund.ledger.record(paid, borne, Absorber::Counterparty)?;
    if account.position_count == 0 && account.cash_atoms >= 0 && !account.has_collateral() {
        account.auction = Default::default();
    }
    let liquidation_sequence = account.count_liquidation();
    counterparty.touch();
    log_event!(PositionDeleveraged {
        account: account_key,
        counterparty: counterparty_key,
        liquidation_sequence,
        underlying: underlying_key,
        series: queue.series,
        size_e6: matched.size.raw(),
        mark_e9: matched.mark.raw(),
        claim_atoms: matched.claim.raw(),
        payment_atoms: matched.payment.raw(),
        fund_paid_atoms: paid.raw(),
        borne_atoms: borne.raw(),
        score_e9: matched.score.raw(),
        first_score_e9: first.raw(),
        equity_before_atoms: before.equity.raw(),
        counterparty_equity_before_atoms: theirs.raw(),
        lag_secs,
    });
    Ok(())
}

/// Nobody else pays: the auction of the insolvent account is over, and the fund has less than what is owed.
fn require_unpaid(
    account: &mut MarginAccount,
    fund: &InsuranceFund,
    exchange: &Exchange,
    equity: Value,
    now: i64,
) -> Result<()> {
    let terms = LiquidationParams::from(&exchange.liquidation);
    account.auction.see(now, equity, &terms);
    let is_over = account.auction.is_outlasted(&terms);
    let owed = equity.neg().or_error()?;
    require!(is_over && fund.cash_atoms < owed.raw(), PlimsollError::DebtStillInsured);
    Ok(())
}

impl Match {
    /// As much as both hold, the caller wants and the counterparty can bear, at the account's bankruptcy price.
    fn of(
        ((account, worth), (counterparty, theirs)): ((&MarginAccount, Worth), (&MarginAccount, Value)),
        fund: Value,
        (underlying_key, underlying): (&Pubkey, &Underlying),
        series: u16,
        max_size_e6: i64,
        now: i64,
    ) -> Result<Self> {
        let short = find(account, underlying_key, series).filter(|position| position.size_e6 < 0);
        let short = *short.ok_or(PlimsollError::SeriesNotFound)?;
        let long = *long_position(counterparty, underlying_key, series)?;
        require!(now < underlying.expiry(short.expiry)?.expiry_ts, PlimsollError::SeriesExpired);
        let held = short.size().abs().or_error()?.min(long.size());
        let mark = marks::mark(underlying, &long, now)?;
        let score = score(underlying, &long, mark, theirs)?;
        let of = |size| Self::priced(long, size, (mark, score), worth, fund);
        let matched = of(held.min(Contracts::from_raw(max_size_e6)))?;
        if matched.borne <= theirs {
            return Ok(matched);
        }
        // Rounded down, and what is borne of less is no more than its part of it and an atom.
        let size =
            mul_div(matched.size.raw(), theirs.raw().max(1) - 1, matched.borne.raw(), Rounding::Down).or_error()?;
        let matched = of(Contracts::from_raw(size))?;
        require!(size > 0 && matched.borne <= theirs, PlimsollError::NotRanked);
        Ok(matched)
    }

    /// What the account, the fund and the counterparty pay for a size: the fund the same part of every loss, so that nobody gains by
    /// being closed first.
    fn priced(
        long: Position,
        size: Contracts,
        (mark, score): (Price, Ratio),
        worth: Worth,
        fund: Value,
    ) -> Result<Self> {
        let claim = mark.times(size).to_value_floor().or_error()?;
        // Without claims there is nothing to be a part of.
        let payment = match claim.is_zero() {
            true => Value::ZERO,
            false => payable_claim(claim, worth.equity, worth.claims).or_error()?,
        };
        let loss = claim.sub(payment).or_error()?;
        let paid = payable_by_fund(loss, fund, worth.equity.neg().or_error()?).or_error()?;
        let borne = loss.sub(paid).or_error()?;
        Ok(Self { long, size, mark, claim, payment, paid, borne, score })
    }

    /// Closes both sides; the counterparty also gets what the fund pays.
    fn book(
        &self,
        (key, underlying): (&Pubkey, &mut Underlying),
        account: &mut MarginAccount,
        counterparty: &mut MarginAccount,
        fund: Value,
    ) -> Result<()> {
        let (place, size) = ((self.long.expiry, self.long.series), self.size);
        let bought = Side::of(account, key, place, (size, None), self.payment.neg().or_error()?)?;
        let sold = (size.neg().or_error()?, None);
        let sold = Side::of(counterparty, key, place, sold, self.payment.add(fund).or_error()?)?;
        book(underlying, (account, &bought), (counterparty, &sold))?;
        account.release_empty();
        counterparty.release_empty();
        Ok(())
    }
}
