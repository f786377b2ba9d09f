//! Crashes: two hundred accounts at once, and what becomes of their debts.

use crate::fixture::{Events, ExpirySetup, DAY, TAKE_OVER};
use crate::native;
use crate::{Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::events::{AccountLiquidated, AccountTakenOver};
use plimsoll::health::Purpose;
use plimsoll::state::MarginMode;
use plimsoll_risk::margin::MarginReport;

const ETH: Market = Market(0);
/// How many accounts are in it.
pub const ACCOUNTS: usize = 200;

/// What became of everybody.
#[derive(Debug, Default)]
pub struct Aftermath {
    pub slices: usize,
    pub taken_over: usize,
    /// Σ −E of insolvent accounts as they were taken, and Σ of what was paid for them.
    pub debts: i64,
    pub support: i64,
    /// Longest time from the first sighting to the end.
    pub lag_secs: i64,
}

pub struct Crash {
    pub f: Fixture,
    pub writers: Vec<Trader>,
    pub takers: Vec<Trader>,
    pub aftermath: Aftermath,
}

impl Crash {
    /// Writers of calls and puts, each with another strike, size and reserve; makers who bought them; takers, and a fund.
    pub fn new(mode: MarginMode) -> Self {
        let market = MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::default() };
        let mut f = Fixture::new(&Setup { markets: vec![market], ..Setup::lite() }.without_fees());
        if mode == MarginMode::Portfolio {
            f.set_p2t(ETH);
        }
        f.insured(7 * DAY, 1_000_000.0);
        let maker = f.trader("maker", 10_000_000.0);
        let strikes: Vec<f64> = (0..8).map(|step| 1_300.0 + 50.0 * f64::from(step)).collect();
        let contracts: Vec<_> =
            strikes.iter().flat_map(|strike| [f.call(ETH, 0, *strike), f.put(ETH, 0, *strike)]).collect();
        let writers = (0..ACCOUNTS).map(|number| {
            let (size, reserve) = (1.0 + (number % 7) as f64, 400.0 + 14.0 * (number % 23) as f64);
            let writer = f.trader_in(&format!("writer {number}"), mode, reserve * size);
            let contract = contracts[number % contracts.len()];
            f.trade(writer, maker, contract, -size, 90.0).unwrap_or_else(|failure| panic!("{number}: {failure}"));
            writer
        });
        let writers = writers.collect();
        let takers = (0..4).map(|number| f.trader_in(&format!("taker {number}"), mode, 10_000_000.0)).collect();
        Self { f, writers, takers, aftermath: Aftermath::default() }
    }

    fn report(&self, trader: Trader) -> MarginReport {
        let world = self.f.world();
        let account = world.account(&self.f.margin_key(trader)).expect("nobody closes an account here");
        native::value(&world, account, Purpose::Liquidation).expect("prices are fresh").report
    }

    pub fn in_breach(&self) -> Vec<(Trader, MarginReport)> {
        let all = self.writers.iter().map(|writer| (*writer, self.report(*writer)));
        all.filter(|(_, report)| report.maintenance.is_negative()).collect()
    }

    /// So many of those in breach are taken, by one taker after the other; the others are seen.
    pub fn resolve(&mut self, at_most: usize) {
        let breached = self.in_breach();
        for (number, (writer, report)) in breached.into_iter().enumerate() {
            let taker = self.takers[number % self.takers.len()];
            if number >= at_most {
                self.f.flag(writer).unwrap();
                continue;
            }
            if report.equity.is_negative() {
                let told: AccountTakenOver = self.f.take_over(taker, writer, TAKE_OVER).unwrap().event();
                self.aftermath.taken_over += 1;
                self.aftermath.debts -= told.equity_before_atoms;
                self.aftermath.support += told.support_atoms;
                self.aftermath.lag_secs = self.aftermath.lag_secs.max(told.lag_secs);
            } else {
                let told: AccountLiquidated = self.f.liquidate(taker, writer).unwrap().event();
                self.aftermath.slices += 1;
                self.aftermath.lag_secs = self.aftermath.lag_secs.max(told.lag_secs);
            }
        }
    }
}

/// A gap in one price update: every account in breach is repaired or absorbed in the auction's first leg, and what the fund has paid
/// is what was owed, to the atom. The laws hold after every transaction: the fixture checks them.
pub fn gap(factor: f64, mode: MarginMode, at_most: usize) -> Aftermath {
    let mut crash = Crash::new(mode);
    assert!(crash.in_breach().is_empty(), "somebody begins in breach");
    let fund = crash.f.insurance().cash_atoms;
    crash.f.set_price(ETH, 1_500.0 * factor);
    let breached = crash.in_breach();
    let insolvent = breached.iter().filter(|(_, report)| report.equity.is_negative()).count();
    assert!(breached.len() >= ACCOUNTS / 5 && insolvent > 10, "{} in breach, {insolvent} insolvent", breached.len());
    let owed: i64 = breached.iter().map(|(_, report)| (-report.equity.raw()).max(0)).sum();
    let mut rounds = 0;
    while !crash.in_breach().is_empty() {
        crash.resolve(at_most);
        rounds += 1;
        assert!(rounds < 20, "{} accounts are still in breach", crash.in_breach().len());
        crash.f.pass(30);
    }
    let aftermath = crash.aftermath;
    assert_eq!(aftermath.taken_over, insolvent);
    assert!(aftermath.lag_secs <= crash.f.exchange_state().liquidation.fast_secs);
    let (paid, fund_after) = (crash.f.insurance().paid_atoms, crash.f.insurance().cash_atoms);
    assert_eq!((aftermath.support, fund - fund_after), (paid, paid));
    if at_most == ACCOUNTS {
        assert_eq!((paid, aftermath.debts), (owed, owed), "bad debt");
    }
    assert!(paid >= aftermath.debts);
    aftermath
}
