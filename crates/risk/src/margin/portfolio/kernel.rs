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
//! ln(G/K) may be rounded: an error of it moves d1 and d2 alike, and cancels because G·n(d1) = K·n(d2). v may not. So d1 is
//! taken from a grid where the volatility is small enough for that, see [`NormPair`].

use super::grid::{Grid, FACTOR_BITS};
use super::sink::Sink;
use crate::math::{
    leading_zeros, norm_cdf, norm_cdf_scan, NormPair, ARGUMENT_BITS, ARGUMENT_END, BIAS, END_OF_DISTANCES, RESULT_BITS,
};
use crate::pricing::black76::{Moneyness, MAX_TOTAL_VOL, MIN_TOTAL_VOL};
use crate::units::{TotalVol, ONE_Q};
use core::num::NonZeroU64;
use core::ops::BitOr;

/// Added to logarithms (Q60) to make them unsigned: 8.
const LOG_BIAS: i64 = i64::MIN;
/// |ln(F/K)| from which the fast path would leave its range: with |ln s| < 3.1 the sum stays below 8.
const FAR_Q40: i64 = 4 * ONE_Q + ONE_Q / 2;
/// [`MIN_TOTAL_VOL`] and [`MAX_TOTAL_VOL`] in Q32.
const MIN_VOL: u64 = 1 << 12;
const MAX_VOL: u64 = (16 << 32) - 1;
/// d1 below which a strike is worth nothing, −6.25, biased: its value would be below 2.1e-10·G.
const LEAST_D1: i64 = BIAS - (25 << (ARGUMENT_BITS - 2));
/// d2 from which a strike is a forward, 6.25, biased: the put would be worth less than 2.1e-10·K.
const MOST_D2: i64 = BIAS + (25 << (ARGUMENT_BITS - 2));
/// Largest volatility at which d1 and d2 stay inside the table between the two, 1.75 in Q32.
const ROOM: u64 = 7 << (ARGUMENT_BITS - 2);

/// One point of the scan in one expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// ln of the spot factor in Q60, biased by 8.
    pub(super) log: u64,
    /// Shocked forward, in units of price.
    pub(super) forward: i64,
    /// Σ size · unit of the legs of one expiry scanned so far: undiscounted, puts counted as calls.
    pub(super) value: i64,
    /// Σ over expiries of the shocked value times D±; after weighing the PnL of the scenario.
    pub(super) total: i64,
}

impl Cell {
    /// A point at ln of the factor in Q60 and the shocked forward.
    #[inline(always)]
    pub(super) fn new(log_q60: i64, forward: i64) -> Self {
        Self { log: log_q60.wrapping_sub(LOG_BIAS) as u64, forward, value: 0, total: 0 }
    }

    /// Puts it at a point of the next expiry.
    #[inline(always)]
    pub(super) fn place(&mut self, log_q60: i64, forward: i64) {
        *self = Self { total: self.total, ..Self::new(log_q60, forward) };
    }
}

/// Fills the cells of a grid for a forward that moves with spot as a whole, given with two bits more than a unit of price.
#[inline(always)]
pub(super) fn fill_cells(cells: &mut [Cell], grid: &Grid, forward_q2: i64) {
    // Three iterators side by side cost less here than one over indices, which is what a zip becomes.
    let (mut logs, mut factors) = (grid.logs.iter(), grid.factors.iter());
    for cell in cells {
        let (Some(&log), Some(&factor)) = (logs.next(), factors.next()) else { return };
        cell.place(log, shocked(forward_q2, factor));
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
    /// Total volatility, Q28, below 2^32.
    pub vol_q28: u64,
}

/// A factor on total volatility with 32 bits, however large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VolFactor {
    /// Below 2^32.
    mantissa: u64,
    shift: u32,
}

impl VolFactor {
    /// A factor in Q40, ≥ 0.
    pub fn new(factor_q40: i64) -> Self {
        let factor = factor_q40 as u64;
        // Shifted until it is below 2^32: 40 bits after the point become 40 − excess, and Q28 · Q(40 − excess) is wanted in Q32.
        let excess = 32u32.saturating_sub(leading_zeros(factor));
        Self { mantissa: factor.wrapping_shr(excess), shift: 36u32.wrapping_sub(excess) }
    }

    /// The factor in Q40, as it is used.
    pub fn q40(&self) -> i64 {
        self.mantissa.wrapping_shl(36u32.wrapping_sub(self.shift)) as i64
    }

    /// Volatility (Q28) times the factor, Q32. # Rounding Down, 2^-31 of it.
    #[inline(always)]
    pub fn apply(&self, vol_q28: u64) -> u64 {
        vol_q28.wrapping_mul(self.mantissa).wrapping_shr(self.shift)
    }
}

/// The arguments of the distribution as functions of a point's logarithm.
struct Arguments {
    /// The divisor may be rounded: it moves d1 and d2 alike.
    vol_q28: NonZeroU64,
    vol_q32: u64,
    offset: u64,
}

impl Arguments {
    #[inline(always)]
    fn new(log_moneyness: i64, vol_q32: u64) -> Self {
        let vol_q28 = NonZeroU64::MIN.bitor(vol_q32 >> 4);
        // ln s/v is (ln s + 8)/v − 16/v + (ln(F/K) + 8)/v: all quotients of positive numbers, in Q32, the first one per point.
        let fixed = (log_moneyness.wrapping_shl(20).wrapping_sub(LOG_BIAS) as u64) / vol_q28;
        let bias = ((1 << 63) / vol_q28) << 1;
        let offset = (BIAS as u64).wrapping_add(vol_q32 >> 1).wrapping_add(fixed).wrapping_sub(bias);
        Self { vol_q28, vol_q32, offset }
    }

    /// d1, biased by 8, Q32.
    #[inline(always)]
    fn d1(&self, cell: &Cell) -> u64 {
        (cell.log / self.vol_q28).wrapping_add(self.offset)
    }

    /// Whether the strike is worth nothing there: d1 ≤ −6.25.
    #[inline(always)]
    fn is_worthless(&self, cell: &Cell) -> bool {
        (self.d1(cell) as i64) < LEAST_D1
    }

    /// Whether the strike is a forward there: d2 ≥ 6.25.
    #[inline(always)]
    fn is_certain(&self, cell: &Cell) -> bool {
        (self.d1(cell).wrapping_sub(self.vol_q32) as i64) >= MOST_D2
    }
}

/// G·N(d1) − K·N(d2). G, K < 2^31 and probabilities ≤ 2^32: products < 2^63.
#[inline(always)]
fn unit(cell: &Cell, strike: i64, n1: i64, n2: i64) -> i64 {
    cell.forward.wrapping_mul(n1).wrapping_sub(strike.wrapping_mul(n2)) >> RESULT_BITS
}

/// The loop that everything else is for. It stands alone, so that all it needs stays in the ten registers of the SVM.
///
/// # Domain
/// Volatility below [`END_OF_DISTANCES`].
#[inline(never)]
fn evaluate<S: Sink>(cells: &mut [Cell], arguments: &Arguments, strike: i64, sink: &mut S) {
    let &Arguments { vol_q28, vol_q32, offset } = arguments;
    let (pair, offset) = (NormPair::new(vol_q32), offset.wrapping_add(NormPair::HALF_STEP));
    let mut sink = sink.part(cells.len());
    for cell in cells {
        let (n1, n2) = pair.at((cell.log / vol_q28).wrapping_add(offset));
        let unit = unit(cell, strike, n1, n2);
        sink.take(cell, unit);
    }
}

/// The same at volatilities up to [`ROOM`].
#[inline(never)]
fn evaluate_wide<S: Sink>(cells: &mut [Cell], arguments: &Arguments, strike: i64, sink: &mut S) {
    let &Arguments { vol_q28, vol_q32, offset } = arguments;
    let mut sink = sink.part(cells.len());
    for cell in cells {
        let d1 = (cell.log / vol_q28).wrapping_add(offset);
        let n1 = norm_cdf_scan(d1);
        let n2 = norm_cdf_scan(d1.wrapping_sub(vol_q32));
        let unit = unit(cell, strike, n1, n2);
        sink.take(cell, unit);
    }
}

impl Strip {
    /// A total volatility as a strip has it. # Rounding To nearest.
    #[inline(always)]
    pub fn vol_q28(vol: TotalVol) -> u64 {
        (vol.min(MAX_TOTAL_VOL).raw() as u64).wrapping_add(1 << 11) >> 12
    }

    /// The strike's value at every cell of a run sorted by logarithm, at one total volatility in Q32.
    ///
    /// # Domain
    /// Forwards and strike below 2^31.
    ///
    /// # Error bound
    /// 1.5e-9·(G + K) of the distribution and its ends, 1.5e-9·G of what d1 is rounded by, one unit of price of truncation:
    /// see [`super::scale`].
    #[inline(never)]
    pub fn scan<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, sink: &mut S) {
        if !self.is_near(vol_q32) {
            return self.scan_far(cells, vol_q32, sink);
        }
        let arguments = Arguments::new(self.log_moneyness, vol_q32.min(MAX_VOL));
        let ([first, ..], [.., last]) = (&*cells, &*cells) else { return };
        if !arguments.is_worthless(first) && !arguments.is_certain(last) {
            return self.scan_between(cells, &arguments, sink);
        }
        self.scan_trimmed(cells, &arguments, sink);
    }

    /// A run with two cells behind it that are not in its order, but between its ends: mostly one pass takes them all.
    #[inline(never)]
    pub fn scan_with_ends<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, sink: &mut S) {
        let [first, .., last, _, _] = &*cells else { return };
        let arguments = Arguments::new(self.log_moneyness, vol_q32.min(MAX_VOL));
        let is_whole = !arguments.is_worthless(first) && !arguments.is_certain(last);
        if is_whole && self.is_near(vol_q32) {
            return self.scan_between(cells, &arguments, sink);
        }
        let [run @ .., low, high] = cells else { return };
        self.scan(run, vol_q32, sink);
        for cell in [low, high] {
            let unit = self.at(cell, vol_q32);
            sink.take(cell, unit);
        }
    }

    /// A run of which some cells need no evaluation: the strike is worthless there, or a forward.
    #[inline(never)]
    fn scan_trimmed<S: Sink>(&self, cells: &mut [Cell], arguments: &Arguments, sink: &mut S) {
        let worthless = cells.iter().take_while(|cell| arguments.is_worthless(cell)).count();
        let Some((_, cells)) = cells.split_at_mut_checked(worthless) else { return };
        sink.skip(worthless);
        let certain = cells.iter().rev().take_while(|cell| arguments.is_certain(cell)).count();
        let Some((cells, certain)) = cells.split_at_mut_checked(cells.len().wrapping_sub(certain)) else { return };
        self.scan_between(cells, arguments, sink);
        for cell in certain {
            let unit = cell.forward.wrapping_sub(self.strike);
            sink.take(cell, unit);
        }
    }

    /// Cells that all need their evaluation.
    #[inline(always)]
    fn scan_between<S: Sink>(&self, cells: &mut [Cell], arguments: &Arguments, sink: &mut S) {
        if arguments.vol_q32 < END_OF_DISTANCES {
            return evaluate(cells, arguments, self.strike, sink);
        }
        if arguments.vol_q32 <= ROOM {
            return evaluate_wide(cells, arguments, self.strike, sink);
        }
        // The volatility is so large that d1 or d2 may leave the table.
        for cell in cells {
            let unit = self.clipped(cell, arguments.d1(cell) as i64, arguments.vol_q32 as i64);
            sink.take(cell, unit);
        }
    }

    /// Whether the fast path has bits for the strike.
    #[inline(always)]
    fn is_near(&self, vol_q32: u64) -> bool {
        vol_q32 >= MIN_VOL && self.log_moneyness.wrapping_add(FAR_Q40) as u64 <= (FAR_Q40 as u64) << 1
    }

    /// A run of a strike that the fast path has no bits for.
    #[inline(never)]
    fn scan_far<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, sink: &mut S) {
        for cell in cells {
            let unit = self.far(cell, vol_q32);
            sink.take(cell, unit);
        }
    }

    /// The unit value at a single cell, at a total volatility in Q32.
    #[inline(never)]
    pub fn at(&self, cell: &Cell, vol_q32: u64) -> i64 {
        if !self.is_near(vol_q32) {
            return self.far(cell, vol_q32);
        }
        let arguments = Arguments::new(self.log_moneyness, vol_q32.min(MAX_VOL));
        let rounded = arguments.d1(cell).wrapping_add(NormPair::HALF_STEP);
        if rounded >= ARGUMENT_END || arguments.vol_q32 >= END_OF_DISTANCES {
            return self.clipped(cell, arguments.d1(cell) as i64, arguments.vol_q32 as i64);
        }
        let (n1, n2) = NormPair::new(arguments.vol_q32).at(rounded);
        unit(cell, self.strike, n1, n2)
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
        unit(cell, self.strike, norm_cdf_scan(d1.min(END - 1) as u64), norm_cdf_scan(d2.max(0) as u64))
    }

    /// Strikes so far from the forward, or so near their end, that the fast path has no bits for them.
    #[inline(never)]
    fn far(&self, cell: &Cell, vol_q32: u64) -> i64 {
        // Logarithms within ±42·2^40.
        let log = (cell.log as i64).wrapping_add(LOG_BIAS) >> 20;
        let vol = TotalVol::from_raw((vol_q32.min(MAX_VOL) << 8) as i64);
        let Moneyness { d1, d2 } = Moneyness::of(self.log_moneyness.wrapping_add(log), vol);
        unit(cell, self.strike, norm_cdf(d1) >> 8, norm_cdf(d2) >> 8)
    }
}

const _: () = assert!(ARGUMENT_BITS == 32 && RESULT_BITS == 32);
const _: () = assert!(MIN_TOTAL_VOL.raw() == (MIN_VOL as i64) << 8 && MAX_TOTAL_VOL.raw() >> 8 == MAX_VOL as i64);
