//! From the numbers of a file to the types of the risk crate. What does not fit is named with its value and its range.

use crate::format::{Direction, Kind, PortfolioFile, ScenarioFile, SkewFile, Slice, Source};
use anyhow::{bail, ensure, Context, Result};
use plimsoll_risk::margin::portfolio::{HistoryPair, Scenario, VolDirection};
use plimsoll_risk::params::{PortfolioParams, ShortfallSource, SkewParams};
use plimsoll_risk::pricing::{OptionKind, Svi};
use plimsoll_risk::units::{
    Contracts, Exact, Log, Price, Ratio, Seconds, Skew, Value, Variance, Vol, ONE_E6, ONE_E9, ONE_Q,
};
use plimsoll_risk::RiskError;

/// A risk error as a sentence with the remedy.
pub fn explain(error: RiskError) -> anyhow::Error {
    let text = match error {
        RiskError::ParameterOutOfRange(name) => {
            format!("parameter {name} is outside its limits: see the limits in docs/risk-model.md")
        }
        RiskError::PriceOutOfRange => "a price is out of range: use prices above 0 and at most 1e9 USD".into(),
        RiskError::TenorOutOfRange => "a time to expiry is out of range: use 0 to 63072000 seconds".into(),
        RiskError::VolatilityOutOfRange => "a volatility is out of range: use 0 to 100".into(),
        RiskError::SurfaceInvalid => "the volatility slice is out of bounds or admits arbitrage: refit it".into(),
        RiskError::TooManyItems => "too many legs, expiries or scenarios: at most 64, 16 and 40".into(),
        RiskError::Overflow | RiskError::DivisionByZero => "an amount is too large: use smaller sizes".into(),
        RiskError::OutOfDomain => "es_source is history and there is none: give history pairs or use the grid".into(),
    };
    anyhow::anyhow!(text)
}

fn scaled(name: &str, x: f64, one: i64, low: f64, high: f64) -> Result<i64> {
    ensure!(x.is_finite() && (low..=high).contains(&x), "{name} is {x}: use a number from {low} to {high}");
    Ok((x * one as f64).round() as i64)
}

pub fn usd(name: &str, x: f64) -> Result<Price> {
    let price = Price::from_raw(scaled(name, x, ONE_E9, 1e-9, 1e9)?);
    ensure!(price.is_in_range(), "{name} is {x}: use a price above 0");
    Ok(price)
}

pub fn price_or_zero(name: &str, x: f64) -> Result<Price> {
    Ok(Price::from_raw(scaled(name, x, ONE_E9, 0.0, 1e9)?))
}

pub fn ratio(name: &str, x: f64) -> Result<Ratio> {
    Ok(Ratio::from_raw(scaled(name, x, ONE_E9, -1e6, 1e6)?))
}

pub fn share(name: &str, x: f64) -> Result<Ratio> {
    Ok(Ratio::from_raw(scaled(name, x, ONE_E9, 0.0, 1.0)?))
}

pub fn contracts(name: &str, x: f64) -> Result<Contracts> {
    Ok(Contracts::from_raw(scaled(name, x, ONE_E6, -1e9, 1e9)?))
}

pub fn atoms(name: &str, x: f64) -> Result<i64> {
    scaled(name, x, ONE_E6, -9e12, 9e12)
}

pub fn volatility(name: &str, x: f64) -> Result<Vol> {
    Ok(Vol::from_raw(scaled(name, x, ONE_Q, 0.0, 100.0)?))
}

pub fn dollars(x: Exact) -> f64 {
    x.raw() as f64 / 1e15
}

pub fn kind(kind: Kind) -> OptionKind {
    match kind {
        Kind::Call => OptionKind::Call,
        Kind::Put => OptionKind::Put,
    }
}

pub fn smile(slice: &Slice, tenor: Seconds) -> Result<Svi> {
    let q40 = |name, x| scaled(name, x, ONE_Q, -1e4, 1e4);
    let (a, b) = (Variance::from_raw(q40("svi.a", slice.a)?), Variance::from_raw(q40("svi.b", slice.b)?));
    let (rho, m, s) = (q40("svi.rho", slice.rho)?, q40("svi.m", slice.m)?, q40("svi.s", slice.s)?);
    Svi::new(a, b, Skew::from_raw(rho), Log::from_raw(m), Log::from_raw(s), tenor).map_err(explain)
}

pub fn scenarios(given: &[ScenarioFile]) -> Result<Vec<Scenario>> {
    let convert = |(index, given): (usize, &ScenarioFile)| {
        let scenario = Scenario {
            spot: ratio("spot", given.spot)?,
            vol: match given.vol {
                Direction::Up => VolDirection::Up,
                Direction::None => VolDirection::None,
                Direction::Down => VolDirection::Down,
            },
            weight: ratio("weight", given.weight)?,
        };
        scenario.validate().map_err(explain).with_context(|| format!("scenarios[{index}]"))?;
        Ok(scenario)
    };
    given.iter().enumerate().map(convert).collect()
}

fn skew(name: &str, given: &SkewFile) -> Result<SkewParams> {
    Ok(SkewParams {
        weight: ratio(&format!("{name}.weight"), given.weight)?,
        base_cap: ratio(&format!("{name}.base_cap"), given.base_cap)?,
        cap_slope: ratio(&format!("{name}.cap_slope"), given.cap_slope)?,
    })
}

pub fn portfolio_params(p: &PortfolioFile) -> Result<PortfolioParams> {
    if p.tenor_floor.fract() != 0.0 || !(0.0..=1e9).contains(&p.tenor_floor) {
        bail!("tenor_floor is {}: use whole seconds from 3600 to 2592000", p.tenor_floor);
    }
    let params = PortfolioParams {
        range_up: ratio("range_up", p.range_up)?,
        range_down: ratio("range_down", p.range_down)?,
        short_power: ratio("short_power", p.short_power)?,
        long_power: ratio("long_power", p.long_power)?,
        tenor_floor: Seconds::from_raw(p.tenor_floor as i64),
        min_vol_up: ratio("min_vol_up", p.min_vol_up)?,
        mm_factor: ratio("mm_factor", p.mm_factor)?,
        im_factor: ratio("im_factor", p.im_factor)?,
        short_mult: ratio("short_mult", p.short_mult)?,
        long_mult: ratio("long_mult", p.long_mult)?,
        short_add: ratio("short_add", p.short_add)?,
        long_add: ratio("long_add", p.long_add)?,
        long_base: ratio("long_base", p.long_base)?,
        short_base: ratio("short_base", p.short_base)?,
        basis_up: ratio("basis_up", p.basis_up)?,
        basis_down: ratio("basis_down", p.basis_down)?,
        basis_add: ratio("basis_add", p.basis_add)?,
        basis_mult: ratio("basis_mult", p.basis_mult)?,
        peg_threshold: ratio("peg_threshold", p.peg_threshold)?,
        peg_factor: ratio("peg_factor", p.peg_factor)?,
        confidence_threshold: ratio("confidence_threshold", p.confidence_threshold)?,
        confidence_factor: ratio("confidence_factor", p.confidence_factor)?,
        mm_option: ratio("mm_option", p.mm_option)?,
        im_option: ratio("im_option", p.im_option)?,
        skew_linear: skew("skew_linear", &p.skew_linear)?,
        skew_absolute: skew("skew_absolute", &p.skew_absolute)?,
        min_kstar: ratio("min_kstar", p.min_kstar)?,
        width_scale: ratio("width_scale", p.width_scale)?,
        vol_static: ratio("vol_static", p.vol_static)?,
        vol_scale: ratio("vol_scale", p.vol_scale)?,
        es_weight: ratio("es_weight", p.es_weight)?,
        es_mass: ratio("es_mass", p.es_mass)?,
        es_source: match p.es_source {
            Source::Grid => ShortfallSource::Grid,
            Source::History => ShortfallSource::History,
        },
        gamma_charge: ratio("gamma_charge", p.gamma_charge)?,
        gamma_move: ratio("gamma_move", p.gamma_move)?,
        vega_charge: ratio("vega_charge", p.vega_charge)?,
        vega_move: ratio("vega_move", p.vega_move)?,
        depth: Value::from_raw(scaled("depth", p.depth, ONE_E6, 0.0, 1e12)?),
        realised_mult: ratio("realised_mult", p.realised_mult)?,
    };
    params.validate().map_err(explain)?;
    Ok(params)
}

pub fn pairs(history: &[crate::format::Pair]) -> Result<Vec<HistoryPair>> {
    let convert = |(index, pair): (usize, &crate::format::Pair)| {
        let (spot, vol) = (ratio("return", pair.spot_return)?, ratio("vol_change", pair.vol_change)?);
        HistoryPair::new(spot, vol).map_err(explain).with_context(|| format!("history[{index}]"))
    };
    history.iter().enumerate().map(convert).collect()
}
