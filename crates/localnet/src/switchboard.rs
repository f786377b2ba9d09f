//! Switchboard On-Demand pull feeds in their binary layout, answered by three oracles that are on this network only.

use anchor_lang::{prelude::Pubkey, pubkey};
use anyhow::{ensure, Result};

use crate::pyth::{Moment, Quote};

/// Owner of pull feeds: Switchboard On-Demand on mainnet.
pub const ON_DEMAND: Pubkey = pubkey!("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");

/// Discriminator and feed.
const SIZE: usize = 3_208;
const DISCRIMINATOR: [u8; 8] = [196, 27, 108, 196, 10, 215, 219, 40];
const ORACLES: u8 = 3;
/// 1e-8, the scale of a quote, in the feed's 1e-18.
const SCALE: i128 = 10_000_000_000;

// Offsets in the account, its discriminator included; one submission takes 64 bytes.
const SUBMISSIONS: usize = 8;
const MIN_SAMPLE_SIZE: usize = 2_215;
const LAST_UPDATE: usize = 2_216;
const RESULT: usize = 2_264;
const STD_DEV: usize = RESULT + 16;
const NUM_SAMPLES: usize = RESULT + 96;
const SLOT: usize = RESULT + 104;

/// Address of an asset's feed. Nobody holds a key for it.
pub fn feed_address(asset: &str, program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[b"localnet feed", asset.as_bytes()], program).0
}

pub fn feed_account(quote: Quote, at: Moment) -> Vec<u8> {
    let mut data = vec![0; SIZE];
    data[..8].copy_from_slice(&DISCRIMINATOR);
    let value = i128::from(quote.price_e8) * SCALE;
    for oracle in 0..ORACLES {
        let start = SUBMISSIONS + 64 * usize::from(oracle);
        data[start..start + 32].fill(oracle + 1);
        write(&mut data, start + 48, &value.to_le_bytes());
    }
    // Value, mean, least and largest: the oracles agree.
    for place in [0, 2, 4, 5] {
        write(&mut data, RESULT + 16 * place, &value.to_le_bytes());
    }
    write(&mut data, STD_DEV, &(i128::from(quote.confidence_e8) * SCALE).to_le_bytes());
    (data[MIN_SAMPLE_SIZE], data[NUM_SAMPLES]) = (ORACLES, ORACLES);
    stamp(&mut data, at);
    data
}

/// The same feed, answered again at another time.
pub fn republish_feed(data: &[u8], at: Moment) -> Result<Vec<u8>> {
    ensure!(data.len() == SIZE && data[..8] == DISCRIMINATOR, "not a Switchboard pull feed");
    let mut data = data.to_vec();
    stamp(&mut data, at);
    Ok(data)
}

fn stamp(data: &mut [u8], at: Moment) {
    write(data, LAST_UPDATE, &at.unix_secs.to_le_bytes());
    let slot = at.slot.max(1).to_le_bytes();
    for oracle in 0..usize::from(ORACLES) {
        // Signed and landed in the same slot.
        write(data, SUBMISSIONS + 64 * oracle + 32, &slot);
        write(data, SUBMISSIONS + 64 * oracle + 40, &slot);
    }
    for place in 0..3 {
        write(data, SLOT + 8 * place, &slot);
    }
}

fn write(data: &mut [u8], at: usize, bytes: &[u8]) {
    data[at..at + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTE: Quote = Quote { price_e8: 12_345, confidence_e8: 6 };
    const AT: Moment = Moment { unix_secs: 1_800_000_000, slot: 77 };

    #[test]
    fn a_feed_carries_quote_time_and_slots() {
        let data = feed_account(QUOTE, AT);
        let wide = |at: usize| i128::from_le_bytes(data[at..at + 16].try_into().expect("16 bytes"));
        let word = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().expect("8 bytes"));
        assert_eq!((wide(2_264), wide(2_280)), (123_450_000_000_000, 60_000_000_000));
        assert_eq!((data[2_360], data[2_215]), (3, 3));
        assert_eq!((word(2_216), word(2_368), word(2_376), word(48)), (1_800_000_000, 77, 77, 77));
    }

    #[test]
    fn republishing_moves_only_times() {
        let later = Moment { unix_secs: AT.unix_secs + 60, slot: 99 };
        let second = republish_feed(&feed_account(QUOTE, AT), later).expect("read again");
        assert_eq!(second, feed_account(QUOTE, later));
        assert!(republish_feed(&[0; SIZE], later).is_err());
    }
}
