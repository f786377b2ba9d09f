//! Risk arrays that outlive the moment they were computed at: bounds of a margin from the scenario values of a little while
//! ago, without a single option priced.
//!
//! ```text
//! t0  refresh    unit values c(s, K) of every strike at every point of the grid: forward F0, volatility v0 of the strike
//! t1  check      sums over the longs and over the shorts of an expiry, point by point; then, once for the expiry:
//! forward        each sum is increasing and convex in the forward, with a slope from 0 to the sum of its sizes: between two
//!                points it lies below their chord, and above the chords beside them continued
//! volatility     |v1 − v0| ≤ √τ·max|σ'(k)|·|ln F1/F0| + σmax·|√τ1 − √τ0|, times the factors of the scenario, which may have
//!                changed as well; a call moves by at most 0.39895·min(G, K) for each unit of it
//! rounding       what the scan of either moment may err by is added
//! ```
//!
//! Everything behind the values of an expiry (discounts, weights, worst scenario, shortfall, basis, factors, charges) never
//! falls when a value rises, but for the mark: the margin is concave in it, so that its least lies at an end of the mark's
//! bracket. So the same code computes a margin and its bounds: [`super::PortfolioMargin`].
//!
//! [`snapshot`] is what is kept, [`drift`] bounds volatility, [`super::batch`] is the loop over legs, [`bracket`] the value of an
//! expiry, [`bound`] puts the underlying together.

mod bound;
mod bracket;
mod drift;
mod snapshot;
mod space;

pub use super::batch::{UnitValues, UNIT_SLOTS};
pub use bound::{ArrayBook, BalanceBound, Side};
pub use snapshot::{ExpirySnapshot, RefreshCells, Refresher, SnapshotRaw};
pub use space::ArraySpace;

use crate::error::RiskError;

/// How far ln F may have moved since the refresh, Q40: 1.5 %. Beyond it brackets are too wide to be of use.
pub const ARRAY_BAND_Q40: i64 = 16_492_674_417;

/// Why risk arrays do not tell a margin, and the book has to be valued in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncovered {
    /// An expiry is inside its settlement window: part of its forward does not move.
    SettlementWindow,
    /// A surface is too old: volatility is raised where a leg needs it.
    SurfaceStale,
    /// The smile touches zero or is too steep to bound how volatility moves.
    SurfaceUnbounded,
    /// The forward of an expiry has left the band: [`ARRAY_BAND_Q40`].
    PriceMoved,
    /// The price range has an end 2.5 % or more from the index, where scenarios are scanned again.
    PriceRange,
    /// A charge needs Greeks: depth, gamma or vega.
    Greeks,
    /// The expected shortfall is taken over historical moves.
    History,
    /// An expiry or a series has no array, or one of another grid.
    NoArray,
    /// The valuation itself fails; so will the full one.
    Failed(RiskError),
}

impl From<RiskError> for Uncovered {
    fn from(error: RiskError) -> Self {
        Self::Failed(error)
    }
}
