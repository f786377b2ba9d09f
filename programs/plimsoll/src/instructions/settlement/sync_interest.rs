//! `sync_interest`: permissionless. Takes off the series' counters what an account has netted away inside liquidations.
//!
//! `liquidate` writes to no market, so it leaves this to the account's next trade in the series, to settlement, or to
//! whoever wants the open interest back under its limit now.

use anchor_lang::prelude::*;

use crate::errors::PlimsollError;
use crate::events::InterestSynced;
use crate::guards::require_exchange;
use crate::state::{MarginAccount, Underlying};

#[derive(Accounts)]
pub struct SyncInterest<'info> {
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

pub fn handler(ctx: Context<SyncInterest>) -> Result<()> {
    let (underlying_key, account_key) = (ctx.accounts.underlying.key(), ctx.accounts.margin_account.key());
    let underlying = &mut *ctx.accounts.underlying.load_mut()?;
    let account = &mut *ctx.accounts.margin_account.load_mut()?;
    require_exchange(account, &underlying.exchange)?;
    let slot = account.underlyings.iter().position(|key| *key == underlying_key);
    let slot = slot.ok_or(PlimsollError::NothingToSettle)? as u8;
    let mut netted_e6 = 0i64;
    for index in 0..account.position_count as usize {
        let position = &mut account.positions[index];
        if position.underlying == slot && position.netted_e6 != 0 {
            netted_e6 = netted_e6.checked_add(position.netted_e6).ok_or(PlimsollError::Overflow)?;
            underlying.series_mut(position.series)?.take_off_netted(position)?;
        }
    }
    require!(netted_e6 != 0, PlimsollError::NothingToSettle);
    account.release_empty();
    account.touch();
    log_event!(InterestSynced { account: account_key, underlying: underlying_key, netted_e6 });
    Ok(())
}
