//! `buy_collateral`: permissionless. An account in breach that owes cash sells a collateral at the discount of its auction, and
//! keeps its positions.
//!
//! ```text
//! eligible    MM < 0 ≤ E and cash < 0 (or an estate, see below), by full revaluation in this instruction; the collateral's price is fresh
//! price       the upper end of the collateral's price range in the cheapest quote, times d by the clock of the auction, rounded up
//! amount      at most the caller's limit, what brings cash to 0, and what brings the account to its buffer; at least 1 % of that
//! afterwards  MM has risen and HF has not fallen, by a second revaluation; the caller satisfies IM
//! ```
//!
//! An insolvent account whose auction is over sells all of it, an estate: nobody takes it over while the insurance fund is empty, and what
//! it owes can only be deleveraged and shared once nothing is behind it. Its price falls over another fast leg, from the first discount.
//!
//! What is sold would go with every slice as well: a sale is the gentler way while the discount is smaller than the haircut.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::Rounding;
use plimsoll_risk::liquidation::{max_collateral_part, required_fee, AuctionClock, Breach};
use plimsoll_risk::margin::{CollateralBalance, CollateralMarket, CollateralValue, MarginReport};
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Seconds, Value, ONE_E9};

use crate::constants::MIN_SLICE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::CollateralBought;
use crate::guards::{require_taker, require_taker_margin, unix_now};
use crate::health::{health_with, Purpose, Scratch};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Auction, Collateral, Exchange, MarginAccount};

/// What to buy, and the caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct BuyCollateralArgs {
    /// The collateral; it is among the remaining accounts too.
    pub collateral: Pubkey,
    /// Most to buy, in the mint's atoms.
    pub max_amount_atoms: u64,
    /// Most to pay, in quote atoms.
    pub max_payment_atoms: i64,
    /// The account's liquidation sequence the caller has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct BuyCollateral<'info> {
    /// Owner or delegate of the buyer's account.
    pub buyer_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub buyer: AccountLoader<'info, MarginAccount>,
    /// The account in breach.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
}

/// A part of a balance with its price.
pub(in crate::instructions) struct Sale {
    amount: u64,
    pub payment: Value,
    /// What it is worth at the index above that.
    bonus: Value,
}

pub fn handler<'info>(ctx: Context<'info, BuyCollateral<'info>>, args: BuyCollateralArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (buyer_key, liquidatee_key) = (accounts.buyer.key(), accounts.liquidatee.key());
    require_keys_neq!(buyer_key, liquidatee_key, PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let buyer = &mut *accounts.buyer.load_mut()?;
    let liquidatee = &mut *accounts.liquidatee.load_mut()?;
    let signer = accounts.buyer_authority.key;
    require_taker((buyer, signer), liquidatee, &accounts.exchange.key(), args.liquidation_sequence)?;
    buyer.bear_losses(exchange)?;
    liquidatee.bear_losses(exchange)?;

    let markets = Markets::load(ctx.remaining_accounts.iter(), &accounts.exchange.key())?;
    let collateral = markets.collateral(&args.collateral)?;
    let is_fresh = [&collateral.price, &exchange.stable].iter().all(|price| price.is_fresh(now, Freshness::NewRisk));
    require!(is_fresh, PlimsollError::OracleStale);
    let scratch = &mut Scratch::new();
    let breached = health_with(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    let before = breached.report;
    let terms = LiquidationParams::from(&exchange.liquidation);
    liquidatee.auction.see(now, before.equity, &terms);
    let lag_secs = now.saturating_sub(liquidatee.auction.started_at);
    let estate = estate_clock(&liquidatee.auction, &before, &terms);
    let is_estate = estate.is_some();
    let discount = estate.unwrap_or(liquidatee.auction.clock()).discount(&terms).or_error()?;
    let sale = Sale::of((liquidatee, &before, is_estate), (collateral, exchange), &args, discount, &terms)?;
    let fee = required_fee(sale.bonus, terms.fee).or_error()?;
    sale.hand_over(liquidatee, buyer, &args.collateral)?;
    buyer.owe_insurance(fee.raw())?;

    let after = health_with(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?.report;
    require!(is_estate || helps(&before, &after)?, PlimsollError::SaleWithoutUse);
    liquidatee.auction.sold(Value::ZERO, after.maintenance);
    require_taker_margin(scratch, buyer, exchange, &markets, now)?;

    let liquidation_sequence = liquidatee.count_liquidation();
    buyer.touch();
    log_event!(CollateralBought {
        account: liquidatee_key,
        buyer: buyer_key,
        collateral: args.collateral,
        liquidation_sequence,
        amount_atoms: sale.amount,
        payment_atoms: sale.payment.raw(),
        bonus_atoms: sale.bonus.raw(),
        fee_atoms: fee.raw(),
        discount_e9: discount.raw(),
        lag_secs,
        maintenance_before_atoms: before.maintenance.raw(),
        maintenance_after_atoms: after.maintenance.raw(),
    });
    Ok(())
}

/// The clock by which an insolvent account sells what it has, once nobody has taken it over in the time of its auction: it stops where the
/// fast leg ends.
fn estate_clock(auction: &Auction, report: &MarginReport, terms: &LiquidationParams) -> Option<AuctionClock> {
    let since = auction.insolvent_secs.saturating_sub(terms.insolvent.raw());
    let elapsed = Seconds::from_raw(since.min(terms.fast.raw()));
    (report.equity.is_negative() && since >= 0).then_some(AuctionClock { elapsed, ..auction.clock() })
}

/// MM has risen and HF has not fallen, so that a solvent account stays solvent.
fn helps(before: &MarginReport, after: &MarginReport) -> Result<bool> {
    let (required, left) = (before.maintenance_requirement().or_error()?, after.maintenance_requirement().or_error()?);
    let was = i128::from(before.equity.raw()) * i128::from(left.raw());
    // An atom of each is what rounding moves.
    let is = (i128::from(after.equity.raw()) + 1) * (i128::from(required.raw()) + 1);
    Ok(after.maintenance > before.maintenance && !after.equity.is_negative() && is >= was)
}

impl Sale {
    /// # Errors
    /// [`PlimsollError::SaleWithoutUse`] for an account that owes no cash or whose margin a sale does not raise,
    /// [`PlimsollError::NotLiquidatable`] for an insolvent one, [`PlimsollError::AmountOutOfRange`],
    /// [`PlimsollError::SliceTooSmall`], [`PlimsollError::PriceLimit`].
    fn of(
        (account, report, is_estate): (&MarginAccount, &MarginReport, bool),
        (collateral, exchange): (&Collateral, &Exchange),
        args: &BuyCollateralArgs,
        discount: Ratio,
        terms: &LiquidationParams,
    ) -> Result<Self> {
        require!(is_estate || !report.equity.is_negative(), PlimsollError::NotLiquidatable);
        let held = account.collaterals.iter().find(|slot| slot.collateral == args.collateral);
        let balance = held.map_or(0, |slot| slot.balance_atoms);
        let at_index = collateral.market();
        let at_high = CollateralMarket { price: collateral.price.high(), ..at_index };
        let stable = &exchange.stable;
        let for_sale = at_high.value(CollateralBalance(balance), stable.low()).or_error()?.full;
        let counted = at_index.value(CollateralBalance(balance), stable.index()).or_error()?;
        let whole = CollateralValue { full: for_sale, ..counted };
        let breach = Breach { equity: report.equity, maintenance: report.maintenance, paid_in: Value::ZERO };
        let cash = Value::from_raw(account.cash_atoms);
        let part = match is_estate {
            true => Ratio::ONE,
            false => max_collateral_part(&breach, cash, &whole, discount, terms).or_error()?,
        };
        require!(part > Ratio::ZERO, PlimsollError::SaleWithoutUse);
        // balance < 2^64 and part ≤ 1e9: the product fits a u128, and the quotient is at most the balance.
        let most = (u128::from(balance) * part.raw() as u128).div_ceil(ONE_E9 as u128) as u64;
        let amount = most.min(args.max_amount_atoms);
        require!(amount > 0, PlimsollError::AmountOutOfRange);
        // Crumbs would only move the sequence.
        let is_crumb = u128::from(amount) * (ONE_E9 as u128) < u128::from(most) * (MIN_SLICE_E9 as u128);
        require!(!is_crumb, PlimsollError::SliceTooSmall);
        let sale = Self::priced(collateral, exchange, amount, discount)?;
        require!(sale.payment.raw() <= args.max_payment_atoms, PlimsollError::PriceLimit);
        Ok(sale)
    }

    /// An amount at the upper end of the collateral's price range in the cheapest quote, times the discount. # Rounding Up.
    #[inline(always)]
    pub(in crate::instructions) fn priced(
        collateral: &Collateral,
        exchange: &Exchange,
        amount: u64,
        discount: Ratio,
    ) -> Result<Self> {
        let (at_index, stable) = (collateral.market(), &exchange.stable);
        let at_high = CollateralMarket { price: collateral.price.high(), ..at_index };
        let sold = at_high.value(CollateralBalance(amount), stable.low()).or_error()?.full;
        // The value was rounded down by at most two atoms.
        let payment = sold.add(Value::from_raw(2)).or_error()?.scale(discount, Rounding::Up).or_error()?;
        let worth = at_index.value(CollateralBalance(amount), stable.index()).or_error()?.full;
        Ok(Self { amount, payment, bonus: worth.sub(payment).or_error()? })
    }

    /// Moves the collateral to the buyer and the payment to the account.
    #[inline(always)]
    pub(in crate::instructions) fn hand_over(
        &self,
        from: &mut MarginAccount,
        to: &mut MarginAccount,
        collateral: &Pubkey,
    ) -> Result<()> {
        let slot = from.collateral_slot(collateral)?;
        slot.balance_atoms = slot.balance_atoms.checked_sub(self.amount).ok_or(PlimsollError::Overflow)?;
        from.release_empty_collateral();
        let slot = to.collateral_slot(collateral)?;
        slot.balance_atoms = slot.balance_atoms.checked_add(self.amount).ok_or(PlimsollError::Overflow)?;
        from.add_cash(self.payment.raw())?;
        to.add_cash(self.payment.raw().checked_neg().ok_or(PlimsollError::Overflow)?)
    }
}
