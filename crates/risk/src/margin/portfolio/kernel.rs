//! One strike at a run of points of the grid.
//!
//! Every leg is scanned as a call; a put is a call less a forward, and the forwards of an expiry are added up apart. With
//! G = F·s the shocked forward, a point costs one division (for d1), two values of the normal distribution and three
//! products, all in 64 bits:
//!
//! ```text
//! d1 = ln(G/K)/v + v/2,  d2 = d1 − v,  unit = G·N(d1) − K·N(d2),  value += size·unit
//! ```
//!
//! ln(G/K) may be rounded: an error of it moves d1 and d2 alike, and cancels because G·n(d1) = K·n(d2). v may not. Where the
//! volatility is small enough, d1 itself is rounded: [`super::steps`]; [`super::wide`] has all others.

use super::grid::{Grid, FACTOR_BITS};
use super::sink::Sink;
use super::steps::Steps;
use super::wide::{far, Wide};
use crate::math::{leading_zeros, END_OF_DISTANCES, RESULT_BITS};
use crate::pricing::black76::{MAX_TOTAL_VOL, MIN_TOTAL_VOL};
use crate::units::{TotalVol, ONE_Q};
use core::slice::IterMut;

/// |ln(F/K)| from which 64 bits have no room: with |ln s| < 3.1 the sum stays below 8.
const FAR_Q40: i64 = 4 * ONE_Q + ONE_Q / 2;
/// [`MIN_TOTAL_VOL`] in Q32.
const MIN_VOL: u64 = 1 << 12;

/// One point of the scan in one expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// ln of the spot factor, Q60.
    pub(super) log: i64,
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
        Self { log: log_q60, forward, value: 0, total: 0 }
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
    /// Total volatility, Q28, 2^32 at most.
    pub vol_q28: u64,
}

/// A factor on total volatility with 32 bits, however large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VolFactor {
    /// Below 2^32.
    mantissa: u64,
    shift: u32,
    /// Bits by which a volatility is taken finer than Q28: what it is rounded by grows with the factor.
    finer: u32,
}

impl VolFactor {
    /// A factor in Q40, ≥ 0.
    pub fn new(factor_q40: i64) -> Self {
        let factor = factor_q40 as u64;
        // Shifted until it is below 2^32: 40 bits after the point become 40 − excess, and Q28 · Q(40 − excess) is wanted in Q32.
        let excess = 32u32.saturating_sub(leading_zeros(factor));
        // A factor is 2^(excess − 9) at least, and volatilities end at 2^4: those below 2^(13 − excess) have room in 32 bits.
        let finer = excess.saturating_sub(9).min(12);
        let shift = 36u32.wrapping_sub(excess).wrapping_add(finer);
        Self { mantissa: factor.wrapping_shr(excess), shift, finer }
    }

    /// The factor in Q40, as it is used.
    pub fn q40(&self) -> i64 {
        self.mantissa.wrapping_shl(36u32.wrapping_add(self.finer).wrapping_sub(self.shift)) as i64
    }

    /// Volatility times the factor, Q32; given in Q28 as well. # Rounding Down, 2^-31 of it and 2^-27 + 2^-32.
    #[inline(always)]
    pub fn apply(&self, vol_q28: u64, vol: TotalVol) -> u64 {
        if self.finer != 0 {
            return self.apply_finer(vol);
        }
        self.apply_small(vol_q28)
    }

    /// The same of a factor below 2.
    #[inline(always)]
    pub fn apply_small(&self, vol_q28: u64) -> u64 {
        vol_q28.wrapping_mul(self.mantissa).wrapping_shr(self.shift)
    }

    /// Large factors are rare: for them to cost others nothing, this stands alone.
    #[inline(never)]
    fn apply_finer(&self, vol: TotalVol) -> u64 {
        let fine = (vol.raw() as u64).wrapping_shr(12u32.wrapping_sub(self.finer)).min(u32::MAX as u64);
        fine.wrapping_mul(self.mantissa).wrapping_shr(self.shift)
    }
}

/// G·N(d1) − K·N(d2). G, K < 2^31 and probabilities ≤ 2^32: products < 2^63.
#[inline(always)]
pub(super) fn unit(cell: &Cell, strike: i64, n1: i64, n2: i64) -> i64 {
    difference(cell.forward.wrapping_mul(n1), strike.wrapping_mul(n2))
}

/// The same of both products. # Rounding Down.
#[inline(always)]
pub(super) fn difference(forward: i64, strike: i64) -> i64 {
    forward.wrapping_sub(strike) >> RESULT_BITS
}

/// A strike at one volatility, at cells sorted by logarithm.
pub(super) trait Run {
    fn strike(&self) -> i64;
    /// Whether the strike is worth nothing there.
    fn is_worthless(&self, cell: &Cell) -> bool;
    /// Whether the strike is a forward there.
    fn is_certain(&self, cell: &Cell) -> bool;
    /// Cells that are neither.
    fn evaluate<S: Sink>(&self, cells: IterMut<Cell>, sink: S);

    /// All cells of a run: only those between the first of some worth and the last of some doubt are evaluated.
    #[inline(always)]
    fn scan<S: Sink>(&self, cells: &mut [Cell], mut sink: S) {
        let mut cells = cells.iter_mut();
        while cells.as_slice().first().is_some_and(|cell| self.is_worthless(cell)) {
            cells.next();
            sink.skip();
        }
        while cells.as_slice().last().is_some_and(|cell| self.is_certain(cell)) {
            if let Some(cell) = cells.next_back() {
                let unit = cell.forward.wrapping_sub(self.strike());
                sink.take_last(cell, unit);
            }
        }
        self.evaluate(cells, sink);
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
    pub fn scan<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, sink: S) {
        match self.steps(vol_q32) {
            Some(steps) => steps.scan(cells, sink),
            None => self.scan_slow(cells, vol_q32, sink),
        }
    }

    /// A run with two cells behind it that are not in its order, but between its ends: mostly one pass takes them all.
    #[inline(never)]
    pub fn scan_with_ends<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, sink: S) {
        let [first, .., last, _, _] = &*cells else { return };
        if let Some(steps) = self.steps(vol_q32) {
            if !steps.is_worthless(first) && !steps.is_certain(last) {
                return steps.evaluate(cells.iter_mut(), sink);
            }
        }
        self.scan_ends_apart(cells, vol_q32, sink);
    }

    #[inline(never)]
    fn scan_ends_apart<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, mut sink: S) {
        let [run @ .., low, high] = cells else { return };
        self.scan(run, vol_q32, sink.part(run.len()));
        for cell in [low, high] {
            let unit = self.at(cell, vol_q32);
            sink.take(cell, unit);
        }
    }

    /// The unit value at a single cell, at a total volatility in Q32.
    #[inline(never)]
    pub fn at(&self, cell: &Cell, vol_q32: u64) -> i64 {
        if let Some(steps) = self.steps(vol_q32) {
            return steps.at(cell);
        }
        match self.has_room(vol_q32) {
            true => Wide::new(self.strike, self.log_moneyness, vol_q32).at(cell),
            false => far(cell, self.strike, self.log_moneyness, vol_q32),
        }
    }

    /// Whether 64 bits have room for the strike.
    #[inline(always)]
    fn has_room(&self, vol_q32: u64) -> bool {
        vol_q32 >= MIN_VOL && self.log_moneyness.wrapping_add(FAR_Q40) as u64 <= (FAR_Q40 as u64) << 1
    }

    /// The strike for the inner loop, if that has room for it.
    #[inline(always)]
    fn steps(&self, vol_q32: u64) -> Option<Steps> {
        let fits = self.has_room(vol_q32) && vol_q32 < END_OF_DISTANCES;
        fits.then(|| Steps::new(self.strike, self.log_moneyness, vol_q32))
    }

    /// A run of a strike that the inner loop has no room for.
    #[inline(never)]
    fn scan_slow<S: Sink>(&self, cells: &mut [Cell], vol_q32: u64, mut sink: S) {
        if self.has_room(vol_q32) {
            return Wide::new(self.strike, self.log_moneyness, vol_q32).scan(cells, sink);
        }
        for cell in cells {
            let unit = far(cell, self.strike, self.log_moneyness, vol_q32);
            sink.take(cell, unit);
        }
    }
}

const _: () = assert!(RESULT_BITS == 32);
const _: () = assert!(MIN_TOTAL_VOL.raw() == (MIN_VOL as i64) << 8);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The volatility had 28 bits whatever the factor was: a floor of an hour on the tenor and a power of one make a factor of
        /// thousands, and four minutes to the expiry a volatility of which 28 bits leave five digits. A random account was off by five
        /// times the tolerance.
        #[test]
        fn reg_a_large_factor_finds_all_digits_of_a_volatility(vol in -20.0f64..4.0, factor in -5.0f64..14.0) {
            let (vol, factor) = ((vol.exp2() * ONE_Q as f64) as i64, (factor.exp2() * ONE_Q as f64) as i64);
            let exact = (vol as f64 * factor as f64 / (ONE_Q as f64).powi(2)).min(16.0);
            let vol = TotalVol::from_raw(vol);
            let applied = VolFactor::new(factor).apply(Strip::vol_q28(vol), vol) as f64 / (1u64 << 32) as f64;
            // A factor below 4 times what is below Q29, and what is below Q32.
            let bound = 0.5f64.powi(27) + 0.5f64.powi(32) + exact * 0.5f64.powi(30);
            prop_assert!((applied.min(16.0) - exact).abs() <= bound, "{applied} {exact}");
        }
    }

    #[test]
    fn a_factor_is_read_back_as_it_is_used() {
        for factor in [1i64, ONE_Q - 1, ONE_Q, 3 * ONE_Q, 4_000 * ONE_Q] {
            let read = VolFactor::new(factor).q40();
            assert!(read <= factor && factor - read <= factor >> 31, "{read} {factor}");
        }
    }
}
