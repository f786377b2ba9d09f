//! Where the values of a scan go: into the sums of a book, or into a risk array.

use super::kernel::Cell;

/// Where the unit value of a strike at a cell goes.
pub(super) trait Sink {
    fn take(&mut self, cell: &mut Cell, unit: i64);
    /// The same of the last cell that is left.
    fn take_last(&mut self, cell: &mut Cell, unit: i64);
    /// A cell at which the unit value is 0.
    fn skip(&mut self);
    /// The sink of the next cells, so many, for a loop to hold in registers.
    fn part(&mut self, count: usize) -> Self;
}

/// Adds size times unit to the cell at once.
pub(super) struct Add {
    pub size: i64,
}

impl Sink for Add {
    #[inline(always)]
    fn take(&mut self, cell: &mut Cell, unit: i64) {
        // Units are below 2^31, and the sizes of all strips together times the highest price below 2^62: see [`super::scale`].
        cell.value = cell.value.wrapping_add(unit.wrapping_mul(self.size));
    }

    #[inline(always)]
    fn take_last(&mut self, cell: &mut Cell, unit: i64) {
        self.take(cell, unit);
    }

    #[inline(always)]
    fn skip(&mut self) {}

    #[inline(always)]
    fn part(&mut self, _: usize) -> Self {
        Self { size: self.size }
    }
}

/// Keeps the unit, in the order of the cells.
pub(super) struct Keep<'a> {
    pub units: core::slice::IterMut<'a, u32>,
}

impl Sink for Keep<'_> {
    #[inline(always)]
    fn take(&mut self, _: &mut Cell, unit: i64) {
        if let Some(slot) = self.units.next() {
            *slot = kept(unit);
        }
    }

    #[inline(always)]
    fn take_last(&mut self, _: &mut Cell, unit: i64) {
        if let Some(slot) = self.units.next_back() {
            *slot = kept(unit);
        }
    }

    #[inline(always)]
    fn skip(&mut self) {
        if let Some(slot) = self.units.next() {
            *slot = kept(0);
        }
    }

    #[inline(always)]
    fn part(&mut self, count: usize) -> Self {
        let units = core::mem::take(&mut self.units).into_slice();
        let (part, rest) = units.split_at_mut(count.min(units.len()));
        self.units = rest.iter_mut();
        Self { units: part.iter_mut() }
    }
}

/// A unit value as an array has it: at least −1, a truncated zero, and below 2^31.
#[inline(always)]
fn kept(unit: i64) -> u32 {
    unit.wrapping_add(1) as u32
}
