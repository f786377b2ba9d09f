//! What people do with their accounts, and with those of others.

use super::{Action, Outcome, Walk, FIRST_EXPIRY, SERIES, SOL};
use crate::chain::Receipt;
use crate::fixture::{TAKE_ALL, TAKE_OVER};
use crate::native;
use crate::{Failure, Market, Trader};
use plimsoll::health::Purpose;
use plimsoll::instructions::{BuyCollateralArgs, LiquidateArgs, TakeOverArgs};

fn part_of(amount: f64, part: f64) -> u64 {
    ((amount * part) as u64).max(1)
}

/// A fraction of at most one, scale 1e-9.
fn fraction(part: f64) -> i64 {
    ((part * 1e9) as i64).min(1_000_000_000)
}

impl Walk {
    /// None for what is none of these.
    pub(super) fn with_money(&mut self, action: &Action) -> Option<Outcome> {
        let money = self.deposits(action).or_else(|| self.takings(action));
        money.or_else(|| self.debts(action)).or_else(|| self.settlements(action))
    }

    fn deposits(&mut self, action: &Action) -> Option<Outcome> {
        Some(match *action {
            Action::Deposit { who, dollars } => {
                ("deposit", self.f.deposit(self.trader(who), u64::from(dollars) * 999_999))
            }
            Action::DepositSol { who, lamports } => {
                ("deposit_sol", self.f.deposit_token(self.trader(who), SOL, lamports))
            }
            Action::Withdraw { who, part } => {
                let trader = self.trader(who);
                let amount = part_of(self.f.cash(trader).max(0) as f64, part);
                ("withdraw", self.f.withdraw(trader, amount))
            }
            Action::WithdrawSol { who, part } => {
                let trader = self.trader(who);
                let held: u64 = self.f.account(trader).collaterals.iter().map(|slot| slot.balance_atoms).sum();
                ("withdraw_sol", self.f.withdraw_token(trader, SOL, part_of(held as f64, part)))
            }
            Action::Stake { dollars } => ("stake", self.f.stake(self.staker, u64::from(dollars) * 999_999)),
            Action::Unstake { part } => {
                let shares = (self.f.stake_of(self.staker).shares as f64 * part) as i64;
                let asked = self.f.request_unstake(self.staker, shares);
                ("unstake", asked.and_then(|_| self.f.unstake(self.staker)))
            }
            Action::Trade { taker, maker, series, gearing, premium } => {
                // Hardly anybody tries what has expired.
                let is_late = premium < 0.045;
                ("trade", self.trade((taker, maker), series, gearing, premium, is_late))
            }
            Action::Strip { who, maker, series, gearing } => {
                let sold = self.trade((who, maker), series, -gearing, 0.02, true);
                let trader = self.trader(who);
                ("strip", sold.and_then(|_| self.f.withdraw(trader, part_of(self.f.cash(trader).max(0) as f64, 1.0))))
            }
            _ => return None,
        })
    }

    /// A trade of a part of what the poorer of both can bear, or a little more.
    fn trade(
        &mut self,
        (taker, maker): (usize, usize),
        series: usize,
        gearing: f64,
        premium: f64,
        looks_at_clock: bool,
    ) -> Result<Receipt, Failure> {
        let has_expired = self.f.now() >= self.f.start() + FIRST_EXPIRY && (series / SERIES).is_multiple_of(2);
        let contract = self.contracts[if has_expired && looks_at_clock { series + SERIES } else { series }];
        let index = self.prices[contract.market.0];
        let (taker, maker) = (self.trader(taker), self.trader(maker));
        let size = gearing * self.wealth(taker).min(self.wealth(maker)).max(100.0) / index;
        self.f.trade(taker, maker, contract, size, index * premium)
    }

    /// Somebody who holds what has been settled in a market, or else whoever the number says.
    fn holder(&self, market: Market, who: usize) -> Trader {
        let (state, key) = (self.f.market(market), self.f.market_key(market));
        let holds = |trader: &Trader| {
            let account = self.f.account(*trader);
            let is_here = |slot: u8| account.underlyings[slot as usize] == key;
            let mut held = account.positions().iter().filter(|position| is_here(position.underlying));
            held.any(|position| state.expiries[position.expiry as usize].is_settled())
        };
        self.traders.iter().copied().find(holds).unwrap_or(self.trader(who))
    }

    /// Equity in USD.
    fn wealth(&self, trader: Trader) -> f64 {
        let valued = native::value(&self.f.world(), &self.f.account(trader), Purpose::View);
        valued.map_or(0.0, |valued| valued.report.equity.raw() as f64 / 1e6)
    }

    fn takings(&mut self, action: &Action) -> Option<Outcome> {
        Some(match *action {
            Action::Liquidate { who, whom, most } => {
                let victim = self.victim(whom, |_, _| true);
                let args = LiquidateArgs { max_fraction_e9: fraction(most), ..TAKE_ALL };
                ("liquidate", self.f.liquidate_with(self.trader(who), victim, args))
            }
            Action::TakeOver { who, whom, part } => {
                let victim = self.victim(whom, |_, report| report.equity.is_negative());
                let args = TakeOverArgs { fraction_e9: fraction(part), ..TAKE_OVER };
                ("take_over", self.f.take_over(self.trader(who), victim, args))
            }
            Action::Buy { who, lamports } => {
                let owes =
                    |account: &plimsoll::state::MarginAccount| account.cash_atoms < 0 && account.has_collateral();
                let victim = self.victim(who + 1, |account, report| owes(account) && !report.equity.is_negative());
                let args = BuyCollateralArgs {
                    collateral: self.f.token_key(SOL),
                    max_amount_atoms: lamports,
                    max_payment_atoms: i64::MAX,
                    liquidation_sequence: None,
                };
                ("buy", self.f.buy_collateral(self.trader(who), victim, args))
            }
            Action::Call { who } => ("call", self.f.call_margin(self.victim(who, |_, _| true))),
            Action::Flag { who } => ("flag", self.f.flag(self.victim(who, |_, _| true))),
            _ => return None,
        })
    }

    fn settlements(&mut self, action: &Action) -> Option<Outcome> {
        Some(match *action {
            Action::Collect { who } => {
                let owes = |trader: &Trader| {
                    let account = self.f.account(*trader);
                    account.insurance_due_atoms > 0 || account.loss_due_atoms > 0
                };
                let who = self.everybody().into_iter().find(owes).unwrap_or(self.trader(who));
                ("collect", self.f.collect_insurance(who))
            }
            Action::CollectFees { market } => ("collect_fees", self.f.collect_fees(Market(market))),
            Action::SettleExpiry { market, expiry } => ("settle_expiry", self.f.settle_expiry(Market(market), expiry)),
            Action::SettleAccount { market, who } => {
                ("settle_account", self.f.settle_account(Market(market), self.holder(Market(market), who)))
            }
            Action::Sync { market, who } => ("sync", self.f.sync_interest(Market(market), self.trader(who))),
            _ => return None,
        })
    }
}
