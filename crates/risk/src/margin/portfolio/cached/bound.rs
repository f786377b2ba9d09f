//! Bounds of the margin of an underlying.

use super::super::batch::UnitValues;
use super::super::book::{ExpiryBook, PortfolioBook};
use super::super::contingency::Contingency;
use super::super::grid::MAX_POINTS;
use super::super::scan::{Sums, Workspace, BASIS_BITS};
use super::super::tenor::TenorTerms;
use super::super::PortfolioMargin;
use super::bracket::{moving_q2, Bracket};
use super::snapshot::{ExpirySnapshot, SnapshotRaw};
use super::space::ArraySpace;
use super::{Uncovered, ARRAY_BAND_Q40};
use crate::fixed::mul_shift;
use crate::margin::cross::Leg;
use crate::params::ShortfallSource;
use crate::units::{Exact, Ratio};

/// Which bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// At most the margin: what passes here passes in full.
    Lower,
    /// At least the margin.
    Upper,
}

/// The arrays of a book.
#[derive(Clone, Copy, Debug)]
pub struct ArrayBook<'a> {
    /// One snapshot for each expiry of the book.
    pub snapshots: &'a [&'a SnapshotRaw],
    /// One array for each leg, computed with the snapshot of its expiry.
    pub units: &'a [&'a UnitValues],
}

/// Bounds of what [`PortfolioMargin`] would say, all of the same side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceBound {
    /// Mark value.
    pub mark: Exact,
    /// Maintenance margin balance without collateral and cash.
    pub maintenance: Exact,
    /// Initial margin balance without collateral and cash.
    pub initial: Exact,
}

/// Values of a book, added up over its expiries, in units of value.
struct Totals {
    points: [i64; MAX_POINTS],
    sums: Sums,
    /// Least and largest mark.
    marks: (i64, i64),
    /// Value at the ends of the price range.
    low: i64,
    high: i64,
}

impl Side {
    /// A value moved outwards by a width ≥ 0.
    #[inline(always)]
    pub(super) fn widened(self, value: i64, width: i64) -> i64 {
        match self {
            Self::Lower => value.wrapping_sub(width),
            Self::Upper => value.wrapping_add(width),
        }
    }

    fn worse(self, a: Exact, b: Exact) -> Exact {
        match self {
            Self::Lower => a.min(b),
            Self::Upper => a.max(b),
        }
    }
}

impl ArrayBook<'_> {
    /// Bounds the margin of a book, whose legs need no volatility: what [`PortfolioMargin::of`] would give with the surface
    /// of the snapshots is on the other side of it.
    ///
    /// # Rounding
    /// Outwards. In USD, with the forwards and the clock of the snapshots the bound lies within 5e-7·P·Σ|q| times twice the largest
    /// factor of the basis contingency, P the highest price of the grid; beyond that it widens with the move of the forward,
    /// the time passed and the curvature between two points of the grid: by (3 + 2·b)·|ln F1/F0|·F·Σ|q| at most, b the factor of the
    /// basis contingency, and by what time and volatility add.
    ///
    /// # Errors
    /// Every [`Uncovered`].
    ///
    /// # Source
    /// `docs/risk-model.md`, "Risk arrays".
    pub fn bound(
        &self,
        book: &PortfolioBook,
        (workspace, space): (&mut Workspace, &mut ArraySpace),
        side: Side,
    ) -> Result<BalanceBound, Uncovered> {
        require_covered(book)?;
        if self.snapshots.len() != book.expiries.len() || self.units.len() != book.legs.len() {
            return Err(Uncovered::NoArray);
        }
        workspace.scale = book.scale(0)?.with_headroom();
        let mut totals = Totals { points: [0; MAX_POINTS], sums: Sums::default(), marks: (0, 0), low: 0, high: 0 };
        let mut rest = self.units;
        for ((expiry, legs), snapshot) in book.each().zip(self.snapshots) {
            let (units, others) = rest.split_at_checked(legs.len()).unwrap_or((rest, &[]));
            rest = others;
            let arrays = (&ExpirySnapshot::from_raw(snapshot), units);
            totals.add_expiry(book, (workspace, space), (expiry, legs), arrays, side)?;
        }
        totals.conclude(book, workspace, side)
    }
}

fn require_covered(book: &PortfolioBook) -> Result<(), Uncovered> {
    let params = book.params;
    if !params.depth.is_zero() || !params.gamma_charge.is_zero() || !params.vega_charge.is_zero() {
        return Err(Uncovered::Greeks);
    }
    if params.es_source == ShortfallSource::History && params.es_weight > Ratio::ZERO {
        return Err(Uncovered::History);
    }
    if book.range.has_far_ends() != (false, false) {
        return Err(Uncovered::PriceRange);
    }
    Ok(())
}

impl Totals {
    #[inline(never)]
    fn add_expiry(
        &mut self,
        book: &PortfolioBook,
        (workspace, space): (&Workspace, &mut ArraySpace),
        (expiry, legs): (&ExpiryBook, &[Leg]),
        (snapshot, units): (&ExpirySnapshot, &[&UnitValues]),
        side: Side,
    ) -> Result<(), Uncovered> {
        if !expiry.fixed.is_zero() {
            return Err(Uncovered::SettlementWindow);
        }
        if !expiry.stale_charge.is_zero() {
            return Err(Uncovered::SurfaceStale);
        }
        let moved = expiry.curve.log_forward.raw().wrapping_sub(snapshot.log_forward.raw());
        if moved.unsigned_abs() > ARRAY_BAND_Q40 as u64 {
            return Err(Uncovered::PriceMoved);
        }
        let terms = TenorTerms::new(book.params, &expiry.tenor(), &book.vols)?;
        let bracket = Bracket::new((&book.grid, &terms), &workspace.scale, snapshot, expiry, legs, units, space)?;
        bracket.add_to(&mut self.points, side);
        let shape = book.grid.shape;
        let (low, high) = (bracket.still(shape.mark, Side::Lower), bracket.still(shape.mark, Side::Upper));
        self.marks = (self.marks.0.wrapping_add(low), self.marks.1.wrapping_add(high));
        // Below, the mark of a difference counts from above.
        let mark = if side == Side::Lower { high } else { low };
        let (up, down) = (bracket.still(shape.basis_up, side), bracket.still(shape.basis_down, side));
        let basis = up.min(down).wrapping_sub(mark).min(0);
        let sums = &mut self.sums;
        sums.basis = sums.basis.wrapping_add(mul_shift::<{ 40 + BASIS_BITS }>(basis, terms.basis));
        sums.linear = sums.linear.wrapping_add(bracket.skewed(true, (low, high), side));
        sums.absolute = sums.absolute.wrapping_add(bracket.skewed(false, (low, high), side));
        if book.range.is_wide() {
            let moving = moving_q2(&workspace.scale, expiry);
            self.low = self.low.wrapping_add(bracket.at_end(&book.range, moving, true, side));
            self.high = self.high.wrapping_add(bracket.at_end(&book.range, moving, false, side));
        }
        Ok(())
    }

    /// The margin is concave in the mark, all else equal: from below the worse of both ends of its bracket counts. From
    /// above what is lost counts from the least mark, and the mark itself from the largest.
    #[inline(never)]
    fn conclude(&self, book: &PortfolioBook, workspace: &mut Workspace, side: Side) -> Result<BalanceBound, Uncovered> {
        let (least, most) = self.marks;
        let contingency = Contingency::of(book, None)?;
        let at_least = self.margin_at(book, workspace, least, contingency)?;
        let (mark, other) = match side {
            Side::Lower => (at_least.mark, self.margin_at(book, workspace, most, contingency)?),
            Side::Upper => {
                let mark = workspace.scale.exact(most);
                let more = mark.sub(at_least.mark)?;
                let maintenance = at_least.maintenance.add(more)?;
                (mark, PortfolioMargin { maintenance, initial: at_least.initial.add(more)?, ..at_least })
            }
        };
        // Charges are rounded to 1e-15 USD one after the other.
        let slack = Exact::from_raw(if side == Side::Lower { -32 } else { 32 });
        Ok(BalanceBound {
            mark: mark.add(slack)?,
            maintenance: side.worse(at_least.maintenance, other.maintenance).add(slack)?,
            initial: side.worse(at_least.initial, other.initial).add(slack)?,
        })
    }

    fn margin_at(
        &self,
        book: &PortfolioBook,
        workspace: &mut Workspace,
        mark: i64,
        contingency: Contingency,
    ) -> Result<PortfolioMargin, Uncovered> {
        for (cell, &point) in workspace.cells.iter_mut().zip(&self.points) {
            cell.total = point;
        }
        workspace.sums = self.sums;
        workspace.sums.mark = mark;
        if book.range.is_wide() {
            workspace.sums.low = self.low.wrapping_sub(mark);
            workspace.sums.high = self.high.wrapping_sub(mark);
        }
        let of_grid = workspace.weigh(&book.grid, book.collateral.full);
        let worst = (None, workspace.worst(book.params, of_grid));
        Ok(PortfolioMargin::conclude(book, workspace, worst, None, (None, contingency))?)
    }
}
