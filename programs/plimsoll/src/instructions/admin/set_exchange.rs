//! `set_exchange`: guardian, fees and liquidation terms.

use anchor_lang::prelude::*;
use plimsoll_risk::params::LiquidationParams;

use crate::errors::PlimsollError;
use crate::events::ExchangeChanged;
use crate::state::{Exchange, LiquidationParamsRaw};

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct ExchangeArgs {
    pub guardian: Pubkey,
    /// Owner of the token account that `collect_fees` pays to.
    pub fee_recipient: Pubkey,
    /// Trading fee as a part of notional, scale 1e-9, at most 1 %.
    pub fee_rate_e9: i64,
    /// Largest trading fee as a part of the premium, scale 1e-9, at most 25 %.
    pub fee_cap_e9: i64,
    pub liquidation: LiquidationParamsRaw,
}

#[derive(Accounts)]
pub struct SetExchange<'info> {
    pub admin: Signer<'info>,
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
}

pub fn handler(ctx: Context<SetExchange>, args: ExchangeArgs) -> Result<()> {
    let exchange = &mut ctx.accounts.exchange.load_mut()?;
    exchange.require_admin(ctx.accounts.admin.key)?;
    apply(exchange, &args)?;
    log_event!(ExchangeChanged {
        exchange: ctx.accounts.exchange.key(),
        guardian: args.guardian,
        fee_recipient: args.fee_recipient,
        fee_rate_e9: args.fee_rate_e9,
        fee_cap_e9: args.fee_cap_e9,
        liquidation: args.liquidation,
    });
    Ok(())
}

/// Validates the arguments and stores them.
pub(super) fn apply(exchange: &mut Exchange, args: &ExchangeArgs) -> Result<()> {
    let has_lawful_fees = (0..=Exchange::MAX_FEE_RATE_E9).contains(&args.fee_rate_e9)
        && (0..=Exchange::MAX_FEE_CAP_E9).contains(&args.fee_cap_e9);
    require!(has_lawful_fees, PlimsollError::ParameterOutOfRange);
    LiquidationParams::from(&args.liquidation).validate().map_err(PlimsollError::from)?;
    exchange.guardian = args.guardian;
    exchange.fee_recipient = args.fee_recipient;
    exchange.fee_rate_e9 = args.fee_rate_e9;
    exchange.fee_cap_e9 = args.fee_cap_e9;
    exchange.liquidation = args.liquidation;
    Ok(())
}
