//! Switchboard On-Demand: pull feed accounts, `PullFeedAccountData` of the `switchboard-on-demand` crate.
//!
//! Their bytes are read here by offset: the crate would bring a second set of Solana crates into the program. The layout
//! has kept its size and offsets since its first release; what grew took the place of padding.

use core::mem::{offset_of, size_of};

use anchor_lang::prelude::*;
use plimsoll_risk::units::Price;

use super::Observation;
use crate::errors::PlimsollError;

/// Program that owns pull feeds: on mainnet, or with the feature `devnet` on devnet.
#[cfg(not(feature = "devnet"))]
const PROGRAM: Pubkey = pubkey!("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");
#[cfg(feature = "devnet")]
const PROGRAM: Pubkey = pubkey!("Aio4gaXjXzJNVLtzwtNVmSqGKpANtXhybbkhtAC94ji2");

/// SHA-256 of `account:PullFeedAccountData`, first eight bytes.
const DISCRIMINATOR: [u8; 8] = [196, 27, 108, 196, 10, 215, 219, 40];

/// One oracle's answer.
#[repr(C)]
struct Submission {
    oracle: [u8; 32],
    /// Slot at which it was signed.
    slot: u64,
    /// Slot at which it landed on chain.
    landed_at: u64,
    /// Scale 1e-18.
    value: [u64; 2],
}

/// What the feed made of the answers; values have scale 1e-18.
#[repr(C)]
struct CurrentResult {
    /// Median.
    value: [u64; 2],
    std_dev: [u64; 2],
    mean: [u64; 2],
    range: [u64; 2],
    min_value: [u64; 2],
    max_value: [u64; 2],
    num_samples: u8,
    submission_idx: u8,
    padding: [u8; 6],
    /// Slot at which the median was signed; 0 before the first result.
    slot: u64,
    /// Slots at which the oldest and newest answers in it were signed.
    min_slot: u64,
    max_slot: u64,
}

/// The account after its discriminator.
#[repr(C)]
struct PullFeed {
    submissions: [Submission; SUBMISSIONS],
    authority: [u8; 32],
    queue: [u8; 32],
    feed_hash: [u8; 32],
    initialized_at: i64,
    permissions: u64,
    max_variance: u64,
    min_responses: u32,
    name: [u8; 32],
    padding_1: [u8; 2],
    historical_result_idx: u8,
    min_sample_size: u8,
    /// Cluster time at which the last answer landed.
    last_update_timestamp: i64,
    lut_slot: u64,
    reserved: [u8; 32],
    result: CurrentResult,
    max_staleness: u32,
    padding_2: [u8; 12],
    /// Historical results, padding and the submissions' time stamps: not read.
    rest: [u64; 100],
}

const SUBMISSIONS: usize = 32;
const RESULT: usize = 8 + offset_of!(PullFeed, result);
const MIN_SAMPLE_SIZE: usize = 8 + offset_of!(PullFeed, min_sample_size);
const LAST_UPDATE: usize = 8 + offset_of!(PullFeed, last_update_timestamp);
const VALUE: usize = RESULT + offset_of!(CurrentResult, value);
const STD_DEV: usize = RESULT + offset_of!(CurrentResult, std_dev);
const NUM_SAMPLES: usize = RESULT + offset_of!(CurrentResult, num_samples);
const SLOT: usize = RESULT + offset_of!(CurrentResult, slot);
const MIN_SLOT: usize = RESULT + offset_of!(CurrentResult, min_slot);
const LANDED_AT: usize = 8 + offset_of!(PullFeed, submissions) + offset_of!(Submission, landed_at);

const _: () = {
    assert!(size_of::<Submission>() == 64 && size_of::<CurrentResult>() == 128 && size_of::<PullFeed>() == 3_200);
    assert!(LANDED_AT == 48 && MIN_SAMPLE_SIZE == 2_215 && LAST_UPDATE == 2_216 && RESULT == 2_264);
    assert!(VALUE == 2_264 && STD_DEV == 2_280 && NUM_SAMPLES == 2_360 && SLOT == 2_368 && MIN_SLOT == 2_376);
};

/// Nominal length of a slot, in milliseconds.
const SLOT_MILLIS: u64 = 400;
/// 1e-18, the scale of a feed, in units of [`Price`].
const SCALE: i128 = 1_000_000_000;

/// Observation of a pull feed: the median of its oracles, and their standard deviation as the confidence. The caller has
/// matched its address.
///
/// The price is as old as the oldest answer in it: the time of the last landing, less the slots between the signing of
/// that answer and the landing at 400 ms each. Who withholds a signed answer and lands it late makes it no younger.
///
/// # Rounding
/// Price towards zero, confidence up, publish time down.
///
/// # Errors
/// [`PlimsollError::OracleOwner`], [`PlimsollError::OracleLayout`], [`PlimsollError::OracleSamples`],
/// [`PlimsollError::OraclePrice`], [`PlimsollError::OracleConfidence`].
pub(super) fn read(account: &AccountInfo) -> Result<Observation> {
    require_keys_eq!(*account.owner, PROGRAM, PlimsollError::OracleOwner);
    let data: &[u8] = &account.try_borrow_data()?;
    let is_feed = data.len() >= DISCRIMINATOR.len() + size_of::<PullFeed>() && data.starts_with(&DISCRIMINATOR);
    require!(is_feed, PlimsollError::OracleLayout);
    // A feed that asks for no answer still needs one.
    let (answers, wanted) = (data[NUM_SAMPLES], data[MIN_SAMPLE_SIZE].max(1));
    let is_complete = answers >= wanted && u64::from_le_bytes(bytes(data, SLOT)) > 0;
    require!(is_complete, PlimsollError::OracleSamples);
    let value = i128::from_le_bytes(bytes(data, VALUE));
    let deviation = i128::from_le_bytes(bytes(data, STD_DEV));
    require!(value > 0, PlimsollError::OraclePrice);
    require!(deviation >= 0, PlimsollError::OracleConfidence);
    let price = i64::try_from(value / SCALE).map_err(|_| PlimsollError::OraclePrice)?;
    let rounded_up = (deviation / SCALE).saturating_add(i128::from(deviation % SCALE > 0));
    let confidence = i64::try_from(rounded_up).map_err(|_| PlimsollError::OracleConfidence)?;
    let (price, confidence) = (Price::from_raw(price), Price::from_raw(confidence));
    Ok(Observation { price, confidence, publish_time: signed_at(data) })
}

/// When the oldest answer of the result was signed, rounded down. The length of the data has been checked.
fn signed_at(data: &[u8]) -> i64 {
    let landings = (0..SUBMISSIONS).map(|index| u64::from_le_bytes(bytes(data, LANDED_AT + index * 64)));
    let landed = landings.max().unwrap_or_default();
    let slots = landed.saturating_sub(u64::from_le_bytes(bytes(data, MIN_SLOT)));
    let seconds = slots.saturating_mul(SLOT_MILLIS).div_ceil(1_000);
    let updated_at = i64::from_le_bytes(bytes(data, LAST_UPDATE));
    updated_at.saturating_sub(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// N bytes at an offset inside the account, whose length has been checked.
fn bytes<const N: usize>(data: &[u8], offset: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&data[offset..offset + N]);
    bytes
}
