//! `nominate_admin` and `accept_admin`.

use super::kit::{empty, second_exchange, unsigned};
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, Fixture};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AdminChanged, AdminNominated};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn nominate(f: &Fixture, admin: &str, next: Pubkey) -> Instruction {
    let accounts = accounts::SetExchange { admin: key(admin).pubkey(), exchange: f.exchange };
    instruction(accounts, data::NominateAdmin { next }, &[])
}

fn accept(f: &Fixture, nominee: &str) -> Instruction {
    let accounts = accounts::AcceptAdmin { nominee: key(nominee).pubkey(), exchange: f.exchange };
    instruction(accounts, data::AcceptAdmin {}, &[])
}

#[test]
fn nominate_admin_changes_nothing_until_the_nominee_accepts() {
    let mut f = Fixture::new(&empty());
    let next = key("next admin").pubkey();
    let receipt = f.send(&[nominate(&f, "admin", next)], &[&key("admin")]).unwrap();
    let state = f.exchange_state();
    assert_eq!((state.admin, state.pending_admin), (f.admin.pubkey(), next));
    let event: AdminNominated = receipt.event();
    assert_eq!((event.exchange, event.admin, event.pending_admin), (f.exchange, f.admin.pubkey(), next));
    expect_error!(f.send(&[nominate(&f, "next admin", next)], &[&key("next admin")]), PlimsollError::Unauthorized);

    let receipt = f.send(&[accept(&f, "next admin")], &[&key("next admin")]).unwrap();
    let state = f.exchange_state();
    assert_eq!((state.admin, state.pending_admin, state.creator), (next, Pubkey::default(), f.admin.pubkey()));
    let event: AdminChanged = receipt.event();
    assert_eq!((event.exchange, event.admin), (f.exchange, next));
    expect_error!(f.send(&[nominate(&f, "admin", next)], &[&key("admin")]), PlimsollError::Unauthorized);
    // An acceptance is used up.
    expect_error!(f.send(&[accept(&f, "next admin")], &[&key("next admin")]), PlimsollError::Unauthorized);
}

#[test]
fn nominate_admin_is_the_admins_alone() {
    let mut f = Fixture::new(&empty());
    let next = key("guardian").pubkey();
    expect_error!(f.send(&[nominate(&f, "guardian", next)], &[&key("guardian")]), PlimsollError::Unauthorized);
    expect_error!(f.send(&[unsigned(nominate(&f, "admin", next))], &[]), ErrorCode::AccountNotSigner);
    let (other, _) = second_exchange(&mut f);
    expect_error!(f.send(&[nominate(&f, "other admin", next)], &[&other]), PlimsollError::Unauthorized);
}

#[test]
fn accept_admin_is_the_last_nominees_alone() {
    let mut f = Fixture::new(&empty());
    expect_error!(f.send(&[accept(&f, "guardian")], &[&key("guardian")]), PlimsollError::Unauthorized);
    for name in ["first", "second"] {
        f.send(&[nominate(&f, "admin", key(name).pubkey())], &[&key("admin")]).unwrap();
    }
    for name in ["first", "guardian", "admin"] {
        expect_error!(f.send(&[accept(&f, name)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    expect_error!(f.send(&[unsigned(accept(&f, "second"))], &[]), ErrorCode::AccountNotSigner);
    // The default key takes a nomination back.
    f.send(&[nominate(&f, "admin", Pubkey::default())], &[&key("admin")]).unwrap();
    expect_error!(f.send(&[accept(&f, "second")], &[&key("second")]), PlimsollError::Unauthorized);
    assert_eq!(f.exchange_state().admin, f.admin.pubkey());
}
