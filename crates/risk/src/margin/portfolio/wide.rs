//! Strikes that the inner loop has no bits for: large volatilities, and strikes far from the forward or near their end.

use super::kernel::{unit, Cell, Run};
use super::sink::Sink;
use crate::math::{norm_cdf, norm_cdf_scan, ARGUMENT_BITS, ARGUMENT_END, BIAS};
use crate::pricing::black76::{Moneyness, MAX_TOTAL_VOL};
use crate::units::TotalVol;
use core::num::NonZeroU64;
use core::ops::BitOr;
use core::slice::IterMut;

/// [`MAX_TOTAL_VOL`] in Q32.
const MAX_VOL: u64 = (16 << 32) - 1;
/// Makes a logarithm in Q60 unsigned: 8.
const LOG_BIAS: i64 = i64::MIN;
/// d1 below which a strike is worth nothing, −6.25, biased: its value would be below 2.1e-10·G.
const LEAST_D1: i64 = BIAS - (25 << (ARGUMENT_BITS - 2));
/// d2 from which a strike is a forward, 6.25, biased: the put would be worth less than 2.1e-10·K.
const MOST_D2: i64 = BIAS + (25 << (ARGUMENT_BITS - 2));
/// Largest volatility at which d1 and d2 stay inside the table between the two, 1.75 in Q32.
const ROOM: u64 = 7 << (ARGUMENT_BITS - 2);

/// One strike at one volatility, however large.
pub(super) struct Wide {
    strike: i64,
    /// The divisor may be rounded: it moves d1 and d2 alike.
    vol_q28: NonZeroU64,
    vol_q32: u64,
    offset: u64,
}

impl Wide {
    /// # Domain
    /// |ln(F/K)| ≤ 4.5, Q40.
    #[inline(always)]
    pub fn new(strike: i64, log_moneyness: i64, vol_q32: u64) -> Self {
        let vol_q32 = vol_q32.min(MAX_VOL);
        let vol_q28 = NonZeroU64::MIN.bitor(vol_q32 >> 4);
        // ln s/v is (ln s + 8)/v − 16/v + (ln(F/K) + 8)/v: all quotients of positive numbers, in Q32, the first one per point.
        let fixed = (log_moneyness.wrapping_shl(20).wrapping_sub(LOG_BIAS) as u64) / vol_q28;
        let bias = ((1 << 63) / vol_q28) << 1;
        let offset = (BIAS as u64).wrapping_add(vol_q32 >> 1).wrapping_add(fixed).wrapping_sub(bias);
        Self { strike, vol_q28, vol_q32, offset }
    }

    /// d1, biased by 8, Q32.
    #[inline(always)]
    fn d1(&self, cell: &Cell) -> u64 {
        (cell.log.wrapping_sub(LOG_BIAS) as u64 / self.vol_q28).wrapping_add(self.offset)
    }

    /// The value at one cell: far in the money the option is a forward, far out nothing.
    #[inline(always)]
    pub fn at(&self, cell: &Cell) -> i64 {
        const END: i64 = ARGUMENT_END as i64;
        let d1 = self.d1(cell) as i64;
        let d2 = d1.wrapping_sub(self.vol_q32 as i64);
        if d1 < 0 {
            return 0;
        }
        if d2 >= END {
            return cell.forward.wrapping_sub(self.strike);
        }
        unit(cell, self.strike, norm_cdf_scan(d1.min(END - 1) as u64), norm_cdf_scan(d2.max(0) as u64))
    }
}

impl Run for Wide {
    fn strike(&self) -> i64 {
        self.strike
    }

    #[inline(always)]
    fn is_worthless(&self, cell: &Cell) -> bool {
        (self.d1(cell) as i64) < LEAST_D1
    }

    #[inline(always)]
    fn is_certain(&self, cell: &Cell) -> bool {
        (self.d1(cell).wrapping_sub(self.vol_q32) as i64) >= MOST_D2
    }

    #[inline(never)]
    fn evaluate<S: Sink>(&self, cells: IterMut<Cell>, mut sink: S) {
        let &Self { strike, vol_q28, vol_q32, offset } = self;
        if vol_q32 > ROOM {
            // d1 or d2 may leave the table.
            for cell in cells {
                let unit = self.at(cell);
                sink.take(cell, unit);
            }
            return;
        }
        for cell in cells {
            let d1 = (cell.log.wrapping_sub(LOG_BIAS) as u64 / vol_q28).wrapping_add(offset);
            let n1 = norm_cdf_scan(d1);
            let n2 = norm_cdf_scan(d1.wrapping_sub(vol_q32));
            let unit = unit(cell, strike, n1, n2);
            sink.take(cell, unit);
        }
    }
}

/// The value at one cell of a strike whose logarithm or volatility has no room in 64 bits.
#[inline(never)]
pub(super) fn far(cell: &Cell, strike: i64, log_moneyness: i64, vol_q32: u64) -> i64 {
    // Logarithms within ±42·2^40.
    let vol = TotalVol::from_raw((vol_q32.min(MAX_VOL) << 8) as i64);
    let Moneyness { d1, d2 } = Moneyness::of(log_moneyness.wrapping_add(cell.log >> 20), vol);
    unit(cell, strike, norm_cdf(d1) >> 8, norm_cdf(d2) >> 8)
}

const _: () = assert!(ARGUMENT_BITS == 32 && MAX_TOTAL_VOL.raw() >> 8 == MAX_VOL as i64);
