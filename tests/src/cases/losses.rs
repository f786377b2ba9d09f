//! `open_queue`, `rank_position` and `deleverage`.

use super::support::{replaced, with, without, Foreign, ETH, SOL};
use crate::fixture::{Events, ExpirySetup, DAY};
use crate::{expect_error, usd, Contract, Fixture, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{CollateralBought, PositionDeleveraged, PositionRanked};
use plimsoll::instructions::BuyCollateralArgs;

/// A writer of ten calls who can pay for half of them, three who bought them at different prices, and an empty fund.
pub(super) struct Scene {
    pub f: Fixture,
    pub writer: Trader,
    pub holders: [Trader; 3],
    pub call: Contract,
}

pub(super) fn scene() -> Scene {
    let market = MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::default() };
    let mut f = Fixture::new(&Setup { markets: vec![market], ..Setup::lite() }.without_fees());
    f.create_insurance_fund(0).unwrap();
    let writer = f.trader("writer", 3_000.0);
    let holders = ["early", "late", "rich"].map(|name| {
        let deposit = if name == "rich" { 1_000_000.0 } else { 1_000.0 };
        f.trader(name, deposit)
    });
    let call = f.call(ETH, 0, 1_500.0);
    for (holder, (size, price)) in holders.into_iter().zip([(4.0, 40.0), (4.0, 90.0), (2.0, 40.0)]) {
        f.trade(writer, holder, call, -size, price).unwrap();
    }
    f.open_queue(call).unwrap();
    f.set_price(ETH, 2_100.0);
    Scene { f, writer, holders, call }
}

impl Scene {
    /// The auction of the insolvent writer is over, and everybody is ranked.
    pub fn ranked() -> Self {
        let mut scene = scene();
        scene.f.outlast(scene.writer, 900);
        for holder in scene.holders {
            scene.f.rank(holder, scene.call).unwrap();
        }
        scene
    }
}

#[test]
fn profit_times_leverage_ranks() {
    let Scene { mut f, holders: [early, late, rich], call, .. } = scene();
    let mut rank = |trader| f.rank(trader, call).unwrap().event::<PositionRanked>();
    let (first, second, third) = (rank(early), rank(late), rank(rich));
    assert!(first.score_e9 > second.score_e9 && second.score_e9 > third.score_e9, "{first:?}, {second:?}, {third:?}");
    // 1 − 40/mark, times the notional of four calls over the equity.
    let mark = first.mark_e9 as f64;
    let leverage = 4.0 * 2_100.0 * 1e6 / first.equity_atoms as f64;
    let score = (1.0 - 40e9 / mark) * leverage;
    assert!((first.score_e9 as f64 / 1e9 - score).abs() < 1e-6 * score, "{} or {score}", first.score_e9);
    assert!((first.entry_e9 as f64 - 40e9).abs() < 2e3);
    assert_eq!(f.queue(call).ranks[0].size_e6, 4_000_000);
}

#[test]
fn only_holders_are_ranked_and_only_in_a_queue_of_their_series() {
    let Scene { mut f, writer, holders, call } = scene();
    expect_error!(f.rank(writer, call), PlimsollError::NotRanked);
    let stranger = f.trader("stranger", 5.0);
    expect_error!(f.rank(stranger, call), PlimsollError::NotRanked);
    let foreign = Foreign::new(&mut f);
    let rank = f.rank_instruction(holders[0], call);
    let theirs = f.market_key(foreign.market);
    expect_error!(f.send_as(with(rank.clone(), &[theirs]), &[]), PlimsollError::WrongExchange);
    let other = replaced(rank.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(other, &[]), PlimsollError::WrongExchange);
    let elsewhere = replaced(rank, f.market_key(ETH), theirs);
    expect_error!(f.send_as(elsewhere, &[]), PlimsollError::WrongExchange);
    // A queue is opened once, and for a series that exists.
    expect_error!(f.open_queue(Contract { series: 400, ..call }), PlimsollError::SeriesNotFound);
    assert!(f.open_queue(call).is_err());
}

#[test]
fn a_holder_without_equity_is_not_ranked() {
    let Scene { mut f, holders: [early, _, rich], call, .. } = scene();
    f.edit_account(early, |account| account.cash_atoms -= usd(10_000.0));
    f.edit_account(rich, |account| account.cash_atoms += usd(10_000.0));
    expect_error!(f.rank(early, call), PlimsollError::NotRanked);
}

#[test]
fn the_queue_keeps_the_sixteen_that_rank_highest() {
    let Scene { mut f, writer, call, .. } = scene();
    f.set_price(ETH, 1_500.0);
    f.deposit(writer, usd(1_000_000.0) as u64).unwrap();
    let holders: Vec<_> = (0..18)
        .map(|number| {
            let holder = f.trader(&format!("holder {number}"), 1_000.0 + 100.0 * f64::from(number));
            f.trade(writer, holder, call, -1.0, 60.0).unwrap();
            holder
        })
        .collect();
    f.set_price(ETH, 2_000.0);
    for holder in &holders[1..17] {
        f.rank(*holder, call).unwrap();
    }
    // The richest has the least leverage, and there is no place for it; the poorest takes that of the lowest.
    expect_error!(f.rank(holders[17], call), PlimsollError::Outranked);
    f.rank(holders[0], call).unwrap();
    let key = f.margin_key(holders[16]);
    assert!(f.queue(call).ranks.iter().all(|rank| rank.account != key));
    // What is outdated gives way.
    f.pass(601);
    f.rank(holders[17], call).unwrap();
}

#[test]
fn the_first_is_closed_at_the_bankruptcy_price() {
    let Scene { mut f, writer, holders: [early, late, rich], call } = Scene::ranked();
    let owed = -f.check_health(writer).equity_atoms;
    let before = f.check_health(early).equity_atoms;
    expect_error!(f.deleverage(writer, rich, call), PlimsollError::Outranked);
    let told: PositionDeleveraged = f.deleverage(writer, early, call).unwrap().event();
    assert_eq!((told.size_e6, told.fund_paid_atoms, told.equity_before_atoms), (4_000_000, 0, -owed));
    assert_eq!(told.borne_atoms, told.claim_atoms - told.payment_atoms);
    // Ten calls were owed for, four are closed: two fifths of what the account lacks.
    assert!((told.borne_atoms - owed * 2 / 5).abs() < 10_000, "{} of {owed}", told.borne_atoms);
    assert!((before - f.check_health(early).equity_atoms - told.borne_atoms).abs() <= 2);
    assert_eq!((f.position(writer, call), f.position(early, call)), (-6_000_000, 0));
    // The others get the same price, and nothing is owed in the end.
    for (holder, size) in [(late, 4.0), (rich, 2.0)] {
        let next: PositionDeleveraged = f.deleverage(writer, holder, call).unwrap().event();
        let price = next.payment_atoms as f64 / size;
        assert!((price - told.payment_atoms as f64 / 4.0).abs() < 10.0, "{price}");
    }
    let left = f.account(writer);
    assert!(left.position_count == 0 && (0..10).contains(&left.cash_atoms), "{}", left.cash_atoms);
    let ledger = f.insurance().ledger;
    assert_eq!((ledger.lost_atoms, ledger.deleveraged_atoms), (ledger.deleveraged_atoms, ledger.lost_atoms));
    assert!((ledger.lost_atoms - owed).abs() < 20);
    assert!(f.queue(call).ranks.iter().all(|rank| rank.score_e9 == 0));
    assert_eq!(f.market(ETH).series[call.series as usize].long_e6, 0);
}

/// The whole fund would have gone to the first who was closed.
#[test]
fn reg_the_fund_pays_the_same_part_of_everybodys_loss() {
    let Scene { mut f, writer, holders: [early, late, rich], call } = Scene::ranked();
    let owed = -f.check_health(writer).equity_atoms;
    let staker = f.trader("staker", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, (owed / 2) as u64).unwrap();
    for holder in [early, late, rich] {
        let told: PositionDeleveraged = f.deleverage(writer, holder, call).unwrap().event();
        let loss = told.claim_atoms - told.payment_atoms;
        assert!((told.fund_paid_atoms - loss / 2).abs() < 10 && told.borne_atoms == loss - told.fund_paid_atoms);
    }
    assert!(f.insurance().cash_atoms < 20);
}

/// A holder whom the loss would ruin is closed as far as he can bear it, and then stands in nobody's way.
#[test]
fn reg_who_cannot_bear_the_loss_does_not_block_the_queue() {
    let Scene { mut f, writer, holders: [early, late, rich], call } = Scene::ranked();
    let mark = f.check_health(early).equity_atoms - f.cash(early);
    // All but 100 USD of what his calls are worth is owed elsewhere.
    let change = usd(100.0) - (f.cash(early) + mark);
    f.edit_account(early, |account| account.cash_atoms += change);
    f.edit_account(rich, |account| account.cash_atoms -= change);
    f.rank(early, call).unwrap();
    expect_error!(f.deleverage(writer, late, call), PlimsollError::Outranked);
    let told: PositionDeleveraged = f.deleverage(writer, early, call).unwrap().event();
    assert!(told.size_e6 < 4_000_000 && told.borne_atoms <= usd(100.0), "{told:?}");
    assert!((0..5_000).contains(&f.check_health(early).equity_atoms));
    // Ranked again he is taken out, by anybody.
    f.rank(early, call).unwrap();
    expect_error!(f.deleverage(writer, early, call), PlimsollError::NotRanked);
    f.deleverage(writer, late, call).unwrap();
}

/// Ranked with a position that is gone again, nobody could have been closed for ten minutes.
#[test]
fn reg_who_has_left_leaves_the_queue() {
    let Scene { mut f, writer, holders: [early, late, rich], call } = Scene::ranked();
    for holder in [early, late] {
        f.trade(rich, holder, call, 4.0, 600.0).unwrap();
        expect_error!(f.deleverage(writer, holder, call), PlimsollError::NotRanked);
    }
    f.rank(rich, call).unwrap();
    expect_error!(f.deleverage(writer, rich, call), PlimsollError::Outranked);
    // Anybody may say so.
    f.rank(early, call).unwrap();
    f.rank(late, call).unwrap();
    f.deleverage(writer, rich, call).unwrap();
    f.set_price(ETH, 1_500.0);
    f.deposit(writer, usd(100_000.0) as u64).unwrap();
    f.trade(writer, rich, call, -10.0, 50.0).unwrap();
    // A speck of the open interest is nobody's place either.
    f.trade(early, rich, call, 0.005, 50.0).unwrap();
    expect_error!(f.rank(early, call), PlimsollError::NotRanked);
}

/// What was bought back from a favourite at the mark was missing for the others.
#[test]
fn reg_an_insolvent_account_pays_no_favourites() {
    let Scene { mut f, writer, holders: [early, ..], call } = Scene::ranked();
    expect_error!(f.trade(writer, early, call, 1.0, 600.0), PlimsollError::InitialMargin);
}

#[test]
fn collateral_is_turned_into_cash_before_anybody_is_closed() {
    let Scene { mut f, writer, holders: [early, ..], call } = Scene::ranked();
    f.deposit_token(writer, SOL, 5_000_000_000).unwrap();
    expect_error!(f.deleverage(writer, early, call), PlimsollError::CollateralFirst);
    let buyer = f.trader("buyer", 10_000.0);
    let args = BuyCollateralArgs {
        collateral: f.token_key(SOL),
        max_amount_atoms: u64::MAX,
        max_payment_atoms: i64::MAX,
        liquidation_sequence: None,
    };
    let told: CollateralBought = f.buy_collateral(buyer, writer, args).unwrap().event();
    // Another fast leg begins where the auction has ended.
    assert!(told.amount_atoms == 5_000_000_000 && told.discount_e9 > 960_000_000, "{}", told.discount_e9);
    f.deleverage(writer, early, call).unwrap();
}

#[test]
fn nobody_is_closed_while_somebody_else_can_pay() {
    let Scene { mut f, writer, holders: [early, late, rich], call } = scene();
    expect_error!(f.deleverage(writer, early, call), PlimsollError::DebtStillInsured);
    f.outlast(writer, 900);
    expect_error!(f.deleverage(writer, early, call), PlimsollError::NotRanked);
    // Two of ten are ranked.
    f.rank(rich, call).unwrap();
    expect_error!(f.deleverage(writer, rich, call), PlimsollError::TooFewRanked);
    f.rank(late, call).unwrap();
    expect_error!(f.deleverage(writer, rich, call), PlimsollError::Outranked);
    let staker = f.trader("staker", 0.0);
    f.open_stake(staker).unwrap();
    f.stake(staker, usd(100_000.0) as u64).unwrap();
    expect_error!(f.deleverage(writer, late, call), PlimsollError::DebtStillInsured);
}

#[test]
fn ranks_are_outdated_after_ten_minutes() {
    let Scene { mut f, writer, holders: [early, ..], call } = Scene::ranked();
    f.outlast(writer, 600);
    expect_error!(f.deleverage(writer, early, call), PlimsollError::NotRanked);
    f.rank(early, call).unwrap();
    expect_error!(f.deleverage(writer, early, call), PlimsollError::TooFewRanked);
}

#[test]
fn the_solvent_and_the_repaired_are_not_deleveraged() {
    let Scene { mut f, writer, holders: [early, late, _], call } = Scene::ranked();
    expect_error!(f.deleverage(early, late, call), PlimsollError::NotLiquidatable);
    f.set_price(ETH, 1_800.0);
    expect_error!(f.deleverage(writer, early, call), PlimsollError::NotInsolvent);
    f.set_price(ETH, 1_500.0);
    expect_error!(f.deleverage(writer, early, call), PlimsollError::NotLiquidatable);
}

#[test]
fn a_deleveraging_needs_exactly_its_accounts() {
    let Scene { mut f, writer, holders: [early, ..], call } = Scene::ranked();
    let foreign = Foreign::new(&mut f);
    let deleverage = f.deleverage_instruction(writer, early, call, i64::MAX);
    for size in [0, -1, i64::MIN] {
        let none = f.deleverage_instruction(writer, early, call, size);
        expect_error!(f.send_as(none, &[]), PlimsollError::AmountOutOfRange);
    }
    let (own, theirs) = (f.margin_key(writer), f.margin_key(early));
    expect_error!(f.send_as(replaced(deleverage.clone(), theirs, own), &[]), PlimsollError::DuplicateAccount);
    let exchange = replaced(deleverage.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(exchange, &[]), PlimsollError::WrongExchange);
    let stranger = replaced(deleverage.clone(), theirs, f.margin_key(foreign.trader));
    expect_error!(f.send_as(stranger, &[]), PlimsollError::WrongExchange);
    f.deposit_token(early, SOL, 1_000_000_000).unwrap();
    let token = f.token_key(SOL);
    let short = without(f.deleverage_instruction(writer, early, call, i64::MAX), token);
    expect_error!(f.send_as(short, &[]), PlimsollError::MarketMissing);
    // A part of it.
    let part = f.deleverage_instruction(writer, early, call, 1_000_000);
    f.send_as(part, &[]).unwrap();
    assert_eq!((f.position(writer, call), f.position(early, call)), (-9_000_000, 3_000_000));
    assert_eq!(f.queue(call).ranks[0].size_e6, 3_000_000);
}

#[test]
fn stale_prices_deleverage_nobody() {
    let Scene { mut f, writer, holders: [early, ..], call } = Scene::ranked();
    f.advance(4_000);
    expect_error!(f.deleverage(writer, early, call), PlimsollError::OracleStale);
}
