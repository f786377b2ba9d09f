//! The inner loop: strikes of a volatility small enough for d1 to be taken from the steps of the normal table.
//!
//! From one cell to the next nothing changes but the logarithm of the point. With everything else added up beforehand,
//!
//! ```text
//! d1 + 8 = (ln s + ln(F/K) + v²/2 + 8·v) / v
//! ```
//!
//! is an addition and a division, the quotient is the place of a line in the table, and whether a strike is worthless or a
//! forward is seen from ln s alone.

use super::kernel::{difference, Cell, Run};
use super::sink::Sink;
use crate::math::{NormPair, END_OF_DISTANCES};
use core::num::NonZeroU64;
use core::ops::BitOr;
use core::slice::IterMut;

/// What turns a volatility in Q32 into a logarithm in Q60.
const TO_LOG: u32 = 28;

/// One strike at one volatility.
pub(super) struct Steps {
    strike: i64,
    /// Added to ln s (Q60), gives v·(d1 + 8), and half a step more to round the quotient to nearest.
    offset: i64,
    /// Leaves a quotient in Q[`NormPair::BITS`].
    divisor: NonZeroU64,
    pair: NormPair,
    /// ln s below which the strike is worthless, Q60: d1 < −6.25.
    worthless: i64,
    /// ln s from which it is a forward, Q60: d2 ≥ 6.25.
    certain: i64,
}

impl Steps {
    /// # Domain
    /// |ln(F/K)| ≤ 4.5, Q40; v < [`END_OF_DISTANCES`], Q32.
    #[inline(always)]
    pub fn new(strike: i64, log_moneyness: i64, vol: u64) -> Self {
        // With v < ½ all logarithms are below 8, and fit. The offset alone may wrap: wherever it is used, the sum is in range
        // again, between 1.75·v and 14.75·v.
        let log = log_moneyness.wrapping_shl(20);
        let half_square = (vol.wrapping_mul(vol) >> 5) as i64;
        let eight = vol.wrapping_shl(TO_LOG + 3) as i64;
        let half_step = vol.wrapping_shl(TO_LOG - NormPair::STEP_BITS - 1) as i64;
        let reach = (vol.wrapping_mul(25).wrapping_shl(TO_LOG - 2) as i64).wrapping_add(half_square);
        Self {
            strike,
            offset: log.wrapping_add(half_square).wrapping_add(eight).wrapping_add(half_step),
            divisor: NonZeroU64::MIN.bitor(vol.wrapping_shl(TO_LOG - NormPair::BITS)),
            pair: NormPair::new(vol),
            worthless: log.wrapping_add(reach).wrapping_neg(),
            certain: reach.wrapping_sub(log),
        }
    }

    /// The value at one cell.
    #[inline(always)]
    pub fn at(&self, cell: &Cell) -> i64 {
        if self.is_worthless(cell) {
            return 0;
        }
        if self.is_certain(cell) {
            return cell.forward.wrapping_sub(self.strike);
        }
        value(cell, self.offset, self.divisor, self.strike, self.pair)
    }
}

impl Run for Steps {
    fn strike(&self) -> i64 {
        self.strike
    }

    #[inline(always)]
    fn is_worthless(&self, cell: &Cell) -> bool {
        cell.log < self.worthless
    }

    #[inline(always)]
    fn is_certain(&self, cell: &Cell) -> bool {
        cell.log >= self.certain
    }

    #[inline(always)]
    fn evaluate<S: Sink>(&self, cells: IterMut<Cell>, sink: S) {
        evaluate(cells, self.offset, self.divisor, self.strike, self.pair, sink);
    }
}

/// The value of a strike at a cell between worthless and certain. The forward's part first: it needs its step no longer then.
#[inline(always)]
fn value(cell: &Cell, offset: i64, divisor: NonZeroU64, strike: i64, pair: NormPair) -> i64 {
    let step = NormPair::step(cell.log.wrapping_add(offset) as u64 / divisor);
    let forward = cell.forward.wrapping_mul(NormPair::upper(step));
    difference(forward, pair.lower(step).wrapping_mul(strike))
}

/// The loop that everything else is for. It stands alone, so that all it needs stays in the ten registers of the SVM; its
/// numbers are arguments of their own, as the SVM's instructions take two operands and those that change come first then.
#[inline(never)]
fn evaluate<S: Sink>(cells: IterMut<Cell>, offset: i64, divisor: NonZeroU64, strike: i64, pair: NormPair, mut sink: S) {
    for cell in cells {
        let unit = value(cell, offset, divisor, strike, pair);
        sink.take(cell, unit);
    }
}

const _: () = assert!(END_OF_DISTANCES == 1 << 31);
