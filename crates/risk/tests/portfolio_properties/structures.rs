//! What well-known structures must cost: boxes, forwards, covered and naked shorts.

use super::book::{call, put, Book, Margin, Opt, Slice, DAY, SPOT};
use super::cases;
use super::laws::noise;
use super::model::{discounts, f};
use plimsoll_risk::margin::portfolio::WorstScenario;
use plimsoll_risk::units::Ratio;
use proptest::prelude::*;

/// A box over two strikes, one volatility for each: long boxes have positive sizes and receive the width.
fn box_of(low: f64, high: f64, contracts: f64, vols: (f64, f64)) -> [Opt; 4] {
    [
        call(low, contracts).at_vol(vols.0),
        call(high, -contracts).at_vol(vols.1),
        put(low, -contracts).at_vol(vols.0),
        put(high, contracts).at_vol(vols.1),
    ]
}

fn any_box() -> impl Strategy<Value = (f64, f64, f64, (f64, f64), i64, f64)> {
    (800.0f64..2_500.0, 1.0f64..1_500.0, 0.01f64..200.0, (0.1f64..2.5, 0.1f64..2.5), 1i64..730 * DAY, 0.0f64..1.0)
        .prop_map(|(low, width, size, vols, seconds, rate)| {
            (low.round(), width.round().max(1.0), size, vols, seconds, rate)
        })
}

/// What a book needs beside what it is worth, for the noise of basis, scan and mark.
fn slack(book: &Book) -> f64 {
    12.0 * noise(book)
}

proptest! {
    #![proptest_config(cases(96))]

    /// At full confidence, IM factors up to 1 and a stablecoin at its peg: balances of −width·D·D− and no less, D·D− ≤ 1.
    #[test]
    fn law_a_short_box_never_needs_more_than_its_width((low, width, size, vols, seconds, rate) in any_box()) {
        let slice = Slice { rate, ..Slice::after(seconds, &box_of(low, low + width, -size, vols)) };
        let book = Book::with(vec![slice]);
        let margin = book.margin();
        let owes = width * book.slices[0].legs[1].contracts();
        prop_assert!(margin.initial >= -owes - slack(&book), "{} owes {owes}", margin.initial);
        prop_assert!(margin.maintenance >= margin.initial);
        let [_, _, owed] = discounts(&book.params, &book.slices[0]);
        prop_assert!((margin.initial + owes * owed).abs() <= slack(&book), "{} and {}", margin.initial, owes * owed);
        prop_assert!(margin.exact.contingency.naked.is_zero());
    }

    /// A long box counts for its width times D·D+: it never needs more than it is worth, so never more than its width.
    #[test]
    fn law_a_long_box_never_needs_more_than_its_width((low, width, size, vols, seconds, rate) in any_box()) {
        let slice = Slice { rate, ..Slice::after(seconds, &box_of(low, low + width, size, vols)) };
        let book = Book::with(vec![slice]);
        let margin = book.margin();
        let receives = width * book.slices[0].legs[0].contracts();
        let [_, owned, _] = discounts(&book.params, &book.slices[0]);
        prop_assert!((margin.initial - receives * owned).abs() <= slack(&book), "{}", margin.initial);
        prop_assert!(margin.initial >= -slack(&book) && margin.mark - margin.initial <= receives + slack(&book));
        prop_assert!(margin.exact.contingency.naked.is_zero());
    }

    /// Long call and short put at one strike are a forward, at every volatility and in every scenario.
    #[test]
    fn law_put_call_parity_makes_a_forward(
        strike in 500.0f64..5_000.0, vol in 0.1f64..2.5, seconds in DAY..730 * DAY, rate in 0.0f64..0.5, is_long in any::<bool>(),
    ) {
        let size = if is_long { 10.0 } else { -10.0 };
        let legs = [call(strike.round(), size).at_vol(vol), put(strike.round(), -size).at_vol(vol)];
        let book = Book::with(vec![Slice { rate, ..Slice::after(seconds, &legs) }]);
        let margin = book.margin();
        let [plain, owned, owed] = discounts(&book.params, &book.slices[0]);
        let forward_value = |spot: f64| size * (SPOT * spot - strike.round());
        let shocked = |value: f64| value * if value > 0.0 { owned } else { owed };
        for (scenario, pnl) in book.scenarios.iter().zip(&margin.scenarios) {
            let expected = f(scenario.weight) * (shocked(forward_value(f(scenario.spot))) - plain * forward_value(1.0));
            prop_assert!((pnl - expected).abs() <= noise(&book), "{pnl} instead of {expected}");
        }
        // A tilted or bent smile leaves it what it is, but for D±.
        let skew = -(shocked(forward_value(1.0)) - plain * forward_value(1.0)).abs();
        prop_assert!(margin.skews.iter().all(|pnl| (pnl - skew).abs() <= noise(&book)), "{:?} {skew}", margin.skews);
        prop_assert!(margin.exact.contingency.naked.is_zero() && margin.exact.contingency.maintenance.is_zero());
    }
}

#[test]
fn cash_and_carry_needs_its_basis_contingency_and_nothing_for_spot() {
    let short_forward = [call(SPOT, -10.0), put(SPOT, 10.0)];
    let naked = Book::of(&short_forward).margin();
    let carried = Book::of(&short_forward).but(|book| book.collateral = 10.0 * SPOT);
    let margin = carried.margin();
    // 4.5 % of the forward times 0.5 + 2·τ.
    let basis = -0.045 * 10.0 * SPOT * (0.5 + 2.0 * 14.0 / 365.0);
    assert!((margin.min_span - basis).abs() <= slack(&carried), "{} instead of {basis}", margin.min_span);
    assert!((naked.worst + 0.18 * 10.0 * SPOT).abs() <= slack(&carried), "{}", naked.worst);
    // Upwards nothing is lost; downwards the option side counts D+ of what the collateral loses.
    let [_, owned, _] = discounts(&carried.params, &carried.slices[0]);
    assert!(margin.scenarios[0].abs() <= slack(&carried), "{}", margin.scenarios[0]);
    assert!((margin.worst + 0.18 * 10.0 * SPOT * (1.0 - owned)).abs() <= slack(&carried), "{}", margin.worst);
    assert!(margin.exact.contingency.naked.is_zero());
}

fn naked(legs: &[Opt]) -> i64 {
    Book::of(legs).margin().exact.contingency.naked.raw()
}

#[test]
fn a_short_is_naked_unless_an_option_of_the_other_type_is_long_at_its_strike_and_expiry() {
    let one = 1_000_000;
    assert_eq!(naked(&[call(2_000.0, -1.0)]), one);
    assert_eq!(naked(&[call(2_000.0, -1.0), put(2_000.0, 0.4)]), 600_000);
    assert_eq!(naked(&[call(2_000.0, -1.0), put(2_000.0, 7.0)]), 0);
    assert_eq!(naked(&[call(2_000.0, 0.25), put(2_000.0, -1.0)]), 750_000);
    // Another strike, the same type, another short.
    assert_eq!(naked(&[call(2_000.0, -1.0), put(2_001.0, 1.0)]), one);
    assert_eq!(naked(&[call(2_000.0, -1.0), call(2_001.0, 1.0)]), one);
    assert_eq!(naked(&[call(2_000.0, -1.0), put(2_000.0, -1.0)]), 2 * one);
    let apart = [Slice::after(14 * DAY, &[call(2_000.0, -1.0)]), Slice::after(28 * DAY, &[put(2_000.0, 1.0)])];
    assert_eq!(Book::with(apart.to_vec()).margin().exact.contingency.naked.raw(), one);
}

#[test]
fn naked_charge_is_exactly_its_part_of_spot() {
    let contingency = Book::of(&[call(3_000.0, -2.5)]).margin().exact.contingency;
    // 0.3 % and 0.2 % of 2.5 · 2000.
    assert_eq!(
        (contingency.maintenance.raw(), contingency.initial.raw()),
        (15_000_000_000_000_000, 10_000_000_000_000_000)
    );
}

/// E − IM and E − MM.
fn required(margin: &Margin) -> (f64, f64) {
    (margin.mark - margin.initial, margin.mark - margin.maintenance)
}

#[test]
fn hedges_need_less_than_their_short_leg_alone() {
    let alone = required(&Book::of(&[call(2_100.0, -1.0)]).margin());
    let spread = required(&Book::of(&[call(2_100.0, -1.0), call(2_200.0, 1.0)]).margin());
    assert!(spread.0 < 0.5 * alone.0 && spread.1 < 0.5 * alone.1, "{spread:?} {alone:?}");
    // The call pays for a part of what its cover loses, and the cover for all that the call may lose.
    let cover = required(&Book::of(&[]).but(|book| book.collateral = SPOT).margin());
    let covered = required(&Book::of(&[call(2_100.0, -1.0)]).but(|book| book.collateral = SPOT).margin());
    assert!(covered.0 < cover.0 && covered.1 < cover.1, "{covered:?} {cover:?}");
    let near = Slice::after(14 * DAY, &[call(2_100.0, -1.0)]);
    let calendar = required(&Book::with(vec![near, Slice::after(60 * DAY, &[call(2_100.0, 1.0)])]).margin());
    assert!(calendar.0 < alone.0 && calendar.1 < alone.1, "{calendar:?} {alone:?}");
}

#[test]
fn worst_scenario_is_named_by_its_place_in_the_grid() {
    let worst = |legs: &[Opt]| Book::of(legs).margin().exact.worst.unwrap();
    assert_eq!(worst(&[call(2_000.0, -1.0)]), WorstScenario::Grid(0));
    assert_eq!(worst(&[put(2_000.0, -1.0)]), WorstScenario::Grid(1));
    assert_eq!(worst(&[call(2_000.0, 1.0), put(2_000.0, 1.0)]), WorstScenario::Grid(11), "volatility down, spot stays");
    assert_eq!(worst(&[]), WorstScenario::None);
    // Short in the tail: 300 % up, of which 1.2 % count, is more than 18 % up.
    assert_eq!(worst(&[call(5_900.0, -1.0).at_vol(0.3)]), WorstScenario::Grid(28));
}

#[test]
fn skew_with_weight_is_the_worst_of_a_book_that_only_a_smile_moves() {
    // A risk reversal whose two vegas cancel out: volatility up or down leaves it, a tilted smile does not.
    let mut book = Book::of(&[call(2_300.0, 10.0), put(1_700.0, -14.9)]);
    book.scenarios.retain(|scenario| scenario.spot == Ratio::ONE);
    book.params.skew_linear.base_cap = Ratio::from_millionths(500_000);
    let tilted = book.margin();
    let least = tilted.scenarios.iter().copied().fold(tilted.skews[1], f64::min);
    assert!(tilted.skews[0] < 1.5 * least && least < 0.0, "{tilted:?}");
    assert_eq!((tilted.exact.worst, tilted.worst), (Some(WorstScenario::SkewLinear), tilted.skews[0]));
    let without = book.but(|b| b.params.skew_linear.weight = Ratio::ZERO).margin();
    assert_eq!((without.skews[0], without.worst), (0.0, least));
    let half = book.but(|b| b.params.skew_linear.weight = Ratio::from_millionths(500_000)).margin();
    assert!((half.skews[0] - tilted.skews[0] / 2.0).abs() < 1e-6, "{} {}", half.skews[0], tilted.skews[0]);
    // The bent smile takes the tilted one's place when it is the only one with such a cap.
    let bent = book.but(|b| std::mem::swap(&mut b.params.skew_linear, &mut b.params.skew_absolute)).margin();
    assert!(bent.skews[1] < 0.0 && bent.skews[0] != tilted.skews[0], "{bent:?}");
}
