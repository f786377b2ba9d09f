//! The insurance fund: what pays the takers of insolvent accounts and least bounties, with the money of those who staked it; and the
//! ledger of losses.

use anchor_lang::prelude::*;
use plimsoll_risk::pool::Pool;
use plimsoll_risk::units::Value;

use crate::constants::VERSION;
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::pool::shares_for;

/// The insurance fund of an exchange. Its money is a part of the quote vault.
#[account(zero_copy)]
#[derive(Debug)]
pub struct InsuranceFund {
    pub version: u8,
    pub bump: u8,
    pub padding: [u8; 6],
    pub exchange: Pubkey,
    /// Its money, in quote atoms.
    pub cash_atoms: i64,
    /// Shares of all stakers of this generation, and of the exchange where money came before stakers.
    pub total_shares: i64,
    /// Counts how often the fund was used up: shares of former generations are worth nothing.
    pub generation: u64,
    /// How long stake waits before it may leave, in seconds.
    pub cooldown_secs: i64,
    /// Σ of what the takers of insolvent accounts, and the backstop's callers as bounties, were paid.
    pub paid_atoms: i64,
    /// Σ of the fees it took in.
    pub earned_atoms: i64,
    pub ledger: LossLedger,
    pub reserved: [u64; 17],
}

/// Every loss of the exchange, and who has absorbed it: `lost` is what [`InsuranceFund::paid_atoms`] and all others here add up to.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LossLedger {
    /// Σ of what insolvent accounts owed and could not pay, and of what it took beyond that to find somebody who bears their risk.
    pub lost_atoms: i64,
    /// Absorbed by takers who accepted less than the debt.
    pub taken_atoms: i64,
    /// Absorbed by the backstop pool.
    pub backstop_atoms: i64,
    /// Absorbed by counterparties whose positions were closed below the mark.
    pub deleveraged_atoms: i64,
    /// Paid by all cash through the cash index.
    pub shared_atoms: i64,
    /// What accounts have paid in of shared losses, and no debt has drawn yet: nobody's but the next debt's.
    pub reserve_atoms: i64,
}

const _: () = assert!(core::mem::size_of::<InsuranceFund>() == 272 && core::mem::align_of::<InsuranceFund>() == 8);

impl InsuranceFund {
    /// The fund belongs to the exchange and has the layout this program knows.
    pub fn require_of(&self, exchange: &Pubkey) -> Result<()> {
        require_keys_eq!(self.exchange, *exchange, PlimsollError::WrongExchange);
        require!(self.version == VERSION, PlimsollError::WrongVersion);
        Ok(())
    }

    fn pool(&self) -> Pool {
        Pool { cash: Value::from_raw(self.cash_atoms), shares: self.total_shares }
    }

    /// Takes in a fee: every share is worth more.
    pub fn earn(&mut self, amount_atoms: i64) -> Result<()> {
        self.cash_atoms = self.cash_atoms.checked_add(amount_atoms).ok_or(PlimsollError::Overflow)?;
        self.earned_atoms = self.earned_atoms.checked_add(amount_atoms).ok_or(PlimsollError::Overflow)?;
        Ok(())
    }

    /// Takes in stake; gives its shares. Money that was there before any stake becomes the exchange's own.
    ///
    /// # Errors
    /// [`PlimsollError::AmountOutOfRange`] for an amount that is worth no share or loses to rounding, and while shares are worth next to
    /// nothing.
    pub fn enter(&mut self, amount: Value) -> Result<i64> {
        if self.total_shares == 0 {
            self.total_shares = self.cash_atoms;
        }
        let shares = shares_for(&self.pool(), amount)?;
        self.cash_atoms = self.cash_atoms.checked_add(amount.raw()).ok_or(PlimsollError::Overflow)?;
        self.total_shares = self.total_shares.checked_add(shares).ok_or(PlimsollError::Overflow)?;
        Ok(shares)
    }

    /// Lets shares go; gives what they are worth.
    pub fn leave(&mut self, shares: i64) -> Result<Value> {
        let amount = self.pool().payable_amount(shares).or_error()?;
        self.cash_atoms = self.cash_atoms.checked_sub(amount.raw()).ok_or(PlimsollError::Overflow)?;
        self.total_shares = self.total_shares.checked_sub(shares).ok_or(PlimsollError::Overflow)?;
        Ok(amount)
    }

    /// Pays a loss, as far as there is money; gives what was paid. A fund that is used up begins another generation of stake.
    #[inline(always)]
    pub fn absorb(&mut self, loss: Value) -> Result<Value> {
        let paid = loss.max(Value::ZERO).min(Value::from_raw(self.cash_atoms.max(0)));
        self.cash_atoms = self.cash_atoms.checked_sub(paid.raw()).ok_or(PlimsollError::Overflow)?;
        self.paid_atoms = self.paid_atoms.checked_add(paid.raw()).ok_or(PlimsollError::Overflow)?;
        if self.pool().is_worthless() {
            self.total_shares = 0;
            self.generation = self.generation.wrapping_add(1);
        }
        Ok(paid)
    }
}

/// Who absorbs a loss, apart from the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absorber {
    Taker,
    Backstop,
    Counterparty,
    Everybody,
}

impl LossLedger {
    /// Records a loss of which the fund has paid a part, and somebody else the rest.
    pub fn record(&mut self, fund: Value, other: Value, absorber: Absorber) -> Result<()> {
        let add = |sum: &mut i64, amount: Value| -> Result<()> {
            *sum = sum.checked_add(amount.raw()).ok_or(PlimsollError::Overflow)?;
            Ok(())
        };
        add(&mut self.lost_atoms, fund.add(other).or_error()?)?;
        match absorber {
            Absorber::Taker => add(&mut self.taken_atoms, other),
            Absorber::Backstop => add(&mut self.backstop_atoms, other),
            Absorber::Counterparty => add(&mut self.deleveraged_atoms, other),
            Absorber::Everybody => add(&mut self.shared_atoms, other),
        }
    }

    /// Takes in an account's part of shared losses.
    pub fn keep(&mut self, amount_atoms: i64) -> Result<()> {
        self.reserve_atoms = self.reserve_atoms.checked_add(amount_atoms).ok_or(PlimsollError::Overflow)?;
        Ok(())
    }

    /// Pays a debt out of what was taken in, as far as it goes; gives what was paid.
    pub fn draw(&mut self, debt: Value) -> Value {
        let drawn = debt.max(Value::ZERO).min(Value::from_raw(self.reserve_atoms.max(0)));
        // Not below 0, as it is the smaller of both.
        self.reserve_atoms = self.reserve_atoms.saturating_sub(drawn.raw());
        drawn
    }
}
