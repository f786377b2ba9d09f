//! The laws themselves: each notices when one term of it is changed.

use super::*;
use crate::fixture::{Events, TAKE_ALL};
use crate::{usd, Contract, Fixture, Market, Setup, Token, Trader};
use plimsoll::events::AccountLiquidated;
use solana_pubkey::Pubkey;

const ETH: Market = Market(0);

struct Scene {
    f: Fixture,
    call: Contract,
    writer: Trader,
    maker: Trader,
}

/// A short call, a little SOL, and a price at which the writer can be liquidated.
fn scene() -> Scene {
    let mut f = Fixture::new(&Setup::lite());
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 100_000.0));
    f.deposit_token(maker, Token(0), 5_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    let other = f.put(ETH, 1, 1_500.0);
    f.trade(writer, maker, call, -4.0, 65.0).unwrap();
    f.trade(writer, maker, other, 0.1, 65.0).unwrap();
    f.set_price(ETH, 1_700.0);
    Scene { f, call, writer, maker }
}

/// The state, changed by hand, breaks a law whose message says this.
fn breaks(says: &str, change: impl FnOnce(&mut World, &Scene)) {
    let scene = scene();
    let mut world = scene.f.world();
    assert_eq!(check_state(&world), Ok(()));
    change(&mut world, &scene);
    let broken = check_state(&world).expect_err(says);
    assert!(broken.contains(says), "{broken}");
}

fn account(world: &mut World, key: Pubkey) -> &mut plimsoll::state::MarginAccount {
    &mut world.accounts.iter_mut().find(|(candidate, _)| *candidate == key).unwrap().1
}

#[test]
fn law_of_vaults_notices_an_atom_of_cash() {
    breaks("quote vault", |world, s| account(world, s.f.margin_key(s.writer)).cash_atoms += 1);
}

#[test]
fn law_of_vaults_notices_an_atom_of_fees_and_of_settlement() {
    breaks("quote vault", |world, _| world.underlyings[0].1.fees_atoms -= 1);
    breaks("quote vault", |world, _| world.underlyings[0].1.settlement_atoms += 1);
}

#[test]
fn law_of_vaults_notices_an_atom_of_collateral() {
    breaks("total deposits", |world, s| account(world, s.f.margin_key(s.maker)).collaterals[0].balance_atoms -= 1);
    breaks("total deposits", |world, _| world.collaterals[0].1.total_deposits_atoms += 1);
}

#[test]
fn law_of_interest_notices_a_lot() {
    breaks("counts (long, short)", |world, s| account(world, s.f.margin_key(s.writer)).positions[0].size_e6 += 1);
    breaks("counts (long, short)", |world, s| account(world, s.f.margin_key(s.maker)).positions[0].netted_e6 += 1);
    breaks("does not cancel out", |world, s| {
        account(world, s.f.margin_key(s.maker)).positions[0].size_e6 += 1;
        world.underlyings[0].1.series[s.call.series as usize].long_e6 += 1;
    });
}

#[test]
fn law_of_positions_notices_disorder() {
    breaks("out of order", |world, s| account(world, s.f.margin_key(s.writer)).positions.swap(0, 1));
    breaks("left behind", |world, s| account(world, s.f.margin_key(s.writer)).positions[5].series = 1);
    breaks("used by positions", |world, s| {
        account(world, s.f.margin_key(s.writer)).underlyings[3] = Pubkey::new_from_array([9; 32]);
    });
    breaks("without balance or name", |world, s| {
        account(world, s.f.margin_key(s.maker)).collaterals[1].collateral = Pubkey::new_from_array([9; 32]);
    });
}

#[test]
fn law_of_order_notices_swapped_margins_and_a_wrong_factor() {
    let mut s = scene();
    let report = s.f.check_health(s.writer);
    let check = margin_order::check_report;
    assert_eq!(check(&report), Ok(()));
    let (initial, maintenance) = (report.maintenance_atoms, report.initial_atoms);
    let swapped = plimsoll::instructions::HealthReport {
        initial_atoms: initial,
        maintenance_atoms: maintenance,
        ..report.clone()
    };
    assert!(check(&swapped).is_err());
    let healthy = plimsoll::instructions::HealthReport { health_factor_e9: 1_000_000_000, ..report };
    assert!(check(&healthy).is_err());
}

/// A lawful liquidation, with before and after changed by hand, breaks a law whose message says this.
fn liquidation_breaks(says: &str, change: impl FnOnce(&mut World, &mut World, &Scene)) {
    let mut s = scene();
    let instructions = [s.f.liquidate_instruction(s.maker, s.writer, TAKE_ALL)];
    let before = s.f.world();
    let receipt = s.f.liquidate(s.maker, s.writer).unwrap();
    let mut step = Step { before, after: s.f.world(), instructions: &instructions, receipt: &receipt };
    assert!(step.receipt.event::<AccountLiquidated>().fraction_e9 < 1_000_000_000);
    assert_eq!(check(&step), Ok(()));
    change(&mut step.before, &mut step.after, &s);
    let broken = liquidation::check(&step).and_then(|()| sequence::check(&step)).and_then(|()| auction::check(&step));
    let broken = broken.expect_err(says);
    assert!(broken.contains(says), "{broken}");
}

#[test]
fn law_of_auctions_notices_an_impossible_clock() {
    type Change = fn(&mut plimsoll::state::Auction);
    let changes: [Change; 5] = [
        |auction| auction.seen_at = 5,
        |auction| (auction.started_at, auction.seen_at) = (9, 8),
        |auction| (auction.started_at, auction.seen_at, auction.elapsed_secs) = (8, 9, 2),
        |auction| (auction.started_at, auction.seen_at, auction.elapsed_secs) = (8, 9, -1),
        |auction| (auction.started_at, auction.seen_at, auction.paid_atoms) = (8, 9, -1),
    ];
    for change in changes {
        breaks("is impossible", |world, s| change(&mut account(world, s.f.margin_key(s.writer)).auction));
    }
}

#[test]
fn law_of_auctions_notices_a_start_without_a_breach_and_an_end_in_one() {
    liquidation_breaks("without a breach", |_, after, s| {
        let auction = &mut account(after, s.f.margin_key(s.maker)).auction;
        (auction.started_at, auction.seen_at) = (8, 9);
    });
    let mut s = scene();
    let flag = [s.f.flag_instruction(s.writer)];
    s.f.flag(s.writer).unwrap();
    let before = s.f.world();
    let receipt = s.f.flag(s.writer).unwrap();
    let mut step = Step { before, after: s.f.world(), instructions: &flag, receipt: &receipt };
    assert_eq!(check(&step), Ok(()));
    account(&mut step.after, s.f.margin_key(s.writer)).auction = Default::default();
    assert!(auction::check(&step).unwrap_err().contains("at MM -"));
    let auction = &mut account(&mut step.after, s.f.margin_key(s.writer)).auction;
    *auction = step.before.account(&s.f.margin_key(s.writer)).unwrap().auction;
    auction.paid_atoms += 1;
    assert!(auction::check(&step).unwrap_err().contains("for 0"));
}

#[test]
fn law_of_liquidation_notices_a_price_that_the_clock_does_not_allow() {
    let told = |change: fn(&mut World)| liquidation_breaks("price 980000000 after", |before, _, _| change(before));
    told(|before| before.exchanges[0].1.liquidation.discount_e9 = 979_999_999);
    told(|before| before.exchanges[0].1.liquidation.discount_e9 = 980_000_002);
}

#[test]
fn law_of_liquidation_notices_a_healthy_victim() {
    liquidation_breaks("was healthy", |before, _, s| {
        account(before, s.f.margin_key(s.writer)).cash_atoms += usd(1_000.0);
    });
}

#[test]
fn law_of_liquidation_notices_too_large_a_gain() {
    liquidation_breaks("gain", |_, after, s| account(after, s.f.margin_key(s.maker)).cash_atoms += 1_000);
}

#[test]
fn law_of_liquidation_notices_an_event_that_does_not_tell_the_truth() {
    liquidation_breaks("the event tells", |_, after, s| {
        account(after, s.f.margin_key(s.writer)).cash_atoms -= usd(1.0);
    });
}

#[test]
fn law_of_liquidation_notices_an_overshoot() {
    liquidation_breaks("overshoot", |before, _, _| before.exchanges[0].1.liquidation.buffer_e9 = 0);
}

/// The lot of a put is worth its strike after a crash, much more than the index: the law has to leave room for it.
#[test]
fn law_of_liquidation_leaves_room_for_the_lot_of_a_put_deep_in_the_money() {
    let overshoots = [3.900_003, 4.000_001, 4.000_007, 4.012_347].map(|size| {
        let mut f = Fixture::new(&Setup::lite().without_fees());
        let (writer, maker) = (f.trader("writer", 1_430.0 * size), f.trader("maker", 100_000.0));
        let put = f.put(ETH, 0, 1_500.0);
        f.trade(writer, maker, put, -size, 60.0).unwrap();
        f.set_price(ETH, 60.0);
        let told: AccountLiquidated = f.liquidate(maker, writer).unwrap().event();
        assert!(told.equity_before_atoms > usd(10.0) && told.fraction_e9 < 1_000_000_000);
        let after = f.check_health(writer);
        let required = after.equity_atoms - after.maintenance_atoms;
        after.equity_atoms - required - required / 10
    });
    assert!(overshoots.iter().any(|atoms| *atoms > 200), "{overshoots:?}");
    assert!(overshoots.iter().all(|atoms| *atoms < 4_000), "{overshoots:?}");
}

/// A lawful hedge, with before and after changed by hand, breaks a law whose message says this.
fn hedge_breaks(says: &str, change: impl FnOnce(&mut World, &mut World, &Scene)) {
    let mut s = scene();
    let args = s.call.hedge(1.0);
    let instructions = [s.f.hedge_instruction(s.maker, s.writer, ETH, args)];
    let before = s.f.world();
    let receipt = s.f.hedge(s.maker, s.writer, ETH, args).unwrap();
    let mut step = Step { before, after: s.f.world(), instructions: &instructions, receipt: &receipt };
    assert_eq!(check(&step), Ok(()));
    change(&mut step.before, &mut step.after, &s);
    let broken = hedge::check(&step).expect_err(says);
    assert!(broken.contains(says), "{broken}");
}

#[test]
fn law_of_hedges_notices_who_should_not_have_been_hedged() {
    for dollars in [1_000.0, -1_000.0] {
        hedge_breaks("was not in breach", |before, _, s| {
            account(before, s.f.margin_key(s.writer)).cash_atoms += usd(dollars);
        });
    }
}

#[test]
fn law_of_hedges_notices_a_gain_a_fee_and_a_price_beyond_the_clock() {
    hedge_breaks("at most", |_, after, s| account(after, s.f.margin_key(s.maker)).cash_atoms += 1_000);
    hedge_breaks("a fee of", |before, _, _| before.exchanges[0].1.liquidation.fee_e9 = 50_000_000);
    hedge_breaks("price 980000000 with", |before, _, _| before.exchanges[0].1.liquidation.discount_e9 = 979_999_999);
}

#[test]
fn law_of_hedges_notices_an_overshoot_an_untrue_event_and_collateral_that_moves() {
    hedge_breaks("overshoot", |before, _, _| before.exchanges[0].1.liquidation.buffer_e9 = 0);
    hedge_breaks("the event tells", |_, after, s| account(after, s.f.margin_key(s.writer)).cash_atoms -= 1);
    hedge_breaks("has moved collateral", |before, after, s| {
        // The same key in a free slot counts nothing, and is a change.
        let key = account(before, s.f.margin_key(s.maker)).collaterals[0].collateral;
        account(after, s.f.margin_key(s.writer)).collaterals[0].collateral = key;
    });
}

/// What the program tells of a hedge, and what the law recomputes of it, changed on both sides alike.
#[test]
fn law_of_hedges_notices_a_health_factor_that_falls() {
    let report = |equity, maintenance| plimsoll_risk::margin::MarginReport {
        equity: plimsoll_risk::units::Value::from_usd(equity),
        maintenance: plimsoll_risk::units::Value::from_usd(maintenance),
        ..Default::default()
    };
    let s = scene();
    let world = || s.f.world();
    let receipt = crate::chain::Receipt { units: 0, logs: vec![], return_data: vec![] };
    let step = Step { before: world(), after: world(), instructions: &[], receipt: &receipt };
    let check = |after| hedge::check_helped(&step, &report(300, -100), &after);
    // MMR' 370: 300 − 400 to 290 − 380 is worse, 295 − 370 is better.
    assert_eq!(check(report(295, -75)), Ok(()));
    assert!(check(report(280, -98)).unwrap_err().contains("HF fell"));
    assert!(check(report(300, -100)).unwrap_err().contains("MM fell"));
}

#[test]
fn law_of_solvency_notices_who_is_short_after_a_trade_or_a_withdrawal() {
    let mut s = scene();
    s.f.set_price(ETH, 1_500.0);
    let markets = s.f.markets_of(&[s.writer]);
    let withdraw = plimsoll::instruction::Withdraw { amount: 1 };
    let trade = plimsoll::instructions::TradeArgs { series: s.call.series, size_e6: -1, price_e9: 0 };
    let calls = [
        [crate::fixture::instruction(s.f.quote_move(s.writer), withdraw, &markets)],
        [s.f.trade_instruction(s.writer, s.maker, ETH, trade)],
    ];
    for (instructions, says) in calls.iter().zip(["withdrawal from", "trade of"]) {
        let receipt =
            s.f.send(instructions, &[&s.f.owner(s.writer), &s.f.owner(s.maker)][..signers(instructions)]).unwrap();
        let mut step = Step { before: s.f.world(), after: s.f.world(), instructions, receipt: &receipt };
        assert_eq!(solvency::check(&step), Ok(()));
        account(&mut step.after, s.f.margin_key(s.writer)).cash_atoms -= usd(200.0);
        let broken = solvency::check(&step).expect_err(says);
        assert!(broken.contains(says), "{broken}");
    }
}

/// How many accounts of an instruction sign.
fn signers(instructions: &[solana_instruction::Instruction]) -> usize {
    instructions[0].accounts.iter().filter(|meta| meta.is_signer).count()
}

#[test]
fn law_of_sequences_notices_a_step_back_and_a_silent_change() {
    liquidation_breaks("sequences went from", |_, after, s| account(after, s.f.margin_key(s.maker)).sequence = 0);
    liquidation_breaks("has changed without", |before, after, s| {
        let key = s.f.margin_key(s.maker);
        account(after, key).sequence = account(before, key).sequence;
    });
}
