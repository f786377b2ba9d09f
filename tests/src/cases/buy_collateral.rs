//! `buy_collateral`.

use super::support::{replaced, unsigned, without, Foreign, ETH, SOL};
use crate::fixture::{key, Events};
use crate::{expect_error, usd, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{CollateralBought, LossShared};
use plimsoll::instructions::{AccountState, BuyCollateralArgs};
use plimsoll::state::{Auction, MarginMode};
use solana_signer::Signer;

/// A writer of three calls with 20 SOL, whose settled losses have left him owing cash, in breach at this price; and a buyer.
fn owing(cash: f64, price: f64) -> (Fixture, Trader, Trader) {
    let mut f = Fixture::new(&Setup::default().without_fees());
    let (writer, maker) = (f.trader("writer", 0.0), f.trader("maker", 100_000.0));
    f.deposit_token(writer, SOL, 20_000_000_000).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -3.0, 60.0).unwrap();
    let buyer = f.trader("buyer", 100_000.0);
    // Losses of other positions.
    let change = usd(cash) - f.cash(writer);
    f.edit_account(writer, |account| account.cash_atoms += change);
    f.edit_account(maker, |account| account.cash_atoms -= change);
    f.set_price(ETH, price);
    (f, writer, buyer)
}

fn all(f: &Fixture) -> BuyCollateralArgs {
    BuyCollateralArgs {
        collateral: f.token_key(SOL),
        max_amount_atoms: u64::MAX,
        max_payment_atoms: i64::MAX,
        liquidation_sequence: None,
    }
}

#[test]
fn negative_cash_is_repaired_and_every_position_stays() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_760.0);
    let before = f.check_health(writer);
    assert!(before.maintenance_atoms < 0 && before.equity_atoms > 0, "{before:?}");
    let (cash, theirs) = (f.cash(writer), f.cash(buyer));
    let told: CollateralBought = f.buy_collateral(buyer, writer, all(&f)).unwrap().event();
    assert_eq!(
        (told.account, told.buyer, told.collateral),
        (f.margin_key(writer), f.margin_key(buyer), f.token_key(SOL))
    );
    assert_eq!((told.discount_e9, told.lag_secs, told.liquidation_sequence), (980_000_000, 0, 0));
    assert_eq!(f.cash(writer), cash + told.payment_atoms);
    assert_eq!(f.cash(buyer), theirs - told.payment_atoms - told.fee_atoms);
    assert_eq!(f.account(buyer).collaterals[0].balance_atoms, told.amount_atoms);
    assert_eq!(f.account(writer).collaterals[0].balance_atoms, 20_000_000_000 - told.amount_atoms);
    assert_eq!(f.account(writer).positions()[0].size_e6, -3_000_000);
    let after = f.check_health(writer);
    assert_eq!(
        (told.maintenance_before_atoms, told.maintenance_after_atoms),
        (before.maintenance_atoms, after.maintenance_atoms)
    );
    assert!(after.maintenance_atoms > before.maintenance_atoms);
    // It ends at the buffer, or where nothing is owed any more.
    let target = (after.equity_atoms - after.maintenance_atoms) / 10;
    let is_at_buffer = (after.maintenance_atoms - target).abs() < 20_000_000;
    assert!(is_at_buffer || f.cash(writer).abs() < 1_000, "{after:?}, cash {}", f.cash(writer));
    if after.maintenance_atoms >= 0 {
        assert_eq!(f.account(writer).auction, Auction::default());
        expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::NotLiquidatable);
    }
}

#[test]
fn a_buyer_has_limits() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_760.0);
    let some = BuyCollateralArgs { max_amount_atoms: 1_000_000_000, ..all(&f) };
    expect_error!(
        f.buy_collateral(buyer, writer, BuyCollateralArgs { max_payment_atoms: usd(10.0), ..some }),
        PlimsollError::PriceLimit
    );
    let none = BuyCollateralArgs { max_amount_atoms: 0, ..some };
    expect_error!(f.buy_collateral(buyer, writer, none), PlimsollError::AmountOutOfRange);
    for max_amount_atoms in [1, 1_000, 1_000_000] {
        let crumb = BuyCollateralArgs { max_amount_atoms, ..some };
        expect_error!(f.buy_collateral(buyer, writer, crumb), PlimsollError::SliceTooSmall);
    }
    let late = BuyCollateralArgs { liquidation_sequence: Some(1), ..some };
    expect_error!(f.buy_collateral(buyer, writer, late), PlimsollError::SequenceMismatch);
    let told: CollateralBought = f.buy_collateral(buyer, writer, some).unwrap().event();
    assert_eq!(told.amount_atoms, 1_000_000_000);
    // Nothing cheaper than 98 % of the upper end of the range.
    let high = f.collateral(SOL).price.high_e9 / 1_000;
    assert!(told.payment_atoms >= high / 100 * 98, "{} of {high}", told.payment_atoms);
}

#[test]
fn who_owes_no_cash_sells_no_collateral() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_500.0);
    expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::NotLiquidatable);
    let (mut f, writer, buyer) = owing(0.0, 2_350.0);
    let report = f.check_health(writer);
    assert!(report.maintenance_atoms < 0 && report.equity_atoms > 0, "{report:?}");
    expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::SaleWithoutUse);
}

#[test]
fn below_the_haircut_a_sale_is_refused() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_760.0);
    f.flag(writer).unwrap();
    for _ in 0..14 {
        f.pass(30);
        f.flag(writer).unwrap();
    }
    // Seven minutes: 85 %, and 90 % of the collateral count.
    expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::SaleWithoutUse);
}

#[test]
fn an_old_price_sells_nothing() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_760.0);
    f.advance(61);
    f.update_price(ETH).ok();
    expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::OracleStale);
}

#[test]
fn the_buyer_signs_is_somebody_else_and_covers_his_book() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_760.0);
    let foreign = Foreign::new(&mut f);
    let buy = f.buy_collateral_instruction(buyer, writer, all(&f));
    let owner = f.owner(buyer).pubkey();
    expect_error!(f.send_as(unsigned(buy.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    let admin = key("admin").pubkey();
    expect_error!(f.send_as(replaced(buy.clone(), owner, admin), &["admin"]), PlimsollError::Unauthorized);
    expect_error!(f.send_as(without(buy.clone(), f.token_key(SOL)), &["buyer"]), PlimsollError::MarketMissing);
    let exchange = replaced(buy, f.exchange, foreign.exchange);
    expect_error!(f.send_as(exchange, &["buyer"]), PlimsollError::WrongExchange);
    let own = f.open_numbered("writer", 1, MarginMode::Cross);
    expect_error!(f.buy_collateral(own, writer, all(&f)), PlimsollError::SelfLiquidation);
    expect_error!(f.buy_collateral(writer, writer, all(&f)), PlimsollError::DuplicateAccount);
    let poor = f.trader("poor", 1.0);
    expect_error!(f.buy_collateral(poor, writer, all(&f)), PlimsollError::InitialMargin);
}

/// Nothing but SOL is left of an account that owes more than it is worth, and nobody is paid to take it over.
#[test]
fn an_estate_is_sold_and_the_rest_of_its_debt_shared() {
    let (mut f, writer, buyer) = owing(-1_600.0, 1_500.0);
    f.create_insurance_fund(0).unwrap();
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, buyer, call, 3.0, 50.0).unwrap();
    f.set_collateral_price(SOL, 60.0);
    assert_eq!(f.check_health(writer).state, AccountState::Bankrupt);
    expect_error!(f.buy_collateral(buyer, writer, all(&f)), PlimsollError::NotLiquidatable);
    expect_error!(f.share_loss(writer), PlimsollError::LossNotFinal);
    f.outlast(writer, 900);
    let told: CollateralBought = f.buy_collateral(buyer, writer, all(&f)).unwrap().event();
    assert!(told.amount_atoms == 20_000_000_000 && told.discount_e9 > 960_000_000, "{}", told.discount_e9);
    let debt = -f.cash(writer);
    assert!(debt > 0 && !f.account(writer).has_collateral());
    let told: LossShared = f.share_loss(writer).unwrap().event();
    assert_eq!((told.levied_atoms, f.cash(writer)), (debt, -debt));
}
