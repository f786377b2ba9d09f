//! `open_account`.

use super::support::{replaced, unsigned, SOL};
use crate::fixture::{key, Events};
use crate::{expect_error, Fixture};
use anchor_lang::error::ErrorCode;
use plimsoll::events::AccountOpened;
use plimsoll::state::{MarginAccount, MarginMode};
use solana_signer::Signer;

/// What the system program says about an address that is taken.
const ADDRESS_IN_USE: u32 = 0;

#[test]
fn an_account_opens_empty_and_belongs_to_its_owner() {
    let mut f = Fixture::default();
    let owner = key("anna").pubkey();
    f.fund(&owner);
    for (number, mode, stored) in
        [(0, MarginMode::Portfolio, 2), (7, MarginMode::Isolated, 0), (65_535, MarginMode::Cross, 1)]
    {
        let open = f.open_account_instruction(&owner, number, mode);
        let receipt = f.send_as(open, &["anna"]).unwrap();
        let address = f.margin_address(&owner, number);
        let account: MarginAccount = f.read(&address);
        assert_eq!((account.version, account.mode, account.number), (1, stored, number));
        assert_eq!((account.owner, account.exchange), (owner, f.exchange));
        assert_eq!((account.cash_atoms, account.position_count, account.sequence), (0, 0, 0));
        assert_eq!(account.delegate, Default::default());
        let event: AccountOpened = receipt.event();
        assert_eq!((event.exchange, event.account, event.owner, event.mode), (f.exchange, address, owner, stored));
    }
}

#[test]
fn an_account_opens_only_as_asked() {
    let mut f = Fixture::default();
    let owner = key("anna").pubkey();
    f.fund(&owner);

    let open = |f: &Fixture, number| f.open_account_instruction(&owner, number, MarginMode::Cross);
    let elsewhere = replaced(open(&f, 0), f.margin_address(&owner, 0), f.margin_address(&owner, 1));
    expect_error!(f.send_as(elsewhere, &["anna"]), ErrorCode::ConstraintSeeds);
    let of_another = replaced(open(&f, 0), f.margin_address(&owner, 0), f.margin_address(&f.admin.pubkey(), 0));
    expect_error!(f.send_as(of_another, &["anna"]), ErrorCode::ConstraintSeeds);
    let no_exchange = replaced(open(&f, 0), f.exchange, f.token_key(SOL));
    expect_error!(f.send_as(no_exchange, &["anna"]), ErrorCode::AccountDiscriminatorMismatch);
    let not_ours = replaced(open(&f, 0), f.exchange, f.quote_mint);
    expect_error!(f.send_as(not_ours, &["anna"]), ErrorCode::AccountOwnedByWrongProgram);
    let silent = unsigned(open(&f, 0), owner);
    expect_error!(f.send_as(silent, &[]), ErrorCode::AccountNotSigner);
}

#[test]
fn a_number_opens_once_and_is_not_reset_by_a_second_time() {
    let mut f = Fixture::default();
    let anna = f.trader("anna", 100.0);
    let again = f.open_account_instruction(&key("anna").pubkey(), 0, MarginMode::Isolated);
    expect_error!(f.send_as(again, &["anna"]), ADDRESS_IN_USE);
    assert_eq!((f.cash(anna), f.account(anna).mode), (100_000_000, MarginAccount::CROSS));
}
