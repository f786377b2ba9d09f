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

#[cfg(test)]
mod tests {
    use super::super::kernel::Strip;
    use super::super::sink::Add;
    use super::*;
    use crate::math::RESULT_BITS;
    use crate::units::ONE_Q;
    use proptest::prelude::*;

    const Q32: f64 = (1u64 << RESULT_BITS) as f64;

    /// A forward and a strike, the higher of them 2^30 units, ln(F/K) and what the strike is worth at the forward, in units.
    fn exact(log_moneyness: f64, log_spot: f64, vol: f64) -> (i64, i64, f64) {
        let top = (1u64 << 30) as f64;
        let log = log_moneyness + log_spot;
        let (forward, strike) = (top * log.min(0.0).exp(), top * (-log.max(0.0)).exp());
        let (forward, strike) = (forward.round(), strike.round());
        let cdf = |d: f64| 0.5 * libm::erfc(-d / core::f64::consts::SQRT_2);
        let d1 = log / vol + 0.5 * vol;
        (forward as i64, strike as i64, forward * cdf(d1) - strike * cdf(d1 - vol))
    }

    fn scanned(log_moneyness: f64, log_spot: f64, vol: f64) -> (f64, f64) {
        let vol_q32 = ((vol * Q32) as u64).clamp(1 << 12, END_OF_DISTANCES - 1);
        let (forward, strike, exact) = exact(log_moneyness, log_spot, vol_q32 as f64 / Q32);
        let strip = Strip { log_moneyness: (log_moneyness * ONE_Q as f64) as i64, strike, size: 1, vol_q28: 0 };
        let mut cells = [Cell::new((log_spot * (1u64 << 60) as f64) as i64, forward)];
        strip.scan(&mut cells, vol_q32, Add { size: 1 });
        assert_eq!(strip.at(&Cell { value: 0, ..cells[0] }, vol_q32), cells[0].value);
        // Forward and strike are rounded to half a unit each, and the value down to one.
        let allowed = 3e-9 * forward as f64 + 1.5e-9 * strike as f64 + 2.0;
        (cells[0].value as f64 - exact, allowed)
    }

    proptest! {
        #[test]
        fn prop_the_loop_keeps_its_error_bound_to_its_very_ends(
            log_moneyness in -4.5f64..4.5,
            log_spot in -3.1f64..3.1,
            vol in prop_oneof![1e-6f64..0.5, 0.499f64..0.5, 1e-6f64..1e-4],
            deviations in -7.0f64..7.0,
        ) {
            // Anywhere, and so many deviations from the strike: around ±6.25 worthless and certain begin.
            for log_moneyness in [log_moneyness, (deviations * vol - log_spot).clamp(-4.5, 4.5)] {
                let (error, allowed) = scanned(log_moneyness, log_spot, vol);
                prop_assert!(error.abs() <= allowed, "{error} > {allowed} at {log_moneyness}");
            }
        }
    }

    #[test]
    fn the_corners_of_the_domain_are_in_range() {
        for vol in [1e-6, 0.5] {
            for (log_moneyness, log_spot) in [(4.5, 3.1), (-4.5, -3.1), (4.5, -3.1), (-4.5, 3.1)] {
                let (error, allowed) = scanned(log_moneyness, log_spot, vol);
                assert!(error.abs() <= allowed, "{error} > {allowed}");
            }
        }
    }
}
