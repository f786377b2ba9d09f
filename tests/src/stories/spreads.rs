//! Spreads and boxes: what an expiry can lose at most caps what it needs.

use crate::{usd, Contract, Fixture, Market, Setup, Trader};
use plimsoll::instructions::HealthReport;

const ETH: Market = Market(0);

struct Desk {
    f: Fixture,
    trader: Trader,
    maker: Trader,
}

impl Desk {
    fn open() -> Self {
        let mut f = Fixture::new(&Setup::lite().without_fees());
        let (trader, maker) = (f.trader("trader", 2_000.0), f.trader("maker", 1_000_000.0));
        Self { f, trader, maker }
    }

    fn deal(&mut self, contract: Contract, size: f64, price: f64) {
        self.f.trade(self.trader, self.maker, contract, size, price).unwrap();
    }

    /// Reports at prices from deep below to far above the strikes.
    fn reports(&mut self) -> Vec<HealthReport> {
        [300.0, 900.0, 1_350.0, 1_499.0, 1_500.0, 1_550.0, 1_600.0, 1_750.0, 2_400.0, 9_000.0]
            .map(|price| {
                self.f.set_price(ETH, price);
                self.f.check_health(self.trader)
            })
            .to_vec()
    }
}

/// What the positions alone need: cash aside.
fn required(report: &HealthReport) -> (i64, i64) {
    (report.cash_atoms - report.initial_atoms, report.cash_atoms - report.maintenance_atoms)
}

#[test]
fn law_a_short_box_never_needs_more_than_its_width() {
    let mut desk = Desk::open();
    let legs = [
        (desk.f.call(ETH, 0, 1_500.0), -3.0, 70.0),
        (desk.f.call(ETH, 0, 1_600.0), 3.0, 30.0),
        (desk.f.put(ETH, 0, 1_600.0), -3.0, 130.0),
        (desk.f.put(ETH, 0, 1_500.0), 3.0, 70.0),
    ];
    // Bought legs first: the box is never naked on the way.
    for index in [1, 3, 0, 2] {
        let (contract, size, price) = legs[index];
        desk.deal(contract, size, price);
    }
    for report in desk.reports() {
        let (initial, maintenance) = required(&report);
        assert!(initial <= usd(300.0) + 1 && maintenance <= initial, "{initial} {maintenance}: {report:?}");
        // The box itself owes its width at every price: only its cost to close may differ from it, by rounding.
        assert!((report.mark_atoms + usd(300.0)).abs() <= 50_000, "{report:?}");
    }
}

#[test]
fn bear_call_spread_needs_at_most_the_distance_of_its_strikes() {
    let mut desk = Desk::open();
    let (near, far) = (desk.f.call(ETH, 0, 1_500.0), desk.f.call(ETH, 0, 1_600.0));
    desk.deal(far, 5.0, 30.0);
    desk.deal(near, -5.0, 70.0);
    for report in desk.reports() {
        assert!(required(&report).0 <= usd(500.0), "{report:?}");
    }
}

#[test]
fn bull_put_spread_needs_at_most_the_distance_of_its_strikes() {
    let mut desk = Desk::open();
    let (near, far) = (desk.f.put(ETH, 0, 1_500.0), desk.f.put(ETH, 0, 1_400.0));
    desk.deal(far, 5.0, 30.0);
    desk.deal(near, -5.0, 70.0);
    for report in desk.reports() {
        assert!(required(&report).0 <= usd(500.0), "{report:?}");
    }
}

#[test]
fn spread_over_two_expiries_is_not_netted() {
    let mut desk = Desk::open();
    let (near, far) = (desk.f.call(ETH, 0, 1_500.0), desk.f.call(ETH, 1, 1_500.0));
    desk.deal(far, 1.0, 140.0);
    desk.deal(near, -1.0, 70.0);
    let report = desk.f.check_health(desk.trader);
    // The short leg pays its whole charge, mark + 15 % of spot, whatever the long one is worth.
    assert!(required(&report).0 > usd(225.0), "{report:?}");
}

#[test]
fn long_options_need_nothing_and_count_for_nothing() {
    let mut desk = Desk::open();
    let (call, put) = (desk.f.call(ETH, 0, 1_500.0), desk.f.put(ETH, 1, 1_500.0));
    desk.deal(call, 2.0, 70.0);
    desk.deal(put, 2.0, 140.0);
    for report in desk.reports() {
        assert_eq!(required(&report), (0, 0));
        assert!(report.mark_atoms >= 0 && report.equity_atoms == report.cash_atoms + report.mark_atoms, "{report:?}");
    }
}
