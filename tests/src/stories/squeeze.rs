//! A short option is squeezed by the market: written, called, sliced, taken whole, settled, paid out, closed.

use crate::fixture::{e9, Events, DAY};
use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountLiquidated, ExpirySettled, MarginCalled, PositionSettled};
use plimsoll::instructions::{AccountState, HealthReport};
use plimsoll_risk::liquidation::{max_fraction, required_payment, Breach};
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Value};

const ETH: Market = Market(0);

struct Story {
    f: Fixture,
    option: Contract,
    writer: Trader,
    buyer: Trader,
    liquidator: Trader,
    price: f64,
    /// How the price moves against the writer, in USD.
    step: f64,
}

impl Story {
    /// The writer sells four options at the money for 65 each, with 1 000 of its own cash.
    fn begin(is_put: bool) -> Self {
        let mut market = MarketSetup::default();
        // Prices are published every five minutes here.
        market.oracle.max_age_secs = 300;
        let mut f = Fixture::new(&Setup::default().with_market(market));
        let option = if is_put { f.put(ETH, 0, 1_500.0) } else { f.call(ETH, 0, 1_500.0) };
        let writer = f.trader("writer", 1_000.0);
        let buyer = f.trader("buyer", 5_000.0);
        let liquidator = f.trader("liquidator", 50_000.0);
        f.trade(buyer, writer, option, 4.0, 65.0).unwrap();
        let report = f.check_health(writer);
        assert_eq!(report.state, AccountState::Healthy);
        assert_eq!(report.worst.map(|item| item.series), Some(option.series));
        Self { f, option, writer, buyer, liquidator, price: 1_500.0, step: if is_put { -1.0 } else { 1.0 } }
    }

    /// Moves the price against the writer until the report is of the wanted kind.
    fn move_until(&mut self, is_reached: impl Fn(&HealthReport) -> bool) -> HealthReport {
        for _ in 0..400 {
            let report = self.f.check_health(self.writer);
            if is_reached(&report) {
                return report;
            }
            self.price += self.step;
            self.f.set_price(ETH, self.price);
        }
        panic!("the price went to {} without an effect", self.price);
    }

    /// IM is short, MM is not: the writer is called and may neither withdraw nor write more, but may buy back.
    fn margin_call(&mut self) {
        expect_error!(self.f.call_margin(self.writer), PlimsollError::NoMarginCall);
        let report = self.move_until(|report| report.initial_atoms < 0);
        assert_eq!(report.state, AccountState::Restricted);
        assert!(report.health_factor_e9 >= 1_000_000_000, "{report:?}");
        let called: MarginCalled = self.f.call_margin(self.writer).unwrap().event();
        assert_eq!((called.initial_atoms, called.maintenance_atoms), (report.initial_atoms, report.maintenance_atoms));
        assert_eq!((called.at, self.f.account(self.writer).margin_call_at), (self.f.now(), self.f.now()));
        expect_error!(self.f.call_margin(self.writer), PlimsollError::NoMarginCall);
        expect_error!(self.f.withdraw(self.writer, 1), PlimsollError::InitialMargin);
        let fair = -report.mark_atoms as f64 / 4e6;
        expect_error!(self.f.trade(self.writer, self.buyer, self.option, -0.1, fair), PlimsollError::InitialMargin);
        expect_error!(self.f.liquidate(self.liquidator, self.writer), PlimsollError::NotLiquidatable);
        self.f.trade(self.writer, self.buyer, self.option, 0.1, fair).unwrap();
    }

    /// A slice of exactly the lawful size leaves the writer at the buffer and pays the liquidator the discount.
    fn partial_liquidation(&mut self) {
        let report = self.move_until(|report| report.health_factor_e9 < 1_000_000_000);
        assert_eq!(report.state, AccountState::Liquidatable);
        let breach = Breach {
            equity: Value::from_raw(report.equity_atoms),
            maintenance: Value::from_raw(report.maintenance_atoms),
            paid_in: Value::ZERO,
        };
        let terms = LiquidationParams::DEFAULT;
        let fraction = max_fraction(&breach, terms.discount, &terms).unwrap();
        let payment = required_payment(&breach, terms.discount, fraction).unwrap().raw();
        assert!(fraction < Ratio::ONE, "{report:?}");
        let (before, size) = (self.f.check_health(self.liquidator), self.f.position(self.writer, self.option));
        let told: AccountLiquidated = self.f.liquidate(self.liquidator, self.writer).unwrap().event();
        assert_eq!((told.fraction_e9, told.payment_atoms), (fraction.raw(), payment));
        let worth = (i128::from(report.equity_atoms) * i128::from(fraction.raw())).div_euclid(1_000_000_000) as i64;
        assert_eq!(told.bonus_atoms, worth - payment);
        let after = self.f.check_health(self.writer);
        let (required, lot) = (after.equity_atoms - after.maintenance_atoms, self.price as i64 + 10);
        let target = required + required / 10;
        assert!((after.equity_atoms - target).abs() <= lot, "E {} and {target} differ", after.equity_atoms);
        let taken = (i128::from(size) * i128::from(fraction.raw())).div_euclid(1_000_000_000) as i64;
        assert_eq!(self.f.position(self.writer, self.option), size - taken);
        assert_eq!(self.f.position(self.liquidator, self.option), taken);
        let gain = self.f.check_health(self.liquidator).equity_atoms - before.equity_atoms + told.fee_atoms;
        assert!(
            (told.bonus_atoms - lot..=told.bonus_atoms + 3).contains(&gain),
            "gain {gain}, bonus {}",
            told.bonus_atoms
        );
    }

    /// With less equity than dust the account is taken whole.
    fn full_liquidation(&mut self) {
        let report = self.move_until(|report| report.equity_atoms <= usd(10.0));
        assert!(report.equity_atoms > 0, "{report:?}");
        let told: AccountLiquidated = self.f.liquidate(self.liquidator, self.writer).unwrap().event();
        assert_eq!(told.fraction_e9, 1_000_000_000);
        let account = self.f.account(self.writer);
        assert_eq!((account.position_count, account.cash_atoms), (0, told.payment_atoms));
        assert_eq!(account.liquidation_sequence, 2);
        self.f.call_margin(self.writer).unwrap();
        assert_eq!(self.f.account(self.writer).margin_call_at, 0);
    }

    /// Six prices, five minutes each, make the settlement price.
    fn settlement(&mut self) {
        let expiry_ts = self.f.start() + 7 * DAY;
        expect_error!(self.f.settle_expiry(ETH, 0), PlimsollError::NotExpired);
        self.f.set_time(expiry_ts - 1_800);
        let base = self.price.round();
        let prices = [0.0, 7.0, -3.0, 12.5, 1.0, -20.0].map(|away| base + away);
        for price in prices {
            self.f.set_price(ETH, price);
            self.f.advance(300);
        }
        let told: ExpirySettled = self.f.settle_expiry(ETH, 0).unwrap().event();
        let sum: i64 = prices.iter().map(|price| e9(*price)).sum();
        assert_eq!((told.settlement_e9, told.covered_secs, told.is_fallback), (sum / 6, 1_800, false));
        expect_error!(self.f.settle_expiry(ETH, 0), PlimsollError::AlreadySettled);
        expect_error!(self.f.settle_account(ETH, self.writer), PlimsollError::NothingToSettle);
        expect_error!(self.f.remove_expiry(ETH, 0), PlimsollError::OpenInterestLeft);
        let in_the_money = i128::from((told.settlement_e9 - e9(1_500.0)).abs());
        for trader in [self.buyer, self.liquidator] {
            let (size, cash) = (self.f.position(trader, self.option), self.f.cash(trader));
            let paid: PositionSettled = self.f.settle_account(ETH, trader).unwrap().event();
            assert_eq!(i128::from(paid.payoff_atoms), (i128::from(size) * in_the_money).div_euclid(1_000_000_000));
            assert_eq!(self.f.cash(trader), cash + paid.payoff_atoms);
            assert_eq!(self.f.position(trader, self.option), 0);
        }
        self.f.remove_expiry(ETH, 0).unwrap();
    }

    /// Everybody takes everything; what stays in the vault are the fees, the insurance fund's part of the bonuses, and at most an
    /// atom of rounding per account.
    fn everybody_leaves(&mut self) {
        self.f.create_insurance_fund(0).unwrap();
        self.f.collect_insurance(self.liquidator).unwrap();
        for trader in [self.writer, self.buyer, self.liquidator] {
            expect_error!(self.f.close_account(trader), PlimsollError::AccountNotEmpty);
            let (cash, wallet) = (self.f.cash(trader) as u64, self.f.quote_wallet(trader));
            let before = self.f.tokens_in(&wallet);
            self.f.withdraw(trader, cash).unwrap();
            assert_eq!(self.f.tokens_in(&wallet), before + cash);
            self.f.close_account(trader).unwrap();
            assert!(self.f.chain.account(&self.f.margin_key(trader)).is_none());
        }
        let (fees, rounding) = (self.f.market(ETH).fees_atoms, self.f.market(ETH).settlement_atoms);
        let insurance = self.f.insurance().cash_atoms;
        assert_eq!(self.f.tokens_in(&self.f.quote_vault) as i64, fees + rounding + insurance);
        assert!((0..=2).contains(&rounding), "rounding left {rounding} atoms");
        self.f.collect_fees(ETH).unwrap();
        assert_eq!(self.f.tokens_in(&self.f.fee_wallet()) as i64, fees);
        assert_eq!(self.f.tokens_in(&self.f.quote_vault) as i64, rounding + insurance);
    }

    fn tell(mut self) {
        self.margin_call();
        self.partial_liquidation();
        self.full_liquidation();
        self.settlement();
        self.everybody_leaves();
    }
}

#[test]
fn short_call_is_squeezed_by_a_rising_price() {
    Story::begin(false).tell();
}

#[test]
fn short_put_is_squeezed_by_a_falling_price() {
    Story::begin(true).tell();
}
