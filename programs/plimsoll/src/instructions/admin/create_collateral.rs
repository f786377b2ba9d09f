//! `create_collateral`: admits a token as collateral.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use plimsoll_risk::margin::collateral::MAX_DECIMALS;

use crate::constants::*;
use crate::errors::PlimsollError;
use crate::events::CollateralCreated;
use crate::instructions::set_collateral::{apply, CollateralArgs};
use crate::state::{Collateral, Exchange, OracleConfig};
use crate::token::require_safe_mint;

#[derive(Accounts)]
pub struct CreateCollateral<'info> {
    #[account(mut)]
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        init, payer = admin, space = 8 + core::mem::size_of::<Collateral>(),
        seeds = [COLLATERAL_SEED, exchange.key().as_ref(), mint.key().as_ref()], bump
    )]
    pub collateral: AccountLoader<'info, Collateral>,
    #[account(
        init, payer = admin, seeds = [VAULT_SEED, exchange.key().as_ref(), mint.key().as_ref()], bump,
        token::mint = mint, token::authority = exchange, token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub fn handler(ctx: Context<CreateCollateral>, args: CollateralArgs, oracle: OracleConfig) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.exchange.load()?.require_admin(accounts.admin.key)?;
    require_safe_mint(&accounts.mint.to_account_info())?;
    require!(accounts.mint.decimals <= MAX_DECIMALS, PlimsollError::MintDecimals);
    let collateral = &mut accounts.collateral.load_init()?;
    collateral.version = VERSION;
    collateral.bump = ctx.bumps.collateral;
    collateral.decimals = accounts.mint.decimals;
    collateral.exchange = accounts.exchange.key();
    collateral.mint = accounts.mint.key();
    collateral.vault = accounts.vault.key();
    collateral.token_program = accounts.token_program.key();
    apply(collateral, &args)?;
    collateral.price.configure(&oracle)?;
    log_event!(CollateralCreated {
        exchange: collateral.exchange,
        collateral: accounts.collateral.key(),
        mint: collateral.mint,
    });
    Ok(())
}
