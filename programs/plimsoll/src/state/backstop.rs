//! The backstop: a pool that takes slices of accounts in breach when nobody better does.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use plimsoll_risk::backstop::payable_bounty;
use plimsoll_risk::params::BackstopParams;
use plimsoll_risk::pool::Pool;
use plimsoll_risk::units::{Ratio, Seconds, Value};

use crate::constants::{BACKSTOP_OWN_ATOMS, DAY_SECS, VERSION};
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::pool::{amount_error, shares_for};
use crate::state::{Absorber, InsuranceFund};

/// An underlying that a backstop takes; a default key marks a free place.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackstopMarket {
    pub underlying: Pubkey,
    /// Largest notional of the pool's positions in it, Σ|q|·S, in quote atoms.
    pub max_notional_atoms: i64,
}

/// What a backstop takes, may lose, and pays its callers.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackstopTerms {
    /// How long shares wait before they may leave, in seconds.
    pub cooldown_secs: i64,
    /// Clock of an auction from which on the pool takes part, in seconds.
    pub opens_secs: i64,
    /// Part of the bonus after the fee that is the caller's, scale 1e-9.
    pub caller_part_e9: i64,
    /// Least a caller is paid for the whole of an account, in quote atoms.
    pub min_bounty_atoms: i64,
    /// Most that the insurance fund adds to callers' parts in a day, in quote atoms.
    pub bounty_budget_atoms: i64,
    /// Largest notional of the whole book, Σ|q|·S, in quote atoms.
    pub max_notional_atoms: i64,
    /// Largest part of its equity that the pool may lose with one insolvent account, scale 1e-9.
    pub max_loss_e9: i64,
    /// The underlyings it takes.
    pub markets: [BackstopMarket; 8],
}

const _: () = assert!(core::mem::size_of::<BackstopTerms>() == 376);

/// The backstop of an exchange. Its money and positions are those of its margin account, which nobody can sign for.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Backstop {
    pub version: u8,
    pub bump: u8,
    pub padding: [u8; 6],
    pub exchange: Pubkey,
    /// Its margin account, number 0 of this address.
    pub book: Pubkey,
    /// Shares of all stakers of this generation, and of the pool itself: see [`Pool::founded`].
    pub total_shares: i64,
    /// Counts how often the pool was used up: shares of former generations are worth nothing.
    pub generation: u64,
    pub terms: BackstopTerms,
    /// Day of the last bounty, in days since 1970.
    pub bounty_day: i64,
    /// What the insurance fund has added to callers' parts on that day, in quote atoms.
    pub bounty_spent_atoms: i64,
    /// Σ of the debts it has taken over that nobody paid for.
    pub lost_atoms: i64,
    pub reserved: [u64; 29],
}

const _: () = assert!(core::mem::size_of::<Backstop>() == 720 && core::mem::align_of::<Backstop>() == 8);

impl From<&BackstopTerms> for BackstopParams {
    fn from(raw: &BackstopTerms) -> Self {
        Self {
            cooldown: Seconds::from_raw(raw.cooldown_secs),
            opens: Seconds::from_raw(raw.opens_secs),
            caller_part: Ratio::from_raw(raw.caller_part_e9),
            min_bounty: Value::from_raw(raw.min_bounty_atoms),
            bounty_budget: Value::from_raw(raw.bounty_budget_atoms),
            max_notional: Value::from_raw(raw.max_notional_atoms),
            max_loss: Ratio::from_raw(raw.max_loss_e9),
        }
    }
}

impl BackstopTerms {
    /// Refuses numbers outside their limits, an underlying that is named twice, and a limit without an underlying.
    pub fn validate(&self) -> Result<()> {
        BackstopParams::from(self).validate().or_error()?;
        for (index, market) in self.markets.iter().enumerate() {
            let is_named = market.underlying != Pubkey::default();
            let is_twice = self.markets[..index].iter().any(|other| other.underlying == market.underlying);
            let most = if is_named { BackstopParams::MAX_NOTIONAL.raw() } else { 0 };
            let is_lawful = (0..=most).contains(&market.max_notional_atoms) && !(is_named && is_twice);
            require!(is_lawful, PlimsollError::ParameterOutOfRange);
        }
        Ok(())
    }

    /// Largest notional in an underlying; none for one that the pool does not take.
    pub fn limit_of(&self, underlying: &Pubkey) -> Option<Value> {
        let entry = self.markets.iter().find(|market| market.underlying == *underlying);
        entry.map(|market| Value::from_raw(market.max_notional_atoms))
    }
}

impl Backstop {
    /// The backstop belongs to the exchange and has the layout this program knows.
    pub fn require_of(&self, exchange: &Pubkey) -> Result<()> {
        require_keys_eq!(self.exchange, *exchange, PlimsollError::WrongExchange);
        require!(self.version == VERSION, PlimsollError::WrongVersion);
        Ok(())
    }

    /// The margin account is its own.
    pub fn require_book(&self, book: &Pubkey) -> Result<()> {
        require_keys_eq!(self.book, *book, PlimsollError::UnexpectedAccount);
        Ok(())
    }

    /// Takes in stake while the book is worth `equity`; gives its shares. What the book is worth without shares, and of the first
    /// dollar of stake what is missing to one, stays the pool's own.
    ///
    /// # Errors
    /// [`PlimsollError::BackstopInsolvent`] for a book that owes; [`PlimsollError::AmountOutOfRange`] as for the insurance fund.
    pub fn enter(&mut self, equity: Value, amount: Value) -> Result<i64> {
        require!(!equity.is_negative(), PlimsollError::BackstopInsolvent);
        let mut pool = Pool { cash: equity, shares: self.total_shares };
        if pool.is_worthless() {
            self.generation = self.generation.wrapping_add(1);
            pool.shares = 0;
        }
        if pool.shares == 0 {
            let own = Value::from_raw(BACKSTOP_OWN_ATOMS);
            let (founded, shares) = pool.founded(amount, own).map_err(amount_error)?;
            self.total_shares = founded.shares;
            return Ok(shares);
        }
        let shares = shares_for(&pool, amount)?;
        self.total_shares = self.total_shares.checked_add(shares).ok_or(PlimsollError::Overflow)?;
        Ok(shares)
    }

    /// Lets shares go while the book is worth `equity`; gives what they are worth. # Errors [`PlimsollError::BackstopInsolvent`].
    pub fn leave(&mut self, equity: Value, shares: i64) -> Result<Value> {
        require!(!equity.is_negative(), PlimsollError::BackstopInsolvent);
        let amount = Pool { cash: equity, shares: self.total_shares }.payable_amount(shares).or_error()?;
        self.total_shares = self.total_shares.checked_sub(shares).ok_or(PlimsollError::Overflow)?;
        Ok(amount)
    }

    /// Tops a caller's part up to the least bounty, out of the insurance fund and inside the day's budget; gives what was added.
    pub fn add_bounty(&mut self, part: Value, fund: &mut InsuranceFund, now: i64) -> Result<Value> {
        let day = now.div_euclid(DAY_SECS);
        if day != self.bounty_day {
            (self.bounty_day, self.bounty_spent_atoms) = (day, 0);
        }
        let terms = BackstopParams::from(&self.terms);
        let left = terms.bounty_budget.sub(Value::from_raw(self.bounty_spent_atoms)).or_error()?;
        let bounty = fund.absorb(payable_bounty(part, terms.min_bounty, left).or_error()?)?;
        fund.ledger.record(bounty, Value::ZERO, Absorber::Taker)?;
        let spent = self.bounty_spent_atoms.checked_add(bounty.raw());
        self.bounty_spent_atoms = spent.ok_or(PlimsollError::Overflow)?;
        Ok(bounty)
    }
}
