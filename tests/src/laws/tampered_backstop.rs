//! The law of the backstop: it notices when one term of it is changed.

use super::*;
use crate::fixture::CALL_ALL;
use crate::{usd, Fixture, Market, Setup, Trader};
use plimsoll::state::MarginAccount;

const ETH: Market = Market(0);

struct Scene {
    f: Fixture,
    book: Trader,
    caller: Trader,
    writer: Trader,
}

/// A pool, and the writer of four calls at this index.
fn scene(price: f64) -> Scene {
    let mut f = Fixture::new(&Setup::lite());
    f.insured(0, 100.0);
    let (_, book) = f.backed(&[ETH], 50_000.0);
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 100_000.0));
    let caller = f.trader("caller", 0.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -4.0, 65.0).unwrap();
    f.set_price(ETH, price);
    Scene { f, book, caller, writer }
}

fn account(world: &mut World, key: Pubkey) -> &mut MarginAccount {
    &mut world.accounts.iter_mut().find(|(candidate, _)| *candidate == key).unwrap().1
}

type Change = fn(&mut World, &mut World, &Scene);

/// A lawful call at this index, with before and after changed by hand, breaks the law with a message that says this.
fn breaks(price: f64, says: &str, change: Change) {
    let mut s = scene(price);
    let call = [s.f.call_backstop_instruction(s.book, s.caller, s.writer, CALL_ALL)];
    let before = s.f.world();
    let receipt = s.f.call_backstop(s.book, s.caller, s.writer).unwrap();
    let mut step = Step { before, after: s.f.world(), instructions: &call, receipt: &receipt };
    assert_eq!(check(&step), Ok(()));
    change(&mut step.before, &mut step.after, &s);
    let broken = backstop::check(&step).expect_err(says);
    assert!(broken.contains(says), "{broken}");
}

/// In breach with equity.
const SOLVENT: f64 = 1_700.0;
/// With a debt that the fund cannot pay.
const INSOLVENT: f64 = 2_000.0;

#[test]
fn law_of_the_backstop_notices_a_healthy_victim_and_an_early_call() {
    breaks(SOLVENT, "was taken at", |before, _, s| {
        account(before, s.f.margin_key(s.writer)).cash_atoms += usd(1_000.0)
    });
    breaks(SOLVENT, "was taken at", |before, after, s| {
        before.backstops[0].1.terms.opens_secs = 1;
        let auction = &mut account(after, s.f.margin_key(s.writer)).auction;
        (auction.started_at, auction.seen_at) = (8, 8);
    });
}

#[test]
fn law_of_the_backstop_notices_an_atom_for_the_caller() {
    breaks(SOLVENT, "the caller gained", |_, after, s| account(after, s.f.margin_key(s.caller)).cash_atoms += 1);
    breaks(SOLVENT, "of a gain of", |before, _, _| before.backstops[0].1.terms.caller_part_e9 -= 1_000_000);
    breaks(INSOLVENT, "the caller gained", |_, after, s| account(after, s.f.margin_key(s.caller)).cash_atoms -= 1);
}

#[test]
fn law_of_the_backstop_notices_a_bounty_beyond_its_limits() {
    // With a fund that pays all of it.
    let told: Change = |before, _, _| before.backstops[0].1.terms.min_bounty_atoms -= 1;
    let spent: Change = |_, after, _| after.backstops[0].1.bounty_spent_atoms += 1;
    let budget: Change = |before, _, _| before.backstops[0].1.terms.bounty_budget_atoms = 0;
    for change in [told, spent, budget] {
        breaks(1_815.0, "a bounty of", change);
    }
}

#[test]
fn law_of_the_backstop_notices_an_atom_of_the_fund() {
    breaks(INSOLVENT, "the fund moved by", |_, after, _| after.funds[0].1.cash_atoms += 1);
    breaks(INSOLVENT, "the fund moved by", |_, after, _| after.funds[0].1.paid_atoms -= 1);
}

#[test]
fn law_of_the_backstop_notices_limits_that_were_passed() {
    breaks(SOLVENT, "the pool holds", |before, _, _| before.backstops[0].1.terms.markets[0].max_notional_atoms = 9);
    breaks(SOLVENT, "in all", |before, _, _| before.backstops[0].1.terms.max_notional_atoms = 9);
    breaks(SOLVENT, "more than it can carry", |_, after, s| {
        account(after, s.f.margin_key(s.book)).cash_atoms = -1;
    });
}

#[test]
fn law_of_the_backstop_notices_a_loss_that_is_too_large_or_not_told() {
    breaks(INSOLVENT, "lost", |before, _, _| before.backstops[0].1.terms.max_loss_e9 = 1_000);
    breaks(INSOLVENT, "the pool went from", |before, _, s| {
        account(before, s.f.margin_key(s.book)).cash_atoms += usd(50.0);
    });
}

#[test]
fn law_of_the_backstop_notices_a_share_too_many_and_a_book_of_somebody_else() {
    let s = scene(SOLVENT);
    let tell = |change: fn(&mut World), says: &str| {
        let mut world = s.f.world();
        assert_eq!(check_state(&world), Ok(()));
        change(&mut world);
        assert!(check_state(&world).unwrap_err().contains(says));
    };
    tell(|world| world.backstops[0].1.total_shares = 1, "stakers have");
    tell(|world| world.backstops[0].1.lost_atoms = -1, "stakers have");
    tell(
        |world| {
            let book = world.backstops[0].1.book;
            account(world, book).delegate = Pubkey::new_from_array([9; 32]);
        },
        "is somebody else's",
    );
}

#[test]
fn law_of_the_backstop_notices_a_sale_below_its_price() {
    let mut s = scene(1_500.0);
    let buyer = s.f.trader("buyer", 5_000.0);
    s.f.deposit_token(buyer, crate::Token(0), 10_000_000_000).unwrap();
    let slot = s.f.account(buyer).collaterals[0];
    s.f.edit_account(buyer, |account| account.collaterals[0] = bytemuck::Zeroable::zeroed());
    s.f.edit_account(s.book, |account| account.collaterals[0] = slot);
    let args = crate::fixture::buy_all(slot.collateral);
    let buy = [s.f.buy_backstop_collateral_instruction(s.book, buyer, args)];
    let before = s.f.world();
    let receipt = s.f.buy_backstop_collateral(s.book, buyer, args).unwrap();
    let mut step = Step { before, after: s.f.world(), instructions: &buy, receipt: &receipt };
    assert_eq!(check(&step), Ok(()));
    step.before.exchanges[0].1.liquidation.discount_e9 = 990_000_000;
    assert!(backstop::check(&step).unwrap_err().contains("the pool sold for"));
    account(&mut step.after, s.f.margin_key(buyer)).cash_atoms += 1;
    assert!(backstop::check(&step).unwrap_err().contains("a sale of"));
}

#[test]
fn law_of_the_backstop_notices_shares_at_another_price() {
    let mut s = scene(SOLVENT);
    let (book, backer) = (s.f.margin_key(s.book), Trader(s.book.0 + 1));
    let deposit = [s.f.deposit_backstop_instruction(s.book, backer, usd(10.0) as u64)];
    let before = s.f.snapshot();
    let receipt = s.f.deposit_backstop(s.book, backer, usd(10.0) as u64).unwrap();
    type Change = fn(&mut World, &mut World, Pubkey);
    let says = |change: Change| {
        let (mut before, mut after) = (World::decode(&before, s.f.now()), s.f.world());
        change(&mut before, &mut after, book);
        backstop::check(&Step { before, after, instructions: &deposit, receipt: &receipt })
    };
    assert_eq!(says(|_, _, _| ()), Ok(()));
    let changes: [(&str, Change); 4] = [
        ("shares moved at", |before, _, book| account(before, book).cash_atoms += 1),
        ("the pool's cash moved by", |_, after, book| account(after, book).cash_atoms -= 1),
        ("shares for", |before, _, _| before.backstops[0].1.total_shares -= 1),
        ("shares for", |_, after, _| after.backstops[0].1.total_shares += 1),
    ];
    for (says_this, change) in changes {
        let broken = says(change).unwrap_err();
        assert!(broken.contains(says_this), "{broken}");
    }
}
