//! The scenario grid: which moves of spot and volatility an account has to survive.

use crate::error::RiskError;
use crate::fixed::{mul_div, Rounding};
use crate::math;
use crate::params::PortfolioParams;
use crate::units::{Ratio, ONE_E9, ONE_Q};

/// Most scenarios of a grid.
pub const MAX_SCENARIOS: usize = 40;
/// Most points a grid is evaluated at: its scenarios, the mark, and the two moves of the basis contingency.
pub const MAX_POINTS: usize = MAX_SCENARIOS + 3;
/// Fractional bits of a spot factor.
pub(super) const FACTOR_BITS: u32 = 30;
/// Fractional bits of a weight.
pub(super) const WEIGHT_BITS: u32 = 31;
/// A weight of 1.
pub(super) const FULL_WEIGHT: i64 = 1 << WEIGHT_BITS;
/// Marks a point that is no scenario.
const NO_SCENARIO: u8 = u8::MAX;

/// Where the volatility goes in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolDirection {
    /// Up by the shock of the tenor, to `min_vol_up` at least.
    Up,
    /// Down by the shock of the tenor.
    Down,
    /// Nowhere.
    None,
}

/// One scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Factor on spot, in [0.05, 6].
    pub spot: Ratio,
    /// What happens to volatility.
    pub vol: VolDirection,
    /// Part of the loss that counts, in [0, 1].
    pub weight: Ratio,
}

/// A grid made ready for the scan: points sorted by direction (up, down, none) and within it by spot factor.
///
/// Plain integers, so that it can be stored as it is.
///
/// # Units
/// `logs` Q60, `factors` Q30, `weights` Q31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridTable {
    /// ln of the spot factor.
    pub logs: [i64; MAX_POINTS],
    /// Spot factor.
    pub factors: [i64; MAX_POINTS],
    /// Weight of the scenario; 0 for a point that is none.
    pub weights: [i64; MAX_POINTS],
    /// Number of the scenario in the order it was given, 255 for none.
    pub scenarios: [u8; MAX_POINTS],
    /// How the points are divided.
    pub shape: GridShape,
}

/// How the points of a grid are divided, and which of them serve more than their scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GridShape {
    /// Points of direction up: the first.
    pub ups: u8,
    /// Points of direction down: the next.
    pub downs: u8,
    /// All points.
    pub count: u8,
    /// Point without any move.
    pub mark: u8,
    /// Points of the basis contingency.
    pub basis_up: u8,
    /// The same downwards.
    pub basis_down: u8,
}

/// A grid, wherever it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// ln of the spot factors, Q60.
    pub logs: &'a [i64; MAX_POINTS],
    /// Spot factors, Q30.
    pub factors: &'a [i64; MAX_POINTS],
    /// Weights, Q31.
    pub weights: &'a [i64; MAX_POINTS],
    /// Numbers of the scenarios.
    pub scenarios: &'a [u8; MAX_POINTS],
    /// Division of the points.
    pub shape: GridShape,
}

impl Scenario {
    /// Accepts the scenario or names what is wrong with it.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`]: `scenario_spot` or `scenario_weight`.
    pub const fn validate(&self) -> Result<(), RiskError> {
        if !self.spot.is_within(Ratio::from_millionths(50_000), Ratio::from_millionths(6_000_000)) {
            return Err(RiskError::ParameterOutOfRange("scenario_spot"));
        }
        if !self.weight.is_within(Ratio::ZERO, Ratio::ONE) {
            return Err(RiskError::ParameterOutOfRange("scenario_weight"));
        }
        Ok(())
    }
}

impl GridTable {
    /// A table of one to [`MAX_SCENARIOS`] scenarios, with the basis moves of the parameters.
    ///
    /// # Rounding
    /// Logarithms 5e-13, factors and weights to nearest: 5e-10.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`]: `scenarios` for none, `scenario_spot`, `scenario_weight`;
    /// [`RiskError::TooManyItems`].
    pub fn new(scenarios: &[Scenario], params: &PortfolioParams) -> Result<Self, RiskError> {
        if scenarios.is_empty() {
            return Err(RiskError::ParameterOutOfRange("scenarios"));
        }
        if scenarios.len() > MAX_SCENARIOS {
            return Err(RiskError::TooManyItems);
        }
        scenarios.iter().try_for_each(Scenario::validate)?;
        let mut table = Self {
            logs: [0; MAX_POINTS],
            factors: [0; MAX_POINTS],
            weights: [0; MAX_POINTS],
            scenarios: [NO_SCENARIO; MAX_POINTS],
            shape: GridShape::default(),
        };
        table.shape.ups = table.push_direction(scenarios, VolDirection::Up, &[])?;
        table.shape.downs = table.push_direction(scenarios, VolDirection::Down, &[])?;
        table.push_direction(scenarios, VolDirection::None, &[Ratio::ONE, params.basis_up, params.basis_down])?;
        table.shape.mark = table.unshocked_point(Ratio::ONE)?;
        table.shape.basis_up = table.unshocked_point(params.basis_up)?;
        table.shape.basis_down = table.unshocked_point(params.basis_down)?;
        Ok(table)
    }

    /// The grid of this table.
    pub const fn grid(&self) -> Grid<'_> {
        Grid {
            logs: &self.logs,
            factors: &self.factors,
            weights: &self.weights,
            scenarios: &self.scenarios,
            shape: self.shape,
        }
    }

    /// Appends all scenarios of a direction by rising spot factor, and the further factors that none of them has.
    fn push_direction(
        &mut self,
        scenarios: &[Scenario],
        direction: VolDirection,
        further: &[Ratio],
    ) -> Result<u8, RiskError> {
        let start = self.shape.count;
        // The number of a scenario is below 40.
        let members = scenarios.iter().enumerate().filter(|(_, scenario)| scenario.vol == direction);
        for (number, scenario) in members {
            let weight = mul_div(scenario.weight.raw(), FULL_WEIGHT, ONE_E9, Rounding::Up)?;
            self.insert(start, scenario.spot, weight, number as u8)?;
        }
        for &factor in further {
            if self.unshocked_point(factor).is_err() {
                self.insert(start, factor, 0, NO_SCENARIO)?;
            }
        }
        Ok(self.shape.count.wrapping_sub(start))
    }

    /// Inserts a point into the sorted run that begins at `start` and ends the table.
    fn insert(&mut self, start: u8, spot: Ratio, weight: i64, scenario: u8) -> Result<(), RiskError> {
        let factor = factor_q30(spot)?;
        let log = math::ln_ratio_q40(mul_div(spot.raw(), ONE_Q, ONE_E9, Rounding::Down)?)?;
        let (start, mut at) = (start as usize, self.shape.count as usize);
        if at >= MAX_POINTS {
            return Err(RiskError::TooManyItems);
        }
        while at > start && self.factors.get(at.wrapping_sub(1)).is_some_and(|&before| before > factor) {
            at = at.wrapping_sub(1);
        }
        // |ln| < 3.1 in Q40: shifted to Q60 it stays below 2^62.
        insert_at(&mut self.logs, at, log << 20);
        insert_at(&mut self.factors, at, factor);
        insert_at(&mut self.weights, at, weight);
        insert_at(&mut self.scenarios, at, scenario);
        self.shape.count = self.shape.count.wrapping_add(1);
        Ok(())
    }

    /// The point without a volatility shock at this factor.
    fn unshocked_point(&self, spot: Ratio) -> Result<u8, RiskError> {
        let factor = factor_q30(spot)?;
        let first = self.shape.ups.wrapping_add(self.shape.downs) as usize;
        let count = self.shape.count as usize;
        let found = self.factors.iter().enumerate().take(count).skip(first).find(|(_, &held)| held == factor);
        found.map(|(index, _)| index as u8).ok_or(RiskError::ParameterOutOfRange("scenarios"))
    }
}

impl Grid<'_> {
    /// Number of the scenario of a point, in the order the scenarios were given.
    pub fn scenario_of(&self, point: usize) -> Option<u8> {
        self.scenarios.get(point).copied().filter(|&scenario| scenario != NO_SCENARIO)
    }
}

fn factor_q30(spot: Ratio) -> Result<i64, RiskError> {
    // To nearest: twice the factor, rounded down, plus one, halved.
    Ok(mul_div(spot.raw(), 2 << FACTOR_BITS, ONE_E9, Rounding::Down)?.wrapping_add(1) >> 1)
}

/// Inserts into an array whose last entry is free.
fn insert_at<T: Copy, const N: usize>(entries: &mut [T; N], at: usize, entry: T) {
    if let Some(tail) = entries.get_mut(at..) {
        tail.rotate_right(1);
        if let Some(first) = tail.first_mut() {
            *first = entry;
        }
    }
}

/// The grid of the parameter set "P2T": 29 scenarios.
pub const P2T_SCENARIOS: [Scenario; 29] = {
    use VolDirection::{Down, None, Up};
    const fn full(millionths: i32, vol: VolDirection) -> Scenario {
        Scenario { spot: Ratio::from_millionths(millionths), vol, weight: Ratio::ONE }
    }
    const fn tail(millionths: i32, weight_e9: i64) -> Scenario {
        Scenario { spot: Ratio::from_millionths(millionths), vol: VolDirection::Up, weight: Ratio::from_raw(weight_e9) }
    }
    [
        full(1_180_000, Up),
        full(820_000, Up),
        full(1_135_000, Down),
        full(1_135_000, None),
        full(1_135_000, Up),
        full(1_090_000, Down),
        full(1_090_000, None),
        full(1_090_000, Up),
        full(1_045_000, Down),
        full(1_045_000, None),
        full(1_045_000, Up),
        full(1_000_000, Down),
        full(1_000_000, None),
        full(1_000_000, Up),
        full(955_000, Down),
        full(955_000, None),
        full(955_000, Up),
        full(910_000, Down),
        full(910_000, None),
        full(910_000, Up),
        full(865_000, Down),
        full(865_000, None),
        full(865_000, Up),
        tail(340_000, 54_545_455),
        tail(670_000, 109_090_909),
        tail(1_500_000, 72_000_000),
        tail(2_000_000, 36_000_000),
        tail(3_000_000, 18_000_000),
        tail(4_000_000, 12_000_000),
    ]
};
