//! Sizes times unit values added up, point by point: all that a leg costs whose values are known.

use super::grid::MAX_POINTS;
use core::cell::Cell;

/// Units of one series: the points of the grid, and the two skew scenarios.
pub const MAX_UNITS: usize = MAX_POINTS + 2;

/// Room for the units of one series, in whole blocks and whole lines of memory.
pub const UNIT_SLOTS: usize = MAX_UNITS.next_multiple_of(16);
/// So many points are added up without a branch; units have room for whole blocks.
const BLOCK: usize = 16;
/// Units of so many points.
pub type UnitBlock = [u32; BLOCK];
/// So many legs at a time share the way to memory: with their sizes they fill the ten registers of the SVM.
const LEGS: usize = 3;
/// What a place of a batch holds that no leg has taken.
const NOTHING: &[UnitBlock] = &[[0; BLOCK]; UNIT_SLOTS / BLOCK];

/// Values of one series as a call, undiscounted, in units of price and one more: the points of the grid in its order, right
/// behind them the skew scenarios.
pub type UnitValues = [u32; UNIT_SLOTS];

/// Sums at the points of [`UnitValues`].
pub(super) type PointSums = [i64; UNIT_SLOTS];

/// What a point's value is added to.
pub(super) trait Point: Copy {
    fn plus(self, added: i64) -> Self;
}

impl Point for i64 {
    #[inline(always)]
    fn plus(self, added: i64) -> Self {
        self.wrapping_add(added)
    }
}

/// Legs on their way into sums of size · (unit + 1), point by point: the sizes of a book together are below 2^32, units at most
/// 2^31. It has to be finished, with the same points throughout.
pub(super) struct Batch<'a> {
    /// Σ size.
    size: i64,
    /// Legs that wait for others.
    units: [&'a [UnitBlock]; LEGS],
    /// Complements of their sizes: LLVM multiplies a unit by a complement, and a plain size by a unit. The product then takes the
    /// place of the unit, which is needed no longer, and not of the size.
    complements: [i64; LEGS],
    waiting: usize,
}

impl<'a> Batch<'a> {
    pub fn new() -> Self {
        Self { size: 0, units: [NOTHING; LEGS], complements: [!0; LEGS], waiting: 0 }
    }

    /// Adds a leg over the first blocks of points.
    #[inline(always)]
    pub fn add<P: Point>(&mut self, points: &mut [P], units: &'a [UnitBlock], size: i64, blocks: usize) {
        self.size = self.size.wrapping_add(size);
        let [first, second, third] = &mut self.units;
        let [first_size, second_size, third_size] = &mut self.complements;
        // A place known to the compiler costs half of one that is counted.
        let waiting = match self.waiting {
            0 => {
                (*first, *first_size) = (units, !size);
                1
            }
            1 => {
                (*second, *second_size) = (units, !size);
                2
            }
            _ => {
                (*third, *third_size) = (units, !size);
                0
            }
        };
        self.waiting = waiting;
        if waiting == 0 {
            add_batch(cells_of(points), &self.units, &self.complements, blocks);
        }
    }

    /// Adds what is waiting; gives Σ size.
    pub fn finish<P: Point>(mut self, points: &mut [P], blocks: usize) -> i64 {
        if self.waiting > 0 {
            for complement in self.complements.iter_mut().skip(self.waiting) {
                *complement = !0;
            }
            add_batch(cells_of(points), &self.units, &self.complements, blocks);
        }
        self.size
    }
}

/// Points as [`add_batch`] wants them.
fn cells_of<P: Point>(points: &mut [P]) -> &[Cell<P>] {
    Cell::from_mut(points).as_slice_of_cells()
}

/// Eleven instructions a point. The compiler must not know that the sums are nowhere else, or it would load units ahead of
/// them, more than there are registers for: hence the cells.
#[inline(never)]
fn add_batch<P: Point>(points: &[Cell<P>], units: &[&[UnitBlock]; LEGS], complements: &[i64; LEGS], blocks: usize) {
    let [a, b, c] = units;
    let [a_size, b_size, c_size] = complements.map(|complement| !complement);
    let (points, _) = points.as_chunks::<BLOCK>();
    let points = points.get(..blocks).unwrap_or_default();
    let (mut a, mut b, mut c) = (a.iter(), b.iter(), c.iter());
    for points in points {
        let (Some(a), Some(b), Some(c)) = (a.next(), b.next(), c.next()) else { return };
        // Units ≤ 2^31 and sizes of a book together below 2^32: the sums stay in range, or wrap back into it as their last part,
        // Σ size, is taken off.
        for (((point, &a), &b), &c) in points.iter().zip(a).zip(b).zip(c) {
            let added = (a as i64).wrapping_mul(a_size);
            let added = added.wrapping_add((b as i64).wrapping_mul(b_size));
            let added = added.wrapping_add((c as i64).wrapping_mul(c_size));
            point.set(point.get().plus(added));
        }
    }
}

/// Blocks that hold so many units.
pub(super) fn blocks_of(units: usize) -> usize {
    units.div_ceil(BLOCK)
}
