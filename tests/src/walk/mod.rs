//! Random days on an exchange: whatever people try in whatever order, every law holds after every transaction.
//!
//! Most actions may fail, and then change nothing; none may fail with anything but an error the program declares.

mod actions;
mod losses;
mod money;
mod outside;

pub use actions::{an_action, Action, Terms};

use crate::chain::{Backend, Receipt};
use crate::fixture::ExpirySetup;
use crate::native;
use crate::{usd, Contract, Failure, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::health::{Health, Purpose};
use plimsoll::state::{MarginAccount, MarginMode};
use plimsoll_risk::margin::MarginReport;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

const SOL: Token = Token(0);

/// When the first expiry ends.
const FIRST_EXPIRY: i64 = 14_400;
/// Series of one expiry.
const SERIES: usize = 3;

/// Draws the actions of a day: the same seed gives the same days.
pub fn runner(seed: u64, day: u64) -> TestRunner {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&day.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// What an action is called, and what came of it.
type Outcome = (&'static str, Result<Receipt, Failure>);

/// An exchange with six traders and a staker, and what they have done.
pub struct Walk {
    pub f: Fixture,
    traders: Vec<Trader>,
    staker: Trader,
    backer: Trader,
    /// The backstop's account.
    book: Trader,
    contracts: Vec<Contract>,
    prices: [f64; 2],
    /// Half widths of their intervals, as parts of the prices.
    widths: [f64; 2],
    sol: f64,
    /// How often what succeeded: the walk has to get somewhere.
    pub done: BTreeMap<&'static str, usize>,
    /// How often what failed with which error.
    pub failed: BTreeMap<(&'static str, u32), usize>,
}

impl Walk {
    /// Six traders, one of them in isolated and one in portfolio mode, a staker, two markets and a collateral.
    pub fn begin(backend: Backend, slow_secs: i64) -> Self {
        thread_local! {
            static FIRST: RefCell<BTreeMap<i64, Walk>> = const { RefCell::new(BTreeMap::new()) };
        }
        if backend != Backend::Native {
            return Self::build(backend, slow_secs);
        }
        // The first moment of every day is the same: it is made once and then copied.
        let first = |days: &mut BTreeMap<i64, Self>| {
            days.entry(slow_secs).or_insert_with(|| Self::build(backend, slow_secs)).fork()
        };
        FIRST.with_borrow_mut(first)
    }

    fn build(backend: Backend, slow_secs: i64) -> Self {
        let prices = [1_500.0, 60_000.0];
        let market = |symbol, price| {
            let mut setup = MarketSetup::new(symbol, price);
            setup.expiries = vec![ExpirySetup::after(FIRST_EXPIRY), ExpirySetup::after(10 * 86_400)];
            setup.oracle.slow_secs = slow_secs;
            setup
        };
        let markets = vec![market("ETH", prices[0]), market("BTC", prices[1])];
        let mut f = Fixture::new(&Setup { markets, backend, ..Setup::default() });
        let mut contracts = vec![];
        for (number, price) in prices.iter().enumerate() {
            for expiry in 0..2 {
                contracts.push(f.call(Market(number), expiry, price * 1.05));
                contracts.push(f.put(Market(number), expiry, price * 0.95));
                contracts.push(f.call(Market(number), expiry, price * 1.3));
            }
        }
        let traders = ["anna", "bela", "cora", "dora", "egon", "fred"]
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let mode = match number {
                    4 => MarginMode::Isolated,
                    5 => MarginMode::Portfolio,
                    _ => MarginMode::Cross,
                };
                let trader = f.open_account(name, mode);
                let dollars = 6_000.0 * 3f64.powi(number as i32 % 5);
                // Some in cash, the rest in SOL: who has little cash comes to owe some.
                let cash = if number % 2 == 0 { 0.3 } else { 0.02 };
                f.deposit(trader, usd(dollars * cash) as u64).expect("a deposit");
                f.deposit_token(trader, SOL, (dollars * (1.0 - cash) / 150.0 * 1e9) as u64).expect("a deposit of SOL");
                trader
            })
            .collect();
        let staker = f.insured(0, 5_000.0);
        f.collect_fees(Market(0)).expect_err("nobody has paid any");
        let (backer, book) = f.backed(&[Market(0), Market(1)], 20_000.0);
        // Shares leave on the day they ask, which no admin can set.
        f.edit_backstop(|backstop| backstop.terms.cooldown_secs = 0);
        // What follows is counted.
        f.transactions = 0;
        let (done, failed) = Default::default();
        Self { f, traders, staker, backer, book, contracts, prices, widths: [0.0; 2], sol: 150.0, done, failed }
    }

    fn fork(&self) -> Self {
        let (traders, contracts) = (self.traders.clone(), self.contracts.clone());
        let (done, failed) = Default::default();
        let &Self { staker, backer, book, prices, widths, sol, .. } = self;
        Self { f: self.f.fork(), traders, staker, backer, book, contracts, prices, widths, sol, done, failed }
    }

    /// Somebody in breach whom the action suits, or else whoever the number says.
    fn victim(&self, number: usize, suits: impl Fn(&MarginAccount, &MarginReport) -> bool) -> Trader {
        let world = self.f.world();
        let is_suited = |trader: &&Trader| {
            let account = world.account(&self.f.margin_key(**trader)).expect("nobody closes an account here");
            let valued = native::value(&world, account, Purpose::Liquidation);
            valued.is_ok_and(|Health { report, .. }| report.maintenance.is_negative() && suits(account, &report))
        };
        // The backstop's account may be a victim as well.
        *self.traders.iter().chain([&self.book]).find(is_suited).unwrap_or(&self.trader(number))
    }

    fn trader(&self, who: usize) -> Trader {
        self.traders[who % self.traders.len()]
    }

    /// Tries an action; one that fails changes nothing, and fails with an error the program declares, whose code is returned.
    pub fn act(&mut self, action: &Action) -> Result<Receipt, u32> {
        let (name, result) = self.with_money(action).unwrap_or_else(|| self.befall(action));
        match result {
            Ok(receipt) => {
                *self.done.entry(name).or_default() += 1;
                Ok(receipt)
            }
            Err(failure) => {
                let code = require_declared(action, &failure);
                *self.failed.entry((name, code)).or_default() += 1;
                Err(code)
            }
        }
    }

    /// Some expiries are over; everybody is settled and every underlying's balance of payoffs is not negative.
    pub fn end(&mut self) {
        self.f.set_time(self.f.start() + 11 * 86_400);
        for market in (0..2).map(Market) {
            for expiry in 0..2 {
                let settled = self.f.settle_expiry(market, expiry);
                let is_settled = self.f.market(market).expiries[expiry as usize].is_settled();
                assert!(is_settled, "{settled:?}");
            }
            for trader in self.everybody() {
                let _ = self.f.settle_account(market, trader);
                let account = self.f.account(trader);
                assert!(!account.underlyings.contains(&self.f.market_key(market)));
            }
            let left = self.f.market(market).settlement_atoms;
            assert!((0..1_000).contains(&left), "settlement leaves {left} atoms");
        }
    }
}

/// Failures of the program's own making, arithmetic excepted: nothing here is large enough to overflow.
fn require_declared(action: &Action, failure: &Failure) -> u32 {
    let overflow = anchor_lang::error::ERROR_CODE_OFFSET + PlimsollError::Overflow as u32;
    let code = failure.code.filter(|code| (6_000..7_000).contains(code) && *code != overflow);
    code.unwrap_or_else(|| panic!("{action:?} failed with {failure}"))
}
