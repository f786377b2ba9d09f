//! The only work by the leg: longs and shorts of an expiry added up, point by point.

use super::super::array::MAX_UNITS;

/// Room for the units of one series, in whole blocks.
pub const UNIT_SLOTS: usize = MAX_UNITS.next_multiple_of(BLOCK);
/// So many points are added up without a branch.
const BLOCK: usize = 8;

/// Values of one series as a call, undiscounted, in units of price and one more: the points of the grid in its order, right
/// behind them the skew scenarios.
pub type UnitValues = [u32; UNIT_SLOTS];

/// Sums of sizes of one sign times unit values. Sizes of a book together are at most 2^30, units at most 2^31.
#[derive(Clone, Copy)]
pub(super) struct Sum<'a> {
    /// Σ |size| · (unit + 1), point by point.
    pub values: [i64; UNIT_SLOTS],
    /// Σ |size|.
    pub size: i64,
    /// Two legs at a time share the way to memory.
    waiting: Option<(&'a UnitValues, i64)>,
}

impl<'a> Sum<'a> {
    pub fn new() -> Self {
        Self { values: [0; UNIT_SLOTS], size: 0, waiting: None }
    }

    /// Adds a leg of a size ≥ 0 over the first blocks.
    #[inline(always)]
    pub fn add(&mut self, units: &'a UnitValues, size: i64, blocks: usize) {
        self.size = self.size.wrapping_add(size);
        match self.waiting.take() {
            None => self.waiting = Some((units, size)),
            Some(other) => self.add_pair((units, size), other, blocks),
        }
    }

    /// Adds what is waiting.
    pub fn finish(&mut self, blocks: usize) {
        if let Some(last) = self.waiting.take() {
            self.add_pair(last, (last.0, 0), blocks);
        }
    }

    #[inline(never)]
    fn add_pair(&mut self, (a, a_size): (&UnitValues, i64), (b, b_size): (&UnitValues, i64), blocks: usize) {
        let (a, _) = a.as_chunks::<BLOCK>();
        let (b, _) = b.as_chunks::<BLOCK>();
        let (values, _) = self.values.as_chunks_mut::<BLOCK>();
        for ((sums, a), b) in values.iter_mut().zip(a).zip(b).take(blocks) {
            // Unrolled: every point is two loads, two products and one sum in memory.
            for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
                let both = (a as i64).wrapping_mul(a_size).wrapping_add((b as i64).wrapping_mul(b_size));
                *sum = sum.wrapping_add(both);
            }
        }
    }
}

/// Blocks that hold so many units.
pub(super) fn blocks_of(units: usize) -> usize {
    units.div_ceil(BLOCK)
}
