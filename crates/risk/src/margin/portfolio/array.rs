//! Risk arrays: the value of one series in every scenario of the grid, kept so that a book that holds it need not compute it again.

use super::batch::{blocks_of, UnitBlock};
use super::grid::{Grid, GridShape};
use super::kernel::{Cell, Strip};
use super::sink::{Keep, Sink};
use super::tenor::TenorTerms;
use crate::units::TotalVol;

/// What the values of an array were computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayStamp {
    /// Exponent of the unit of price; `i32::MIN` while the array is empty.
    exponent: i32,
    /// Total volatility: a stale surface prices shorts and longs apart.
    vol: TotalVol,
}

impl Default for ArrayStamp {
    fn default() -> Self {
        Self { exponent: i32::MIN, vol: TotalVol::ZERO }
    }
}

impl ArrayStamp {
    pub(super) fn new(exponent: i32, vol: TotalVol) -> Self {
        Self { exponent, vol }
    }

    /// Total volatility, if the array has values.
    pub fn vol(&self) -> Option<TotalVol> {
        (self.exponent != i32::MIN).then_some(self.vol)
    }
}

/// Unit values of one series as a call, undiscounted, in memory of its owner.
///
/// Valid for one underlying at one moment: one grid, one forward of its expiry, one volatility, one unit of price.
#[derive(Debug)]
pub struct RiskArray<'a> {
    stamp: &'a mut ArrayStamp,
    /// Points in the order of the grid: units of price and one more, as a truncated zero is −1.
    units: &'a mut [UnitBlock],
}

impl<'a> RiskArray<'a> {
    /// An array in as many blocks as its grid takes ([`RiskArray::blocks`]): to begin with, a default stamp over zeros. Units behind
    /// the points of the grid have to stay zero.
    pub fn new(stamp: &'a mut ArrayStamp, units: &'a mut [UnitBlock]) -> Self {
        Self { stamp, units }
    }

    /// Blocks of memory for the points of a grid, at least one.
    pub fn blocks(grid: &Grid) -> usize {
        blocks_of(grid.shape.count as usize).max(1)
    }

    /// The values of a strip at the cells of a grid, computed unless they are there; none without room for them.
    #[inline(always)]
    pub(super) fn values(
        &mut self,
        strip: &Strip,
        (cells, blocks): (&mut [Cell], usize),
        shape: GridShape,
        terms: &TenorTerms,
        stamp: ArrayStamp,
    ) -> Option<&[UnitBlock]> {
        if self.units.len() < blocks {
            return None;
        }
        if *self.stamp != stamp {
            *self.stamp = stamp;
            let mut keep = Keep { units: self.units.as_flattened_mut().iter_mut() };
            scan_grid(strip, cells, (shape, Ends::None), terms, stamp.vol, &mut keep);
        }
        Some(self.units)
    }
}

/// How the ends of a price range are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// There are none.
    None,
    /// Along with the grid, as they lie between the points without a shock of volatility.
    Along,
    /// Each for itself.
    Apart,
}

/// The strike at every point of the grid, each direction at its own volatility, and at the cells of the range's ends behind
/// them if they are wanted.
#[inline(always)]
pub(super) fn scan_grid<S: Sink>(
    strip: &Strip,
    cells: &mut [Cell],
    (shape, ends): (GridShape, Ends),
    terms: &TenorTerms,
    vol: TotalVol,
    sink: &mut S,
) {
    let count = (shape.count as usize).wrapping_add(if ends == Ends::Along { 2 } else { 0 });
    let points = cells.get_mut(..count).unwrap_or_default();
    let Some((ups, points)) = points.split_at_mut_checked(shape.ups as usize) else { return };
    let Some((downs, still)) = points.split_at_mut_checked(shape.downs as usize) else { return };
    let (up, down) =
        (terms.vol_up.apply(strip.vol_q28, vol).max(terms.least_up), terms.vol_down.apply_small(strip.vol_q28));
    strip.scan(ups, up, sink.part(ups.len()));
    strip.scan(downs, down, sink.part(downs.len()));
    let sink = sink.part(still.len());
    match ends {
        Ends::Along => strip.scan_with_ends(still, vol_q32(vol), sink),
        Ends::Apart | Ends::None => strip.scan(still, vol_q32(vol), sink),
    }
}

/// Total volatility in Q32, to nearest.
#[inline(always)]
pub(super) fn vol_q32(vol: TotalVol) -> u64 {
    (vol.raw() as u64).wrapping_add(1 << 7) >> 8
}
