//! What comes out: every part of a margin, in USD.

use crate::format::{Greeks, Mode};
use serde::Serialize;

/// Margin of an account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountReport {
    pub mode: Mode,
    pub equity: f64,
    pub maintenance: f64,
    pub initial: f64,
    /// None when nothing is required.
    pub health_factor: Option<f64>,
    pub state: &'static str,
    pub cash: f64,
    pub mark: f64,
    pub settled: f64,
    pub collateral: f64,
    /// Sums over underlyings; portfolio mode only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeks: Option<Greeks>,
    pub underlyings: Vec<UnderlyingReport>,
}

/// Margin of one underlying, without collateral and cash.
#[derive(Clone, Debug, Serialize)]
pub struct UnderlyingReport {
    pub mark: f64,
    pub settled: f64,
    pub maintenance: f64,
    pub initial: f64,
    /// Cross mode: the initial balance at the index alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_at_index: Option<f64>,
    #[serde(flatten)]
    pub portfolio: Option<PortfolioReport>,
}

/// The parts of portfolio margin.
#[derive(Clone, Debug, Serialize)]
pub struct PortfolioReport {
    /// Weighted PnL of each scenario, in the order of the file.
    pub scenarios: Vec<f64>,
    pub skew_linear: Option<f64>,
    pub skew_absolute: Option<f64>,
    /// Number of the worst scenario, or `linear` or `absolute`.
    pub worst: String,
    pub worst_pnl: f64,
    pub es: Option<f64>,
    pub scan: f64,
    pub basis: f64,
    pub size: f64,
    pub min_span: f64,
    pub naked: f64,
    pub mm_contingency: f64,
    pub im_contingency: f64,
    pub gap: f64,
    pub greeks: Greeks,
}
