//! What is kept of one expiry and of its series at a refresh.

use super::super::array::{scan_grid, Ends};
use super::super::batch::{UnitValues, UNIT_SLOTS};
use super::super::book::ExpiryBook;
use super::super::grid::{Grid, FACTOR_BITS, MAX_POINTS};
use super::super::kernel::{fill_cells, Cell, Strip};
use super::super::scale::{shocked_ceil, Scale};
use super::super::sink::Keep;
use super::super::skew::scan_skews;
use super::super::tenor::{SkewTerms, TenorTerms, VolatilityState};
use super::Uncovered;
use crate::error::RiskError;
use crate::params::PortfolioParams;
use crate::pricing::black76::Strike;
use crate::pricing::{Steepness, Svi};
use crate::units::{Exact, Log, Price, TotalVol, Vol};

/// A snapshot as it is stored.
pub type SnapshotRaw = [i64; 14];

/// A skew scenario: its largest change of volatility and the change for each unit of log-moneyness, both Q40.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SkewSlope {
    pub cap: i64,
    pub slope: i64,
}

impl From<&SkewTerms> for SkewSlope {
    fn from(terms: &SkewTerms) -> Self {
        Self { cap: terms.cap, slope: terms.slope_q40() }
    }
}

/// One expiry at the moment of a refresh: all that a bracket needs of that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpirySnapshot {
    pub(super) forward: Price,
    pub(super) log_forward: Log,
    /// Root of the years left, Q40.
    pub(super) sqrt_years: i64,
    /// Exponent of the unit of price of the arrays.
    pub(super) exponent: i32,
    /// Factors on volatility, Q40.
    pub(super) vol_up: i64,
    pub(super) vol_down: i64,
    pub(super) least_up: TotalVol,
    pub(super) linear: SkewSlope,
    pub(super) absolute: SkewSlope,
    pub(super) steepness: Steepness,
}

impl ExpirySnapshot {
    /// The stored form.
    pub fn to_raw(&self) -> SnapshotRaw {
        let Steepness { per_log, error, most } = self.steepness;
        [
            self.forward.raw(),
            self.log_forward.raw(),
            self.sqrt_years,
            self.exponent as i64,
            self.vol_up,
            self.vol_down,
            self.least_up.raw(),
            self.linear.cap,
            self.linear.slope,
            self.absolute.cap,
            self.absolute.slope,
            per_log,
            error,
            most.raw(),
        ]
    }

    /// Reads the stored form; only what [`ExpirySnapshot::to_raw`] wrote bounds anything. Nothing makes it panic.
    pub fn from_raw(raw: &SnapshotRaw) -> Self {
        let [forward, log_forward, sqrt_years, exponent, vol_up, vol_down, least_up, linear_cap, linear_slope, absolute_cap, absolute_slope, per_log, error, most] =
            *raw;
        Self {
            forward: Price::from_raw(forward),
            log_forward: Log::from_raw(log_forward),
            sqrt_years,
            exponent: exponent as i32,
            vol_up,
            vol_down,
            least_up: TotalVol::from_raw(least_up),
            linear: SkewSlope { cap: linear_cap, slope: linear_slope },
            absolute: SkewSlope { cap: absolute_cap, slope: absolute_slope },
            steepness: Steepness { per_log, error, most: Vol::from_raw(most) },
        }
    }
}

/// The memory of a [`Refresher`], a kilobyte: the points of the grid, then the two skew scenarios.
#[derive(Clone, Copy, Debug)]
pub struct RefreshCells([Cell; MAX_POINTS + 2]);

impl Default for RefreshCells {
    fn default() -> Self {
        Self([Cell::default(); MAX_POINTS + 2])
    }
}

/// Computes the arrays of one expiry: its snapshot once, then series by series.
pub struct Refresher<'a> {
    grid: Grid<'a>,
    terms: TenorTerms,
    scale: Scale,
    snapshot: ExpirySnapshot,
    cells: &'a mut RefreshCells,
}

impl<'a> Refresher<'a> {
    /// Takes the snapshot of an expiry whose highest strike is this.
    ///
    /// # Errors
    /// [`Uncovered::SettlementWindow`], [`Uncovered::SurfaceStale`], [`Uncovered::SurfaceUnbounded`], and
    /// [`Uncovered::Failed`] for a market out of range.
    #[inline(never)]
    pub fn new(
        params: &PortfolioParams,
        grid: Grid<'a>,
        expiry: &ExpiryBook,
        vols: &VolatilityState,
        smile: &Svi,
        highest_strike: Price,
        cells: &'a mut RefreshCells,
    ) -> Result<Self, Uncovered> {
        if !expiry.fixed.is_zero() {
            return Err(Uncovered::SettlementWindow);
        }
        if !expiry.stale_charge.is_zero() {
            return Err(Uncovered::SurfaceStale);
        }
        let forward = expiry.curve.forward;
        let highest = highest_forward(&grid, forward)?.max(highest_strike.raw());
        let scale = Scale::new(highest, 1, Exact::ZERO);
        let terms = TenorTerms::new(params, &expiry.tenor(), vols)?;
        let points = cells.0.get_mut(..grid.shape.count as usize).unwrap_or_default();
        fill_cells(points, &grid, scale.price_q2(forward));
        let [.., linear, absolute] = &mut cells.0;
        *linear = Cell::new(0, scale.price(forward));
        *absolute = *linear;
        let snapshot = ExpirySnapshot {
            forward,
            log_forward: expiry.curve.log_forward,
            sqrt_years: expiry.sqrt_years,
            exponent: scale.price_exponent(),
            vol_up: terms.vol_up.q40(),
            vol_down: terms.vol_down.q40(),
            least_up: TotalVol::from_raw((terms.least_up << 8) as i64),
            linear: SkewSlope::from(&terms.linear),
            absolute: SkewSlope::from(&terms.absolute),
            steepness: smile.steepness().ok_or(Uncovered::SurfaceUnbounded)?,
        };
        Ok(Self { grid, terms, scale, snapshot, cells })
    }

    /// What is kept of the expiry.
    pub fn snapshot(&self) -> &ExpirySnapshot {
        &self.snapshot
    }

    /// What is kept of one of its series: no strike above the highest, its total volatility at the snapshot.
    ///
    /// # Rounding
    /// As the scan: 1.6e-9·(G + K) of the distribution, one unit of price of truncation.
    #[inline(never)]
    pub fn units(&mut self, strike: Strike, vol: TotalVol) -> UnitValues {
        let strip = Strip {
            // Logarithms of prices are within ±21·2^40.
            log_moneyness: self.snapshot.log_forward.raw().wrapping_sub(strike.log.raw()),
            strike: self.scale.price(strike.price),
            size: 0,
            vol_q28: Strip::vol_q28(vol),
        };
        let mut units = [0u32; UNIT_SLOTS];
        let mut keep = Keep { units: units.iter_mut() };
        scan_grid(&strip, &mut self.cells.0, (self.grid.shape, Ends::None), &self.terms, vol, &mut keep);
        let skews = (&self.terms.linear, &self.terms.absolute);
        scan_skews(&strip, &mut self.cells.0, skews, &mut keep);
        units
    }
}

/// The highest forward of a grid. # Rounding Up.
///
/// # Errors
/// [`RiskError::PriceOutOfRange`], [`RiskError::Overflow`].
fn highest_forward(grid: &Grid, forward: Price) -> Result<i64, RiskError> {
    if !forward.is_in_range() {
        return Err(RiskError::PriceOutOfRange);
    }
    let largest = grid.factors.iter().take(grid.shape.count as usize).fold(1 << FACTOR_BITS, |most, &s| s.max(most));
    shocked_ceil(forward, largest)
}
