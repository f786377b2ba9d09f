//! The design's own numbers.

use super::book::{call, dollars, put, Book, Slice};
use plimsoll_risk::margin::portfolio::WorstScenario;
use plimsoll_risk::pricing::discount;
use plimsoll_risk::units::{Ratio, Seconds, ONE_Q};

const INDEX: f64 = 95_663.506_048_55;

fn book(slice: Slice) -> Book {
    Book { index: INDEX, low: INDEX, high: INDEX, stable: 1.000_190_886_35, ..Book::with(vec![slice]) }
}

/// 1e-6 of the number and 2e-8 of notional, the tolerance of every margin.
fn assert_near(name: &str, actual: f64, expected: f64, contracts: f64) {
    let tolerance = 1e-6 * expected.abs() + 2e-8 * INDEX * contracts;
    assert!((actual - expected).abs() <= tolerance, "{name} is {actual} instead of {expected}");
}

#[test]
fn vec_011_portfolio_short_call() {
    let legs = [call(100_000.0, -1.0).at_vol(0.453803924321583)];
    let slice = Slice { forward: 95_776.673_927_089_39, rate: 0.15, confidence: 0.95, ..Slice::after(794_852, &legs) };
    let margin = book(slice).margin();
    assert_near("mark", margin.mark, -1_186.418_569_458_765_7, 1.0);
    assert_near("IM", margin.initial, -14_604.048_120_144_837, 1.0);
    assert_near("MM", margin.maintenance, -11_824.858_703_959_073, 1.0);
    assert_near("worst", margin.worst, -12_939.312_020_443_313, 1.0);
    assert_near("basis", margin.basis, -947.209_804_930_106_7, 1.0);
    assert_eq!(margin.exact.worst, Some(WorstScenario::Grid(0)), "the first scenario: 18 % up, volatility up");
    // Charges know no noise: 0.3 % and 0.2 % of spot, rounded up.
    let contingency = margin.exact.contingency;
    assert!((dollars(contingency.maintenance) - 286.990_518_145_65).abs() < 1e-12);
    assert!((dollars(contingency.initial) - 191.327_012_097_1).abs() < 1e-12);
    assert_eq!(contingency.naked.raw(), 1_000_000);
    let plain = discount(Ratio::from_millionths(150_000), Seconds::from_raw(794_852)).raw() as f64 / ONE_Q as f64;
    assert!((plain - 0.996_226_449_068_872_9).abs() < 1e-11, "{plain}");
}

#[test]
fn vec_012_portfolio_long_box() {
    let (low, high) = (0.554_337_751_178_796_5, 0.559_215_739_632_943_2);
    let legs = [
        call(100_000.0, 1.0).at_vol(low),
        call(110_000.0, -1.0).at_vol(high),
        put(100_000.0, -1.0).at_vol(low),
        put(110_000.0, 1.0).at_vol(high),
    ];
    let slice =
        Slice { forward: 100_374.610_001_170_72, rate: 0.1, confidence: 0.95, ..Slice::after(18_938_852, &legs) };
    let margin = book(slice).margin();
    assert_near("IM", margin.initial, 8_029.631_388_059_030_5, 4.0);
    assert_near("MM", margin.maintenance, 8_307.131_140_595_613, 4.0);
    assert!(margin.exact.contingency.naked.is_zero());
}
