//! The only work by the leg: longs and shorts of an expiry added up, point by point.

use super::super::grid::MAX_POINTS;
use core::cell::Cell;

/// Units of one series: the points of the grid, and the two skew scenarios.
pub const MAX_UNITS: usize = MAX_POINTS + 2;

/// Room for the units of one series, in whole blocks and whole lines of memory.
pub const UNIT_SLOTS: usize = MAX_UNITS.next_multiple_of(16);
/// So many points are added up without a branch; units have room for whole blocks.
const BLOCK: usize = 16;
/// So many legs at a time share the way to memory: with their sizes they fill the ten registers of the SVM.
const LEGS: usize = 3;
/// What a place of a batch holds that no leg has taken.
const NOTHING: UnitValues = [0; UNIT_SLOTS];

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
    /// Legs that wait for others.
    batch: [&'a UnitValues; LEGS],
    sizes: [u32; LEGS],
    waiting: usize,
}

impl<'s, 'a> Sum<'s, 'a> {
    pub fn new(values: &'s mut [i64; UNIT_SLOTS]) -> Self {
        values.fill(0);
        Self { values, size: 0, batch: [&NOTHING; LEGS], sizes: [0; LEGS], waiting: 0 }
    }

    /// Adds a leg of a size ≥ 0 over the first blocks.
    #[inline(always)]
    pub fn add(&mut self, units: &'a UnitValues, size: i64, blocks: usize) {
        self.size = self.size.wrapping_add(size);
        let ([first, second, third], size) = (&mut self.batch, size as u32);
        let [first_size, second_size, third_size] = &mut self.sizes;
        // A place known to the compiler costs half of one that is counted.
        let waiting = match self.waiting {
            0 => {
                (*first, *first_size) = (units, size);
                1
            }
            1 => {
                (*second, *second_size) = (units, size);
                2
            }
            _ => {
                (*third, *third_size) = (units, size);
                0
            }
        };
        self.waiting = waiting;
        if waiting == 0 {
            add_batch(cells_of(self.values), &self.batch, &self.sizes, blocks);
        }
    }

    /// Adds what is waiting; gives the sum and Σ |size|.
    pub fn finish(mut self, blocks: usize) -> (&'s mut [i64; UNIT_SLOTS], i64) {
        if self.waiting > 0 {
            for size in self.sizes.iter_mut().skip(self.waiting) {
                *size = 0;
            }
            add_batch(cells_of(self.values), &self.batch, &self.sizes, blocks);
        }
        (self.values, self.size)
    }
}

/// Sums as [`add_batch`] wants them.
fn cells_of(values: &mut [i64; UNIT_SLOTS]) -> &[Cell<i64>] {
    Cell::from_mut(values.as_mut_slice()).as_slice_of_cells()
}

/// Eleven instructions a point. The compiler must not know that the sums are nowhere else, or it would load units ahead of
/// them, more than there are registers for: hence the cells. And sizes of 32 bits let each product take the place of its unit.
#[inline(never)]
fn add_batch(values: &[Cell<i64>], batch: &[&UnitValues; LEGS], sizes: &[u32; LEGS], blocks: usize) {
    let [(a, _), (b, _), (c, _)] = batch.map(|units| units.as_chunks::<BLOCK>());
    let &[a_size, b_size, c_size] = sizes;
    let (values, _) = values.as_chunks::<BLOCK>();
    let values = values.get(..blocks).unwrap_or_default();
    let (mut a, mut b, mut c) = (a.iter(), b.iter(), c.iter());
    for sums in values {
        let (Some(a), Some(b), Some(c)) = (a.next(), b.next(), c.next()) else { return };
        // Units ≤ 2^31, sizes of a book together ≤ 2^30: every sum stays below 2^61.
        for (((sum, &a), &b), &c) in sums.iter().zip(a).zip(b).zip(c) {
            let added = (a as i64).wrapping_mul(a_size as i64);
            let added = added.wrapping_add((b as i64).wrapping_mul(b_size as i64));
            let added = added.wrapping_add((c as i64).wrapping_mul(c_size as i64));
            sum.set(sum.get().wrapping_add(added));
        }
    }
}

/// Blocks that hold so many units.
pub(super) fn blocks_of(units: usize) -> usize {
    units.div_ceil(BLOCK)
}
