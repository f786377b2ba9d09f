//! Risk arrays: the value of one series in every scenario, kept so that a book that holds it need not compute it again.

use super::kernel::{Cell, Strip};
use super::sink::{Add, Keep, KeepAndAdd, Sink};
use super::tenor::{SkewTerms, TenorTerms};
use super::{grid::GridShape, grid::MAX_POINTS};
use crate::units::TotalVol;

/// Units of one array: the points of the grid, and the two skew scenarios.
pub const MAX_UNITS: usize = MAX_POINTS + 2;

/// Unit values of one series as a call, undiscounted.
///
/// Valid for one underlying at one moment: one grid, one forward of its expiry, one volatility, one unit of price.
#[derive(Clone, Copy, Debug)]
pub struct RiskArray {
    /// Exponent of the unit of price; `i32::MIN` while the array is empty.
    pub(super) exponent: i32,
    /// Total volatility it was computed with: a stale surface prices shorts and longs apart.
    pub(super) vol: TotalVol,
    /// Points in the order of the grid, then the skew scenarios: units of price and one more, as a truncated zero is −1.
    pub(super) units: [u32; MAX_UNITS],
}

impl Default for RiskArray {
    fn default() -> Self {
        Self { exponent: i32::MIN, vol: TotalVol::ZERO, units: [0; MAX_UNITS] }
    }
}

impl RiskArray {
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
        let sink = |units| KeepAndAdd { keep: Keep { units }, add: Add { size: strip.size } };
        scan_grid(strip, cells, (shape, Ends::Apart), terms, vol, &mut sink(self.units.iter_mut()));
        let mut skews = [0u32; 2];
        scan_skews(strip, cells, terms, &mut sink(skews.iter_mut()));
        let [.., linear, absolute] = &mut self.units;
        [*linear, *absolute] = skews;
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
        if let ([.., _, _, linear, absolute], [.., tilt, bend]) = (cells, &self.units) {
            sink.take(linear, (*tilt as i64).wrapping_sub(1));
            sink.take(absolute, (*bend as i64).wrapping_sub(1));
        }
    }
}

/// Whether the ends of a price range are scanned along with the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// They are, as they lie between the points without a shock of volatility.
    Along,
    /// They are not, if there are any.
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
    strip.scan(ups, terms.vol_up.apply(strip.vol_q28).max(terms.least_up), sink);
    strip.scan(downs, terms.vol_down.apply(strip.vol_q28), sink);
    match ends {
        Ends::Along => strip.scan_with_ends(still, vol_q32(vol), sink),
        Ends::Apart => strip.scan(still, vol_q32(vol), sink),
    }
}

/// Total volatility in Q32, to nearest.
#[inline(always)]
pub(super) fn vol_q32(vol: TotalVol) -> u64 {
    (vol.raw() as u64).wrapping_add(1 << 7) >> 8
}

/// The strike in both skew scenarios; one that is left out has no value.
#[inline(always)]
pub(super) fn scan_skews<S: Sink>(strip: &Strip, cells: &mut [Cell], terms: &TenorTerms, sink: &mut S) {
    let [.., linear, absolute] = cells else { return };
    let k = strip.log_moneyness.wrapping_neg();
    let at = |cell: &Cell, skew: &SkewTerms, k: i64| match skew.cap {
        0 => 0,
        _ => strip.at(cell, skew.shocked(strip.vol_q28, k)),
    };
    let tilt = at(linear, &terms.linear, k);
    sink.take(linear, tilt);
    // Above the forward both smiles are one, where they have the same terms.
    let is_one = k >= 0 && terms.linear == terms.absolute;
    let bend = if is_one { tilt } else { at(absolute, &terms.absolute, k.wrapping_abs()) };
    sink.take(absolute, bend);
}
