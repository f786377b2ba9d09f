//! What people do about breaches and debts: hedges, the backstop, ranks, deleveraging, shared losses.

use super::{Action, Outcome, Walk, FIRST_EXPIRY, SOL};
use crate::fixture::{buy_all, e9, new_hedge};
use crate::{Contract, Market, Trader};
use plimsoll::instructions::BuyCollateralArgs;
use plimsoll::state::Series;
use plimsoll_risk::liquidation::strike_step;
use plimsoll_risk::units::Price;

impl Walk {
    pub(super) fn debts(&mut self, action: &Action) -> Option<Outcome> {
        Some(match *action {
            Action::CallBackstop { who, whom, part } => {
                let victim = self.victim(whom, |_, _| true);
                ("call_backstop", self.f.call_backstop_for(self.book, self.trader(who), victim, part.min(1.0)))
            }
            Action::Back { dollars } => {
                ("back", self.f.deposit_backstop(self.book, self.backer, u64::from(dollars) * 999_999))
            }
            Action::Leave { part } => {
                let shares = (self.f.backstop_stake(self.backer).shares as f64 * part) as i64;
                let asked = self.f.request_backstop_leave(self.backer, shares);
                ("leave", asked.and_then(|_| self.f.withdraw_backstop(self.book, self.backer, shares)))
            }
            Action::BuyOfBackstop { who } => {
                let args = buy_all(self.f.token_key(SOL));
                ("buy_of_backstop", self.f.buy_backstop_collateral(self.book, self.trader(who), args))
            }
            Action::Hedge { who, whom, series, part } => {
                let victim = self.victim(whom, |_, report| !report.equity.is_negative());
                let (short, size) = self.short_of(victim).unwrap_or((self.contracts[series], 0.1));
                ("hedge", self.f.hedge(self.trader(who), victim, short.market, short.hedge(size * part)))
            }
            Action::HedgeNew { who, whom, away, part } => {
                let victim = self.victim(whom, |_, report| !report.equity.is_negative());
                let (short, size) = self.short_of(victim).unwrap_or((self.contracts[0], 0.1));
                let (series, index) = (self.f.series(short), self.prices[short.market.0]);
                let (is_put, step) = (series.kind == Series::PUT, strike_step(Price::from_raw(e9(index))).raw());
                let strike = e9(index * if is_put { 1.0 - away } else { 1.0 + away }) / step * step;
                let args = new_hedge(series.expiry, is_put, strike as f64 / 1e9, size * part);
                ("hedge_new", self.f.hedge(self.trader(who), victim, short.market, args))
            }
            Action::Outlast { who } => ("outlast", self.outlast(self.insolvent(who))),
            Action::Rank { who, series } => {
                let contract = self.contracts[series];
                self.prepare_queue(contract);
                ("rank", self.f.rank(self.trader(who), contract))
            }
            Action::Deleverage { who } => ("deleverage", self.deleverage(who)),
            Action::Share { who } => ("share", self.share(who)),
            _ => return None,
        })
    }

    /// The first contract an account is short in, and how much of it.
    fn short_of(&self, account: Trader) -> Option<(Contract, f64)> {
        let size = |contract: &Contract| self.f.position(account, *contract) as f64 / -1e6;
        self.contracts.iter().map(|contract| (*contract, size(contract))).find(|(_, size)| *size > 0.0)
    }

    /// All margin accounts.
    pub(super) fn everybody(&self) -> Vec<Trader> {
        self.traders.iter().copied().chain([self.book]).collect()
    }

    /// Somebody insolvent is seen so for the length of his auction, while the staker runs.
    fn outlast(&mut self, victim: Trader) -> Result<crate::chain::Receipt, crate::Failure> {
        let shares = self.f.stake_of(self.staker).shares;
        if shares > 0 && self.f.request_unstake(self.staker, shares).is_ok() {
            let _ = self.f.unstake(self.staker);
        }
        let terms = self.f.exchange_state().liquidation;
        for _ in 0..30 {
            self.f.flag(victim)?;
            if self.f.account(victim).auction.insolvent_secs >= terms.insolvent_secs {
                break;
            }
            self.f.pass(terms.max_gap_secs);
        }
        self.f.flag(victim)
    }

    /// Somebody's debt is all that is left after the first expiry, and everybody bears it.
    fn share(&mut self, who: usize) -> Result<crate::chain::Receipt, crate::Failure> {
        let victim = self.insolvent(who);
        let left = self.f.start() + FIRST_EXPIRY + 3_600 - self.f.now();
        if left > 0 && self.short_of(victim).is_some() {
            self.f.pass(left);
        }
        for market in (0..2).map(Market) {
            let _ = self.f.settle_expiry(market, 0);
            let _ = self.f.settle_account(market, victim);
        }
        let _ = self.outlast(victim);
        self.sell_out(victim, who);
        let shared = self.f.share_loss(victim);
        for trader in self.everybody() {
            let _ = self.f.collect_insurance(trader);
        }
        shared
    }

    /// Somebody buys all the collateral there is.
    fn sell_out(&mut self, victim: Trader, who: usize) {
        let args = BuyCollateralArgs {
            collateral: self.f.token_key(SOL),
            max_amount_atoms: u64::MAX,
            max_payment_atoms: i64::MAX,
            liquidation_sequence: None,
        };
        let _ = self.f.buy_collateral(self.trader(who), victim, args);
    }

    fn insolvent(&self, who: usize) -> Trader {
        self.victim(who, |_, report| report.equity.is_negative())
    }

    fn prepare_queue(&mut self, contract: Contract) {
        if self.f.chain.account(&self.f.queue_key(contract)).is_none() {
            self.f.open_queue(contract).expect("a queue of a listed series opens");
        }
    }

    /// A short of somebody insolvent is closed against the first of those who hold its series.
    fn deleverage(&mut self, who: usize) -> Result<crate::chain::Receipt, crate::Failure> {
        let victim = self.victim(who, |account, report| {
            report.equity.is_negative() && account.positions().iter().any(|position| position.size_e6 < 0)
        });
        let short = self.contracts.iter().copied().find(|contract| self.f.position(victim, *contract) < 0);
        let contract = short.unwrap_or(self.contracts[0]);
        self.prepare_queue(contract);
        let _ = self.outlast(victim);
        self.sell_out(victim, who);
        for trader in self.everybody() {
            let _ = self.f.rank(trader, contract);
        }
        let ranks = self.f.queue(contract).ranks;
        let first = ranks.iter().max_by_key(|rank| rank.score_e9).expect("a queue has places").account;
        let held = |trader: &Trader| self.f.margin_key(*trader) == first;
        let everybody = self.everybody();
        let counterparty = everybody.iter().copied().find(held).unwrap_or(everybody[(who + 1) % everybody.len()]);
        self.f.deleverage(victim, counterparty, contract)
    }
}
