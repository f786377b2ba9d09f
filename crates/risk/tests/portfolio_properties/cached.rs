//! Risk arrays of a while ago against a full valuation now: below, above, and how far apart.

use super::book::{any_book, any_slice, call, dollars, price, put, ratio, Book, Margin, Opt, Slice, DAY, SPOT};
use super::cases;
use plimsoll_risk::margin::portfolio::cached::{
    ArrayBook, ArraySpace, BalanceBound, RefreshCells, Refresher, Side, SnapshotRaw, Uncovered, UnitValues,
};
use plimsoll_risk::margin::portfolio::{PortfolioBook, Scenario, VolDirection, Workspace};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::pricing::Svi;
use plimsoll_risk::units::{Log, Price, Ratio, Seconds, Skew, Value, Variance, ONE_Q};
use proptest::prelude::*;

/// A book whose arrays were refreshed a while ago.
#[derive(Clone, Debug)]
struct Moved {
    /// At the refresh.
    then: Book,
    smiles: Vec<Svi>,
    now: Book,
}

fn q40(x: f64) -> i64 {
    (x * ONE_Q as f64) as i64
}

/// A smile by its volatility at the forward, and its shape in standard deviations.
fn smile(seconds: i64, vol: f64, [steep, rho, m, s]: [f64; 4]) -> Svi {
    let deviation = vol * (seconds.max(1) as f64 / 31_536_000.0).sqrt();
    let b = steep * vol * vol / deviation.max(1e-3);
    let s = (s * deviation).max(1e-5);
    let svi = Svi::new(
        Variance::from_raw(q40(vol * vol - (b * s / 2.0).min(vol * vol / 2.0))),
        Variance::from_raw(q40(b)),
        Skew::from_raw(q40(rho)),
        Log::from_raw(q40(m * deviation)),
        Log::from_raw(q40(s)),
        Seconds::from_raw(seconds.max(60)),
    );
    svi.unwrap_or_else(|_| Svi::flat(plimsoll_risk::units::Vol::from_raw(q40(vol))))
}

/// The volatilities of the legs off the smile.
fn priced(book: &Book, smiles: &[Svi]) -> Book {
    book.but(|book| {
        for (slice, smile) in book.slices.iter_mut().zip(smiles) {
            let forward = ln_price(price(slice.forward)).unwrap().raw();
            for leg in &mut slice.legs {
                let k = ln_price(price(leg.strike)).unwrap().raw() - forward;
                leg.vol = smile.vol_at(Log::from_raw(k)).raw() as f64 / ONE_Q as f64;
            }
        }
    })
}

impl Moved {
    /// The same book with prices moved by a factor, so many seconds later.
    fn by(book: &Book, smiles: Vec<Svi>, factor: f64, elapsed: i64) -> Self {
        let cents = |usd: f64| ((usd * 1e9).round() / 1e9).max(1e-9);
        let now = book.but(|book| {
            for usd in [&mut book.index, &mut book.low, &mut book.high] {
                *usd = cents(*usd * factor);
            }
            for slice in &mut book.slices {
                slice.forward = cents(slice.forward * factor);
                slice.seconds = (slice.seconds - elapsed).max(0);
            }
        });
        Self { then: priced(book, &smiles), now: priced(&now, &smiles), smiles }
    }

    fn refresh(&self, book: &PortfolioBook) -> Result<(Vec<SnapshotRaw>, Vec<UnitValues>), Uncovered> {
        let (mut snapshots, mut units, mut rest) = (vec![], vec![], book.legs);
        for (expiry, smile) in book.expiries.iter().zip(&self.smiles) {
            let (legs, others) = rest.split_at(expiry.legs);
            rest = others;
            let highest = legs.iter().map(|leg| leg.strike.price).fold(Price::ZERO, Price::max);
            let cells = &mut RefreshCells::default();
            let mut refresher = Refresher::new(book.params, book.grid, expiry, &book.vols, smile, highest, cells)?;
            snapshots.push(refresher.snapshot().to_raw());
            units.extend(legs.iter().map(|leg| refresher.units(leg.strike, leg.total_vol)));
        }
        Ok((snapshots, units))
    }

    fn bounds(&self) -> Result<[BalanceBound; 2], Uncovered> {
        let (snapshots, units) = self.then.inspect(|book| self.refresh(book))??;
        let (snapshots, units): (Vec<_>, Vec<_>) = (snapshots.iter().collect(), units.iter().collect());
        let arrays = ArrayBook { snapshots: &snapshots, units: &units };
        self.now.inspect(|book| {
            let bound = |side| arrays.bound(book, (&mut Workspace::default(), &mut ArraySpace::default()), side);
            Ok([bound(Side::Lower)?, bound(Side::Upper)?])
        })?
    }

    /// Requires the full valuation between the bounds; gives both and it.
    fn check(&self) -> Option<([BalanceBound; 2], Margin)> {
        let bounds = match self.bounds() {
            Ok(bounds) => bounds,
            Err(Uncovered::SurfaceUnbounded) => return None,
            // A step of the last digit of a tiny price may be more than the band.
            Err(Uncovered::PriceMoved) if self.now.index < 1e-3 => return None,
            Err(error) => panic!("{error:?}: {self:?}"),
        };
        let [low, high] = bounds;
        let full = self.now.margin();
        for (name, low, exact, high) in [
            ("mark", low.mark, full.exact.mark, high.mark),
            ("MM", low.maintenance, full.exact.maintenance, high.maintenance),
            ("IM", low.initial, full.exact.initial, high.initial),
        ] {
            let [low, exact, high] = [low, exact, high].map(dollars);
            assert!(low <= exact, "{name}: {low} is above {exact} by {}: {self:?}", low - exact);
            assert!(exact <= high, "{name}: {high} is below {exact} by {}: {self:?}", exact - high);
        }
        Some((bounds, full))
    }

    /// Widths of MM and IM.
    fn widths(&self) -> Option<[f64; 2]> {
        let ([low, high], _) = self.check()?;
        let apart = |low, high| dollars(high) - dollars(low);
        Some([apart(low.maintenance, high.maintenance), apart(low.initial, high.initial)])
    }
}

/// Shapes of smiles in standard deviations: how steep, correlation, centre, width.
fn any_shape() -> impl Strategy<Value = (f64, [f64; 4])> {
    let shape = (0.0f64..1.5, -0.95f64..0.95, -1.0f64..1.0, 0.05f64..2.0).prop_map(|(a, b, c, d)| [a, b, c, d]);
    (prop_oneof![3 => 0.2f64..1.5, 1 => 0.02f64..0.2, 1 => 1.5f64..5.0], shape)
}

fn smiles_of(book: &Book, shapes: &[(f64, [f64; 4])]) -> Vec<Svi> {
    book.slices.iter().zip(shapes).map(|(slice, &(vol, shape))| smile(slice.seconds, vol, shape)).collect()
}

/// ln of the move, up to the band, and often none.
fn any_move() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 4 => -0.01499f64..0.01499, 1 => -1e-6f64..1e-6]
}

/// Parameters inside their limits, with every addition that arrays cover.
fn any_params() -> impl Strategy<Value = PortfolioParams> {
    let factors = (0.1f64..1.0, 1.0f64..5.0, 0.0f64..1.0, 0.05f64..1.0);
    let ranges = (0.0f64..5.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..3.0, 0.0f64..5.0);
    let skews = (-0.5f64..0.5, 0.0f64..1.0, -0.5f64..0.5, 0.0f64..1.0, 0.001f64..1.0, 0.1f64..20.0);
    let discounts = (0.5f64..1.0, 1.0f64..2.0, 0.0f64..1.0, 0.0f64..2.0, 0.0f64..4.0);
    (factors, ranges, skews, discounts).prop_map(|(factors, ranges, skews, discounts)| {
        let ((mm, im, weight, mass), (up, down, short, long, least, realised)) = (factors, ranges);
        let ((slope, cap, bend_slope, bend_cap, kstar, width), (owned, owed, add, basis, mult)) = (skews, discounts);
        let mut params = PortfolioParams {
            mm_factor: ratio(mm * im),
            im_factor: ratio(im),
            es_weight: ratio(weight),
            es_mass: ratio(mass),
            range_up: ratio(up),
            range_down: ratio(down),
            short_power: ratio(short),
            long_power: ratio(long),
            min_vol_up: ratio(least),
            realised_mult: ratio(realised),
            min_kstar: ratio(kstar),
            width_scale: ratio(width),
            long_base: ratio(owned),
            short_base: ratio(owed),
            long_add: ratio(add),
            basis_add: ratio(basis),
            basis_mult: ratio(mult),
            confidence_threshold: Ratio::ONE,
            ..PortfolioParams::P2T
        };
        (params.skew_linear.cap_slope, params.skew_linear.base_cap) = (ratio(slope), ratio(cap));
        (params.skew_absolute.cap_slope, params.skew_absolute.base_cap) = (ratio(bend_slope), ratio(bend_cap));
        params
    })
}

fn any_grid() -> impl Strategy<Value = Vec<Scenario>> {
    let vol = prop_oneof![Just(VolDirection::Up), Just(VolDirection::Down), Just(VolDirection::None)];
    let near = prop_oneof![3 => 0.7f64..1.4, 1 => 0.05f64..6.0, 1 => 0.995f64..1.005, 1 => Just(1.0)];
    let scenario = (near, vol, 0.0f64..1.0).prop_map(|(spot, vol, weight)| Scenario {
        spot: ratio(spot),
        vol,
        weight: ratio(weight),
    });
    prop_oneof![1 => Just(plimsoll_risk::margin::portfolio::P2T_SCENARIOS.to_vec()), 2 => prop::collection::vec(scenario, 1..40)]
}

/// Up to the settlement window and inside it: the crate does not know that one, only what it fixes.
fn near_expiry() -> impl Strategy<Value = i64> {
    prop_oneof![1i64..3_600, 3_600i64..DAY, DAY..40 * DAY]
}

/// The price range no further from the index than where it is scanned again.
fn near_range(book: Book, low: f64, high: f64) -> Book {
    book.but(|b| (b.low, b.high) = (b.index * low, b.index * high))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn law_the_full_margin_lies_between_the_bounds(
        book in any_book(-50_000_000..50_000_000), shapes in prop::collection::vec(any_shape(), 3),
        low in 0.976f64..1.0, high in 1.0f64..1.024, log in any_move(), elapsed in 0i64..400,
    ) {
        let book = near_range(book, low, high);
        Moved::by(&book, smiles_of(&book, &shapes), log.exp(), elapsed).check();
    }

    #[test]
    fn law_the_full_margin_lies_between_the_bounds_whatever_the_parameters(
        book in any_book(-50_000_000..50_000_000), shapes in prop::collection::vec(any_shape(), 3), params in any_params(),
        scenarios in any_grid(), low in 0.976f64..1.0, log in any_move(), elapsed in 0i64..400,
        realised in (0.0f64..3.0, 0.0f64..3.0), forecast in (1.0f64..3.0, 1.0f64..3.0),
    ) {
        let book = Book { params, scenarios, realised: realised.0, forecast: forecast.0, ..near_range(book, low, 1.0) };
        let mut moved = Moved::by(&book, smiles_of(&book, &shapes), log.exp(), elapsed);
        // Realised volatility and forecast may change without a publication.
        (moved.now.realised, moved.now.forecast) = (realised.1, forecast.1);
        moved.check();
    }

    #[test]
    fn law_the_full_margin_lies_between_the_bounds_for_giants_at_their_end(
        slices in prop::collection::vec(any_slice(-1_000_000_000_000..1_000_000_000_000), 1..4),
        seconds in prop::collection::vec(near_expiry(), 3),
        shapes in prop::collection::vec(any_shape(), 3), log in any_move(), elapsed in 0i64..400,
        collateral in prop_oneof![Just(0.0), 0.0f64..1e9],
    ) {
        let mut book = Book { collateral, ..Book::with(slices) };
        for (slice, seconds) in book.slices.iter_mut().zip(seconds) {
            slice.seconds = seconds;
        }
        Moved::by(&book, smiles_of(&book, &shapes), log.exp(), elapsed).check();
    }

    /// Spot and strikes over eighteen powers of ten, one leg a giant beside a speck.
    #[test]
    fn law_the_full_margin_lies_between_the_bounds_at_any_price(
        power in -8.0f64..8.5, away in prop::collection::vec((-3.0f64..3.0, any::<bool>(), -1e9f64..1e9), 1..20), seconds in near_expiry(),
        shape in any_shape(), log in any_move(), elapsed in 0i64..400,
    ) {
        let spot = (10f64.powf(power) * 1e9).round() / 1e9;
        let legs: Vec<Opt> = away.iter().map(|&(away, is_call, size)| {
            let strike = ((spot * away.exp()).clamp(1e-9, 9e8) * 1e9).round() / 1e9;
            let leg = if is_call { call(strike, 0.0) } else { put(strike, 0.0) };
            Opt { size: (size * (1e-9f64.max(size.abs() * 1e-9)).powi(3) * 1e6) as i64, ..leg }
        }).collect();
        let slice = Slice { forward: spot, ..Slice::after(seconds, &legs) };
        let book = Book { index: spot, low: spot, high: spot, ..Book::with(vec![slice]) };
        Moved::by(&book, smiles_of(&book, &[shape]), log.exp(), elapsed).check();
    }

    /// Without any move the bounds differ by rounding alone.
    #[test]
    fn law_at_the_moment_of_the_refresh_the_bounds_are_tight(
        book in any_book(-50_000_000..50_000_000), shapes in prop::collection::vec(any_shape(), 3),
    ) {
        // Interpolation to the ends of the price range is no rounding.
        let book = near_range(book, 1.0, 1.0);
        let moved = Moved::by(&book, smiles_of(&book, &shapes), 1.0, 0);
        let Some(widths) = moved.widths() else { return Ok(()) };
        let bound = rounding_bound(&book);
        prop_assert!(widths[0] <= bound && widths[1] <= bound, "{widths:?} beyond {bound}");
    }

    /// Inside the band they differ by a part of what the book is about.
    #[test]
    fn law_inside_the_band_the_bounds_are_near(
        book in any_book(-50_000_000..50_000_000), shapes in prop::collection::vec(any_shape(), 3), log in -0.01499f64..0.01499,
        elapsed in 0i64..300,
    ) {
        let book = near_range(book, 1.0, 1.0).but(|b| b.slices.iter_mut().for_each(|s| s.seconds += DAY));
        let moved = Moved::by(&book, smiles_of(&book, &shapes), log.exp(), elapsed);
        let Some(widths) = moved.widths() else { return Ok(()) };
        let notional: f64 = book.slices.iter().map(|s| s.forward * s.legs.iter().map(|l| l.contracts().abs()).sum::<f64>()).sum();
        // A slope is unknown by at most 1 for each contract: in the worst scenario, in the mark, in a skew, and twice in the
        // basis contingency, which is a multiple of a difference. Time and volatility are the rest.
        let basis = 0.5 + 2.0 * book.slices.iter().map(Slice::years).fold(0.0, f64::max);
        let bound = ((3.0 + 2.0 * basis) * log.abs() + 2e-3) * notional + rounding_bound(&book);
        prop_assert!(widths[0] <= bound && widths[1] <= bound, "{widths:?} beyond {bound}");
    }
}

/// What the bounds of a margin are apart at most at the moment of the refresh, in USD.
fn rounding_bound(book: &Book) -> f64 {
    let times = 2.0 + 2.0 * (0.5 + 2.0 * book.slices.iter().map(Slice::years).fold(0.0, f64::max));
    5e-7 * book.highest() * book.gross() * times + 8e-7 * book.collateral * book.slices.len() as f64 + 1e-6
}

/// One expiry, flat volatility.
fn at_flat(book: &Book, vol: f64, factor: f64, elapsed: i64) -> Moved {
    let smiles = book.slices.iter().map(|slice| smile(slice.seconds, vol, [0.0, 0.0, 0.0, 1.0])).collect();
    Moved::by(book, smiles, factor, elapsed)
}

#[test]
fn what_arrays_do_not_cover_is_named() {
    let base = Book::of(&[call(2_100.0, -1.0), put(1_900.0, -1.0)]);
    let reason = |change: fn(&mut Book), factor: f64| at_flat(&base.but(change), 0.6, factor, 0).bounds().unwrap_err();
    assert!(at_flat(&base, 0.6, 1.0149, 60).bounds().is_ok());
    assert_eq!(reason(|_| (), 1.0152), Uncovered::PriceMoved);
    assert_eq!(reason(|_| (), 0.9848), Uncovered::PriceMoved);
    assert_eq!(reason(|b| b.slices[0].fixed = 1.0, 1.0), Uncovered::SettlementWindow);
    assert_eq!(reason(|b| b.slices[0].stale_charge = 0.01, 1.0), Uncovered::SurfaceStale);
    assert_eq!(reason(|b| b.low = SPOT * 0.97, 1.0), Uncovered::PriceRange);
    assert_eq!(reason(|b| b.high = SPOT * 1.03, 1.0), Uncovered::PriceRange);
    assert_eq!(reason(|b| b.params.depth = Value::from_usd(1_000_000), 1.0), Uncovered::Greeks);
    assert_eq!(reason(|b| b.params.gamma_charge = Ratio::ONE, 1.0), Uncovered::Greeks);
    assert_eq!(reason(|b| b.params.vega_charge = Ratio::ONE, 1.0), Uncovered::Greeks);
    let history = |b: &mut Book| (b.params.es_source, b.params.es_weight) = (ShortfallSource::History, Ratio::ONE);
    assert_eq!(reason(history, 1.0), Uncovered::History);
    let fixed_later = {
        let mut moved = at_flat(&base, 0.6, 1.0, 0);
        moved.now.slices[0].fixed = 1.0;
        moved.bounds().unwrap_err()
    };
    assert_eq!(fixed_later, Uncovered::SettlementWindow);
    let no_skew = base.but(|b| b.params.skew_linear.weight = Ratio::ZERO);
    let mut moved = at_flat(&no_skew, 0.6, 1.0, 0);
    moved.now.params = base.params;
    assert_eq!(moved.bounds().unwrap_err(), Uncovered::NoArray);
}

#[test]
fn arrays_that_are_missing_are_named() {
    let moved = at_flat(&Book::of(&[call(2_100.0, -1.0)]), 0.6, 1.0, 0);
    let arrays = ArrayBook { snapshots: &[], units: &[] };
    let refused = moved
        .now
        .inspect(|book| arrays.bound(book, (&mut Workspace::default(), &mut ArraySpace::default()), Side::Lower))
        .unwrap();
    assert_eq!(refused, Err(Uncovered::NoArray));
}

/// Numbers a reader can check: a short call at the money, two weeks, 60 %, half a percent up within a minute.
#[test]
fn the_bound_of_a_short_call_costs_it_little() {
    let moved = at_flat(&Book::of(&[call(2_000.0, -1.0)]), 0.6, 1.005, 60);
    let ([low, high], full) = moved.check().unwrap();
    let (below, above) = (full.initial - dollars(low.initial), dollars(high.initial) - full.initial);
    // IM is 424 USD: the bound asks for less than half a percent more.
    assert!((420.0..430.0).contains(&-full.initial), "{}", full.initial);
    assert!(below < 2.0 && above < 3.0, "{below} {above}");
}
