//! The skew scenarios: spot stands still, the smile tilts or bends.
//!
//! Few books lose most in them. The scan of the grid adds up what they can take at most, vega times the largest change of
//! volatility. Where that is more than the worst scenario of the grid takes, the change is asked of each strike; and where that
//! is still more, legs are valued in them.

use super::book::{ExpiryBook, PortfolioBook};
use super::kernel::{Cell, Strip};
use super::scan::Workspace;
use super::sink::{Add, Sink};
use super::tally::{Tally, Turn};
use super::tenor::{Discounts, SkewTerms, TenorTerms};
use crate::error::RiskError;
use crate::margin::cross::Leg;
use core::num::NonZeroU64;

/// Asked strike by strike, books reach a fifth to a thirtieth of what they do at their caps: where 2^-5 is still too much, asking
/// would only cost.
const ASKING_BITS: u32 = 5;

/// What the scan of the grid keeps of an expiry for the skew scenarios.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Still {
    /// Mark value, in units of value.
    pub mark: i64,
    pub discounts: Discounts,
}

/// What either skew scenario can take of an expiry at most, given its value before discounts and its mark; and the part of it
/// that no change of volatility is needed for. # Rounding Up.
#[inline(always)]
pub(super) fn reach(terms: &TenorTerms, tally: &Tally, forward: i64, (value, mark): (i64, i64)) -> (i64, i64) {
    let cap = terms.linear.steeper(&terms.absolute).cap.unsigned_abs();
    if cap == 0 {
        return (0, 0);
    }
    // Discount factors are at most 1: two values apart by so much are so much apart discounted as well, but for rounding.
    let apart = terms.discounts.of_scenario(value).wrapping_sub(mark).wrapping_abs().wrapping_add(1 << 31);
    (tally.reach(cap, forward).saturating_add(apart), apart)
}

impl Workspace {
    /// Values the book in both skew scenarios, unless they cannot take more than `spared`.
    ///
    /// # Errors
    /// None of its own: it has no other than the scan of the grid.
    pub(super) fn scan_skews_beyond(&mut self, book: &PortfolioBook, spared: i64) -> Result<(), RiskError> {
        let is_worth_asking = self.sums.reach >> ASKING_BITS <= spared;
        if self.sums.reach <= spared || (is_worth_asking && self.reach_by_strike(book) <= spared) {
            return Ok(());
        }
        self.scan_skews(book)
    }

    /// What either skew scenario can take at most, by how far the volatility of each strike moves in it. # Rounding Up.
    #[inline(never)]
    fn reach_by_strike(&self, book: &PortfolioBook) -> i64 {
        book.each().fold(self.sums.apart, |sum, (expiry, legs)| {
            let (linear, absolute) = SkewTerms::both(book.params, expiry.sqrt_years);
            let turn = self.turn(expiry, legs, &linear.steeper(&absolute));
            sum.saturating_add(turn.reach(self.scale.price(expiry.curve.forward)))
        })
    }

    fn turn(&self, expiry: &ExpiryBook, mut legs: &[Leg], steeper: &SkewTerms) -> Turn {
        let (mut sum, mut net) = (Turn::default(), 0i64);
        let log_forward = expiry.curve.log_forward.raw();
        while let [leg, rest @ ..] = legs {
            legs = rest;
            let size = self.scale.size(leg.size);
            sum.gross = sum.gross.wrapping_add(size.unsigned_abs());
            net = net.wrapping_add(size);
            // Calls and puts of one strike have the same vega.
            if rest.first().is_some_and(|next| next.has_strike_of(leg)) {
                continue;
            }
            let k = log_forward.wrapping_sub(leg.strike.log.raw());
            sum.turn = sum.turn.wrapping_add(turn_q16_ceil(net, Strip::vol_q28(leg.total_vol), k, steeper));
            net = 0;
        }
        sum
    }

    /// Values the book in both skew scenarios.
    ///
    /// # Errors
    /// As [`Workspace::scan_skews_beyond`].
    #[inline(never)]
    pub(super) fn scan_skews(&mut self, book: &PortfolioBook) -> Result<(), RiskError> {
        let mut sums = (0i64, 0i64);
        for ((expiry, legs), still) in book.each().zip(&self.expiries) {
            let (linear, absolute) = &SkewTerms::both(book.params, expiry.sqrt_years);
            let mut cells = [Cell::new(0, self.scale.price(expiry.curve.forward)); 2];
            let mut tally = Tally::default();
            for leg in legs {
                let strip = Strip::of(leg, expiry, &self.scale);
                tally.add(leg.kind, &strip);
                scan_skews(&strip, &mut cells, (linear, absolute), &mut Add { size: strip.size });
            }
            let (low, high) = tally.limits();
            let lost = |cell: &Cell, skew: &SkewTerms| match skew.cap {
                0 => 0,
                _ => {
                    let value = tally.value(cell).max(low).min(high);
                    still.discounts.of_scenario(value).wrapping_sub(still.mark).wrapping_abs()
                }
            };
            let [tilted, bent] = &cells;
            sums.0 = sums.0.wrapping_sub(lost(tilted, linear));
            sums.1 = sums.1.wrapping_sub(lost(bent, absolute));
        }
        (self.sums.linear, self.sums.absolute) = sums;
        Ok(())
    }
}

/// |size| · change of total volatility (v in Q28) at log-moneyness ±k (Q40), less where vega is less than at the money, Q16.
/// # Rounding Up.
#[inline(always)]
fn turn_q16_ceil(size: i64, vol: u64, k: i64, skew: &SkewTerms) -> u64 {
    let change = skew.change_q16_ceil(k);
    // |size| and volatility are below 2^32; their product in whole units below 2^37, the change in Q16 below 2^17.
    let held = (size.unsigned_abs().wrapping_mul(vol) >> 28).wrapping_add(1);
    let highest = vol.wrapping_add(vol.wrapping_mul(change) >> 16).wrapping_add(1);
    let moved = (held.wrapping_mul(change) >> 16).wrapping_add(1);
    moved.wrapping_mul(density_q16_ceil(k, highest))
}

/// Upper bound of n(d1)/n(0) at log-moneyness ±k (Q40) and volatilities up to `highest` (Q28), Q16. # Rounding Up.
///
/// |d1| ≥ d = |k|/v − v/2 at the highest of them, and e^-x ≤ 1/(1 + x + x²/2) for x = d²/2.
#[inline(always)]
fn density_q16_ceil(k: i64, highest: u64) -> u64 {
    // Not zero, and never too low. Logarithms are below 2^45, d in Q8 up to 16.
    let highest = NonZeroU64::MIN.saturating_add(highest);
    let d = ((k.unsigned_abs() >> 4) / highest).saturating_sub((highest.get() >> 21).wrapping_add(1)).min(1 << 12);
    let x = d.wrapping_mul(d) >> 1;
    let below = NonZeroU64::MIN.saturating_add(x.wrapping_add(x.wrapping_mul(x) >> 17).wrapping_add((1 << 16) - 1));
    ((1u64 << 32) / below).wrapping_add(1)
}

/// The strike in both skew scenarios, the last two cells; one that is left out has no value.
#[inline(always)]
pub(super) fn scan_skews<S: Sink>(
    strip: &Strip,
    cells: &mut [Cell],
    (tilting, bending): (&SkewTerms, &SkewTerms),
    sink: &mut S,
) {
    let [.., linear, absolute] = cells else { return };
    let k = strip.log_moneyness.wrapping_neg();
    let at = |cell: &Cell, skew: &SkewTerms, k: i64| match skew.cap {
        0 => 0,
        _ => strip.at(cell, skew.shocked(strip.vol_q28, k)),
    };
    let tilt = at(linear, tilting, k);
    sink.take(linear, tilt);
    // Above the forward both smiles are one, where they have the same terms.
    let is_one = k >= 0 && tilting == bending;
    let bend = if is_one { tilt } else { at(absolute, bending, k.wrapping_abs()) };
    sink.take(absolute, bend);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{PortfolioParams, SkewParams};
    use crate::pricing::black76::OptionKind;
    use crate::units::{Ratio, ONE_Q};
    use proptest::prelude::*;

    const FORWARD: i64 = 1 << 30;

    /// What a call changes by when its volatility moves by a factor of 1 + `change`, and how far it is said to reach.
    fn moved(log_moneyness: f64, vol: f64, change: f64, size: i64) -> (i64, i64) {
        let strike = (FORWARD as f64 * (-log_moneyness).exp()) as i64;
        let log_moneyness = (log_moneyness * ONE_Q as f64) as i64;
        let strip = Strip { log_moneyness, strike, size, vol_q28: (vol * (1u64 << 28) as f64) as u64 };
        let mut tally = Tally::default();
        tally.add(OptionKind::Call, &strip);
        let cell = Cell::new(0, FORWARD);
        let value = |factor: f64| strip.at(&cell, (strip.vol_q28 as f64 * 16.0 * factor) as u64) * size;
        let reach = tally.reach((change.abs() * ONE_Q as f64) as u64, FORWARD);
        ((value(1.0 + change) - value(1.0)).abs(), reach)
    }

    /// What a call changes by in a skew scenario of such a cap, reached after so many deviations, and how far the strike is said
    /// to reach.
    fn skewed(deviations: f64, vol: f64, (cap, width): (f64, f64), size: i64) -> (i64, i64) {
        let log = deviations * vol;
        let params = PortfolioParams {
            skew_linear: SkewParams { weight: Ratio::ONE, base_cap: ratio(cap), cap_slope: Ratio::ZERO },
            min_kstar: ratio(width * vol),
            width_scale: Ratio::ZERO,
            ..PortfolioParams::P2T
        };
        let (terms, _) = SkewTerms::both(&params, ONE_Q / 10);
        let strike = (FORWARD as f64 * (-log).exp()) as i64;
        let log_moneyness = (log * ONE_Q as f64) as i64;
        let strip = Strip { log_moneyness, strike, size, vol_q28: (vol * (1u64 << 28) as f64) as u64 };
        let cell = Cell::new(0, FORWARD);
        let value = |vol: u64| strip.at(&cell, vol) * size;
        let moved = |k: i64| (value(terms.shocked(strip.vol_q28, k)) - value(strip.vol_q28 << 4)).abs();
        let turn = turn_q16_ceil(size, strip.vol_q28, log_moneyness, &terms);
        let reach = Turn { turn, gross: size.unsigned_abs() }.reach(FORWARD);
        (moved(-log_moneyness).max(moved(log_moneyness.abs())), reach)
    }

    fn ratio(value: f64) -> Ratio {
        Ratio::from_raw((value * 1e9) as i64)
    }

    proptest! {
        #[test]
        fn prop_no_option_changes_by_more_than_its_reach(
            log_moneyness in prop_oneof![-0.5..0.5, -0.01..0.01, -1e-6..1e-6],
            vol in prop_oneof![0.001f64..3.0, 0.001f64..0.05, 1e-7f64..1e-5],
            change in -1.0f64..1.7,
            size in prop_oneof![1i64..1 << 20, -(1i64 << 30)..1 << 30],
        ) {
            let (moved, reach) = moved(log_moneyness, vol, change, size);
            prop_assert!(moved <= reach, "{moved} > {reach}");
        }

        #[test]
        fn prop_no_strike_changes_by_more_than_its_reach_in_a_skew(
            deviations in prop_oneof![-8.0..8.0, -1.5..1.5, -0.01..0.01],
            vol in prop_oneof![0.001f64..0.6, 0.01f64..2.0],
            cap in 0.001f64..0.99,
            width in prop_oneof![0.05f64..8.0, 0.01f64..0.5],
            size in prop_oneof![1i64..1 << 20, -(1i64 << 29)..1 << 29],
        ) {
            let (moved, reach) = skewed(deviations, vol, (cap, width), size);
            prop_assert!(moved <= reach, "{moved} > {reach}");
        }
    }

    #[test]
    fn a_strike_away_from_the_money_reaches_less() {
        // A deviation away a quarter of the change is reached, at e^-1/2 of the vega; two away half of it, at e^-2.
        for (deviations, share) in [(1.0, 0.8), (2.0, 0.4)] {
            let (moved, reach) = skewed(deviations, 0.1, (0.15, 4.0), 1 << 28);
            assert!(moved <= reach && moved as f64 >= share * reach as f64, "{moved} of {reach} at {deviations}");
        }
    }

    #[test]
    fn the_reach_of_an_option_at_the_money_is_its_vega() {
        for size in [1 << 20, -(1 << 28)] {
            for (vol, change) in [(0.05, 0.3), (0.1, -0.5), (0.02, 1.0)] {
                let (moved, reach) = moved(0.0, vol, change, size);
                assert!(moved <= reach && moved as f64 >= 0.99 * reach as f64, "{moved} {reach}");
            }
        }
    }
}
