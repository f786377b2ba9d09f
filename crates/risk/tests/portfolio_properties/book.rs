//! A book in plain numbers, and its margin by the crate.

use plimsoll_risk::margin::portfolio::{
    ArrayStamp, ExpiryBook, Extras, GridTable, HistoryPair, HistoryWorkspace, OwnCollateral, PortfolioBook,
    PortfolioMargin, PriceRange, RiskArray, Scenario, UnitBlock, VolatilityState, Workspace, P2T_SCENARIOS,
};
use plimsoll_risk::margin::Leg;
use plimsoll_risk::math::{ln_price, sqrt_years};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::pricing::{discount, total_vol, ForwardCurve, OptionKind, Strike};
use plimsoll_risk::units::{Contracts, Exact, Price, Ratio, Seconds, Vol, ONE_Q};
use plimsoll_risk::RiskError;
use proptest::prelude::*;

pub const DAY: i64 = 86_400;
pub const SPOT: f64 = 2_000.0;

#[derive(Clone, Copy, Debug)]
pub struct Opt {
    pub kind: OptionKind,
    pub strike: f64,
    /// In 1e-6 contracts.
    pub size: i64,
    pub vol: f64,
}

#[derive(Clone, Debug)]
pub struct Slice {
    pub forward: f64,
    pub seconds: i64,
    pub rate: f64,
    pub fixed: f64,
    pub confidence: f64,
    pub stale_charge: f64,
    pub legs: Vec<Opt>,
}

#[derive(Clone, Debug)]
pub struct Book {
    pub params: PortfolioParams,
    pub scenarios: Vec<Scenario>,
    pub index: f64,
    pub low: f64,
    pub high: f64,
    pub confidence: f64,
    pub stable: f64,
    pub realised: f64,
    pub forecast: f64,
    pub collateral: f64,
    /// Part of the collateral that the account does not count.
    pub haircut: f64,
    pub history: Option<Vec<(f64, f64)>>,
    pub slices: Vec<Slice>,
}

/// A margin in USD, with the PnL of every scenario and of both skews.
#[derive(Clone, Debug)]
pub struct Margin {
    pub exact: PortfolioMargin,
    pub mark: f64,
    pub worst: f64,
    pub basis: f64,
    pub min_span: f64,
    pub gap: f64,
    pub maintenance: f64,
    pub initial: f64,
    pub scenarios: Vec<f64>,
    pub skews: [f64; 2],
}

pub fn price(usd: f64) -> Price {
    Price::from_raw((usd * 1e9).round() as i64)
}

pub fn ratio(x: f64) -> Ratio {
    Ratio::from_raw((x * 1e9).round() as i64)
}

pub fn dollars(exact: Exact) -> f64 {
    exact.raw() as f64 * 1e-15
}

pub fn exact(usd: f64) -> Exact {
    Exact::from_raw((usd * 1e9).round() as i128 * 1_000_000)
}

pub fn call(strike: f64, contracts: f64) -> Opt {
    Opt { kind: OptionKind::Call, strike, size: (contracts * 1e6).round() as i64, vol: 0.6 }
}

pub fn put(strike: f64, contracts: f64) -> Opt {
    Opt { kind: OptionKind::Put, ..call(strike, contracts) }
}

impl Opt {
    pub fn at_vol(self, vol: f64) -> Self {
        Self { vol, ..self }
    }

    pub fn contracts(&self) -> f64 {
        self.size as f64 * 1e-6
    }
}

impl Slice {
    /// The forward at spot, no rate, no doubt.
    pub fn after(seconds: i64, legs: &[Opt]) -> Self {
        let legs = legs.to_vec();
        Self { forward: SPOT, seconds, rate: 0.0, fixed: 0.0, confidence: 1.0, stale_charge: 0.0, legs }
    }

    pub fn years(&self) -> f64 {
        self.seconds as f64 / 31_536_000.0
    }
}

impl Book {
    /// One expiry in fourteen days with the parameters "P2T".
    pub fn of(legs: &[Opt]) -> Self {
        Self::with(vec![Slice::after(14 * DAY, legs)])
    }

    pub fn with(slices: Vec<Slice>) -> Self {
        Self {
            params: PortfolioParams::P2T,
            scenarios: P2T_SCENARIOS.to_vec(),
            index: SPOT,
            low: SPOT,
            high: SPOT,
            confidence: 1.0,
            stable: 1.0,
            realised: 0.0,
            forecast: 1.0,
            collateral: 0.0,
            haircut: 0.0,
            history: None,
            slices,
        }
    }

    /// What counts of the collateral, in whole atoms: the account rounds it down.
    fn counted(&self) -> f64 {
        let counts = 1.0 - (self.haircut * 1e9).round() / 1e9;
        (self.collateral * counts * 1e6).floor() / 1e6
    }

    /// The same book with something changed.
    pub fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut book = self.clone();
        change(&mut book);
        book
    }

    pub fn legs(&self) -> impl Iterator<Item = &Opt> {
        self.slices.iter().flat_map(|slice| &slice.legs)
    }

    /// Σ|q|.
    pub fn gross(&self) -> f64 {
        self.legs().map(|leg| leg.contracts().abs()).sum()
    }

    /// The highest price of the scan: a strike, or a forward times the largest factor on spot.
    pub fn highest(&self) -> f64 {
        let factors = self.scenarios.iter().map(|scenario| scenario.spot.raw() as f64 * 1e-9);
        let moves = self.history.iter().flatten().map(|(change, _)| 1.0 + change);
        let largest = factors.chain(moves).fold((self.high / self.index).max(1.045), f64::max);
        let forwards = self.slices.iter().map(|slice| slice.forward * largest);
        self.legs().map(|leg| leg.strike).chain(forwards).fold(0.0, f64::max)
    }

    /// Looks at the book as the crate sees it.
    pub fn inspect<R>(&self, look: impl FnOnce(&PortfolioBook) -> R) -> Result<R, RiskError> {
        self.params.validate()?;
        let table = GridTable::new(&self.scenarios, &self.params)?;
        let legs = self.slices.iter().map(Slice::legs_of).collect::<Result<Vec<_>, _>>()?;
        let books = self.slices.iter().zip(&legs).map(|(slice, legs)| slice.book(legs.len()));
        let expiries = books.collect::<Result<Vec<_>, _>>()?;
        let legs = legs.concat();
        let log = |usd: f64| ln_price(price(usd));
        Ok(look(&PortfolioBook {
            params: &self.params,
            grid: table.grid(),
            range: PriceRange::new(price(self.index), log(self.index)?, log(self.low)?, log(self.high)?)?,
            confidence: ratio(self.confidence),
            stable: price(self.stable),
            vols: VolatilityState {
                realised: Vol::from_raw((self.realised * ONE_Q as f64) as i64),
                forecast: ratio(self.forecast),
            },
            collateral: OwnCollateral {
                full: exact(self.collateral),
                initial: exact(self.counted()),
                maintenance: exact(self.counted()),
                charge: Exact::ZERO,
            },
            expiries: &expiries,
            legs: &legs,
        }))
    }

    pub fn try_margin(&self) -> Result<Margin, RiskError> {
        self.inspect(|book| self.margin_of(book))?
    }

    fn margin_of(&self, book: &PortfolioBook) -> Result<Margin, RiskError> {
        let pairs: Option<Vec<HistoryPair>> = match &self.history {
            None => None,
            Some(pairs) => {
                Some(pairs.iter().map(|&(r, v)| HistoryPair::new(ratio(r), ratio(v))).collect::<Result<_, _>>()?)
            }
        };
        let (mut workspace, mut memory) = (Workspace::default(), HistoryWorkspace::default());
        let history = pairs.as_ref().map(|pairs| (&pairs[..], &mut memory));
        let extras = Extras { history, all_parts: true, arrays: &mut [] };
        let margin = PortfolioMargin::of(book, &mut workspace, extras)?;
        self.require_same_from_arrays(book, &margin, pairs.as_deref())?;
        self.require_same_in_short(book, &margin, pairs.as_deref())?;
        let pnl = |number: usize| workspace.scenario_pnl(&book.grid, number as u8).map_or(f64::NAN, dollars);
        let (linear, absolute) = workspace.skew_pnl(&self.params);
        Ok(Margin {
            mark: dollars(margin.mark),
            worst: dollars(margin.worst_pnl),
            basis: dollars(margin.basis),
            min_span: dollars(margin.min_span),
            gap: dollars(margin.gap),
            maintenance: dollars(margin.maintenance),
            initial: dollars(margin.initial),
            scenarios: (0..self.scenarios.len()).map(pnl).collect(),
            skews: [dollars(linear), dollars(absolute)],
            exact: margin,
        })
    }

    /// Risk arrays, computed and then used, give the same margin to the last digit.
    fn require_same_from_arrays(
        &self,
        book: &PortfolioBook,
        margin: &PortfolioMargin,
        pairs: Option<&[HistoryPair]>,
    ) -> Result<(), RiskError> {
        let (count, blocks) = (book.legs.len(), RiskArray::blocks(&book.grid));
        let (mut stamps, mut units) = (vec![ArrayStamp::default(); count], vec![UnitBlock::default(); count * blocks]);
        let places = stamps.iter_mut().zip(units.chunks_exact_mut(blocks));
        let mut kept: Vec<_> = places.map(|(stamp, units)| Some(RiskArray::new(stamp, units))).collect();
        let (mut workspace, mut memory) = (Workspace::default(), HistoryWorkspace::default());
        let mut compare = |kept: &mut [Option<RiskArray>]| {
            let history = pairs.map(|pairs| (pairs, &mut memory));
            let extras = Extras { history, all_parts: true, arrays: kept };
            assert_eq!(PortfolioMargin::of(book, &mut workspace, extras)?, *margin, "from arrays");
            Ok(())
        };
        // To be filled, and full; fewer than legs, and holes among them.
        compare(&mut kept)?;
        compare(&mut kept)?;
        compare(&mut kept[..count / 2])?;
        kept.iter_mut().step_by(3).for_each(|array| *array = None);
        compare(&mut kept)
    }

    /// What nobody asked for, skew scenarios that cannot be the worst and Greeks, changes nothing when it is left out.
    fn require_same_in_short(
        &self,
        book: &PortfolioBook,
        margin: &PortfolioMargin,
        pairs: Option<&[HistoryPair]>,
    ) -> Result<(), RiskError> {
        let (mut workspace, mut memory) = (Workspace::default(), HistoryWorkspace::default());
        let history = pairs.map(|pairs| (pairs, &mut memory));
        let extras = Extras { history, all_parts: false, arrays: &mut [] };
        let short = PortfolioMargin::of(book, &mut workspace, extras)?;
        assert_eq!(PortfolioMargin { greeks: margin.greeks, worst: margin.worst, ..short }, *margin, "in short");
        Ok(())
    }

    /// What tilt and bend take, where nobody asked for all parts: 0 if they were left out.
    pub fn skews_in_short(&self) -> [f64; 2] {
        let skews = self.inspect(|book| {
            let mut workspace = Workspace::default();
            let extras = Extras { history: None, all_parts: false, arrays: &mut [] };
            PortfolioMargin::of(book, &mut workspace, extras)?;
            let (tilt, bend) = workspace.skew_pnl(&self.params);
            Ok([dollars(tilt), dollars(bend)])
        });
        skews.and_then(|skews| skews).unwrap_or_else(|error: RiskError| panic!("{error:?} of {self:?}"))
    }

    pub fn margin(&self) -> Margin {
        self.try_margin().unwrap_or_else(|error| panic!("{error:?} of {self:?}"))
    }
}

impl Slice {
    fn legs_of(&self) -> Result<Vec<Leg>, RiskError> {
        let root = sqrt_years(Seconds::from_raw(self.seconds));
        let leg = |opt: &Opt| {
            Ok(Leg {
                kind: opt.kind,
                strike: Strike::new(price(opt.strike))?,
                size: Contracts::from_raw(opt.size),
                total_vol: total_vol(Vol::from_raw((opt.vol * ONE_Q as f64).round() as i64), root),
            })
        };
        self.legs.iter().map(leg).collect()
    }

    fn book(&self, legs: usize) -> Result<ExpiryBook, RiskError> {
        let left = Seconds::from_raw(self.seconds);
        Ok(ExpiryBook {
            curve: ForwardCurve::new(price(self.forward), discount(ratio(self.rate), left))?,
            left,
            sqrt_years: sqrt_years(left),
            rate: ratio(self.rate),
            fixed: price(self.fixed),
            confidence: ratio(self.confidence),
            stale_charge: ratio(self.stale_charge),
            legs,
        })
    }
}

/// Any option around spot, up to a hundred contracts.
pub fn any_opt(sizes: std::ops::Range<i64>) -> impl Strategy<Value = Opt> {
    (any::<bool>(), 0.4f64..2.5, sizes, 0.1f64..2.5).prop_map(|(is_call, moneyness, size, vol)| {
        let kind = if is_call { OptionKind::Call } else { OptionKind::Put };
        Opt { kind, strike: (moneyness * SPOT * 10.0).round() / 10.0, size, vol }
    })
}

/// Any expiry up to two years with options of these sizes.
pub fn any_slice(sizes: std::ops::Range<i64>) -> impl Strategy<Value = Slice> {
    let legs = prop::collection::vec(any_opt(sizes), 1..6);
    (0.8f64..1.25, 1i64..2 * 365 * DAY, 0.0f64..1.0, legs).prop_map(|(ratio, seconds, rate, legs)| Slice {
        forward: (SPOT * ratio * 1e3).round() / 1e3,
        rate,
        ..Slice::after(seconds, &legs)
    })
}

/// Any book of one to three expiries, with a price range, and sometimes with collateral of the same asset.
pub fn any_book(sizes: std::ops::Range<i64>) -> impl Strategy<Value = Book> {
    let slices = prop::collection::vec(any_slice(sizes), 1..4);
    let collateral = prop_oneof![Just(0.0), 0.0f64..1e6];
    (slices, 0.8f64..1.0, 1.0f64..1.2, 0.9f64..1.01, collateral, 0.0f64..1.0).prop_map(
        |(slices, low, high, stable, collateral, confidence)| Book {
            low: SPOT * low,
            high: SPOT * high,
            stable,
            confidence,
            collateral,
            ..Book::with(slices)
        },
    )
}
