//! Memory of valuations: an instruction that values several accounts uses the same, for the heap is never given back.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::cached::ArraySpace;
use plimsoll_risk::margin::portfolio::{ExpiryBook, HistoryPair, HistoryWorkspace, RiskArray, Workspace};
use plimsoll_risk::margin::Leg;
use plimsoll_risk::units::TotalVol;

use crate::constants::{MAX_EXPIRIES, MAX_POSITIONS};
use crate::state::Position;

/// Most positions of an account whose risk arrays are kept: 8 KiB of a heap of 32. A larger one is scanned again.
const MAX_KEPT: usize = 40;

/// Buffers of a valuation, and the risk arrays of the first account valued with them.
pub struct Scratch {
    pub(super) legs: Vec<Leg>,
    pub(super) expiries: Vec<ExpiryBook>,
    pub(super) workspace: Option<Box<Workspace>>,
    pub(super) space: Option<Box<ArraySpace>>,
    pub(super) pairs: Vec<HistoryPair>,
    pub(super) history: Option<Box<HistoryWorkspace>>,
    /// Whether risk arrays are kept.
    keeps_arrays: bool,
    /// A series that a later account holds, by its underlying, expiry slot and number.
    expected: Option<(Pubkey, (u8, u16))>,
    pub(super) arrays: Vec<UnderlyingArrays>,
}

/// Risk arrays of one underlying's series.
pub(super) struct UnderlyingArrays {
    underlying: Pubkey,
    /// Expiry slot and series of each array, sorted as positions are.
    keys: Vec<(u8, u16)>,
    arrays: Vec<RiskArray>,
}

impl Scratch {
    /// For one account.
    pub fn new() -> Self {
        Self {
            legs: Vec::with_capacity(MAX_POSITIONS as usize),
            expiries: Vec::with_capacity(MAX_EXPIRIES as usize),
            workspace: None,
            space: None,
            pairs: Vec::new(),
            history: None,
            keeps_arrays: false,
            expected: None,
            arrays: Vec::new(),
        }
    }

    /// For several accounts that hold the same series at the same moment: what the first needs is computed once.
    pub fn keeping_arrays() -> Self {
        Self { keeps_arrays: true, ..Self::new() }
    }

    /// Keeps the array of this series as well, once an account holds it.
    pub fn expect(&mut self, underlying: &Pubkey, expiry: u8, series: u16) {
        self.expected = Some((*underlying, (expiry, series)));
    }

    /// Makes room for the arrays of an underlying, unless another account has done so.
    pub(super) fn prepare(&mut self, underlying: &Pubkey, positions: &[Position]) {
        let kept: usize = self.arrays.iter().map(|held| held.keys.len()).sum();
        let has_room = self.keeps_arrays && kept + positions.len() <= MAX_KEPT;
        if !has_room || self.arrays.iter().any(|held| held.underlying == *underlying) {
            return;
        }
        let mut keys = Vec::with_capacity(positions.len() + 1);
        keys.extend(positions.iter().map(|position| (position.expiry, position.series)));
        if let Some((_, key)) = self.expected.filter(|(of, _)| of == underlying) {
            if let Err(place) = keys.binary_search(&key) {
                keys.insert(place, key);
            }
        }
        let arrays = vec![RiskArray::default(); keys.len()];
        self.arrays.push(UnderlyingArrays { underlying: *underlying, keys, arrays });
    }
}

/// Total volatilities of an expiry's series that risk arrays were computed with, by rising series.
pub(super) fn vols_of<'a>(
    scratch: &'a [UnderlyingArrays],
    underlying: &Pubkey,
    expiry: u8,
) -> impl Iterator<Item = (u16, TotalVol)> + use<'a> {
    let held = scratch.iter().find(|held| held.underlying == *underlying);
    let pairs = held.into_iter().flat_map(|held| held.keys.iter().zip(&held.arrays));
    pairs.filter_map(move |(key, array)| if key.0 == expiry { Some((key.1, array.vol()?)) } else { None })
}

/// The kept arrays of positions, which are sorted as the keys are. Parallel to them.
pub(super) fn arrays_of<'a>(
    scratch: &'a mut [UnderlyingArrays],
    underlying: &Pubkey,
    positions: impl Iterator<Item = (u8, u16)>,
) -> Vec<Option<&'a mut RiskArray>> {
    let Some(held) = scratch.iter_mut().find(|held| held.underlying == *underlying) else { return Vec::new() };
    let mut kept = held.keys.iter().zip(held.arrays.iter_mut()).peekable();
    positions
        .map(|wanted| {
            while kept.next_if(|(key, _)| **key < wanted).is_some() {}
            kept.next_if(|(key, _)| **key == wanted).map(|(_, array)| array)
        })
        .collect()
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}
