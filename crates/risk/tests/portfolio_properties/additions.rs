//! Each own addition: what it does, and that its switch turns it off.

use super::book::{call, dollars, put, ratio, Book, Margin, Slice, DAY, SPOT};
use super::cases;
use super::laws::noise;
use super::model::{expected_shortfall, f, Model};
use plimsoll_risk::params::ShortfallSource;
use plimsoll_risk::units::{Exact, Ratio, Seconds, Value};
use proptest::prelude::*;

/// Ten short straddles at the money.
fn straddle() -> Book {
    Book::of(&[call(SPOT, -10.0), put(SPOT, -10.0)])
}

fn longs() -> Book {
    Book::of(&[call(SPOT, 10.0), put(SPOT, 10.0)])
}

fn near(actual: f64, expected: f64, slack: f64) {
    assert!((actual - expected).abs() <= slack, "{actual} instead of {expected}, slack {slack}");
}

fn with_shortfall(book: &Book, weight: f64, mass: f64) -> Margin {
    book.but(|b| (b.params.es_weight, b.params.es_mass) = (ratio(weight), ratio(mass))).margin()
}

/// Nobody asked for all parts: skew scenarios are left out where they cannot be the worst, and only there.
#[test]
fn skew_scenarios_are_left_out_where_they_cannot_be_the_worst() {
    let strangle = Book::of(&[call(1.1 * SPOT, -10.0), put(0.9 * SPOT, -10.0)]);
    assert!(strangle.margin().skews.iter().all(|pnl| *pnl < 0.0));
    assert_eq!(strangle.skews_in_short(), [0.0, 0.0]);
    // A spread loses little at any spot price. Asked by strike its skews still cannot be more, unless it is very narrow.
    let spread = Book::of(&[call(1.05 * SPOT, -10.0), call(1.06 * SPOT, 10.0)]);
    assert_eq!(spread.skews_in_short(), [0.0, 0.0]);
    let narrow = Book::of(&[call(1.05 * SPOT, -10.0), call(1.051 * SPOT, 10.0)]);
    assert_eq!(narrow.skews_in_short(), narrow.margin().skews);
    // Shortfall over the grid has them in its tail.
    let tail = strangle.but(|b| b.params.es_weight = ratio(0.5));
    assert_eq!(tail.skews_in_short(), tail.margin().skews);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_shortfall_lies_between_the_worst_and_the_mean(
        book in super::book::any_book(-50_000_000..50_000_000), mass in 0.001f64..1.0, weight in 0.01f64..1.0,
    ) {
        let margin = with_shortfall(&book, weight, mass);
        let all: Vec<f64> = margin.scenarios.iter().chain(&margin.skews).copied().collect();
        let (tail, slack) = (dollars(margin.exact.shortfall.unwrap()), 1e-6 * margin.worst.abs() + 1e-6);
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        prop_assert!(tail >= margin.worst - slack && tail <= mean.max(0.0) + slack, "{} {tail} {mean}", margin.worst);
        prop_assert!((tail - expected_shortfall(&all, mass).min(0.0)).abs() <= slack);
        let scan = (1.0 - weight) * margin.worst + weight * tail;
        prop_assert!((dollars(margin.exact.scan) - scan).abs() <= slack + 1e-9 * weight);
    }
}

#[test]
fn shortfall_of_weight_nothing_is_the_worst_scenario_alone() {
    let margin = with_shortfall(&straddle(), 0.0, 0.5);
    assert_eq!((margin.exact.shortfall, margin.exact.scan), (None, margin.exact.worst_pnl));
    assert_eq!(margin.exact.initial, straddle().margin().exact.initial);
    // The smallest mass is the worst one too, and a larger one needs less.
    let small = with_shortfall(&straddle(), 1.0, 0.032);
    assert_eq!(small.exact.shortfall, Some(small.exact.worst_pnl));
    assert!(with_shortfall(&straddle(), 1.0, 0.2).exact.min_span > small.exact.min_span);
}

fn with_history(pairs: Option<&[(f64, f64)]>, book: Book) -> Book {
    book.but(|b| {
        b.history = pairs.map(<[_]>::to_vec);
        b.params.es_source = ShortfallSource::History;
        (b.params.es_weight, b.params.es_mass) = (Ratio::ONE, ratio(0.4));
    })
}

#[test]
fn shortfall_over_history_is_the_mean_of_its_worst_pairs() {
    let pairs = [(-0.3, 0.8), (0.02, -0.1), (0.25, 0.5), (-0.05, 0.0), (3.9, 0.2)];
    for book in [straddle(), longs(), straddle().but(|b| b.collateral = 20_000.0)] {
        let book = with_history(Some(&pairs), book);
        let margin = book.margin();
        let expected = expected_shortfall(&Model::history(&book), 0.4).min(0.0);
        near(dollars(margin.exact.shortfall.unwrap()), expected, 2.0 * noise(&book));
        assert_eq!(margin.exact.scan, margin.exact.shortfall.unwrap());
    }
}

#[test]
fn history_of_gains_alone_never_pays_for_anything() {
    let book = with_history(Some(&[(0.5, 0.5), (-0.5, 0.5), (2.0, 1.0)]), longs());
    assert!(Model::history(&book).iter().all(|pnl| *pnl > 0.0));
    let margin = book.margin();
    assert_eq!(margin.exact.shortfall, Some(Exact::ZERO));
    assert!(margin.exact.scan.is_zero() && margin.exact.min_span == margin.exact.basis);
    let half = book.but(|b| b.params.es_weight = ratio(0.5)).margin();
    near(dollars(half.exact.scan), half.worst / 2.0, 1e-9);
}

#[test]
fn empty_history_leaves_the_worst_scenario() {
    for pairs in [None, Some(&[][..])] {
        let margin = with_history(pairs, straddle()).margin();
        assert_eq!((margin.exact.shortfall, margin.exact.scan), (None, margin.exact.worst_pnl));
        assert_eq!(margin.exact.initial, straddle().margin().exact.initial);
    }
}

fn with_greek_charges(book: &Book, gamma: f64, vega: f64) -> Margin {
    book.but(|b| {
        (b.params.gamma_charge, b.params.gamma_move) = (ratio(gamma), ratio(0.1));
        (b.params.vega_charge, b.params.vega_move) = (ratio(vega), ratio(0.25));
    })
    .margin()
}

/// n(d1), which at the money is n(v/2).
fn density(v: f64) -> f64 {
    (-v * v / 8.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

#[test]
fn gamma_and_vega_charge_shorts_exactly_and_longs_nothing() {
    let base = straddle().margin();
    let root = (14.0f64 / 365.0).sqrt();
    let v = 0.6 * root;
    // Twenty options at the money.
    let (gamma, vega) = (20.0 * SPOT * density(v) / v, 20.0 * SPOT * density(v) * root);
    for (charges, expected) in [
        ((1.0, 0.0), 0.5 * gamma * 0.01),
        ((0.3, 0.0), 0.3 * 0.5 * gamma * 0.01),
        ((0.0, 1.0), vega * 0.25),
        ((2.0, 0.4), gamma * 0.01 + 0.4 * vega * 0.25),
    ] {
        let charged = with_greek_charges(&straddle(), charges.0, charges.1);
        let charge = dollars(charged.exact.contingency.maintenance) - dollars(base.exact.contingency.maintenance);
        near(charge, expected, 1e-7 * expected);
        // Part of both margins.
        near(base.maintenance - charged.maintenance, expected, 1e-7 * expected);
        near(base.initial - charged.initial, expected, 1e-7 * expected);
        let long = with_greek_charges(&longs(), charges.0, charges.1);
        assert_eq!(long.exact.maintenance, longs().margin().exact.maintenance);
        assert!(long.exact.contingency.maintenance.is_zero());
    }
    // Net Greeks: a hedged short pays nothing.
    let hedged = Book::of(&[call(SPOT, -10.0), put(SPOT, 10.0)]);
    assert!(dollars(with_greek_charges(&hedged, 5.0, 5.0).exact.contingency.maintenance) <= 10.0 * noise(&hedged));
}

#[test]
fn gamma_charge_is_what_the_definition_says_an_hour_before_the_expiry_too() {
    let book = Book::with(vec![Slice::after(3_600, &[call(SPOT, -1.0)])]);
    let v = 0.6 * (1.0f64 / 8_760.0).sqrt();
    let base = dollars(book.margin().exact.contingency.maintenance);
    let charge = dollars(with_greek_charges(&book, 1.0, 0.0).exact.contingency.maintenance) - base;
    near(charge, 0.5 * SPOT * density(v) / v * 0.01, 1e-6 * charge);
}

fn with_depth(book: &Book, usd: i32) -> Margin {
    book.but(|b| b.params.depth = Value::from_usd(usd)).margin()
}

#[test]
fn size_charge_is_one_up_to_the_depth_and_a_root_beyond() {
    let book = Book::of(&[call(SPOT, 100.0), put(SPOT, -100.0)]);
    let base = book.margin();
    assert_eq!(base.exact.size, Ratio::ONE);
    // A hundred forwards at 2000 USD.
    let delta = 100.0 * SPOT;
    for (depth, expected) in
        [(400_000, 1.0), (200_001, 1.0), (50_000, 2.0), (20_000, 10f64.sqrt()), (1_000, 200f64.sqrt())]
    {
        let margin = with_depth(&book, depth);
        near(f(margin.exact.size), (delta / f64::from(depth)).sqrt().max(1.0).min(expected), 2e-8);
        near(f(margin.exact.size), expected, 2e-8);
        near(margin.min_span, base.min_span * f(margin.exact.size), 1e-9 * base.min_span.abs());
    }
    // Collateral of the same asset is delta, for and against.
    let more = with_depth(&book.but(|b| b.collateral = delta), 50_000);
    near(f(more.exact.size), 8f64.sqrt(), 2e-8);
    let short = Book::of(&[call(SPOT, -100.0), put(SPOT, 100.0)]);
    near(f(with_depth(&short, 50_000).exact.size), 2.0, 2e-8);
    assert_eq!(with_depth(&short.but(|b| b.collateral = delta), 1_000).exact.size, Ratio::ONE);
}

#[test]
fn realised_multiple_is_a_floor_of_volatility_upwards() {
    let calm = straddle().margin();
    let volatile = straddle().but(|b| (b.params.realised_mult, b.realised) = (ratio(1.5), 0.8)).margin();
    let floor = straddle().but(|b| b.params.min_vol_up = ratio(1.2)).margin();
    assert!(volatile.min_span < 1.1 * calm.min_span, "{} {}", volatile.min_span, calm.min_span);
    near(volatile.initial, floor.initial, 2.0 * noise(&straddle()));
    // Switched off, or below what the surface's own shock gives: nothing.
    assert_eq!(straddle().but(|b| b.realised = 5.0).margin().exact.initial, calm.exact.initial);
    let low = straddle().but(|b| (b.params.realised_mult, b.realised) = (ratio(1.5), 0.4)).margin();
    assert_eq!(low.exact.initial, calm.exact.initial);
}

#[test]
fn forecast_multiplies_the_shock_upwards() {
    let month = |book: &Book| book.but(|b| b.slices[0].seconds = 30 * DAY);
    let calm = month(&straddle()).margin();
    let forecast = month(&straddle()).but(|b| b.forecast = 1.2).margin();
    // (1 + 0.5)·1.2 = 1 + 0.8 at thirty days.
    let wider = month(&straddle()).but(|b| b.params.range_up = ratio(0.8)).margin();
    assert!(forecast.min_span < 1.05 * calm.min_span, "{} {}", forecast.min_span, calm.min_span);
    near(forecast.initial, wider.initial, 2.0 * noise(&straddle()));
    // Volatility down and none are what they were.
    for (number, (a, b)) in calm.scenarios.iter().zip(&forecast.scenarios).enumerate().take(23).skip(2) {
        assert_eq!(a == b, (number - 2) % 3 != 2, "scenario {number}: {a} {b}");
    }
}

#[test]
fn volatility_shock_stops_growing_at_the_tenor_floor() {
    let at = |seconds: i64| {
        let book =
            straddle().but(|b| (b.slices[0].seconds, b.params.tenor_floor) = (seconds, Seconds::from_raw(10 * DAY)));
        let model = Model::of(&book);
        let margin = book.margin();
        near(margin.worst, model.worst, noise(&book));
        margin
    };
    at(10 * DAY + 1);
    at(10 * DAY - 1);
    at(DAY);
}

fn confidence_charge(threshold: f64, of_spot: f64, of_surface: f64) -> f64 {
    let book = straddle().but(|b| {
        b.params.confidence_threshold = ratio(threshold);
        (b.confidence, b.slices[0].confidence) = (of_spot, of_surface);
    });
    let (charged, base) = (book.margin(), straddle().margin());
    assert_eq!(charged.exact.maintenance, base.exact.maintenance, "IM only");
    assert_eq!(
        charged.exact.initial.raw() - base.exact.initial.raw(),
        base.exact.contingency.initial.raw() - charged.exact.contingency.initial.raw()
    );
    dollars(charged.exact.contingency.initial) - dollars(base.exact.contingency.initial)
}

#[test]
fn confidence_charge_is_a_cliff_at_its_threshold() {
    let notional = 20.0 * SPOT;
    assert_eq!(confidence_charge(0.55, 0.55, 1.0), 0.0);
    near(confidence_charge(0.55, 0.549_999_999, 1.0), 0.450_000_001 * notional, 1e-9 * notional);
    // The least of spot and surface counts, once.
    near(confidence_charge(0.55, 1.0, 0.3), 0.7 * notional, 1e-9 * notional);
    near(confidence_charge(0.55, 0.4, 0.3), 0.7 * notional, 1e-9 * notional);
    assert_eq!(confidence_charge(0.0, 0.0, 0.0), 0.0);
}

#[test]
fn confidence_charge_grows_smoothly_from_full_confidence_with_a_threshold_of_one() {
    let notional = 20.0 * SPOT;
    assert_eq!(confidence_charge(1.0, 1.0, 1.0), 0.0);
    for missing in [1e-9, 1e-6, 0.001, 0.1, 0.45, 0.450_000_001, 1.0] {
        near(confidence_charge(1.0, 1.0 - missing, 1.0), missing * notional, 1e-9 * notional);
    }
}

#[test]
fn stale_surface_charges_its_part_of_the_notional_of_its_expiry_in_initial_margin() {
    let (near_by, far) =
        (Slice::after(14 * DAY, &[call(SPOT, -3.0), put(SPOT, 2.0)]), Slice::after(60 * DAY, &[call(SPOT, -1.0)]));
    let book = Book::with(vec![near_by, far]);
    let stale = book.but(|b| b.slices[0].stale_charge = 0.05).margin();
    let fresh = book.margin();
    assert_eq!(fresh.exact.initial.raw() - stale.exact.initial.raw(), 500_000_000_000_000_000, "5 % of five contracts");
    assert_eq!(fresh.exact.maintenance, stale.exact.maintenance);
}

#[test]
fn peg_raises_the_part_of_the_scanned_loss_in_initial_margin_only() {
    let base = straddle().margin();
    for (stable, more) in [(1.02, 0.0), (0.98, 0.0), (0.979, 0.002), (0.9, 0.16)] {
        let off = straddle().but(|b| b.stable = stable).margin();
        near(base.initial - off.initial, -base.min_span * more, 1e-9 * base.min_span.abs());
        assert_eq!(off.exact.maintenance, base.exact.maintenance);
    }
}

#[test]
fn gap_is_nothing_for_a_point_and_the_marks_loss_at_the_worse_end_of_a_range() {
    let base = straddle().margin();
    assert!(base.exact.gap.is_zero());
    for (low, high) in [(0.9, 1.0), (1.0, 1.1), (0.9, 1.1), (0.999, 1.0001)] {
        let book = straddle().but(|b| (b.low, b.high) = (SPOT * low, SPOT * high));
        let margin = book.margin();
        let mark_at = |factor: f64| straddle().but(|b| b.slices[0].forward = SPOT * factor).margin().mark;
        near(margin.gap, (mark_at(low) - base.mark).min(mark_at(high) - base.mark).min(0.0), 2.0 * noise(&book));
        near(margin.initial - base.initial, margin.gap, 1e-9);
        assert_eq!(margin.exact.maintenance, base.exact.maintenance);
    }
    // A book that gains at both ends has no gap.
    let long = longs().but(|b| (b.low, b.high) = (0.9 * SPOT, 1.1 * SPOT)).margin();
    assert!(long.exact.gap.is_zero());
}
