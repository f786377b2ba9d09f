//! Switchboard On-Demand pull feeds, written from scratch in the published layout.

use crate::pyth::{account, Quote};
use bytemuck::{Pod, Zeroable};
use solana_account::Account;
use solana_pubkey::{pubkey, Pubkey};

/// Owner of pull feeds on mainnet.
pub const PROGRAM: Pubkey = pubkey!("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");
/// Owner of pull feeds on devnet.
pub const DEVNET_PROGRAM: Pubkey = pubkey!("Aio4gaXjXzJNVLtzwtNVmSqGKpANtXhybbkhtAC94ji2");
/// First bytes of a pull feed: SHA-256 of `account:PullFeedAccountData`, as Anchor has it.
pub const DISCRIMINATOR: [u8; 8] = [196, 27, 108, 196, 10, 215, 219, 40];

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct OracleSubmission {
    pub oracle: [u8; 32],
    pub slot: u64,
    pub landed_at: u64,
    pub value: i128,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct CurrentResult {
    pub value: i128,
    pub std_dev: i128,
    pub mean: i128,
    pub range: i128,
    pub min_value: i128,
    pub max_value: i128,
    pub num_samples: u8,
    pub submission_idx: u8,
    pub padding1: [u8; 6],
    pub slot: u64,
    pub min_slot: u64,
    pub max_slot: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct CompactResult {
    pub std_dev: f32,
    pub mean: f32,
    pub slot: u64,
}

/// A pull feed behind its discriminator.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct PullFeed {
    pub submissions: [OracleSubmission; 32],
    pub authority: [u8; 32],
    pub queue: [u8; 32],
    pub feed_hash: [u8; 32],
    pub initialized_at: i64,
    pub permissions: u64,
    pub max_variance: u64,
    pub min_responses: u32,
    pub name: [u8; 32],
    pub padding1: [u8; 2],
    pub historical_result_idx: u8,
    pub min_sample_size: u8,
    pub last_update_timestamp: i64,
    pub lut_slot: u64,
    pub reserved1: [u8; 32],
    pub result: CurrentResult,
    pub max_staleness: u32,
    pub padding2: [u8; 12],
    pub historical_results: [CompactResult; 32],
    pub ebuf4: [u8; 8],
    pub ebuf3: [u8; 24],
    pub submission_timestamps: [i64; 32],
}

/// Slot at which the answers of [`feed`] were signed and landed.
pub const LANDED: u64 = 300_000_000;

/// A feed of three oracles that asks for three, whose answers landed in the slot they were signed in.
pub fn feed(quote: &Quote) -> PullFeed {
    let scaled = |mantissa: i128| mantissa * 10i128.pow((18 + quote.exponent) as u32);
    let (value, std_dev) = (scaled(quote.price.into()), scaled(quote.confidence.into()));
    let mut feed: PullFeed = Zeroable::zeroed();
    for (index, value) in [value - std_dev, value, value + std_dev].into_iter().enumerate() {
        let oracle = [index as u8 + 1; 32];
        feed.submissions[index] = OracleSubmission { oracle, slot: LANDED, landed_at: LANDED, value };
        feed.submission_timestamps[index] = quote.publish_time;
    }
    (feed.authority, feed.queue, feed.feed_hash) = ([4; 32], [5; 32], [6; 32]);
    (feed.min_responses, feed.min_sample_size, feed.max_staleness) = (1, 3, 100);
    feed.name[..7].copy_from_slice(b"ETH/USD");
    feed.last_update_timestamp = quote.publish_time;
    feed.result = CurrentResult {
        value,
        std_dev,
        mean: value,
        range: std_dev.saturating_mul(2),
        min_value: value - std_dev,
        max_value: value + std_dev,
        num_samples: 3,
        submission_idx: 1,
        padding1: [0; 6],
        slot: LANDED,
        min_slot: LANDED,
        max_slot: LANDED,
    };
    feed
}

/// An account of the mainnet program with these contents.
pub fn feed_account(feed: &PullFeed) -> Account {
    account([&DISCRIMINATOR[..], bytemuck::bytes_of(feed)].concat(), PROGRAM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    #[test]
    fn the_layout_is_the_published_one() {
        assert_eq!(core::mem::size_of::<PullFeed>(), 3_200);
        assert_eq!(offset_of!(PullFeed, result), 2_256);
        assert_eq!(offset_of!(PullFeed, last_update_timestamp), 2_208);
        let bytes = feed_account(&feed(&Quote::usd(1_500.0, 0.5, 1_800_000_000))).data;
        // 1 500·10^18, little endian, right behind discriminator, submissions and terms.
        assert_eq!(bytes[2_264..2_280], 1_500_000_000_000_000_000_000i128.to_le_bytes());
        assert_eq!(bytes.len(), 3_208);
    }
}
