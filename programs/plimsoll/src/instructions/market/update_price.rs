//! `update_price`: permissionless. Reads the bound oracle accounts into an underlying's index.

use anchor_lang::prelude::*;

use crate::events::PriceUpdated;
use crate::guards::unix_now;
use crate::oracle;
use crate::state::{PriceState, Underlying};

#[derive(Accounts)]
pub struct UpdatePrice<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler<'info>(ctx: Context<'info, UpdatePrice<'info>>) -> Result<()> {
    let now = unix_now()?;
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    underlying.observe_windows(now)?;
    oracle::update(&mut underlying.price, ctx.remaining_accounts, now)?;
    log_event!(updated(ctx.accounts.underlying.key(), &underlying.price));
    Ok(())
}

/// The event of an updated price.
pub(super) fn updated(account: Pubkey, price: &PriceState) -> PriceUpdated {
    PriceUpdated {
        account,
        index_e9: price.index_e9,
        confidence_e9: price.confidence_e9,
        slow_e9: price.slow_e9,
        publish_time: price.publish_time,
    }
}
