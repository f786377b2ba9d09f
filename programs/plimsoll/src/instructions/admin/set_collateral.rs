//! `set_collateral`: haircuts and deposit cap.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::CollateralChanged;
use crate::state::{Collateral, Exchange};

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct CollateralArgs {
    /// Part of the value that does not count for IM, scale 1e-9.
    pub haircut_initial_e9: i64,
    /// Part of the value that does not count for MM, scale 1e-9; at most the initial one.
    pub haircut_maintenance_e9: i64,
    /// Largest sum of all deposits, in the mint's atoms.
    pub deposit_cap_atoms: u64,
    /// Underlying of the same asset, with whose scenarios it moves in portfolio margin; default for none.
    pub underlying: Pubkey,
}

#[derive(Accounts)]
pub struct SetCollateral<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub collateral: AccountLoader<'info, Collateral>,
}

pub fn handler(ctx: Context<SetCollateral>, args: CollateralArgs) -> Result<()> {
    ctx.accounts.exchange.load()?.require_admin(ctx.accounts.admin.key)?;
    let collateral = &mut ctx.accounts.collateral.load_mut()?;
    require_keys_eq!(collateral.exchange, ctx.accounts.exchange.key(), PlimsollError::WrongExchange);
    apply(collateral, &args)?;
    log_event!(CollateralChanged {
        collateral: ctx.accounts.collateral.key(),
        haircut_initial_e9: args.haircut_initial_e9,
        haircut_maintenance_e9: args.haircut_maintenance_e9,
        deposit_cap_atoms: args.deposit_cap_atoms,
        underlying: args.underlying,
    });
    Ok(())
}

/// Validates the arguments and stores them.
pub(super) fn apply(collateral: &mut Collateral, args: &CollateralArgs) -> Result<()> {
    Collateral::validate_haircuts(args.haircut_initial_e9, args.haircut_maintenance_e9)?;
    collateral.haircut_initial_e9 = args.haircut_initial_e9;
    collateral.haircut_maintenance_e9 = args.haircut_maintenance_e9;
    collateral.deposit_cap_atoms = args.deposit_cap_atoms;
    collateral.underlying = args.underlying;
    Ok(())
}
