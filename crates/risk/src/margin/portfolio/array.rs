//! Risk arrays: the value of one series in every scenario of the grid, kept so that a book that holds it need not compute it again.

use super::kernel::{Cell, Strip};
use super::sink::{Add, Keep, Sink};
use super::tenor::TenorTerms;
use super::{grid::GridShape, grid::MAX_POINTS};
use crate::units::TotalVol;

/// Room for the points of any grid, in whole blocks of four.
const ROOM: usize = MAX_POINTS.next_multiple_of(4);

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
    pub(super) units: [u32; ROOM],
}

impl Default for RiskArray {
    fn default() -> Self {
        Self { exponent: i32::MIN, vol: TotalVol::ZERO, units: [0; ROOM] }
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

    /// Computes the array, and adds the size of the strip to the cells.
    pub(super) fn fill_and_add(
        &mut self,
        strip: &Strip,
        cells: &mut [Cell],
        shape: GridShape,
        terms: &TenorTerms,
        vol: TotalVol,
        exponent: i32,
    ) {
        (self.exponent, self.vol) = (exponent, vol);
        // One after the other costs less than both at once: there are not registers enough.
        scan_grid(strip, cells, (shape, Ends::None), terms, vol, &mut Keep { units: self.units.iter_mut() });
        self.add_to(cells, shape.count as usize, strip.size);
    }

    /// Adds a size of the series to the cells of a book.
    #[inline(never)]
    pub(super) fn add_to(&self, cells: &mut [Cell], count: usize, size: i64) {
        let mut sink = Add { size };
        let (points, _) = cells.split_at_mut_checked(count).unwrap_or_default();
        // By fours, so that the loop itself costs little; iterators side by side, as a zip would count indices.
        let mut fours = points.chunks_exact_mut(4);
        let mut units = self.units.chunks_exact(4);
        for four in fours.by_ref() {
            let ([a, b, c, d], Some(&[w, x, y, z])) = (four, units.next()) else { break };
            sink.take(a, (w as i64).wrapping_sub(1));
            sink.take(b, (x as i64).wrapping_sub(1));
            sink.take(c, (y as i64).wrapping_sub(1));
            sink.take(d, (z as i64).wrapping_sub(1));
        }
        let mut units = units.flatten();
        for cell in fours.into_remainder() {
            let Some(&unit) = units.next() else { break };
            sink.take(cell, (unit as i64).wrapping_sub(1));
        }
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
