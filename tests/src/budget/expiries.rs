//! Margins of books that are spread over many expiries of one underlying, in full and from risk arrays: a bound costs by the
//! expiry what a valuation costs by the leg.

use super::measures::Meter;
use super::Units;
use crate::fixture::{ExpirySetup, DAY};
use crate::{Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::health::ArrayUse;
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

/// Arrays a second old.
pub fn arrays_over_expiries() -> Units {
    let mut meter = Meter::default();
    for (legs, expiries) in [(32, 4), (64, 16)] {
        let size = format!("{legs}_legs_{expiries}_expiries");
        let (f, writer, maker) = &mut spread_book(legs, expiries);
        let check = f.check_margin_instruction(*writer, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:portfolio_{size}"), sent);
        f.create_cache(ETH).unwrap_or_else(|failure| panic!("create_risk_cache: {failure}"));
        f.refresh_arrays(ETH);
        f.pass(1);
        let check = f.check_margin_instruction(*writer, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:arrays_{size}"), sent);
        assert_eq!(f.array_uses(*writer), [ArrayUse::Used], "{size}");
        let contract = f.call(ETH, 0, 1_300.0);
        let sent = f.trade_with_caches((*writer, *maker), contract, -0.1, 250.0);
        meter.note(&format!("trade:arrays_{size}"), sent);
        let sent = f.withdraw_with_caches(*writer, 1);
        meter.note(&format!("withdraw:arrays_{size}"), sent);
    }
    meter.0
}

/// A writer short one of each leg, call and put in turn at strikes of their own, as many in each expiry.
fn spread_book(legs: usize, expiries: usize) -> (Fixture, Trader, Trader) {
    let weeks = (1..=expiries as i64).map(|week| ExpirySetup::after(7 * DAY * week)).collect();
    let market = MarketSetup { expiries: weeks, ..MarketSetup::default() };
    let mut f = Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().with_market(market) });
    let writer = f.trader_in("writer", MarginMode::Portfolio, 500.0 + 600.0 * legs as f64);
    let maker = f.trader("maker", 10_000_000.0);
    for number in 0..legs {
        let (expiry, strike) = ((number % expiries) as u8, 1_300.0 + 50.0 * (number / expiries) as f64);
        let leg = match number / expiries % 2 {
            0 => f.call(ETH, expiry, strike),
            _ => f.put(ETH, expiry, strike),
        };
        f.trade(writer, maker, leg, -1.0, 250.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    f.pass(1);
    (f, writer, maker)
}
