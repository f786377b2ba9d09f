//! `withdraw`: quote or collateral out of a margin account.
//!
//! CAN: the owner take what initial margin does not need. CANNOT: the delegate withdraw at all, anybody borrow by
//! withdrawing, or anything leave while prices are stale or diverge.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::Withdrawn;
use crate::guards::{require_withdrawable, unix_now};
use crate::health::{health_for_new_risk, Scratch};
use crate::instructions::deposit::MoveTokens;
use crate::markets::Markets;
use crate::state::{Collateral, MarginAccount, PauseBits};
use crate::token::Transfer;

pub fn handler<'info>(ctx: Context<'info, MoveTokens<'info>>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.validate(PauseBits::WITHDRAW, amount)?;
    let balance_atoms = {
        let account = &mut accounts.margin_account.load_mut()?;
        account.require_owner(accounts.authority.key)?;
        account.bear_losses(&*accounts.exchange.load()?)?;
        let balance = match &accounts.collateral {
            None => debit_cash(account, amount)?,
            Some(loader) => debit_collateral(account, loader, amount)?,
        };
        account.touch();
        balance
    };
    require_covered(accounts, ctx.remaining_accounts)?;
    let transfer = Transfer {
        mint: &accounts.mint,
        vault: &mut accounts.vault,
        user: &accounts.user_tokens,
        token_program: &accounts.token_program,
    };
    transfer.pay(&accounts.exchange, amount)?;
    log_event!(Withdrawn {
        account: accounts.margin_account.key(),
        mint: accounts.mint.key(),
        amount_atoms: amount,
        balance_atoms,
    });
    Ok(())
}

fn debit_cash(account: &mut MarginAccount, amount: u64) -> Result<i64> {
    // Validated: the amount fits an i64. Cash may be negative, but never becomes so by a withdrawal.
    require!(account.cash_atoms >= amount as i64, PlimsollError::InsufficientBalance);
    account.add_cash((amount as i64).wrapping_neg())?;
    Ok(account.cash_atoms)
}

fn debit_collateral(account: &mut MarginAccount, loader: &AccountLoader<Collateral>, amount: u64) -> Result<i64> {
    let key = loader.key();
    let slot = account.collaterals.iter_mut().find(|slot| slot.collateral == key);
    let slot = slot.ok_or(PlimsollError::InsufficientBalance)?;
    slot.balance_atoms = slot.balance_atoms.checked_sub(amount).ok_or(PlimsollError::InsufficientBalance)?;
    let left = slot.balance_atoms;
    account.release_empty_collateral();
    let collateral = &mut loader.load_mut()?;
    collateral.total_deposits_atoms =
        collateral.total_deposits_atoms.checked_sub(amount).ok_or(PlimsollError::Overflow)?;
    // Deposits are capped at i64::MAX.
    Ok(left as i64)
}

/// An account that owes nothing and holds no position may always take its money: no price is asked for.
fn require_covered<'info>(accounts: &MoveTokens<'info>, markets: &'info [AccountInfo<'info>]) -> Result<()> {
    let account = &accounts.margin_account.load()?;
    if account.position_count == 0 && account.cash_atoms >= 0 {
        return Ok(());
    }
    let markets = Markets::load_with_caches(markets.iter(), &account.exchange)?;
    let (exchange, now, scratch) = (&*accounts.exchange.load()?, unix_now()?, &mut Scratch::new());
    require_withdrawable(&health_for_new_risk(scratch, account, exchange, &markets, now)?)
}
