//! The value of one expiry at a point of the grid, from below or from above, from the sums of its arrays.
//!
//! With δ the move of a point's forward, and both chords taken as slopes of the sum V of one sign:
//!
//! ```text
//! upwards     V + δ·(chord to the left)  ≤ V(G + δ) ≤ V + δ·(chord to the right)
//! downwards   V − δ·(chord to the right) ≤ V(G − δ) ≤ V − δ·(chord to the left)
//! ```
//!
//! Left of the first point of a direction lies the price 0, where a call is worth nothing; right of the last one, and where
//! a point moves past its neighbour, the slope is that of the sizes themselves, and to the left 0.

use super::super::batch::{blocks_of, Batch, UnitValues, UNIT_SLOTS};
use super::super::book::{ExpiryBook, PriceRange};
use super::super::grid::{Grid, FACTOR_BITS};
use super::super::kernel::{shocked, Cell, Strip};
use super::super::scale::Scale;
use super::super::tally::Tally;
use super::super::tenor::{discounted, SkewTerms, TenorTerms};
use super::bound::Side;
use super::drift::Drift;
use super::snapshot::ExpirySnapshot;
use super::space::ArraySpace;
use super::Uncovered;
use crate::margin::cross::Leg;
use core::num::NonZeroU64;

/// What interpolation and discounting round by at most, in units of value: four products and two discounts of 2^30 each.
const ROUNDING: i64 = 6 << 30;
/// Bits by which the arrays may be coarser than the book: a strike that dwarfs the forward makes them so.
const COARSEST: i32 = 12;
/// 1.6e-9 of the distribution with room for the rounding of volatility and logarithm, as a shift.
const DISTRIBUTION_SHIFT: u32 = 28;

/// The legs of an expiry, added up, with everything their values follow from. In the units of the book.
pub(super) struct Bracket<'a> {
    grid: &'a Grid<'a>,
    terms: &'a TenorTerms,
    drift: Drift,
    tally: Tally,
    longs: Strand<'a>,
    shorts: Strand<'a>,
    then: &'a [i64; UNIT_SLOTS],
    now: &'a [i64; UNIT_SLOTS],
    /// Highest strike.
    strike: i64,
    /// What values err by for each contract, apart from the distribution.
    error: i64,
    /// How many sizes are rounded, each by less than a unit.
    rounded: i64,
}

/// Σ |size| · unit of the legs of one sign.
struct Strand<'a> {
    values: &'a [i64; UNIT_SLOTS],
    size: i64,
}

/// The least and most a sum moves by, both ≥ 0.
#[derive(Clone, Copy)]
struct Reach {
    gentle: i64,
    steep: i64,
}

/// The points a point has to its left and right in its direction.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    first: usize,
    end: usize,
}

impl<'a> Bracket<'a> {
    /// Adds up the legs.
    #[inline(never)]
    pub fn new(
        (grid, terms): (&'a Grid<'a>, &'a TenorTerms),
        scale: &Scale,
        then: &ExpirySnapshot,
        expiry: &ExpiryBook,
        legs: &[Leg],
        units: &[&UnitValues],
        space: &'a mut ArraySpace,
    ) -> Result<Self, Uncovered> {
        let drift = Drift::between(then, expiry.curve.log_forward, expiry.sqrt_years, terms)?;
        let count = grid.shape.count as usize;
        let blocks = blocks_of(count.wrapping_add(2));
        let (mut tally, mut strike) = (Tally::default(), 0);
        let ArraySpace { longs, shorts, then: points_then, now: points_now } = space;
        longs.fill(0);
        shorts.fill(0);
        let (mut bought, mut sold) = (Batch::new(), Batch::new());
        for (leg, units) in legs.iter().zip(units) {
            let (units, _) = units.as_chunks();
            let (strike_price, size) = (scale.price(leg.strike.price), scale.size(leg.size));
            let strip = Strip { log_moneyness: 0, strike: strike_price, size, vol_q28: 0 };
            tally.add(leg.kind, &strip);
            strike = strip.strike.max(strike);
            match strip.size < 0 {
                true => sold.add(shorts, units, strip.size.wrapping_neg(), blocks),
                false => bought.add(longs, units, strip.size, blocks),
            }
        }
        // Exponents within ±33. Sizes have 30 bits together, and the highest price of a book 30 at least: finer arrays, of 31
        // bits, sum up below 2^61, and coarser ones, shifted, below the book's 2^60.
        let shift = then.exponent.wrapping_sub(scale.price_exponent());
        if shift > COARSEST {
            return Err(Uncovered::NoArray);
        }
        let (bought, sold) = (bought.finish(longs, blocks), sold.finish(shorts, blocks));
        let (from, to) = (scale.price_q2(then.forward), scale.price_q2(expiry.curve.forward));
        for ((then, now), &factor) in points_then.iter_mut().zip(points_now.iter_mut()).zip(grid.factors).take(count) {
            (*then, *now) = (shocked(from, factor), shocked(to, factor));
        }
        if let (Some(then_last), Some(now_last)) = (points_then.get_mut(count), points_now.get_mut(count)) {
            (*then_last, *now_last) = (scale.price(then.forward), scale.price(expiry.curve.forward));
        }
        Ok(Self {
            grid,
            terms,
            drift,
            tally,
            longs: Strand::new((longs, bought), shift, count),
            shorts: Strand::new((shorts, sold), shift, count),
            then: points_then,
            now: points_now,
            strike,
            // Rounding of prices and truncation: eight units of the book, twelve of the arrays' for both sides of a slope.
            error: 16i64.wrapping_add(12i64.wrapping_shl(shift.clamp(0, COARSEST) as u32)),
            // At most 64 legs.
            rounded: if scale.rounds_sizes() { legs.len() as i64 } else { 0 },
        })
    }

    /// Adds the discounted value of every point of the grid to the totals.
    #[inline(never)]
    pub fn add_to(&self, totals: &mut [i64], side: Side) {
        let (ups, downs) = (self.grid.shape.ups as usize, self.grid.shape.downs as usize);
        let (middle, count) = (ups.wrapping_add(downs), self.grid.shape.count as usize);
        for (first, end, drift) in
            [(0, ups, self.drift.up), (ups, middle, self.drift.down), (middle, count, self.drift.still)]
        {
            for at in first..end {
                let Some(total) = totals.get_mut(at) else { return };
                let value = self.value(Place { at, first, end }, get(self.now, at), drift, side);
                *total = total.wrapping_add(side.widened(self.terms.discounts.of_scenario(value), ROUNDING));
            }
        }
    }

    /// Discounted value at a point without a move of volatility, of the factor as it stands now.
    pub fn still(&self, point: u8, side: Side) -> i64 {
        let value = self.value(self.place(point as usize), get(self.now, point as usize), self.drift.still, side);
        side.widened(discounted(value, self.terms.discounts.mark), ROUNDING)
    }

    /// The same at an end of the price range: from the point next to it.
    #[inline(never)]
    pub fn at_end(&self, range: &PriceRange, moving_q2: i64, is_low: bool, side: Side) -> i64 {
        let factor = if is_low { range.factor_low } else { range.factor_high };
        let target = shocked(moving_q2, factor);
        let still = (self.grid.shape.ups as usize).wrapping_add(self.grid.shape.downs as usize);
        let distance = |at: &usize| get(self.then, *at).wrapping_sub(target).wrapping_abs();
        let nearest = (still..self.grid.shape.count as usize).min_by_key(distance).unwrap_or(still);
        let value = self.value(self.place(nearest), target, self.drift.still, side);
        side.widened(discounted(value, self.terms.discounts.mark), ROUNDING)
    }

    /// What a skew scenario counts, −|V(σ'')·D± − V|, for an expiry whose mark lies between these.
    #[inline(never)]
    pub fn skewed(&self, is_linear: bool, marks: (i64, i64), side: Side) -> i64 {
        let (now, drift, apart): (&SkewTerms, i64, i64) = match is_linear {
            true => (&self.terms.linear, self.drift.linear, self.drift.linear_slope),
            false => (&self.terms.absolute, self.drift.absolute, self.drift.absolute_slope),
        };
        if now.cap == 0 {
            return 0;
        }
        let at = (self.grid.shape.count as usize).wrapping_add(!is_linear as usize);
        let at_side = |side: Side| {
            let value = self.skew_value(at, apart, drift, side);
            side.widened(self.terms.discounts.of_scenario(value), ROUNDING)
        };
        let (low, high) = (at_side(Side::Lower), at_side(Side::Upper));
        let apart = match side {
            Side::Lower => high.wrapping_sub(marks.0).max(marks.1.wrapping_sub(low)),
            Side::Upper => low.wrapping_sub(marks.1).max(marks.0.wrapping_sub(high)),
        };
        apart.max(0).wrapping_neg()
    }

    fn place(&self, at: usize) -> Place {
        let still = (self.grid.shape.ups as usize).wrapping_add(self.grid.shape.downs as usize);
        Place { at, first: still, end: self.grid.shape.count as usize }
    }

    /// Undiscounted value with the point at this forward.
    #[inline(always)]
    fn value(&self, place: Place, target: i64, drift: i64, side: Side) -> i64 {
        let moved = target.wrapping_sub(get(self.then, place.at));
        let apart = moved.wrapping_abs();
        let chords = self.chords(place, apart);
        let (longs, shorts) = (self.longs.reach(place, &chords, apart), self.shorts.reach(place, &chords, apart));
        let at = (self.longs.at(place.at), self.shorts.at(place.at));
        self.combine(at, (longs, shorts), moved, target, drift, side)
    }

    /// The value in a skew scenario: its slope is that of the mark, but for how far N(d1) is apart.
    fn skew_value(&self, at: usize, slope_apart: i64, drift: i64, side: Side) -> i64 {
        let count = self.grid.shape.count as usize;
        let target = get(self.now, count);
        let moved = target.wrapping_sub(get(self.then, count));
        let apart = moved.wrapping_abs();
        let mark = self.place(self.grid.shape.mark as usize);
        let chords = self.chords(mark, apart);
        let widened = |strand: &Strand| {
            let Reach { gentle, steep } = strand.reach(mark, &chords, apart);
            // Sizes ≤ 2^30, moves < 2^26, slopes ≤ 2^31 of Q31.
            let more = strand.size.wrapping_mul((apart.wrapping_mul(slope_apart) >> 31).wrapping_add(1));
            let most = strand.size.wrapping_mul(apart);
            Reach { gentle: gentle.wrapping_sub(more).max(0), steep: steep.wrapping_add(more).min(most) }
        };
        let reaches = (widened(&self.longs), widened(&self.shorts));
        self.combine((self.longs.at(at), self.shorts.at(at)), reaches, moved, target, drift, side)
    }

    /// Longs less shorts, each from the side that counts, with what volatility and rounding may add.
    #[inline(always)]
    fn combine(
        &self,
        (longs, shorts): (i64, i64),
        (of_longs, of_shorts): (Reach, Reach),
        moved: i64,
        target: i64,
        drift: i64,
        side: Side,
    ) -> i64 {
        // Below: longs rise by little and fall by much, shorts the other way round.
        let calls = match (side, moved >= 0) {
            (Side::Lower, true) => of_longs.gentle.wrapping_sub(of_shorts.steep),
            (Side::Lower, false) => of_shorts.gentle.wrapping_sub(of_longs.steep),
            (Side::Upper, true) => of_longs.steep.wrapping_sub(of_shorts.gentle),
            (Side::Upper, false) => of_shorts.steep.wrapping_sub(of_longs.gentle),
        };
        let gross = self.longs.size.wrapping_add(self.shorts.size);
        // Prices < 2^32 and a drift of at most 2^31: below 2^63.
        let of_vol = (target.min(self.strike).wrapping_mul(drift) >> 31).wrapping_add((drift != 0) as i64);
        let of_cdf = (target.wrapping_add(self.strike) >> DISTRIBUTION_SHIFT).wrapping_add(1) << 2;
        // In full the sizes have two bits more: each leg's call, and its put's strike, differ by less than a unit of size.
        let of_sizes = self.rounded.wrapping_mul(target.wrapping_add(self.strike));
        let width = gross.wrapping_mul(of_vol.wrapping_add(of_cdf).wrapping_add(self.error)).wrapping_add(of_sizes);
        let cell = Cell { log: 0, total: 0, forward: target, value: longs.wrapping_sub(shorts).wrapping_add(calls) };
        let (low, high) = self.tally.limits();
        side.widened(self.tally.value(&cell), width).max(low).min(high)
    }

    /// δ over the distance to the left and to the right neighbour, Q31: none where there is no neighbour or it is nearer.
    #[inline(always)]
    fn chords(&self, place: Place, apart: i64) -> (Option<i64>, Option<i64>) {
        let here = get(self.then, place.at);
        let left = if place.at > place.first { get(self.then, place.at.wrapping_sub(1)) } else { 0 };
        let next = place.at.wrapping_add(1);
        let right = (next < place.end).then(|| get(self.then, next));
        (part(apart, here.wrapping_sub(left)), right.and_then(|right| part(apart, right.wrapping_sub(here))))
    }
}

impl<'a> Strand<'a> {
    /// In units of the book, without the unit that was added to each value. # Rounding Down, less than a unit.
    fn new((values, size): (&'a mut [i64; UNIT_SLOTS], i64), shift: i32, count: usize) -> Self {
        for value in values.iter_mut().take(count.wrapping_add(2)) {
            let exact = value.wrapping_sub(size);
            *value = if shift >= 0 { exact.wrapping_shl(shift as u32) } else { exact >> shift.wrapping_neg().min(62) };
        }
        Self { values, size }
    }

    #[inline(always)]
    fn at(&self, point: usize) -> i64 {
        get(self.values, point)
    }

    /// How far the sum moves along its chords.
    #[inline(always)]
    fn reach(&self, place: Place, chords: &(Option<i64>, Option<i64>), apart: i64) -> Reach {
        if self.size == 0 || apart == 0 {
            return Reach { gentle: 0, steep: 0 };
        }
        let here = self.at(place.at);
        let left = if place.at > place.first { self.at(place.at.wrapping_sub(1)) } else { 0 };
        // Slopes are between 0 and 1 for each contract.
        let most = self.size.wrapping_mul(apart);
        let gentle = chords.0.map_or(0, |part| times(here.wrapping_sub(left), part));
        let steep = chords.1.map_or(most, |part| times(self.at(place.at.wrapping_add(1)).wrapping_sub(here), part));
        Reach { gentle: gentle.max(0).min(most), steep: steep.max(0).min(most) }
    }
}

/// δ/distance in Q31, if that is at most 1. # Rounding Down.
#[inline(always)]
fn part(apart: i64, distance: i64) -> Option<i64> {
    if apart > distance || distance <= 0 {
        return None;
    }
    // Prices < 2^32: shifted by 31 below 2^63.
    Some((((apart as u64) << 31) / NonZeroU64::MIN.saturating_add((distance as u64).wrapping_sub(1))) as i64)
}

/// A difference of sums (< 2^62) times a part of it in Q31. # Rounding 2^30, either way.
#[inline(always)]
fn times(difference: i64, part: i64) -> i64 {
    (difference >> 30).wrapping_mul(part) >> 1
}

#[inline(always)]
fn get(values: &[i64; UNIT_SLOTS], at: usize) -> i64 {
    values.get(at).copied().unwrap_or_default()
}

/// The forward of an expiry with two bits more than a unit of price, as [`Bracket::at_end`] wants it.
pub(super) fn moving_q2(scale: &Scale, expiry: &ExpiryBook) -> i64 {
    scale.price_q2(expiry.curve.forward)
}

const _: () = assert!(FACTOR_BITS == 30);
