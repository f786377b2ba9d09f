//! Portfolio margin: what the whole book of one underlying loses in the worst of many scenarios.
//!
//! ```text
//! scenario      PnL = weight·(Σ expiries (V(spot·s, σ')·D± − V) + (s − 1)·collateral of the same asset)
//! D±            what is owned is discounted further, what is owed less: even s = 1 costs a long option its discount
//! skew          spot stands still, the smile tilts or bends: PnL = weight·Σ expiries −|V(σ'')·D± − V|
//! basis         Σ expiries min(0, V(F·up) − V, V(F·down) − V)·(basis_add + basis_mult·τ)
//! scan          (1 − w)·worst scenario + w·expected shortfall
//! minSPAN       min(basis, scan)·max(1, √(|net delta| / depth))
//! MM            minSPAN·mmFactor − MMcont + mark
//! IM            minSPAN·(imFactor + max(0, pegThreshold − stable)·pegFactor) + gap − IMcont − MMcont + mark
//!               in both, without shorts, at most mark + what counts of the collateral of the same asset can be lost
//! gap           min(0, V(low) − V, V(high) − V): the worse end of the price range
//! ```
//!
//! [`steps`] has the inner loop, [`kernel`] what surrounds it, [`scan`] the pass over a book, [`grid`] the scenarios, [`tenor`] what they mean for an expiry,
//! [`contingency`] the charges that no scenario shows. Collateral and cash are the account's, not the underlying's: see
//! [`crate::margin::report`].

mod array;
mod batch;
pub mod book;
pub mod cached;
mod contingency;
mod greeks;
pub mod grid;
mod history;
mod kernel;
mod scale;
mod scan;
mod shortfall;
mod sink;
mod skew;
mod steps;
mod tally;
mod tenor;
mod wide;

pub use array::{ArrayStamp, RiskArray};
pub use batch::UnitBlock;
pub use book::{ExpiryBook, OwnCollateral, PortfolioBook, PriceRange, MAX_EXPIRIES};
pub use contingency::{collateral_charge, Contingency};
pub use greeks::DollarGreeks;
pub use grid::{Grid, GridShape, GridTable, Scenario, VolDirection, MAX_POINTS, MAX_SCENARIOS, P2T_SCENARIOS};
pub use history::{HistoryPair, HistoryWorkspace, MAX_PAIRS};
pub use scan::Workspace;
pub use tenor::VolatilityState;

use crate::error::RiskError;
use crate::fixed::{mul_div, mul_shift, Rounding};
use crate::margin::cross::UnderlyingMargin;
use crate::math;
use crate::params::{PortfolioParams, ShortfallSource};
use crate::units::{Exact, Price, Ratio, ONE_E9};
use grid::WEIGHT_BITS;

/// Which scenario is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorstScenario {
    /// A scenario of the grid, by its number in the order they were given.
    Grid(u8),
    /// The smile that tilts.
    SkewLinear,
    /// The smile that bends.
    SkewAbsolute,
    /// None: the book loses in no scenario.
    None,
}

/// Margin of everything an account has in one underlying, with every part. Values are + when good for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortfolioMargin {
    /// Mark value.
    pub mark: Exact,
    /// The worst scenario, if all parts were asked for.
    pub worst: Option<WorstScenario>,
    /// PnL of the worst scenario, 0 where nothing is lost in any.
    pub worst_pnl: Exact,
    /// Expected shortfall, if it has a weight; at most 0, so that no gain pays for the worst scenario.
    pub shortfall: Option<Exact>,
    /// Worst scenario and expected shortfall, weighted.
    pub scan: Exact,
    /// Basis contingency.
    pub basis: Exact,
    /// Size charge: the factor on the scanned loss, at least 1.
    pub size: Ratio,
    /// The scanned loss, ≤ 0.
    pub min_span: Exact,
    /// Naked shorts and the contingency charges, ≥ 0.
    pub contingency: Contingency,
    /// Change of value at the worse end of the price range, ≤ 0.
    pub gap: Exact,
    /// Greeks, if they were asked for or a charge needs them.
    pub greeks: Option<DollarGreeks>,
    /// Maintenance margin balance without collateral and cash.
    pub maintenance: Exact,
    /// Initial margin balance without collateral and cash.
    pub initial: Exact,
}

/// What a margin is computed with besides the book.
pub struct Extras<'a, 'b> {
    /// Historical scenarios, if the parameters ask for them.
    pub history: Option<(&'a [HistoryPair], &'a mut HistoryWorkspace)>,
    /// Whether everything is wanted: which scenario is the worst, Greeks that no charge needs, and skew scenarios that cannot be
    /// the worst.
    pub all_parts: bool,
    /// Risk arrays of the legs, in the order of the expiries and their legs. Those that are not valid are computed, so that
    /// the next book with the same series at the same moment is cheap. Legs without one are scanned as they are.
    pub arrays: &'a mut [Option<RiskArray<'b>>],
}

impl PortfolioMargin {
    /// Margin of a book. The workspace keeps the scenarios' PnL: see [`Workspace::scenario_pnl`].
    ///
    /// # Rounding
    /// Charges up; scanned values as stated at [`Workspace`], in no direction.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`], [`RiskError::TenorOutOfRange`], [`RiskError::TooManyItems`], [`RiskError::Overflow`].
    ///
    /// # Source
    /// `docs/risk-model.md`, "Portfolio margin".
    pub fn of(book: &PortfolioBook, workspace: &mut Workspace, extras: Extras) -> Result<Self, RiskError> {
        let params = book.params;
        let further = extras.history.as_ref().map_or(0, |(pairs, _)| history::largest_factor(pairs));
        workspace.scan(book, further, extras.arrays)?;
        let of_grid = workspace.weigh(&book.grid, book.collateral.full);
        let is_in_shortfall = params.es_source == ShortfallSource::Grid && !params.es_weight.is_zero();
        match extras.all_parts || is_in_shortfall {
            true => workspace.scan_skews(book)?,
            false => workspace.scan_skews_beyond(book, of_grid.wrapping_neg().max(0))?,
        }
        let is_needed = extras.all_parts
            || !params.depth.is_zero()
            || !params.gamma_charge.is_zero()
            || !params.vega_charge.is_zero();
        let greeks = if is_needed { Some(workspace.greeks(book)?) } else { None };
        let contingency = Contingency::of(book, greeks.as_ref())?;
        let worst_pnl = workspace.worst(book.params, of_grid);
        let worst = extras.all_parts.then(|| workspace.worst_scenario(book, worst_pnl));
        Self::conclude(book, workspace, (worst, worst_pnl), extras.history, (greeks, contingency))
    }

    /// Margin from the PnLs of a scan, and the worst of them.
    #[inline(always)]
    fn conclude(
        book: &PortfolioBook,
        workspace: &mut Workspace,
        (worst, worst_pnl): (Option<WorstScenario>, i64),
        history: Option<(&[HistoryPair], &mut HistoryWorkspace)>,
        (greeks, contingency): (Option<DollarGreeks>, Contingency),
    ) -> Result<Self, RiskError> {
        let params = book.params;
        let worst_pnl = workspace.scale.exact(worst_pnl);
        let shortfall = workspace.shortfall(book, history)?;
        let scan = weighted_scan(worst_pnl, shortfall, params.es_weight)?;
        let size = size_factor(book, greeks.as_ref())?;
        let basis = workspace.basis();
        let min_span = basis.min(scan).min(Exact::ZERO).scale_floor(size)?;
        let mark = workspace.mark();
        let gap = workspace.gap();
        let maintenance = min_span
            .scale_floor(params.mm_factor)?
            .max(most_lost(book, mark, book.collateral.maintenance)?)
            .sub(contingency.maintenance)?
            .add(mark)?;
        let initial = min_span
            .scale_floor(initial_factor(params, book.stable)?)?
            .add(gap)?
            .max(most_lost(book, mark, book.collateral.initial)?)
            .sub(contingency.initial)?
            .sub(contingency.maintenance)?
            .add(mark)?;
        Ok(Self {
            mark,
            worst,
            worst_pnl,
            shortfall,
            scan,
            basis,
            size,
            min_span,
            contingency,
            gap,
            greeks,
            maintenance,
            initial,
        })
    }

    /// The part of it that adds up over underlyings.
    pub const fn balances(&self) -> UnderlyingMargin {
        UnderlyingMargin::new(self.mark, self.initial, self.maintenance)
    }
}

impl Workspace {
    /// PnL of a scenario of the grid by its number, after [`PortfolioMargin::of`].
    pub fn scenario_pnl(&self, grid: &Grid, scenario: u8) -> Option<Exact> {
        let point = grid.scenarios.iter().position(|&number| number == scenario)?;
        self.cells.get(point).map(|cell| self.scale.exact(cell.total))
    }

    /// Weighted PnL of the two skew scenarios, tilt and bend, after [`PortfolioMargin::of`] with all parts; else they may have been
    /// left out, and are 0.
    pub fn skew_pnl(&self, params: &PortfolioParams) -> (Exact, Exact) {
        let [(_, linear), (_, absolute)] = self.skews(params);
        (self.scale.exact(linear), self.scale.exact(absolute))
    }

    fn mark(&self) -> Exact {
        self.scale.exact(self.sums.mark)
    }

    fn gap(&self) -> Exact {
        self.scale.exact(self.sums.low.min(self.sums.high).min(0))
    }

    /// PnL of the worst of all scenarios, given that of the grid, ≤ 0.
    fn worst(&self, params: &PortfolioParams, of_grid: i64) -> i64 {
        self.skews(params).iter().fold(of_grid.min(0), |worst, &(_, pnl)| worst.min(pnl))
    }

    /// Which scenario has this PnL.
    #[inline(never)]
    fn worst_scenario(&self, book: &PortfolioBook, pnl: i64) -> WorstScenario {
        let points = self.cells.get(..book.grid.shape.count as usize).unwrap_or_default();
        let of_grid = points.iter().position(|cell| cell.total == pnl).and_then(|point| book.grid.scenario_of(point));
        let of_skew = self.skews(book.params).into_iter().find(|&(_, skew)| skew == pnl);
        match (pnl, of_grid, of_skew) {
            (0.., ..) => WorstScenario::None,
            (_, Some(number), _) => WorstScenario::Grid(number),
            (_, None, skew) => skew.map_or(WorstScenario::None, |(scenario, _)| scenario),
        }
    }

    /// Weighted PnL of the skew scenarios, 0 where one has no weight or was not scanned.
    fn skews(&self, params: &PortfolioParams) -> [(WorstScenario, i64); 2] {
        [
            (WorstScenario::SkewLinear, weigh(self.sums.linear, params.skew_linear.weight)),
            (WorstScenario::SkewAbsolute, weigh(self.sums.absolute, params.skew_absolute.weight)),
        ]
    }

    /// None without a weight, and without a history to take it from: then the worst scenario stands alone.
    #[inline(never)]
    fn shortfall(
        &mut self,
        book: &PortfolioBook,
        history: Option<(&[HistoryPair], &mut HistoryWorkspace)>,
    ) -> Result<Option<Exact>, RiskError> {
        let mass = book.params.es_mass;
        if book.params.es_weight.is_zero() {
            return Ok(None);
        }
        if book.params.es_source == ShortfallSource::History {
            let Some((pairs, memory)) = history.filter(|(pairs, _)| !pairs.is_empty()) else { return Ok(None) };
            let outcomes = memory.outcomes(book, pairs, &self.scale, self.sums.mark)?;
            return Ok(Some(self.scale.exact(shortfall::expected_shortfall(outcomes, mass)?.min(0))));
        }
        let mut outcomes = [0i64; MAX_SCENARIOS + 2];
        let of_grid = self.cells.iter().zip(book.grid.scenarios).take(book.grid.shape.count as usize);
        let of_grid = of_grid.filter(|(_, &number)| number != u8::MAX).map(|(cell, _)| cell.total);
        let skews = [(self.sums.linear, book.params.skew_linear), (self.sums.absolute, book.params.skew_absolute)];
        let of_skew =
            skews.iter().filter(|(_, skew)| !skew.weight.is_zero()).map(|&(sum, skew)| weigh(sum, skew.weight));
        let mut count = 0usize;
        for (slot, pnl) in outcomes.iter_mut().zip(of_grid.chain(of_skew)) {
            *slot = pnl;
            count = count.wrapping_add(1);
        }
        let outcomes = outcomes.get_mut(..count).unwrap_or_default();
        Ok(Some(self.scale.exact(shortfall::expected_shortfall(outcomes, mass)?.min(0))))
    }

    #[inline(never)]
    fn greeks(&self, book: &PortfolioBook) -> Result<DollarGreeks, RiskError> {
        let mut greeks = DollarGreeks::default();
        for ((expiry, legs), still) in book.each().zip(&self.expiries) {
            greeks = greeks.add(&DollarGreeks::of_expiry(expiry, legs, self.scale.exact(still.mark))?)?;
        }
        Ok(greeks)
    }
}

/// weight · pnl in units of value. # Rounding Down.
fn weigh(pnl: i64, weight: Ratio) -> i64 {
    if weight == Ratio::ONE {
        return pnl;
    }
    // Weights are at most 1: shifted by 31 below 2^61.
    mul_shift::<WEIGHT_BITS>(pnl, (weight.raw() << WEIGHT_BITS).wrapping_div(ONE_E9))
}

/// (1 − w)·worst + w·shortfall. # Rounding Down.
fn weighted_scan(worst: Exact, shortfall: Option<Exact>, weight: Ratio) -> Result<Exact, RiskError> {
    match shortfall {
        None => Ok(worst),
        Some(tail) => worst.scale_floor(Ratio::ONE.sub(weight)?)?.add(tail.scale_floor(weight)?),
    }
}

/// What scenarios may take at most, ≤ 0: without shorts no more than what the account counts, so that nobody is liquidated
/// over options that are paid for. Basis, skew and size know no such bound.
fn most_lost(book: &PortfolioBook, mark: Exact, counted: Exact) -> Result<Exact, RiskError> {
    if book.legs.iter().any(|leg| leg.size.is_negative()) {
        return Ok(Exact::from_raw(i128::MIN));
    }
    mark.add(counted)?.neg()
}

/// im_factor + max(0, peg_threshold − stable)·peg_factor. # Rounding Up.
fn initial_factor(params: &PortfolioParams, stable: Price) -> Result<Ratio, RiskError> {
    // A price of 1 USD and a ratio of 1 have the same scale, 1e-9.
    let below_peg = params.peg_threshold.raw().saturating_sub(stable.raw());
    if below_peg <= 0 {
        return Ok(params.im_factor);
    }
    let more = mul_div(below_peg, params.peg_factor.raw(), ONE_E9, Rounding::Up)?;
    params.im_factor.add(Ratio::from_raw(more))
}

/// max(1, √(|net delta| / depth)), net delta with the collateral of the same asset. # Rounding Down, 1e-9.
fn size_factor(book: &PortfolioBook, greeks: Option<&DollarGreeks>) -> Result<Ratio, RiskError> {
    let (Some(greeks), false) = (greeks, book.params.depth.is_zero()) else { return Ok(Ratio::ONE) };
    let net = greeks.delta.add(book.collateral.full)?.to_value_floor()?.raw().unsigned_abs();
    // Atoms below 2^63, shifted by 40 below 2^103; a validated depth is at least 1e9 atoms.
    let ratio = ((net as u128) << 40).checked_div(book.params.depth.raw() as u128).ok_or(RiskError::DivisionByZero)?;
    let root = math::sqrt_q40(ratio.min(i64::MAX as u128) as i64);
    // √ of at most 2^63·2^-40 in Q40 is below 2^52: times 1e9, shifted by 40, below 2^42.
    Ok(Ratio::from_raw(mul_shift::<40>(root, ONE_E9)).max(Ratio::ONE))
}
