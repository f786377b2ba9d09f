//! `create_exchange`: the root account, its quote mint and the vault that holds all cash.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_risk::loss::CashIndex;

use crate::constants::*;
use crate::errors::PlimsollError;
use crate::events::ExchangeCreated;
use crate::instructions::set_exchange::{apply, ExchangeArgs};
use crate::state::{Exchange, OracleConfig};
use crate::token::require_safe_mint;

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct CreateExchangeArgs {
    pub exchange: ExchangeArgs,
    /// Price of the quote stablecoin.
    pub stable_oracle: OracleConfig,
}

#[derive(Accounts)]
pub struct CreateExchange<'info> {
    #[account(mut)]
    pub creator: Signer<'info>,
    #[account(init, payer = creator, space = 8 + core::mem::size_of::<Exchange>(), seeds = [EXCHANGE_SEED, creator.key().as_ref()], bump)]
    pub exchange: AccountLoader<'info, Exchange>,
    pub quote_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        init, payer = creator, seeds = [VAULT_SEED, exchange.key().as_ref(), quote_mint.key().as_ref()], bump,
        token::mint = quote_mint, token::authority = exchange, token::token_program = token_program
    )]
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<CreateExchange>, args: CreateExchangeArgs) -> Result<()> {
    let accounts = ctx.accounts;
    require_safe_mint(&accounts.quote_mint.to_account_info())?;
    require!(accounts.quote_mint.decimals == QUOTE_DECIMALS, PlimsollError::MintDecimals);
    let exchange = &mut accounts.exchange.load_init()?;
    exchange.version = VERSION;
    exchange.bump = ctx.bumps.exchange;
    exchange.creator = accounts.creator.key();
    exchange.admin = accounts.creator.key();
    exchange.quote_mint = accounts.quote_mint.key();
    exchange.quote_vault = accounts.quote_vault.key();
    exchange.quote_token_program = accounts.token_program.key();
    exchange.cash_index_e18 = CashIndex::ONE.raw();
    apply(exchange, &args.exchange)?;
    exchange.stable.configure(&args.stable_oracle)?;
    log_event!(ExchangeCreated {
        exchange: accounts.exchange.key(),
        admin: exchange.admin,
        quote_mint: exchange.quote_mint
    });
    Ok(())
}
