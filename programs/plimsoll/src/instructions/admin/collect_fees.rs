//! `collect_fees`: pays the trading fees of one underlying to the fee recipient.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::errors::PlimsollError;
use crate::events::FeesCollected;
use crate::state::{Exchange, Underlying};
use crate::token::Transfer;

#[derive(Accounts)]
pub struct CollectFees<'info> {
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut)]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut)]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub fn handler(ctx: Context<CollectFees>) -> Result<()> {
    let accounts = ctx.accounts;
    let amount = {
        let exchange = accounts.exchange.load()?;
        let underlying = &mut accounts.underlying.load_mut()?;
        require_keys_eq!(underlying.exchange, accounts.exchange.key(), PlimsollError::WrongExchange);
        require_keys_eq!(exchange.quote_mint, accounts.quote_mint.key(), PlimsollError::WrongMint);
        require_keys_eq!(exchange.quote_vault, accounts.quote_vault.key(), PlimsollError::WrongVault);
        require_keys_eq!(exchange.fee_recipient, accounts.destination.owner, PlimsollError::Unauthorized);
        let amount = u64::try_from(underlying.fees_atoms).map_err(|_| PlimsollError::Overflow)?;
        require!(amount > 0, PlimsollError::AmountOutOfRange);
        underlying.fees_atoms = 0;
        amount
    };
    let transfer = Transfer {
        mint: &accounts.quote_mint,
        vault: &mut accounts.quote_vault,
        user: &accounts.destination,
        token_program: &accounts.token_program,
    };
    transfer.pay(&accounts.exchange, amount)?;
    log_event!(FeesCollected {
        exchange: accounts.exchange.key(),
        underlying: accounts.underlying.key(),
        amount_atoms: amount
    });
    Ok(())
}
