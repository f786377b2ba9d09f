//! Compute units of the instructions the market competes on, in the worst case that their bounds allow: every leg short,
//! a surface with a smile, two expiries, interest, and a price whose confidence interval and slow price make initial
//! margin look at three spot prices.

use crate::chain::{Receipt, COMPUTE_BUDGET_UNITS};
use crate::fixture::{
    Contract, Fixture, Market, MarketSetup, OracleKind, OracleSetup, Setup, Trader, VolSetup, TAKE_ALL,
};
use plimsoll::instructions::LiquidateArgs;

/// A measured number of compute units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub name: String,
    pub units: u64,
}

fn measured(name: impl Into<String>, receipt: &Receipt) -> Measured {
    Measured { name: name.into(), units: receipt.units - COMPUTE_BUDGET_UNITS }
}

const SPOT: f64 = 1_500.0;

/// A book of shorts, one who bought them, and a liquidator with a book of its own.
pub struct Scene {
    pub fixture: Fixture,
    pub writer: Trader,
    pub buyer: Trader,
    pub liquidator: Trader,
    contracts: Vec<Contract>,
}

impl Scene {
    /// An exchange with one market and `legs` listed contracts, half in each of two expiries.
    pub fn new(legs: usize) -> Self {
        let mut market = MarketSetup::new("ETH", SPOT);
        let smile = VolSetup {
            a: 0.3,
            b: 0.3,
            rho: -0.1,
            m: 0.02,
            s: 0.2,
            forward_ratio: 1.001,
            rate: 0.05,
            ..VolSetup::flat(0.0)
        };
        market.expiries.iter_mut().for_each(|expiry| expiry.vol = smile);
        market.oracle =
            OracleSetup { slow_secs: 300, confidence: 1.5, max_divergence_e9: 900_000_000, ..market.oracle };
        let mut fixture = Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().with_market(market) });
        let market = Market(0);
        let contracts = (0..legs)
            .map(|leg| {
                let (expiry, strike) = ((leg * 2 / legs) as u8, 1_000.0 + 25.0 * leg as f64);
                match leg % 3 {
                    0 => fixture.put(market, expiry, strike),
                    _ => fixture.call(market, expiry, strike),
                }
            })
            .collect();
        let writer = fixture.trader("writer", 100_000.0);
        let buyer = fixture.trader("buyer", 10_000_000.0);
        let liquidator = fixture.trader("liquidator", 10_000_000.0);
        Self { fixture, writer, buyer, liquidator, contracts }
    }

    /// The writer sells one contract of each of the first `legs` series; returns the last trade.
    fn write(&mut self, from: usize, to: usize) -> Option<Receipt> {
        let mut last = None;
        for contract in Vec::from(&self.contracts[from..to]) {
            last = Some(self.fixture.trade(self.writer, self.buyer, contract, -1.0, 400.0).expect("covered"));
        }
        last
    }

    /// The liquidator buys half a contract of each of the first `legs` series.
    fn give_liquidator_a_book(&mut self, legs: usize) {
        for contract in Vec::from(&self.contracts[..legs]) {
            self.fixture.trade(self.liquidator, self.buyer, contract, 0.5, 400.0).expect("covered");
        }
    }

    /// Moves the price until the writer is liquidatable.
    fn breach(&mut self) {
        let market = Market(0);
        for step in 1..200 {
            self.fixture.advance(1);
            self.fixture.set_price(market, SPOT * (1.0 + 0.25 * step as f64));
            if self.fixture.check_health(self.writer).maintenance_atoms < 0 {
                return;
            }
        }
        panic!("the writer survives every price");
    }

    fn health(&mut self, trader: Trader) -> Receipt {
        let check = self.fixture.check_health_instruction(trader);
        self.fixture.send(&[check], &[]).expect("check_health")
    }
}

/// `check_health` and `trade` by the number of legs of the valued accounts.
pub fn health_and_trade(counts: &[usize]) -> Vec<Measured> {
    let mut scene = Scene::new(*counts.last().unwrap_or(&1));
    let mut found = vec![];
    let mut have = 0;
    for &legs in counts {
        let trade = scene.write(have, legs).expect("counts grow");
        have = legs;
        found.push(measured(format!("cu_trade_{legs}_legs_each_side"), &trade));
        found.push(measured(format!("cu_check_health_{legs}_legs"), &scene.health(scene.writer)));
    }
    found
}

/// `liquidate` of an account with `legs` shorts by a caller with a book of `own` legs: a part of the account.
pub fn liquidate(legs: usize, own: usize) -> Measured {
    let mut scene = Scene::new(legs.max(own));
    scene.write(0, legs);
    scene.give_liquidator_a_book(own);
    scene.breach();
    let args = LiquidateArgs { max_fraction_e9: 250_000_000, ..TAKE_ALL };
    let receipt = scene.fixture.liquidate_with(scene.liquidator, scene.writer, args).expect("liquidatable");
    measured(format!("cu_liquidate_{legs}_legs_by_{own}_legs"), &receipt)
}

/// `update_price` from each Pyth layout.
pub fn update_price() -> Vec<Measured> {
    let layouts = [(OracleKind::Pull, "pull"), (OracleKind::PriceAccount, "price_account")];
    layouts
        .iter()
        .map(|&(kind, name)| {
            let mut market = MarketSetup::new("ETH", SPOT);
            market.oracle = OracleSetup { kind, slow_secs: 300, confidence: 1.5, ..market.oracle };
            let mut fixture = Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().with_market(market) });
            let market = Market(0);
            fixture.advance(10);
            measured(format!("cu_update_price_{name}"), &fixture.set_price(market, SPOT * 1.01))
        })
        .collect()
}
