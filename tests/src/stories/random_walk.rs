//! Random days on an exchange: whatever people try in whatever order, every law holds after every transaction.
//!
//! Most actions may fail, and then change nothing; none may fail with anything but an error the program declares.

use crate::fixture::{ExpirySetup, TAKE_ALL, TAKE_OVER};
use crate::native;
use crate::{usd, Contract, Failure, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::health::{Health, Purpose};
use plimsoll::instructions::{LiquidateArgs, TakeOverArgs};
use plimsoll::state::MarginMode;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One thing somebody tries. Numbers are indices, taken modulo what there is, or parts of what is possible.
#[derive(Clone, Debug)]
enum Action {
    Deposit { who: usize, dollars: u32 },
    DepositSol { who: usize, lamports: u64 },
    Withdraw { who: usize, part: f64 },
    WithdrawSol { who: usize, part: f64 },
    Trade { taker: usize, maker: usize, series: usize, size_e6: i64, premium: f64 },
    Move { market: usize, factor: f64 },
    MoveSol { factor: f64 },
    Liquidate { who: usize, whom: usize, most: f64 },
    TakeOver { who: usize, whom: usize, part: f64 },
    Stake { dollars: u32 },
    Unstake { part: f64 },
    Collect { who: usize },
    Call { who: usize },
    Flag { who: usize },
    Pass { secs: i64 },
    SettleExpiry { market: usize, expiry: u8 },
    SettleAccount { market: usize, who: usize },
    Sync { market: usize, who: usize },
}

fn an_action() -> impl Strategy<Value = Action> {
    use Action::*;
    let who = 0usize..5;
    prop_oneof![
        1 => (who.clone(), 1u32..5_000).prop_map(|(who, dollars)| Deposit { who, dollars }),
        1 => (who.clone(), 1u64..50_000_000_000).prop_map(|(who, lamports)| DepositSol { who, lamports }),
        1 => (who.clone(), 0.0f64..0.4).prop_map(|(who, part)| Withdraw { who, part }),
        1 => (who.clone(), 0.0f64..1.1).prop_map(|(who, part)| WithdrawSol { who, part }),
        14 => (who.clone(), who.clone(), 0usize..12, -20_000_000i64..20_000_000, 0.01f64..0.15)
            .prop_map(|(taker, maker, series, size_e6, premium)| Trade { taker, maker, series, size_e6, premium }),
        5 => (0usize..2, 0.7f64..1.45).prop_map(|(market, factor)| Move { market, factor }),
        1 => (0.6f64..1.4).prop_map(|factor| MoveSol { factor }),
        8 => (who.clone(), who.clone(), 0.01f64..1.5).prop_map(|(who, whom, most)| Liquidate { who, whom, most }),
        6 => (who.clone(), who.clone(), prop_oneof![0.01f64..0.2, 0.2f64..1.5]).prop_map(|(who, whom, part)| TakeOver { who, whom, part }),
        1 => (1u32..2_000).prop_map(|dollars| Stake { dollars }),
        1 => (0.0f64..1.1).prop_map(|part| Unstake { part }),
        1 => who.clone().prop_map(|who| Collect { who }),
        2 => who.clone().prop_map(|who| Call { who }),
        3 => who.clone().prop_map(|who| Flag { who }),
        3 => (1i64..12_000).prop_map(|secs| Pass { secs }),
        3 => (1i64..300).prop_map(|secs| Pass { secs }),
        2 => (0usize..2, 0u8..2).prop_map(|(market, expiry)| SettleExpiry { market, expiry }),
        2 => (0usize..2, who.clone()).prop_map(|(market, who)| SettleAccount { market, who }),
        2 => (0usize..2, who).prop_map(|(market, who)| Sync { market, who }),
    ]
}

const SOL: Token = Token(0);

struct Walk {
    f: Fixture,
    traders: Vec<Trader>,
    staker: Trader,
    contracts: Vec<Contract>,
    prices: [f64; 2],
    sol: f64,
    /// How often what succeeded or failed: the walk has to get somewhere.
    done: BTreeMap<&'static str, usize>,
}

impl Walk {
    fn begin(slow_secs: i64) -> Self {
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
                f.deposit(trader, usd(6_000.0 * 3f64.powi(number as i32)) as u64).expect("a deposit");
                trader
            })
            .collect();
        let staker = f.insured(0, 5_000.0);
        Self { f, traders, staker, contracts, prices, sol: 150.0, done: BTreeMap::new() }
    }

    /// Somebody who can be liquidated, or is insolvent, or else whoever the number says.
    fn victim(&self, number: usize, is_insolvent: bool) -> Trader {
        let world = self.f.world();
        let is_breached = |trader: &&Trader| {
            let account = world.account(&self.f.margin_key(**trader)).expect("nobody closes an account here");
            let valued = native::value(&world, account, Purpose::Liquidation);
            valued.is_ok_and(|Health { report, .. }| match is_insolvent {
                true => report.equity.is_negative(),
                false => report.maintenance.is_negative(),
            })
        };
        *self.traders.iter().find(is_breached).unwrap_or(&self.traders[number % self.traders.len()])
    }

    fn act(&mut self, action: &Action) {
        let victim = match *action {
            Action::TakeOver { whom, .. } => self.victim(whom, true),
            Action::Liquidate { whom, .. } => self.victim(whom, false),
            Action::Call { who } | Action::Flag { who } => self.victim(who, false),
            _ => self.traders[0],
        };
        let f = &mut self.f;
        let trader = |who: usize| self.traders[who % self.traders.len()];
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
            Action::Stake { dollars } => ("stake", f.stake(self.staker, u64::from(dollars) * 999_999)),
            Action::Unstake { part } => {
                let shares = (f.stake_of(self.staker).shares as f64 * part) as i64;
                let asked = f.request_unstake(self.staker, shares);
                ("unstake", asked.and_then(|_| f.unstake(self.staker)))
            }
            Action::Collect { who } => ("collect", f.collect_insurance(trader(who))),
            Action::Call { .. } => ("call", f.call_margin(victim)),
            Action::Flag { .. } => ("flag", f.flag(victim)),
            Action::Pass { secs } => {
                f.pass(secs);
                ("pass", f.update_stable_price())
            }
            Action::SettleExpiry { market, expiry } => ("settle_expiry", f.settle_expiry(Market(market), expiry)),
            Action::SettleAccount { market, who } => ("settle_account", f.settle_account(Market(market), trader(who))),
            Action::Sync { market, who } => ("sync", f.sync_interest(Market(market), trader(who))),
        };
        match result {
            Ok(_) => *self.done.entry(name).or_default() += 1,
            Err(failure) => require_declared(action, &failure),
        }
    }

    /// Some expiries are over; everybody is settled and every underlying's balance of payoffs is not negative.
    fn end(&mut self) {
        self.f.set_time(self.f.start() + 11 * 86_400);
        for market in (0..2).map(Market) {
            for expiry in 0..2 {
                let settled = self.f.settle_expiry(market, expiry);
                let is_settled = self.f.market(market).expiries[expiry as usize].is_settled();
                assert!(is_settled, "{settled:?}");
            }
            for trader in self.traders.clone() {
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

proptest! {
    #![proptest_config(super::cases(24))]

    #[test]
    fn prop_laws_hold_on_random_days(
        actions in prop::collection::vec(an_action(), 60..=60), slow_secs in prop::sample::select(vec![0i64, 300]),
    ) {
        let mut walk = Walk::begin(slow_secs);
        for action in &actions {
            walk.act(action);
        }
        walk.end();
    }
}

#[test]
fn random_days_reach_every_kind_of_action() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut done: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..12 {
        let actions = prop::collection::vec(an_action(), 120..=120).new_tree(&mut runner).unwrap().current();
        let mut walk = Walk::begin(0);
        for action in &actions {
            walk.act(action);
        }
        for (name, times) in walk.done {
            *done.entry(name).or_default() += times;
        }
    }
    let names = [
        "trade",
        "liquidate",
        "take_over",
        "stake",
        "unstake",
        "collect",
        "withdraw",
        "withdraw_sol",
        "settle_expiry",
        "settle_account",
        "call",
        "flag",
    ];
    for name in names {
        assert!(done.get(name).is_some_and(|times| *times > 0), "{name} never succeeded: {done:?}");
    }
}
