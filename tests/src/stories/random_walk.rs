//! Random days: see [`crate::walk`]. `tools/fuzz-program` walks further.

use crate::chain::{Backend, Receipt};
use crate::walk::{an_action, runner, Walk};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(super::cases(24))]

    #[test]
    fn prop_laws_hold_on_random_days(
        actions in prop::collection::vec(an_action(), 60..=60), slow_secs in prop::sample::select(vec![0i64, 300]),
    ) {
        let mut walk = Walk::begin(Backend::Lite, slow_secs);
        for action in &actions {
            let _ = walk.act(action);
        }
        walk.end();
    }
}

fn events(receipt: &Receipt) -> Vec<String> {
    receipt.logs.iter().filter(|line| line.starts_with("Program data: ")).cloned().collect()
}

/// Every account is the same on both chains, byte for byte; rent is nothing to the program.
fn assert_same(machine: &Walk, native: &Walk, after: &dyn std::fmt::Debug) {
    let (left, right) = (machine.f.snapshot(), native.f.snapshot());
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>(), "{after:?}");
    for (key, account) in &left {
        let other = &right[key];
        let from = account.data.iter().zip(&other.data).position(|(left, right)| left != right);
        let is_same = (account.lamports, account.owner) == (other.lamports, other.owner) && account.data == other.data;
        assert!(is_same, "{key} differs after {after:?}, from byte {from:?}: {account:?} and {other:?}");
    }
}

#[test]
fn random_days_are_the_same_with_and_without_a_virtual_machine() {
    let days = [(0, 80), (300, 80), (0, 80)];
    for (day, (slow_secs, steps)) in days.into_iter().enumerate() {
        let (mut machine, mut native) =
            (Walk::begin(Backend::Lite, slow_secs), Walk::begin(Backend::Native, slow_secs));
        assert_same(&machine, &native, &"the first moment");
        let mut runner = runner(7, day as u64);
        for _ in 0..steps {
            let action = an_action().new_tree(&mut runner).unwrap().current();
            let [left, right] =
                [&mut machine, &mut native].map(|walk| walk.act(&action).map(|receipt| events(&receipt)));
            assert_eq!(left, right, "{action:?}");
            assert_same(&machine, &native, &action);
        }
        machine.end();
        native.end();
        assert_same(&machine, &native, &"the last moment");
    }
}

#[test]
fn random_days_reach_every_kind_of_action() {
    let mut done: BTreeMap<&'static str, usize> = BTreeMap::new();
    for day in 0..200 {
        let mut runner = runner(1, day);
        let mut walk = Walk::begin(Backend::Native, 0);
        for _ in 0..100 {
            let _ = walk.act(&an_action().new_tree(&mut runner).unwrap().current());
        }
        for (name, times) in walk.done {
            *done.entry(name).or_default() += times;
        }
    }
    let names =
        "deposit deposit_sol withdraw withdraw_sol trade strip move band move_sol peg squeeze liquidate hedge hedge_new take_over buy call_backstop buy_of_backstop back leave outlast rank deleverage share \
                 stake unstake collect collect_fees call flag pass silence settle_expiry settle_account sync publish \
                 sample forecast terms cross haircuts";
    for name in names.split_whitespace() {
        assert!(done.get(name).is_some_and(|times| *times > 0), "{name} never succeeded: {done:?}");
    }
}
