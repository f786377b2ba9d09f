//! `deposit`: quote or collateral into a margin account.
//!
//! CAN: anyone deposit quote into any account. CANNOT: anyone but owner or delegate take up one of its collateral slots.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::errors::PlimsollError;
use crate::events::Deposited;
use crate::guards::{require_exchange, unix_now};
use crate::state::{Collateral, Exchange, MarginAccount, PauseBits};
use crate::token::Transfer;

/// Accounts of `deposit` and `withdraw`.
#[derive(Accounts)]
pub struct MoveTokens<'info> {
    /// Depositor, or the owner for a withdrawal.
    pub authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// None for the quote asset.
    #[account(mut)]
    pub collateral: Option<AccountLoader<'info, Collateral>>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Where the tokens come from, or go to.
    #[account(mut)]
    pub user_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl MoveTokens<'_> {
    /// Mint, vault and token program are those of the quote asset or of the collateral; everything is of one exchange.
    pub(super) fn validate(&self, pause_bit: u64, amount: u64) -> Result<()> {
        require!(amount > 0 && i64::try_from(amount).is_ok(), PlimsollError::AmountOutOfRange);
        let exchange = self.exchange.load()?;
        require!(!exchange.is_paused(pause_bit, unix_now()?), PlimsollError::Paused);
        require_exchange(&*self.margin_account.load()?, &self.exchange.key())?;
        let (mint, vault, token_program) = match &self.collateral {
            None => (exchange.quote_mint, exchange.quote_vault, exchange.quote_token_program),
            Some(loader) => {
                let collateral = loader.load()?;
                require_keys_eq!(collateral.exchange, self.exchange.key(), PlimsollError::WrongExchange);
                (collateral.mint, collateral.vault, collateral.token_program)
            }
        };
        require_keys_eq!(mint, self.mint.key(), PlimsollError::WrongMint);
        require_keys_eq!(vault, self.vault.key(), PlimsollError::WrongVault);
        require_keys_eq!(token_program, self.token_program.key(), PlimsollError::WrongTokenProgram);
        require_keys_neq!(vault, self.user_tokens.key(), PlimsollError::DuplicateAccount);
        Ok(())
    }
}

pub fn handler(ctx: Context<MoveTokens>, amount: u64) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.validate(PauseBits::DEPOSIT, amount)?;
    let transfer = Transfer {
        mint: &accounts.mint,
        vault: &mut accounts.vault,
        user: &accounts.user_tokens,
        token_program: &accounts.token_program,
    };
    transfer.receive(&accounts.authority, amount)?;
    let account = &mut accounts.margin_account.load_mut()?;
    account.bear_losses(&*accounts.exchange.load()?)?;
    let balance_atoms = match &accounts.collateral {
        None => {
            // Validated: the amount fits an i64.
            account.add_cash(amount as i64)?;
            account.cash_atoms
        }
        Some(loader) => {
            account.require_owner_or_delegate(accounts.authority.key)?;
            credit_collateral(account, loader, amount)? as i64
        }
    };
    account.touch();
    log_event!(Deposited {
        account: accounts.margin_account.key(),
        mint: accounts.mint.key(),
        amount_atoms: amount,
        balance_atoms,
    });
    Ok(())
}

fn credit_collateral(account: &mut MarginAccount, loader: &AccountLoader<Collateral>, amount: u64) -> Result<u64> {
    let collateral = &mut loader.load_mut()?;
    let total = collateral.total_deposits_atoms.checked_add(amount).ok_or(PlimsollError::Overflow)?;
    require!(total <= collateral.deposit_cap_atoms.min(i64::MAX as u64), PlimsollError::DepositCap);
    collateral.total_deposits_atoms = total;
    let slot = account.collateral_slot(&loader.key())?;
    slot.balance_atoms = slot.balance_atoms.checked_add(amount).ok_or(PlimsollError::Overflow)?;
    Ok(slot.balance_atoms)
}
