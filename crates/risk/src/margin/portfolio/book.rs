//! What the portfolio margin of one underlying is computed from.

use super::grid::{Grid, GridShape, FACTOR_BITS};
use super::scale::{shocked_ceil, Scale};
use super::tenor::{Tenor, VolatilityState};
use crate::error::RiskError;
use crate::margin::cross::Leg;
use crate::margin::MAX_LEGS;
use crate::math;
use crate::params::PortfolioParams;
use crate::pricing::black76::ForwardCurve;
use crate::units::{Contracts, Exact, Log, Price, Ratio, Seconds, ONE_Q};

/// ln 1.025, Q40.
const FAR_END_Q40: i64 = 27_149_814_663;

/// Most expiries of one underlying.
pub const MAX_EXPIRIES: usize = 16;

/// The market of one expiry, and how many of the book's legs are in it. Plain, so that its memory can be used again.
#[derive(Clone, Copy, Debug)]
pub struct ExpiryBook {
    /// Forward, its logarithm and the discount factor.
    pub curve: ForwardCurve,
    /// Time left.
    pub left: Seconds,
    /// Its square root in years.
    pub sqrt_years: i64,
    /// Discount rate, in [0, 1].
    pub rate: Ratio,
    /// Part of the forward that is fixed already, inside the settlement window; below the forward.
    pub fixed: Price,
    /// Least confidence in forward, rate and volatility, in [0, 1].
    pub confidence: Ratio,
    /// IM charge for a surface that is too old, as a part of notional; 0 for a fresh one.
    pub stale_charge: Ratio,
    /// Number of its legs: they follow those of the expiry before it in [`PortfolioBook::legs`].
    pub legs: usize,
}

/// The index and the prices around it that initial margin looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRange {
    /// Index price.
    pub index: Price,
    /// ln(low/index), Q40, ≤ 0.
    pub log_low: i64,
    /// ln(high/index), Q40, ≥ 0.
    pub log_high: i64,
    /// low/index, Q30.
    pub(super) factor_low: i64,
    /// high/index, Q30.
    pub(super) factor_high: i64,
}

/// Collateral that is the same asset as the underlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnCollateral {
    /// Full value.
    pub full: Exact,
    /// What the account counts for IM.
    pub initial: Exact,
    /// What the account counts for MM.
    pub maintenance: Exact,
    /// Initial charges on it, ≥ 0: see [`super::collateral_charge`].
    pub charge: Exact,
}

/// Everything an account has in one underlying.
#[derive(Clone, Copy, Debug)]
pub struct PortfolioBook<'a> {
    /// Parameters, taken as validated.
    pub params: &'a PortfolioParams,
    /// Scenario grid.
    pub grid: Grid<'a>,
    /// Spot.
    pub range: PriceRange,
    /// Least confidence in the prices of the underlying, in [0, 1].
    pub confidence: Ratio,
    /// Price of the quote stablecoin in USD.
    pub stable: Price,
    /// Realised volatility and forecast.
    pub vols: VolatilityState,
    /// Collateral of the same asset, ≥ 0: it moves with the scenarios.
    pub collateral: OwnCollateral,
    /// At most [`MAX_EXPIRIES`] expiries, none of them settled.
    pub expiries: &'a [ExpiryBook],
    /// At most [`MAX_LEGS`] legs of different series, expiry by expiry.
    pub legs: &'a [Leg],
}

impl PriceRange {
    /// The index alone.
    pub const fn at(index: Price) -> Self {
        Self { index, log_low: 0, log_high: 0, factor_low: 1 << FACTOR_BITS, factor_high: 1 << FACTOR_BITS }
    }

    /// A range from the logarithms of its prices. # Errors [`RiskError::PriceOutOfRange`] unless low ≤ index ≤ high.
    pub fn new(index: Price, log_index: Log, log_low: Log, log_high: Log) -> Result<Self, RiskError> {
        if !index.is_in_range() || log_low > log_index || log_index > log_high {
            return Err(RiskError::PriceOutOfRange);
        }
        // Logarithms of prices in range are within ±21·2^40.
        let (low, high) = (log_low.raw().wrapping_sub(log_index.raw()), log_high.raw().wrapping_sub(log_index.raw()));
        // Beyond a factor of 20 either way the range ends: a collapse must not stop a valuation.
        let (log_low, log_high) = (low.max(-3 * ONE_Q), high.min(3 * ONE_Q));
        let factor = |log| math::exp_q40(log) >> (40 - FACTOR_BITS);
        Ok(Self { index, log_low, log_high, factor_low: factor(log_low), factor_high: factor(log_high) })
    }

    /// Whether low, and high, are so far from the index (2.5 %) that the loss of mark alone does not tell what a scan there
    /// would ask for: the scenarios have to be scanned at that end as well, and the worse initial margin counts.
    pub const fn has_far_ends(&self) -> (bool, bool) {
        (self.log_low < -FAR_END_Q40, self.log_high > FAR_END_Q40)
    }

    pub(super) const fn is_wide(&self) -> bool {
        self.log_low != 0 || self.log_high != 0
    }
}

impl ExpiryBook {
    pub(super) fn tenor(&self) -> Tenor {
        Tenor { left: self.left, sqrt_years: self.sqrt_years, rate: self.rate, discount: self.curve.discount }
    }
}

/// Σ|size| of legs, at most [`MAX_LEGS`] of them. # Errors [`RiskError::Overflow`] for a size of 2^56 or more.
pub(super) fn gross(legs: &[Leg]) -> Result<Contracts, RiskError> {
    // 64 sizes below 2^56 add up to less than 2^62.
    let (mut sum, mut bits) = (0u64, 0u64);
    for leg in legs {
        let size = leg.size.raw().unsigned_abs();
        (sum, bits) = (sum.wrapping_add(size), bits | size);
    }
    if bits >> 56 != 0 {
        return Err(RiskError::Overflow);
    }
    Ok(Contracts::from_raw(sum as i64))
}

const _: () = assert!(MAX_LEGS <= 64);

impl<'a> PortfolioBook<'a> {
    /// Every expiry with its legs.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'a ExpiryBook, &'a [Leg])> {
        let mut rest = self.legs;
        self.expiries.iter().map(move |expiry| {
            let (legs, others) = rest.split_at_checked(expiry.legs).unwrap_or((rest, &[]));
            rest = others;
            (expiry, legs)
        })
    }

    /// The finest units that hold the book, shocked up to `further` (Q30) as well.
    ///
    /// # Errors
    /// [`RiskError::TooManyItems`], also for counts that do not add up; [`RiskError::PriceOutOfRange`],
    /// [`RiskError::Overflow`].
    pub(super) fn scale(&self, further: i64) -> Result<Scale, RiskError> {
        let count: usize = self.expiries.iter().fold(0, |sum, expiry| sum.saturating_add(expiry.legs));
        if count > MAX_LEGS || count != self.legs.len() || self.expiries.len() > MAX_EXPIRIES {
            return Err(RiskError::TooManyItems);
        }
        let largest = self.largest_factor().max(further);
        let mut highest = 0i64;
        for expiry in self.expiries {
            let forward = expiry.curve.forward;
            if !forward.is_in_range() || expiry.fixed.is_negative() || expiry.fixed > forward {
                return Err(RiskError::PriceOutOfRange);
            }
            highest = highest.max(shocked_ceil(forward, largest)?);
        }
        highest = self.legs.iter().fold(highest, |highest, leg| highest.max(leg.strike.price.raw()));
        Ok(Scale::new(highest, gross(self.legs)?.raw(), self.collateral.full))
    }

    /// The largest factor on spot that any cell has, Q30: each direction of the grid ends with its own.
    fn largest_factor(&self) -> i64 {
        let GridShape { ups, downs, count, .. } = self.grid.shape;
        let last = |end: u8| {
            let index = (end as usize).checked_sub(1);
            index.and_then(|index| self.grid.factors.get(index)).copied().unwrap_or_default()
        };
        let high = if self.range.is_wide() { self.range.factor_high } else { 0 };
        high.max(last(ups)).max(last(ups.wrapping_add(downs))).max(last(count))
    }
}
