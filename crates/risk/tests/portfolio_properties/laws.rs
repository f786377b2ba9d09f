//! What holds for every book: the order of the balances, homogeneity, and that a larger book never needs more.

use super::book::{
    any_book, any_opt, any_slice, call, dollars, price, put, ratio, Book, Margin, Opt, Slice, DAY, SPOT,
};
use super::cases;
use super::model::Model;
use plimsoll_risk::margin::portfolio::MAX_SCENARIOS;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CollateralBalance, CollateralMarket, CollateralValue, MarginReport};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::pricing::black76::OptionKind;
use plimsoll_risk::units::{Ratio, Value};
use proptest::prelude::*;

/// Sizes whose sums the scan holds exactly: below 2^30 lots each, and together.
pub const EXACT: std::ops::Range<i64> = -50_000_000..50_000_000;

/// How far any value of a scan may lie from the truth, in USD, but for the tolerance of the size: see [`noise`].
///
/// Per contract 1.6e-9 of forward and strike for the distribution, and three units of price for forward, strike and
/// truncation, each at most 2^-30 of the highest price.
const PER_CONTRACT: f64 = 2.0 * 1.6e-9 + 3.0 / (1u64 << 30) as f64;

/// The same for a book.
pub fn noise(book: &Book) -> f64 {
    PER_CONTRACT * book.highest() * book.gross()
}

/// The report of an account with this book, its collateral after a haircut, and cash.
fn report(book: &Book, margin: &Margin, haircut: f64, cash: f64) -> MarginReport {
    let market = CollateralMarket {
        decimals: 6,
        price: price(1.0),
        price_initial: price(1.0),
        haircut_initial: ratio(haircut),
        haircut_maintenance: ratio(haircut),
    };
    let balance = CollateralBalance((book.collateral * 1e6) as u64);
    let value: CollateralValue = market.value(balance, price(1.0)).unwrap();
    let mut sum = MarginSum::default();
    let balances = margin.exact.balances();
    sum.add_underlying(&balances, balances.initial).unwrap();
    sum.add_collateral(&value).unwrap();
    sum.report(Value::from_raw((cash * 1e6) as i64)).unwrap()
}

/// Different parameters, all inside their limits, every own addition on.
fn any_params() -> impl Strategy<Value = PortfolioParams> {
    let factors = (0.1f64..1.0, 1.0f64..5.0, 0.0f64..1.0, 0.05f64..1.0);
    let charges = (0.0f64..5.0, 0.0f64..1.0, 0.0f64..5.0, 0.0f64..1.0, 0.0f64..5.0);
    (factors, charges, 0.0f64..0.2, prop_oneof![Just(0i64), 1_000i64..100_000_000]).prop_map(
        |((mm, im, weight, mass), (gamma, step, vega, rise, realised), naked, depth)| PortfolioParams {
            mm_factor: ratio(mm * im),
            im_factor: ratio(im),
            es_weight: ratio(weight),
            es_mass: ratio(mass),
            gamma_charge: ratio(gamma),
            gamma_move: ratio(step),
            vega_charge: ratio(vega),
            vega_move: ratio(rise),
            realised_mult: ratio(realised),
            mm_option: ratio(naked),
            im_option: ratio(naked / 2.0),
            depth: Value::from_raw(depth * 1_000_000),
            confidence_threshold: Ratio::ONE,
            ..PortfolioParams::P2T
        },
    )
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn law_balances_are_ordered(
        book in any_book(EXACT), params in any_params(), haircut in 0.0f64..1.0, cash in -1e5f64..1e5, realised in 0.0f64..3.0,
    ) {
        let book = Book { params, realised, ..book };
        let margin = book.margin();
        let parts = &margin.exact;
        // The order is the formulas' own, not only the report's cap.
        prop_assert!(parts.initial <= parts.maintenance, "{parts:?}");
        prop_assert!(margin.maintenance <= margin.mark + noise(&book), "{parts:?}");
        for (name, part) in [("min_span", parts.min_span), ("gap", parts.gap), ("worst", parts.worst_pnl)] {
            prop_assert!(part.raw() <= 0, "{name} {part:?}");
        }
        prop_assert!(parts.contingency.maintenance.raw() >= 0 && parts.contingency.initial.raw() >= 0);
        let report = report(&book, &margin, haircut, cash);
        prop_assert!(report.initial <= report.maintenance && report.maintenance <= report.equity, "{report:?}");
        prop_assert_eq!(report.health_factor().unwrap() < Ratio::ONE, report.maintenance.is_negative());
    }

    /// Unit values do not depend on sizes, so only D± and weights are rounded anew: 2^-31 of the notional each.
    #[test]
    fn law_doubling_a_book_doubles_its_scan(book in any_book(EXACT)) {
        let twice = book.but(|b| {
            b.slices.iter_mut().flat_map(|slice| &mut slice.legs).for_each(|leg| leg.size *= 2);
            b.collateral *= 2.0;
        });
        let (one, two) = (book.margin(), twice.margin());
        let bound = 2e-9 * book.highest() * (book.gross() + book.slices.len() as f64 * 1e-6) + 1e-8 * book.collateral;
        let pairs = one.scenarios.iter().zip(&two.scenarios).chain(one.skews.iter().zip(&two.skews));
        for (number, (one, two)) in pairs.enumerate() {
            prop_assert!((two - 2.0 * one).abs() <= bound, "scenario {number}: {one} {two}, bound {bound}");
        }
        let named = [
            ("mark", one.mark, two.mark, 1.0),
            ("worst", one.worst, two.worst, 1.0),
            ("gap", one.gap, two.gap, 2.0),
            // The basis is up to 4.5 times a difference of two values, per expiry.
            ("basis", one.basis, two.basis, 9.0),
            ("min_span", one.min_span, two.min_span, 9.0),
            ("MM", one.maintenance, two.maintenance, 10.0),
            ("IM", one.initial, two.initial, 13.0),
        ];
        for (name, one, two, times) in named {
            prop_assert!((two - 2.0 * one).abs() <= times * bound, "{name}: {one} {two}, bound {}", times * bound);
        }
    }

    /// Beyond 2^30 lots sizes are rounded, each by less than a unit: 2^-30 of their sum.
    #[test]
    fn law_doubling_holds_within_the_rounding_of_sizes_for_the_largest_books(
        book in any_book(-1_000_000_000_000..1_000_000_000_000),
    ) {
        let twice = book.but(|b| b.slices.iter_mut().flat_map(|s| &mut s.legs).for_each(|leg| leg.size *= 2));
        let (one, two) = (book.but(|b| b.collateral = 0.0).margin(), twice.but(|b| b.collateral = 0.0).margin());
        let legs = book.legs().count() as f64;
        let bound = book.highest() * book.gross() * (2e-9 + 4.0 * legs / (1u64 << 30) as f64);
        for (one, two) in one.scenarios.iter().zip(&two.scenarios) {
            prop_assert!((two - 2.0 * one).abs() <= bound, "{one} {two}, bound {bound}");
        }
        prop_assert!((two.min_span - 2.0 * one.min_span).abs() <= 9.0 * bound);
    }

    #[test]
    fn law_merging_two_books_never_raises_the_scanned_loss(whole in any_book(EXACT), mask in any::<u32>()) {
        let part = |keeps: bool| {
            whole.but(|book| {
                let mut number = 0;
                for slice in &mut book.slices {
                    slice.legs.retain(|_| {
                        number += 1;
                        (mask >> (number - 1) & 1 == 1) == keeps
                    });
                }
                book.collateral *= if keeps { 0.3 } else { 0.7 };
            })
        };
        let (a, b) = (part(true), part(false));
        let (of_a, of_b, of_whole) = (a.margin(), b.margin(), whole.margin());
        let bound = 2.0 * noise(&whole) + 1e-8 * whole.collateral;
        for number in 0..whole.scenarios.len() {
            let apart = of_a.scenarios[number] + of_b.scenarios[number];
            prop_assert!(of_whole.scenarios[number] >= apart - bound, "scenario {number}: {apart}");
        }
        prop_assert!(of_whole.basis >= of_a.basis + of_b.basis - 9.0 * bound);
        prop_assert!(of_whole.gap >= of_a.gap + of_b.gap - 2.0 * bound);
        prop_assert!(of_whole.exact.contingency.naked.raw()
            <= of_a.exact.contingency.naked.raw() + of_b.exact.contingency.naked.raw());
        // A loss by a skew has no sign, and D± changes with that of the sum: it may grow by D±'s distance times the less.
        let kink = Model::skew_kink(&a, &b);
        for skew in 0..2 {
            prop_assert!(of_whole.skews[skew] >= of_a.skews[skew] + of_b.skews[skew] - kink - bound);
        }
        let apart = of_a.min_span + of_b.min_span;
        prop_assert!(of_whole.min_span >= apart - kink - 9.0 * bound, "{} {apart} {kink}", of_whole.min_span);
    }

    /// What a liquidation leaves needs no more than its part: charges that grow faster than the book shrink faster.
    #[test]
    fn law_what_is_left_of_a_book_needs_no_more_than_its_part(
        book in any_book(EXACT), params in any_params(), part in 0.01f64..1.0,
    ) {
        let book = Book { params, ..book };
        let left = book.but(|b| {
            // The slice is rounded down, so what is left of a short is rounded towards nothing, of a long away from it.
            let lots = |size: i64| size - (size as f64 * part).floor() as i64;
            b.slices.iter_mut().flat_map(|slice| &mut slice.legs).for_each(|leg| leg.size = lots(leg.size));
            b.collateral *= 1.0 - part;
        });
        let (whole, rest) = (book.margin(), left.margin());
        // A lot of each leg, at five times the highest price for the largest charges; gamma has no such bound.
        let sharpest = 5.0 * 0.5 * 0.4 / 1e-4;
        let lot = book.legs().count() as f64 * 1e-6 * book.highest() * (5.0 + sharpest);
        let slack = lot + 5.0 * 12.0 * noise(&book) + 1e-6 * book.collateral;
        let needs = |margin: &Margin| margin.mark - margin.maintenance;
        prop_assert!(needs(&rest) <= (1.0 - part) * needs(&whole) + slack, "{} {} {part} {slack}", needs(&rest), needs(&whole));
    }

    #[test]
    fn law_a_paid_long_book_is_never_liquidated(slices in prop::collection::vec(any_slice(1..500_000_000), 1..4)) {
        let book = Book::with(slices);
        let margin = book.margin();
        let report = report(&book, &margin, 0.0, 0.0);
        prop_assert!(!report.maintenance.is_negative(), "{report:?}");
    }

    #[test]
    fn law_a_paid_long_book_with_collateral_is_never_liquidated(
        slices in prop::collection::vec(any_slice(1..500_000_000), 1..4),
        params in any_params(), collateral in 1.0f64..1e6, haircut in 0.0f64..1.0,
    ) {
        let book = Book { params, collateral, haircut, ..Book::with(slices) };
        let margin = book.margin();
        let report = report(&book, &margin, haircut, 0.0);
        // One atom for the two roundings of what counts.
        prop_assert!(report.maintenance.raw() >= -1, "{report:?} {:?}", margin.exact);
    }

    #[test]
    fn prop_order_of_legs_and_expiries_does_not_matter(book in any_book(EXACT)) {
        let reversed = book.but(|b| {
            b.slices.reverse();
            b.slices.iter_mut().for_each(|slice| slice.legs.reverse());
        });
        let (a, b) = (book.margin(), reversed.margin());
        prop_assert_eq!((a.exact.mark, a.exact.initial, a.exact.maintenance), (b.exact.mark, b.exact.initial, b.exact.maintenance));
    }

    /// A call beside a put of its strike is scanned together with it, which must be the sum of both to the last digit.
    #[test]
    fn prop_twins_side_by_side_or_apart_make_no_difference(book in any_book(EXACT), sizes in prop::array::uniform6(-3_000_000i64..3_000_000)) {
        let twin = |(leg, size): (&Opt, &i64)| {
            let kind = if leg.kind == OptionKind::Call { OptionKind::Put } else { OptionKind::Call };
            Opt { kind, size: *size, ..*leg }
        };
        let with = |join: fn(Vec<Opt>, Vec<Opt>) -> Vec<Opt>| {
            book.but(|b| b.slices.iter_mut().for_each(|slice| {
                let twins = slice.legs.iter().zip(&sizes).map(twin).collect();
                slice.legs = join(std::mem::take(&mut slice.legs), twins);
            }))
        };
        let beside = with(|legs, twins| legs.into_iter().zip(twins).flat_map(|(leg, twin)| [leg, twin]).collect());
        let behind = with(|legs, twins| [legs, twins].concat());
        let (a, b) = (beside.margin().exact, behind.margin().exact);
        prop_assert_eq!((a.mark, a.initial, a.maintenance), (b.mark, b.initial, b.maintenance));
    }

    #[test]
    fn prop_a_lone_short_needs_more_the_larger_it_is(leg in any_opt(-50_000_000..-1), more in 1i64..50_000_000) {
        let (one, two) = (Book::of(&[leg]).margin(), Book::of(&[Opt { size: leg.size - more, ..leg }]).margin());
        prop_assert!(two.initial <= one.initial && two.maintenance <= one.maintenance);
    }

    #[test]
    fn prop_the_worst_scenario_is_the_least_of_all(book in any_book(EXACT)) {
        let margin = book.margin();
        prop_assert!(margin.scenarios.len() <= MAX_SCENARIOS);
        let least = margin.scenarios.iter().chain(&margin.skews).copied().fold(0.0, f64::min);
        prop_assert_eq!(dollars(margin.exact.worst_pnl), least);
    }

    #[test]
    fn prop_a_position_of_nothing_changes_nothing(book in any_book(EXACT), mut leg in any_opt(1..2)) {
        leg.size = 0;
        leg.strike = SPOT;
        let with = book.but(|b| b.slices[0].legs.push(leg));
        let (a, b) = (book.margin(), with.margin());
        prop_assert!((a.maintenance - b.maintenance).abs() <= noise(&book), "{} {}", a.maintenance, b.maintenance);
        prop_assert_eq!(a.exact.contingency, b.exact.contingency);
    }
}

#[test]
fn an_empty_book_needs_nothing() {
    let margin = Book::with(vec![]).margin();
    assert_eq!((margin.exact.mark, margin.exact.maintenance, margin.exact.initial), Default::default());
    let collateral = Book { collateral: 1_000.0, ..Book::with(vec![Slice::after(DAY, &[])]) }.margin();
    // Spot down by 18 %, of which maintenance margin asks 80 %.
    assert!((collateral.maintenance + 144.0).abs() < 1e-6 && (collateral.initial + 180.0).abs() < 1e-6);
}

/// The scan knows no floor under a value: what is worthless must not come out below nothing.
#[test]
fn law_a_worthless_long_is_never_liquidated() {
    let mut worst = (0, String::new());
    for multiple in [0.06, 0.1, 0.2, 0.5, 0.8, 1.3, 2.0, 5.0, 10.0, 17.0] {
        for (vol, days) in [(0.3, 1), (0.5, 7), (0.8, 14), (1.2, 30), (1.2, 56), (2.0, 14)] {
            let option = if multiple < 1.0 { put(SPOT * multiple, 1e6) } else { call(SPOT * multiple, 1e6) };
            let book = Book::with(vec![Slice::after(days * DAY, &[option.at_vol(vol)])]);
            let margin = book.margin();
            let report = report(&book, &margin, 0.0, 0.0);
            if report.maintenance.raw() < worst.0 {
                worst = (report.maintenance.raw(), format!("{multiple} at {vol}, {days} days: {report:?}"));
            }
        }
    }
    assert_eq!(worst.0, 0, "a million long contracts, no cash: {}", worst.1);
}

/// One lot of an option must not make its owner's cover liquidatable, however deep the market is not.
#[test]
fn law_a_lot_of_a_long_option_does_not_make_its_owners_collateral_liquidatable() {
    let book = Book::of(&[call(SPOT, 1e-6)]).but(|b| {
        b.collateral = 50_000_000.0;
        b.haircut = 0.1;
        b.params.depth = Value::from_usd(1_000_000);
    });
    let margin = book.margin();
    // Without the option 90 % of the collateral count.
    let report = report(&book, &margin, 0.1, 0.0);
    assert!(!report.maintenance.is_negative(), "{report:?} size {:?}", margin.exact.size);
}
