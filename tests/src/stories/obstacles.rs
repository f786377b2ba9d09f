//! Regressions: what stops new risk stops it for those it concerns, and for nobody else.

use crate::fixture::{DAY, HOUR};
use crate::{expect_error, usd, Contract, Fixture, Market, Setup, Token, Trader};
use plimsoll::errors::PlimsollError;

const ETH: Market = Market(0);
const SOL: Token = Token(0);

/// A buyer and a writer of two calls, both with plenty.
fn book(setup: &Setup) -> (Fixture, Trader, Trader, Contract) {
    let mut f = Fixture::new(setup);
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 10_000.0));
    let call = f.call(ETH, 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    (f, buyer, writer, call)
}

fn update_prices(f: &mut Fixture) {
    f.update_stable_price().unwrap();
    f.update_collateral_price(SOL).unwrap();
    f.update_price(ETH).unwrap();
}

#[test]
fn reg_an_old_surface_binds_only_accounts_that_are_short() {
    let (mut f, buyer, writer, call) = book(&Setup::default());
    let newcomer = f.trader("newcomer", 10_000.0);
    f.advance(DAY + 1);
    update_prices(&mut f);
    // Long accounts need nothing from the surface: they trade with each other, and take their money.
    f.trade(newcomer, buyer, call, 0.5, 30.0).unwrap();
    f.withdraw(buyer, usd(100.0) as u64).unwrap();
    f.withdraw(newcomer, usd(100.0) as u64).unwrap();
    // The short one neither sells more nor withdraws, whoever is on the other side.
    expect_error!(f.withdraw(writer, 1), PlimsollError::VolatilityStale);
    expect_error!(f.trade(newcomer, writer, call, 0.1, 30.0), PlimsollError::VolatilityStale);
    let nobody = f.trader("nobody", 10_000.0);
    expect_error!(f.trade(buyer, nobody, call, 0.1, 30.0), PlimsollError::VolatilityStale);
    // Nor does an old surface of an expiry it does not use bind it.
    f.publish_vol(ETH, 0, crate::VolSetup::flat(0.8)).unwrap();
    assert!(f.now() - f.market(ETH).expiries[1].vol_updated_at > DAY);
    f.withdraw(writer, 1).unwrap();
    f.trade(newcomer, writer, call, 0.1, 30.0).unwrap();
}

#[test]
fn reg_a_diverging_stablecoin_blocks_new_risk() {
    let mut setup = Setup::default();
    setup.stable.slow_secs = HOUR;
    let (mut f, buyer, writer, call) = book(&setup);
    // Five per cent are allowed between index and slow price.
    f.set_stable_price(0.951);
    f.trade(buyer, writer, call, 0.1, 30.0).unwrap();
    f.set_stable_price(0.949);
    expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::PriceDivergence);
    expect_error!(f.withdraw(buyer, 1), PlimsollError::PriceDivergence);
    expect_error!(f.withdraw(writer, 1), PlimsollError::PriceDivergence);
    // Upwards as well.
    f.set_stable_price(1.051);
    expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::PriceDivergence);
    // Deposits and trades that raise initial margin on both sides go on.
    f.deposit(writer, 1).unwrap();
    let mark = f.check_health(buyer).mark_atoms as f64 / 2.1e6;
    f.trade(buyer, writer, call, -1.0, mark + 1.0).unwrap();
    // The slow price catches up with an index that stays.
    f.pass(10 * HOUR);
    f.pass(10 * HOUR);
    f.trade(buyer, writer, call, 0.1, 30.0).unwrap();
    f.withdraw(writer, 1).unwrap();
}
