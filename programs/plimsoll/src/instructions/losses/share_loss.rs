//! `share_loss`: permissionless. Ends a debt that nothing is left to pay.
//!
//! ```text
//! eligible    cash < 0, no position, no collateral, seen insolvent for the whole length of its auction: the fund and the backstop had
//!             their time to find a taker
//! fund        pays what it has
//! everybody   the rest, at most half of all cash at once: the cash index falls by rest / (vault − fund), so that who withdraws first
//!             bears the same part as who withdraws last. The fund advances it, and takes it in as accounts are written
//! ```
//!
//! The vault is a little less than all positive cash, as some accounts owe: what is shared beyond the loss goes to the fund.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::Value;

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::LossShared;
use crate::guards::{require_exchange, unix_now};
use crate::state::{Absorber, Exchange, InsuranceFund, MarginAccount};

#[derive(Accounts)]
pub struct ShareLoss<'info> {
    #[account(mut)]
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub fund: AccountLoader<'info, InsuranceFund>,
    /// The account that owes.
    #[account(mut)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    pub quote_vault: Box<InterfaceAccount<'info, TokenAccount>>,
}

pub fn handler(ctx: Context<ShareLoss>) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let exchange = &mut *accounts.exchange.load_mut()?;
    let fund = &mut *accounts.fund.load_mut()?;
    let account = &mut *accounts.margin_account.load_mut()?;
    require_exchange(account, &accounts.exchange.key())?;
    fund.require_of(&accounts.exchange.key())?;
    require_keys_eq!(exchange.quote_vault, accounts.quote_vault.key(), PlimsollError::WrongVault);
    let is_final = account.cash_atoms < 0 && account.position_count == 0 && !account.has_collateral();
    require!(is_final, PlimsollError::LossNotFinal);
    let terms = LiquidationParams::from(&exchange.liquidation);
    let debt = Value::from_raw(account.cash_atoms).neg().or_error()?;
    account.auction.see(now, Value::from_raw(account.cash_atoms), &terms);
    require!(account.auction.insolvent_secs >= terms.insolvent.raw(), PlimsollError::DebtStillInsured);

    let paid = fund.absorb(debt)?;
    let held = Value::from_raw(i64::try_from(accounts.quote_vault.amount).map_err(|_| PlimsollError::Overflow)?);
    let base = held.sub(Value::from_raw(fund.cash_atoms)).or_error()?;
    // What is above half of all cash waits for the next call.
    let shared = debt.sub(paid).or_error()?.min(Value::from_raw(base.raw() / 2));
    let before = exchange.cash_index();
    if !shared.is_zero() {
        exchange.cash_index_e18 = before.after(shared, base).map_err(|_| PlimsollError::LossNotFinal)?.raw();
    }
    fund.ledger.record(paid, shared, Absorber::Everybody)?;
    account.add_cash(paid.add(shared).or_error()?.raw())?;
    if account.cash_atoms == 0 {
        account.auction = Default::default();
    }
    account.cash_index_e18 = exchange.cash_index_e18;
    account.count_liquidation();
    log_event!(LossShared {
        account: accounts.margin_account.key(),
        debt_atoms: debt.raw(),
        fund_paid_atoms: paid.raw(),
        shared_atoms: shared.raw(),
        base_atoms: base.raw(),
        index_before_e18: before.raw(),
        index_after_e18: exchange.cash_index_e18,
    });
    Ok(())
}
