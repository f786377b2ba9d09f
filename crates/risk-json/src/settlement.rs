//! A settlement case: the average over the window, and what positions receive (+) or pay (−) at it.

use plimsoll_risk::settlement::{payable_payoff, Twap};
use plimsoll_risk::units::{Contracts, Price};
use plimsoll_risk::RiskError;

use crate::cases::{LegCase, SettlementAnswer, SettlementCase};
use crate::margin::kind;

pub fn answer(case: &SettlementCase) -> Result<SettlementAnswer, RiskError> {
    let mut twap = Twap::default();
    for seen in &case.observations {
        twap.observe(Price::from_raw(seen.price_e9), seen.from, seen.to, case.expiry_ts)?;
    }
    let settlement = twap.average()?.ok_or(RiskError::DivisionByZero)?;
    let payoff = |leg: &LegCase| {
        let payoff =
            payable_payoff(kind(leg), Price::from_raw(leg.strike_e9), settlement, Contracts::from_raw(leg.size_e6));
        Ok(payoff?.raw())
    };
    Ok(SettlementAnswer {
        settlement_e9: settlement.raw(),
        covered_secs: twap.covered.raw(),
        payoffs_atoms: case.positions.iter().map(payoff).collect::<Result<_, RiskError>>()?,
    })
}
