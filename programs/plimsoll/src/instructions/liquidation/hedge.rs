//! `hedge`: permissionless. A provider sells an account in breach an option, at the mark and the bonus of its auction: the account
//! keeps its positions and its collateral, and its risk moves to whoever is paid for it.
//!
//! ```text
//! symbols     E equity, MM maintenance margin balance, MMR = E − MM; with ' after the hedge
//! eligible    MM < 0 ≤ E, by full revaluation in this instruction
//! market      as for a trade, for open interest is opened: trading is not paused, the index is fresh for new risk and near its slow
//!             price, the series is live, its surface is not old, its open interest is within the limit
//! series      listed, or listed here: a round strike within the admin's rules, while 64 slots stay free for the admin
//! price       mark + (1 − d)·(E − R)·(MMR − MMR')/MMR, the bonus rounded down: what a slice that releases as much costs the account
//! afterwards  MM' > MM, by 1 % of what is short of the buffer or to 0; MM' near the buffer at most; HF' ≥ HF by construction
//! fee         a part of the bonus, rounded up, set aside for the insurance fund in the provider's account
//! provider    satisfies IM with the option netted into his own book
//! ```
//!
//! The account may pay with cash it does not have: MM, which may not count all of its collateral, says whether it can afford to.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::liquidation::{is_hedge_strike, required_fee, Breach, Hedge as Terms};
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Contracts, Price, Ratio, Value, ONE_E9};

use crate::constants::{KEPT_SERIES_SLOTS, MIN_SLICE_E9, VERSION};
use crate::deal::{book, require_open, Side};
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::AccountHedged;
use crate::guards::{require_taker, require_taker_margin, unix_now};
use crate::health::{health_after, health_with, Purpose, Scratch};
use crate::listing::{free_slots, list, next_slot, ListSeriesArgs};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Exchange, MarginAccount, PauseBits, Underlying};

/// The option that is sold.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub enum HedgeOption {
    /// A listed series.
    Listed { series: u16 },
    /// A series that is listed here.
    New { expiry: u8, is_put: bool, strike_e9: i64 },
}

/// What to sell, and the provider's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct HedgeArgs {
    pub option: HedgeOption,
    /// In 1e-6 contracts.
    pub size_e6: i64,
    /// Least to be paid, mark and bonus together, in quote atoms; the fee on the bonus comes out of it.
    pub min_payment_atoms: i64,
    /// The account's liquidation sequence the provider has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct Hedge<'info> {
    /// Owner or delegate of the provider's account.
    pub provider_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    /// The market of the option.
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub provider: AccountLoader<'info, MarginAccount>,
    /// The account in breach.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, Hedge<'info>>, args: HedgeArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (provider_key, liquidatee_key) = (accounts.provider.key(), accounts.liquidatee.key());
    require_keys_neq!(provider_key, liquidatee_key, PlimsollError::DuplicateAccount);
    let (exchange_key, underlying_key) = (accounts.exchange.key(), accounts.underlying.key());
    let exchange = &*accounts.exchange.load()?;
    require!(!exchange.is_paused(PauseBits::TRADE, now), PlimsollError::Paused);
    let provider = &mut *accounts.provider.load_mut()?;
    let liquidatee = &mut *accounts.liquidatee.load_mut()?;
    let signer = accounts.provider_authority.key;
    require_taker((provider, signer), liquidatee, &exchange_key, args.liquidation_sequence)?;
    provider.bear_losses(exchange)?;
    liquidatee.bear_losses(exchange)?;

    let market = accounts.underlying.as_ref();
    let load = || Markets::load(std::iter::once(market).chain(ctx.remaining_accounts.iter()), &exchange_key);
    let scratch = &mut Scratch::shared_with(provider);
    let before = {
        let markets = load()?;
        let market = markets.underlying(&underlying_key)?;
        let place = match args.option {
            HedgeOption::Listed { series } => (market.series(series)?.expiry, series),
            HedgeOption::New { expiry, .. } => (expiry, next_slot(market) as u16),
        };
        scratch.expect(&underlying_key, place);
        require_breach(scratch, liquidatee, exchange, &markets, now)?
    };
    let terms = LiquidationParams::from(&exchange.liquidation);
    liquidatee.auction.see(now, before.equity, &terms);
    let lag_secs = now.saturating_sub(liquidatee.auction.started_at);
    let discount = liquidatee.auction.clock().discount(&terms).or_error()?;

    let count = liquidatee.position_count;
    let (option, index_e9) = {
        let underlying = &mut *accounts.underlying.load_mut()?;
        require_keys_eq!(underlying.exchange, exchange_key, PlimsollError::WrongExchange);
        let option = hand_over(underlying, &underlying_key, &args, (liquidatee, provider), now)?;
        (option, underlying.price.index_e9)
    };
    let markets = load()?;
    let valued = health_after(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?;
    // Nobody makes an account too large to be liquidated.
    require!(liquidatee.position_count <= count || !valued.is_too_large(), PlimsollError::TooManyPositions);
    let paid_in = Value::from_raw(liquidatee.auction.paid_atoms);
    let breach = Breach { equity: before.equity, maintenance: before.maintenance, paid_in };
    let hedge = priced(&breach, &valued.report, discount, &terms)?;
    let payment = hedge.payment().or_error()?;
    require!(payment.raw() >= args.min_payment_atoms, PlimsollError::PriceLimit);
    let fee = required_fee(hedge.bonus, terms.fee).or_error()?;
    provider.add_cash(payment.raw())?;
    provider.owe_insurance(fee.raw())?;
    liquidatee.add_cash(payment.neg().or_error()?.raw())?;
    option.note_price((liquidatee, provider), payment, args.size_e6)?;
    liquidatee.auction.sold(Value::ZERO, hedge.maintenance);
    require_taker_margin(scratch, provider, exchange, &markets, now)?;

    let liquidation_sequence = liquidatee.count_liquidation();
    provider.touch();
    log_event!(AccountHedged {
        account: liquidatee_key,
        provider: provider_key,
        underlying: underlying_key,
        series: option.series,
        liquidation_sequence,
        size_e6: args.size_e6,
        mark_atoms: hedge.mark.raw(),
        bonus_atoms: hedge.bonus.raw(),
        fee_atoms: fee.raw(),
        released_atoms: hedge.released.raw(),
        discount_e9: discount.raw(),
        kept_atoms: breach.kept().raw(),
        lag_secs,
        index_e9,
        equity_before_atoms: before.equity.raw(),
        maintenance_before_atoms: before.maintenance.raw(),
        equity_after_atoms: hedge.equity.raw(),
        maintenance_after_atoms: hedge.maintenance.raw(),
    });
    Ok(())
}

/// What the account is worth as it stands: in breach, and solvent.
fn require_breach(
    scratch: &mut Scratch,
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    now: i64,
) -> Result<MarginReport> {
    let breached = health_with(scratch, account, exchange, markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    require!(!breached.report.equity.is_negative(), PlimsollError::HedgeWithoutUse);
    Ok(breached.report)
}

/// The hedge with its price, if it helps the account and ends near its buffer.
fn priced(breach: &Breach, covered: &MarginReport, discount: Ratio, terms: &LiquidationParams) -> Result<Terms> {
    let hedge = Terms::of(breach, (covered.equity, covered.maintenance), discount).or_error()?;
    let least = Ratio::from_raw(MIN_SLICE_E9);
    require!(hedge.helps(breach, least, terms).or_error()?, PlimsollError::HedgeWithoutUse);
    require!(!hedge.overshoots(breach, terms).or_error()?, PlimsollError::HedgeTooLarge);
    Ok(hedge)
}

/// Moves the option from the provider to the account, unpaid, and lists its series if it is new.
#[inline(never)]
fn hand_over(
    underlying: &mut Underlying,
    key: &Pubkey,
    args: &HedgeArgs,
    (to, from): (&mut MarginAccount, &mut MarginAccount),
    now: i64,
) -> Result<Sold> {
    require!(underlying.version == VERSION, PlimsollError::WrongVersion);
    require!((1..=Contracts::MAX.raw()).contains(&args.size_e6), PlimsollError::AmountOutOfRange);
    underlying.price.require_fresh(now, Freshness::NewRisk)?;
    require!(!underlying.price.is_divergent()?, PlimsollError::PriceDivergence);
    let series = match args.option {
        HedgeOption::Listed { series } => series,
        HedgeOption::New { expiry, is_put, strike_e9 } => {
            list_for_hedge(underlying, key, &ListSeriesArgs { expiry, is_put, strike_e9 }, now)?
        }
    };
    let expiry = require_open(underlying, series, now)?;
    let is_stale = underlying.expiry(expiry)?.is_stale(now, underlying.params.volatility.max_age_secs);
    require!(!is_stale, PlimsollError::VolatilityStale);
    let size = Contracts::from_raw(args.size_e6);
    let bought = Side::of(to, key, (expiry, series), (size, None), Value::ZERO)?;
    let sold = Side::of(from, key, (expiry, series), (size.neg().or_error()?, None), Value::ZERO)?;
    let (has_covered, has_sold_out) = book(underlying, (to, &bought), (from, &sold))?;
    if has_covered {
        to.release_empty();
    }
    if has_sold_out {
        from.release_empty();
    }
    Ok(Sold { series, bought, sold })
}

/// An option that has changed hands.
struct Sold {
    series: u16,
    bought: Side,
    sold: Side,
}

impl Sold {
    /// Notes what was paid for it as the price both entered at. # Rounding Down.
    fn note_price(
        &self,
        (to, from): (&mut MarginAccount, &mut MarginAccount),
        payment: Value,
        size_e6: i64,
    ) -> Result<()> {
        // Atoms by millionths of contracts: a price in USD.
        let price = Price::from_raw(mul_div(payment.raw().max(0), ONE_E9, size_e6, Rounding::Down).or_error()?);
        let price = price.min(Price::MAX);
        self.bought.note_price(to, price)?;
        self.sold.note_price(from, price)
    }
}

/// Anybody may list what a hedge needs, but not fill the slots of a market.
fn list_for_hedge(underlying: &mut Underlying, key: &Pubkey, args: &ListSeriesArgs, now: i64) -> Result<u16> {
    let strike = Price::from_raw(args.strike_e9);
    require!(is_hedge_strike(underlying.price.index(), strike), PlimsollError::StrikeOffGrid);
    require!(free_slots(underlying) > KEPT_SERIES_SLOTS, PlimsollError::TooManySeries);
    let listed = list(underlying, key, args, now)?;
    let series = listed.series;
    log_event!(listed);
    Ok(series)
}
