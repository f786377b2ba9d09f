//! What the scan of the grid and the scan of history share: a leg as a strip of units, cells inside the settlement window, and
//! what the legs of an expiry add up to besides their cells.

use super::book::ExpiryBook;
use super::grid::FACTOR_BITS;
use super::kernel::{Cell, Strip};
use super::scale::Scale;
use super::tenor::{discounted, Discounts};
use crate::error::RiskError;
use crate::fixed::mul_shift;
use crate::margin::cross::Leg;
use crate::math;
use crate::pricing::black76::OptionKind;
use crate::units::Price;

impl Strip {
    /// A leg of an expiry in units of the scan.
    #[inline(always)]
    pub fn of(leg: &Leg, expiry: &ExpiryBook, scale: &Scale) -> Self {
        Self {
            // Logarithms of prices are within ±21·2^40.
            log_moneyness: expiry.curve.log_forward.raw().wrapping_sub(leg.strike.log.raw()),
            strike: scale.price(leg.strike.price),
            size: scale.size(leg.size),
            vol_q28: Self::vol_q28(leg.total_vol),
        }
    }
}

impl Cell {
    /// A cell whose forward has a part that is fixed and does not move with spot.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`], [`RiskError::Overflow`].
    pub(super) fn partly_fixed(expiry: &ExpiryBook, factor: i64, scale: &Scale) -> Result<Self, RiskError> {
        let variable = expiry.curve.forward.sub(expiry.fixed)?.raw();
        let price = Price::from_raw(expiry.fixed.raw().wrapping_add(mul_shift::<FACTOR_BITS>(variable, factor)));
        let log = math::ln_price(price)?.raw().wrapping_sub(expiry.curve.log_forward.raw());
        Ok(Self::new(log << 20, scale.price(price)))
    }
}

/// How far the volatilities of an expiry's legs move.
#[derive(Clone, Copy, Default)]
pub(super) struct Turn {
    /// Σ |size| · change of total volatility, Q16, rounded up.
    pub turn: u64,
    /// Σ |size|.
    pub gross: u64,
}

impl Turn {
    /// What values change by at a forward below 2^31: vega is at most forward · n(0). # Rounding Up, with room for what the
    /// scan is off by.
    pub fn reach(&self, forward: i64) -> i64 {
        let vega = (self.turn >> 16).wrapping_add(1);
        // Below 2^-20 a volatility counts as none: to get there is a step of its own.
        let vega = vega.wrapping_add(self.gross >> 20).wrapping_add(1);
        // 13,108 / 2^15 is 0.40003, and n(0) = 0.39894.
        let density = ((forward as u64).wrapping_mul(13_108) >> 15).wrapping_add(1);
        // The scan is off by 3e-9 of forward and strike and a unit: 14 units at most, in each of two values.
        let noise = self.gross.wrapping_mul(32);
        // Below 2^31 and 2^30 the product is below 2^61; a vega beyond that is no bound.
        if vega >> 31 != 0 {
            return i64::MAX;
        }
        vega.wrapping_mul(density).wrapping_add(noise) as i64
    }
}

/// Sums over the legs of an expiry, in units of the scan.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Σ size of puts.
    put_size: i64,
    /// Σ size · strike of puts, and half a unit for each size to make up for the truncation of its values.
    constant: i64,
    /// Σ |size|.
    gross: u64,
    /// Σ |size| · total volatility, each rounded down.
    turn: u64,
    /// Negative if there are any.
    longs: i64,
    shorts: i64,
}

impl Tally {
    #[inline(always)]
    pub fn add(&mut self, kind: OptionKind, strip: &Strip) {
        // Products and signs instead of questions: a branch costs the SVM as much as they do, and what it saves as much again.
        let put_size = strip.size.wrapping_mul((kind == OptionKind::Put) as i64);
        self.put_size = self.put_size.wrapping_add(put_size);
        self.constant = self.constant.wrapping_add(put_size.wrapping_mul(strip.strike)).wrapping_add(strip.size >> 1);
        // |size| is below 2^32, the volatility in Q28 2^32 at most.
        let size = strip.size.unsigned_abs();
        self.gross = self.gross.wrapping_add(size);
        self.turn = self.turn.wrapping_add(size.wrapping_mul(strip.vol_q28) >> 28);
        self.longs |= strip.size.wrapping_neg();
        self.shorts |= strip.size;
    }

    /// Takes from every value what its cell has too much.
    #[inline(always)]
    pub fn lower(&mut self, excess: i64) {
        self.constant = self.constant.wrapping_sub(excess);
    }

    /// Value of the expiry at a cell: every put is a call less a forward. Each sum is below 2^62, differences wrap back into
    /// range.
    #[inline(always)]
    pub fn value(&self, cell: &Cell) -> i64 {
        cell.value.wrapping_add(self.constant).wrapping_sub(self.put_size.wrapping_mul(cell.forward))
    }

    /// Between which values the expiry lies: longs alone are worth nothing at least, shorts alone at most.
    #[inline(always)]
    pub fn limits(&self) -> (i64, i64) {
        let low = if self.shorts < 0 { i64::MIN } else { 0 };
        let high = if self.longs < 0 { i64::MAX } else { 0 };
        (low, high)
    }

    /// What the expiry's value can change by, when every volatility moves by a factor within 1 ± `cap` (Q40), at a forward below
    /// 2^31. # Rounding Up.
    pub fn reach(&self, cap: u64, forward: i64) -> i64 {
        // At most 64 legs were rounded down. Σ |size| · v < 2^37 times the cap in Q16 < 2^17.
        let turn = self.turn.wrapping_add(64).wrapping_mul((cap >> 24).wrapping_add(1));
        Turn { turn, gross: self.gross }.reach(forward)
    }

    /// Adds the expiry's value at each cell, discounted as owned or owed, to the cell's total.
    #[inline(never)]
    pub fn fold(&self, cells: &mut [Cell], discounts: &Discounts) {
        let (constant, put_size, owned, owed) = (self.constant, self.put_size, discounts.owned, discounts.owed);
        let value = |cell: &Cell| cell.value.wrapping_add(constant).wrapping_sub(put_size.wrapping_mul(cell.forward));
        let add = |cell: &mut Cell, shocked: i64| cell.total = cell.total.wrapping_add(shocked);
        // Three loops, each without the questions of the others.
        match (self.longs < 0, self.shorts < 0) {
            (true, true) => cells.iter_mut().for_each(|cell| add(cell, discounts.of_scenario(value(cell)))),
            (true, false) => cells.iter_mut().for_each(|cell| add(cell, discounted(value(cell).max(0), owned))),
            (false, _) => cells.iter_mut().for_each(|cell| add(cell, discounted(value(cell).min(0), owed))),
        }
    }
}
