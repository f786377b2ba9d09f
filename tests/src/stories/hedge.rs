//! Writers in breach who are saved by options instead of slices: none of them sells a position or any collateral.

use crate::fixture::{new_hedge, Events};
use crate::{usd, Contract, ExpectedCode, Fixture, Market, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::AccountHedged;
use plimsoll::instructions::{HealthReport, HedgeArgs};
use plimsoll::state::{Auction, MarginMode};

const ETH: Market = Market(0);
const SOL: Token = Token(0);
const MODES: [MarginMode; 2] = [MarginMode::Cross, MarginMode::Portfolio];

struct Story {
    f: Fixture,
    writer: Trader,
    maker: Trader,
    provider: Trader,
    price: f64,
}

impl Story {
    /// Somebody with this much cash and SOL, and a provider with plenty.
    fn begin(mode: MarginMode, dollars: f64, lamports: u64) -> Self {
        let mut f = Fixture::new(&Setup::lite().without_fees());
        let writer = f.trader_in("writer", mode, dollars);
        if lamports > 0 {
            f.deposit_token(writer, SOL, lamports).unwrap();
        }
        let provider = f.trader_in("provider", mode, 1_000_000.0);
        let maker = f.trader("maker", 1_000_000.0);
        Self { f, writer, maker, provider, price: 1_500.0 }
    }

    fn sell(&mut self, contract: Contract, size: f64, price: f64) {
        self.f.trade(self.writer, self.maker, contract, -size, price).unwrap();
    }

    /// Moves the price by steps until the writer is in breach.
    fn breach(&mut self, step: f64) -> HealthReport {
        for _ in 0..400 {
            let report = self.f.check_health(self.writer);
            if report.maintenance_atoms < 0 {
                assert!(report.equity_atoms > 0, "{report:?}");
                return report;
            }
            self.price += step;
            self.f.set_price(ETH, self.price);
        }
        panic!("the price went to {} without an effect", self.price);
    }

    /// The provider looks for a size, at most this one, that is neither of no use nor too large, and sells it.
    fn cover(&mut self, of_size: impl Fn(f64) -> HedgeArgs, most: f64) -> AccountHedged {
        let (mut low, mut high) = (0.0, most);
        let mut size = most;
        for _ in 0..20 {
            let sent = self.f.hedge(self.provider, self.writer, ETH, of_size(size));
            match sent {
                Ok(receipt) => return receipt.event(),
                Err(failure) if failure.code == Some(PlimsollError::HedgeTooLarge.number()) => high = size,
                Err(failure) if failure.code == Some(PlimsollError::HedgeWithoutUse.number()) => low = size,
                Err(failure) => panic!("{failure}"),
            }
            size = (low + high) / 2.0;
        }
        panic!("no size up to {most} helps at {}", self.price);
    }

    /// One hedge that ends the breach: the factor rises, collateral and shorts stay, and what was paid is what was told.
    fn save(&mut self, of_size: impl Fn(f64) -> HedgeArgs, most: f64) -> AccountHedged {
        let (before, cash) = (self.f.check_health(self.writer), self.f.cash(self.writer));
        let collateral = self.f.account(self.writer).collaterals;
        let theirs = (self.f.cash(self.provider), self.f.account(self.provider).insurance_due_atoms);
        let told = self.cover(of_size, most);
        let after = self.f.check_health(self.writer);
        assert!(after.health_factor_e9 > before.health_factor_e9, "{before:?} to {after:?}");
        assert!(after.maintenance_atoms >= 0 && told.maintenance_after_atoms == after.maintenance_atoms);
        assert_eq!(self.f.account(self.writer).auction, Auction::default());
        assert_eq!(self.f.account(self.writer).collaterals, collateral);
        let payment = told.mark_atoms + told.bonus_atoms;
        assert_eq!(self.f.cash(self.writer), cash - payment);
        assert_eq!(self.f.cash(self.provider), theirs.0 + payment - told.fee_atoms);
        assert_eq!(self.f.account(self.provider).insurance_due_atoms, theirs.1 + told.fee_atoms);
        assert!(told.bonus_atoms > 0 && told.fee_atoms == (told.bonus_atoms + 9) / 10);
        // 2 % of what a slice that releases as much is worth.
        let part = i128::from(told.released_atoms) * i128::from(before.equity_atoms) / 50;
        assert_eq!(i128::from(told.bonus_atoms), part / i128::from(before.equity_atoms - before.maintenance_atoms));
        told
    }
}

#[test]
fn a_short_call_is_covered_by_a_call_above_the_price() {
    for mode in MODES {
        let mut s = Story::begin(mode, 1_200.0, 0);
        let call = s.f.call(ETH, 0, 1_500.0);
        s.sell(call, 4.0, 66.0);
        s.breach(10.0);
        let strike = ((s.price + 60.0) / 20.0).round() * 20.0;
        s.save(|size| new_hedge(0, false, strike, size), 4.0);
        assert_eq!(s.f.position(s.writer, call), -4_000_000);
        // In cross margin nearly all of the short is covered: whatever the price does, the loss ends at the strike.
        if mode == MarginMode::Cross {
            s.f.set_price(ETH, s.price * 2.0);
            let after = s.f.check_health(s.writer);
            assert!(after.equity_atoms > -usd(20.0), "{after:?}");
        }
    }
}

#[test]
fn a_short_put_is_covered_by_a_put_below_the_price_paid_out_of_no_cash() {
    for mode in MODES {
        let mut s = Story::begin(mode, 0.0, 10_000_000_000);
        let put = s.f.put(ETH, 0, 1_500.0);
        s.sell(put, 4.0, 66.0);
        // Losses of other positions have used the premium up.
        let spent = s.f.cash(s.writer);
        s.f.edit_account(s.writer, |account| account.cash_atoms -= spent);
        s.f.edit_account(s.maker, |account| account.cash_atoms += spent);
        s.breach(-10.0);
        let strike = ((s.price - 60.0) / 20.0).round() * 20.0;
        s.save(|size| new_hedge(0, true, strike, size), 4.0);
        assert!(s.f.cash(s.writer) < 0);
        assert_eq!(
            (s.f.position(s.writer, put), s.f.account(s.writer).collaterals[0].balance_atoms),
            (-4_000_000, 10_000_000_000)
        );
    }
}

#[test]
fn a_short_straddle_is_covered_on_both_sides_in_turn() {
    for mode in MODES {
        let mut s = Story::begin(mode, 2_500.0, 0);
        let (call, put) = (s.f.call(ETH, 0, 1_500.0), s.f.put(ETH, 0, 1_500.0));
        s.sell(call, 4.0, 66.0);
        s.sell(put, 4.0, 66.0);
        // In cross margin a wing does not count while the other side is naked: a part of the short itself is bought back.
        s.breach(10.0);
        s.save(|size| call.hedge(size), 4.0);
        s.breach(-10.0);
        s.save(|size| put.hedge(size), 4.0);
        for contract in [call, put] {
            assert!((-4_000_000..0).contains(&s.f.position(s.writer, contract)));
        }
    }
}

#[test]
fn a_short_strangle_is_covered_on_both_sides_in_turn() {
    for mode in MODES {
        let mut s = Story::begin(mode, 1_600.0, 0);
        let (call, put) = (s.f.call(ETH, 0, 1_600.0), s.f.put(ETH, 0, 1_400.0));
        s.sell(call, 4.0, 30.0);
        s.sell(put, 4.0, 30.0);
        s.breach(10.0);
        let wing = ((s.price + 100.0) / 20.0).round() * 20.0;
        match mode {
            MarginMode::Portfolio => s.save(|size| new_hedge(0, false, wing, size), 4.0),
            _ => s.save(|size| call.hedge(size), 4.0),
        };
        s.breach(-10.0);
        let wing = ((s.price - 100.0) / 20.0).round() * 20.0;
        match mode {
            MarginMode::Portfolio => s.save(|size| new_hedge(0, true, wing, size), 4.0),
            _ => s.save(|size| put.hedge(size), 4.0),
        };
    }
}

/// The longer an account is seen in breach, the more its cover may cost; a slice and a hedge of one auction share its clock.
#[test]
fn a_hedge_pays_more_and_more() {
    let bonus_after = |minutes: i64| {
        let mut s = Story::begin(MarginMode::Cross, 1_200.0, 0);
        let call = s.f.call(ETH, 0, 1_500.0);
        s.sell(call, 4.0, 66.0);
        s.breach(10.0);
        for _ in 0..=2 * minutes {
            s.f.flag(s.writer).unwrap();
            s.f.pass(30);
        }
        let told: AccountHedged = s.f.hedge(s.provider, s.writer, ETH, call.hedge(0.3)).unwrap().event();
        assert_eq!(told.lag_secs, 60 * minutes + 30);
        (told.discount_e9, told.bonus_atoms as f64 / told.released_atoms as f64)
    };
    let (early, late) = (bonus_after(0), bonus_after(9));
    assert!(early.0 == 971_000_000 && late.0 == 809_000_000, "{early:?} {late:?}");
    // 2.9 % and 19.1 % of HF.
    assert!((0.026..0.029).contains(&early.1) && (0.17..0.191).contains(&late.1), "{early:?} {late:?}");
}
