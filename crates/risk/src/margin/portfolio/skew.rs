//! The skew scenarios: spot stands still, the smile tilts or bends.
//!
//! Few books lose most in them. The scan of the grid adds up what they can take at most, vega times the largest change of
//! volatility, and legs are valued in them only where that is more than the worst scenario of the grid takes.

use super::book::PortfolioBook;
use super::kernel::{Cell, Strip};
use super::scan::Workspace;
use super::sink::{Add, Sink};
use super::tally::Tally;
use super::tenor::{Discounts, SkewTerms, TenorTerms};
use crate::error::RiskError;

/// What the scan of the grid keeps of an expiry for the skew scenarios.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Still {
    /// Mark value, in units of value.
    pub mark: i64,
    pub discounts: Discounts,
}

impl Still {
    /// What either skew scenario can take of the expiry at most, given its value before discounts. # Rounding Up.
    pub fn reach(&self, terms: &TenorTerms, tally: &Tally, value: i64, forward: i64) -> i64 {
        let cap = terms.linear.cap.unsigned_abs().max(terms.absolute.cap.unsigned_abs());
        if cap == 0 {
            return 0;
        }
        // Discount factors are at most 1: two values apart by so much are so much apart discounted as well, but for rounding.
        let discount = self.discounts.of_scenario(value).wrapping_sub(self.mark).wrapping_abs();
        tally.reach(cap, forward).saturating_add(discount).saturating_add(1 << 31)
    }
}

impl Workspace {
    /// Values the book in both skew scenarios.
    ///
    /// # Errors
    /// None of its own: it has no other than the scan of the grid.
    #[inline(never)]
    pub(super) fn scan_skews(&mut self, book: &PortfolioBook) -> Result<(), RiskError> {
        for ((expiry, legs), still) in book.each().zip(self.expiries) {
            let (linear, absolute) = SkewTerms::both(book.params, expiry.sqrt_years);
            let mut cells = [Cell::new(0, self.scale.price(expiry.curve.forward)); 2];
            let mut tally = Tally::default();
            for leg in legs {
                let strip = Strip::of(leg, expiry, &self.scale);
                tally.add(leg.kind, &strip);
                scan_skews(&strip, &mut cells, (&linear, &absolute), &mut Add { size: strip.size });
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
            self.sums.linear = self.sums.linear.wrapping_sub(lost(tilted, &linear));
            self.sums.absolute = self.sums.absolute.wrapping_sub(lost(bent, &absolute));
        }
        Ok(())
    }
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
    use crate::pricing::black76::OptionKind;
    use crate::units::ONE_Q;
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
