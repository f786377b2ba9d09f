//! Random days: see [`crate::walk`]. `tools/fuzz-program` walks further.

use crate::walk::{an_action, Walk};
use proptest::prelude::*;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(super::cases(24))]

    #[test]
    fn prop_laws_hold_on_random_days(
        actions in prop::collection::vec(an_action(), 60..=60), slow_secs in prop::sample::select(vec![0i64, 300]),
    ) {
        let mut walk = Walk::begin(slow_secs);
        for action in &actions {
            walk.act(action);
        }
        walk.end();
    }
}

#[test]
fn random_days_reach_every_kind_of_action() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut done: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..20 {
        let actions = prop::collection::vec(an_action(), 120..=120).new_tree(&mut runner).unwrap().current();
        let mut walk = Walk::begin(0);
        for action in &actions {
            walk.act(action);
        }
        for (name, times) in walk.done {
            *done.entry(name).or_default() += times;
        }
    }
    let names = [
        "trade",
        "liquidate",
        "hedge",
        "take_over",
        "stake",
        "unstake",
        "collect",
        "withdraw",
        "withdraw_sol",
        "settle_expiry",
        "settle_account",
        "call",
        "flag",
    ];
    for name in names {
        assert!(done.get(name).is_some_and(|times| *times > 0), "{name} never succeeded: {done:?}");
    }
}
