//! The fields of a portfolio file: see `tests/vectors/README.md`. Unknown keys are refused by name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An account with its markets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountFile {
    #[serde(default)]
    pub name: String,
    /// How the account is margined; cross when it does not say.
    #[serde(default)]
    pub mode: Mode,
    /// Price of the quote asset in USD.
    #[serde(default = "one")]
    pub stable: f64,
    pub cash: f64,
    #[serde(default)]
    pub collateral: Vec<Token>,
    pub underlyings: Vec<UnderlyingFile>,
    /// What a reference model says; not read for the margin.
    #[serde(default)]
    pub expected: Option<serde_json::Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Cross,
    Portfolio,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub balance: f64,
    pub price: f64,
    /// Price that initial margin looks at, when it is another.
    pub price_im: Option<f64>,
    pub haircut_im: f64,
    pub haircut_mm: f64,
    #[serde(default = "one")]
    pub confidence: f64,
    /// Index of the underlying that is the same asset.
    pub underlying: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderlyingFile {
    pub index: f64,
    /// Ends of the price range of initial margin; the index when missing.
    pub low: Option<f64>,
    pub high: Option<f64>,
    #[serde(default = "one")]
    pub confidence: f64,
    #[serde(default)]
    pub realised_vol: f64,
    #[serde(default = "one")]
    pub forecast: f64,
    #[serde(default)]
    pub history: Vec<Pair>,
    pub params: Params,
    pub expiries: Vec<ExpiryFile>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    #[serde(rename = "return")]
    pub spot_return: f64,
    pub vol_change: f64,
}

/// Parameters of cross margin lie open, those of portfolio margin under a key of their own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub portfolio: Option<Box<PortfolioFile>>,
    pub max_spot: Option<f64>,
    pub min_spot: Option<f64>,
    pub mm_call: Option<f64>,
    pub mm_put: Option<f64>,
    pub mm_put_mtm: Option<f64>,
    pub unpaired_im: Option<f64>,
    pub unpaired_mm: Option<f64>,
    pub mm_offset: Option<f64>,
    pub confidence_threshold: Option<f64>,
    pub confidence_factor: Option<f64>,
    pub depeg_threshold: Option<f64>,
    pub depeg_factor: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    pub spot: f64,
    pub vol: Direction,
    pub weight: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Up,
    None,
    Down,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkewFile {
    pub weight: f64,
    pub base_cap: f64,
    pub cap_slope: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Grid,
    History,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortfolioFile {
    pub scenarios: Vec<ScenarioFile>,
    pub range_up: f64,
    pub range_down: f64,
    pub short_power: f64,
    pub long_power: f64,
    pub tenor_floor: f64,
    pub min_vol_up: f64,
    pub mm_factor: f64,
    pub im_factor: f64,
    pub short_mult: f64,
    pub long_mult: f64,
    pub short_add: f64,
    pub long_add: f64,
    pub long_base: f64,
    pub short_base: f64,
    pub basis_up: f64,
    pub basis_down: f64,
    pub basis_add: f64,
    pub basis_mult: f64,
    pub peg_threshold: f64,
    pub peg_factor: f64,
    pub confidence_threshold: f64,
    pub confidence_factor: f64,
    pub mm_option: f64,
    pub im_option: f64,
    pub skew_linear: SkewFile,
    pub skew_absolute: SkewFile,
    pub min_kstar: f64,
    pub width_scale: f64,
    pub vol_static: f64,
    pub vol_scale: f64,
    pub es_weight: f64,
    pub es_mass: f64,
    pub es_source: Source,
    pub gamma_charge: f64,
    pub gamma_move: f64,
    pub vega_charge: f64,
    pub vega_move: f64,
    pub depth: f64,
    pub realised_mult: f64,
    #[serde(default)]
    pub stale_mult: f64,
    #[serde(default)]
    pub stale_charge: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiryFile {
    pub seconds: i64,
    pub forward: f64,
    #[serde(default)]
    pub rate: f64,
    #[serde(default)]
    pub fixed: f64,
    #[serde(default = "one")]
    pub confidence: f64,
    #[serde(default)]
    pub stale: bool,
    pub settlement: Option<f64>,
    pub svi: Option<Slice>,
    pub legs: Vec<LegFile>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    pub a: f64,
    pub b: f64,
    pub rho: f64,
    pub m: f64,
    pub s: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegFile {
    pub kind: Kind,
    pub strike: f64,
    pub size: f64,
    pub sigma: Option<f64>,
    /// What a reference model reads off the smile; not used.
    pub expected_sigma: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Call,
    Put,
}

/// Greeks in USD, by name.
pub type Greeks = BTreeMap<&'static str, f64>;

fn one() -> f64 {
    1.0
}
