//! Compute units of every instruction, against a committed snapshot.
//!
//! Measured on `litesvm` with keys derived from names, so the numbers repeat exactly. The compute-limit instruction of
//! the transaction is not counted.

mod backstop;
mod books;
mod expiries;
mod hedges;
mod losses;
mod measures;

use std::collections::BTreeMap;

/// Name of a measurement and its compute units.
pub type Units = BTreeMap<String, u64>;

/// The committed numbers.
pub const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budgets.json");

/// One group of measurements, with a fixture of its own.
pub type Group = fn() -> Units;

/// All groups.
pub const GROUPS: [Group; 15] = [
    measures::admin,
    measures::markets,
    measures::volatility,
    measures::accounts,
    measures::health_and_trades,
    measures::liquidations,
    measures::insurance,
    backstop::backstop,
    measures::sales,
    losses::losses,
    hedges::hedges,
    measures::portfolio,
    measures::arrays,
    expiries::arrays_over_expiries,
    measures::settlement,
];

/// Every measurement.
pub fn measure() -> Units {
    GROUPS.into_iter().flat_map(|group| group()).collect()
}

/// Portfolio mode alone.
pub fn measure_portfolio() -> Units {
    measures::portfolio()
}

/// The insurance fund alone.
pub fn measure_insurance() -> Units {
    measures::insurance()
}

/// Deleveraging and shared losses alone.
pub fn measure_losses() -> Units {
    losses::losses()
}

/// Hedges alone.
pub fn measure_hedges() -> Units {
    hedges::hedges()
}

/// Portfolio mode from risk arrays.
pub fn measure_arrays() -> Units {
    measures::arrays()
}

/// The committed snapshot.
pub fn snapshot() -> Units {
    let text = std::fs::read_to_string(SNAPSHOT).unwrap_or_else(|error| panic!("{SNAPSHOT}: {error}; run tools/cu"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{SNAPSHOT}: {error}; run tools/cu"))
}

/// Which measurements cost more than the snapshot allows or are missing from it; tells which could be lowered.
pub fn exceeded(measured: &Units, allowed: &Units) -> Vec<String> {
    let mut exceeded = vec![];
    for (name, units) in measured {
        match allowed.get(name) {
            None => exceeded.push(format!("{name}: {units} CU and no budget; run tools/cu")),
            Some(budget) if units > budget => exceeded.push(format!("{name}: {units} CU, budget {budget}")),
            Some(budget) if units < budget => eprintln!("{name}: {units} CU, budget {budget}: lower it with tools/cu"),
            Some(_) => {}
        }
    }
    exceeded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(group: Group) {
        let broken = exceeded(&group(), &snapshot());
        assert!(broken.is_empty(), "over budget:\n{}", broken.join("\n"));
    }

    #[test]
    fn cu_admin_instructions_stay_in_budget() {
        check(measures::admin);
    }

    #[test]
    fn cu_market_instructions_stay_in_budget() {
        check(measures::markets);
    }

    #[test]
    fn cu_volatility_instructions_stay_in_budget() {
        check(measures::volatility);
    }

    #[test]
    fn cu_account_instructions_stay_in_budget() {
        check(measures::accounts);
    }

    #[test]
    fn cu_health_and_trades_stay_in_budget() {
        check(measures::health_and_trades);
    }

    #[test]
    fn cu_liquidations_stay_in_budget() {
        check(measures::liquidations);
    }

    #[test]
    fn cu_insurance_stays_in_budget() {
        check(measures::insurance);
    }

    #[test]
    fn cu_backstop_stays_in_budget() {
        check(backstop::backstop);
    }

    #[test]
    fn cu_hedges_stay_in_budget() {
        check(hedges::hedges);
    }

    #[test]
    fn cu_margins_from_risk_arrays_stay_in_budget() {
        check(measures::arrays);
    }

    #[test]
    fn cu_margins_over_many_expiries_stay_in_budget() {
        check(expiries::arrays_over_expiries);
    }

    #[test]
    fn cu_losses_stay_in_budget() {
        check(losses::losses);
    }

    #[test]
    fn cu_settlement_stays_in_budget() {
        check(measures::settlement);
    }

    #[test]
    fn cu_every_instruction_of_the_program_has_a_budget() {
        let idl = concat!(env!("CARGO_MANIFEST_DIR"), "/../idls/plimsoll.json");
        let idl: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(idl).unwrap()).unwrap();
        let budgets = snapshot();
        let names: Vec<&str> =
            idl["instructions"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            let is_covered = budgets.keys().any(|budget| budget.split(':').next() == Some(name));
            assert!(is_covered, "{name} has no budget");
        }
    }

    #[test]
    fn cu_largest_account_is_liquidated_with_half_the_limit_to_spare() {
        let budgets = snapshot();
        let units = budgets["liquidate:64_legs"];
        assert!(units <= 700_000, "{units} CU");
    }

    #[test]
    fn measurements_repeat_exactly() {
        assert_eq!(measures::settlement(), measures::settlement());
    }

    #[test]
    fn growth_and_missing_budgets_are_reported() {
        let units = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, units)| (name.to_string(), *units)).collect();
        let (measured, allowed): (Units, Units) =
            (units(&[("a", 5), ("b", 5), ("c", 5)]), units(&[("a", 4), ("b", 6)]));
        assert_eq!(exceeded(&measured, &allowed), ["a: 5 CU, budget 4", "c: 5 CU and no budget; run tools/cu"]);
    }
}
