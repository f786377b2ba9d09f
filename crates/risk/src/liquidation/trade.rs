//! What a trade may cost an account that is short of initial margin.

use crate::error::RiskError;
use crate::fixed::Rounding;
use crate::margin::MarginReport;
use crate::units::{Ratio, Value};

/// Least equity an account short of initial margin may be left with by a trade of its own.
///
/// Such an account may only trade to raise its IM. Closing releases requirement, and released requirement raises IM even
/// when the account pays far more than the position is worth: without a bound on what it pays, its owner could hand the
/// whole deficit to a friend. A trade may therefore cost no more than a liquidation of the same risk would, and never
/// turn a solvent account into a bankrupt one:
///
/// E' ≥ E − (1 − d)·max(0, MMR − MMR') and E' ≥ min(E, 0).
///
/// # Rounding
/// The cost down, in the account's favour.
///
/// # Errors
/// [`RiskError::Overflow`].
pub fn least_equity_after_trade(
    before: &MarginReport,
    after: &MarginReport,
    discount: Ratio,
) -> Result<Value, RiskError> {
    let released = before.maintenance_requirement()?.sub(after.maintenance_requirement()?)?.max(Value::ZERO);
    let cost = released.scale(Ratio::ONE.sub(discount)?, Rounding::Down)?;
    Ok(before.equity.sub(cost)?.max(before.equity.min(Value::ZERO)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_account_pays_no_more_for_a_trade_than_for_a_liquidation() {
        let report = |equity, maintenance| MarginReport {
            equity: Value::from_usd(equity),
            maintenance: Value::from_usd(maintenance),
            ..MarginReport::default()
        };
        let least = |before, after| least_equity_after_trade(&before, &after, Ratio::from_millionths(980_000)).unwrap();
        // 1000 of requirement released: 20 may be lost.
        assert_eq!(least(report(1_000, -500), report(900, 400)), Value::from_usd(980));
        // Nothing released, nothing lost.
        assert_eq!(least(report(1_000, 500), report(900, 300)), Value::from_usd(1_000));
        // Never into bankruptcy, and the bankrupt lose nothing more.
        assert_eq!(least(report(10, -990), report(0, 0)), Value::ZERO);
        assert_eq!(least(report(-10, -990), report(-20, -20)), Value::from_usd(-10));
    }
}
