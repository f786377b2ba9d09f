//! Stake in a pool of money: the insurance fund's and the backstop's.

use anchor_lang::prelude::*;
use plimsoll_risk::error::RiskError;
use plimsoll_risk::pool::Pool;
use plimsoll_risk::units::Value;

use crate::constants::{EXIT_WINDOW_SECS, VERSION};
use crate::errors::PlimsollError;

/// One owner's part of a pool.
#[account(zero_copy)]
#[derive(Debug)]
pub struct PoolStake {
    pub version: u8,
    pub bump: u8,
    pub padding: [u8; 6],
    /// The insurance fund or backstop it is a part of.
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub shares: i64,
    /// Generation of the pool the shares belong to.
    pub generation: u64,
    /// Shares that are to leave; they bear losses until they do.
    pub leaving_shares: i64,
    /// When they may.
    pub leaves_at: i64,
    pub reserved: [u64; 8],
}

const _: () = assert!(core::mem::size_of::<PoolStake>() == 168 && core::mem::align_of::<PoolStake>() == 8);

impl PoolStake {
    /// Fills a new stake without shares.
    pub fn open(&mut self, bump: u8, pool: Pubkey, owner: Pubkey, generation: u64) {
        (self.version, self.bump) = (VERSION, bump);
        (self.pool, self.owner, self.generation) = (pool, owner, generation);
    }

    /// The stake is in this pool, is the signer's and has the layout this program knows.
    pub fn require_of(&self, pool: &Pubkey, signer: &Pubkey) -> Result<()> {
        require_keys_eq!(self.pool, *pool, PlimsollError::WrongExchange);
        require_keys_eq!(self.owner, *signer, PlimsollError::Unauthorized);
        require!(self.version == VERSION, PlimsollError::WrongVersion);
        Ok(())
    }

    /// Shares of a generation that is gone are gone.
    pub fn catch_up(&mut self, generation: u64) {
        if self.generation != generation {
            (self.shares, self.leaving_shares, self.leaves_at) = (0, 0, 0);
            self.generation = generation;
        }
    }

    pub fn add(&mut self, shares: i64) -> Result<()> {
        self.shares = self.shares.checked_add(shares).ok_or(PlimsollError::Overflow)?;
        Ok(())
    }

    /// Shares begin to wait for their leave; 0 for none any more.
    pub fn ask(&mut self, shares: i64, now: i64, cooldown_secs: i64) -> Result<()> {
        require!((0..=self.shares).contains(&shares), PlimsollError::InsufficientBalance);
        self.leaving_shares = shares;
        self.leaves_at = if shares == 0 { 0 } else { now.saturating_add(cooldown_secs) };
        Ok(())
    }

    /// Takes off shares that have waited, some or all of them.
    ///
    /// # Errors
    /// [`PlimsollError::StakeNotReady`] for none, for more than have asked, and outside their two days.
    pub fn take_off(&mut self, shares: i64, now: i64) -> Result<()> {
        let waited = now.saturating_sub(self.leaves_at);
        let is_ready = (1..=self.leaving_shares).contains(&shares) && (0..=EXIT_WINDOW_SECS).contains(&waited);
        require!(is_ready, PlimsollError::StakeNotReady);
        self.shares = self.shares.checked_sub(shares).ok_or(PlimsollError::Overflow)?;
        self.leaving_shares = self.leaving_shares.checked_sub(shares).ok_or(PlimsollError::Overflow)?;
        if self.leaving_shares == 0 {
            self.leaves_at = 0;
        }
        Ok(())
    }
}

/// Shares for a payment into a pool that has shares or no money.
///
/// # Errors
/// [`PlimsollError::AmountOutOfRange`] for an amount that is worth no share or loses to rounding, and while shares are worth next to
/// nothing.
pub fn shares_for(pool: &Pool, amount: Value) -> Result<i64> {
    let shares = pool.payable_shares(amount).map_err(amount_error)?;
    require!(shares > 0, PlimsollError::AmountOutOfRange);
    Ok(shares)
}

/// What is outside a pool's domain is an amount that nobody can pay in.
pub fn amount_error(error: RiskError) -> PlimsollError {
    match error {
        RiskError::OutOfDomain => PlimsollError::AmountOutOfRange,
        other => other.into(),
    }
}
