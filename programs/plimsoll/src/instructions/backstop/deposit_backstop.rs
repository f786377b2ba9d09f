//! `deposit_backstop`: quote into the backstop's margin account, for shares of what that is worth.
//!
//! CAN: anyone deposit, also while withdrawals are paused. CANNOT: anyone deposit an amount that is worth no share, at a price that is
//! old or doubtful, or into a backstop that owes.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::errors::PlimsollError;
use crate::events::BackstopDeposited;
use crate::guards::{require_fresh_collateral, require_fresh_positions, unix_now};
use crate::health::{health, Health, Purpose};
use crate::instructions::stake::lawful_amount;
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Backstop, Exchange, MarginAccount, PauseBits, PoolStake};
use crate::token::Transfer;

/// Accounts of `deposit_backstop` and `withdraw_backstop`.
#[derive(Accounts)]
pub struct MoveBackstopStake<'info> {
    pub owner: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub backstop: AccountLoader<'info, Backstop>,
    #[account(mut)]
    pub backstop_stake: AccountLoader<'info, PoolStake>,
    /// The backstop's margin account.
    #[account(mut)]
    pub book: AccountLoader<'info, MarginAccount>,
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut)]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Where the tokens come from, or go to.
    #[account(mut)]
    pub user_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl MoveBackstopStake<'_> {
    /// Everything is of one exchange, and the stake is the signer's.
    pub(super) fn validate(&self, pause_bit: u64) -> Result<()> {
        let exchange = self.exchange.load()?;
        require!(!exchange.is_paused(pause_bit, unix_now()?), PlimsollError::Paused);
        let backstop = self.backstop.load()?;
        backstop.require_of(&self.exchange.key())?;
        backstop.require_book(&self.book.key())?;
        self.backstop_stake.load()?.require_of(&self.backstop.key(), self.owner.key)?;
        let (mint, vault) = (self.quote_mint.key(), self.quote_vault.key());
        exchange.require_quote(&mint, &vault, &self.token_program.key(), &self.user_tokens.key())
    }
}

pub fn handler<'info>(ctx: Context<'info, MoveBackstopStake<'info>>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.validate(PauseBits::DEPOSIT)?;
    let atoms = lawful_amount(amount)?;
    let transfer = Transfer {
        mint: &accounts.quote_mint,
        vault: &mut accounts.quote_vault,
        user: &accounts.user_tokens,
        token_program: &accounts.token_program,
    };
    transfer.receive(&accounts.owner, amount)?;
    let (backstop, stake) = (&mut accounts.backstop.load_mut()?, &mut accounts.backstop_stake.load_mut()?);
    let book = &mut accounts.book.load_mut()?;
    book.bear_losses(&*accounts.exchange.load()?)?;
    let markets = Markets::load(ctx.remaining_accounts.iter(), &book.exchange)?;
    let equity = share_value(book, &*accounts.exchange.load()?, &markets)?.report.equity;
    let shares = backstop.enter(equity, atoms)?;
    stake.catch_up(backstop.generation);
    stake.add(shares)?;
    book.add_cash(atoms.raw())?;
    book.touch();
    log_event!(BackstopDeposited {
        backstop: stake.pool,
        owner: stake.owner,
        amount_atoms: amount,
        shares,
        equity_atoms: equity.raw(),
        total_shares: backstop.total_shares,
        generation: backstop.generation,
    });
    Ok(())
}

/// The book at prices that shares may change hands at: fresh ones of everything it holds, in a market that allows new risk.
pub(super) fn share_value(book: &MarginAccount, exchange: &Exchange, markets: &Markets) -> Result<Health> {
    let now = unix_now()?;
    let valued = health(book, exchange, markets, Purpose::NewRisk, now)?;
    if let Some(obstacle) = valued.obstacle {
        return Err(obstacle.into());
    }
    require_fresh_collateral(book, markets, Freshness::NewRisk, now)?;
    // A margin gains nothing by a long under an old surface; the worth of a share does.
    require_fresh_positions(book, markets, now)?;
    Ok(valued)
}
