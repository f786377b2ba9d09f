//! `share_loss`.

use super::losses::{scene, Scene};
use super::support::{replaced, Foreign, ETH, SOL};
use crate::fixture::{Events, DAY};
use crate::{expect_error, usd};
use plimsoll::errors::PlimsollError;
use plimsoll::events::LossShared;
use plimsoll::state::Auction;

/// The writer's calls have been settled, and it owes more than it has.
fn debtor() -> Scene {
    settled(scene())
}

fn settled(mut scene: Scene) -> Scene {
    let (f, writer) = (&mut scene.f, scene.writer);
    f.set_time(f.start() + 7 * DAY + 3_600);
    f.refresh();
    f.settle_expiry(ETH, 0).unwrap();
    for trader in [writer, scene.holders[0], scene.holders[1], scene.holders[2]] {
        f.settle_account(ETH, trader).unwrap();
    }
    assert!(f.cash(writer) < 0);
    scene
}

#[test]
fn a_debt_that_nothing_is_left_to_pay_is_shared_by_all_cash() {
    let Scene { mut f, writer, holders: [early, late, rich], .. } = debtor();
    let debt = -f.cash(writer);
    expect_error!(f.share_loss(writer), PlimsollError::DebtStillInsured);
    f.outlast(writer, 900);
    let cash = [early, late, rich].map(|holder| f.cash(holder));
    let told: LossShared = f.share_loss(writer).unwrap().event();
    assert_eq!((told.debt_atoms, told.fund_paid_atoms, told.levied_atoms), (debt, 0, debt));
    // What was owed is owed until it has been paid in.
    assert_eq!(f.cash(writer), -debt);
    expect_error!(f.share_loss(writer), PlimsollError::LossBeingCollected);
    let part = debt as f64 / told.base_atoms as f64;
    for (holder, had) in [early, late, rich].into_iter().zip(cash) {
        let has = f.check_health(holder).cash_atoms;
        assert!((has as f64 - had as f64 * (1.0 - part)).abs() < 2.0, "{has} of {had} at {part}");
        // Nobody has been written yet; who withdraws bears his part first, and no more than it.
        assert_eq!(f.cash(holder), had);
        f.withdraw(holder, has as u64).unwrap();
        assert_eq!(f.cash(holder), 0);
    }
    for holder in [early, late, rich] {
        f.collect_insurance(holder).unwrap();
    }
    assert!((f.insurance().ledger.reserve_atoms - debt).abs() <= 3);
    let told: LossShared = f.share_loss(writer).unwrap().event();
    assert_eq!((told.drawn_atoms, told.levied_atoms), (debt, 0));
    assert_eq!((f.cash(writer), f.account(writer).auction), (0, Auction::default()));
    let fund = f.insurance();
    assert_eq!((fund.ledger.lost_atoms, fund.ledger.shared_atoms), (debt, debt));
    // Rounding has left something for the next debt, and nobody is short of anything.
    assert!((0..=3).contains(&fund.ledger.reserve_atoms));
    expect_error!(f.share_loss(writer), PlimsollError::LossNotFinal);
}

#[test]
fn who_comes_after_a_loss_bears_nothing_of_it() {
    let Scene { mut f, writer, holders: [early, ..], .. } = debtor();
    f.outlast(writer, 900);
    f.share_loss(writer).unwrap();
    let newcomer = f.trader("newcomer", 1_000.0);
    assert_eq!(f.check_health(newcomer).cash_atoms, usd(1_000.0));
    f.withdraw(newcomer, usd(1_000.0) as u64).unwrap();
    // A deposit into an old account bears nothing either.
    let before = f.check_health(early).cash_atoms;
    f.deposit(early, usd(500.0) as u64).unwrap();
    assert_eq!(f.cash(early), before + usd(500.0));
    // Nobody closes an account that owes a part.
    f.withdraw(early, f.cash(early) as u64).unwrap();
    expect_error!(f.close_account(early), PlimsollError::AccountNotEmpty);
    f.collect_insurance(early).unwrap();
    f.close_account(early).unwrap();
}

#[test]
fn the_fund_pays_before_everybody_does() {
    let Scene { mut f, writer, .. } = debtor();
    let debt = -f.cash(writer);
    let staker = f.trader("staker", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, (debt / 2) as u64).unwrap();
    f.outlast(writer, 900);
    let told: LossShared = f.share_loss(writer).unwrap().event();
    assert_eq!((told.fund_paid_atoms, told.levied_atoms), (debt / 2, debt - debt / 2));
    assert_eq!((f.insurance().cash_atoms, f.insurance().generation), (0, 1));
}

/// The vault holds a tenth of what the one holder has: the rest is what the debtor owes. Shared over the vault alone, the index would have
/// taken all of it in ten calls, and most of the debt would still have been there.
#[test]
fn reg_a_debt_above_half_of_all_cash_is_shared_in_parts_and_takes_no_more_than_it_is() {
    let Scene { mut f, writer, holders: [early, late, rich], .. } = debtor();
    for holder in [rich, late] {
        f.withdraw(holder, f.cash(holder) as u64).unwrap();
    }
    let (debt, cash) = (-f.cash(writer), f.cash(early));
    let free = f.tokens_in(&f.quote_vault) as i64;
    assert!(debt > cash / 2 && free == cash - debt, "{debt} of {cash}, {free} there");
    f.outlast(writer, 900);
    let mut levied = 0;
    for round in 0..3 {
        let told: LossShared = f.share_loss(writer).unwrap().event();
        levied += told.levied_atoms;
        assert_eq!(
            told.base_atoms,
            told.debt_atoms - told.fund_paid_atoms - told.drawn_atoms + free - f.insurance().ledger.reserve_atoms
        );
        expect_error!(f.share_loss(writer), PlimsollError::LossBeingCollected);
        if round == 0 {
            assert_eq!(told.levied_atoms, cash / 2);
        }
        f.collect_insurance(early).unwrap();
        let told: LossShared = f.share_loss(writer).unwrap().event();
        assert!(told.drawn_atoms > 0);
        if f.cash(writer) == 0 {
            break;
        }
        f.outlast(writer, 900);
    }
    assert_eq!(f.cash(writer), 0);
    let left = f.check_health(early).cash_atoms;
    assert!((left - free).abs() < 10 && (levied - debt).abs() < 10, "{left} left of {free}, {levied} for {debt}");
    f.withdraw(early, left as u64).unwrap();
}

/// Payoffs that are on their way make the base too large: too little is paid in, and the rest is shared when it is due.
#[test]
fn reg_a_base_that_was_too_large_leaves_no_hole() {
    let mut scene = scene();
    let (f, writer) = (&mut scene.f, scene.writer);
    f.outlast(writer, 900);
    f.set_time(f.start() + 7 * DAY + 3_600);
    f.refresh();
    f.settle_expiry(ETH, 0).unwrap();
    f.settle_account(ETH, writer).unwrap();
    f.outlast(writer, 900);
    let debt = -f.cash(writer);
    f.share_loss(writer).unwrap();
    for holder in scene.holders {
        f.settle_account(ETH, holder).unwrap();
        f.collect_insurance(holder).unwrap();
    }
    let told: LossShared = f.share_loss(writer).unwrap().event();
    assert!(told.drawn_atoms < debt && f.cash(writer) < 0, "{} of {debt}", told.drawn_atoms);
    while f.cash(writer) < 0 {
        f.outlast(writer, 900);
        let _ = f.share_loss(writer);
        for holder in scene.holders {
            let _ = f.collect_insurance(holder);
        }
        let _ = f.share_loss(writer);
    }
    for holder in scene.holders {
        let has = f.check_health(holder).cash_atoms;
        f.withdraw(holder, has as u64).unwrap();
    }
}

/// Who has staked in a fund that was used up has no part in what others pay in.
#[test]
fn reg_a_late_staker_takes_nothing_of_what_others_pay_in() {
    let Scene { mut f, writer, holders: [early, late, rich], .. } = debtor();
    f.outlast(writer, 900);
    f.share_loss(writer).unwrap();
    let staker = f.trader("late staker", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, 1_000_000).unwrap();
    for holder in [early, late, rich] {
        f.collect_insurance(holder).unwrap();
    }
    assert_eq!(f.insurance().cash_atoms, 1_000_000);
}

#[test]
fn a_debt_with_something_behind_it_is_not_shared() {
    let Scene { mut f, writer, holders: [early, ..], .. } = Scene::ranked();
    expect_error!(f.share_loss(writer), PlimsollError::LossNotFinal);
    expect_error!(f.share_loss(early), PlimsollError::LossNotFinal);
    let Scene { mut f, writer, .. } = debtor();
    f.outlast(writer, 900);
    // Three dollars of SOL are worth selling, a speck of it is not.
    f.deposit_token(writer, SOL, 50_000_000).unwrap();
    expect_error!(f.share_loss(writer), PlimsollError::LossNotFinal);
    let Scene { mut f, writer, .. } = debtor();
    f.outlast(writer, 900);
    f.deposit_token(writer, SOL, 1_000).unwrap();
    f.share_loss(writer).unwrap();
}

#[test]
fn a_shared_loss_needs_the_accounts_of_its_exchange() {
    let mut scene = scene();
    let foreign = Foreign::new(&mut scene.f);
    let Scene { mut f, writer, .. } = settled(scene);
    f.outlast(writer, 900);
    let share = f.share_loss_instruction(writer);
    let exchange = replaced(share.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(exchange, &[]), PlimsollError::WrongExchange);
    let account = replaced(share.clone(), f.margin_key(writer), f.margin_key(foreign.trader));
    expect_error!(f.send_as(account, &[]), PlimsollError::WrongExchange);
    let vault = replaced(share, f.quote_vault, f.quote_wallet(writer));
    expect_error!(f.send_as(vault, &[]), PlimsollError::WrongVault);
}
