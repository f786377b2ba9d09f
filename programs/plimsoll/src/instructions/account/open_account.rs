//! `open_account`: a margin account of its own address for each owner and number.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::events::AccountOpened;
use crate::state::{Exchange, MarginAccount, MarginMode};

#[derive(Accounts)]
#[instruction(number: u16)]
pub struct OpenAccount<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        init, payer = owner, space = 8 + core::mem::size_of::<MarginAccount>(),
        seeds = [MARGIN_SEED, exchange.key().as_ref(), owner.key().as_ref(), &number.to_le_bytes()], bump
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<OpenAccount>, number: u16, mode: MarginMode) -> Result<()> {
    let mode = match mode {
        MarginMode::Isolated => MarginAccount::ISOLATED,
        MarginMode::Cross => MarginAccount::CROSS,
        MarginMode::Portfolio => MarginAccount::PORTFOLIO,
    };
    let account = &mut ctx.accounts.margin_account.load_init()?;
    account.version = VERSION;
    account.bump = ctx.bumps.margin_account;
    account.mode = mode;
    account.number = number;
    account.exchange = ctx.accounts.exchange.key();
    account.owner = ctx.accounts.owner.key();
    account.cash_index_e18 = ctx.accounts.exchange.load()?.cash_index_e18;
    log_event!(AccountOpened {
        exchange: account.exchange,
        account: ctx.accounts.margin_account.key(),
        owner: account.owner,
        mode,
    });
    Ok(())
}
