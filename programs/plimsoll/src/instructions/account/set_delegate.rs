//! `set_delegate`: lets another key trade and liquidate with the account.

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::DelegateChanged;
use crate::state::MarginAccount;

#[derive(Accounts)]
pub struct SetDelegate<'info> {
    pub owner: Signer<'info>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
    let account = &mut ctx.accounts.margin_account.load_mut()?;
    require!(account.version == VERSION, PlimsollError::WrongVersion);
    account.require_owner(ctx.accounts.owner.key)?;
    account.delegate = delegate;
    account.touch();
    log_event!(DelegateChanged { account: ctx.accounts.margin_account.key(), delegate });
    Ok(())
}
