//! `set_exchange`.

use super::create_exchange::{extreme_terms, unlawful_terms};
use super::kit::{empty, forged, second_exchange, unsigned};
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, Fixture};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::ExchangeChanged;
use plimsoll::instructions::ExchangeArgs;
use plimsoll::state::LiquidationParamsRaw;
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_signer::Signer;

fn set(f: &Fixture, admin: &str, args: &ExchangeArgs) -> Instruction {
    let accounts = accounts::SetExchange { admin: key(admin).pubkey(), exchange: f.exchange };
    instruction(accounts, data::SetExchange { args: args.clone() }, &[])
}

fn other_terms() -> ExchangeArgs {
    ExchangeArgs {
        guardian: key("next guardian").pubkey(),
        fee_recipient: key("next recipient").pubkey(),
        fee_rate_e9: 500_000,
        fee_cap_e9: 100_000_000,
        liquidation: LiquidationParamsRaw {
            discount_e9: 970_000_000,
            fast_discount_e9: 700_000_000,
            fast_secs: 900,
            slow_secs: 3_600,
            max_gap_secs: 30,
            insolvent_secs: 600,
            buffer_e9: 200_000_000,
            dust_atoms: 5_000_000,
            fee_e9: 50_000_000,
            warning_e9: 1_500_000_000,
            call_secs: 43_200,
        },
    }
}

#[test]
fn set_exchange_changes_every_term_and_no_key_of_the_admin() {
    let mut f = Fixture::new(&empty());
    let (before, args) = (f.exchange_state(), other_terms());
    let receipt = f.send(&[set(&f, "admin", &args)], &[&key("admin")]).unwrap();
    let state = f.exchange_state();
    assert_eq!((state.guardian, state.fee_recipient), (args.guardian, args.fee_recipient));
    assert_eq!((state.fee_rate_e9, state.fee_cap_e9), (500_000, 100_000_000));
    assert_eq!(state.liquidation, args.liquidation);
    assert_eq!((state.admin, state.creator, state.quote_vault), (before.admin, before.creator, before.quote_vault));
    assert_eq!(bytemuck::bytes_of(&state.stable), bytemuck::bytes_of(&before.stable));
    let event: ExchangeChanged = receipt.event();
    assert_eq!((event.exchange, event.guardian, event.fee_recipient), (f.exchange, args.guardian, args.fee_recipient));
    assert_eq!((event.fee_rate_e9, event.fee_cap_e9), (500_000, 100_000_000));
    assert_eq!(event.liquidation, args.liquidation);
    for is_high in [false, true] {
        let args = extreme_terms(&f, is_high);
        f.send(&[set(&f, "admin", &args)], &[&key("admin")]).unwrap();
    }
}

#[test]
fn set_exchange_refuses_unlawful_terms() {
    let mut f = Fixture::new(&empty());
    for (name, args) in unlawful_terms(&other_terms()) {
        println!("{name}");
        expect_error!(f.send(&[set(&f, "admin", &args)], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn set_exchange_is_the_admins_alone() {
    let mut f = Fixture::new(&empty());
    let args = other_terms();
    for name in ["guardian", "fee recipient", "publisher"] {
        expect_error!(f.send(&[set(&f, name, &args)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let (other, other_exchange) = second_exchange(&mut f);
    expect_error!(f.send(&[set(&f, "other admin", &args)], &[&other]), PlimsollError::Unauthorized);
    expect_error!(f.send(&[unsigned(set(&f, "admin", &args))], &[]), ErrorCode::AccountNotSigner);
    let mut elsewhere = set(&f, "admin", &args);
    elsewhere.accounts[1].pubkey = other_exchange;
    expect_error!(f.send(&[elsewhere], &[&key("admin")]), PlimsollError::Unauthorized);
    let mut spoofed = set(&f, "admin", &args);
    spoofed.accounts[1].pubkey = forged(&mut f, &other_exchange);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let mut read_only = set(&f, "admin", &args);
    read_only.accounts[1].is_writable = false;
    expect_error!(f.send(&[read_only], &[&key("admin")]), ErrorCode::ConstraintMut);
}

#[test]
fn set_exchange_refuses_an_account_of_another_type() {
    let mut f = Fixture::default();
    let mut wrong = set(&f, "admin", &other_terms());
    wrong.accounts[1].pubkey = f.market_key(crate::Market(0));
    expect_error!(f.send(&[wrong], &[&key("admin")]), ErrorCode::AccountDiscriminatorMismatch);
}
