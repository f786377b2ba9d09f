//! `share_loss`: permissionless. Ends a debt that nothing is left to pay.
//!
//! ```text
//! eligible    cash < 0; no short, and nothing else worth more than a thousandth of the debt; seen insolvent for the whole length of its
//!             auction: fund and backstop had their time to find a taker
//! fund        pays what it has
//! reserve     pays what all cash has paid in of earlier calls
//! everybody   bears the rest, at most half of all cash at once: the cash index falls by rest / base, so that every balance bears the same
//!             part whoever is written first. Accounts pay their parts in as they are written (`collect_insurance`), and the next call
//!             draws them. A debt is shared anew only after the length of an insolvent auction
//! base        vault − fund − reserve + the debt: all positive cash, but for what other accounts owe and for fees and payoffs on their way
//! ```
//!
//! The debt stays where it is, negative cash that everybody can see, until what was paid in pays it: a base that was taken too large leaves
//! a part of it for the next time, one too small leaves something in the reserve for the next debt. Neither is anybody's gain.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;
use plimsoll_risk::loss::CashIndex;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::Value;

use crate::errors::{OrProgramError, PlimsollError};
use crate::events::LossShared;
use crate::guards::{require_exchange, unix_now};
use crate::health::marks;
use crate::markets::Markets;
use crate::state::{Absorber, Exchange, InsuranceFund, MarginAccount};

/// What is worth less than one part in so many of a debt does not hold it up.
const SPECK: i64 = 1_000;

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

pub fn handler<'info>(ctx: Context<'info, ShareLoss<'info>>) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let exchange = &mut *accounts.exchange.load_mut()?;
    let fund = &mut *accounts.fund.load_mut()?;
    let account = &mut *accounts.margin_account.load_mut()?;
    require_exchange(account, &accounts.exchange.key())?;
    fund.require_of(&accounts.exchange.key())?;
    require_keys_eq!(exchange.quote_vault, accounts.quote_vault.key(), PlimsollError::WrongVault);
    let debt = Value::from_raw(account.cash_atoms).neg().or_error()?;
    require_final(account, debt, exchange, ctx.remaining_accounts, now)?;
    let terms = LiquidationParams::from(&exchange.liquidation);
    account.auction.see(now, Value::from_raw(account.cash_atoms), &terms);
    require!(account.auction.is_outlasted(&terms), PlimsollError::DebtStillInsured);

    let paid = fund.absorb(debt)?;
    let drawn = fund.ledger.draw(debt.sub(paid).or_error()?);
    fund.ledger.record(paid, drawn, Absorber::Everybody)?;
    account.add_cash(paid.add(drawn).or_error()?.raw())?;
    let rest = Value::from_raw(account.cash_atoms).neg().or_error()?;
    let is_due = now.saturating_sub(account.levied_at) >= terms.insolvent.raw();
    let before = exchange.cash_index();
    let (levied, base) = match is_due && rest > Value::ZERO {
        true => levy(exchange, (accounts.quote_vault.amount, fund), rest)?,
        false => (Value::ZERO, Value::ZERO),
    };
    let is_progress = !paid.is_zero() || !drawn.is_zero() || !levied.is_zero();
    require!(is_progress, PlimsollError::LossBeingCollected);
    if !levied.is_zero() {
        account.levied_at = now;
    }
    if rest.is_zero() {
        (account.auction, account.levied_at) = (Default::default(), 0);
    }
    account.cash_index_e18 = exchange.cash_index_e18;
    account.count_liquidation();
    log_event!(LossShared {
        account: accounts.margin_account.key(),
        debt_atoms: debt.raw(),
        fund_paid_atoms: paid.raw(),
        drawn_atoms: drawn.raw(),
        levied_atoms: levied.raw(),
        base_atoms: base.raw(),
        index_before_e18: before.raw(),
        index_after_e18: exchange.cash_index_e18,
    });
    Ok(())
}

/// Nothing is left that could pay the debt, or that anybody would have to be paid for.
fn require_final<'info>(
    account: &MarginAccount,
    debt: Value,
    exchange: &Exchange,
    markets: &'info [AccountInfo<'info>],
    now: i64,
) -> Result<()> {
    let has_short = account.positions().iter().any(|position| position.size_e6 < 0);
    require!(debt > Value::ZERO && !has_short, PlimsollError::LossNotFinal);
    if account.position_count == 0 && !account.has_collateral() {
        return Ok(());
    }
    let markets = Markets::load(markets.iter(), &account.exchange)?;
    let held = marks::worth(account, exchange, &markets, now)?.equity.add(debt).or_error()?;
    require!(held.raw() <= debt.raw() / SPECK, PlimsollError::LossNotFinal);
    Ok(())
}

/// Lowers the cash index by what is left of a debt; gives by how much, and over which base. Nothing where the index cannot fall further.
fn levy(exchange: &mut Exchange, (vault, fund): (u64, &InsuranceFund), rest: Value) -> Result<(Value, Value)> {
    let vault = Value::from_raw(i64::try_from(vault).map_err(|_| PlimsollError::Overflow)?);
    let others = Value::from_raw(fund.cash_atoms).add(Value::from_raw(fund.ledger.reserve_atoms)).or_error()?;
    let base = vault.sub(others).or_error()?.add(rest).or_error()?;
    let levied = rest.min(Value::from_raw(base.raw() / 2));
    let Ok(index) = exchange.cash_index().after(levied, base) else { return Ok((Value::ZERO, base)) };
    exchange.cash_index_e18 = CashIndex::raw(index);
    Ok((levied, base))
}
