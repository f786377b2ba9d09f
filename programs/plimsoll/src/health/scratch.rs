//! Memory of valuations: an instruction that values several accounts uses the same, for the heap is never given back, and a vector
//! that grows leaves its smaller selves behind.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::cached::ArraySpace;
use plimsoll_risk::margin::portfolio::{
    ArrayStamp, ExpiryBook, Grid, HistoryPair, HistoryWorkspace, RiskArray, UnitBlock, Workspace,
};
use plimsoll_risk::margin::Leg;
use plimsoll_risk::units::TotalVol;

use super::cross::Point;
use super::valuation::{HeldCollateral, Part};
use crate::constants::{MAX_EXPIRIES, MAX_POSITIONS, MAX_UNDERLYINGS};
use crate::state::{MarginAccount, Position};

/// Most memory for values of risk arrays: 8 KiB of a heap of 32, a full account on a grid of up to 32 points. Underlyings that have no
/// room are scanned again.
const MAX_KEPT_BLOCKS: usize = 2 * MAX_POSITIONS as usize;

/// Buffers of a valuation, and the risk arrays of the first account valued with them.
pub struct Scratch {
    pub(super) legs: Vec<Leg>,
    pub(super) expiries: Vec<ExpiryBook>,
    pub(super) workspace: Option<Box<Workspace>>,
    pub(super) space: Option<Box<ArraySpace>>,
    pub(super) pairs: Vec<HistoryPair>,
    pub(super) history: Option<Box<HistoryWorkspace>>,
    pub(super) points: Vec<Point>,
    pub(super) collaterals: Vec<HeldCollateral>,
    /// Whether risk arrays are kept.
    keeps_arrays: bool,
    /// The underlying that an account will have another position in, and the series by expiry slot and number.
    expected: Option<(Pubkey, (u8, u16))>,
    pub(super) arrays: Vec<UnderlyingArrays>,
    /// What the account valued last has in the underlyings that are not expected to change.
    parts: Vec<Part>,
}

/// Risk arrays of one underlying's series.
pub(super) struct UnderlyingArrays {
    underlying: Pubkey,
    /// Expiry slot and series of each array, sorted as positions are.
    keys: Vec<(u8, u16)>,
    stamps: Vec<ArrayStamp>,
    units: Vec<UnitBlock>,
    /// Blocks of units that an array has.
    blocks: usize,
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
            points: Vec::new(),
            collaterals: Vec::new(),
            keeps_arrays: false,
            expected: None,
            arrays: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// For an account and the one who takes from it, at the same moment: values of series that both need are computed once. In cross margin
    /// a taker needs none.
    pub fn shared_with(taker: &MarginAccount) -> Self {
        Self { keeps_arrays: taker.mode == MarginAccount::PORTFOLIO, ..Self::new() }
    }

    /// Before an account changes its position in one underlying, and is valued again ([`super::health_after`]): keeps what all others add
    /// to a valuation, and an array for the series that is traded, though no account holds it yet.
    pub fn expect(&mut self, underlying: &Pubkey, series: (u8, u16)) {
        self.parts.clear();
        self.expected = Some((*underlying, series));
    }

    /// What was kept for a valuation after the change; no more is.
    pub(super) fn take_parts(&mut self) -> Vec<Part> {
        self.expected = None;
        core::mem::take(&mut self.parts)
    }

    pub(super) fn expects_change(&self) -> bool {
        self.expected.is_some()
    }

    /// Keeps what an underlying adds to a valuation, unless it is the one that changes.
    #[inline(never)]
    pub(super) fn keep_part(&mut self, part: Part) {
        if self.expected.is_some_and(|(changing, _)| changing != part.underlying) {
            if self.parts.is_empty() {
                self.parts.reserve_exact(MAX_UNDERLYINGS as usize);
            }
            self.parts.push(part);
        }
    }

    /// Makes room for the arrays of an underlying, unless another account has done so.
    pub(super) fn prepare(&mut self, underlying: &Pubkey, grid: &Grid, positions: &[Position]) {
        let expected = self.expected.filter(|(of, _)| of == underlying).map(|(_, key)| key);
        let is_wanted = self.keeps_arrays || expected.is_some();
        if !is_wanted || self.arrays.iter().any(|held| held.underlying == *underlying) {
            return;
        }
        let key_of = |position: &Position| (position.expiry, position.series);
        let place = expected.and_then(|key| Some((positions.binary_search_by_key(&key, key_of).err()?, key)));
        let (count, blocks) = (positions.len() + usize::from(place.is_some()), RiskArray::blocks(grid));
        let kept: usize = self.arrays.iter().map(|held| held.units.len()).sum();
        if kept + count * blocks > MAX_KEPT_BLOCKS {
            return;
        }
        let mut keys = Vec::with_capacity(count);
        keys.extend(positions.iter().map(key_of));
        if let Some((place, key)) = place {
            keys.insert(place, key);
        }
        if self.arrays.is_empty() {
            self.arrays.reserve_exact(MAX_UNDERLYINGS as usize);
        }
        let (stamps, units) =
            (vec![ArrayStamp::default(); keys.len()], vec![UnitBlock::default(); keys.len() * blocks]);
        self.arrays.push(UnderlyingArrays { underlying: *underlying, keys, stamps, units, blocks });
    }
}

/// Total volatilities of an expiry's series that risk arrays were computed with, by rising series.
pub(super) fn vols_of<'a>(
    scratch: &'a [UnderlyingArrays],
    underlying: &Pubkey,
    expiry: u8,
) -> impl Iterator<Item = (u16, TotalVol)> + use<'a> {
    let held = scratch.iter().find(|held| held.underlying == *underlying);
    let pairs = held.into_iter().flat_map(|held| held.keys.iter().zip(&held.stamps));
    pairs.filter_map(move |(key, stamp)| if key.0 == expiry { Some((key.1, stamp.vol()?)) } else { None })
}

/// The kept arrays of positions, which are sorted as the keys are. Parallel to them.
pub(super) fn arrays_of<'a>(
    scratch: &'a mut [UnderlyingArrays],
    underlying: &Pubkey,
    positions: &[Position],
    is_live: impl Fn(&Position) -> bool,
) -> Vec<Option<RiskArray<'a>>> {
    let Some(held) = scratch.iter_mut().find(|held| held.underlying == *underlying) else { return Vec::new() };
    let mut kept = held.keys.iter().zip(held.stamps.iter_mut()).peekable();
    let mut units = held.units.chunks_exact_mut(held.blocks);
    let mut arrays = Vec::with_capacity(positions.len());
    for position in positions.iter().filter(|position| is_live(position)) {
        let wanted = (position.expiry, position.series);
        while kept.next_if(|(key, _)| **key < wanted).is_some() {
            units.next();
        }
        let found = kept.next_if(|(key, _)| **key == wanted);
        arrays.push(found.and_then(|(_, stamp)| Some(RiskArray::new(stamp, units.next()?))));
    }
    arrays
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}
