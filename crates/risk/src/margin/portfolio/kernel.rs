//! The inner loop: the value of one strike at every point of the grid.
//!
//! Every leg is scanned as a call; a put is a call less a forward, and the forwards of an expiry are added up apart. With
//! G = F·s the shocked forward, a point costs one division (for d1), two values of the normal distribution and three
//! products, all in 64 bits:
//!
//! ```text
//! d1 = ln(G/K)/v + v/2,  d2 = d1 − v,  unit = G·N(d1) − K·N(d2),  value += size·unit
//! ```
//!
//! ln(G/K) may be rounded: an error of it moves d1 and d2 alike, and cancels because G·n(d1) = K·n(d2). v may not.

use super::grid::{Grid, FACTOR_BITS};
use crate::math::{norm_cdf, norm_cdf_scan, ARGUMENT_BITS, ARGUMENT_END, BIAS, RESULT_BITS};
use crate::pricing::black76::{Moneyness, MAX_TOTAL_VOL, MIN_TOTAL_VOL};
use crate::units::{TotalVol, ONE_Q};
use core::num::NonZeroU64;

/// Added to logarithms (Q60) to make them unsigned: 8.
const LOG_BIAS: i64 = i64::MIN;
/// |ln(F/K)| from which the fast path would leave its range: with |ln s| < 3.1 the sum stays below 8.
const FAR_Q40: i64 = 4 * ONE_Q + ONE_Q / 2;

/// One point of the scan in one expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// ln of the spot factor in Q60, biased by 8.
    pub(super) log: u64,
    /// Shocked forward, in units of price.
    pub(super) forward: i64,
    /// Σ size · unit of the legs scanned so far: undiscounted, puts counted as calls.
    pub(super) value: i64,
}

impl Cell {
    /// A point at ln of the factor in Q60 and the shocked forward.
    #[inline(always)]
    pub(super) fn new(log_q60: i64, forward: i64) -> Self {
        Self { log: log_q60.wrapping_sub(LOG_BIAS) as u64, forward, value: 0 }
    }
}

/// Fills the cells of a grid for a forward that moves with spot as a whole, given with two bits more than a unit of price.
#[inline(always)]
pub(super) fn fill_cells(cells: &mut [Cell], grid: &Grid, forward_q2: i64) {
    for ((cell, &log), &factor) in cells.iter_mut().zip(grid.logs).zip(grid.factors) {
        *cell = Cell::new(log, shocked(forward_q2, factor));
    }
}

/// A forward with two bits more than a unit of price, times a factor in Q30. # Rounding To nearest.
#[inline(always)]
pub(super) fn shocked(forward_q2: i64, factor: i64) -> i64 {
    // The shocked forward is below 2^31 units: the product stays below 2^63 and the half unit in a u64.
    ((forward_q2.wrapping_mul(factor) as u64).wrapping_add(2 << FACTOR_BITS) >> (FACTOR_BITS + 2)) as i64
}

/// One strike of one size, in units of the scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strip {
    /// ln(F/K), Q40.
    pub log_moneyness: i64,
    /// Strike, in units of price.
    pub strike: i64,
    /// Signed size, in units of size.
    pub size: i64,
}

/// The arguments of the distribution as functions of a point's logarithm.
struct Arguments {
    log: u64,
    /// The divisor may be rounded: it moves d1 and d2 alike.
    vol_q28: NonZeroU64,
    vol_q32: u64,
    offset: u64,
}

impl Arguments {
    #[inline(always)]
    fn new(log_moneyness: i64, vol: i64) -> Self {
        let vol_q32 = (vol as u64).wrapping_add(1 << 7) >> 8;
        let vol_q28 = NonZeroU64::MIN.saturating_add((vol_q32 >> 4).wrapping_sub(1));
        // (x + 8)/v − 8/v is x/v: both quotients in Q32, the first one per point.
        let offset = (BIAS as u64).wrapping_add(vol_q32 >> 1).wrapping_sub((1 << 63) / vol_q28);
        Self { log: (log_moneyness << 20) as u64, vol_q28, vol_q32, offset }
    }

    /// d1, biased by 8, Q32.
    #[inline(always)]
    fn d1(&self, cell: &Cell) -> u64 {
        (cell.log.wrapping_add(self.log) / self.vol_q28).wrapping_add(self.offset)
    }

    /// Whether no point of the run, sorted by logarithm, leaves the table of the distribution.
    #[inline(always)]
    fn stays_inside(&self, cells: &[Cell]) -> bool {
        let ([first, ..], [.., last]) = (cells, cells) else { return true };
        self.d1(last) < ARGUMENT_END && self.d1(first).wrapping_sub(self.vol_q32) < ARGUMENT_END
    }
}

/// Where the unit value of a strike at a cell goes.
pub(super) trait Sink {
    fn take(&mut self, cell: &mut Cell, unit: i64);
}

/// Adds size times unit to the cell at once.
pub(super) struct Add {
    pub size: i64,
}

impl Sink for Add {
    #[inline(always)]
    fn take(&mut self, cell: &mut Cell, unit: i64) {
        // Units are below 2^31, the sizes of all strips together at most 2^30.
        cell.value = cell.value.wrapping_add(unit.wrapping_mul(self.size));
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
            // At least −1, a truncated zero, and below 2^31.
            *slot = unit.wrapping_add(1) as u32;
        }
    }
}

impl Strip {
    /// The strike's value at every cell of a run sorted by logarithm, at one total volatility.
    ///
    /// # Domain
    /// Forwards and strike below 2^31.
    ///
    /// # Error bound
    /// 1.6e-9·(G + K) of the distribution, one unit of price of truncation: see [`super::scale`].
    #[inline(always)]
    pub fn scan<S: Sink>(&self, cells: &mut [Cell], vol: TotalVol, sink: &mut S) {
        if vol < MIN_TOTAL_VOL || self.log_moneyness.wrapping_abs() > FAR_Q40 {
            for cell in cells {
                let unit = self.far(cell, vol);
                sink.take(cell, unit);
            }
            return;
        }
        let arguments = Arguments::new(self.log_moneyness, vol.min(MAX_TOTAL_VOL).raw());
        if arguments.stays_inside(cells) {
            for cell in cells {
                let d1 = arguments.d1(cell);
                let (n1, n2) = (norm_cdf_scan(d1), norm_cdf_scan(d1.wrapping_sub(arguments.vol_q32)));
                let unit = self.unit(cell, n1, n2);
                sink.take(cell, unit);
            }
        } else {
            for cell in cells {
                let unit = self.clipped(cell, arguments.d1(cell) as i64, arguments.vol_q32 as i64);
                sink.take(cell, unit);
            }
        }
    }

    /// The unit value at a single cell.
    #[inline(always)]
    pub fn at(&self, cell: &Cell, vol: TotalVol) -> i64 {
        if vol < MIN_TOTAL_VOL || self.log_moneyness.wrapping_abs() > FAR_Q40 {
            return self.far(cell, vol);
        }
        let arguments = Arguments::new(self.log_moneyness, vol.min(MAX_TOTAL_VOL).raw());
        self.clipped(cell, arguments.d1(cell) as i64, arguments.vol_q32 as i64)
    }

    /// G, K < 2^31 and probabilities ≤ 2^31: products ≤ 2^62.
    #[inline(always)]
    fn unit(&self, cell: &Cell, n1: i64, n2: i64) -> i64 {
        cell.forward.wrapping_mul(n1).wrapping_sub(self.strike.wrapping_mul(n2)) >> RESULT_BITS
    }

    /// The same where d1 or d2 may lie outside the table: far in the money the option is a forward, far out nothing.
    #[inline(always)]
    fn clipped(&self, cell: &Cell, d1: i64, vol: i64) -> i64 {
        const END: i64 = ARGUMENT_END as i64;
        let d2 = d1.wrapping_sub(vol);
        if d1 < 0 {
            return 0;
        }
        if d2 >= END {
            return cell.forward.wrapping_sub(self.strike);
        }
        self.unit(cell, norm_cdf_scan(d1.min(END - 1) as u64), norm_cdf_scan(d2.max(0) as u64))
    }

    /// Strikes so far from the forward, or so near their end, that the fast path has no bits for them.
    #[inline(never)]
    fn far(&self, cell: &Cell, vol: TotalVol) -> i64 {
        // Logarithms within ±42·2^40.
        let log = (cell.log as i64).wrapping_add(LOG_BIAS) >> 20;
        let Moneyness { d1, d2 } = Moneyness::of(self.log_moneyness.wrapping_add(log), vol);
        self.unit(cell, norm_cdf(d1) >> 9, norm_cdf(d2) >> 9)
    }
}

const _: () = assert!(ARGUMENT_BITS == 32 && RESULT_BITS == 31);
