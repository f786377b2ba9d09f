//! The law of losses: it notices when one term of it is changed.

use super::*;
use crate::fixture::{ExpirySetup, DAY};
use crate::{usd, Contract, Fixture, Market, MarketSetup, Setup, Trader};

const ETH: Market = Market(0);

struct Scene {
    f: Fixture,
    writer: Trader,
    holders: [Trader; 2],
    call: Contract,
}

/// A writer who can pay for half of his ten calls, those who hold them ranked, and his auction over.
fn scene() -> Scene {
    let market = MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::default() };
    let mut f = Fixture::new(&Setup { markets: vec![market], ..Setup::lite() }.without_fees());
    f.create_insurance_fund(0).unwrap();
    let writer = f.trader("writer", 3_000.0);
    let holders = ["one", "other"].map(|name| f.trader(name, 1_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    for holder in holders {
        f.trade(writer, holder, call, -5.0, 60.0).unwrap();
    }
    f.open_queue(call).unwrap();
    f.set_price(ETH, 2_100.0);
    f.outlast(writer, 900);
    for holder in holders {
        f.rank(holder, call).unwrap();
    }
    Scene { f, writer, holders, call }
}

fn account(world: &mut World, key: Pubkey) -> &mut plimsoll::state::MarginAccount {
    &mut world.accounts.iter_mut().find(|(candidate, _)| *candidate == key).unwrap().1
}

/// A world that is changed by hand breaks the law about state.
#[test]
fn law_of_losses_notices_a_loss_that_nobody_has_absorbed() {
    type Change = fn(&mut World, &Scene);
    let changes: [(&str, Change); 5] = [
        ("ledger of", |world, _| world.funds[0].1.ledger.lost_atoms += 1),
        ("ledger of", |world, _| world.funds[0].1.ledger.deleveraged_atoms -= 1),
        ("ledger of", |world, _| world.funds[0].1.ledger.reserve_atoms = -1),
        ("cash index", |world, s| account(world, s.f.margin_key(s.writer)).cash_index_e18 -= 1),
        ("cash index", |world, s| account(world, s.f.margin_key(s.writer)).loss_due_atoms = -1),
    ];
    let mut s = scene();
    s.f.deleverage(s.writer, s.holders[0], s.call).unwrap();
    for (says, change) in changes {
        let mut world = s.f.world();
        assert_eq!(losses::check_state(&world), Ok(()));
        change(&mut world, &s);
        let broken = losses::check_state(&world).expect_err(says);
        assert!(broken.contains(says), "{broken}");
    }
}

#[test]
fn law_of_losses_notices_an_unfair_deleveraging() {
    type Change = fn(&mut World, &mut World, &Scene);
    let changes: [(&str, Change); 5] = [
        ("was solvent", |before, _, s| account(before, s.f.margin_key(s.writer)).cash_atoms += usd(10_000.0)),
        ("went from", |_, after, s| account(after, s.f.margin_key(s.writer)).cash_atoms -= usd(1.0)),
        ("went from", |_, after, s| account(after, s.f.margin_key(s.holders[0])).cash_atoms += usd(1.0)),
        ("are due", |before, _, _| before.exchanges[0].1.liquidation.insolvent_secs = 10_000),
        ("comes before", |before, _, _| before.queues[0].1.ranks[1].score_e9 *= 10),
    ];
    for (says, change) in changes {
        let mut s = scene();
        let deleverage = [s.f.deleverage_instruction(s.writer, s.holders[0], s.call, i64::MAX)];
        let before = s.f.world();
        let receipt = s.f.deleverage(s.writer, s.holders[0], s.call).unwrap();
        let mut step = Step { before, after: s.f.world(), instructions: &deleverage, receipt: &receipt };
        assert_eq!(check(&step), Ok(()));
        change(&mut step.before, &mut step.after, &s);
        let broken = losses::check(&step).expect_err(says);
        assert!(broken.contains(says), "{broken}");
    }
}

#[test]
fn law_of_losses_notices_a_loss_that_is_shared_unevenly() {
    type Change = fn(&mut World, &mut World, &Scene);
    let changes: [(&str, Change); 5] = [
        ("was told", |before, _, s| account(before, s.f.margin_key(s.writer)).cash_atoms -= 1),
        ("still owes", |_, after, s| account(after, s.f.margin_key(s.writer)).cash_atoms += 1),
        ("reserve", |_, after, _| after.funds[0].1.ledger.reserve_atoms += 1),
        ("borne where", |_, after, s| account(after, s.f.margin_key(s.holders[0])).cash_atoms += 1_000),
        ("a base of", |before, _, s| *before.vaults.get_mut(&s.f.quote_vault).unwrap() += 1),
    ];
    for (says, change) in changes {
        let mut s = scene();
        s.f.set_time(s.f.start() + 7 * DAY + 3_600);
        s.f.refresh();
        s.f.settle_expiry(ETH, 0).unwrap();
        for trader in [s.writer, s.holders[0], s.holders[1]] {
            s.f.settle_account(ETH, trader).unwrap();
        }
        s.f.outlast(s.writer, 900);
        let share = [s.f.share_loss_instruction(s.writer)];
        let before = s.f.world();
        let receipt = s.f.share_loss(s.writer).unwrap();
        let mut step = Step { before, after: s.f.world(), instructions: &share, receipt: &receipt };
        assert_eq!(check(&step), Ok(()));
        change(&mut step.before, &mut step.after, &s);
        let broken = losses::check(&step).expect_err(says);
        assert!(broken.contains(says), "{broken}");
        // Nothing else moves the index.
        step.after.exchanges[0].1.cash_index_e18 += 1_000_000_000_000_000_000;
        assert!(losses::check(&step).expect_err("an index that rises").contains("cash index went"));
    }
}
