//! `stake`: quote into the insurance fund, for shares of it.
//!
//! CAN: anyone stake, also while withdrawals are paused. CANNOT: anyone stake an amount that is worth no share.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_risk::units::Value;

use crate::errors::PlimsollError;
use crate::events::Staked;
use crate::guards::unix_now;
use crate::state::{Exchange, InsuranceFund, PauseBits, PoolStake};
use crate::token::Transfer;

/// Accounts of `stake` and `unstake`.
#[derive(Accounts)]
pub struct MoveStake<'info> {
    pub owner: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
    #[account(mut)]
    pub stake: AccountLoader<'info, PoolStake>,
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut)]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Where the tokens come from, or go to.
    #[account(mut)]
    pub user_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl MoveStake<'_> {
    /// Everything is of one exchange, and the stake is the signer's.
    pub(super) fn validate(&self, pause_bit: u64) -> Result<()> {
        let exchange = self.exchange.load()?;
        require!(!exchange.is_paused(pause_bit, unix_now()?), PlimsollError::Paused);
        self.fund.load()?.require_of(&self.exchange.key())?;
        self.stake.load()?.require_of(&self.fund.key(), self.owner.key)?;
        let (mint, vault) = (self.quote_mint.key(), self.quote_vault.key());
        exchange.require_quote(&mint, &vault, &self.token_program.key(), &self.user_tokens.key())
    }
}

pub fn handler(ctx: Context<MoveStake>, amount: u64) -> Result<()> {
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
    let (fund, stake) = (&mut accounts.fund.load_mut()?, &mut accounts.stake.load_mut()?);
    stake.catch_up(fund.generation);
    let shares = fund.enter(atoms)?;
    stake.add(shares)?;
    log_event!(Staked {
        fund: accounts.fund.key(),
        owner: stake.owner,
        amount_atoms: amount,
        shares,
        fund_atoms: fund.cash_atoms,
        total_shares: fund.total_shares,
    });
    Ok(())
}

/// An amount of stake in atoms, more than nothing.
pub(in crate::instructions) fn lawful_amount(amount: u64) -> Result<Value> {
    let atoms = i64::try_from(amount).ok().filter(|atoms| *atoms > 0);
    Ok(Value::from_raw(atoms.ok_or(PlimsollError::AmountOutOfRange)?))
}
