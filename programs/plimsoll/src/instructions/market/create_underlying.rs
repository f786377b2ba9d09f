//! `create_underlying`: takes over an account that the client has created with the size of [`Underlying`].

use anchor_lang::prelude::*;

use crate::constants::VERSION;
use crate::errors::PlimsollError;
use crate::events::UnderlyingCreated;
use crate::state::{Exchange, OracleConfig, Underlying, UnderlyingParams};

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct CreateUnderlyingArgs {
    /// One to sixteen bytes of UTF-8.
    pub symbol: String,
    /// At most four different keys that may publish volatility surfaces.
    pub publishers: Vec<Pubkey>,
    /// May set the volatility forecast; the default key means nobody.
    pub forecast_authority: Pubkey,
    pub params: UnderlyingParams,
    pub oracle: OracleConfig,
}

#[derive(Accounts)]
pub struct CreateUnderlying<'info> {
    pub admin: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    /// Owned by the program, zeroed, 8 + size of `Underlying` bytes.
    #[account(zero)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<CreateUnderlying>, args: CreateUnderlyingArgs) -> Result<()> {
    ctx.accounts.exchange.load()?.require_admin(ctx.accounts.admin.key)?;
    args.params.validate()?;
    let symbol = args.symbol.as_bytes();
    require!(!symbol.is_empty() && symbol.len() <= 16, PlimsollError::ParameterOutOfRange);
    let underlying = &mut ctx.accounts.underlying.load_init()?;
    underlying.version = VERSION;
    underlying.exchange = ctx.accounts.exchange.key();
    underlying.symbol[..symbol.len()].copy_from_slice(symbol);
    underlying.set_publishers(&args.publishers)?;
    underlying.forecast_authority = args.forecast_authority;
    underlying.params = args.params;
    underlying.price.configure(&args.oracle)?;
    log_event!(UnderlyingCreated {
        exchange: underlying.exchange,
        underlying: ctx.accounts.underlying.key(),
        symbol: args.symbol,
    });
    Ok(())
}
