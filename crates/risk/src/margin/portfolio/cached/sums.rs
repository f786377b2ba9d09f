//! The only work by the leg: longs and shorts of an expiry added up, point by point.

use super::super::array::MAX_UNITS;

/// Room for the units of one series, in whole blocks and whole lines of memory.
pub const UNIT_SLOTS: usize = MAX_UNITS.next_multiple_of(16);
/// So many points are added up without a branch.
const BLOCK: usize = 2;

/// Values of one series as a call, undiscounted, in units of price and one more: the points of the grid in its order, right
/// behind them the skew scenarios.
pub type UnitValues = [u32; UNIT_SLOTS];

/// The memory of a bound, a kilobyte and a half: made once, used for one expiry after the other.
#[derive(Clone, Copy, Debug)]
pub struct ArraySpace {
    pub(super) longs: [i64; UNIT_SLOTS],
    pub(super) shorts: [i64; UNIT_SLOTS],
    /// Forwards of the points at the refresh, and where they are now; the last is the forward itself, for both skews.
    pub(super) then: [i64; UNIT_SLOTS],
    pub(super) now: [i64; UNIT_SLOTS],
}

impl Default for ArraySpace {
    fn default() -> Self {
        const ZERO: [i64; UNIT_SLOTS] = [0; UNIT_SLOTS];
        Self { longs: ZERO, shorts: ZERO, then: ZERO, now: ZERO }
    }
}

/// Sums of sizes of one sign times unit values. Sizes of a book together are at most 2^30 here, units at most 2^31.
pub(super) struct Sum<'s, 'a> {
    /// Σ |size| · (unit + 1), point by point.
    values: &'s mut [i64; UNIT_SLOTS],
    /// Σ |size|.
    pub size: i64,
    /// Two legs at a time share the way to memory: this one waits for another.
    waiting: Option<&'a UnitValues>,
    waiting_size: i64,
}

impl<'s, 'a> Sum<'s, 'a> {
    pub fn new(values: &'s mut [i64; UNIT_SLOTS]) -> Self {
        values.fill(0);
        Self { values, size: 0, waiting: None, waiting_size: 0 }
    }

    /// Adds a leg of a size ≥ 0 over the first blocks.
    #[inline(always)]
    pub fn add(&mut self, units: &'a UnitValues, size: i64, blocks: usize) {
        self.size = self.size.wrapping_add(size);
        match self.waiting.take() {
            None => (self.waiting, self.waiting_size) = (Some(units), size),
            Some(other) => add_two(self.values, units, size, other, self.waiting_size, blocks),
        }
    }

    /// Adds what is waiting; gives the sum and Σ |size|.
    pub fn finish(self, blocks: usize) -> (&'s mut [i64; UNIT_SLOTS], i64) {
        if let Some(last) = self.waiting {
            add_two(self.values, last, self.waiting_size, last, 0, blocks);
        }
        (self.values, self.size)
    }
}

/// Small blocks on purpose: the SVM has ten registers, and what the compiler loads ahead of them ends on the stack.
#[inline(never)]
fn add_two(values: &mut [i64; UNIT_SLOTS], a: &UnitValues, a_size: i64, b: &UnitValues, b_size: i64, blocks: usize) {
    let (a, _) = a.as_chunks::<BLOCK>();
    let (b, _) = b.as_chunks::<BLOCK>();
    let (values, _) = values.as_chunks_mut::<BLOCK>();
    let values = values.get_mut(..blocks).unwrap_or_default();
    for ((sums, a), b) in values.iter_mut().zip(a).zip(b) {
        // Units ≤ 2^31, sizes of a book together ≤ 2^30: every sum stays below 2^61.
        let both = |a: u32, b: u32| (a as i64).wrapping_mul(a_size).wrapping_add((b as i64).wrapping_mul(b_size));
        sums[0] = sums[0].wrapping_add(both(a[0], b[0]));
        sums[1] = sums[1].wrapping_add(both(a[1], b[1]));
    }
}

/// Blocks that hold so many units.
pub(super) fn blocks_of(units: usize) -> usize {
    units.div_ceil(BLOCK)
}
