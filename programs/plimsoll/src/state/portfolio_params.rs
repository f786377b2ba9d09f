//! Parameters of portfolio margin and the scenario grid, as they cross the interface and as they are stored.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use plimsoll_risk::params::{PortfolioParams, ShortfallSource, SkewParams};
use plimsoll_risk::units::{Ratio, Seconds, Value};

use crate::errors::{OrProgramError, PlimsollError};

/// [`SkewParams`] as stored, scale 1e-9.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkewParamsRaw {
    pub weight_e9: i64,
    pub base_cap_e9: i64,
    pub cap_slope_e9: i64,
}

/// [`PortfolioParams`] as stored, every field a ratio with scale 1e-9 unless its name says otherwise.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortfolioParamsRaw {
    pub range_up_e9: i64,
    pub range_down_e9: i64,
    pub short_power_e9: i64,
    pub long_power_e9: i64,
    pub min_vol_up_e9: i64,
    pub mm_factor_e9: i64,
    pub im_factor_e9: i64,
    pub short_mult_e9: i64,
    pub long_mult_e9: i64,
    pub short_add_e9: i64,
    pub long_add_e9: i64,
    pub long_base_e9: i64,
    pub short_base_e9: i64,
    pub basis_up_e9: i64,
    pub basis_down_e9: i64,
    pub basis_add_e9: i64,
    pub basis_mult_e9: i64,
    pub peg_threshold_e9: i64,
    pub peg_factor_e9: i64,
    pub confidence_threshold_e9: i64,
    pub confidence_factor_e9: i64,
    pub mm_option_e9: i64,
    pub im_option_e9: i64,
    pub tenor_floor_secs: i64,
    pub skew_linear: SkewParamsRaw,
    pub skew_absolute: SkewParamsRaw,
    pub min_kstar_e9: i64,
    pub width_scale_e9: i64,
    pub vol_static_e9: i64,
    pub vol_scale_e9: i64,
    pub es_weight_e9: i64,
    pub es_mass_e9: i64,
    pub gamma_charge_e9: i64,
    pub gamma_move_e9: i64,
    pub vega_charge_e9: i64,
    pub vega_move_e9: i64,
    pub realised_mult_e9: i64,
    /// Net delta from which the scanned loss grows, in quote atoms; 0 for never.
    pub depth_atoms: i64,
    /// Where the expected shortfall is taken from: 0 the scenario grid, 1 the historical set.
    pub es_source: u64,
}

impl PortfolioParamsRaw {
    pub const ES_GRID: u64 = 0;
    pub const ES_HISTORY: u64 = 1;

    /// The risk crate's parameters, if they are inside their limits.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`].
    pub fn validated(&self) -> Result<PortfolioParams> {
        require!(self.es_source <= Self::ES_HISTORY, PlimsollError::ParameterOutOfRange);
        let params = PortfolioParams::from(self);
        params.validate().or_error()?;
        Ok(params)
    }
}

impl From<&SkewParamsRaw> for SkewParams {
    fn from(raw: &SkewParamsRaw) -> Self {
        Self {
            weight: Ratio::from_raw(raw.weight_e9),
            base_cap: Ratio::from_raw(raw.base_cap_e9),
            cap_slope: Ratio::from_raw(raw.cap_slope_e9),
        }
    }
}

impl From<&SkewParams> for SkewParamsRaw {
    fn from(params: &SkewParams) -> Self {
        Self {
            weight_e9: params.weight.raw(),
            base_cap_e9: params.base_cap.raw(),
            cap_slope_e9: params.cap_slope.raw(),
        }
    }
}

impl From<&PortfolioParamsRaw> for PortfolioParams {
    // Inside its callers every field would be copied twice.
    #[inline(never)]
    fn from(raw: &PortfolioParamsRaw) -> Self {
        Self {
            range_up: Ratio::from_raw(raw.range_up_e9),
            range_down: Ratio::from_raw(raw.range_down_e9),
            short_power: Ratio::from_raw(raw.short_power_e9),
            long_power: Ratio::from_raw(raw.long_power_e9),
            min_vol_up: Ratio::from_raw(raw.min_vol_up_e9),
            mm_factor: Ratio::from_raw(raw.mm_factor_e9),
            im_factor: Ratio::from_raw(raw.im_factor_e9),
            short_mult: Ratio::from_raw(raw.short_mult_e9),
            long_mult: Ratio::from_raw(raw.long_mult_e9),
            short_add: Ratio::from_raw(raw.short_add_e9),
            long_add: Ratio::from_raw(raw.long_add_e9),
            long_base: Ratio::from_raw(raw.long_base_e9),
            short_base: Ratio::from_raw(raw.short_base_e9),
            basis_up: Ratio::from_raw(raw.basis_up_e9),
            basis_down: Ratio::from_raw(raw.basis_down_e9),
            basis_add: Ratio::from_raw(raw.basis_add_e9),
            basis_mult: Ratio::from_raw(raw.basis_mult_e9),
            peg_threshold: Ratio::from_raw(raw.peg_threshold_e9),
            peg_factor: Ratio::from_raw(raw.peg_factor_e9),
            confidence_threshold: Ratio::from_raw(raw.confidence_threshold_e9),
            confidence_factor: Ratio::from_raw(raw.confidence_factor_e9),
            mm_option: Ratio::from_raw(raw.mm_option_e9),
            im_option: Ratio::from_raw(raw.im_option_e9),
            min_kstar: Ratio::from_raw(raw.min_kstar_e9),
            width_scale: Ratio::from_raw(raw.width_scale_e9),
            vol_static: Ratio::from_raw(raw.vol_static_e9),
            vol_scale: Ratio::from_raw(raw.vol_scale_e9),
            es_weight: Ratio::from_raw(raw.es_weight_e9),
            es_mass: Ratio::from_raw(raw.es_mass_e9),
            gamma_charge: Ratio::from_raw(raw.gamma_charge_e9),
            gamma_move: Ratio::from_raw(raw.gamma_move_e9),
            vega_charge: Ratio::from_raw(raw.vega_charge_e9),
            vega_move: Ratio::from_raw(raw.vega_move_e9),
            realised_mult: Ratio::from_raw(raw.realised_mult_e9),
            tenor_floor: Seconds::from_raw(raw.tenor_floor_secs),
            skew_linear: SkewParams::from(&raw.skew_linear),
            skew_absolute: SkewParams::from(&raw.skew_absolute),
            es_source: match raw.es_source {
                PortfolioParamsRaw::ES_HISTORY => ShortfallSource::History,
                _ => ShortfallSource::Grid,
            },
            depth: Value::from_raw(raw.depth_atoms),
        }
    }
}

impl From<&PortfolioParams> for PortfolioParamsRaw {
    fn from(params: &PortfolioParams) -> Self {
        Self {
            range_up_e9: params.range_up.raw(),
            range_down_e9: params.range_down.raw(),
            short_power_e9: params.short_power.raw(),
            long_power_e9: params.long_power.raw(),
            min_vol_up_e9: params.min_vol_up.raw(),
            mm_factor_e9: params.mm_factor.raw(),
            im_factor_e9: params.im_factor.raw(),
            short_mult_e9: params.short_mult.raw(),
            long_mult_e9: params.long_mult.raw(),
            short_add_e9: params.short_add.raw(),
            long_add_e9: params.long_add.raw(),
            long_base_e9: params.long_base.raw(),
            short_base_e9: params.short_base.raw(),
            basis_up_e9: params.basis_up.raw(),
            basis_down_e9: params.basis_down.raw(),
            basis_add_e9: params.basis_add.raw(),
            basis_mult_e9: params.basis_mult.raw(),
            peg_threshold_e9: params.peg_threshold.raw(),
            peg_factor_e9: params.peg_factor.raw(),
            confidence_threshold_e9: params.confidence_threshold.raw(),
            confidence_factor_e9: params.confidence_factor.raw(),
            mm_option_e9: params.mm_option.raw(),
            im_option_e9: params.im_option.raw(),
            min_kstar_e9: params.min_kstar.raw(),
            width_scale_e9: params.width_scale.raw(),
            vol_static_e9: params.vol_static.raw(),
            vol_scale_e9: params.vol_scale.raw(),
            es_weight_e9: params.es_weight.raw(),
            es_mass_e9: params.es_mass.raw(),
            gamma_charge_e9: params.gamma_charge.raw(),
            gamma_move_e9: params.gamma_move.raw(),
            vega_charge_e9: params.vega_charge.raw(),
            vega_move_e9: params.vega_move.raw(),
            realised_mult_e9: params.realised_mult.raw(),
            tenor_floor_secs: params.tenor_floor.raw(),
            skew_linear: SkewParamsRaw::from(&params.skew_linear),
            skew_absolute: SkewParamsRaw::from(&params.skew_absolute),
            es_source: match params.es_source {
                ShortfallSource::Grid => PortfolioParamsRaw::ES_GRID,
                ShortfallSource::History => PortfolioParamsRaw::ES_HISTORY,
            },
            depth_atoms: params.depth.raw(),
        }
    }
}
