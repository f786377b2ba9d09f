//! Figures of liquidations: what they cost, what they lock, and how a crash ends.

use crate::budget;
use crate::crash::{gap, ACCOUNTS};
use crate::fixture::TAKE_ALL;
use crate::margin_figures::Bounded;
use crate::{Fixture, Setup};
use plimsoll::state::MarginMode;
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

/// Compute units. What the program cannot do yet has no cost, and is short.
pub fn compute() -> Vec<Bounded> {
    let groups =
        [budget::measure_portfolio(), budget::measure_insurance(), budget::measure_hedges(), budget::measure_losses()];
    let units: budget::Units = groups.into_iter().flatten().collect();
    let at = |name: &str| units.get(name).map_or(f64::INFINITY, |units| *units as f64);
    let liquidate =
        |underlyings: usize| at(&format!("liquidate:portfolio_32_legs_{underlyings}_underlyings_by_portfolio_8"));
    let deleverage =
        |underlyings: usize| at(&format!("deleverage:portfolio_32_legs_{underlyings}_underlyings_by_portfolio_8"));
    let hedge = |measured: &str, name: &str| {
        let units = at(&format!("hedge:portfolio_32_legs_by_portfolio_8{measured}"));
        Bounded::new(format!("hedge_32_legs_by_8_legs{name}"), units, 120_000.0)
    };
    vec![
        Bounded::new("liquidate_32_legs_by_8_legs_1_underlying", liquidate(1), 130_000.0),
        Bounded::new("liquidate_32_legs_by_8_legs_4_underlyings", liquidate(4), 130_000.0),
        Bounded::new("take_over_16_legs", at("take_over:16_legs"), 130_000.0),
        hedge("", "_1_underlying"),
        hedge("_closing", "_1_underlying_closing"),
        hedge("_listed_on_the_spot", "_1_underlying_listed_on_the_spot"),
        hedge("_4_underlyings", "_4_underlyings"),
        Bounded::new("deleverage_one_match_32_legs_by_8_legs_1_underlying", deleverage(1), 120_000.0),
        Bounded::new("deleverage_one_match_32_legs_by_8_legs_4_underlyings", deleverage(4), 120_000.0),
    ]
}

/// The two hundred accounts of the stories, a jump of 40 % in one update, takers who are busy.
pub fn crash() -> Vec<Bounded> {
    let at_once = gap(1.4, MarginMode::Cross, ACCOUNTS);
    let busy = gap(1.4, MarginMode::Cross, 12);
    vec![
        // Both stop with a panic if somebody is still in breach, or a law breaks.
        Bounded::new("gap_bad_debt_off_the_waterfall_atoms", (at_once.support - at_once.debts).abs() as f64, 0.0),
        Bounded::new("gap_longest_lag_secs", busy.lag_secs as f64, 600.0),
    ]
}

/// Accounts that more than one of ten liquidations in a block would write.
pub fn shared_locks() -> (Bounded, Vec<Pubkey>) {
    let mut f = Fixture::new(&Setup::lite());
    let mut writers = BTreeMap::<Pubkey, usize>::new();
    for number in 0..10 {
        let (taker, breached) =
            (f.trader(&format!("taker {number}"), 10.0), f.trader(&format!("writer {number}"), 10.0));
        let liquidate = f.liquidate_instruction(taker, breached, TAKE_ALL);
        for meta in liquidate.accounts.iter().filter(|meta| meta.is_writable) {
            *writers.entry(meta.pubkey).or_default() += 1;
        }
    }
    let shared: Vec<Pubkey> = writers.into_iter().filter(|(_, times)| *times > 1).map(|(key, _)| key).collect();
    (Bounded::new("writable_accounts_ten_liquidations_share", shared.len() as f64, 0.0), shared)
}
