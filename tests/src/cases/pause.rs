//! `pause`.

use super::kit::{empty, second_exchange, unsigned};
use crate::fixture::{instruction, key, Events, DAY, START};
use crate::{expect_error, usd, Fixture};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::PauseChanged;
use plimsoll::state::PauseBits;
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_signer::Signer;

fn pause(f: &Fixture, guardian: &str, bits: u64, seconds: i64) -> Instruction {
    let accounts = accounts::Pause { guardian: key(guardian).pubkey(), exchange: f.exchange };
    instruction(accounts, data::Pause { bits, seconds }, &[])
}

#[test]
fn pause_is_recorded_with_its_end_and_who_ordered_it() {
    let mut f = Fixture::new(&empty());
    for (name, bits, seconds) in [("guardian", 7, DAY), ("admin", 2, 60), ("guardian", 0, 0)] {
        let receipt = f.send(&[pause(&f, name, bits, seconds)], &[&key(name)]).unwrap();
        let state = f.exchange_state();
        assert_eq!((state.pause_bits, state.pause_until), (bits, START + seconds));
        let event: PauseChanged = receipt.event();
        assert_eq!((event.exchange, event.by), (f.exchange, key(name).pubkey()));
        assert_eq!((event.pause_bits, event.pause_until), (bits, START + seconds));
    }
}

#[test]
fn pause_ends_by_itself_and_by_order() {
    let mut f = Fixture::new(&empty());
    let trader = f.trader("anna", 0.0);
    let order = |f: &mut Fixture, bits| f.send(&[pause(f, "guardian", bits, 60)], &[&key("guardian")]).unwrap();
    order(&mut f, PauseBits::DEPOSIT);
    expect_error!(f.deposit(trader, usd(1.0) as u64), PlimsollError::Paused);
    f.advance(59);
    expect_error!(f.deposit(trader, usd(1.0) as u64), PlimsollError::Paused);
    f.advance(1);
    f.deposit(trader, usd(1.0) as u64).unwrap();
    order(&mut f, PauseBits::ALL);
    expect_error!(f.deposit(trader, usd(1.0) as u64), PlimsollError::Paused);
    order(&mut f, 0);
    f.deposit(trader, usd(1.0) as u64).unwrap();
    // Other bits do not stop deposits.
    order(&mut f, PauseBits::WITHDRAW | PauseBits::TRADE);
    f.deposit(trader, usd(1.0) as u64).unwrap();
}

#[test]
fn pause_refuses_other_bits_and_other_times() {
    let mut f = Fixture::new(&empty());
    for (bits, seconds) in
        [(8, 60), (15, 60), (u64::MAX, 60), (1 << 63, 60), (1, -1), (1, DAY + 1), (7, i64::MAX), (7, i64::MIN)]
    {
        for name in ["guardian", "admin"] {
            let order = pause(&f, name, bits, seconds);
            expect_error!(f.send(&[order], &[&key(name)]), PlimsollError::PauseOutOfRange);
        }
    }
}

#[test]
fn pause_is_the_guardians_and_the_admins() {
    let mut f = Fixture::new(&empty());
    let (other, _) = second_exchange(&mut f);
    for name in ["fee recipient", "publisher"] {
        expect_error!(f.send(&[pause(&f, name, 1, 60)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    expect_error!(f.send(&[pause(&f, "other admin", 1, 60)], &[&other]), PlimsollError::Unauthorized);
    expect_error!(f.send(&[unsigned(pause(&f, "guardian", 1, 60))], &[]), ErrorCode::AccountNotSigner);
}
