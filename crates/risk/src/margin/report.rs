//! The margin of a whole account, and the state that follows from it.

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_wide, Rounding};
use crate::margin::collateral::CollateralValue;
use crate::margin::cross::UnderlyingMargin;
use crate::units::{Exact, Ratio, Value, ONE_E9};

/// Where an account stands. Derived from prices, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginState {
    /// IM ≥ 0: may withdraw and add risk.
    Healthy,
    /// IM < 0 ≤ MM: only what raises IM.
    Restricted,
    /// MM < 0: anyone may liquidate.
    Liquidatable,
    /// E < 0.
    Bankrupt,
}

/// Equity and margin balances of an account. Invariant: `initial ≤ maintenance ≤ equity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarginReport {
    /// E = cash + collateral + mark.
    pub equity: Value,
    /// Initial margin balance IM.
    pub initial: Value,
    /// Maintenance margin balance MM.
    pub maintenance: Value,
    /// Mark value of all positions.
    pub mark: Value,
    /// Full value of all collateral but cash.
    pub collateral: Value,
}

impl MarginReport {
    /// Initial margin requirement IMR = E − IM ≥ 0. # Errors [`RiskError::Overflow`].
    pub fn initial_requirement(&self) -> Result<Value, RiskError> {
        self.equity.sub(self.initial)
    }

    /// Maintenance margin requirement MMR = E − MM ≥ 0. # Errors [`RiskError::Overflow`].
    pub fn maintenance_requirement(&self) -> Result<Value, RiskError> {
        self.equity.sub(self.maintenance)
    }

    /// Health factor HF = E / MMR; below 1 exactly when MM < 0.
    ///
    /// # Units
    /// Scale 1e-9. [`Ratio::INFINITE`] when nothing is required of a solvent account; an account that is required
    /// nothing and still owes has −[`Ratio::INFINITE`].
    ///
    /// # Rounding
    /// Down; saturates at ±9.2e9.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn health_factor(&self) -> Result<Ratio, RiskError> {
        let requirement = self.maintenance_requirement()?;
        if requirement.raw() <= 0 {
            return Ok(if self.equity.is_negative() { Ratio::INFINITE.neg()? } else { Ratio::INFINITE });
        }
        let factor = div_wide(mul_wide(self.equity.raw(), ONE_E9), requirement.raw() as i128, Rounding::Down)?;
        let limit = Ratio::INFINITE.raw() as i128;
        Ok(Ratio::from_raw(factor.clamp(limit.wrapping_neg(), limit) as i64))
    }

    /// State of the account.
    pub const fn state(&self) -> MarginState {
        if self.equity.is_negative() {
            MarginState::Bankrupt
        } else if self.maintenance.is_negative() {
            MarginState::Liquidatable
        } else if self.initial.is_negative() {
            MarginState::Restricted
        } else {
            MarginState::Healthy
        }
    }
}

/// Adds up an account: underlyings, collaterals, then cash.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarginSum {
    mark: Exact,
    initial: Exact,
    maintenance: Exact,
    collateral: CollateralValue,
}

impl MarginSum {
    /// Adds one underlying, whose IM is the worst over the spot prices it was computed at.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add_underlying(&mut self, at_index: &UnderlyingMargin, worst_initial: Exact) -> Result<(), RiskError> {
        self.mark = self.mark.add(at_index.mark)?;
        self.initial = self.initial.add(worst_initial)?;
        self.maintenance = self.maintenance.add(at_index.maintenance)?;
        Ok(())
    }

    /// Adds one collateral.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add_collateral(&mut self, value: &CollateralValue) -> Result<(), RiskError> {
        self.collateral.full = self.collateral.full.add(value.full)?;
        self.collateral.initial = self.collateral.initial.add(value.initial)?;
        self.collateral.maintenance = self.collateral.maintenance.add(value.maintenance)?;
        Ok(())
    }

    /// The report. # Rounding Each balance down, once. # Errors [`RiskError::Overflow`].
    ///
    /// The balances are capped so that IM ≤ MM ≤ E always holds. For rates of zero and above the formulas keep that order
    /// by themselves but for rounding; with negative rates a maximum loss can lie above what closing would cost today.
    pub fn report(&self, cash: Value) -> Result<MarginReport, RiskError> {
        let mark = self.mark.to_value_floor()?;
        let equity = mark.add(self.collateral.full)?.add(cash)?;
        let maintenance = self.maintenance.to_value_floor()?.add(self.collateral.maintenance)?.add(cash)?.min(equity);
        let initial = self.initial.to_value_floor()?.add(self.collateral.initial)?.add(cash)?.min(maintenance);
        Ok(MarginReport { equity, initial, maintenance, mark, collateral: self.collateral.full })
    }
}
