//! The backstop: nobody comes, and the pool does; whales, dust, bankrupts larger than the fund; and those who come for the pool's money.

use crate::fixture::{Events, DAY, TAKE_ALL};
use crate::{expect_error, usd, Contract, Fixture, Market, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, BackstopDeposited, BackstopTook, BackstopWithdrawn};

const ETH: Market = Market(0);

struct Story {
    f: Fixture,
    book: Trader,
    backer: Trader,
    caller: Trader,
    maker: Trader,
    call: Contract,
    price: f64,
}

impl Story {
    /// A pool and a fund of so many dollars, a rich maker, and a caller without a cent.
    fn begin(pool: f64, fund: f64) -> Self {
        let mut f = Fixture::new(&Setup::lite().without_fees());
        f.insured(0, fund);
        let (backer, book) = f.backed(&[ETH], pool);
        let (caller, maker) = (f.trader("caller", 0.0), f.trader("maker", 10_000_000.0));
        let call = f.call(ETH, 1, 1_500.0);
        Self { f, book, backer, caller, maker, call, price: 1_500.0 }
    }

    /// The writer of so many calls.
    fn writer(&mut self, name: &str, dollars: f64, calls: f64) -> Trader {
        let writer = self.f.trader(name, dollars);
        self.f.trade(writer, self.maker, self.call, -calls, 130.0).unwrap();
        writer
    }

    /// The price runs until the account has so much equity or less.
    fn run_to(&mut self, writer: Trader, dollars: f64) {
        while self.f.check_health(writer).equity_atoms > usd(dollars) {
            self.price += 1.0;
            self.f.set_price(ETH, self.price);
        }
    }

    fn call(&mut self, writer: Trader) -> BackstopTook {
        self.f.call_backstop(self.book, self.caller, writer).unwrap().event()
    }

    fn worth(&mut self) -> i64 {
        self.f.check_health(self.book).equity_atoms
    }

    /// Asks for everything and waits for it.
    fn wait_to_leave(&mut self, trader: Trader) -> i64 {
        let shares = self.f.backstop_stake(trader).shares;
        self.f.request_backstop_leave(trader, shares).unwrap();
        self.f.set_time(self.f.backstop_stake(trader).leaves_at);
        self.f.refresh();
        shares
    }
}

#[test]
fn nobody_comes_and_the_pool_does_for_a_caller_without_a_cent() {
    let mut s = Story::begin(20_000.0, 1_000.0);
    s.f.change_backstop(|terms| terms.opens_secs = 600).unwrap();
    let writer = s.writer("writer", 3_000.0, 10.0);
    s.run_to(writer, 700.0);
    expect_error!(s.f.call_backstop(s.book, s.caller, writer), PlimsollError::BackstopNotOpen);
    // The caller could not take it himself.
    expect_error!(s.f.liquidate(s.caller, writer), PlimsollError::InitialMargin);
    s.f.watch(writer, 10);
    let before = s.worth();
    let sent = s.f.call_backstop(s.book, s.caller, writer).unwrap();
    let (told, sold): (BackstopTook, AccountLiquidated) = (sent.event(), sent.event());
    assert_eq!((sold.discount_e9, sold.lag_secs), (800_000_000, 600));
    assert!(told.part_atoms > usd(1.0) && s.f.cash(s.caller) == told.part_atoms);
    assert!(s.worth() > before + 3 * told.part_atoms, "the pool keeps four fifths");
    assert!(s.f.check_health(writer).maintenance_atoms >= 0);
    // He takes it home.
    s.f.withdraw(s.caller, told.part_atoms as u64).unwrap();
    // The call is settled; the staker leaves with his part of all that.
    let expiry = s.f.start() + 30 * DAY;
    s.f.set_time(expiry - 1_800);
    for _ in 0..30 {
        s.f.pass(60);
    }
    s.f.set_price(ETH, s.price);
    s.f.settle_expiry(ETH, 1).unwrap();
    s.f.settle_account(ETH, s.book).unwrap();
    let shares = s.wait_to_leave(s.backer);
    let (worth, all) = (s.worth(), s.f.backstop().total_shares);
    let left: BackstopWithdrawn = s.f.withdraw_backstop(s.book, s.backer, shares).unwrap().event();
    assert_eq!(i128::from(left.amount_atoms), i128::from(shares) * i128::from(worth) / i128::from(all));
    // The dollar that is the pool's own stays with its part of the gain.
    assert_eq!((s.f.backstop().total_shares, s.f.cash(s.book)), (usd(1.0), worth - left.amount_atoms));
}

#[test]
fn who_takes_out_of_his_own_free_will_comes_first() {
    let mut s = Story::begin(20_000.0, 1_000.0);
    s.f.change_backstop(|terms| terms.opens_secs = 600).unwrap();
    let writer = s.writer("writer", 3_000.0, 10.0);
    s.run_to(writer, 700.0);
    s.f.liquidate(s.maker, writer).unwrap();
    expect_error!(s.f.call_backstop(s.book, s.caller, writer), PlimsollError::NotLiquidatable);
}

#[test]
fn dust_is_worth_a_call_for_its_bounty_until_the_day_is_spent() {
    let mut s = Story::begin(20_000.0, 1_000.0);
    s.f.change_backstop(|terms| (terms.min_bounty_atoms, terms.bounty_budget_atoms) = (usd(2.0), usd(5.0))).unwrap();
    let writers = ["a", "b", "c", "d"].map(|name| s.writer(name, 20.0, 0.05));
    s.run_to(writers[0], 1.0);
    assert!(s.f.check_health(writers[0]).equity_atoms > 0);
    let fund = s.f.insurance().cash_atoms;
    let mut paid = 0;
    let rewards = writers.map(|writer| {
        let told = s.call(writer);
        assert!(told.part_atoms < usd(0.1));
        paid += told.bounty_atoms;
        told.part_atoms + told.bounty_atoms
    });
    // Two are topped up to the least bounty, the third gets the rest of the budget, the fourth its part alone.
    assert_eq!(rewards[..2], [usd(2.0); 2]);
    assert!((usd(1.0)..usd(1.2)).contains(&rewards[2]) && rewards[3] < usd(0.1), "{rewards:?}");
    assert_eq!((paid, s.f.backstop().bounty_spent_atoms), (usd(5.0), usd(5.0)));
    assert_eq!(s.f.insurance().cash_atoms, fund - usd(5.0));
    // Another day, another budget.
    let late = s.writer("late", 20.0, 0.02);
    s.run_to(late, 1.0);
    s.f.pass(DAY);
    s.run_to(late, 1.0);
    let told = s.call(late);
    assert!(told.bounty_atoms > 0 && s.f.backstop().bounty_spent_atoms == told.bounty_atoms);
}

/// Many tiny accounts, hedged by one account of the same owner: what they cost the fund in a day is the budget, however many they are.
#[test]
fn a_farm_of_tiny_accounts_reaps_no_more_than_the_budget() {
    let mut s = Story::begin(20_000.0, 1_000.0);
    let (least, budget) = (usd(2.0), usd(7.0));
    s.f.change_backstop(|terms| (terms.min_bounty_atoms, terms.bounty_budget_atoms) = (least, budget)).unwrap();
    let whole = s.writer("whole", 6_000.0, 10.0);
    let names: Vec<String> = (0..12).map(|number| format!("tiny {number}")).collect();
    let farm: Vec<Trader> = names.iter().map(|name| s.writer(name, 20.0, 0.05)).collect();
    s.run_to(farm[0], 1.0);
    let fund = s.f.insurance().cash_atoms;
    let mut lost = 0;
    for tiny in &farm {
        lost += s.f.check_health(*tiny).equity_atoms - s.call(*tiny).bounty_atoms;
    }
    let reaped = s.f.cash(s.caller);
    assert_eq!(fund - s.f.insurance().cash_atoms, budget);
    // What is more than the budget are parts of bonuses, which the tiny accounts themselves have lost.
    assert!(reaped - budget < usd(0.2) && lost < usd(12.0), "{reaped} {lost}");
    // Parts of one account are no accounts: nothing for slices of another.
    s.f.pass(DAY);
    s.run_to(whole, 400.0);
    for _ in 0..5 {
        let told: BackstopTook = s.f.call_backstop_for(s.book, s.caller, whole, 0.01).unwrap().event();
        assert_eq!(told.bounty_atoms, 0);
    }
}

#[test]
fn a_whale_is_taken_in_parts_up_to_the_limits_and_no_further() {
    let mut s = Story::begin(100_000.0, 1_000.0);
    s.f.change_backstop(|terms| terms.markets[0].max_notional_atoms = usd(150_000.0)).unwrap();
    let whale = s.writer("whale", 150_000.0, 500.0);
    s.run_to(whale, 40_000.0);
    expect_error!(s.f.call_backstop(s.book, s.caller, whale), PlimsollError::BackstopLimit);
    let mut parts = 0;
    while s.f.call_backstop_for(s.book, s.caller, whale, 0.04).is_ok() {
        parts += 1;
        assert!(parts < 10);
    }
    assert!(parts >= 3, "{parts}");
    let held = -s.f.position(s.book, s.call) as f64 * s.price;
    assert!(held <= usd(150_000.0) as f64 && held > usd(100_000.0) as f64, "{held}");
    let refused = s.f.call_backstop_for(s.book, s.caller, whale, 0.04);
    expect_error!(refused, PlimsollError::BackstopLimit);
    // The rest is for others, at the same price.
    s.f.liquidate_with(s.maker, whale, TAKE_ALL).unwrap();
}

#[test]
fn the_pool_bears_what_is_left_after_the_fund_and_its_stakers_leave_with_the_loss() {
    let mut s = Story::begin(20_000.0, 300.0);
    let second = s.f.trader("second", 0.0);
    s.f.open_backstop_stake(second).unwrap();
    s.f.deposit_backstop(s.book, second, usd(5_000.0) as u64).unwrap();
    let writer = s.writer("writer", 3_000.0, 10.0);
    s.run_to(writer, -1_500.0);
    let owed = -s.f.check_health(writer).equity_atoms;
    let before = s.worth();
    let told = s.call(writer);
    assert_eq!((told.fund_atoms, told.loss_atoms, told.bounty_atoms), (0, owed - usd(300.0), 0));
    assert_eq!(s.f.backstop().lost_atoms, told.loss_atoms);
    assert!((before - told.loss_atoms - s.worth()).abs() < 50_000);
    // Both leave at the same price of a share; part of the cash is bound by the position until it is gone.
    let shares = s.wait_to_leave(second);
    let (worth, all) = (s.worth(), s.f.backstop().total_shares);
    let left: BackstopWithdrawn = s.f.withdraw_backstop(s.book, second, shares).unwrap().event();
    assert_eq!(i128::from(left.amount_atoms), i128::from(shares) * i128::from(worth) / i128::from(all));
    assert!(left.amount_atoms < usd(5_000.0) - told.loss_atoms / 6);
    let shares = s.f.backstop_stake(s.backer).shares;
    s.f.request_backstop_leave(s.backer, shares).unwrap();
    s.f.set_time(s.f.backstop_stake(s.backer).leaves_at);
    s.f.refresh();
    expect_error!(s.f.withdraw_backstop(s.book, s.backer, shares), PlimsollError::InitialMargin);
    s.f.withdraw_backstop(s.book, s.backer, shares / 3).unwrap();
}

#[test]
fn an_account_too_deep_under_water_is_left_alone() {
    let mut s = Story::begin(2_000.0, 100.0);
    let writer = s.writer("writer", 3_000.0, 10.0);
    s.run_to(writer, -1_500.0);
    for part in [1.0, 0.2, 0.01] {
        let refused = s.f.call_backstop_for(s.book, s.caller, writer, part);
        let codes = [PlimsollError::BackstopLoss, PlimsollError::InitialMargin];
        let code = refused.unwrap_err().code;
        let offset = anchor_lang::error::ERROR_CODE_OFFSET;
        assert!(codes.iter().any(|known| Some(offset + *known as u32) == code), "{code:?}");
    }
    // With more in the fund it is taken.
    let staker = s.f.trader("richer", 0.0);
    s.f.open_stake(staker).unwrap();
    s.f.stake(staker, usd(5_000.0) as u64).unwrap();
    let told: BackstopTook = s.f.call_backstop_for(s.book, s.caller, writer, 0.1).unwrap().event();
    assert_eq!(told.loss_atoms, 0);
}

/// Who comes with a slice in sight has his part of the gain, not more, and stays for the cooldown with everything at risk.
#[test]
fn who_comes_for_a_gain_stays_for_a_loss() {
    let mut s = Story::begin(20_000.0, 0.5);
    let writers = ["first writer", "next writer"].map(|name| s.writer(name, 3_000.0, 10.0));
    s.run_to(writers[0], 700.0);
    let thief = s.f.trader("thief", 0.0);
    s.f.open_backstop_stake(thief).unwrap();
    s.f.deposit_backstop(s.book, thief, usd(20_000.0) as u64).unwrap();
    let shares = s.f.backstop_stake(thief).shares;
    s.f.request_backstop_leave(thief, shares).unwrap();
    let before = s.worth();
    s.call(writers[0]);
    let gain = s.worth() - before;
    expect_error!(s.f.withdraw_backstop(s.book, thief, shares), PlimsollError::StakeNotReady);
    // The next comes while he waits.
    s.run_to(writers[1], -1_500.0);
    let lost = s.call(writers[1]).loss_atoms;
    assert!(lost > 10 * gain && gain > 0, "{lost} {gain}");
    s.f.set_time(s.f.backstop_stake(thief).leaves_at);
    s.f.refresh();
    let left: BackstopWithdrawn = s.f.withdraw_backstop(s.book, thief, shares / 2).unwrap().event();
    assert!(left.amount_atoms < usd(10_000.0));
}

/// One share, and a gift to make it dear: the next staker loses nothing to rounding, and the gift is the pool's.
#[test]
fn the_first_share_cannot_be_blown_up() {
    let mut f = Fixture::new(&Setup::lite());
    let terms = f.backstop_terms(&[ETH]);
    f.create_backstop(terms).unwrap();
    let (book, thief, victim) = (f.know_book(), f.trader("thief", 0.0), f.trader("victim", 0.0));
    for trader in [thief, victim] {
        f.open_backstop_stake(trader).unwrap();
    }
    f.deposit_backstop(book, thief, 1_000_001).unwrap();
    assert_eq!(f.backstop_stake(thief).shares, 1);
    let mut gift = f.quote_move(thief);
    gift.margin_account = f.margin_key(book);
    let gift = crate::fixture::instruction(gift, plimsoll::instruction::Deposit { amount: 10_000_000_000 }, &[]);
    f.send(&[gift], &[&crate::fixture::key("thief")]).unwrap();
    let told: BackstopDeposited = f.deposit_backstop(book, victim, usd(1_000.0) as u64).unwrap().event();
    let worth = i128::from(told.shares) * i128::from(f.cash(book)) / i128::from(told.total_shares);
    assert!(worth > i128::from(usd(999.8)), "{worth}");
    // What the thief can have back of ten thousand dollars is his one share of a million.
    f.request_backstop_leave(thief, 1).unwrap();
    f.set_time(f.backstop_stake(thief).leaves_at);
    f.refresh();
    let left: BackstopWithdrawn = f.withdraw_backstop(book, thief, 1).unwrap().event();
    assert!(left.amount_atoms < 20_000, "{}", left.amount_atoms);
}

/// The pool is an account like any other: what it has taken may bring it under as well.
#[test]
fn the_pool_itself_is_liquidated_by_others_and_never_by_itself() {
    let mut s = Story::begin(400.0, 1_000.0);
    let writer = s.writer("writer", 3_000.0, 10.0);
    s.run_to(writer, 700.0);
    s.f.call_backstop_for(s.book, s.caller, writer, 0.1).unwrap();
    assert!(s.f.position(s.book, s.call) < 0);
    while s.f.check_health(s.book).maintenance_atoms >= 0 {
        s.price += 5.0;
        s.f.set_price(ETH, s.price);
    }
    expect_error!(s.f.call_backstop(s.book, s.caller, s.book), PlimsollError::DuplicateAccount);
    // In breach it takes nothing more, not even what others would pay for.
    let refused = s.f.call_backstop_for(s.book, s.caller, writer, 0.01);
    expect_error!(refused, PlimsollError::InitialMargin);
    let told: AccountLiquidated = s.f.liquidate(s.maker, s.book).unwrap().event();
    assert_eq!(told.account, s.f.margin_key(s.book));
    assert!(s.f.check_health(s.book).maintenance_atoms >= 0);
}
