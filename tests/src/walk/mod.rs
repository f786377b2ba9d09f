//! Random days on an exchange: whatever people try in whatever order, every law holds after every transaction.
//!
//! Most actions may fail, and then change nothing; none may fail with anything but an error the program declares.

mod actions;

pub use actions::{an_action, Action};

use crate::fixture::{buy_all, ExpirySetup, TAKE_ALL, TAKE_OVER};
use crate::native;
use crate::{usd, Contract, Failure, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::health::{Health, Purpose};
use plimsoll::instructions::{BuyCollateralArgs, LiquidateArgs, TakeOverArgs};
use plimsoll::state::{MarginAccount, MarginMode};
use plimsoll_risk::margin::MarginReport;
use std::collections::BTreeMap;

const SOL: Token = Token(0);

/// An exchange with five traders, a staker and a backstop, and what they have done.
pub struct Walk {
    f: Fixture,
    traders: Vec<Trader>,
    staker: Trader,
    backer: Trader,
    /// The backstop's account.
    book: Trader,
    contracts: Vec<Contract>,
    prices: [f64; 2],
    sol: f64,
    /// How often what succeeded or failed: the walk has to get somewhere.
    pub done: BTreeMap<&'static str, usize>,
}

impl Walk {
    /// Five traders, one of them in isolated mode, a staker, a backstop, two markets and a collateral.
    pub fn begin(slow_secs: i64) -> Self {
        let prices = [1_500.0, 60_000.0];
        let market = |symbol, price| {
            let mut setup = MarketSetup::new(symbol, price);
            setup.expiries = vec![ExpirySetup::after(36_000), ExpirySetup::after(10 * 86_400)];
            setup.oracle.slow_secs = slow_secs;
            setup
        };
        let markets = vec![market("ETH", prices[0]), market("BTC", prices[1])];
        let mut f = Fixture::new(&Setup { markets, ..Setup::lite() });
        let mut contracts = vec![];
        for (number, price) in prices.iter().enumerate() {
            for expiry in 0..2 {
                contracts.push(f.call(Market(number), expiry, price * 1.05));
                contracts.push(f.put(Market(number), expiry, price * 0.95));
                contracts.push(f.call(Market(number), expiry, price * 1.3));
            }
        }
        let traders = ["anna", "bela", "cora", "dora", "egon"]
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let mode = if number == 4 { MarginMode::Isolated } else { MarginMode::Cross };
                let trader = f.open_account(name, mode);
                let dollars = 6_000.0 * 3f64.powi(number as i32);
                // Half in cash, half in SOL.
                f.deposit(trader, usd(dollars / 2.0) as u64).expect("a deposit");
                f.deposit_token(trader, SOL, (dollars / 300.0 * 1e9) as u64).expect("a deposit of SOL");
                trader
            })
            .collect();
        let staker = f.insured(0, 5_000.0);
        let (backer, book) = f.backed(&[Market(0), Market(1)], 200_000.0);
        // Shares leave on the day they ask, which no admin can set.
        f.edit_backstop(|backstop| backstop.terms.cooldown_secs = 0);
        Self { f, traders, staker, backer, book, contracts, prices, sol: 150.0, done: BTreeMap::new() }
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
        *self.traders.iter().chain([&self.book]).find(is_suited).unwrap_or(&self.traders[number % self.traders.len()])
    }

    /// Tries an action; one that fails changes nothing, and fails with an error the program declares.
    pub fn act(&mut self, action: &Action) {
        let victim = match *action {
            Action::TakeOver { whom, .. } => self.victim(whom, |_, report| report.equity.is_negative()),
            Action::Liquidate { whom, .. } | Action::CallBackstop { whom, .. } => self.victim(whom, |_, _| true),
            Action::Buy { who, .. } => self.victim(who + 1, |account, _| account.cash_atoms < 0),
            Action::Call { who } | Action::Flag { who } => self.victim(who, |_, _| true),
            _ => self.traders[0],
        };
        let f = &mut self.f;
        let trader = |who: usize| self.traders[who % self.traders.len()];
        let anyone = |who: usize| if who == self.traders.len() { self.book } else { self.traders[who] };
        let part_of = |amount: f64, part: f64| ((amount * part) as u64).max(1);
        let (name, result) = match *action {
            Action::Deposit { who, dollars } => ("deposit", f.deposit(trader(who), u64::from(dollars) * 999_999)),
            Action::DepositSol { who, lamports } => ("deposit_sol", f.deposit_token(trader(who), SOL, lamports)),
            Action::Withdraw { who, part } => {
                let amount = part_of(f.cash(trader(who)).max(0) as f64, part);
                ("withdraw", f.withdraw(trader(who), amount))
            }
            Action::WithdrawSol { who, part } => {
                let held: u64 = f.account(trader(who)).collaterals.iter().map(|slot| slot.balance_atoms).sum();
                ("withdraw_sol", f.withdraw_token(trader(who), SOL, part_of(held as f64, part)))
            }
            Action::Trade { taker, maker, series, size_e6, premium } => {
                let contract = self.contracts[series];
                let index = self.prices[contract.market.0];
                // Sizes of about the same worth in both markets.
                let size = size_e6 as f64 / 1e6 * 1_500.0 / index;
                ("trade", f.trade(trader(taker), trader(maker), contract, size, index * premium))
            }
            Action::Move { market, factor } => {
                self.prices[market] = (self.prices[market] * factor).clamp(50.0, 900_000.0);
                f.set_price(Market(market), self.prices[market]);
                ("move", f.update_stable_price())
            }
            Action::MoveSol { factor } => {
                self.sol = (self.sol * factor).clamp(1.0, 10_000.0);
                f.set_collateral_price(SOL, self.sol);
                ("move_sol", f.update_stable_price())
            }
            Action::Liquidate { who, most, .. } => {
                let max_fraction_e9 = ((most * 1e9) as i64).min(1_000_000_000);
                let args = LiquidateArgs { max_fraction_e9, ..TAKE_ALL };
                ("liquidate", f.liquidate_with(trader(who), victim, args))
            }
            Action::TakeOver { who, part, .. } => {
                let fraction_e9 = ((part * 1e9) as i64).min(1_000_000_000);
                ("take_over", f.take_over(trader(who), victim, TakeOverArgs { fraction_e9, ..TAKE_OVER }))
            }
            Action::Buy { who, lamports } => {
                let args = BuyCollateralArgs {
                    collateral: f.token_key(SOL),
                    max_amount_atoms: lamports,
                    max_payment_atoms: i64::MAX,
                    liquidation_sequence: None,
                };
                ("buy", f.buy_collateral(trader(who), victim, args))
            }
            Action::CallBackstop { who, part, .. } => {
                ("call_backstop", f.call_backstop_for(self.book, trader(who), victim, part.min(1.0)))
            }
            Action::BuyOfBackstop { who } => {
                let args = buy_all(f.token_key(SOL));
                ("buy_of_backstop", f.buy_backstop_collateral(self.book, trader(who), args))
            }
            Action::Back { dollars } => {
                ("back", f.deposit_backstop(self.book, self.backer, u64::from(dollars) * 999_999))
            }
            Action::Leave { part } => {
                let shares = (f.backstop_stake(self.backer).shares as f64 * part) as i64;
                let asked = f.request_backstop_leave(self.backer, shares);
                ("leave", asked.and_then(|_| f.withdraw_backstop(self.book, self.backer, shares)))
            }
            Action::Stake { dollars } => ("stake", f.stake(self.staker, u64::from(dollars) * 999_999)),
            Action::Unstake { part } => {
                let shares = (f.stake_of(self.staker).shares as f64 * part) as i64;
                let asked = f.request_unstake(self.staker, shares);
                ("unstake", asked.and_then(|_| f.unstake(self.staker)))
            }
            Action::Collect { who } => {
                let owes = |trader: &&Trader| f.account(**trader).insurance_due_atoms > 0;
                let who = *self.traders.iter().chain([&self.book]).find(owes).unwrap_or(&trader(who));
                ("collect", f.collect_insurance(who))
            }
            Action::Call { .. } => ("call", f.call_margin(victim)),
            Action::Flag { .. } => ("flag", f.flag(victim)),
            Action::Pass { secs } => {
                f.pass(secs);
                ("pass", f.update_stable_price())
            }
            Action::SettleExpiry { market, expiry } => ("settle_expiry", f.settle_expiry(Market(market), expiry)),
            Action::SettleAccount { market, who } => ("settle_account", f.settle_account(Market(market), anyone(who))),
            Action::Sync { market, who } => ("sync", f.sync_interest(Market(market), anyone(who))),
        };
        match result {
            Ok(_) => *self.done.entry(name).or_default() += 1,
            Err(failure) => require_declared(action, &failure),
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
            for trader in self.traders.iter().copied().chain([self.book]).collect::<Vec<_>>() {
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
fn require_declared(action: &Action, failure: &Failure) {
    let overflow = anchor_lang::error::ERROR_CODE_OFFSET + PlimsollError::Overflow as u32;
    let is_declared = failure.code.is_some_and(|code| (6_000..7_000).contains(&code) && code != overflow);
    assert!(is_declared, "{action:?} failed with {failure}");
}
