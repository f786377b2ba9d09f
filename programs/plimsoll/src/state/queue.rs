//! The queue of a series: its holders, ranked for deleveraging.

use anchor_lang::prelude::*;
use plimsoll_risk::units::Ratio;

use crate::constants::{MAX_RANK_AGE_SECS, VERSION};
use crate::errors::PlimsollError;

/// Holders of one series with their ranks. Anyone may rank anyone, and what a rank says is computed here.
#[account(zero_copy)]
#[derive(Debug)]
pub struct DeleveragingQueue {
    pub version: u8,
    pub bump: u8,
    pub series: u16,
    pub padding: [u8; 4],
    pub underlying: Pubkey,
    /// In no order; a default key marks a free place.
    pub ranks: [Rank; 16],
    pub reserved: [u64; 8],
}

/// One holder.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct Rank {
    pub account: Pubkey,
    /// Profit × leverage, scale 1e-9.
    pub score_e9: i64,
    /// What it held when it was ranked, in 1e-6 contracts.
    pub size_e6: i64,
    pub ranked_at: i64,
}

const _: () = {
    assert!(core::mem::size_of::<Rank>() == 56);
    assert!(core::mem::size_of::<DeleveragingQueue>() == 1_000 && core::mem::align_of::<DeleveragingQueue>() == 8);
};

impl Rank {
    /// Whether it names somebody and is young enough.
    fn is_live(&self, now: i64) -> bool {
        self.account != Pubkey::default() && now.saturating_sub(self.ranked_at) <= MAX_RANK_AGE_SECS
    }
}

impl DeleveragingQueue {
    /// The queue belongs to the underlying and has the layout this program knows.
    pub fn require_of(&self, underlying: &Pubkey) -> Result<()> {
        require_keys_eq!(self.underlying, *underlying, PlimsollError::WrongExchange);
        require!(self.version == VERSION, PlimsollError::WrongVersion);
        Ok(())
    }

    fn live(&self, now: i64) -> impl Iterator<Item = &Rank> {
        self.ranks.iter().filter(move |rank| rank.is_live(now))
    }

    /// Puts a holder in its own place, a free or outdated one, or that of the lowest who ranks below it.
    ///
    /// # Errors
    /// [`PlimsollError::Outranked`] where sixteen rank at least as high.
    pub fn rank(&mut self, rank: Rank, now: i64) -> Result<()> {
        let own = self.ranks.iter().position(|held| held.account == rank.account);
        let free = || self.ranks.iter().position(|held| !held.is_live(now));
        let lowest = || (0..self.ranks.len()).min_by_key(|place| self.ranks[*place].score_e9);
        let lower = || lowest().filter(|place| self.ranks[*place].score_e9 < rank.score_e9);
        let place = own.or_else(free).or_else(lower).ok_or(PlimsollError::Outranked)?;
        self.ranks[place] = rank;
        Ok(())
    }

    /// Takes an account out; says whether it was in.
    pub fn clear(&mut self, account: &Pubkey) -> bool {
        let held = self.ranks.iter_mut().find(|rank| rank.account == *account);
        held.map(|rank| *rank = bytemuck::Zeroable::zeroed()).is_some()
    }

    /// The highest score of the other live ranks. # Errors [`PlimsollError::NotRanked`] where the account has none.
    pub fn first_score(&self, account: &Pubkey, now: i64) -> Result<Ratio> {
        require!(self.live(now).any(|rank| rank.account == *account), PlimsollError::NotRanked);
        let others = self.live(now).filter(|rank| rank.account != *account);
        Ok(Ratio::from_raw(others.map(|rank| rank.score_e9).max().unwrap_or(0)))
    }

    /// Nobody can say that the first were left out: the ranked hold half of the open interest, or there is no place for more.
    pub fn require_enough(&self, open_e6: i64, now: i64) -> Result<()> {
        let ranked: i128 = self.live(now).map(|rank| i128::from(rank.size_e6)).sum();
        let is_full = self.live(now).count() == self.ranks.len();
        require!(is_full || ranked.saturating_mul(2) >= i128::from(open_e6), PlimsollError::TooFewRanked);
        Ok(())
    }

    /// Takes off what was closed of a holder's position; nothing left frees its place.
    pub fn closed(&mut self, account: &Pubkey, left_e6: i64) {
        if let Some(rank) = self.ranks.iter_mut().find(|rank| rank.account == *account) {
            rank.size_e6 = left_e6;
            if left_e6 <= 0 {
                *rank = bytemuck::Zeroable::zeroed();
            }
        }
    }
}
