//! Parameters and grids just outside their limits are refused by name, those at the limits are not.

use plimsoll_risk::margin::portfolio::{GridTable, Scenario, VolDirection, MAX_SCENARIOS, P2T_SCENARIOS};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::units::{Ratio, Seconds, Value};
use plimsoll_risk::RiskError;

const fn millionths(x: i32) -> Ratio {
    Ratio::from_millionths(x)
}

type Field = fn(&mut PortfolioParams) -> &mut Ratio;

/// (name, field, least, largest), the limits in millionths.
const RATIOS: [(&str, Field, i64, i64); 40] = [
    ("range_up", |p| &mut p.range_up, 0, 5_000_000),
    ("range_down", |p| &mut p.range_down, 0, 1_000_000),
    ("short_power", |p| &mut p.short_power, 0, 1_000_000),
    ("long_power", |p| &mut p.long_power, 0, 1_000_000),
    ("min_vol_up", |p| &mut p.min_vol_up, 0, 3_000_000),
    ("mm_factor", |p| &mut p.mm_factor, 100_000, 5_000_000),
    ("im_factor", |p| &mut p.im_factor, 100_000, 5_000_000),
    ("short_mult", |p| &mut p.short_mult, 0, 2_000_000),
    ("long_mult", |p| &mut p.long_mult, 0, 2_000_000),
    ("short_add", |p| &mut p.short_add, 0, 1_000_000),
    ("long_add", |p| &mut p.long_add, 0, 1_000_000),
    ("long_base", |p| &mut p.long_base, 500_000, 1_000_000),
    ("short_base", |p| &mut p.short_base, 1_000_000, 2_000_000),
    ("basis_up", |p| &mut p.basis_up, 1_000_000, 1_500_000),
    ("basis_down", |p| &mut p.basis_down, 500_000, 1_000_000),
    ("basis_add", |p| &mut p.basis_add, 0, 2_000_000),
    ("basis_mult", |p| &mut p.basis_mult, 0, 4_000_000),
    ("peg_threshold", |p| &mut p.peg_threshold, 0, 1_000_000),
    ("peg_factor", |p| &mut p.peg_factor, 0, 20_000_000),
    ("confidence_threshold", |p| &mut p.confidence_threshold, 0, 1_000_000),
    ("confidence_factor", |p| &mut p.confidence_factor, 0, 2_000_000),
    ("mm_option", |p| &mut p.mm_option, 0, 200_000),
    ("im_option", |p| &mut p.im_option, 0, 200_000),
    ("skew_linear_weight", |p| &mut p.skew_linear.weight, 0, 1_000_000),
    ("skew_linear_base_cap", |p| &mut p.skew_linear.base_cap, 0, 1_000_000),
    ("skew_linear_cap_slope", |p| &mut p.skew_linear.cap_slope, -500_000, 500_000),
    ("skew_absolute_weight", |p| &mut p.skew_absolute.weight, 0, 1_000_000),
    ("skew_absolute_base_cap", |p| &mut p.skew_absolute.base_cap, 0, 1_000_000),
    ("skew_absolute_cap_slope", |p| &mut p.skew_absolute.cap_slope, -500_000, 500_000),
    ("min_kstar", |p| &mut p.min_kstar, 1_000, 1_000_000),
    ("width_scale", |p| &mut p.width_scale, 100_000, 20_000_000),
    ("vol_static", |p| &mut p.vol_static, 50_000, 5_000_000),
    ("vol_scale", |p| &mut p.vol_scale, -300_000, 1_000_000),
    ("es_weight", |p| &mut p.es_weight, 0, 1_000_000),
    ("es_mass", |p| &mut p.es_mass, 0, 1_000_000),
    ("gamma_charge", |p| &mut p.gamma_charge, 0, 5_000_000),
    ("gamma_move", |p| &mut p.gamma_move, 0, 1_000_000),
    ("vega_charge", |p| &mut p.vega_charge, 0, 5_000_000),
    ("vega_move", |p| &mut p.vega_move, 0, 1_000_000),
    ("realised_mult", |p| &mut p.realised_mult, 0, 5_000_000),
];

/// A set in which no parameter is kept from its limit by another.
fn loose() -> PortfolioParams {
    PortfolioParams {
        mm_factor: Ratio::from_millionths(100_000),
        im_factor: Ratio::from_millionths(5_000_000),
        vol_static: Ratio::from_millionths(2_000_000),
        ..PortfolioParams::P2T
    }
}

fn with(field: Field, raw: i64) -> PortfolioParams {
    let mut params = loose();
    *field(&mut params) = Ratio::from_raw(raw);
    // The width of the skews is tested apart.
    if params.vol_static < millionths(100_000) {
        params.vol_scale = Ratio::ZERO;
    }
    params
}

#[test]
fn each_ratio_is_accepted_at_its_limits_and_refused_by_name_one_unit_beyond() {
    assert_eq!(loose().validate(), Ok(()));
    for (name, field, low, high) in RATIOS {
        let refused = Err(RiskError::ParameterOutOfRange(name));
        assert_eq!(with(field, low * 1_000 - 1).validate(), refused, "{name} below");
        assert_eq!(with(field, high * 1_000 + 1).validate(), refused, "{name} above");
        for raw in [i64::MIN, i64::MAX] {
            assert_eq!(with(field, raw).validate(), refused, "{name} at {raw}");
        }
        assert_eq!(with(field, high * 1_000).validate(), Ok(()), "{name} at its largest");
        let at_least = if name == "es_mass" { refused } else { Ok(()) };
        assert_eq!(with(field, low * 1_000).validate(), at_least, "{name} at its least");
    }
}

#[test]
fn parameters_that_are_no_ratios_or_bound_by_each_other_are_refused_by_name() {
    type Change = fn(&mut PortfolioParams);
    let changes: [(&str, Change); 14] = [
        ("tenor_floor", |p| p.tenor_floor = Seconds::from_raw(3_599)),
        ("tenor_floor", |p| p.tenor_floor = Seconds::from_raw(30 * 86_400 + 1)),
        ("tenor_floor", |p| p.tenor_floor = Seconds::from_raw(i64::MIN)),
        ("tenor_floor", |p| p.tenor_floor = Seconds::from_raw(i64::MAX)),
        ("depth", |p| p.depth = Value::from_raw(999_999_999)),
        ("depth", |p| p.depth = Value::from_raw(-1)),
        ("depth", |p| p.depth = Value::from_raw(1_000_000_000_000_000_001)),
        ("depth", |p| p.depth = Value::from_raw(i64::MIN)),
        ("mm_factor", |p| p.mm_factor = Ratio::from_raw(p.im_factor.raw() + 1)),
        ("es_mass", |p| p.es_mass = Ratio::ZERO),
        // 0.3·1.415 is more than 0.42.
        ("vol_scale", |p| (p.vol_static, p.vol_scale) = (millionths(420_000), millionths(-300_000))),
        ("vol_scale", |p| (p.vol_static, p.vol_scale) = (millionths(141_500), millionths(-100_000))),
        ("vol_scale", |p| (p.vol_static, p.vol_scale) = (millionths(50_000), millionths(-100_000))),
        ("vol_scale", |p| p.vol_scale = Ratio::from_raw(-300_000_001)),
    ];
    for (name, change) in changes {
        let mut params = PortfolioParams::P2T;
        change(&mut params);
        assert_eq!(params.validate(), Err(RiskError::ParameterOutOfRange(name)));
    }
    let lawful: [fn(&mut PortfolioParams); 6] = [
        |p| p.tenor_floor = Seconds::from_raw(3_600),
        |p| p.tenor_floor = Seconds::from_raw(30 * 86_400),
        |p| p.depth = Value::from_usd(1_000),
        |p| p.depth = Value::from_raw(1_000_000_000_000_000_000),
        |p| p.mm_factor = p.im_factor,
        |p| (p.vol_static, p.vol_scale) = (millionths(424_501), millionths(-300_000)),
    ];
    for change in lawful {
        let mut params = PortfolioParams::P2T;
        change(&mut params);
        assert_eq!(params.validate(), Ok(()));
    }
}

fn scenario(spot: i64, weight: i64) -> Scenario {
    Scenario { spot: Ratio::from_raw(spot), vol: VolDirection::Up, weight: Ratio::from_raw(weight) }
}

#[test]
fn scenario_outside_its_limits_is_refused_by_name() {
    let build = |scenario| GridTable::new(&[scenario], &PortfolioParams::P2T).err();
    for spot in [0, -1, 49_999_999, 6_000_000_001, i64::MIN, i64::MAX] {
        assert_eq!(build(scenario(spot, 1)), Some(RiskError::ParameterOutOfRange("scenario_spot")), "{spot}");
    }
    for weight in [-1, 1_000_000_001, i64::MIN, i64::MAX] {
        assert_eq!(build(scenario(1, weight)), Some(RiskError::ParameterOutOfRange("scenario_spot")), "{weight}");
        let refused = Some(RiskError::ParameterOutOfRange("scenario_weight"));
        assert_eq!(build(scenario(1_000_000_000, weight)), refused, "{weight}");
    }
    for (spot, weight) in [(50_000_000, 0), (6_000_000_000, 1_000_000_000)] {
        assert_eq!(build(scenario(spot, weight)), None);
    }
}

#[test]
fn grid_has_one_to_forty_scenarios_and_keeps_their_numbers() {
    let build = |scenarios: &[Scenario]| GridTable::new(scenarios, &PortfolioParams::P2T);
    assert_eq!(build(&[]).err(), Some(RiskError::ParameterOutOfRange("scenarios")));
    // Every spot factor another, in falling order and all directions in turn: the table sorts them.
    let many: Vec<Scenario> = (0..41)
        .map(|number| Scenario {
            vol: [VolDirection::Up, VolDirection::None, VolDirection::Down][number % 3],
            ..scenario(5_000_000_000 - 100_000_000 * number as i64, 1_000_000_000 - number as i64)
        })
        .collect();
    assert_eq!(build(&many).err(), Some(RiskError::TooManyItems));
    let table = build(&many[..MAX_SCENARIOS]).unwrap();
    let mut seen: Vec<u8> = table.scenarios.iter().copied().filter(|number| *number != u8::MAX).collect();
    for (point, number) in table.scenarios.iter().enumerate().filter(|(_, number)| **number != u8::MAX) {
        let given = many[*number as usize];
        assert!((table.factors[point] as f64 / (1u64 << 30) as f64 - given.spot.raw() as f64 * 1e-9).abs() < 1e-9);
        assert!((table.logs[point] as f64 / (1u64 << 60) as f64 - (given.spot.raw() as f64 * 1e-9).ln()).abs() < 2e-12);
        let direction = match point as u8 {
            point if point < table.shape.ups => VolDirection::Up,
            point if point < table.shape.ups + table.shape.downs => VolDirection::Down,
            _ => VolDirection::None,
        };
        assert_eq!(direction, given.vol);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..40).collect::<Vec<u8>>());
    // The mark and both moves of the basis that the grid lacks: 43 points at most.
    assert!(table.shape.count <= 43);
    assert_eq!(build(&P2T_SCENARIOS).unwrap().shape.count, 29, "the mark and both basis moves are scenarios already");
}
