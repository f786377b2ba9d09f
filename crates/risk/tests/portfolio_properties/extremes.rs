//! Inputs at the ends of their ranges: never a panic, never a silent overflow; numbers that agree with floating point, or an
//! error that says why.

use super::book::{call, put, ratio, Book, Opt, Slice, DAY};
use super::cases;
use super::model::Model;
use plimsoll_risk::pricing::OptionKind;
use plimsoll_risk::RiskError;
use proptest::prelude::*;

/// A power of ten in this range, in whole units of 1e-9.
fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low..high).prop_map(|x| (10f64.powf(x) * 1e9).round() / 1e9)
}

/// Strikes up to e^20 away from the forward, volatilities whose root of time goes from nothing to far beyond 16.
fn any_leg(forward: f64) -> impl Strategy<Value = Opt> {
    let vol = prop_oneof![4 => 0.05f64..5.0, 1 => Just(0.0), 1 => 1e-7f64..1e-3, 1 => 5.0f64..40.0];
    let away = prop_oneof![3 => -1.0f64..1.0, 1 => -20.0f64..20.0, 1 => Just(0.0)];
    let size = prop_oneof![3 => 1i64..100_000_000, 1 => Just(1), 1 => 1i64..1_000_000_000_000_000];
    (any::<bool>(), away, size, any::<bool>(), vol).prop_map(move |(is_call, away, size, is_long, vol)| {
        let kind = if is_call { OptionKind::Call } else { OptionKind::Put };
        let strike = ((forward * away.exp()).clamp(1e-9, 1e9) * 1e9).round() / 1e9;
        Opt { kind, strike, size: if is_long { size } else { -size }, vol }
    })
}

fn any_extreme() -> impl Strategy<Value = Book> {
    let seconds = prop_oneof![Just(0i64), 1i64..60, 60i64..2 * DAY, DAY..730 * DAY];
    (log_uniform(-9.0, 9.0), 0.5f64..1.5, 0.0f64..1.0, seconds, 1usize..64).prop_flat_map(
        |(index, basis, rate, seconds, count)| {
            let forward = ((index * basis).clamp(1e-9, 1e9) * 1e9).round() / 1e9;
            prop::collection::vec(any_leg(forward), 1..=count).prop_map(move |legs| {
                let slice = Slice { forward, rate, ..Slice::after(seconds, &legs) };
                Book { index, low: index, high: index, ..Book::with(vec![slice]) }
            })
        },
    )
}

/// 1e-8 of the highest price for each contract, and a unit of size, 2^-30 of their sum, for each leg beyond 2^30 lots.
fn bound(book: &Book) -> f64 {
    let (highest, gross) = (book.highest(), book.gross());
    let rounding = if gross > 1_073.0 { book.legs().count() as f64 / (1u64 << 30) as f64 } else { 0.0 };
    // The last bit of a price of 1e-9 USD as well, and 32 units of 1e-15 USD in which the basis is added up.
    (highest * (1e-8 + rounding) + 2e-9) * gross + 3.2e-14
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn prop_extreme_inputs_agree_with_floating_point(book in any_extreme()) {
        let margin = match book.try_margin() {
            Ok(margin) => margin,
            Err(error) => return Err(TestCaseError::fail(format!("{error:?}"))),
        };
        let (model, bound) = (Model::of(&book), bound(&book));
        let pairs = margin.scenarios.iter().zip(&model.scenarios).chain(margin.skews.iter().zip(&model.skews));
        for (number, (actual, expected)) in pairs.enumerate() {
            prop_assert!((actual - expected).abs() <= bound, "scenario {number}: {actual} instead of {expected}, bound {bound}");
        }
        for (name, actual, expected, times) in [
            ("mark", margin.mark, model.mark, 1.0),
            ("worst", margin.worst, model.worst, 1.0),
            ("basis", margin.basis, model.basis, 9.0),
            ("gap", margin.gap, model.gap, 2.0),
        ] {
            prop_assert!((actual - expected).abs() <= times * bound, "{name}: {actual} instead of {expected}, bound {bound}");
        }
        prop_assert!(margin.exact.initial <= margin.exact.maintenance);
    }

    #[test]
    fn prop_ranges_and_fixed_parts_agree_with_floating_point(
        book in super::book::any_book(-50_000_000..50_000_000), seconds in 1i64..1_800, part in 0.0f64..1.0,
    ) {
        let book = book.but(|b| {
            b.slices.truncate(1);
            let slice = &mut b.slices[0];
            (slice.seconds, slice.fixed) = (seconds, (slice.forward * part * 1e6).round() / 1e6);
        });
        let (margin, model) = (book.margin(), Model::of(&book));
        let bound = bound(&book);
        for (number, (actual, expected)) in margin.scenarios.iter().zip(&model.scenarios).enumerate() {
            prop_assert!((actual - expected).abs() <= bound + 1e-8 * book.collateral, "scenario {number}: {actual} {expected}");
        }
    }
}

#[test]
fn book_at_its_expiry_is_worth_its_payoff_in_every_scenario() {
    let book = Book::with(vec![Slice::after(0, &[call(1_900.0, -2.0), put(2_300.0, 1.0)])]);
    let margin = book.margin();
    assert!((margin.mark - (-200.0 + 300.0)).abs() <= bound(&book), "{}", margin.mark);
    // 18 % up: −2·460 and nothing for the put, less 100.
    assert!((margin.scenarios[0] - (-920.0 * 1.0 - 100.0)).abs() <= bound(&book), "{}", margin.scenarios[0]);
    let greeks = margin.exact.greeks.unwrap();
    assert!(greeks.gamma.is_zero() && greeks.vega.is_zero() && greeks.theta.is_zero());
}

#[test]
fn total_volatility_beyond_sixteen_makes_a_call_its_forward_and_a_put_its_strike() {
    let book =
        Book::with(vec![Slice::after(730 * DAY, &[call(2_000.0, 1.0).at_vol(40.0), put(1_500.0, 1.0).at_vol(40.0)])]);
    assert!((book.margin().mark - 3_500.0).abs() <= bound(&book), "{}", book.margin().mark);
}

#[test]
fn more_legs_expiries_or_pairs_than_there_is_room_for_are_refused() {
    let legs: Vec<Opt> = (0..65).map(|number| call(1_000.0 + number as f64, 1.0)).collect();
    let split = |first: usize| vec![Slice::after(DAY, &legs[..first]), Slice::after(2 * DAY, &legs[first..])];
    assert_eq!(Book::of(&legs).try_margin().unwrap_err(), RiskError::TooManyItems);
    assert_eq!(Book::with(split(40)).try_margin().unwrap_err(), RiskError::TooManyItems);
    assert!(Book::of(&legs[..64]).try_margin().is_ok());
    let expiries = |count: i64| (1..=count).map(|day| Slice::after(day * DAY, &legs[..1])).collect();
    assert!(Book::with(expiries(16)).try_margin().is_ok());
    assert_eq!(Book::with(expiries(17)).try_margin().unwrap_err(), RiskError::TooManyItems);
    let with_pairs = |count: usize| {
        Book::of(&legs[..1]).but(|b| {
            b.history = Some(vec![(0.1, 0.0); count]);
            b.params.es_weight = plimsoll_risk::units::Ratio::ONE;
            b.params.es_source = plimsoll_risk::params::ShortfallSource::History;
        })
    };
    assert!(with_pairs(64).try_margin().is_ok());
    assert_eq!(with_pairs(65).try_margin().unwrap_err(), RiskError::TooManyItems);
}

#[test]
fn impossible_markets_are_refused_by_type() {
    let base = Book::of(&[call(2_000.0, -1.0)]);
    let error = |change: fn(&mut Book)| base.but(change).try_margin().unwrap_err();
    assert_eq!(error(|b| b.slices[0].seconds = -1), RiskError::TenorOutOfRange);
    assert_eq!(error(|b| b.slices[0].fixed = -1.0), RiskError::PriceOutOfRange);
    assert_eq!(error(|b| b.slices[0].fixed = 2_000.1), RiskError::PriceOutOfRange);
    assert_eq!(error(|b| b.slices[0].forward = 0.0), RiskError::PriceOutOfRange);
    assert_eq!(error(|b| b.low = 2_000.1), RiskError::PriceOutOfRange);
    assert_eq!(error(|b| b.high = 1_999.9), RiskError::PriceOutOfRange);
    // Six times 0.8e9 USD are more than an i64 of 1e-9 USD can add up.
    assert_eq!(error(|b| (b.slices[0].forward, b.scenarios[0].spot) = (0.8e9, ratio(6.0))), RiskError::Overflow);
    assert!(base.but(|b| (b.slices[0].forward, b.scenarios[0].spot) = (0.75e9, ratio(6.0))).try_margin().is_ok());
}

/// The highest price of a book was taken from an eighth of the forward, rounded down: of five units of 1e-9 USD nothing was
/// left, and four times the forward was beyond the 31 bits that a price has. Found in one of some 10,000 random books, by a risk
/// array that could not hold the value.
#[test]
fn reg_a_forward_of_a_few_units_has_room_for_its_shocks() {
    let legs = [
        Opt { kind: OptionKind::Call, strike: 8e-9, size: -115_999_869, vol: 0.05 },
        Opt { kind: OptionKind::Put, strike: 1e-9, size: -1, vol: 0.05 },
    ];
    for units in 3..1_000 {
        let price = f64::from(units) * 1e-9;
        let slice = Slice { forward: price, rate: 0.0, ..Slice::after(0, &legs) };
        let book = Book { index: price, low: price, high: price, ..Book::with(vec![slice]) };
        let (margin, model) = (book.margin(), Model::of(&book));
        assert!((margin.worst - model.worst).abs() <= bound(&book), "{} {}", margin.worst, model.worst);
    }
}
