//! Accounts whose layout this program does not know: no instruction that values or moves anything reads them.

use super::support::{written_calls, ETH, SOL};
use crate::fixture::{DAY, HOUR};
use crate::{expect_error, Fixture};
use plimsoll::errors::PlimsollError;
use solana_pubkey::Pubkey;

/// Writes another version into an account of the program: the first byte after the discriminator.
fn set_version(f: &mut Fixture, key: &Pubkey, version: u8) {
    let mut account = f.chain.account(key).unwrap();
    account.data[8] = version;
    f.chain.set_account(key, account);
}

#[test]
fn a_margin_account_of_another_version_is_refused() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    let address = f.margin_key(writer);
    for version in [0, 2, 255] {
        set_version(&mut f, &address, version);
        expect_error!(f.deposit(writer, 1), PlimsollError::WrongVersion);
        expect_error!(f.deposit_token(writer, SOL, 1), PlimsollError::WrongVersion);
        expect_error!(f.withdraw(writer, 1), PlimsollError::WrongVersion);
        expect_error!(f.try_check_health(writer), PlimsollError::WrongVersion);
        expect_error!(f.call_margin(writer), PlimsollError::WrongVersion);
        expect_error!(f.flag(writer), PlimsollError::WrongVersion);
        expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::WrongVersion);
        expect_error!(f.trade(writer, buyer, call, 0.1, 30.0), PlimsollError::WrongVersion);
        expect_error!(f.liquidate(buyer, writer), PlimsollError::WrongVersion);
        expect_error!(f.liquidate(writer, buyer), PlimsollError::WrongVersion);
        expect_error!(f.set_delegate(writer, address), PlimsollError::WrongVersion);
        expect_error!(f.close_account(writer), PlimsollError::WrongVersion);
    }
    set_version(&mut f, &address, 1);
    f.deposit(writer, 1).unwrap();
}

#[test]
fn an_expiry_of_an_underlying_of_another_version_is_not_settled() {
    let mut f = Fixture::default();
    let address = f.market_key(ETH);
    f.set_time(f.start() + 7 * DAY + HOUR);
    set_version(&mut f, &address, 2);
    expect_error!(f.settle_expiry(ETH, 0), PlimsollError::WrongVersion);
    set_version(&mut f, &address, 1);
    f.settle_expiry(ETH, 0).unwrap();
}

#[test]
fn a_market_of_another_version_values_nothing() {
    let mut f = Fixture::default();
    let (buyer, writer, call) = written_calls(&mut f);
    f.deposit_token(writer, SOL, 1).unwrap();
    for address in [f.market_key(ETH), f.token_key(SOL)] {
        set_version(&mut f, &address, 2);
        expect_error!(f.try_check_health(writer), PlimsollError::WrongVersion);
        expect_error!(f.withdraw(writer, 1), PlimsollError::WrongVersion);
        expect_error!(f.call_margin(writer), PlimsollError::WrongVersion);
        expect_error!(f.flag(writer), PlimsollError::WrongVersion);
        expect_error!(f.trade(buyer, writer, call, 0.1, 30.0), PlimsollError::WrongVersion);
        expect_error!(f.liquidate(buyer, writer), PlimsollError::WrongVersion);
        set_version(&mut f, &address, 1);
    }
    f.check_health(writer);
}

#[test]
fn a_backstop_of_another_version_is_refused() {
    let mut f = Fixture::new(&crate::Setup::lite());
    f.insured(0, 100.0);
    let (backer, book) = f.backed(&[ETH], 1_000.0);
    let (buyer, writer, _) = written_calls(&mut f);
    f.set_price(ETH, 1_750.0);
    let (backstop, stake) = (f.backstop_key(), f.backstop_stake_key(backer));
    for address in [backstop, stake] {
        set_version(&mut f, &address, 2);
        expect_error!(f.deposit_backstop(book, backer, 5_000_000), PlimsollError::WrongVersion);
        expect_error!(f.withdraw_backstop(book, backer, 1), PlimsollError::WrongVersion);
        set_version(&mut f, &address, 1);
    }
    set_version(&mut f, &backstop, 2);
    expect_error!(f.change_backstop(|_| ()), PlimsollError::WrongVersion);
    expect_error!(f.call_backstop(book, buyer, writer), PlimsollError::WrongVersion);
    let all = crate::fixture::buy_all(f.token_key(SOL));
    expect_error!(f.buy_backstop_collateral(book, buyer, all), PlimsollError::WrongVersion);
    set_version(&mut f, &backstop, 1);
    f.call_backstop(book, buyer, writer).unwrap();
}
