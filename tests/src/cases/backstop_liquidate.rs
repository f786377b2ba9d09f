//! `backstop_liquidate`.

use super::support::{replaced, unsigned, with, without, written_calls, Foreign, ETH, SOL, VOL_AGE};
use crate::fixture::{key, Events, CALL_ALL, DAY};
use crate::{expect_error, usd, Contract, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, AccountTakenOver, BackstopTook};
use plimsoll::instructions::BackstopLiquidateArgs;
use plimsoll::state::{Auction, MarginMode};
use plimsoll_risk::fixed::{mul_div, Rounding};
use solana_signer::Signer;

struct Scene {
    f: Fixture,
    book: Trader,
    caller: Trader,
    writer: Trader,
    call: Contract,
}

/// A pool of 10 000 USD, a fund of 1 000, a caller without a cent, and the writer of two calls at this index.
fn scene(price: f64) -> Scene {
    scene_of(price, 10_000.0)
}

/// The same with a pool of so many dollars.
fn scene_of(price: f64, dollars: f64) -> Scene {
    let mut f = Fixture::new(&Setup::lite());
    f.insured(0, 1_000.0);
    let (_, book) = f.backed(&[ETH], dollars);
    let (_, writer, call) = written_calls(&mut f);
    let caller = f.trader("caller", 0.0);
    f.set_price(ETH, price);
    Scene { f, book, caller, writer, call }
}

impl Scene {
    fn call(&mut self) -> Result<crate::chain::Receipt, crate::Failure> {
        self.f.call_backstop(self.book, self.caller, self.writer)
    }

    fn call_with(&mut self, args: BackstopLiquidateArgs) -> Result<crate::chain::Receipt, crate::Failure> {
        self.f.call_backstop_with(self.book, self.caller, self.writer, args)
    }
}

#[test]
fn the_pool_pays_and_nets_the_caller_has_his_part_of_the_gain() {
    let mut s = scene(1_750.0);
    let (before, held) = (s.f.check_health(s.writer), s.f.cash(s.book));
    let sent = s.call().unwrap();
    let (told, sold): (BackstopTook, AccountLiquidated) = (sent.event(), sent.event());
    assert_eq!((told.backstop, told.account), (s.f.backstop_key(), s.f.margin_key(s.writer)));
    assert_eq!((told.caller, told.liquidation_sequence), (s.f.margin_key(s.caller), 0));
    assert_eq!((sold.account, sold.liquidator), (told.account, s.f.margin_key(s.book)));
    assert_eq!((sold.equity_before_atoms, sold.discount_e9), (before.equity_atoms, 980_000_000));
    assert!(sold.fraction_e9 < 1_000_000_000 && sold.bonus_atoms > 1_000_000);
    let part = mul_div(sold.bonus_atoms - sold.fee_atoms, 200_000_000, 1_000_000_000, Rounding::Down).unwrap();
    assert_eq!((told.part_atoms, told.bounty_atoms, told.loss_atoms), (part, 0, 0));
    assert_eq!(s.f.cash(s.caller), part);
    assert_eq!((told.cash_atoms, s.f.account(s.book).insurance_due_atoms), (s.f.cash(s.book), sold.fee_atoms));
    let after = s.f.check_health(s.book);
    assert_eq!(told.equity_atoms, after.equity_atoms);
    let gained = after.equity_atoms - held;
    assert!((gained - (sold.bonus_atoms - sold.fee_atoms - part)).abs() <= 2_000, "{gained}");
    let size = -s.f.position(s.book, s.call);
    let notional = (size as f64 * 1_750.0) as i64;
    assert!((told.notional_atoms - notional).abs() <= 1, "{} and {notional}", told.notional_atoms);
    assert_eq!(size - s.f.position(s.writer, s.call), 2_000_000);
    assert_eq!(s.f.backstop().bounty_spent_atoms, 0);
    expect_error!(s.call(), PlimsollError::NotLiquidatable);
    // Fees are collected from the pool as from anybody.
    s.f.collect_insurance(s.book).unwrap();
}

#[test]
fn the_pool_opens_when_the_auction_has_run_for_so_long() {
    let mut s = scene(1_750.0);
    s.f.change_backstop(|terms| terms.opens_secs = 300).unwrap();
    expect_error!(s.call(), PlimsollError::BackstopNotOpen);
    s.f.watch(s.writer, 4);
    s.f.pass(59);
    expect_error!(s.call(), PlimsollError::BackstopNotOpen);
    // The call itself is a sighting.
    s.f.pass(1);
    let sold: AccountLiquidated = s.call().unwrap().event();
    assert_eq!((sold.lag_secs, sold.discount_e9), (300, 890_000_000));
}

#[test]
fn an_insolvent_account_waits_for_the_opening_as_well() {
    let mut s = scene(2_000.0);
    s.f.change_backstop(|terms| terms.opens_secs = 60).unwrap();
    expect_error!(s.call(), PlimsollError::BackstopNotOpen);
    s.f.flag(s.writer).unwrap();
    s.f.pass(60);
    s.call().unwrap();
}

#[test]
fn the_fund_pays_for_an_insolvent_account_and_tops_up_the_caller() {
    let mut s = scene(2_000.0);
    let owed = -s.f.check_health(s.writer).equity_atoms;
    let cash = s.f.cash(s.book) + s.f.cash(s.writer);
    let sent = s.call().unwrap();
    let (told, taken): (BackstopTook, AccountTakenOver) = (sent.event(), sent.event());
    assert_eq!((taken.account, taken.taker), (s.f.margin_key(s.writer), s.f.margin_key(s.book)));
    assert_eq!((taken.support_atoms, taken.lag_secs, taken.fraction_e9), (owed, 0, 1_000_000_000));
    assert_eq!((told.part_atoms, told.bounty_atoms, told.loss_atoms), (0, usd(1.0), 0));
    assert_eq!((s.f.cash(s.caller), s.f.cash(s.book)), (usd(1.0), cash + owed));
    let fund = s.f.insurance();
    assert_eq!(fund.cash_atoms, usd(999.0) - owed);
    assert_eq!((told.fund_atoms, fund.paid_atoms), (fund.cash_atoms, owed + usd(1.0)));
    let pool = s.f.backstop();
    assert_eq!((pool.bounty_spent_atoms, pool.bounty_day, pool.lost_atoms), (usd(1.0), s.f.now() / DAY, 0));
    let left = s.f.account(s.writer);
    assert_eq!((left.cash_atoms, left.position_count, left.auction), (0, 0, Auction::default()));
}

#[test]
fn the_pool_bears_what_the_fund_has_not_up_to_its_limit() {
    let mut s = scene(2_600.0);
    let owed = -s.f.check_health(s.writer).equity_atoms;
    let uncovered = owed - usd(1_000.0);
    assert!(uncovered > usd(200.0), "{owed}");
    // A tenth of 10 000 USD would do, a hundredth does not; nor do parts, as all of the debt counts.
    s.f.change_backstop(|terms| terms.max_loss_e9 = 10_000_000).unwrap();
    for part in [1.0, 0.5, 0.01] {
        let args = BackstopLiquidateArgs { max_fraction_e9: (part * 1e9) as i64, ..CALL_ALL };
        expect_error!(s.call_with(args), PlimsollError::BackstopLoss);
    }
    s.f.change_backstop(|terms| terms.max_loss_e9 = 100_000_000).unwrap();
    let told: BackstopTook = s.call().unwrap().event();
    assert_eq!((told.loss_atoms, told.fund_atoms), (uncovered, 0));
    // The fund is empty, so that there is no bounty either.
    assert_eq!((told.bounty_atoms, s.f.backstop().lost_atoms), (0, uncovered));
    let worth = s.f.check_health(s.book).equity_atoms;
    assert!((worth - (usd(10_000.0) - uncovered)).abs() <= 2_000, "{worth}");
}

#[test]
fn a_part_of_an_insolvent_account_earns_no_bounty() {
    let mut s = scene(2_000.0);
    let quarter = BackstopLiquidateArgs { max_fraction_e9: 250_000_000, ..CALL_ALL };
    let told: BackstopTook = s.call_with(quarter).unwrap().event();
    assert_eq!((told.part_atoms, told.bounty_atoms, s.f.cash(s.caller)), (0, 0, 0));
    assert_eq!(s.f.position(s.book, s.call), -500_000);
    for max_fraction_e9 in [0, -1, 9_999_999, 1_000_000_001, i64::MIN, i64::MAX] {
        let args = BackstopLiquidateArgs { max_fraction_e9, ..CALL_ALL };
        expect_error!(s.call_with(args), PlimsollError::AmountOutOfRange);
    }
}

#[test]
fn a_slice_has_its_own_limits_and_the_caller_his() {
    let mut s = scene(1_750.0);
    for max_fraction_e9 in [0, -1, 1_000_000_001, i64::MIN, i64::MAX] {
        let args = BackstopLiquidateArgs { max_fraction_e9, ..CALL_ALL };
        expect_error!(s.call_with(args), PlimsollError::AmountOutOfRange);
    }
    let crumb = BackstopLiquidateArgs { max_fraction_e9: 9_999_999, ..CALL_ALL };
    expect_error!(s.call_with(crumb), PlimsollError::SliceTooSmall);
    let dear = BackstopLiquidateArgs { min_reward_atoms: usd(100.0), ..CALL_ALL };
    expect_error!(s.call_with(dear), PlimsollError::RewardTooSmall);
    let seen = BackstopLiquidateArgs { liquidation_sequence: Some(1), ..CALL_ALL };
    expect_error!(s.call_with(seen), PlimsollError::SequenceMismatch);
    let fair = BackstopLiquidateArgs { min_reward_atoms: 1, liquidation_sequence: Some(0), ..CALL_ALL };
    s.call_with(fair).unwrap();
}

#[test]
fn the_pool_takes_the_underlyings_of_its_table_up_to_their_limits() {
    let mut s = scene(1_750.0);
    let tenth = BackstopLiquidateArgs { max_fraction_e9: 100_000_000, ..CALL_ALL };
    let market = s.f.backstop().terms.markets[0];
    s.f.change_backstop(|terms| terms.markets[0] = bytemuck::Zeroable::zeroed()).unwrap();
    expect_error!(s.call(), PlimsollError::BackstopMarket);
    // A tenth of two contracts is 350 USD of notional.
    let entry = plimsoll::state::BackstopMarket { max_notional_atoms: usd(349.0), ..market };
    s.f.change_backstop(|terms| terms.markets[4] = entry).unwrap();
    expect_error!(s.call_with(tenth), PlimsollError::BackstopLimit);
    s.f.change_backstop(|terms| (terms.markets[4], terms.max_notional_atoms) = (market, usd(349.0))).unwrap();
    expect_error!(s.call_with(tenth), PlimsollError::BackstopLimit);
    s.f.change_backstop(|terms| terms.max_notional_atoms = usd(351.0)).unwrap();
    s.call_with(tenth).unwrap();
    expect_error!(s.call_with(tenth), PlimsollError::BackstopLimit);
}

#[test]
fn what_nets_the_book_is_welcome_beyond_every_limit() {
    let mut s = scene(1_750.0);
    s.call().unwrap();
    // The pool is short; somebody long of the same call owes cash that he has lost elsewhere.
    let f = &mut s.f;
    let (long, maker) = (f.trader("long", 300.0), f.trader("maker", 100_000.0));
    f.trade(long, maker, s.call, 0.4, 190.0).unwrap();
    let lost = f.cash(long) + usd(40.0);
    f.edit_account(long, |account| account.cash_atoms -= lost);
    f.edit_account(maker, |account| account.cash_atoms += lost);
    let held = f.position(s.book, s.call);
    assert!(held < -400_000, "{held}");
    f.change_backstop(|terms| (terms.markets[0].max_notional_atoms, terms.max_notional_atoms) = (0, 0)).unwrap();
    expect_error!(f.call_backstop(s.book, s.caller, s.writer), PlimsollError::NotLiquidatable);
    let told: BackstopTook = f.call_backstop(s.book, s.caller, long).unwrap().event();
    assert!(f.position(s.book, s.call) > held && told.notional_atoms > 0);
    // Not a market that it has nothing of.
    f.change_backstop(|terms| terms.markets[0] = bytemuck::Zeroable::zeroed()).unwrap();
    f.set_price(ETH, 1_790.0);
    let report = f.check_health(s.writer);
    assert!(report.maintenance_atoms < 0, "{report:?}");
    expect_error!(f.call_backstop(s.book, s.caller, s.writer), PlimsollError::BackstopMarket);
}

#[test]
fn a_pool_that_cannot_carry_a_slice_takes_a_smaller_one() {
    let mut s = scene_of(1_750.0, 40.0);
    expect_error!(s.call(), PlimsollError::InitialMargin);
    let args = BackstopLiquidateArgs { max_fraction_e9: 50_000_000, ..CALL_ALL };
    s.call_with(args).unwrap();
}

#[test]
fn the_caller_signs_for_an_account_of_his_own_and_not_against_himself() {
    let mut s = scene(1_750.0);
    let call = s.f.call_backstop_instruction(s.book, s.caller, s.writer, CALL_ALL);
    let owner = s.f.owner(s.caller).pubkey();
    expect_error!(s.f.send_as(unsigned(call.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    let admin = key("admin").pubkey();
    expect_error!(s.f.send_as(replaced(call.clone(), owner, admin), &["admin"]), PlimsollError::Unauthorized);
    let own = s.f.open_numbered("writer", 1, MarginMode::Cross);
    expect_error!(s.f.call_backstop(s.book, own, s.writer), PlimsollError::SelfLiquidation);
    expect_error!(s.f.call_backstop(s.book, s.writer, s.writer), PlimsollError::DuplicateAccount);
    expect_error!(s.f.call_backstop(s.book, s.book, s.writer), PlimsollError::DuplicateAccount);
    expect_error!(s.f.call_backstop(s.book, s.caller, s.book), PlimsollError::DuplicateAccount);
    // Another account in the place of the book.
    let purse = s.f.trader("purse", 100_000.0);
    let (book, other) = (s.f.margin_key(s.book), s.f.margin_key(purse));
    expect_error!(s.f.send_as(replaced(call.clone(), book, other), &["caller"]), PlimsollError::UnexpectedAccount);
    // A delegate may call.
    let delegate = key("delegate").pubkey();
    s.f.set_delegate(s.caller, delegate).unwrap();
    s.f.send_as(replaced(call, owner, delegate), &["delegate"]).unwrap();
}

#[test]
fn a_call_needs_exactly_the_accounts_of_its_exchange() {
    let mut s = scene(1_750.0);
    let foreign = Foreign::new(&mut s.f);
    let call = s.f.call_backstop_instruction(s.book, s.caller, s.writer, CALL_ALL);
    let (market, fund) = (s.f.market_key(ETH), s.f.fund_key());
    expect_error!(s.f.send_as(without(call.clone(), market), &["caller"]), PlimsollError::MarketMissing);
    let foreign_market = s.f.market_key(foreign.market);
    expect_error!(s.f.send_as(with(call.clone(), &[foreign_market]), &["caller"]), PlimsollError::WrongExchange);
    let exchange = replaced(call.clone(), s.f.exchange, foreign.exchange);
    expect_error!(s.f.send_as(exchange, &["caller"]), PlimsollError::WrongExchange);
    let no_fund = replaced(call, fund, s.f.backstop_key());
    expect_error!(s.f.send_as(no_fund, &["caller"]), ErrorCode::AccountDiscriminatorMismatch);
    expect_error!(s.f.call_backstop(s.book, foreign.trader, s.writer), PlimsollError::WrongExchange);
    expect_error!(s.f.call_backstop(s.book, s.caller, foreign.trader), PlimsollError::WrongExchange);
}

#[test]
fn the_pool_takes_nothing_at_an_old_price() {
    let mut s = scene(1_750.0);
    s.f.deposit_token(s.writer, SOL, 100_000_000).unwrap();
    s.f.flag(s.writer).unwrap();
    s.f.advance(61);
    // The stablecoin, the underlying, the collateral: old enough for a liquidation by others, too old for the pool.
    expect_error!(s.call(), PlimsollError::OracleStale);
    s.f.update_stable_price().unwrap();
    expect_error!(s.call(), PlimsollError::OracleStale);
    s.f.update_price(ETH).unwrap();
    expect_error!(s.call(), PlimsollError::OracleStale);
    s.f.update_collateral_price(SOL).unwrap();
    s.call().unwrap();
}

#[test]
fn the_pool_takes_nothing_under_an_old_surface() {
    let mut s = scene(1_750.0);
    s.f.advance(VOL_AGE);
    s.f.update_prices_only();
    expect_error!(s.call(), PlimsollError::VolatilityStale);
    s.f.refresh();
    s.call().unwrap();
}

/// Longs cannot be worth less than nothing, so that an old price of theirs stops no liquidation; the pool pays for none of them.
#[test]
fn the_pool_buys_no_longs_at_an_old_price() {
    let mut s = scene(1_500.0);
    let f = &mut s.f;
    let long = f.trader("long", 1_000.0);
    let maker = f.trader("maker", 100_000.0);
    f.deposit_token(long, SOL, 20_000_000_000).unwrap();
    f.trade(long, maker, s.call, 4.0, 30.0).unwrap();
    // Its cash has gone another way, and SOL falls.
    f.edit_account(long, |account| account.cash_atoms -= usd(2_500.0));
    f.edit_account(maker, |account| account.cash_atoms += usd(2_500.0));
    f.advance(61);
    f.update_stable_price().unwrap();
    f.set_collateral_price(SOL, 90.0);
    assert!(f.check_health(long).maintenance_atoms < 0);
    expect_error!(f.call_backstop(s.book, s.caller, long), PlimsollError::OracleStale);
}

#[test]
fn a_healthy_account_is_not_taken() {
    let mut s = scene(1_500.0);
    expect_error!(s.call(), PlimsollError::NotLiquidatable);
}

#[test]
fn the_pool_owes_no_cash() {
    let mut s = scene(1_750.0);
    // All but a hundred dollars of the pool's money is SOL.
    let owner = s.f.trader("owner", 0.0);
    s.f.deposit_token(owner, SOL, 100_000_000_000).unwrap();
    let slot = s.f.account(owner).collaterals[0];
    s.f.edit_account(owner, |account| {
        account.collaterals[0] = bytemuck::Zeroable::zeroed();
        account.cash_atoms += usd(9_990.0);
    });
    s.f.edit_account(s.book, |account| {
        account.collaterals[0] = slot;
        account.cash_atoms -= usd(9_990.0);
    });
    let cash = s.f.cash(s.writer);
    s.f.edit_account(s.writer, |account| account.cash_atoms -= cash + usd(300.0));
    s.f.edit_account(owner, |account| account.cash_atoms += cash + usd(300.0));
    s.f.deposit_token(s.writer, SOL, 5_000_000_000).unwrap();
    let report = s.f.check_health(s.writer);
    assert!(report.equity_atoms > 0 && report.maintenance_atoms < 0, "{report:?}");
    expect_error!(s.call(), PlimsollError::BackstopLimit);
}
