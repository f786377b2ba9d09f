//! Risk arrays: the value of one series in every scenario of the grid, kept so that a book that holds it need not compute it again.

use super::batch::{UnitValues, UNIT_SLOTS};
use super::grid::GridShape;
use super::kernel::{Cell, Strip};
use super::sink::{Keep, Sink};
use super::tenor::TenorTerms;
use crate::units::TotalVol;

/// Unit values of one series as a call, undiscounted.
///
/// Valid for one underlying at one moment: one grid, one forward of its expiry, one volatility, one unit of price.
#[derive(Clone, Copy, Debug)]
pub struct RiskArray {
    /// Exponent of the unit of price; `i32::MIN` while the array is empty.
    pub(super) exponent: i32,
    /// Total volatility it was computed with: a stale surface prices shorts and longs apart.
    pub(super) vol: TotalVol,
    /// Points in the order of the grid: units of price and one more, as a truncated zero is −1.
    pub(super) units: UnitValues,
}

impl Default for RiskArray {
    fn default() -> Self {
        Self { exponent: i32::MIN, vol: TotalVol::ZERO, units: [0; UNIT_SLOTS] }
    }
}

impl RiskArray {
    /// Total volatility it was computed with, if it was.
    pub fn vol(&self) -> Option<TotalVol> {
        (self.exponent != i32::MIN).then_some(self.vol)
    }

    pub(super) fn is_valid(&self, exponent: i32, vol: TotalVol) -> bool {
        self.exponent == exponent && self.vol == vol
    }

    /// Computes the array at the cells of a grid.
    pub(super) fn fill(
        &mut self,
        strip: &Strip,
        cells: &mut [Cell],
        shape: GridShape,
        terms: &TenorTerms,
        vol: TotalVol,
        exponent: i32,
    ) {
        (self.exponent, self.vol) = (exponent, vol);
        scan_grid(strip, cells, (shape, Ends::None), terms, vol, &mut Keep { units: self.units.iter_mut() });
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
