//! How long the valuation of a large account takes off the chain: what a keeper pays to check a whole book.

use criterion::{criterion_group, criterion_main, Criterion};
use plimsoll_risk::margin::portfolio::{
    ArrayStamp, ExpiryBook, Extras, GridTable, OwnCollateral, PortfolioBook, PortfolioMargin, PriceRange, RiskArray,
    Scenario, UnitBlock, VolDirection, VolatilityState, Workspace, P2T_SCENARIOS,
};
use plimsoll_risk::margin::Leg;
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::pricing::{discount, total_vol, ForwardCurve, OptionKind, Strike};
use plimsoll_risk::units::{Contracts, Price, Ratio, Seconds, Vol, ONE_Q};

const SPOT: u32 = 3_000;
const EXPIRIES: i64 = 4;
const LEGS_PER_EXPIRY: u32 = 16;

/// Sixteen strikes of one expiry, calls and puts, longs and shorts, each with a volatility of its own.
fn legs(left: Seconds) -> Vec<Leg> {
    let leg = |number: u32| {
        let vol = Vol::from_raw(ONE_Q / 2 + ONE_Q / 100 * i64::from(number));
        Leg {
            kind: if number.is_multiple_of(2) { OptionKind::Call } else { OptionKind::Put },
            strike: Strike::new(Price::from_usd(2_250 + 100 * number)).unwrap(),
            size: Contracts::from_raw(if number.is_multiple_of(3) { 1_234_567 } else { -2_345_678 }),
            total_vol: total_vol(vol, sqrt_years(left)),
        }
    };
    (0..LEGS_PER_EXPIRY).map(leg).collect()
}

/// The grid of P2T and two more scenarios: with the two skew scenarios 33.
fn grid(params: &PortfolioParams) -> GridTable {
    let mut scenarios = P2T_SCENARIOS.to_vec();
    for spot in [1_250_000, 750_000] {
        scenarios.push(Scenario { spot: Ratio::from_millionths(spot), vol: VolDirection::Up, weight: Ratio::ONE });
    }
    GridTable::new(&scenarios, params).unwrap()
}

fn expiry(left: Seconds) -> ExpiryBook {
    let rate = Ratio::from_millionths(50_000);
    ExpiryBook {
        curve: ForwardCurve::new(Price::from_usd(SPOT), discount(rate, left)).unwrap(),
        left,
        sqrt_years: sqrt_years(left),
        rate,
        fixed: Price::ZERO,
        confidence: Ratio::ONE,
        stale_charge: Ratio::ZERO,
        legs: LEGS_PER_EXPIRY as usize,
    }
}

fn plain<'a, 'b>(arrays: &'a mut [Option<RiskArray<'b>>]) -> Extras<'a, 'b> {
    Extras { history: None, all_parts: false, arrays }
}

fn bench(criterion: &mut Criterion) {
    let params = PortfolioParams::P2T;
    let table = grid(&params);
    let tenors: Vec<Seconds> = (1..=EXPIRIES).map(|month| Seconds::from_raw(month * 30 * 86_400)).collect();
    let legs: Vec<Leg> = tenors.iter().flat_map(|&left| legs(left)).collect();
    let expiries: Vec<ExpiryBook> = tenors.iter().map(|&left| expiry(left)).collect();
    let book = PortfolioBook {
        params: &params,
        grid: table.grid(),
        range: PriceRange::at(Price::from_usd(SPOT)),
        confidence: Ratio::ONE,
        stable: Price::from_usd(1),
        vols: VolatilityState { realised: Vol::ZERO, forecast: Ratio::ONE },
        collateral: OwnCollateral::default(),
        expiries: &expiries,
        legs: &legs,
    };
    let mut workspace = Workspace::default();
    criterion.bench_function("margin of 64 legs, 33 scenarios", |bencher| {
        bencher.iter(|| PortfolioMargin::of(&book, &mut workspace, plain(&mut [])).unwrap())
    });
    let blocks = RiskArray::blocks(&book.grid);
    let (mut stamps, mut units) = (vec![ArrayStamp::default(); 64], vec![UnitBlock::default(); 64 * blocks]);
    let places = stamps.iter_mut().zip(units.chunks_exact_mut(blocks));
    let mut kept: Vec<_> = places.map(|(stamp, units)| Some(RiskArray::new(stamp, units))).collect();
    PortfolioMargin::of(&book, &mut workspace, plain(&mut kept)).unwrap();
    criterion.bench_function("margin of 64 legs, from risk arrays", |bencher| {
        bencher.iter(|| PortfolioMargin::of(&book, &mut workspace, plain(&mut kept)).unwrap())
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
