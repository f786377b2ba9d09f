//! `buy_backstop_collateral`: permissionless. Collateral that the backstop has taken goes to the caller for cash, so that its stakers can
//! leave with it.
//!
//! ```text
//! eligible    the collateral's price and the quote's are fresh and agree with their slow companions
//! price       the upper end of the collateral's price range in the cheapest quote, times the first discount of an auction, rounded up
//! amount      at most the caller's limit and what there is; at least 1 % of that
//! afterwards  the caller and the backstop satisfy IM
//! ```
//!
//! The backstop had it at the discount of an auction at its opening, or with the support of the insurance fund, and keeps the difference.

use anchor_lang::prelude::*;
use plimsoll_risk::units::{Ratio, ONE_E9};

use crate::constants::MIN_SLICE_E9;
use crate::errors::PlimsollError;
use crate::events::BackstopCollateralBought;
use crate::guards::{require_exchange, require_taker_margin, unix_now};
use crate::health::Scratch;
use crate::instructions::buy_collateral::Sale;
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Backstop, Exchange, MarginAccount};

#[derive(Accounts)]
pub struct BuyBackstopCollateral<'info> {
    /// Owner or delegate of the buyer's account.
    pub buyer_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub buyer: AccountLoader<'info, MarginAccount>,
    pub backstop: AccountLoader<'info, Backstop>,
    /// The backstop's margin account.
    #[account(mut)]
    pub book: AccountLoader<'info, MarginAccount>,
}

/// What to buy, and the caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct BuyBackstopCollateralArgs {
    /// The collateral; it is among the remaining accounts too.
    pub collateral: Pubkey,
    /// Most to buy, in the mint's atoms.
    pub max_amount_atoms: u64,
    /// Most to pay, in quote atoms.
    pub max_payment_atoms: i64,
}

pub fn handler<'info>(
    ctx: Context<'info, BuyBackstopCollateral<'info>>,
    args: BuyBackstopCollateralArgs,
) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let exchange_key = accounts.exchange.key();
    require_keys_neq!(accounts.buyer.key(), accounts.book.key(), PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let backstop = &*accounts.backstop.load()?;
    backstop.require_of(&exchange_key)?;
    backstop.require_book(&accounts.book.key())?;
    let (buyer, book) = (&mut *accounts.buyer.load_mut()?, &mut *accounts.book.load_mut()?);
    require_exchange(buyer, &exchange_key)?;
    buyer.require_owner_or_delegate(accounts.buyer_authority.key)?;
    buyer.bear_losses(exchange)?;
    book.bear_losses(exchange)?;

    let markets = Markets::load(ctx.remaining_accounts.iter(), &exchange_key)?;
    let collateral = markets.collateral(&args.collateral)?;
    for price in [&collateral.price, &exchange.stable] {
        price.require_fresh(now, Freshness::NewRisk)?;
        require!(!price.is_divergent()?, PlimsollError::PriceDivergence);
    }
    let held = book.collaterals.iter().find(|slot| slot.collateral == args.collateral);
    let balance = held.map_or(0, |slot| slot.balance_atoms);
    let amount = balance.min(args.max_amount_atoms);
    require!(amount > 0, PlimsollError::AmountOutOfRange);
    // Crumbs would only move the sequence.
    let is_crumb = u128::from(amount) * (ONE_E9 as u128) < u128::from(balance) * (MIN_SLICE_E9 as u128);
    require!(!is_crumb, PlimsollError::SliceTooSmall);
    let discount = Ratio::from_raw(exchange.liquidation.discount_e9);
    let sale = Sale::priced(collateral, exchange, amount, discount)?;
    require!(sale.payment.raw() <= args.max_payment_atoms, PlimsollError::PriceLimit);
    sale.hand_over(book, buyer, &args.collateral)?;
    let scratch = &mut Scratch::new();
    for account in [&*buyer, &*book] {
        require_taker_margin(scratch, account, exchange, &markets, now)?;
    }
    buyer.touch();
    book.touch();
    log_event!(BackstopCollateralBought {
        backstop: accounts.backstop.key(),
        buyer: accounts.buyer.key(),
        collateral: args.collateral,
        amount_atoms: amount,
        payment_atoms: sale.payment.raw(),
        cash_atoms: book.cash_atoms,
    });
    Ok(())
}
