//! Per series, positions cancel out and the open interest counts them.
//!
//! ```text
//! Σ positions = 0 until the expiry is settled
//! long  = Σ max(q, 0)  + Σ netted        short = Σ max(−q, 0) + Σ netted
//! ```

use super::Broken;
use crate::world::World;
use plimsoll::state::{SeriesStatus, Underlying};
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

pub fn check(world: &World) -> Result<(), Broken> {
    for (key, underlying) in &world.underlyings {
        let mut all = Held::of(world, key).into_iter().peekable();
        for (number, series) in underlying.series.iter().enumerate() {
            let held = all.next_if(|(held, _)| usize::from(*held) == number).unwrap_or_default().1;
            if series.status != SeriesStatus::LISTED {
                if held != Held::default() || series.long_e6 != 0 || series.short_e6 != 0 {
                    return Err(format!("series {number} of {key} is free, yet {held:?} and {series:?}"));
                }
                continue;
            }
            let counted = (i128::from(series.long_e6), i128::from(series.short_e6));
            if counted != (held.long + held.netted, held.short + held.netted) {
                return Err(format!(
                    "series {number} of {key} counts (long, short) {counted:?}, accounts have {held:?}"
                ));
            }
            if !is_settled(underlying, series.expiry) && held.long != held.short {
                return Err(format!("series {number} of {key} is not settled and does not cancel out: {held:?}"));
            }
        }
    }
    Ok(())
}

fn is_settled(underlying: &Underlying, expiry: u8) -> bool {
    underlying.expiries[expiry as usize].is_settled()
}

/// What all accounts together hold of a series, in 1e-6 contracts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Held {
    long: i128,
    short: i128,
    netted: i128,
}

impl Held {
    /// By the number of the series; those that nobody holds are left out.
    fn of(world: &World, underlying: &Pubkey) -> BTreeMap<u16, Self> {
        let mut all = BTreeMap::<u16, Self>::new();
        for (_, account) in &world.accounts {
            for position in account.positions() {
                if account.underlyings[position.underlying as usize] != *underlying {
                    continue;
                }
                let held = all.entry(position.series).or_default();
                held.long += i128::from(position.size_e6.max(0));
                held.short -= i128::from(position.size_e6.min(0));
                held.netted += i128::from(position.netted_e6);
            }
        }
        all
    }
}
