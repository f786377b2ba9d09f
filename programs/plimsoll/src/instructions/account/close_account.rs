//! `close_account`: returns the rent of an empty margin account.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::AccountClosed;
use crate::state::MarginAccount;

#[derive(Accounts)]
pub struct CloseAccount<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(mut, close = owner)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler(ctx: Context<CloseAccount>) -> Result<()> {
    let account = ctx.accounts.margin_account.load()?;
    require!(account.version == VERSION, PlimsollError::WrongVersion);
    account.require_owner(ctx.accounts.owner.key)?;
    let owes_nothing = account.cash_atoms == 0 && account.insurance_due_atoms == 0 && account.loss_due_atoms == 0;
    let is_empty = account.position_count == 0 && owes_nothing && !account.has_collateral();
    require!(is_empty, PlimsollError::AccountNotEmpty);
    log_event!(AccountClosed { account: ctx.accounts.margin_account.key(), owner: account.owner });
    Ok(())
}
