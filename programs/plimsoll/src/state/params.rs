//! Parameters as they cross the interface and as they are stored: plain numbers with the unit in the name.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use plimsoll_risk::params::{CrossParams, LiquidationParams};
use plimsoll_risk::units::{Ratio, Seconds, Value, ONE_E9};

use crate::constants::{MAX_CONFIDENCE_E9, MAX_SOURCES};
use crate::errors::PlimsollError;

/// [`CrossParams`] as stored, every field a ratio with scale 1e-9.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossParamsRaw {
    pub max_spot_e9: i64,
    pub min_spot_e9: i64,
    pub mm_call_e9: i64,
    pub mm_put_e9: i64,
    pub mm_put_mtm_e9: i64,
    pub unpaired_im_e9: i64,
    pub unpaired_mm_e9: i64,
    pub mm_offset_e9: i64,
    pub confidence_threshold_e9: i64,
    pub confidence_factor_e9: i64,
    pub peg_threshold_e9: i64,
    pub peg_factor_e9: i64,
}

impl From<&CrossParamsRaw> for CrossParams {
    fn from(raw: &CrossParamsRaw) -> Self {
        Self {
            max_spot: Ratio::from_raw(raw.max_spot_e9),
            min_spot: Ratio::from_raw(raw.min_spot_e9),
            mm_call: Ratio::from_raw(raw.mm_call_e9),
            mm_put: Ratio::from_raw(raw.mm_put_e9),
            mm_put_mtm: Ratio::from_raw(raw.mm_put_mtm_e9),
            unpaired_im: Ratio::from_raw(raw.unpaired_im_e9),
            unpaired_mm: Ratio::from_raw(raw.unpaired_mm_e9),
            mm_offset: Ratio::from_raw(raw.mm_offset_e9),
            confidence_threshold: Ratio::from_raw(raw.confidence_threshold_e9),
            confidence_factor: Ratio::from_raw(raw.confidence_factor_e9),
            peg_threshold: Ratio::from_raw(raw.peg_threshold_e9),
            peg_factor: Ratio::from_raw(raw.peg_factor_e9),
        }
    }
}

impl From<&CrossParams> for CrossParamsRaw {
    fn from(params: &CrossParams) -> Self {
        Self {
            max_spot_e9: params.max_spot.raw(),
            min_spot_e9: params.min_spot.raw(),
            mm_call_e9: params.mm_call.raw(),
            mm_put_e9: params.mm_put.raw(),
            mm_put_mtm_e9: params.mm_put_mtm.raw(),
            unpaired_im_e9: params.unpaired_im.raw(),
            unpaired_mm_e9: params.unpaired_mm.raw(),
            mm_offset_e9: params.mm_offset.raw(),
            confidence_threshold_e9: params.confidence_threshold.raw(),
            confidence_factor_e9: params.confidence_factor.raw(),
            peg_threshold_e9: params.peg_threshold.raw(),
            peg_factor_e9: params.peg_factor.raw(),
        }
    }
}

/// [`LiquidationParams`] as stored.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationParamsRaw {
    /// Price of a slice when its auction starts, as a part of what is for sale, scale 1e-9.
    pub discount_e9: i64,
    /// The same at the end of the fast leg, scale 1e-9.
    pub fast_discount_e9: i64,
    /// Length of the fast leg, in seconds.
    pub fast_secs: i64,
    /// Length of the slow leg, at whose end a slice costs nothing, in seconds.
    pub slow_secs: i64,
    /// Most of the time between two sightings of a breach that counts for the auction, in seconds.
    pub max_gap_secs: i64,
    /// Length of the auction of an insolvent account, in seconds.
    pub insolvent_secs: i64,
    /// Target above MM = 0 as a part of the maintenance requirement, scale 1e-9.
    pub buffer_e9: i64,
    /// Accounts with less equity are taken whole, in quote atoms.
    pub dust_atoms: i64,
    /// Part of a taker's bonus that goes to the insurance fund, scale 1e-9.
    pub fee_e9: i64,
    /// Health factor under which an account is warned, scale 1e-9.
    pub warning_e9: i64,
    /// Time to meet a margin call, in seconds.
    pub call_secs: i64,
}

impl From<&LiquidationParamsRaw> for LiquidationParams {
    fn from(raw: &LiquidationParamsRaw) -> Self {
        Self {
            discount: Ratio::from_raw(raw.discount_e9),
            fast_discount: Ratio::from_raw(raw.fast_discount_e9),
            fast: Seconds::from_raw(raw.fast_secs),
            slow: Seconds::from_raw(raw.slow_secs),
            max_gap: Seconds::from_raw(raw.max_gap_secs),
            insolvent: Seconds::from_raw(raw.insolvent_secs),
            buffer: Ratio::from_raw(raw.buffer_e9),
            dust: Value::from_raw(raw.dust_atoms),
            fee: Ratio::from_raw(raw.fee_e9),
            warning: Ratio::from_raw(raw.warning_e9),
            call: Seconds::from_raw(raw.call_secs),
        }
    }
}

impl From<LiquidationParams> for LiquidationParamsRaw {
    fn from(params: LiquidationParams) -> Self {
        Self {
            discount_e9: params.discount.raw(),
            fast_discount_e9: params.fast_discount.raw(),
            fast_secs: params.fast.raw(),
            slow_secs: params.slow.raw(),
            max_gap_secs: params.max_gap.raw(),
            insolvent_secs: params.insolvent.raw(),
            buffer_e9: params.buffer.raw(),
            dust_atoms: params.dust.raw(),
            fee_e9: params.fee.raw(),
            warning_e9: params.warning.raw(),
            call_secs: params.call.raw(),
        }
    }
}

/// How the volatility of an underlying is measured, published, forecast and replaced when it is old.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolatilityParamsRaw {
    /// Least volatility a published surface may show anywhere, Q40 per year.
    pub min_vol_q40: i64,
    /// Largest volatility a published surface may show anywhere, Q40 per year.
    pub max_vol_q40: i64,
    /// Age at which a surface stops allowing new risk, in seconds.
    pub max_age_secs: i64,
    /// Least volatility of a published surface as a multiple of realised volatility, scale 1e-9; 0 for no such bound.
    pub realised_low_e9: i64,
    /// Largest volatility of a published surface as a multiple of realised volatility, scale 1e-9.
    pub realised_high_e9: i64,
    /// A stale surface counts at least this multiple of realised volatility, scale 1e-9.
    pub stale_mult_e9: i64,
    /// Initial charge of positions under a stale surface, as a part of their notional, scale 1e-9.
    pub stale_charge_e9: i64,
    /// Least time between two samples of realised volatility, in seconds.
    pub sample_secs: i64,
    /// Time after which a sample of realised volatility counts half, in seconds.
    pub half_life_secs: i64,
    /// Returns that have to be measured before realised volatility is used.
    pub min_samples: i64,
    /// Largest forecast factor, scale 1e-9.
    pub max_forecast_e9: i64,
    /// Largest change of the forecast factor at once, scale 1e-9.
    pub max_forecast_step_e9: i64,
    /// Least time between two changes of the forecast factor, in seconds.
    pub forecast_interval_secs: i64,
    /// Longest time a forecast stands, in seconds.
    pub max_forecast_secs: i64,
}

impl VolatilityParamsRaw {
    /// Accepts the set or refuses it.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`].
    pub fn validate(&self) -> Result<()> {
        let is_surface_lawful = self.min_vol_q40 >= KERNEL_MIN_VOL_Q40
            && self.min_vol_q40 <= self.max_vol_q40
            && self.max_vol_q40 <= KERNEL_MAX_VOL_Q40
            && (1..=DAY_SECS).contains(&self.max_age_secs)
            && (0..=ONE_E9).contains(&self.realised_low_e9)
            && (ONE_E9..=100 * ONE_E9).contains(&self.realised_high_e9)
            && (0..=5 * ONE_E9).contains(&self.stale_mult_e9)
            && (0..=ONE_E9).contains(&self.stale_charge_e9);
        // A half-life of fewer than two samples measures nothing, one of more than two thousand loses digits.
        let is_measure_lawful = (60..=DAY_SECS).contains(&self.sample_secs)
            && self.half_life_secs >= self.sample_secs.saturating_mul(2)
            && self.half_life_secs <= self.sample_secs.saturating_mul(2_000)
            && (1..=10_000).contains(&self.min_samples);
        let is_forecast_lawful = (ONE_E9..=MAX_FORECAST_E9).contains(&self.max_forecast_e9)
            && (0..=MAX_FORECAST_E9).contains(&self.max_forecast_step_e9)
            && (0..=DAY_SECS).contains(&self.forecast_interval_secs)
            && (1..=7 * DAY_SECS).contains(&self.max_forecast_secs);
        require!(is_surface_lawful && is_measure_lawful && is_forecast_lawful, PlimsollError::ParameterOutOfRange);
        Ok(())
    }
}

/// What an underlying allows, apart from its margin parameters.
#[repr(C)]
#[derive(AnchorSerialize, AnchorDeserialize, Pod, Zeroable, Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderlyingParams {
    pub cross: CrossParamsRaw,
    pub volatility: VolatilityParamsRaw,
    /// Largest distance of forward / spot from 1, scale 1e-9.
    pub max_basis_e9: i64,
    /// Largest open interest of one series, in 1e-6 contracts.
    pub max_open_interest_e6: i64,
    /// Strikes may lie between spot / this and spot × this, scale 1e-9.
    pub max_strike_factor_e9: i64,
}

/// Largest volatility the pricing kernel is tested to: 500 %.
const KERNEL_MAX_VOL_Q40: i64 = 5 << 40;
/// Least volatility the pricing kernel is tested to, 5 %, rounded down to 2^-40.
const KERNEL_MIN_VOL_Q40: i64 = (1 << 40) / 20;
/// Largest forecast factor and largest step of it: 3.
const MAX_FORECAST_E9: i64 = 3 * ONE_E9;
const DAY_SECS: i64 = 86_400;

impl UnderlyingParams {
    /// Accepts the set or refuses it.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`].
    pub fn validate(&self) -> Result<()> {
        CrossParams::from(&self.cross).validate().map_err(PlimsollError::from)?;
        self.volatility.validate()?;
        let is_lawful = (0..=500_000_000).contains(&self.max_basis_e9)
            && (1..=plimsoll_risk::units::Contracts::MAX.raw()).contains(&self.max_open_interest_e6)
            && (1_000_000_000..=10_000_000_000).contains(&self.max_strike_factor_e9);
        require!(is_lawful, PlimsollError::ParameterOutOfRange);
        Ok(())
    }
}

/// Which kind of oracle account a source reads.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Pyth pull: any `PriceUpdateV2` of the receiver program with the feed id.
    PythPull,
    /// Pyth price account (`pyth-sdk-solana`) at a fixed address.
    PythPriceAccount,
    /// Switchboard On-Demand pull feed at a fixed address.
    Switchboard,
}

/// One oracle source: its kind, and the feed id (Pyth pull) or the account's address (the others).
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleSourceArgs {
    pub kind: SourceKind,
    pub key: [u8; 32],
}

/// How a price is found and how much it may be trusted.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct OracleConfig {
    /// One to three sources; the index is the median of the fresh ones.
    pub sources: Vec<OracleSourceArgs>,
    /// Fewer fresh sources than this are no price; more than half of them.
    pub required: u8,
    /// Age by publish time up to which the price allows new risk, in seconds.
    pub max_age_secs: i64,
    /// Age up to which it still serves maintenance and liquidation, at least `max_age_secs`.
    pub max_liquidation_age_secs: i64,
    /// Time constant of the slow price, in seconds; 0 makes it the index itself.
    pub slow_secs: i64,
    /// New risk is refused while index and slow price differ by more than this part, scale 1e-9.
    pub max_divergence_e9: i64,
    /// Widest confidence interval accepted, as a part of the price, scale 1e-9; at most 10 %.
    pub max_confidence_e9: i64,
}

impl OracleConfig {
    /// Accepts the configuration or refuses it.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`].
    pub fn validate(&self) -> Result<()> {
        let count = self.sources.len();
        let is_lawful = (1..=MAX_SOURCES as usize).contains(&count)
            // A majority: sources that are stale, or withheld by the caller, never decide which way the median falls.
            && (self.required as usize).saturating_mul(2) > count
            && self.required as usize <= count
            && (1..=3_600).contains(&self.max_age_secs)
            && (self.max_age_secs..=86_400).contains(&self.max_liquidation_age_secs)
            && (0..=86_400).contains(&self.slow_secs)
            && (1_000_000..=1_000_000_000).contains(&self.max_divergence_e9)
            && (1_000_000..=MAX_CONFIDENCE_E9).contains(&self.max_confidence_e9);
        require!(is_lawful, PlimsollError::ParameterOutOfRange);
        for (index, source) in self.sources.iter().enumerate() {
            require!(source.key != [0; 32], PlimsollError::ParameterOutOfRange);
            // The same source twice would count as two opinions.
            require!(!self.sources[..index].contains(source), PlimsollError::ParameterOutOfRange);
        }
        Ok(())
    }
}

/// A volatility surface slice as stored: annualised SVI, all Q40.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct SviRaw {
    pub a_q40: i64,
    pub b_q40: i64,
    pub rho_q40: i64,
    pub m_q40: i64,
    pub s_q40: i64,
    pub max_log_moneyness_q40: i64,
}
