//! `list_series`: lists a call or a put of an expiry.

use anchor_lang::prelude::*;

use crate::guards::unix_now;
use crate::instructions::set_underlying::SetUnderlying;
use crate::listing::list;
pub use crate::listing::ListSeriesArgs;

pub fn handler(ctx: Context<SetUnderlying>, args: ListSeriesArgs) -> Result<()> {
    ctx.accounts.validate()?;
    let key = ctx.accounts.underlying.key();
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    log_event!(list(underlying, &key, &args, unix_now()?)?);
    Ok(())
}
