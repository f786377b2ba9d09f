//! `take_over`: permissionless. Who takes an insolvent account, or a part of it, is paid by the insurance fund.
//!
//! ```text
//! eligible    MM < 0 and E < 0, by full revaluation in this instruction
//! support     from −E at the first sighting of the insolvency to −MM at the end of its auction, times the fraction, rounded down;
//!             no more than the fund has
//! slice       the fraction of everything, R included: what is owed comes out of everything there is
//! afterwards  the caller satisfies IM with the slice and the support
//! ```

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::Rounding;
use plimsoll_risk::liquidation::{payable_support, Breach};
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Value};

use crate::constants::MIN_SLICE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::AccountTakenOver;
use crate::guards::{require_fresh, require_taker, require_taker_margin, unix_now};
use crate::health::{health_with, Purpose, Scratch};
use crate::markets::Markets;
use crate::slice::Slice;
use crate::state::price::Freshness;
use crate::state::{Absorber, Auction, Exchange, InsuranceFund, MarginAccount};

/// The caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct TakeOverArgs {
    /// Fraction to take, scale 1e-9, at least 1 %.
    pub fraction_e9: i64,
    /// Least to be paid for it, in quote atoms.
    pub min_support_atoms: i64,
    /// The account's liquidation sequence the caller has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct TakeOver<'info> {
    /// Owner or delegate of the taker's account.
    pub taker_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub taker: AccountLoader<'info, MarginAccount>,
    /// The insolvent account.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
}

pub fn handler<'info>(ctx: Context<'info, TakeOver<'info>>, args: TakeOverArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (taker_key, liquidatee_key) = (accounts.taker.key(), accounts.liquidatee.key());
    require_keys_neq!(taker_key, liquidatee_key, PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let taker = &mut *accounts.taker.load_mut()?;
    let liquidatee = &mut *accounts.liquidatee.load_mut()?;
    let fund = &mut *accounts.fund.load_mut()?;
    fund.require_of(&accounts.exchange.key())?;
    let signer = accounts.taker_authority.key;
    require_taker((taker, signer), liquidatee, &accounts.exchange.key(), args.liquidation_sequence)?;
    taker.bear_losses(exchange)?;
    liquidatee.bear_losses(exchange)?;
    let fraction = lawful_part(args.fraction_e9)?;

    let markets = Markets::load(ctx.remaining_accounts.iter(), &accounts.exchange.key())?;
    let scratch = &mut Scratch::shared_with(taker);
    let breached = health_with(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    let before = breached.report;
    require!(before.equity.is_negative(), PlimsollError::NotInsolvent);
    // The fund pays for debts at prices that are young enough for liquidations, those of collateral and the quote asset too.
    require_fresh(liquidatee, exchange, &markets, Freshness::Liquidation, now)?;
    let terms = LiquidationParams::from(&exchange.liquidation);
    let taken =
        assume(liquidatee, taker, fund, (&before, fraction, args.min_support_atoms), Absorber::Taker, &terms, now)?;
    require_taker_margin(scratch, taker, exchange, &markets, now)?;

    let liquidation_sequence = liquidatee.count_liquidation();
    taker.touch();
    log_event!(taken.told(liquidatee_key, taker_key, liquidation_sequence, fund.cash_atoms));
    Ok(())
}

/// A part of an insolvent account that has changed hands.
pub(in crate::instructions) struct Assumed {
    pub support: Value,
    fraction: Ratio,
    lag_secs: i64,
    before: MarginReport,
}

/// Hands over a part of an insolvent account with what the fund pays for it, at least so much.
#[inline(always)]
pub(in crate::instructions) fn assume(
    liquidatee: &mut MarginAccount,
    taker: &mut MarginAccount,
    fund: &mut InsuranceFund,
    (before, fraction, least_atoms): (&MarginReport, Ratio, i64),
    bears: Absorber,
    terms: &LiquidationParams,
    now: i64,
) -> Result<Assumed> {
    liquidatee.auction.see(now, before.equity, terms);
    let lag_secs = now.saturating_sub(liquidatee.auction.insolvent_at);
    let due = support(before, &liquidatee.auction, terms)?.scale(fraction, Rounding::Down).or_error()?;
    let support = fund.absorb(due)?;
    require!(support.raw() >= least_atoms, PlimsollError::SupportTooSmall);
    let owed = before.equity.neg().or_error()?.scale(fraction, Rounding::Down).or_error()?;
    fund.ledger.record(support, owed.sub(support).or_error()?.max(Value::ZERO), bears)?;
    let breach = Breach { equity: before.equity, maintenance: before.maintenance, paid_in: Value::ZERO };
    Slice::unpaid(breach, fraction).hand_over(liquidatee, taker)?;
    taker.add_cash(support.raw())?;
    liquidatee.auction.taken_over(fraction)?;
    Ok(Assumed { support, fraction, lag_secs, before: *before })
}

impl Assumed {
    #[inline(always)]
    pub(in crate::instructions) fn told(
        &self,
        account: Pubkey,
        taker: Pubkey,
        liquidation_sequence: u64,
        fund_atoms: i64,
    ) -> AccountTakenOver {
        AccountTakenOver {
            account,
            taker,
            liquidation_sequence,
            fraction_e9: self.fraction.raw(),
            support_atoms: self.support.raw(),
            fund_atoms,
            lag_secs: self.lag_secs,
            equity_before_atoms: self.before.equity.raw(),
            maintenance_before_atoms: self.before.maintenance.raw(),
        }
    }
}

/// A part of an insolvent account that may be taken: at least 1 %, at most all.
#[inline(always)]
pub(in crate::instructions) fn lawful_part(fraction_e9: i64) -> Result<Ratio> {
    require!((MIN_SLICE_E9..=Ratio::ONE.raw()).contains(&fraction_e9), PlimsollError::AmountOutOfRange);
    Ok(Ratio::from_raw(fraction_e9))
}

/// What the taker of all of an account is paid; nothing for a solvent one.
pub(super) fn support(report: &MarginReport, auction: &Auction, terms: &LiquidationParams) -> Result<Value> {
    if !report.equity.is_negative() {
        return Ok(Value::ZERO);
    }
    let elapsed = auction.insolvent_clock().elapsed;
    payable_support(report.equity, report.maintenance, elapsed, terms.insolvent).or_error()
}
