//! Cross margin: its golden vector, what well-known structures must cost, and what must hold for every portfolio.

use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CrossExpiry, CrossTerms, ExpiryMargin, Leg, MarginReport, MarginState, UnderlyingMargin};
use plimsoll_risk::math;
use plimsoll_risk::params::CrossParams;
use plimsoll_risk::pricing::{discount, total_vol, ForwardCurve, OptionKind, Strike};
use plimsoll_risk::units::{Contracts, Price, Ratio, Seconds, Value, Vol, ONE_Q};
use proptest::prelude::*;

const WEEK: i64 = 7 * 86_400;
const SPOT: u32 = 1_500;

fn usd(x: f64) -> Price {
    Price::from_raw((x * 1e9).round() as i64)
}

fn leg(kind: OptionKind, strike: f64, contracts: i64, vol: f64, seconds: i64) -> Leg {
    Leg {
        kind,
        strike: Strike::new(usd(strike)).unwrap(),
        size: Contracts::from_raw(contracts * 1_000_000),
        total_vol: total_vol(Vol::from_raw((vol * ONE_Q as f64) as i64), math::sqrt_years(Seconds::from_raw(seconds))),
    }
}

fn call(strike: f64, contracts: i64) -> Leg {
    leg(OptionKind::Call, strike, contracts, 0.8, WEEK)
}

fn put(strike: f64, contracts: i64) -> Leg {
    leg(OptionKind::Put, strike, contracts, 0.8, WEEK)
}

fn expiry_margin(spot: Price, forward: Price, rate: Ratio, legs: &[Leg]) -> ExpiryMargin {
    let curve = ForwardCurve::new(forward, discount(rate, Seconds::from_raw(WEEK))).unwrap();
    let terms = CrossTerms::new(&CrossParams::DEFAULT, spot).unwrap();
    CrossExpiry { curve, legs }.margin(&terms).unwrap()
}

fn report_of(margin: &ExpiryMargin, cash: Value) -> MarginReport {
    let mut underlying = UnderlyingMargin::default();
    underlying.add_expiry(margin).unwrap();
    let mut sum = MarginSum::default();
    sum.add_underlying(&underlying, underlying.initial).unwrap();
    sum.report(cash).unwrap()
}

/// Margin of legs at a spot and forward of 1500 with no rate and no cash.
fn margin(legs: &[Leg]) -> MarginReport {
    let spot = Price::from_usd(SPOT);
    report_of(&expiry_margin(spot, spot, Ratio::ZERO, legs), Value::ZERO)
}

fn dollars(value: Value) -> f64 {
    value.raw() as f64 / 1e6
}

fn assert_near(actual: Value, expected: f64, notional: f64) {
    let tolerance = 1e-6 * expected.abs() + 2e-8 * notional;
    assert!((dollars(actual) - expected).abs() <= tolerance, "{} instead of {expected}", dollars(actual));
}

#[test]
fn vec_010_short_call_at_the_money() {
    let seconds = 500_400;
    let legs = [leg(OptionKind::Call, 1_500.0, -1, 1.0478844940849863, seconds)];
    let curve = ForwardCurve::new(usd(1500.833279310994), discount(Ratio::ZERO, Seconds::from_raw(seconds))).unwrap();
    let terms = CrossTerms::new(&CrossParams::DEFAULT, usd(1500.0)).unwrap();
    let report = report_of(&CrossExpiry { curve, legs: &legs }.margin(&terms).unwrap(), Value::ZERO);
    assert_near(report.mark, -79.37158518905994, 1_500.0);
    assert_near(report.initial, -304.37158518905994, 1_500.0);
    assert_near(report.maintenance, -191.87158518905994, 1_500.0);
}

#[test]
fn a_long_option_needs_nothing_and_lends_nothing() {
    let report = margin(&[call(1_500.0, 3), put(1_400.0, 2)]);
    assert!(report.equity.raw() > 0);
    assert_eq!((report.initial, report.maintenance), (Value::ZERO, Value::ZERO));
    assert_eq!(report.health_factor().unwrap().raw() / 1_000_000_000, 1);
}

#[test]
fn law_a_short_box_needs_its_width_and_no_more() {
    // −C1400 +C1600 +P1400 −P1600 pays −200 at every price.
    let report = margin(&[call(1_400.0, -1), call(1_600.0, 1), put(1_400.0, 1), put(1_600.0, -1)]);
    assert_eq!(report.initial, Value::from_usd(-200));
    assert_eq!(report.maintenance, Value::from_usd(-200));
}

#[test]
fn a_discounted_short_box_stays_inside_the_order_of_balances() {
    let spot = Price::from_usd(SPOT);
    let legs = [call(1_400.0, -1), call(1_600.0, 1), put(1_400.0, 1), put(1_600.0, -1)];
    let report = report_of(&expiry_margin(spot, spot, Ratio::from_millionths(900_000), &legs), Value::ZERO);
    assert!(report.initial <= report.maintenance && report.maintenance <= report.equity);
    assert!(report.initial >= Value::from_usd(-200), "no more than its width");
}

#[test]
fn vertical_spreads_need_at_most_what_they_can_lose() {
    let credit = margin(&[call(1_500.0, -1), call(1_600.0, 1)]);
    assert_eq!(credit.initial, Value::from_usd(-100));
    let debit = margin(&[call(1_500.0, 1), call(1_600.0, -1)]);
    assert_eq!(debit.initial, Value::ZERO);
    let iron_condor = margin(&[put(1_300.0, 1), put(1_400.0, -1), call(1_600.0, -1), call(1_700.0, 1)]);
    assert_eq!(iron_condor.initial, Value::from_usd(-100));
}

#[test]
fn unpaired_calls_are_charged_beyond_every_strike() {
    // Two short against one long: one call is short of a pair. 0.075·1500 each is still less than the cap.
    let report = margin(&[call(1_500.0, -2), call(1_510.0, 1)]);
    let alone = margin(&[call(1_500.0, -2)]);
    assert_eq!(report.initial, alone.initial);
    // Even deep in the money mark and charge, 1485 + 225, stay below the cap of 1.2 times the forward.
    let deep = margin(&[leg(OptionKind::Call, 15.0, -1, 0.8, WEEK)]);
    assert_eq!(deep.initial, Value::from_usd(-1_710));
}

#[test]
fn confidence_and_peg_charge_shorts_in_initial_margin_only() {
    let spot = Price::from_usd(SPOT);
    let legs = [call(1_500.0, -2)];
    let base = expiry_margin(spot, spot, Ratio::ZERO, &legs);
    let charged = |confidence: i32, stable: i64| {
        let mut underlying = UnderlyingMargin::default();
        underlying.add_expiry(&base).unwrap();
        let quality = PriceQuality { confidence: Ratio::from_millionths(confidence), stable: Price::from_raw(stable) };
        underlying.charge_quality(&CrossParams::DEFAULT, spot, &quality).unwrap();
        assert_eq!(underlying.maintenance, base.maintenance);
        underlying.initial.sub(base.initial).unwrap().to_value_floor().unwrap()
    };
    assert_eq!(charged(1_000_000, 1_000_000_000), Value::ZERO);
    assert_eq!(charged(400_000, 980_000_000), Value::ZERO, "the thresholds themselves are free");
    // (1 − 0.3)·0.4·1500·2
    assert_eq!(charged(300_000, 1_000_000_000), Value::from_usd(-840));
    // (0.98 − 0.95)·1.2·1500·2
    assert_eq!(charged(1_000_000, 950_000_000), Value::from_usd(-108));
}

#[test]
fn states_follow_the_balances() {
    let spot = Price::from_usd(SPOT);
    let short = expiry_margin(spot, spot, Ratio::ZERO, &[call(1_500.0, -1)]);
    let with = |cash: i32| report_of(&short, Value::from_usd(cash));
    assert_eq!(with(400).state(), MarginState::Healthy);
    assert_eq!(with(250).state(), MarginState::Restricted);
    assert_eq!(with(100).state(), MarginState::Liquidatable);
    assert_eq!(with(10).state(), MarginState::Bankrupt);
    assert!(with(250).health_factor().unwrap() >= Ratio::ONE && with(100).health_factor().unwrap() < Ratio::ONE);
}

fn any_leg() -> impl Strategy<Value = Leg> {
    (any::<bool>(), 150.0f64..15_000.0, -5_000_000i64..5_000_000, 0.05f64..5.0).prop_map(
        |(is_call, strike, size, vol)| {
            let kind = if is_call { OptionKind::Call } else { OptionKind::Put };
            Leg { size: Contracts::from_raw(size), ..leg(kind, strike, 0, vol, WEEK) }
        },
    )
}

proptest! {
    #[test]
    fn law_balances_are_ordered(legs in prop::collection::vec(any_leg(), 1..32)) {
        let report = margin(&legs);
        prop_assert!(report.initial <= report.maintenance && report.maintenance <= report.equity);
        prop_assert_eq!(report.health_factor().unwrap() < Ratio::ONE, report.maintenance.is_negative());
    }

    #[test]
    fn law_doubling_a_portfolio_doubles_its_margin(legs in prop::collection::vec(any_leg(), 1..16)) {
        let doubled: Vec<Leg> = legs.iter().map(|l| Leg { size: l.size.add(l.size).unwrap(), ..*l }).collect();
        let (one, two) = (margin(&legs), margin(&doubled));
        prop_assert!((two.maintenance.raw() - 2 * one.maintenance.raw()).abs() <= 2);
        prop_assert!((two.initial.raw() - 2 * one.initial.raw()).abs() <= 2);
    }

    #[test]
    fn prop_the_short_way_to_initial_margin_gives_the_same_number(
        legs in prop::collection::vec(any_leg(), 1..32), index in 500u32..5_000, other in 500u32..5_000,
    ) {
        let terms = CrossTerms::new(&CrossParams::DEFAULT, Price::from_usd(other)).unwrap();
        let curve = ForwardCurve::new(Price::from_usd(other), discount(Ratio::ZERO, Seconds::from_raw(WEEK))).unwrap();
        let at_index = expiry_margin(Price::from_usd(index), Price::from_usd(index), Ratio::ZERO, &legs);
        let expiry = CrossExpiry { curve, legs: &legs };
        prop_assert_eq!(expiry.initial_at(&terms, &at_index).unwrap(), expiry.margin(&terms).unwrap().initial);
    }

    #[test]
    fn prop_order_of_legs_does_not_matter(legs in prop::collection::vec(any_leg(), 1..16)) {
        let reversed: Vec<Leg> = legs.iter().rev().copied().collect();
        prop_assert_eq!(margin(&legs), margin(&reversed));
    }

    #[test]
    fn prop_a_lone_short_needs_more_the_larger_it_is(mut short in any_leg(), more in 1i64..1_000_000) {
        short.size = Contracts::from_raw(-short.size.raw().abs() - 1);
        let larger = Leg { size: Contracts::from_raw(short.size.raw() - more), ..short };
        prop_assert!(margin(&[larger]).maintenance <= margin(&[short]).maintenance);
        prop_assert!(margin(&[larger]).initial <= margin(&[short]).initial);
    }

    #[test]
    fn prop_no_book_needs_more_than_it_can_lose(legs in prop::collection::vec(any_leg(), 1..12)) {
        // With as many long as short calls the loss is bounded by the payoff at zero and at the strikes.
        let net: i64 = legs.iter().filter(|l| l.kind == OptionKind::Call).map(|l| l.size.raw()).sum();
        prop_assume!(net >= 0);
        let payoff = |at: i64| -> i128 {
            legs.iter().map(|l| {
                let worth = match l.kind {
                    OptionKind::Call => (at - l.strike.price.raw()).max(0),
                    OptionKind::Put => (l.strike.price.raw() - at).max(0),
                };
                worth as i128 * l.size.raw() as i128
            }).sum()
        };
        let strikes = legs.iter().map(|l| l.strike.price.raw()).chain([0]);
        let worst = strikes.map(payoff).min().unwrap().min(0);
        let report = margin(&legs);
        prop_assert!(report.initial.raw() as i128 >= worst.div_euclid(1_000_000_000).min(report.equity.raw() as i128));
    }
}
