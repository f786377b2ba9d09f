//! Risk arrays of an underlying's series, so that fast checks price no option.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::cached::{SnapshotRaw, UnitValues};

use crate::constants::MAX_ARRAY_AGE_SECS;
use crate::errors::PlimsollError;
use crate::state::params::SviRaw;
use crate::state::{Expiry, Underlying};

/// Risk arrays of one underlying.
///
/// Anyone may create one, and as many as they like: nothing in it was ever said by anybody, the program computed all of it
/// from the underlying alone, with prices that were fresh at the time. So which cache a caller passes decides how near a
/// bound is, never on which side of the margin it lies. A cache whose refresher is named protects those who pay for the
/// refreshes from others who would outdate their arrays.
#[account(zero_copy)]
#[derive(Debug)]
pub struct RiskCache {
    pub version: u8,
    pub padding: [u8; 3],
    /// Snapshots taken so far: every one has a number of its own.
    pub last_stamp: u32,
    pub underlying: Pubkey,
    /// The only key that may refresh; the default key means anyone.
    pub refresher: Pubkey,
    pub reserved: [u64; 8],
    /// By expiry slot of the underlying.
    pub expiries: [CachedExpiry; 16],
    /// By series slot of the underlying.
    pub series: [CachedSeries; 512],
}

/// The market of an expiry at the moment its arrays were computed.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct CachedExpiry {
    /// Unix seconds; 0 marks a slot never used.
    pub expiry_ts: i64,
    /// Cluster time.
    pub refreshed_at: i64,
    /// Of the underlying's arrays.
    pub generation: u64,
    /// Volatility surface.
    pub svi: SviRaw,
    /// See [`plimsoll_risk::margin::portfolio::cached::ExpirySnapshot`].
    pub snapshot: [i64; 14],
    /// Number of the snapshot; from 1.
    pub stamp: u32,
    pub padding: [u8; 4],
    pub reserved: [u64; 4],
}

/// The array of a series.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct CachedSeries {
    /// Number of the snapshot it was computed with; 0 for none.
    pub stamp: u32,
    /// Value as a call at each point of the grid and in both skew scenarios, in units of price, and one more.
    pub units: [u32; 48],
}

const _: () = {
    assert!(core::mem::size_of::<CachedExpiry>() == 224 && core::mem::size_of::<CachedSeries>() == 196);
    assert!(core::mem::size_of::<RiskCache>() == 104_072 && core::mem::align_of::<RiskCache>() == 8);
    assert!(core::mem::size_of::<UnitValues>() == 192 && core::mem::size_of::<SnapshotRaw>() == 112);
};

impl CachedExpiry {
    /// Whether its snapshot still tells the volatility of every strike: same surface, same grid, same slots.
    pub fn is_of(&self, underlying: &Underlying, expiry: &Expiry) -> bool {
        self.stamp != 0
            && self.generation == underlying.arrays_generation
            && self.expiry_ts == expiry.expiry_ts
            && self.svi == expiry.svi
    }

    pub fn is_old(&self, now: i64) -> bool {
        now.saturating_sub(self.refreshed_at) > MAX_ARRAY_AGE_SECS
    }
}

impl RiskCache {
    /// The expiry as of now: what is stored if it says the same, else a new snapshot, which outdates all of the slot's arrays.
    /// Gives its stamp.
    ///
    /// # Errors
    /// [`PlimsollError::Overflow`] after 2^32 snapshots.
    pub fn join(&mut self, slot: usize, taken: &CachedExpiry) -> Result<u32> {
        let held = self.expiries.get_mut(slot).ok_or(PlimsollError::ExpiryNotFound)?;
        if held.stamp != 0 && (CachedExpiry { stamp: held.stamp, ..*taken }) == *held {
            return Ok(held.stamp);
        }
        let stamp = self.last_stamp.checked_add(1).ok_or(PlimsollError::Overflow)?;
        *held = CachedExpiry { stamp, ..*taken };
        self.last_stamp = stamp;
        Ok(stamp)
    }

    /// The signer may refresh.
    pub fn require_refresher(&self, signer: Option<&Pubkey>) -> Result<()> {
        let is_open = self.refresher == Pubkey::default() || signer == Some(&self.refresher);
        require!(is_open, PlimsollError::RiskCacheClosed);
        Ok(())
    }
}
