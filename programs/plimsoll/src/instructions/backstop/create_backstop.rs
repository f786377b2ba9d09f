//! `create_backstop`: the one backstop of an exchange, empty, with a margin account that nobody can sign for.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::events::{AccountOpened, BackstopCreated};
use crate::state::{Backstop, BackstopTerms, Exchange, MarginAccount};

#[derive(Accounts)]
pub struct CreateBackstop<'info> {
    #[account(mut)]
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(
        init, payer = admin, space = 8 + core::mem::size_of::<Backstop>(),
        seeds = [BACKSTOP_SEED, exchange.key().as_ref()], bump
    )]
    pub backstop: AccountLoader<'info, Backstop>,
    /// Its margin account: number 0 of an owner without a key.
    #[account(
        init, payer = admin, space = 8 + core::mem::size_of::<MarginAccount>(),
        seeds = [MARGIN_SEED, exchange.key().as_ref(), backstop.key().as_ref(), &[0, 0]], bump
    )]
    pub book: AccountLoader<'info, MarginAccount>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<CreateBackstop>, terms: BackstopTerms) -> Result<()> {
    let accounts = ctx.accounts;
    let (exchange, owner, account) = (accounts.exchange.key(), accounts.backstop.key(), accounts.book.key());
    accounts.exchange.load()?.require_admin(accounts.admin.key)?;
    terms.validate()?;
    let backstop = &mut accounts.backstop.load_init()?;
    (backstop.version, backstop.bump) = (VERSION, ctx.bumps.backstop);
    (backstop.exchange, backstop.book, backstop.terms) = (exchange, account, terms);
    let mode = MarginAccount::CROSS;
    let book = &mut accounts.book.load_init()?;
    (book.version, book.bump, book.mode) = (VERSION, ctx.bumps.book, mode);
    (book.exchange, book.owner) = (exchange, owner);
    book.cash_index_e18 = accounts.exchange.load()?.cash_index_e18;
    log_event!(AccountOpened { exchange, account, owner, mode });
    log_event!(BackstopCreated { exchange, backstop: owner, book: account, terms });
    Ok(())
}
