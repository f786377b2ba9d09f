//! `liquidate`: permissionless. A slice of everything an unhealthy account holds goes to the caller at a discount.
//!
//! ```text
//! symbols     E equity, MM maintenance margin balance of the liquidated account, d discount, f fraction,
//!             R what earlier takers of this auction have paid
//! eligible    MM < 0, by full revaluation in this instruction
//! price       d by the clock of the auction, which starts here if nobody has flagged the breach before
//! fraction    f = min(caller's limit, fmax), fmax the closed form that ends at the buffer; 1 for dust and the bankrupt
//! payment     (E − R)·d·f, rounded up; 0 when E ≤ R
//! fee         a part of the bonus, rounded up, set aside for the insurance fund in the caller's account
//! slice       f of every position, of cash but R and of every collateral, rounded against the caller
//! afterwards  the caller satisfies IM with the slice netted into its own book; the account's MM cannot have fallen, as what
//!             is left in equal parts needs its part (`risk::liquidation::after_slice`)
//! ```
//!
//! No token moves and no market is written: two liquidations of different accounts by different callers share nothing.

use anchor_lang::prelude::*;
use plimsoll_risk::liquidation::{after_slice, max_fraction, required_fee, required_payment, Breach};
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Value};

use crate::constants::MIN_SLICE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::AccountLiquidated;
use crate::guards::{require_taker, require_taker_margin, unix_now};
use crate::health::{health_with, Purpose, Scratch};
use crate::markets::Markets;
use crate::slice::Slice;
use crate::state::{Auction, Exchange, MarginAccount};

/// The caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct LiquidateArgs {
    /// Largest fraction to take, scale 1e-9.
    pub max_fraction_e9: i64,
    /// Smallest fraction worth taking, scale 1e-9. Never under 1 %, unless the account allows no more.
    pub min_fraction_e9: i64,
    /// Most to pay for the slice, in quote atoms.
    pub max_payment_atoms: i64,
    /// The account's liquidation sequence the caller has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner or delegate of the liquidator's account.
    pub liquidator_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
    /// The account to liquidate.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, Liquidate<'info>>, args: LiquidateArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (liquidator_key, liquidatee_key) = (accounts.liquidator.key(), accounts.liquidatee.key());
    require_keys_neq!(liquidator_key, liquidatee_key, PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let liquidator = &mut *accounts.liquidator.load_mut()?;
    let liquidatee = &mut *accounts.liquidatee.load_mut()?;
    let signer = accounts.liquidator_authority.key;
    require_taker((liquidator, signer), liquidatee, &accounts.exchange.key(), args.liquidation_sequence)?;
    liquidator.bear_losses(exchange)?;
    liquidatee.bear_losses(exchange)?;

    let markets = Markets::load(ctx.remaining_accounts.iter(), &accounts.exchange.key())?;
    let scratch = &mut Scratch::shared_with(liquidator);
    let breached = health_with(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    let before = breached.report;
    let terms = LiquidationParams::from(&exchange.liquidation);
    let sold = sell(liquidatee, liquidator, &before, &args, &terms, now)?;
    require_taker_margin(scratch, liquidator, exchange, &markets, now)?;

    let liquidation_sequence = liquidatee.count_liquidation();
    liquidator.touch();
    log_event!(sold.told(liquidatee_key, liquidator_key, liquidation_sequence, &before));
    Ok(())
}

/// A slice that has changed hands.
pub(in crate::instructions) struct Sold {
    pub slice: Slice,
    pub bonus_atoms: i64,
    /// The insurance fund's part of the bonus.
    pub fee: Value,
    lag_secs: i64,
    equity_after: Value,
    maintenance_after: Value,
}

/// Sells a slice at the price of its auction: the liquidator has it, has paid, and has set the fee aside.
#[inline(always)]
pub(in crate::instructions) fn sell(
    liquidatee: &mut MarginAccount,
    liquidator: &mut MarginAccount,
    before: &MarginReport,
    args: &LiquidateArgs,
    terms: &LiquidationParams,
    now: i64,
) -> Result<Sold> {
    liquidatee.auction.see(now, before.equity, terms);
    let lag_secs = now.saturating_sub(liquidatee.auction.started_at);
    let slice = price(before, &liquidatee.auction, args, terms)?;
    slice.hand_over(liquidatee, liquidator)?;
    let bonus_atoms = slice.bonus()?;
    let fee = required_fee(Value::from_raw(bonus_atoms), terms.fee).or_error()?;
    liquidator.owe_insurance(fee.raw())?;
    let (equity_after, maintenance_after) = after_slice(&slice.breach, slice.fraction, slice.payment).or_error()?;
    liquidatee.auction.sold(slice.payment, maintenance_after);
    Ok(Sold { slice, bonus_atoms, fee, lag_secs, equity_after, maintenance_after })
}

impl Sold {
    #[inline(always)]
    pub(in crate::instructions) fn told(
        &self,
        account: Pubkey,
        liquidator: Pubkey,
        liquidation_sequence: u64,
        before: &MarginReport,
    ) -> AccountLiquidated {
        AccountLiquidated {
            account,
            liquidator,
            liquidation_sequence,
            fraction_e9: self.slice.fraction.raw(),
            payment_atoms: self.slice.payment.raw(),
            bonus_atoms: self.bonus_atoms,
            fee_atoms: self.fee.raw(),
            discount_e9: self.slice.discount.raw(),
            kept_atoms: self.slice.breach.kept().raw(),
            lag_secs: self.lag_secs,
            equity_before_atoms: before.equity.raw(),
            maintenance_before_atoms: before.maintenance.raw(),
            equity_after_atoms: self.equity_after.raw(),
            maintenance_after_atoms: self.maintenance_after.raw(),
        }
    }
}

/// Size and price of the slice, inside the caller's limits.
#[inline(always)]
fn price(report: &MarginReport, auction: &Auction, args: &LiquidateArgs, terms: &LiquidationParams) -> Result<Slice> {
    let limit = Ratio::from_raw(args.max_fraction_e9);
    require!(limit > Ratio::ZERO && limit <= Ratio::ONE, PlimsollError::AmountOutOfRange);
    let paid_in = Value::from_raw(auction.paid_atoms);
    let breach = Breach { equity: report.equity, maintenance: report.maintenance, paid_in };
    let discount = auction.clock().discount(terms).or_error()?;
    let largest = max_fraction(&breach, discount, terms).or_error()?;
    let fraction = largest.min(limit);
    let least = largest.raw().min(MIN_SLICE_E9).max(args.min_fraction_e9).max(1);
    require!(fraction.raw() >= least, PlimsollError::SliceTooSmall);
    let payment = required_payment(&breach, discount, fraction).or_error()?;
    require!(payment.raw() <= args.max_payment_atoms, PlimsollError::PriceLimit);
    Ok(Slice { breach, discount, fraction, payment })
}
