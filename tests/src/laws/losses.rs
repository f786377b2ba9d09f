//! No loss is forgotten, none is counted twice, and all bear their part of it.
//!
//! ```text
//! always        lost = paid by the fund + taken + backstop + deleveraged + shared; nothing of it negative
//!               0 < cash index of the exchange ≤ that of every account of it, ≤ 1
//! deleverage    E < 0 before, whole length of its auction seen; E rises by claim − payment, counterparty's falls by what it bears and
//!               stays ≥ 0; no other of the ranked comes first by more than a tenth
//! share_loss    debt, fund and reserve fall by what was paid; all positive cash by the same part, levied / base, at most half, base being
//!               vault − fund − reserve + what is still owed; nothing else moves the index
//! ```

use super::liquidation::coarse;
use super::{valued, Broken, Step};
use crate::fixture::Events;
use crate::world::World;
use anchor_lang::Discriminator;
use plimsoll::events::{LossShared, PositionDeleveraged};
use plimsoll::instruction::{Deleverage, ShareLoss};
use plimsoll::state::InsuranceFund;
use solana_pubkey::Pubkey;

/// The law about state alone.
pub fn check_state(world: &World) -> Result<(), Broken> {
    world.funds.iter().try_for_each(|(key, fund)| check_sum(key, fund))?;
    world.accounts.iter().try_for_each(|(key, account)| {
        let exchange = world.exchanges.iter().find(|(key, _)| *key == account.exchange);
        let now = exchange.map_or(0, |(_, exchange)| exchange.cash_index_e18);
        let is_lawful = 0 < now
            && now <= account.cash_index_e18
            && account.cash_index_e18 <= 1_000_000_000_000_000_000
            && account.loss_due_atoms >= 0;
        is_lawful.then_some(()).ok_or_else(|| format!("cash index {now}, that of {key} {}", account.cash_index_e18))
    })
}

fn check_sum(key: &Pubkey, fund: &InsuranceFund) -> Result<(), Broken> {
    let ledger = &fund.ledger;
    let parts = [
        fund.paid_atoms,
        ledger.taken_atoms,
        ledger.backstop_atoms,
        ledger.deleveraged_atoms,
        ledger.shared_atoms,
        ledger.reserve_atoms,
    ];
    let absorbed: i128 = parts[..5].iter().map(|part| i128::from(*part)).sum();
    if absorbed != i128::from(ledger.lost_atoms) || parts.iter().any(|part| *part < 0) {
        return Err(format!("ledger of {key}: {absorbed} absorbed of {ledger:?}, {} by the fund", fund.paid_atoms));
    }
    Ok(())
}

/// The law about one transaction.
pub fn check(step: &Step) -> Result<(), Broken> {
    if !step.is_single() {
        return Ok(());
    }
    let is_shared = step.calls(ShareLoss::DISCRIMINATOR).next().is_some();
    for (key, after) in &step.after.exchanges {
        let before = step.before.exchanges.iter().find(|(candidate, _)| candidate == key);
        let before = before.map_or(after.cash_index_e18, |(_, exchange)| exchange.cash_index_e18);
        if after.cash_index_e18 > before || (after.cash_index_e18 != before && !is_shared) {
            return Err(format!("cash index went from {before} to {}", after.cash_index_e18));
        }
    }
    if is_shared {
        check_shared(step, &step.receipt.event())?;
    }
    match step.calls(Deleverage::DISCRIMINATOR).next() {
        Some(_) => check_deleveraged(step, &step.receipt.event()),
        None => Ok(()),
    }
}

/// Σ of what positive cash is worth at the index now.
fn positive_cash(world: &World) -> i128 {
    let worth = |account: &plimsoll::state::MarginAccount| {
        let (cash, seen) = (i128::from(account.cash_atoms), i128::from(account.cash_index_e18));
        let exchange = world.exchanges.iter().find(|(key, _)| *key == account.exchange);
        let now = exchange.map_or(0, |(_, exchange)| i128::from(exchange.cash_index_e18));
        // In parts, so that nothing overflows: cash < 2^63, an index < 2^60.
        if cash <= 0 {
            0
        } else {
            cash * now / seen.max(1)
        }
    };
    world.accounts.iter().map(|(_, account)| worth(account)).sum()
}

fn check_shared(step: &Step, event: &LossShared) -> Result<(), Broken> {
    let before = step.before.account(&event.account).ok_or("the account that owed is gone")?;
    if before.cash_atoms >= 0 || event.debt_atoms != -before.cash_atoms {
        return Err(format!("{} owed {} and {} was told", event.account, -before.cash_atoms, event.debt_atoms));
    }
    let after = step.after.account(&event.account).ok_or("the account that owed is gone")?;
    let left = event.debt_atoms - event.fund_paid_atoms - event.drawn_atoms;
    if after.cash_atoms != -left || left < 0 || event.levied_atoms > left {
        return Err(format!("{} still owes {} of {event:?}", event.account, -after.cash_atoms));
    }
    let funds =
        |world: &World| world.funds.first().map_or((0, 0), |(_, fund)| (fund.cash_atoms, fund.ledger.reserve_atoms));
    let ((cash, reserve), (cash_after, reserve_after)) = (funds(&step.before), funds(&step.after));
    if (cash - cash_after, reserve - reserve_after) != (event.fund_paid_atoms, event.drawn_atoms) {
        return Err(format!("fund {cash} to {cash_after}, reserve {reserve} to {reserve_after}: {event:?}"));
    }
    // Nobody but the debtor is written: all that was levied is borne by what positive cash is worth, each the same part of it.
    let (had, has) = (positive_cash(&step.before), positive_cash(&step.after));
    let part = i128::from(event.levied_atoms) * had / i128::from(event.base_atoms.max(1));
    let slack = 2 + step.after.accounts.len() as i128;
    if (had - has - part).abs() > slack || event.levied_atoms > event.base_atoms / 2 {
        return Err(format!("{} borne where {part} was due: {event:?}", had - has));
    }
    let vault = step.before.vaults.get(&step.before.exchanges[0].1.quote_vault).copied().unwrap_or(0);
    let base = i128::from(vault) - i128::from(cash_after) - i128::from(reserve_after) + i128::from(left);
    if event.levied_atoms > 0 && base != i128::from(event.base_atoms) {
        return Err(format!("a base of {base}: {event:?}"));
    }
    Ok(())
}

fn check_deleveraged(step: &Step, event: &PositionDeleveraged) -> Result<(), Broken> {
    let equity = |world: &World, key: &Pubkey| valued(world, key).map(|health| i128::from(health.report.equity.raw()));
    let (owed, owes) = (equity(&step.before, &event.account)?, equity(&step.after, &event.account)?);
    if owed >= 0 || !valued(&step.before, &event.account)?.is_liquidatable().unwrap_or(false) {
        return Err(format!("{} was solvent with {owed}", event.account));
    }
    let length = i128::from(step.before.exchanges[0].1.liquidation.insolvent_secs);
    if i128::from(event.lag_secs) < length {
        return Err(format!("deleveraged {} s after the insolvency was seen, {length} are due", event.lag_secs));
    }
    // Marks of the accounts are rounded once each; in portfolio mode they agree with the price to 2e-8 of what is closed.
    let index = step.before.underlying(&event.underlying).map_or(0, |underlying| i128::from(underlying.price.index_e9));
    let marks = [&event.account, &event.counterparty].map(|key| coarse(&step.before, key) + coarse(&step.after, key));
    let slack = 4 + index * i128::from(event.size_e6) / 1_000_000_000 / 50_000_000 + marks[0] + marks[1];
    let lost = i128::from(event.claim_atoms) - i128::from(event.payment_atoms);
    if (owes - owed - lost).abs() > slack || lost < 0 || event.payment_atoms < 0 {
        return Err(format!("{} went from {owed} to {owes}: {event:?}", event.account));
    }
    let (had, has) = (equity(&step.before, &event.counterparty)?, equity(&step.after, &event.counterparty)?);
    if (had - has - i128::from(event.borne_atoms)).abs() > slack || has < -slack {
        return Err(format!("{} went from {had} to {has}: {event:?}", event.counterparty));
    }
    if i128::from(event.fund_paid_atoms) + i128::from(event.borne_atoms) != lost {
        return Err(format!("{lost} lost: {event:?}"));
    }
    check_rank(step, event)
}

fn check_rank(step: &Step, event: &PositionDeleveraged) -> Result<(), Broken> {
    let mut queues = step.before.queues.iter().map(|(_, queue)| queue);
    let queue = queues.find(|queue| (queue.underlying, queue.series) == (event.underlying, event.series));
    let queue = queue.ok_or("deleveraged without a queue")?;
    let live = queue.ranks.iter().filter(|rank| step.after.unix_time - rank.ranked_at <= 600);
    let first = live.filter(|rank| rank.account != event.counterparty).map(|rank| rank.score_e9).max().unwrap_or(0);
    if first != event.first_score_e9 || (event.score_e9 as f64) < first as f64 * 0.9 - 1.0 {
        return Err(format!("{} with {} comes before {first}", event.counterparty, event.score_e9));
    }
    Ok(())
}
