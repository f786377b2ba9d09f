//! `buy_backstop_collateral`.

use super::support::{replaced, slow_setup, unsigned, without, Foreign, ETH, SOL};
use crate::fixture::{buy_all, key, Events, DAY};
use crate::{expect_error, usd, Fixture, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{BackstopCollateralBought, BackstopWithdrawn};
use plimsoll::instructions::BuyBackstopCollateralArgs;
use solana_signer::Signer;

/// A pool of 1 000 USD and ten SOL at 150 USD that came with what it took, a buyer, and the pool's staker.
fn scene(setup: &Setup) -> (Fixture, Trader, Trader, Trader) {
    let mut f = Fixture::new(setup);
    let (backer, book) = f.backed(&[ETH], 1_000.0);
    let (owner, buyer) = (f.trader("owner", 0.0), f.trader("buyer", 5_000.0));
    f.deposit_token(owner, SOL, 10_000_000_000).unwrap();
    let slot = f.account(owner).collaterals[0];
    f.edit_account(owner, |account| account.collaterals[0] = bytemuck::Zeroable::zeroed());
    f.edit_account(book, |account| account.collaterals[0] = slot);
    (f, book, buyer, backer)
}

fn sol(f: &Fixture, trader: Trader) -> u64 {
    f.account(trader).collaterals.iter().map(|slot| slot.balance_atoms).sum()
}

#[test]
fn collateral_of_the_pool_becomes_cash_that_its_stakers_leave_with() {
    let (mut f, book, buyer, backer) = scene(&Setup::lite());
    let collateral = f.token_key(SOL);
    let shares = f.backstop_stake(backer).shares;
    f.request_backstop_leave(backer, shares).unwrap();
    f.set_time(f.backstop_stake(backer).leaves_at);
    f.refresh();
    expect_error!(f.withdraw_backstop(book, backer, shares), PlimsollError::InsufficientBalance);
    let some = BuyBackstopCollateralArgs { max_amount_atoms: 4_000_000_000, ..buy_all(collateral) };
    let told: BackstopCollateralBought = f.buy_backstop_collateral(book, buyer, some).unwrap().event();
    // 98 % of 600 USD, and an atom or two of rounding.
    assert_eq!((told.backstop, told.buyer), (f.backstop_key(), f.margin_key(buyer)));
    assert_eq!((told.collateral, told.amount_atoms, told.payment_atoms), (collateral, 4_000_000_000, usd(588.0) + 2));
    assert_eq!((told.cash_atoms, f.cash(book)), (usd(1_588.0) + 2, usd(1_588.0) + 2));
    assert_eq!((f.cash(buyer), sol(&f, buyer)), (usd(5_000.0) - usd(588.0) - 2, 4_000_000_000));
    f.buy_backstop_collateral(book, buyer, buy_all(collateral)).unwrap();
    assert_eq!((sol(&f, book), sol(&f, buyer)), (0, 10_000_000_000));
    expect_error!(f.buy_backstop_collateral(book, buyer, buy_all(collateral)), PlimsollError::AmountOutOfRange);
    let left: BackstopWithdrawn = f.withdraw_backstop(book, backer, shares).unwrap().event();
    assert!(left.amount_atoms > usd(2_460.0), "{}", left.amount_atoms);
}

#[test]
fn a_buyer_has_limits_and_takes_no_crumbs() {
    let (mut f, book, buyer, _) = scene(&Setup::lite());
    let all = buy_all(f.token_key(SOL));
    let with =
        |max_amount_atoms, max_payment_atoms| BuyBackstopCollateralArgs { max_amount_atoms, max_payment_atoms, ..all };
    expect_error!(f.buy_backstop_collateral(book, buyer, with(0, i64::MAX)), PlimsollError::AmountOutOfRange);
    expect_error!(f.buy_backstop_collateral(book, buyer, with(99_999_999, i64::MAX)), PlimsollError::SliceTooSmall);
    let dear = with(1_000_000_000, usd(147.0));
    expect_error!(f.buy_backstop_collateral(book, buyer, dear), PlimsollError::PriceLimit);
    let unknown = buy_all(f.market_key(ETH));
    expect_error!(f.buy_backstop_collateral(book, buyer, unknown), PlimsollError::MarketMissing);
    // Cash that he has not, beyond what the collateral carries.
    let poor = f.trader("poor", 1.0);
    expect_error!(f.buy_backstop_collateral(book, poor, all), PlimsollError::InitialMargin);
}

#[test]
fn the_pool_sells_at_fresh_and_calm_prices_alone() {
    let (mut f, book, buyer, _) = scene(&Setup::lite());
    let all = buy_all(f.token_key(SOL));
    f.advance(61);
    expect_error!(f.buy_backstop_collateral(book, buyer, all), PlimsollError::OracleStale);
    f.update_stable_price().unwrap();
    expect_error!(f.buy_backstop_collateral(book, buyer, all), PlimsollError::OracleStale);
    f.update_collateral_price(SOL).unwrap();
    f.buy_backstop_collateral(book, buyer, all).unwrap();
    let mut setup = Setup { backend: Setup::lite().backend, ..slow_setup() };
    setup.collaterals[0].oracle.slow_secs = DAY;
    let (mut f, book, buyer, _) = scene(&setup);
    f.set_collateral_price(SOL, 130.0);
    let all = buy_all(f.token_key(SOL));
    expect_error!(f.buy_backstop_collateral(book, buyer, all), PlimsollError::PriceDivergence);
}

#[test]
fn the_pool_sells_nothing_that_its_positions_need() {
    let (mut f, book, buyer, _) = scene(&Setup::lite());
    let owed = f.cash(book) + usd(1_300.0);
    f.edit_account(book, |account| account.cash_atoms -= owed);
    f.edit_account(buyer, |account| account.cash_atoms += owed);
    // 1 500 USD of SOL count 1 200: IM is short by a hundred, and a tenth of the sale does not end that.
    let all = buy_all(f.token_key(SOL));
    let some = BuyBackstopCollateralArgs { max_amount_atoms: 1_000_000_000, ..all };
    expect_error!(f.buy_backstop_collateral(book, buyer, some), PlimsollError::InitialMargin);
    f.buy_backstop_collateral(book, buyer, all).unwrap();
}

#[test]
fn the_buyer_signs_and_every_account_is_of_the_exchange() {
    let (mut f, book, buyer, _) = scene(&Setup::lite());
    let foreign = Foreign::new(&mut f);
    let all = buy_all(f.token_key(SOL));
    let buy = f.buy_backstop_collateral_instruction(book, buyer, all);
    let owner = f.owner(buyer).pubkey();
    expect_error!(f.send_as(unsigned(buy.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    let admin = key("admin").pubkey();
    expect_error!(f.send_as(replaced(buy.clone(), owner, admin), &["admin"]), PlimsollError::Unauthorized);
    expect_error!(f.send_as(without(buy.clone(), all.collateral), &["buyer"]), PlimsollError::MarketMissing);
    let exchange = replaced(buy.clone(), f.exchange, foreign.exchange);
    expect_error!(f.send_as(exchange, &["buyer"]), PlimsollError::WrongExchange);
    let other = f.trader("other", 10.0);
    let book_of_other = replaced(buy, f.margin_key(book), f.margin_key(other));
    expect_error!(f.send_as(book_of_other, &["buyer"]), PlimsollError::UnexpectedAccount);
    expect_error!(f.buy_backstop_collateral(book, book, all), PlimsollError::DuplicateAccount);
    expect_error!(f.buy_backstop_collateral(book, foreign.trader, all), PlimsollError::WrongExchange);
}
