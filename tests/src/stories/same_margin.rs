//! The same account gives the same margin on the chain, on the host and in the design, to the atom where both compute it.

use crate::fixture::{ExpirySetup, DAY};
use crate::{usd, Contract, Fixture, Market, MarketSetup, Setup, Token, Trader, VolSetup};
use plimsoll::state::MarginMode;
use proptest::prelude::*;

const ETH: Market = Market(0);

#[test]
fn vec_cross_margin_of_the_design_is_met_on_chain() {
    let (spot, forward): (f64, f64) = (1_500.0, 1_500.833279310994);
    let vol = VolSetup { forward_ratio: forward / spot, ..VolSetup::flat(1.0478844940849863) };
    let market = MarketSetup { expiries: vec![ExpirySetup { after: 500_400, vol }], ..MarketSetup::default() };
    let mut f = Fixture::new(&Setup::default().with_market(market).without_fees());
    let (writer, maker) = (f.trader("writer", 1_000.0), f.trader("maker", 1_000.0));
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -1.0, 0.0).unwrap();
    let report = f.check_health(writer);
    let cash = 1_000.0;
    let expected = [
        (report.initial_atoms, cash - 304.37158518905994),
        (report.maintenance_atoms, cash - 191.87158518905994),
        (report.mark_atoms, -79.37158518905994),
    ];
    for (atoms, usd) in expected {
        let (found, tolerance) = (atoms as f64 / 1e6, 1e-6 * f64::abs(usd) + 2e-8 * spot);
        assert!((found - usd).abs() <= tolerance, "{found} and {usd} differ by more than {tolerance}");
    }
}

/// One leg of a random portfolio.
#[derive(Clone, Copy, Debug)]
struct Leg {
    market: usize,
    expiry: u8,
    is_put: bool,
    /// Strike / first index.
    strike: f64,
    size: f64,
}

#[derive(Clone, Debug)]
struct Portfolio {
    legs: Vec<Leg>,
    vol: f64,
    skew: f64,
    rate: f64,
    confidence: f64,
    slow_secs: i64,
    /// Later index / first index, per market.
    moves: [f64; 2],
    stable: f64,
    secs: i64,
    sol: u64,
}

prop_compose! {
    fn a_leg()(
        market in 0usize..2, expiry in 0u8..2, is_put: bool, strike in 10u32..=40, size in 1i32..=300, is_short: bool,
    ) -> Leg {
        // A strike for every 5 %, sizes with all digits in use.
        let size = f64::from(size) * 0.012_347 * if is_short { -1.0 } else { 1.0 };
        Leg { market, expiry, is_put, strike: f64::from(strike) * 0.05, size }
    }
}

prop_compose! {
    fn a_portfolio()(
        legs in prop::collection::vec(a_leg(), 1..=12), vol in 0.2f64..2.5, skew in -0.8f64..0.8, rate in 0.0f64..0.3,
        confidence in 0.0f64..0.08, slow_secs in prop::sample::select(vec![0i64, 300, 3_600]),
        moves in [0.4f64..2.5, 0.4f64..2.5], stable in 0.9f64..1.02, secs in 1i64..60, sol in 0u64..3_000_000_000_000,
    ) -> Portfolio {
        Portfolio { legs, vol, skew, rate, confidence, slow_secs, moves, stable, secs, sol }
    }
}

const FIRST: [f64; 2] = [1_500.0, 60_000.0];

impl Portfolio {
    fn markets(&self) -> Vec<MarketSetup> {
        let vol = VolSetup {
            a: self.vol * self.vol,
            b: 0.3 * self.vol,
            rho: self.skew,
            m: 0.02,
            s: 0.2,
            forward_ratio: 1.0 + self.rate / 50.0,
            rate: self.rate,
            confidence: 1.0,
        };
        let expiries = vec![ExpirySetup { after: 3 * DAY, vol }, ExpirySetup { after: 45 * DAY, vol }];
        let market = |symbol, price: f64| {
            let mut setup = MarketSetup { expiries: expiries.clone(), ..MarketSetup::new(symbol, price) };
            setup.oracle.confidence = price * self.confidence;
            setup.oracle.slow_secs = self.slow_secs;
            setup
        };
        vec![market("ETH", FIRST[0]), market("BTC", FIRST[1])]
    }

    /// Builds the portfolio against a maker with enough of everything, then moves all prices.
    fn build(&self) -> (Fixture, Trader) {
        let mut f = Fixture::new(&Setup { markets: self.markets(), ..Setup::lite() });
        let (holder, maker) = (f.open_account("holder", MarginMode::Cross), f.trader("maker", 100_000_000.0));
        f.deposit(holder, usd(20_000_000.0) as u64).unwrap();
        if self.sol > 0 {
            f.deposit_token(holder, Token(0), self.sol).unwrap();
        }
        for leg in &self.legs {
            let contract = self.list(&mut f, leg);
            f.trade(holder, maker, contract, leg.size, FIRST[leg.market] * 0.05).unwrap();
        }
        f.advance(self.secs);
        f.set_stable_price(self.stable);
        f.set_collateral_price(Token(0), 150.0 * self.moves[0]);
        for (market, factor) in self.moves.iter().enumerate() {
            let price = FIRST[market] * factor;
            f.set_price_with(Market(market), price, price * self.confidence).unwrap();
        }
        (f, holder)
    }

    fn list(&self, f: &mut Fixture, leg: &Leg) -> Contract {
        let strike = (FIRST[leg.market] * leg.strike).round();
        if leg.is_put {
            f.put(Market(leg.market), leg.expiry, strike)
        } else {
            f.call(Market(leg.market), leg.expiry, strike)
        }
    }
}

proptest! {
    #![proptest_config(super::cases(50))]

    /// `check_health` compares the program's E, IM and MM with the host's, and the order of the three.
    #[test]
    fn prop_program_and_host_agree_to_the_atom(portfolio in a_portfolio()) {
        let (mut f, holder) = portfolio.build();
        let report = f.check_health(holder);
        prop_assert_eq!(report.cash_atoms, f.cash(holder));
        prop_assert_eq!(report.collateral_atoms > 0, portfolio.sol > 0);
    }
}
