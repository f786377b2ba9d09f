//! The scenario grid of an underlying: the scenarios as they were given, and the table that the scan reads.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::portfolio::{Grid, GridShape, GridTable, Scenario, VolDirection};
use plimsoll_risk::units::Ratio;

use crate::errors::{OrProgramError, PlimsollError};
use crate::state::PortfolioParamsRaw;

/// Every grid has a scenario with volatility up that moves spot by this much, each way, scale 1e-9: 5 %.
const LEAST_MOVE_E9: i64 = 50_000_000;
/// And counts this much of its loss, scale 1e-9: a half.
const LEAST_WEIGHT_E9: i64 = 500_000_000;

/// Where the volatility goes in a scenario.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolMove {
    Up,
    Down,
    None,
}

/// One scenario as it crosses the interface.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScenarioArgs {
    /// Factor on spot, scale 1e-9, in [0.05, 6].
    pub spot_e9: i64,
    /// Part of the loss that counts, scale 1e-9, in [0, 1].
    pub weight_e9: i64,
    pub vol: VolMove,
}

/// One scenario as stored.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ScenarioRaw {
    pub spot_e9: i64,
    pub weight_e9: i64,
    /// 0 up, 1 down, 2 none.
    pub vol: u8,
    pub padding: [u8; 7],
}

/// Parameters of portfolio margin with the grid and the table derived from both. All zero until they are set.
#[zero_copy]
#[derive(Debug)]
pub struct PortfolioState {
    pub params: PortfolioParamsRaw,
    /// The scenarios in the order they were given: the first `scenario_count`.
    pub scenarios: [ScenarioRaw; 40],
    /// ln of the spot factor of each point, Q60.
    pub logs_q60: [i64; 43],
    /// Spot factor of each point, Q30.
    pub factors_q30: [i64; 43],
    /// Weight of each point, Q31; 0 for a point that is no scenario.
    pub weights_q31: [i64; 43],
    /// Number of the scenario of each point, 255 for none.
    pub points: [u8; 43],
    pub scenario_count: u8,
    /// Points: of direction up, of direction down, all; the mark, and both moves of the basis contingency.
    pub ups: u8,
    pub downs: u8,
    pub count: u8,
    pub mark: u8,
    pub basis_up: u8,
    pub basis_down: u8,
    pub padding: [u8; 6],
    pub reserved: [u64; 16],
}

impl From<&ScenarioArgs> for ScenarioRaw {
    fn from(args: &ScenarioArgs) -> Self {
        let vol = match args.vol {
            VolMove::Up => Self::UP,
            VolMove::Down => Self::DOWN,
            VolMove::None => Self::NONE,
        };
        Self { spot_e9: args.spot_e9, weight_e9: args.weight_e9, vol, padding: [0; 7] }
    }
}

impl ScenarioRaw {
    pub const UP: u8 = 0;
    pub const DOWN: u8 = 1;
    pub const NONE: u8 = 2;

    fn scenario(&self) -> Scenario {
        Scenario {
            spot: Ratio::from_raw(self.spot_e9),
            vol: match self.vol {
                Self::UP => VolDirection::Up,
                Self::DOWN => VolDirection::Down,
                _ => VolDirection::None,
            },
            weight: Ratio::from_raw(self.weight_e9),
        }
    }
}

impl PortfolioState {
    /// Whether accounts in portfolio margin may hold positions here.
    pub fn is_set(&self) -> bool {
        self.count > 0 && self.params.im_factor_e9 > 0
    }

    /// Stores parameters, and the table they make with the grid, if there is one.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`].
    pub fn set_params(&mut self, params: &PortfolioParamsRaw) -> Result<()> {
        params.validated()?;
        self.params = *params;
        self.rebuild()
    }

    /// Stores a grid, and the table it makes with the parameters, if there are any.
    ///
    /// # Errors
    /// [`PlimsollError::ScenarioGrid`] for none, too many, or none in one direction of spot; [`PlimsollError::ParameterOutOfRange`]
    /// for a scenario outside its limits.
    pub fn set_scenarios(&mut self, scenarios: &[ScenarioArgs]) -> Result<()> {
        require!(scenarios.len() <= self.scenarios.len(), PlimsollError::ScenarioGrid);
        let weighs = |is_move: fn(i64) -> bool| {
            scenarios.iter().any(|s| s.vol == VolMove::Up && s.weight_e9 >= LEAST_WEIGHT_E9 && is_move(s.spot_e9))
        };
        // A grid that looks one way only, or hardly anywhere, would leave the rest free.
        require!(weighs(|spot| spot >= Ratio::ONE.raw() + LEAST_MOVE_E9), PlimsollError::ScenarioGrid);
        require!(weighs(|spot| spot <= Ratio::ONE.raw() - LEAST_MOVE_E9), PlimsollError::ScenarioGrid);
        self.scenarios = bytemuck::Zeroable::zeroed();
        for (slot, scenario) in self.scenarios.iter_mut().zip(scenarios) {
            *slot = ScenarioRaw::from(scenario);
            slot.scenario().validate().or_error()?;
        }
        // Checked above: at most 40.
        self.scenario_count = scenarios.len() as u8;
        self.rebuild()
    }

    fn rebuild(&mut self) -> Result<()> {
        if self.scenario_count == 0 || self.params.im_factor_e9 == 0 {
            return Ok(());
        }
        let given = &self.scenarios[..(self.scenario_count as usize).min(self.scenarios.len())];
        let scenarios: Vec<Scenario> = given.iter().map(ScenarioRaw::scenario).collect();
        let table = GridTable::new(&scenarios, &self.params.validated()?).or_error()?;
        self.logs_q60 = table.logs;
        self.factors_q30 = table.factors;
        self.weights_q31 = table.weights;
        self.points = table.scenarios;
        let GridShape { ups, downs, count, mark, basis_up, basis_down } = table.shape;
        (self.ups, self.downs, self.count) = (ups, downs, count);
        (self.mark, self.basis_up, self.basis_down) = (mark, basis_up, basis_down);
        Ok(())
    }

    /// The grid as the risk crate reads it.
    #[inline(always)]
    pub fn grid(&self) -> Grid<'_> {
        Grid {
            logs: &self.logs_q60,
            factors: &self.factors_q30,
            weights: &self.weights_q31,
            scenarios: &self.points,
            shape: GridShape {
                ups: self.ups,
                downs: self.downs,
                count: self.count,
                mark: self.mark,
                basis_up: self.basis_up,
                basis_down: self.basis_down,
            },
        }
    }
}

const _: () = {
    assert!(core::mem::size_of::<PortfolioParamsRaw>() == 344);
    assert!(core::mem::size_of::<PortfolioState>() == 2_520 && core::mem::align_of::<PortfolioState>() == 8);
};
