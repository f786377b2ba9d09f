//! What a file says of a market, as types of the risk crate: for those who hand it to something else than the risk crate.

use crate::convert::{pairs, portfolio_params, scenarios, smile};
use crate::cross;
use crate::format::{Params, PortfolioFile, Slice, UnderlyingFile};
use anyhow::{Context, Result};
use plimsoll_risk::margin::portfolio::{HistoryPair, Scenario};
use plimsoll_risk::params::{CrossParams, PortfolioParams};
use plimsoll_risk::pricing::Svi;
use plimsoll_risk::units::Seconds;

impl Params {
    /// Parameters of cross margin, the product's defaults where the file is silent.
    ///
    /// # Errors
    /// A parameter outside its limits, by name.
    pub fn cross(&self) -> Result<CrossParams> {
        cross::params(self).context("params")
    }

    /// Parameters of portfolio margin as the file has them.
    ///
    /// # Errors
    /// When there are none.
    pub fn portfolio(&self) -> Result<&PortfolioFile> {
        self.portfolio.as_deref().context("params.portfolio is missing: portfolio mode needs it")
    }
}

impl PortfolioFile {
    /// Parameters of portfolio margin.
    ///
    /// # Errors
    /// A parameter outside its limits, by name.
    pub fn params(&self) -> Result<PortfolioParams> {
        portfolio_params(self).context("params.portfolio")
    }

    /// The scenario grid in the order of the file.
    ///
    /// # Errors
    /// A scenario outside its limits, by its number.
    pub fn grid(&self) -> Result<Vec<Scenario>> {
        scenarios(&self.scenarios).context("params.portfolio")
    }
}

impl Slice {
    /// The smile at a time to expiry.
    ///
    /// # Errors
    /// A smile out of bounds.
    pub fn surface(&self, left: Seconds) -> Result<Svi> {
        smile(self, left).context("svi")
    }
}

impl UnderlyingFile {
    /// The historical moves.
    ///
    /// # Errors
    /// A move outside its limits, by its number.
    pub fn pairs(&self) -> Result<Vec<HistoryPair>> {
        pairs(&self.history)
    }
}
