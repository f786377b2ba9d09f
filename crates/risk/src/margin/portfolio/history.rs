//! Scenarios taken from history: pairs of a return of spot and a change of volatility that once came together.

use super::book::{ExpiryBook, PortfolioBook};
use super::grid::FACTOR_BITS;
use super::kernel::{shocked, Cell, Strip};
use super::scale::Scale;
use super::sink::{Add, Sink};
use super::tally::Tally;
use super::tenor::TenorTerms;
use crate::error::RiskError;
use crate::fixed::{mul_div, mul_shift, Rounding};
use crate::margin::cross::Leg;
use crate::math;
use crate::units::{Ratio, ONE_E9, ONE_Q};

/// Most pairs of a set.
pub const MAX_PAIRS: usize = 64;

/// One pair, made ready for the scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryPair {
    /// ln(1 + return), Q40.
    pub log_q40: i64,
    /// 1 + return, Q30.
    pub factor_q30: i64,
    /// 1 + change of volatility, Q40.
    pub vol_q40: i64,
}

impl HistoryPair {
    /// A pair from relative changes.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`]: `history_return` outside [−0.95, 4], `history_vol_change` outside [−0.9, 4].
    pub fn new(spot_return: Ratio, vol_change: Ratio) -> Result<Self, RiskError> {
        let most = Ratio::from_millionths(4_000_000);
        if !spot_return.is_within(Ratio::from_millionths(-950_000), most) {
            return Err(RiskError::ParameterOutOfRange("history_return"));
        }
        if !vol_change.is_within(Ratio::from_millionths(-900_000), most) {
            return Err(RiskError::ParameterOutOfRange("history_vol_change"));
        }
        let factor = Ratio::ONE.add(spot_return)?.raw();
        Ok(Self {
            log_q40: math::ln_ratio_q40(mul_div(factor, ONE_Q, ONE_E9, Rounding::Down)?)?,
            factor_q30: mul_div(factor, 1 << FACTOR_BITS, ONE_E9, Rounding::Down)?,
            vol_q40: mul_div(Ratio::ONE.add(vol_change)?.raw(), ONE_Q, ONE_E9, Rounding::Down)?,
        })
    }
}

/// The memory of a scan over history, some 2 KB.
#[derive(Clone, Copy, Debug)]
pub struct HistoryWorkspace {
    cells: [Cell; MAX_PAIRS],
    totals: [i64; MAX_PAIRS],
}

impl Default for HistoryWorkspace {
    fn default() -> Self {
        Self { cells: [Cell::default(); MAX_PAIRS], totals: [0; MAX_PAIRS] }
    }
}

impl HistoryWorkspace {
    /// PnL of the book for each pair, in units of value.
    ///
    /// # Errors
    /// As the scan of the grid.
    pub(super) fn outcomes(
        &mut self,
        book: &PortfolioBook,
        pairs: &[HistoryPair],
        scale: &Scale,
        mark: i64,
    ) -> Result<&mut [i64], RiskError> {
        if pairs.len() > MAX_PAIRS {
            return Err(RiskError::TooManyItems);
        }
        self.totals = [mark.wrapping_neg(); MAX_PAIRS];
        for (expiry, legs) in book.each() {
            self.add_expiry(book, expiry, legs, pairs, scale)?;
        }
        let collateral = scale.value(book.collateral.full);
        for (total, pair) in self.totals.iter_mut().zip(pairs) {
            let moved = mul_shift::<FACTOR_BITS>(collateral, pair.factor_q30.wrapping_sub(1 << FACTOR_BITS));
            *total = total.wrapping_add(moved);
        }
        Ok(self.totals.get_mut(..pairs.len()).unwrap_or_default())
    }

    fn add_expiry(
        &mut self,
        book: &PortfolioBook,
        expiry: &ExpiryBook,
        legs: &[Leg],
        pairs: &[HistoryPair],
        scale: &Scale,
    ) -> Result<(), RiskError> {
        let terms = TenorTerms::new(book.params, &expiry.tenor(), &book.vols)?;
        let moving = scale.price_q2(expiry.curve.forward.sub(expiry.fixed)?);
        for (cell, pair) in self.cells.iter_mut().zip(pairs) {
            *cell = match expiry.fixed.is_zero() {
                true => Cell::new(pair.log_q40 << 20, shocked(moving, pair.factor_q30)),
                false => Cell::partly_fixed(expiry, pair.factor_q30, scale)?,
            };
        }
        let mut tally = Tally::default();
        for leg in legs {
            let strip = Strip::of(leg, expiry, scale);
            tally.add(leg.kind, &strip);
            for (cell, pair) in self.cells.iter_mut().zip(pairs) {
                // A change of at most 5 in Q29 is below 2^32; times v in Q28, below 2^64.
                let unit = strip.at(cell, strip.vol_q28.wrapping_mul((pair.vol_q40 >> 11) as u64) >> 25);
                Add { size: strip.size }.take(cell, unit);
            }
        }
        for ((total, cell), _) in self.totals.iter_mut().zip(&self.cells).zip(pairs) {
            *total = total.wrapping_add(terms.discounts.of_scenario(tally.value(cell)));
        }
        Ok(())
    }
}

/// The largest factor on spot of a set, Q30.
pub(super) fn largest_factor(pairs: &[HistoryPair]) -> i64 {
    pairs.iter().fold(0, |largest, pair| largest.max(pair.factor_q30))
}

const _: () = assert!(core::mem::size_of::<HistoryWorkspace>() == MAX_PAIRS * 40);
