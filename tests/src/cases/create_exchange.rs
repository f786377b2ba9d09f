//! `create_exchange`.

use super::kit::{create_exchange_of, unlawful_oracles, unsigned, ACCOUNT_IN_USE};
use super::mints::{write_mint_2022, DANGEROUS, HARMLESS};
use crate::fixture::{key, pda, Events};
use crate::{expect_error, Fixture, Setup};
use anchor_lang::error::ErrorCode;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::Account as Tokens;
use plimsoll::constants::{EXCHANGE_SEED, VAULT_SEED, VERSION};
use plimsoll::errors::PlimsollError;
use plimsoll::events::ExchangeCreated;
use plimsoll::instruction as data;
use plimsoll::instructions::{CreateExchangeArgs, ExchangeArgs};
use plimsoll::state::LiquidationParamsRaw;
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

/// Fees and liquidation terms that no exchange may have, one fault each.
pub fn unlawful_terms(lawful: &ExchangeArgs) -> Vec<(&'static str, ExchangeArgs)> {
    let change = |name, change: fn(&mut ExchangeArgs)| {
        let mut args = lawful.clone();
        change(&mut args);
        (name, args)
    };
    vec![
        change("negative fee", |a| a.fee_rate_e9 = -1),
        change("fee above 1 %", |a| a.fee_rate_e9 = 10_000_001),
        change("negative fee cap", |a| a.fee_cap_e9 = -1),
        change("fee cap above a quarter", |a| a.fee_cap_e9 = 250_000_001),
        change("discount below a half", |a| a.liquidation.discount_e9 = 499_999_999),
        change("discount above 1", |a| a.liquidation.discount_e9 = 1_000_000_001),
        change("second discount above the first", |a| a.liquidation.fast_discount_e9 = a.liquidation.discount_e9 + 1),
        change("negative second discount", |a| a.liquidation.fast_discount_e9 = -1),
        change("fast leg under a minute", |a| a.liquidation.fast_secs = 59),
        change("fast leg over a day", |a| a.liquidation.fast_secs = 86_401),
        change("slow leg under a minute", |a| a.liquidation.slow_secs = 59),
        change("slow leg over 30 days", |a| a.liquidation.slow_secs = 2_592_001),
        change("no gap", |a| a.liquidation.max_gap_secs = 0),
        change("gap over an hour", |a| a.liquidation.max_gap_secs = 3_601),
        change("insolvent auction under a minute", |a| a.liquidation.insolvent_secs = 59),
        change("insolvent auction over a day", |a| a.liquidation.insolvent_secs = 86_401),
        change("negative liquidation fee", |a| a.liquidation.fee_e9 = -1),
        change("liquidation fee above a half", |a| a.liquidation.fee_e9 = 500_000_001),
        change("warning below 1", |a| a.liquidation.warning_e9 = 999_999_999),
        change("warning above 10", |a| a.liquidation.warning_e9 = 10_000_000_001),
        change("negative time for a call", |a| a.liquidation.call_secs = -1),
        change("30 days and a second for a call", |a| a.liquidation.call_secs = 2_592_001),
        change("negative buffer", |a| a.liquidation.buffer_e9 = -1),
        change("buffer above 1", |a| a.liquidation.buffer_e9 = 1_000_000_001),
        change("negative dust", |a| a.liquidation.dust_atoms = -1),
        change("dust above 1 000 USD", |a| a.liquidation.dust_atoms = 1_000_000_001),
        change("fee of the least number", |a| a.fee_rate_e9 = i64::MIN),
    ]
}

/// Every term at the end of its range.
pub fn extreme_terms(f: &Fixture, is_high: bool) -> ExchangeArgs {
    let (fee_rate_e9, fee_cap_e9) = if is_high { (10_000_000, 250_000_000) } else { (0, 0) };
    let liquidation = if is_high {
        LiquidationParamsRaw {
            discount_e9: 1_000_000_000,
            fast_discount_e9: 1_000_000_000,
            fast_secs: 86_400,
            slow_secs: 2_592_000,
            max_gap_secs: 3_600,
            insolvent_secs: 86_400,
            buffer_e9: 1_000_000_000,
            dust_atoms: 1_000_000_000,
            fee_e9: 500_000_000,
            warning_e9: 10_000_000_000,
            call_secs: 2_592_000,
        }
    } else {
        LiquidationParamsRaw {
            discount_e9: 500_000_000,
            fast_discount_e9: 0,
            fast_secs: 60,
            slow_secs: 60,
            max_gap_secs: 1,
            insolvent_secs: 60,
            buffer_e9: 0,
            dust_atoms: 0,
            fee_e9: 0,
            warning_e9: 1_000_000_000,
            call_secs: 0,
        }
    };
    ExchangeArgs { fee_rate_e9, fee_cap_e9, liquidation, ..f.exchange_args(&Setup::default()) }
}

fn with_args(f: &Fixture, args: CreateExchangeArgs) -> solana_instruction::Instruction {
    use anchor_lang::InstructionData;
    let mut create = f.create_exchange_instruction(&Setup::default());
    create.data = data::CreateExchange { args }.data();
    create
}

#[test]
fn create_exchange_writes_keys_terms_and_vault() {
    let setup = Setup::default();
    let mut f = Fixture::bare(&setup);
    let created = f.create_exchange(&setup).unwrap();
    let state = f.exchange_state();
    let admin = f.admin.pubkey();
    assert_eq!((state.version, state.creator, state.admin), (VERSION, admin, admin));
    assert_eq!(state.pending_admin, Pubkey::default());
    assert_eq!((state.guardian, state.fee_recipient), (f.guardian.pubkey(), f.fee_recipient.pubkey()));
    assert_eq!((state.quote_mint, state.quote_vault), (f.quote_mint, f.quote_vault));
    assert_eq!(state.quote_token_program, anchor_spl::token::ID);
    assert_eq!((state.fee_rate_e9, state.fee_cap_e9), (setup.fee_rate_e9, setup.fee_cap_e9));
    assert_eq!(state.liquidation, setup.liquidation);
    assert_eq!((state.pause_bits, state.pause_until), (0, 0));
    assert_eq!((state.stable.source_count, state.stable.required, state.stable.index_e9), (1, 1, 0));
    let vault = Tokens::unpack(&f.chain.account(&f.quote_vault).unwrap().data).unwrap();
    assert_eq!((vault.mint, vault.owner, vault.amount), (f.quote_mint, f.exchange, 0));
    let event: ExchangeCreated = created.event();
    assert_eq!((event.exchange, event.admin, event.quote_mint), (f.exchange, admin, f.quote_mint));
}

#[test]
fn create_exchange_accepts_terms_at_the_ends_of_their_ranges() {
    let mut f = Fixture::bare(&Setup::default());
    for (creator, is_high) in [("low", false), ("high", true)] {
        use anchor_lang::InstructionData;
        let creator = key(creator);
        f.fund(&creator.pubkey());
        let args = CreateExchangeArgs { exchange: extreme_terms(&f, is_high), stable_oracle: f.stable.config() };
        let mut create = create_exchange_of(&f, &creator.pubkey(), &f.quote_mint, anchor_spl::token::ID);
        create.data = data::CreateExchange { args }.data();
        f.send(&[create], &[&creator]).unwrap();
    }
}

#[test]
fn create_exchange_refuses_unlawful_terms_and_oracles() {
    let mut f = Fixture::bare(&Setup::default());
    let (lawful, oracle) = (f.exchange_args(&Setup::default()), f.stable.config());
    for (name, exchange) in unlawful_terms(&lawful) {
        let create = with_args(&f, CreateExchangeArgs { exchange, stable_oracle: oracle.clone() });
        println!("{name}");
        expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
    for (name, stable_oracle) in unlawful_oracles(&oracle) {
        let create = with_args(&f, CreateExchangeArgs { exchange: lawful.clone(), stable_oracle });
        println!("{name}");
        expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn create_exchange_wants_a_plain_quote_mint_with_six_decimals() {
    let mut f = Fixture::bare(&Setup::default());
    let admin = key("admin");
    for decimals in [0, 5, 7, 9, 255] {
        let mint = key("odd mint").pubkey();
        f.write_mint(&mint, decimals);
        let create = create_exchange_of(&f, &admin.pubkey(), &mint, anchor_spl::token::ID);
        expect_error!(f.send(&[create], &[&admin]), PlimsollError::MintDecimals);
    }
    for extension in DANGEROUS {
        let mint = write_mint_2022(&mut f, &format!("{extension:?}"), 6, &[extension]);
        let create = create_exchange_of(&f, &admin.pubkey(), &mint, anchor_spl::token_2022::ID);
        println!("{extension:?}");
        expect_error!(f.send(&[create], &[&admin]), PlimsollError::MintExtension);
    }
    let mint = write_mint_2022(&mut f, "harmless", 6, &HARMLESS);
    let create = create_exchange_of(&f, &admin.pubkey(), &mint, anchor_spl::token_2022::ID);
    f.send(&[create], &[&admin]).unwrap();
    let state = f.exchange_state();
    assert_eq!((state.quote_mint, state.quote_token_program), (mint, anchor_spl::token_2022::ID));
}

#[test]
fn create_exchange_refuses_what_is_no_mint_or_anothers_token_program() {
    let mut f = Fixture::bare(&Setup::default());
    let admin = key("admin");
    let create = create_exchange_of(&f, &admin.pubkey(), &f.quote_mint, anchor_spl::token_2022::ID);
    let failure = f.send(&[create], &[&admin]).unwrap_err();
    assert_eq!(failure.error, TransactionError::InstructionError(1, InstructionError::IncorrectProgramId));
    let create = create_exchange_of(&f, &admin.pubkey(), &f.quote_mint, plimsoll::ID);
    expect_error!(f.send(&[create], &[&admin]), ErrorCode::InvalidProgramId);
    let real = f.quote_mint;
    let forged = super::kit::forged(&mut f, &real);
    let create = create_exchange_of(&f, &admin.pubkey(), &forged, anchor_spl::token::ID);
    expect_error!(f.send(&[create], &[&admin]), ErrorCode::AccountOwnedByWrongProgram);
    let create = create_exchange_of(&f, &admin.pubkey(), &key("nothing").pubkey(), anchor_spl::token::ID);
    expect_error!(f.send(&[create], &[&admin]), ErrorCode::AccountNotInitialized);
}

#[test]
fn create_exchange_works_once_per_creator_at_its_own_address() {
    let setup = Setup::default();
    let mut f = Fixture::bare(&setup);
    let (admin, stranger) = (key("admin"), key("guardian"));
    let mut misplaced = create_exchange_of(&f, &admin.pubkey(), &f.quote_mint, anchor_spl::token::ID);
    misplaced.accounts[1].pubkey = pda(&[EXCHANGE_SEED, stranger.pubkey().as_ref()]);
    expect_error!(f.send(&[misplaced], &[&admin]), ErrorCode::ConstraintSeeds);
    let mut misplaced = create_exchange_of(&f, &admin.pubkey(), &f.quote_mint, anchor_spl::token::ID);
    misplaced.accounts[3].pubkey = pda(&[VAULT_SEED, stranger.pubkey().as_ref(), f.quote_mint.as_ref()]);
    expect_error!(f.send(&[misplaced], &[&admin]), ErrorCode::ConstraintSeeds);
    let create = f.create_exchange_instruction(&setup);
    expect_error!(f.send(&[unsigned(create)], &[]), ErrorCode::AccountNotSigner);
    f.create_exchange(&setup).unwrap();
    expect_error!(f.create_exchange(&setup), ACCOUNT_IN_USE);
    // The exchange's terms come from its first creation only.
    let args = CreateExchangeArgs { exchange: extreme_terms(&f, true), stable_oracle: f.stable.config() };
    let again = with_args(&f, args);
    expect_error!(f.send(&[again], &[&admin]), ACCOUNT_IN_USE);
}
