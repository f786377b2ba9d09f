//! `trade`: two accounts exchange a series for a premium.
//!
//! CAN: any two accounts of an exchange trade at any agreed price, if both satisfy initial margin afterwards.
//! CANNOT: an account short of initial margin, or any account while prices diverge, surfaces are stale or trading is
//! paused, or an account that would pay with cash it does not have, do anything
//! but raise its initial margin balance, at a price that costs it no more than a liquidation would.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::Rounding;
use plimsoll_risk::units::{Contracts, Price, Ratio, Value};

use crate::deal::{book, require_open, Side};
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::Traded;
use crate::guards::{require_exchange, require_initial_margin, unix_now};
use crate::health::{health_for_new_risk, health_with, Purpose, Scratch};
use crate::markets::Markets;
use crate::state::{Exchange, MarginAccount, PauseBits, Underlying};

#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct TradeArgs {
    pub series: u16,
    /// In 1e-6 contracts; + the taker buys, − the taker sells.
    pub size_e6: i64,
    /// Premium per contract, scale 1e-9 USD.
    pub price_e9: i64,
}

#[derive(Accounts)]
pub struct Trade<'info> {
    /// Owner or delegate of the taker.
    pub taker_authority: Signer<'info>,
    /// Owner or delegate of the maker.
    pub maker_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
    #[account(mut)]
    pub taker: AccountLoader<'info, MarginAccount>,
    #[account(mut)]
    pub maker: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, Trade<'info>>, args: TradeArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let exchange = accounts.exchange.load()?;
    let exchange_key = accounts.exchange.key();
    require_keys_neq!(accounts.taker.key(), accounts.maker.key(), PlimsollError::DuplicateAccount);
    let pause = exchange.is_paused(PauseBits::TRADE, now).then_some(PlimsollError::Paused);
    let taker = &mut *accounts.taker.load_mut()?;
    let maker = &mut *accounts.maker.load_mut()?;
    require_exchange(taker, &exchange_key)?;
    require_exchange(maker, &exchange_key)?;
    taker.require_owner_or_delegate(accounts.taker_authority.key)?;
    maker.require_owner_or_delegate(accounts.maker_authority.key)?;
    taker.bear_losses(&exchange)?;
    maker.bear_losses(&exchange)?;

    let deal = Deal::agree(&args, &exchange)?;
    let (taker_side, maker_side, event) = {
        let underlying = &mut *accounts.underlying.load_mut()?;
        require_keys_eq!(underlying.exchange, exchange_key, PlimsollError::WrongExchange);
        deal.execute(underlying, &accounts.underlying.key(), taker, maker, now)?
    };

    let markets = std::iter::once(accounts.underlying.as_ref()).chain(ctx.remaining_accounts.iter());
    let markets = Markets::load_with_caches(markets, &exchange_key)?;
    let scratch = &mut Scratch::new();
    for (account, side) in [(taker, taker_side), (maker, maker_side)] {
        // Negative cash bears no interest yet: nobody borrows the vault's money by buying.
        let is_borrowing = account.cash_atoms < 0 && side.cash.is_negative();
        let hindrance = pause.or(is_borrowing.then_some(PlimsollError::InsufficientBalance));
        let after = match hindrance {
            None => health_for_new_risk(scratch, account, &exchange, &markets, now)?,
            // It is not enough to be covered then: both sides of the comparison are in full.
            Some(_) => health_with(scratch, account, &exchange, &markets, Purpose::NewRisk, now)?,
        };
        require_initial_margin(&after, Ratio::from_raw(exchange.liquidation.discount_e9), hindrance, || {
            side.undone()?.apply(account)?;
            let before = health_with(scratch, account, &exchange, &markets, Purpose::NewRisk, now);
            side.apply(account)?;
            before
        })?;
        account.release_empty();
        account.touch();
    }
    log_event!(Traded { taker: accounts.taker.key(), maker: accounts.maker.key(), ..event });
    Ok(())
}

/// What the two parties have agreed on, in units.
struct Deal {
    series: u16,
    size: Contracts,
    price: Price,
    fee_rate: Ratio,
    fee_cap: Ratio,
}

impl Deal {
    fn agree(args: &TradeArgs, exchange: &Exchange) -> Result<Self> {
        let is_lawful = args.size_e6 != 0
            && args.size_e6.unsigned_abs() <= Contracts::MAX.raw() as u64
            && (0..=Price::MAX.raw()).contains(&args.price_e9);
        require!(is_lawful, PlimsollError::AmountOutOfRange);
        Ok(Self {
            series: args.series,
            size: Contracts::from_raw(args.size_e6),
            price: Price::from_raw(args.price_e9),
            fee_rate: Ratio::from_raw(exchange.fee_rate_e9),
            fee_cap: Ratio::from_raw(exchange.fee_cap_e9),
        })
    }

    /// What the taker pays (−) or gets (+), to the atom the opposite of what the maker gets or pays.
    /// # Rounding Against the taker.
    fn premium(&self) -> Result<Value> {
        self.price.times(self.size.neg().or_error()?).to_value_floor().or_error()
    }

    /// Fee of each party: a part of notional, at most a part of the premium. # Rounding Up.
    fn fee(&self, index: Price) -> Result<Value> {
        let size = self.size.abs().or_error()?;
        let on_notional = index.scale(self.fee_rate, Rounding::Up).or_error()?;
        let on_premium = self.price.scale(self.fee_cap, Rounding::Up).or_error()?;
        on_notional.min(on_premium).times(size).to_value_ceil().or_error()
    }

    fn execute(
        &self,
        underlying: &mut Underlying,
        key: &Pubkey,
        taker: &mut MarginAccount,
        maker: &mut MarginAccount,
        now: i64,
    ) -> Result<(Side, Side, Traded)> {
        let expiry = require_open(underlying, self.series, now)?;
        let index = underlying.price.index();
        let (premium, fee) = (self.premium()?, self.fee(index)?);
        let side = |account: &mut MarginAccount, size: Contracts, premium: Value| {
            Side::of(account, key, (expiry, self.series), (size, Some(self.price)), premium.sub(fee).or_error()?)
        };
        let taker_side = side(taker, self.size, premium)?;
        let maker_side = side(maker, self.size.neg().or_error()?, premium.neg().or_error()?)?;
        book(underlying, (taker, &taker_side), (maker, &maker_side))?;
        let fees = fee.add(fee).or_error()?;
        underlying.fees_atoms = underlying.fees_atoms.checked_add(fees.raw()).ok_or(PlimsollError::Overflow)?;
        let event = Traded {
            underlying: *key,
            series: self.series,
            taker: Pubkey::default(),
            maker: Pubkey::default(),
            size_e6: self.size.raw(),
            price_e9: self.price.raw(),
            premium_atoms: premium.raw(),
            taker_fee_atoms: fee.raw(),
            maker_fee_atoms: fee.raw(),
            index_e9: index.raw(),
        };
        Ok((taker_side, maker_side, event))
    }
}
