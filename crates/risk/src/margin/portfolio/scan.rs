//! One pass over the legs of an underlying: the value of the book at every point of the grid, expiry by expiry.

use super::array::{scan_grid, vol_q32, ArrayStamp, Ends, RiskArray};
use super::batch::{blocks_of, Batch, Point, UNIT_SLOTS};
use super::book::{ExpiryBook, PortfolioBook, MAX_EXPIRIES};
use super::grid::{Grid, GridShape, FACTOR_BITS, FULL_WEIGHT, MAX_POINTS};
use super::kernel::{fill_cells, shocked, Cell, Strip};
use super::scale::Scale;
use super::sink::{Add, Sink};
use super::skew::{reach, Still};
use super::tally::Tally;
use super::tenor::{discounted, TenorTerms};
use crate::error::RiskError;
use crate::fixed::mul_shift;
use crate::margin::cross::Leg;
use crate::units::{Exact, TotalVol};
use core::slice::IterMut;

/// Behind the cells of the grid there is room for two more, the ends of the price range: where they lie between its points
/// without a shock of volatility, they are scanned along with those. And arrays are added up in whole blocks.
const MAX_CELLS: usize = UNIT_SLOTS;
const _: () = assert!(MAX_CELLS >= MAX_POINTS + 2);
/// The basis contingency is up to 30 times a value: it is summed in 32nds of the unit's precision.
pub(super) const BASIS_BITS: u32 = 5;

/// The memory of a scan, some 2.1 KB: made once, used for one underlying after the other.
#[derive(Clone, Copy, Debug)]
pub struct Workspace {
    pub(super) cells: [Cell; MAX_CELLS],
    pub(super) sums: Sums,
    /// Each expiry at the mark, as far as it was scanned.
    pub(super) expiries: [Still; MAX_EXPIRIES],
    pub(super) scale: Scale,
}

/// What is summed over expiries, in units of value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub mark: i64,
    /// Expiries scanned so far.
    pub count: usize,
    /// In 32 units.
    pub basis: i64,
    /// Change of value at the ends of the price range.
    pub low: i64,
    pub high: i64,
    /// What either skew scenario can take at most.
    pub reach: i64,
    /// The part of it that no change of volatility is needed for: values discounted as owned or owed.
    pub apart: i64,
    /// What they take, ≤ 0, where they were scanned.
    pub linear: i64,
    pub absolute: i64,
}

impl Point for Cell {
    #[inline(always)]
    fn plus(self, added: i64) -> Self {
        Self { value: self.value.wrapping_add(added), ..self }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            cells: [Cell::default(); MAX_CELLS],
            sums: Sums::default(),
            expiries: [Still::default(); MAX_EXPIRIES],
            scale: Scale::default(),
        }
    }
}

impl Workspace {
    /// Scans the whole book; the units have room for shocks up to `further`, Q30, as well.
    pub(super) fn scan(
        &mut self,
        book: &PortfolioBook,
        further: i64,
        arrays: &mut [Option<RiskArray>],
    ) -> Result<(), RiskError> {
        self.cells.iter_mut().for_each(|cell| cell.total = 0);
        self.sums = Sums::default();
        self.scale = book.scale(further)?;
        let mut arrays = arrays.iter_mut();
        book.each().try_for_each(|(expiry, legs)| self.add_expiry(book, expiry, legs, &mut arrays))
    }

    #[inline(never)]
    fn add_expiry(
        &mut self,
        book: &PortfolioBook,
        expiry: &ExpiryBook,
        legs: &[Leg],
        arrays: &mut IterMut<Option<RiskArray>>,
    ) -> Result<(), RiskError> {
        let terms = TenorTerms::new(book.params, &expiry.tenor(), &book.vols)?;
        self.place_cells(book, expiry)?;
        let ends = match (book.range.is_wide(), self.has_range_inside(book.grid.shape)) {
            (false, _) => Ends::None,
            (true, true) => Ends::Along,
            (true, false) => Ends::Apart,
        };
        let mut tally = Tally::default();
        match arrays.len() {
            0 => self.add_legs((book.grid.shape, ends), (expiry, &terms), legs, &mut tally),
            _ => self.add_legs_with_arrays((book.grid.shape, ends), (expiry, &terms), legs, arrays, &mut tally),
        }
        self.fold(book, expiry, &terms, &tally);
        Ok(())
    }

    /// Adds legs point by point. Calls and puts of one strike, side by side, are scanned as one.
    #[inline(never)]
    fn add_legs(
        &mut self,
        (shape, ends): (GridShape, Ends),
        (expiry, terms): (&ExpiryBook, &TenorTerms),
        mut legs: &[Leg],
        tally: &mut Tally,
    ) {
        let mut waiting = 0i64;
        while let [leg, rest @ ..] = legs {
            legs = rest;
            let mut strip = Strip::of(leg, expiry, &self.scale);
            tally.add(leg.kind, &strip);
            strip.size = strip.size.wrapping_add(waiting);
            if rest.first().is_some_and(|next| next.has_strike_of(leg)) {
                waiting = strip.size;
                continue;
            }
            waiting = 0;
            scan_grid(&strip, &mut self.cells, (shape, ends), terms, leg.total_vol, &mut Add { size: strip.size });
            if ends == Ends::Apart {
                self.add_range(shape, &strip, leg.total_vol);
            }
        }
    }

    /// Adds legs from their risk arrays, where there is room for one: an array belongs to a series, and knows no pairs and no
    /// price range.
    #[inline(never)]
    fn add_legs_with_arrays<'a>(
        &mut self,
        (shape, ends): (GridShape, Ends),
        (expiry, terms): (&ExpiryBook, &TenorTerms),
        legs: &[Leg],
        arrays: &mut IterMut<'a, Option<RiskArray>>,
        tally: &mut Tally,
    ) {
        let (exponent, blocks) = (self.scale.price_exponent(), blocks_of(shape.count as usize));
        let mut batch = Batch::new();
        for leg in legs {
            let strip = Strip::of(leg, expiry, &self.scale);
            tally.add(leg.kind, &strip);
            let (vol, mut add) = (leg.total_vol, Add { size: strip.size });
            let array = arrays.next().and_then(Option::as_mut);
            let stamp = ArrayStamp::new(exponent, vol);
            match array.and_then(|array| array.values(&strip, (&mut self.cells, blocks), shape, terms, stamp)) {
                Some(units) => batch.add(&mut self.cells, units, strip.size, blocks),
                None => scan_grid(&strip, &mut self.cells, (shape, Ends::None), terms, vol, &mut add),
            }
            if ends != Ends::None {
                self.add_range(shape, &strip, vol);
            }
        }
        // Units of arrays are one too high, those at the ends of the price range are not.
        let size = batch.finish(&mut self.cells, blocks);
        tally.lower(size);
        for cell in self.cells.iter_mut().skip(shape.count as usize).take(2) {
            cell.value = cell.value.wrapping_add(size);
        }
    }

    /// Shocked forwards and their logarithms. Inside the settlement window a part of the forward is fixed and does not move.
    fn place_cells(&mut self, book: &PortfolioBook, expiry: &ExpiryBook) -> Result<(), RiskError> {
        let fixed = expiry.fixed;
        let moving = self.scale.price_q2(expiry.curve.forward.sub(fixed)?);
        let points = self.cells.get_mut(..book.grid.shape.count as usize).unwrap_or_default();
        fill_cells(points, &book.grid, moving);
        if let (true, Some([low, high, ..])) =
            (book.range.is_wide(), self.cells.get_mut(book.grid.shape.count as usize..))
        {
            *low = Cell::new(book.range.log_low << 20, shocked(moving, book.range.factor_low));
            *high = Cell::new(book.range.log_high << 20, shocked(moving, book.range.factor_high));
        }
        if fixed.is_zero() {
            return Ok(());
        }
        let of_grid = book.grid.factors.iter().take(book.grid.shape.count as usize).copied();
        let factors = of_grid.chain([book.range.factor_low, book.range.factor_high]);
        for (cell, factor) in self.cells.iter_mut().zip(factors) {
            *cell = Cell { total: cell.total, ..Cell::partly_fixed(expiry, factor, &self.scale)? };
        }
        Ok(())
    }

    /// Whether both ends of the price range lie between points without a shock of volatility.
    fn has_range_inside(&self, shape: GridShape) -> bool {
        let still = self.cells.get((shape.ups as usize).wrapping_add(shape.downs as usize)..).unwrap_or_default();
        let count = (shape.count as usize).wrapping_sub(shape.ups as usize).wrapping_sub(shape.downs as usize);
        match still.split_at_checked(count) {
            Some(([first, .., last], [low, high, ..])) => first.log <= low.log && high.log <= last.log,
            _ => false,
        }
    }

    /// Adds one leg at both ends of the price range.
    #[inline(never)]
    fn add_range(&mut self, shape: GridShape, strip: &Strip, vol: TotalVol) {
        let mut add = Add { size: strip.size };
        for cell in self.cells.iter_mut().skip(shape.count as usize).take(2) {
            let unit = strip.at(cell, vol_q32(vol));
            add.take(cell, unit);
        }
    }

    /// Adds the expiry's values to the totals of the underlying.
    fn fold(&mut self, book: &PortfolioBook, expiry: &ExpiryBook, terms: &TenorTerms, tally: &Tally) {
        let grid = &book.grid;
        let discounts = terms.discounts;
        let (low, high) = tally.limits();
        let cell = |index: usize| self.cells.get(index).map_or(0, |cell| tally.value(cell).max(low).min(high));
        let value = cell(grid.shape.mark as usize);
        let mark = discounted(value, discounts.mark);
        let change = |index: usize| discounted(cell(index), discounts.mark).wrapping_sub(mark);
        let basis = change(grid.shape.basis_up as usize).min(change(grid.shape.basis_down as usize)).min(0);
        let (reach, apart) = reach(terms, tally, self.scale.price(expiry.curve.forward), (value, mark));
        let sums = &mut self.sums;
        if let Some(slot) = self.expiries.get_mut(sums.count) {
            *slot = Still { mark, discounts };
        }
        sums.count = sums.count.wrapping_add(1);
        sums.mark = sums.mark.wrapping_add(mark);
        sums.basis = sums.basis.wrapping_add(mul_shift::<{ 40 + BASIS_BITS }>(basis, terms.basis));
        sums.reach = sums.reach.saturating_add(reach);
        sums.apart = sums.apart.saturating_add(apart);
        if book.range.is_wide() {
            let low = grid.shape.count as usize;
            sums.low = sums.low.wrapping_add(change(low));
            sums.high = sums.high.wrapping_add(change(low.wrapping_add(1)));
        }
        let points = self.cells.get_mut(..grid.shape.count as usize).unwrap_or_default();
        tally.fold(points, &discounts);
    }

    /// Turns totals into weighted PnLs: weight·(total − mark + (s − 1)·collateral). Gives the worst.
    pub(super) fn weigh(&mut self, grid: &Grid, collateral: Exact) -> i64 {
        let mark = self.sums.mark;
        let points = self.cells.get_mut(..grid.shape.count as usize).unwrap_or_default();
        if !collateral.is_zero() {
            let collateral = self.scale.value(collateral);
            for (cell, &factor) in points.iter_mut().zip(grid.factors) {
                let moved = mul_shift::<FACTOR_BITS>(collateral, factor.wrapping_sub(1 << FACTOR_BITS));
                cell.total = cell.total.wrapping_add(moved);
            }
        }
        let mut worst = i64::MAX;
        let weights = grid.weights.get(..points.len()).unwrap_or_default();
        for (cell, &weight) in points.iter_mut().zip(weights) {
            let mut pnl = cell.total.wrapping_sub(mark);
            if weight != FULL_WEIGHT {
                pnl = weighted(pnl, weight);
            }
            cell.total = pnl;
            // A point that is no scenario has weight 0: it wins only where nothing is lost in any.
            worst = worst.min(pnl);
        }
        worst
    }

    /// The basis contingency, ≤ 0.
    pub(super) fn basis(&self) -> Exact {
        Exact::from_raw(self.scale.exact(self.sums.basis).raw().wrapping_shl(BASIS_BITS))
    }
}

/// Weight (Q31, below 1) times PnL. # Rounding Down.
#[inline(always)]
fn weighted(pnl: i64, weight: i64) -> i64 {
    // In halves: the upper product is below 2^62, the lower one below 2^63 without a sign, and the sum below the PnL.
    let low = (pnl as u32 as u64).wrapping_mul(weight as u64) >> 31;
    (pnl >> 32).wrapping_mul(weight).wrapping_shl(1).wrapping_add(low as i64)
}
