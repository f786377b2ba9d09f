//! The backstop owes its stakers what it is worth and no more, takes only what it may, and its callers gain only their part.
//!
//! ```text
//! always      Σ shares of the generation ≤ its shares; nobody leaves with more than he has
//! take        MM < 0 and the clock at the opening before; IM ≥ 0 and cash ≥ 0 after; notional ≤ max(limit, before), of each underlying
//!             and in all
//! caller      gains part + bounty in cash and nothing else; part ≤ caller's part·(bonus − fee), nothing of an insolvent account;
//!             bounty ≤ least bounty − part, only for the whole of an account, and within the day's budget
//! fund        moves by support + bounty, to the atom; support within [0, −MM·f], at the first sighting within [0, −E·f]
//! loss        of the pool's equity with an insolvent account ≤ limit·(what it had) and ≤ −E·f
//! sale        of its collateral: at the first discount of the index at least; what the pool and the buyer have together stays the same
//! shares      a deposit buys no more, and a withdrawal pays no more, than shares·E/(all shares) before
//! ```

use super::insurance::staked;
use super::liquidation::lots;
use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::native;
use crate::world::World;
use anchor_lang::Discriminator;
use plimsoll::events::{
    AccountLiquidated, AccountTakenOver, BackstopCollateralBought, BackstopDeposited, BackstopTook, BackstopWithdrawn,
};
use plimsoll::health::Purpose;
use plimsoll::instruction::{BackstopLiquidate, BuyBackstopCollateral, DepositBackstop, WithdrawBackstop};
use plimsoll::state::{Backstop, MarginAccount};
use solana_pubkey::Pubkey;

const ONE: i128 = 1_000_000_000;

/// The law about state alone.
pub fn check_state(world: &World) -> Result<(), Broken> {
    for (key, backstop) in &world.backstops {
        let staked = staked(world, key, backstop.generation)?;
        let is_odd = backstop.bounty_spent_atoms < 0 || backstop.lost_atoms < 0;
        if staked > i128::from(backstop.total_shares) || is_odd {
            return Err(format!("backstop {key}: stakers have {staked} shares of {backstop:?}"));
        }
        let is_its_own = world.account(&backstop.book).is_none_or(|book| {
            (book.owner, book.delegate, book.exchange) == (*key, Pubkey::default(), backstop.exchange)
        });
        if !is_its_own {
            return Err(format!("the book of backstop {key} is somebody else's"));
        }
    }
    Ok(())
}

/// The law about one transaction.
pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() {
        return Ok(());
    }
    if let Some(call) = step.calls(BackstopLiquidate::DISCRIMINATOR).next() {
        return check_take(step, &call.accounts[5].pubkey);
    }
    if let Some(call) = step.calls(BuyBackstopCollateral::DISCRIMINATOR).next() {
        return check_sale(step, (&call.accounts[4].pubkey, &call.accounts[2].pubkey));
    }
    if step.calls(DepositBackstop::DISCRIMINATOR).next().is_some() {
        let told: BackstopDeposited = step.receipt.event();
        return check_shares(step, told.equity_atoms, told.shares, told.amount_atoms as i64);
    }
    if step.calls(WithdrawBackstop::DISCRIMINATOR).next().is_some() {
        let told: BackstopWithdrawn = step.receipt.event();
        return check_shares(step, told.equity_atoms, -told.shares, -told.amount_atoms);
    }
    Ok(())
}

fn pool(world: &World) -> Result<&Backstop, Broken> {
    world.backstops.first().map(|(_, backstop)| backstop).ok_or_else(|| "no backstop".into())
}

fn book<'w>(world: &'w World, key: &Pubkey) -> Result<&'w MarginAccount, Broken> {
    world.account(key).ok_or_else(|| format!("account {key} is gone"))
}

/// Shares and money that came (+) or went (−): at the price of before, and what stays is worth no less.
fn check_shares(step: &Step, equity: i64, shares: i64, amount: i64) -> Result<(), Broken> {
    let (before, after) = (pool(&step.before)?, pool(&step.after)?);
    let (held, left) = (book(&step.before, &before.book)?, book(&step.after, &before.book)?);
    let worth = native::value(&step.before, held, Purpose::NewRisk);
    let worth = worth.map_err(|error| format!("shares without a price: {error}"))?;
    if worth.report.equity.raw() != equity || worth.obstacle.is_some() {
        return Err(format!("shares moved at {equity}, the pool was worth {worth:?}"));
    }
    if left.cash_atoms - held.cash_atoms != amount {
        return Err(format!("the pool's cash moved by {}, not {amount}", left.cash_atoms - held.cash_atoms));
    }
    let wide = i128::from;
    let has_begun_anew = before.generation != after.generation || before.total_shares == 0;
    let is_fair = match has_begun_anew {
        true => shares <= amount,
        // amount / shares ≥ E / all for who comes, ≤ for who leaves.
        false => wide(amount) * wide(before.total_shares) >= wide(shares) * wide(equity),
    };
    if !is_fair || (!has_begun_anew && after.total_shares - before.total_shares != shares) {
        return Err(format!("{shares} shares for {amount}: {equity} in {} shares", before.total_shares));
    }
    if amount < 0 {
        let valued = native::value(&step.after, left, Purpose::NewRisk);
        let report = valued.map_err(|error| format!("withdrawal without a price: {error}"))?.report;
        if report.initial.is_negative() || left.cash_atoms < 0 {
            return Err(format!("a withdrawal left the pool with {report:?}"));
        }
    }
    Ok(())
}

fn check_sale(step: &Step, (pool, buyer): (&Pubkey, &Pubkey)) -> Result<(), Broken> {
    let told: BackstopCollateralBought = step.receipt.event();
    let balance = |account: &MarginAccount| {
        let held = account.collaterals.iter().find(|slot| slot.collateral == told.collateral);
        (account.cash_atoms, held.map_or(0, |slot| slot.balance_atoms as i64))
    };
    for (key, sign) in [(pool, 1), (buyer, -1)] {
        let (before, after) = (balance(book(&step.before, key)?), balance(book(&step.after, key)?));
        let moved = (after.0 - before.0, after.1 - before.1);
        if moved != (sign * told.payment_atoms, -sign * told.amount_atoms as i64) {
            return Err(format!("a sale of {} for {} moved {moved:?} of {key}", told.amount_atoms, told.payment_atoms));
        }
    }
    let equity = |world| Ok::<i128, Broken>(i128::from(valued(world, pool)?.report.equity.raw()));
    let (before, after) = (equity(&step.before)?, equity(&step.after)?);
    // Worth w at the index, paid at least d·w: what is lost is at most (1 − d)/d of the payment.
    let discount = i128::from(step.before.exchanges[0].1.liquidation.discount_e9);
    if (before - after - 4) * discount > i128::from(told.payment_atoms) * (ONE - discount) {
        return Err(format!("the pool sold for {} and went from {before} to {after}", told.payment_atoms));
    }
    Ok(())
}

fn check_take(step: &Step, key: &Pubkey) -> Result<(), Broken> {
    let told: BackstopTook = step.receipt.event();
    let terms = pool(&step.before)?.terms;
    let breached = valued(&step.before, &told.account)?;
    let clock = book(&step.after, &told.account)?.auction.elapsed_secs;
    let is_open = clock >= terms.opens_secs || !book(&step.after, &told.account)?.auction.is_running();
    if !breached.is_liquidatable().unwrap_or(false) || !is_open {
        return Err(format!("{} was taken at {clock} s: {:?}", told.account, breached.report));
    }
    check_limits(step, key)?;
    check_caller(step, &told)?;
    check_fund(step, &told)?;
    check_loss(step, key, &told)
}

fn check_limits(step: &Step, key: &Pubkey) -> Result<(), Broken> {
    let terms = pool(&step.before)?.terms;
    let (before, after) = (book(&step.before, key)?, book(&step.after, key)?);
    let valued = native::value(&step.after, after, Purpose::Taker);
    let report = valued.map_err(|error| format!("a pool without a price: {error}"))?.report;
    if report.initial.is_negative() || after.cash_atoms < 0 {
        return Err(format!("the pool has taken more than it can carry: {report:?}"));
    }
    let (mut had, mut has) = (0.0, 0.0);
    for (market, _) in &step.after.underlyings {
        let (old, new) = (notional(&step.before, before, market), notional(&step.after, after, market));
        (had, has) = (had + old, has + new);
        let entry = terms.markets.iter().find(|entry| entry.underlying == *market);
        let limit = entry.map_or(0, |entry| entry.max_notional_atoms) as f64;
        if new > limit.max(old) + 2.0 {
            return Err(format!("the pool holds {new} in {market}, limit {limit}, before {old}"));
        }
    }
    if has > (terms.max_notional_atoms as f64).max(had) + 2.0 {
        return Err(format!("the pool holds {has} in all, before {had}"));
    }
    Ok(())
}

/// Σ|q|·S in atoms, in floating point.
fn notional(world: &World, account: &MarginAccount, market: &Pubkey) -> f64 {
    let Some(underlying) = world.underlying(market) else { return 0.0 };
    let is_in = |slot: u8| account.underlyings[slot as usize] == *market;
    let sizes = account.positions().iter().filter(|position| is_in(position.underlying));
    let size: f64 = sizes.map(|position| position.size_e6.unsigned_abs() as f64).sum();
    size * underlying.price.index_e9 as f64 / 1e9
}

fn check_caller(step: &Step, told: &BackstopTook) -> Result<(), Broken> {
    let (before, after) = (book(&step.before, &told.caller)?, book(&step.after, &told.caller)?);
    let gained = after.cash_atoms - before.cash_atoms;
    let is_untouched = after.positions() == before.positions() && after.collaterals == before.collaterals;
    if gained != told.part_atoms + told.bounty_atoms || !is_untouched {
        return Err(format!("the caller gained {gained}, told {} and {}", told.part_atoms, told.bounty_atoms));
    }
    let terms = pool(&step.before)?.terms;
    let sold = step.receipt.events::<AccountLiquidated>().pop();
    let gain = sold.as_ref().map_or(0, |sold| i128::from(sold.bonus_atoms.max(0)) - i128::from(sold.fee_atoms));
    if told.part_atoms < 0 || i128::from(told.part_atoms) * ONE > gain * i128::from(terms.caller_part_e9) {
        return Err(format!("a part of {} of a gain of {gain}", told.part_atoms));
    }
    let assumed = step.receipt.events::<AccountTakenOver>().pop();
    let fraction = sold.map(|sold| sold.fraction_e9).or(assumed.map(|assumed| assumed.fraction_e9));
    let most = if fraction == Some(1_000_000_000) { (terms.min_bounty_atoms - told.part_atoms).max(0) } else { 0 };
    let now = step.after.unix_time;
    let spent_today = |pool: &Backstop| if pool.bounty_day == now / 86_400 { pool.bounty_spent_atoms } else { 0 };
    let (spent, is_spent) = (spent_today(pool(&step.before)?), spent_today(pool(&step.after)?));
    let is_in_budget = told.bounty_atoms == 0 || is_spent <= terms.bounty_budget_atoms;
    if !(0..=most).contains(&told.bounty_atoms) || is_spent - spent != told.bounty_atoms || !is_in_budget {
        return Err(format!("a bounty of {} above {most}, or {is_spent} spent after {spent}", told.bounty_atoms));
    }
    Ok(())
}

fn check_fund(step: &Step, told: &BackstopTook) -> Result<(), Broken> {
    let assumed = step.receipt.events::<AccountTakenOver>().pop();
    let support = assumed.as_ref().map_or(0, |assumed| assumed.support_atoms);
    if let Some(assumed) = assumed {
        let report = valued(&step.before, &told.account)?.report;
        let most = if assumed.lag_secs == 0 { report.equity.raw() } else { report.maintenance.raw() };
        let bound = -i128::from(most) * i128::from(assumed.fraction_e9) / ONE;
        if !(0..=bound).contains(&i128::from(support)) {
            return Err(format!("support {support} above {bound}: {report:?}"));
        }
    }
    let [before, after] = [&step.before, &step.after].map(|world| world.funds.first().map(|(_, fund)| *fund));
    let (Some(before), Some(after)) = (before, after) else { return Err("a backstop without a fund".into()) };
    let (paid, moved) = (support + told.bounty_atoms, before.cash_atoms - after.cash_atoms);
    if moved != paid || after.paid_atoms - before.paid_atoms != paid || told.fund_atoms != after.cash_atoms {
        return Err(format!("the fund moved by {moved} for {paid}"));
    }
    Ok(())
}

fn check_loss(step: &Step, key: &Pubkey, told: &BackstopTook) -> Result<(), Broken> {
    let equity = |world| Ok::<i128, Broken>(i128::from(valued(world, key)?.report.equity.raw()));
    let (before, after) = (equity(&step.before)?, equity(&step.after)?);
    let slack = lots(&step.before, &told.account) + 5;
    let lost = i128::from(told.loss_atoms);
    if after < before - lost - slack || i128::from(told.equity_atoms) > after + slack {
        return Err(format!("the pool went from {before} to {after}, told {lost}"));
    }
    let owed = -i128::from(valued(&step.before, &told.account)?.report.equity.raw().min(0));
    let rate = i128::from(pool(&step.before)?.terms.max_loss_e9);
    if lost > (before + slack) * rate / ONE + 1 || !(0..=owed + 1).contains(&lost) {
        return Err(format!("the pool of {before} lost {lost} of a debt of {owed}"));
    }
    Ok(())
}
