//! `create_collateral` and `set_collateral`.

use super::kit::{empty, forged, second_exchange, unlawful_oracles, unsigned, ACCOUNT_IN_USE};
use super::mints::{write_mint_2022, DANGEROUS, HARMLESS};
use crate::fixture::{instruction, key, pda, Events};
use crate::{expect_error, CollateralSetup, Fixture, Token};
use anchor_lang::error::ErrorCode;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::Account as Tokens;
use plimsoll::constants::{COLLATERAL_SEED, VAULT_SEED, VERSION};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{CollateralChanged, CollateralCreated};
use plimsoll::instructions::CollateralArgs;
use plimsoll::state::{Collateral, OracleConfig};
use plimsoll::{accounts, instruction as data};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

const HALF: CollateralArgs = CollateralArgs {
    haircut_initial_e9: 500_000_000,
    haircut_maintenance_e9: 400_000_000,
    deposit_cap_atoms: 7,
    underlying: Pubkey::new_from_array([0; 32]),
};

fn lawful_oracle(f: &Fixture) -> OracleConfig {
    f.stable.config()
}

fn address(f: &Fixture, seed: &[u8], mint: &Pubkey) -> Pubkey {
    pda(&[seed, f.exchange.as_ref(), mint.as_ref()])
}

fn create_with(
    f: &Fixture,
    mint: &Pubkey,
    token_program: Pubkey,
    args: CollateralArgs,
    oracle: OracleConfig,
) -> Instruction {
    let accounts = accounts::CreateCollateral {
        admin: f.admin.pubkey(),
        exchange: f.exchange,
        mint: *mint,
        collateral: address(f, COLLATERAL_SEED, mint),
        vault: address(f, VAULT_SEED, mint),
        token_program,
        system_program: anchor_lang::system_program::ID,
    };
    instruction(accounts, data::CreateCollateral { args, oracle }, &[])
}

fn create(f: &Fixture, mint: &Pubkey, token_program: Pubkey) -> Instruction {
    create_with(f, mint, token_program, HALF, lawful_oracle(f))
}

fn plain_mint(f: &mut Fixture, name: &str, decimals: u8) -> Pubkey {
    let mint = key(name).pubkey();
    f.write_mint(&mint, decimals);
    mint
}

fn unlawful_haircuts() -> [CollateralArgs; 7] {
    [(-1, -1), (0, -1), (1_000_000_001, 0), (0, 1), (500_000_000, 500_000_001), (i64::MAX, 0), (0, i64::MIN)].map(
        |(haircut_initial_e9, haircut_maintenance_e9)| CollateralArgs {
            haircut_initial_e9,
            haircut_maintenance_e9,
            ..HALF
        },
    )
}

fn vault_of(f: &Fixture, mint: &Pubkey) -> Tokens {
    let vault = f.chain.account(&address(f, VAULT_SEED, mint)).expect("the vault exists");
    Tokens::unpack(&vault.data[..Tokens::LEN]).expect("the vault is a token account")
}

#[test]
fn create_collateral_writes_terms_price_binding_and_vault() {
    let mut f = Fixture::new(&empty());
    let mint = plain_mint(&mut f, "wBTC", 8);
    let receipt = f.send(&[create(&f, &mint, anchor_spl::token::ID)], &[&key("admin")]).unwrap();
    let collateral = address(&f, COLLATERAL_SEED, &mint);
    let state: Collateral = f.read(&collateral);
    assert_eq!((state.version, state.decimals, state.exchange, state.mint), (VERSION, 8, f.exchange, mint));
    assert_eq!((state.vault, state.token_program), (address(&f, VAULT_SEED, &mint), anchor_spl::token::ID));
    assert_eq!((state.haircut_initial_e9, state.haircut_maintenance_e9), (500_000_000, 400_000_000));
    assert_eq!((state.deposit_cap_atoms, state.total_deposits_atoms), (7, 0));
    assert_eq!((state.price.source_count, state.price.required, state.price.index_e9), (1, 1, 0));
    let vault = vault_of(&f, &mint);
    assert_eq!((vault.mint, vault.owner, vault.amount), (mint, f.exchange, 0));
    assert!(vault.delegate.is_none() && vault.close_authority.is_none());
    let event: CollateralCreated = receipt.event();
    assert_eq!((event.exchange, event.collateral, event.mint), (f.exchange, collateral, mint));
}

#[test]
fn create_collateral_refuses_every_dangerous_extension() {
    let mut f = Fixture::new(&empty());
    for extension in DANGEROUS {
        // Alone, and behind a harmless one.
        let alone = write_mint_2022(&mut f, &format!("{extension:?}"), 9, &[extension]);
        let second = write_mint_2022(&mut f, &format!("{extension:?} 2"), 9, &[HARMLESS[0], extension]);
        for mint in [alone, second] {
            println!("{extension:?}");
            let create = create(&f, &mint, anchor_spl::token_2022::ID);
            expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::MintExtension);
        }
    }
}

#[test]
fn create_collateral_accepts_token_2022_mints_that_only_point_to_metadata() {
    let mut f = Fixture::new(&empty());
    let extensions: [&[_]; 3] = [&[], &HARMLESS[..1], &HARMLESS];
    for (number, extensions) in extensions.into_iter().enumerate() {
        let mint = write_mint_2022(&mut f, &format!("plain {number}"), 9, extensions);
        f.send(&[create(&f, &mint, anchor_spl::token_2022::ID)], &[&key("admin")]).unwrap();
        let state: Collateral = f.read(&address(&f, COLLATERAL_SEED, &mint));
        assert_eq!(state.token_program, anchor_spl::token_2022::ID);
        assert_eq!((vault_of(&f, &mint).owner, vault_of(&f, &mint).mint), (f.exchange, mint));
    }
}

#[test]
fn create_collateral_accepts_up_to_twelve_decimals() {
    let mut f = Fixture::new(&empty());
    for decimals in [0, 12] {
        let mint = plain_mint(&mut f, &format!("{decimals} decimals"), decimals);
        f.send(&[create(&f, &mint, anchor_spl::token::ID)], &[&key("admin")]).unwrap();
    }
    for decimals in [13, 18, 255] {
        let mint = plain_mint(&mut f, &format!("{decimals} decimals"), decimals);
        let create = create(&f, &mint, anchor_spl::token::ID);
        expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::MintDecimals);
    }
}

#[test]
fn create_collateral_refuses_the_quote_mint_and_a_mint_twice() {
    let mut f = Fixture::default();
    // The quote mint's vault is the vault of all cash, at the same address.
    let quote = f.quote_mint;
    assert_eq!(address(&f, VAULT_SEED, &quote), f.quote_vault);
    expect_error!(f.send(&[create(&f, &quote, anchor_spl::token::ID)], &[&key("admin")]), ACCOUNT_IN_USE);
    let listed = f.token_mint(Token(0));
    expect_error!(f.send(&[create(&f, &listed, anchor_spl::token::ID)], &[&key("admin")]), ACCOUNT_IN_USE);
}

#[test]
fn create_collateral_refuses_unlawful_haircuts_and_oracles() {
    let mut f = Fixture::new(&empty());
    let mint = plain_mint(&mut f, "wBTC", 8);
    for args in unlawful_haircuts() {
        let create = create_with(&f, &mint, anchor_spl::token::ID, args, lawful_oracle(&f));
        expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
    for (name, oracle) in unlawful_oracles(&lawful_oracle(&f)) {
        println!("{name}");
        let create = create_with(&f, &mint, anchor_spl::token::ID, HALF, oracle);
        expect_error!(f.send(&[create], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn create_collateral_is_the_admins_alone() {
    let mut f = Fixture::new(&empty());
    let mint = plain_mint(&mut f, "wBTC", 8);
    let mut theirs = create(&f, &mint, anchor_spl::token::ID);
    theirs.accounts[0].pubkey = key("guardian").pubkey();
    expect_error!(f.send(&[theirs], &[&key("guardian")]), PlimsollError::Unauthorized);
    let unsigned = unsigned(create(&f, &mint, anchor_spl::token::ID));
    expect_error!(f.send(&[unsigned], &[]), ErrorCode::AccountNotSigner);
    // The addresses belong to one exchange.
    let (_, other) = second_exchange(&mut f);
    let mut elsewhere = create(&f, &mint, anchor_spl::token::ID);
    elsewhere.accounts[1].pubkey = other;
    expect_error!(f.send(&[elsewhere], &[&key("admin")]), ErrorCode::ConstraintSeeds);
}

#[test]
fn create_collateral_refuses_what_is_no_mint_or_no_vault_of_it() {
    let mut f = Fixture::new(&empty());
    let mint = plain_mint(&mut f, "wBTC", 8);
    let mint_2022 = write_mint_2022(&mut f, "plain", 9, &[]);
    for (mint, program) in [(mint, anchor_spl::token_2022::ID), (mint_2022, anchor_spl::token::ID)] {
        let failure = f.send(&[create(&f, &mint, program)], &[&key("admin")]).unwrap_err();
        assert_eq!(failure.error, TransactionError::InstructionError(1, InstructionError::IncorrectProgramId));
    }
    expect_error!(f.send(&[create(&f, &mint, plimsoll::ID)], &[&key("admin")]), ErrorCode::InvalidProgramId);
    let forged = forged(&mut f, &mint);
    let create_forged = create(&f, &forged, anchor_spl::token::ID);
    expect_error!(f.send(&[create_forged], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let create_nothing = create(&f, &key("nothing").pubkey(), anchor_spl::token::ID);
    expect_error!(f.send(&[create_nothing], &[&key("admin")]), ErrorCode::AccountNotInitialized);
    let mut misplaced = create(&f, &mint, anchor_spl::token::ID);
    misplaced.accounts[4].pubkey = f.quote_vault;
    expect_error!(f.send(&[misplaced], &[&key("admin")]), ErrorCode::ConstraintSeeds);
}

fn set(f: &Fixture, admin: &str, exchange: Pubkey, args: CollateralArgs) -> Instruction {
    let accounts = accounts::SetCollateral { admin: key(admin).pubkey(), exchange, collateral: f.token_key(Token(0)) };
    instruction(accounts, data::SetCollateral { args }, &[])
}

#[test]
fn set_collateral_changes_haircuts_and_cap_and_nothing_else() {
    let mut f = Fixture::default();
    let before = f.collateral(Token(0));
    let receipt = f.send(&[set(&f, "admin", f.exchange, HALF)], &[&key("admin")]).unwrap();
    let mut expected = before;
    (expected.haircut_initial_e9, expected.haircut_maintenance_e9) = (500_000_000, 400_000_000);
    expected.deposit_cap_atoms = 7;
    assert_eq!(bytemuck::bytes_of(&f.collateral(Token(0))), bytemuck::bytes_of(&expected));
    let event: CollateralChanged = receipt.event();
    assert_eq!(event.collateral, f.token_key(Token(0)));
    assert_eq!((event.haircut_initial_e9, event.haircut_maintenance_e9), (500_000_000, 400_000_000));
    assert_eq!(event.deposit_cap_atoms, 7);
    for haircut in [0, 1_000_000_000] {
        let args = CollateralArgs {
            haircut_initial_e9: haircut,
            haircut_maintenance_e9: haircut,
            deposit_cap_atoms: u64::MAX,
            underlying: Default::default(),
        };
        f.send(&[set(&f, "admin", f.exchange, args)], &[&key("admin")]).unwrap();
    }
}

#[test]
fn set_collateral_refuses_unlawful_haircuts() {
    let mut f = Fixture::default();
    for args in unlawful_haircuts() {
        let set = set(&f, "admin", f.exchange, args);
        expect_error!(f.send(&[set], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn set_collateral_is_the_own_exchanges_admins_alone() {
    let mut f = Fixture::default();
    let (other, other_exchange) = second_exchange(&mut f);
    let theirs = set(&f, "guardian", f.exchange, HALF);
    expect_error!(f.send(&[theirs], &[&key("guardian")]), PlimsollError::Unauthorized);
    let theirs = set(&f, "other admin", other_exchange, HALF);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(set(&f, "admin", f.exchange, HALF))], &[]), ErrorCode::AccountNotSigner);
    let collateral = f.token_key(Token(0));
    let mut spoofed = set(&f, "admin", f.exchange, HALF);
    spoofed.accounts[2].pubkey = forged(&mut f, &collateral);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let mut wrong = set(&f, "admin", f.exchange, HALF);
    wrong.accounts[2].pubkey = f.market_key(crate::Market(0));
    expect_error!(f.send(&[wrong], &[&key("admin")]), ErrorCode::AccountDiscriminatorMismatch);
    assert_eq!(f.collateral(Token(0)).deposit_cap_atoms, CollateralSetup::default().deposit_cap_atoms);
}
