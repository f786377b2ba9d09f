//! What the scan of the grid and the scan of history share: a leg as a strip of units, cells inside the settlement window, and
//! what the legs of an expiry add up to besides their cells.

use super::book::ExpiryBook;
use super::grid::FACTOR_BITS;
use super::kernel::{Cell, Strip};
use super::scale::Scale;
use super::tenor::{discounted, TenorTerms};
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

/// Sums over the legs of an expiry, in units of the scan.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Σ size of puts.
    put_size: i64,
    /// Σ size · strike of puts, and half a unit for each size to make up for the truncation of its values.
    constant: i64,
    has_longs: bool,
    has_shorts: bool,
}

impl Tally {
    #[inline(always)]
    pub fn add(&mut self, kind: OptionKind, strip: &Strip) {
        if kind == OptionKind::Put {
            self.put_size = self.put_size.wrapping_add(strip.size);
            self.constant = self.constant.wrapping_add(strip.size.wrapping_mul(strip.strike));
        }
        self.constant = self.constant.wrapping_add(strip.size >> 1);
        self.has_longs |= strip.size > 0;
        self.has_shorts |= strip.size < 0;
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
        let low = if self.has_shorts { i64::MIN } else { 0 };
        let high = if self.has_longs { i64::MAX } else { 0 };
        (low, high)
    }

    /// Adds the expiry's value at each cell, discounted as owned or owed, to the cell's total.
    #[inline(never)]
    pub fn fold(&self, cells: &mut [Cell], terms: &TenorTerms) {
        let (constant, put_size, owned, owed) = (self.constant, self.put_size, terms.owned, terms.owed);
        let value = |cell: &Cell| cell.value.wrapping_add(constant).wrapping_sub(put_size.wrapping_mul(cell.forward));
        let add = |cell: &mut Cell, shocked: i64| cell.total = cell.total.wrapping_add(shocked);
        // Three loops, each without the questions of the others.
        match (self.has_longs, self.has_shorts) {
            (true, true) => cells.iter_mut().for_each(|cell| add(cell, terms.with_discount(value(cell)))),
            (true, false) => cells.iter_mut().for_each(|cell| add(cell, discounted(value(cell).max(0), owned))),
            (false, _) => cells.iter_mut().for_each(|cell| add(cell, discounted(value(cell).min(0), owed))),
        }
    }
}
