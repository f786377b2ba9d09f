//! `backstop_liquidate`: permissionless. The backstop takes a slice that nobody better took; its caller needs no capital.
//!
//! ```text
//! eligible    MM < 0, by full revaluation in this instruction, and the auction's clock is at the opening or beyond
//! prices      of everything in the account as fresh as for new risk
//! solvent     E ≥ 0: a slice at the price of the auction, as in `liquidate`; the pool pays, and nets it into its book
//! insolvent   E < 0: the fund pays as in `take_over`; of what it cannot pay of the whole debt the pool bears at most its limit
//! caller      part·(bonus − fee), rounded down, out of the pool's cash; for the whole of an account at least the bounty, which the
//!             insurance fund tops it up to inside a budget for the day
//! afterwards  the pool satisfies IM, owes no cash, and holds more than its limits only of what it held more of before
//! ```
//!
//! Why a budget: a bounty of B for every account invites many small ones. Who makes n of them, each in breach with an equity e under the dust
//! limit, and hedges them with one account of his own, loses n·e·(1 − d) of bonuses and is paid at least n·B: he gains up to
//! n·(B − e·(1 − d)) for little but patience, as each breach has to be flagged every minute up to the opening. No size of B makes that a loss for
//! every e, so the fund pays no more than the budget in a day however many accounts there are, and two budgets within any 24 hours. The same
//! for parts of accounts would pay n times for one account: there is no bounty for a part.

use anchor_lang::prelude::*;
use plimsoll_risk::backstop::{bears, change_of_equity, payable_part, uncovered_debt};
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Value};

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::BackstopTook;
use crate::exposure::Exposure;
use crate::guards::{require_fresh, require_fresh_positions, require_taker, require_taker_margin, unix_now};
use crate::health::{health_with, Purpose, Scratch};
use crate::instructions::liquidate::{sell, LiquidateArgs};
use crate::instructions::take_over::{assume, lawful_part};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Absorber, Backstop, Exchange, InsuranceFund, MarginAccount};

/// The caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct BackstopLiquidateArgs {
    /// Largest fraction to give to the backstop, scale 1e-9.
    pub max_fraction_e9: i64,
    /// Least to be paid for the call, in quote atoms.
    pub min_reward_atoms: i64,
    /// The account's liquidation sequence the caller has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct BackstopLiquidate<'info> {
    /// Owner or delegate of the caller's account.
    pub caller_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    /// Receives the caller's reward; nothing else happens to it.
    #[account(mut)]
    pub caller: AccountLoader<'info, MarginAccount>,
    /// The account to liquidate.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
    #[account(mut)]
    pub backstop: AccountLoader<'info, Backstop>,
    /// The backstop's margin account.
    #[account(mut)]
    pub book: AccountLoader<'info, MarginAccount>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
}

/// A slice that the pool has taken.
struct Taken {
    is_whole: bool,
    liquidation_sequence: u64,
    /// The caller's part of the bonus.
    part: Value,
    /// By how much a debt and what was paid for it change the pool's equity; zero for a slice that was paid for.
    change: Value,
    /// What of the whole debt the fund could not pay.
    uncovered: Value,
}

/// Who takes what from whom, and when.
struct Deal<'a> {
    account: Pubkey,
    from: &'a mut MarginAccount,
    taker: Pubkey,
    book: &'a mut MarginAccount,
    before: MarginReport,
    terms: LiquidationParams,
    now: i64,
}

pub fn handler<'info>(ctx: Context<'info, BackstopLiquidate<'info>>, args: BackstopLiquidateArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let exchange_key = accounts.exchange.key();
    let (caller_key, account, taker) = (accounts.caller.key(), accounts.liquidatee.key(), accounts.book.key());
    let is_twice = account == taker || account == caller_key || taker == caller_key;
    require!(!is_twice, PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let backstop = &mut *accounts.backstop.load_mut()?;
    backstop.require_of(&exchange_key)?;
    backstop.require_book(&taker)?;
    let (caller, from) = (&mut *accounts.caller.load_mut()?, &mut *accounts.liquidatee.load_mut()?);
    let (book, fund) = (&mut *accounts.book.load_mut()?, &mut *accounts.fund.load_mut()?);
    fund.require_of(&exchange_key)?;
    require_taker((caller, accounts.caller_authority.key), from, &exchange_key, args.liquidation_sequence)?;
    for account in [&mut *caller, &mut *from, &mut *book] {
        account.bear_losses(exchange)?;
    }

    let markets = Markets::load(ctx.remaining_accounts.iter(), &exchange_key)?;
    let scratch = &mut Scratch::new();
    let breached = health_with(scratch, from, exchange, &markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    // A taker of his own free will may judge an old price; the pool would be sold what others know to be worth less.
    require_fresh(from, exchange, &markets, Freshness::NewRisk, now)?;
    require_fresh_positions(from, &markets, now)?;
    let (before, terms) = (breached.report, LiquidationParams::from(&exchange.liquidation));
    from.auction.see(now, before.equity, &terms);
    require!(from.auction.elapsed_secs >= backstop.terms.opens_secs, PlimsollError::BackstopNotOpen);

    let held = Exposure::of(book, &markets)?;
    let deal = Deal { account, from, taker, book: &mut *book, before, terms, now };
    let part = Ratio::from_raw(backstop.terms.caller_part_e9);
    let taken = if before.equity.is_negative() { deal.assume(fund, &args)? } else { deal.buy(part, &args)? };
    let bounty = if taken.is_whole { backstop.add_bounty(taken.part, fund, now)? } else { Value::ZERO };
    let reward = taken.part.add(bounty).or_error()?;
    require!(reward.raw() >= args.min_reward_atoms, PlimsollError::RewardTooSmall);
    book.add_cash(taken.part.neg().or_error()?.raw())?;
    caller.add_cash(reward.raw())?;

    let after = require_taker_margin(scratch, book, exchange, &markets, now)?;
    require!(book.cash_atoms >= 0, PlimsollError::BackstopLimit);
    let holds = Exposure::of(book, &markets)?;
    holds.require_within(&backstop.terms, &held)?;
    let loss_atoms = bear(backstop, &taken, after.equity)?;
    caller.touch();
    book.touch();
    log_event!(BackstopTook {
        backstop: accounts.backstop.key(),
        account,
        caller: caller_key,
        liquidation_sequence: taken.liquidation_sequence,
        part_atoms: taken.part.raw(),
        bounty_atoms: bounty.raw(),
        loss_atoms,
        cash_atoms: book.cash_atoms,
        equity_atoms: after.equity.raw(),
        notional_atoms: holds.total.raw(),
        fund_atoms: fund.cash_atoms,
    });
    Ok(())
}

/// Books what the pool has lost with an insolvent account, if that is inside its limit; gives it.
fn bear(backstop: &mut Backstop, taken: &Taken, equity_after: Value) -> Result<i64> {
    let equity = equity_after.sub(taken.change).or_error()?;
    let is_borne = bears(equity, Ratio::from_raw(backstop.terms.max_loss_e9), taken.uncovered).or_error()?;
    require!(is_borne, PlimsollError::BackstopLoss);
    let loss_atoms = taken.change.min(Value::ZERO).neg().or_error()?.raw();
    backstop.lost_atoms = backstop.lost_atoms.checked_add(loss_atoms).ok_or(PlimsollError::Overflow)?;
    Ok(loss_atoms)
}

impl Deal<'_> {
    /// Buys a slice of a solvent account at the price of its auction.
    #[inline(never)]
    fn buy(self, part: Ratio, args: &BackstopLiquidateArgs) -> Result<Taken> {
        let Self { account, from, taker, book, before, terms, now } = self;
        let limits = LiquidateArgs {
            max_fraction_e9: args.max_fraction_e9,
            min_fraction_e9: 0,
            max_payment_atoms: i64::MAX,
            liquidation_sequence: None,
        };
        let sold = sell(from, book, &before, &limits, &terms, now)?;
        let part = payable_part(Value::from_raw(sold.bonus_atoms), sold.fee, part).or_error()?;
        let is_whole = sold.slice.fraction == Ratio::ONE;
        let liquidation_sequence = from.count_liquidation();
        log_event!(sold.told(account, taker, liquidation_sequence, &before));
        Ok(Taken { is_whole, liquidation_sequence, part, change: Value::ZERO, uncovered: Value::ZERO })
    }

    /// Takes an insolvent account or a part of it with what the insurance fund pays.
    #[inline(never)]
    fn assume(self, fund: &mut InsuranceFund, args: &BackstopLiquidateArgs) -> Result<Taken> {
        let Self { account, from, taker, book, before, terms, now } = self;
        let fraction = lawful_part(args.max_fraction_e9)?;
        let uncovered = uncovered_debt(before.equity, Value::from_raw(fund.cash_atoms)).or_error()?;
        let assumed = assume(from, book, fund, (&before, fraction, 0), Absorber::Backstop, &terms, now)?;
        let change = change_of_equity(before.equity, fraction, assumed.support).or_error()?;
        let liquidation_sequence = from.count_liquidation();
        log_event!(assumed.told(account, taker, liquidation_sequence, fund.cash_atoms));
        Ok(Taken { is_whole: fraction == Ratio::ONE, liquidation_sequence, part: Value::ZERO, change, uncovered })
    }
}
