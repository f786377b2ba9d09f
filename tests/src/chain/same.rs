//! The native chain refuses what the runtime refuses, with the same error.

use super::native::{allow, Held, Stored};
use super::token::Writes;
use super::Backend;
use crate::fixture::{instruction, key, Fixture};
use crate::{Setup, Token, Trader};
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::{Account as Tokens, AccountState};
use plimsoll::instruction as data;
use solana_account::Account;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// A cross account with some cash and SOL.
fn scene(backend: Backend) -> (Fixture, Trader) {
    let mut f = Fixture::new(&Setup { backend, ..Setup::default() });
    let anna = f.trader("anna", 1_000.0);
    f.deposit_token(anna, Token(0), 5_000_000_000).unwrap();
    (f, anna)
}

/// The transaction fails on both chains with the same error, and changes nothing.
fn refused_alike(says: &str, make: impl Fn(&mut Fixture, Trader) -> Vec<Instruction>) {
    let [machine, native] = [Backend::Lite, Backend::Native].map(|backend| {
        let (mut f, anna) = scene(backend);
        let instructions = make(&mut f, anna);
        let has_signed = instructions.iter().flat_map(|instruction| &instruction.accounts).any(|meta| meta.is_signer);
        f.send(&instructions, &[&key("anna")][..usize::from(has_signed)]).expect_err(says).error
    });
    assert_eq!(machine, native, "{says}");
    assert!(format!("{machine:?}").contains(says), "{says}: {machine:?}");
}

fn deposit(f: &Fixture, anna: Trader, amount: u64) -> Instruction {
    instruction(f.quote_move(anna), data::Deposit { amount }, &[])
}

fn withdraw(f: &Fixture, anna: Trader, amount: u64) -> Instruction {
    instruction(f.quote_move(anna), data::Withdraw { amount }, &f.markets_of(&[anna]))
}

#[test]
fn native_chain_knows_who_signs_and_what_may_be_written() {
    // Anchor's own checks see the flags: ConstraintMut, AccountNotSigner, ConstraintDuplicateMutableAccount.
    for (account, says) in [(2, "Custom(2000)"), (6, "Custom(2000)")] {
        refused_alike(says, |f, anna| {
            let mut deposit = deposit(f, anna, 5);
            deposit.accounts[account].is_writable = false;
            vec![deposit]
        });
    }
    refused_alike("Custom(3010)", |f, anna| {
        let mut withdraw = withdraw(f, anna, 5);
        withdraw.accounts[0].is_signer = false;
        vec![withdraw]
    });
    refused_alike("Custom(3007)", |f, anna| {
        let mut deposit = deposit(f, anna, 5);
        deposit.accounts[2].pubkey = Pubkey::new_from_array([7; 32]);
        vec![deposit]
    });
}

#[test]
fn native_chain_moves_tokens_as_the_token_program_does() {
    type Change = fn(&mut Tokens);
    let frozen: Change = |tokens| tokens.state = AccountState::Frozen;
    let other_owner: Change = |tokens| tokens.owner = Pubkey::new_from_array([7; 32]);
    let poor: Change = |tokens| tokens.amount = 4;
    for (change, says) in [(frozen, "Custom(17)"), (other_owner, "Custom(4)"), (poor, "Custom(1)")] {
        refused_alike(says, |f, anna| {
            let wallet = f.quote_wallet(anna);
            let mut account = f.chain.account(&wallet).unwrap();
            let mut tokens = Tokens::unpack(&account.data).unwrap();
            change(&mut tokens);
            Tokens::pack(tokens, &mut account.data).unwrap();
            f.chain.set_account(&wallet, account);
            vec![deposit(f, anna, 5)]
        });
    }
}

#[test]
fn native_chain_runs_several_instructions_of_one_transaction() {
    let [machine, native] = [Backend::Lite, Backend::Native].map(|backend| {
        let (mut f, anna) = scene(backend);
        let instructions = [deposit(&f, anna, 5), deposit(&f, anna, 7), withdraw(&f, anna, 3)];
        let logs = f.send(&instructions, &[&key("anna")]).unwrap().logs;
        let events: Vec<String> = logs.into_iter().filter(|line| line.starts_with("Program data: ")).collect();
        (f.cash(anna), f.tokens_in(&f.quote_vault), events)
    });
    assert_eq!(machine, native);
    assert_eq!((native.0, native.2.len()), (1_000_000_009, 3));
}

#[test]
fn native_chain_takes_back_what_a_failed_transaction_has_done() {
    // The second instruction fails: the fixture requires that nothing of the first is left.
    refused_alike("InstructionError(2", |f, anna| vec![deposit(f, anna, 5), withdraw(f, anna, u64::MAX / 4)]);
}

#[test]
fn native_chain_creates_and_closes_accounts_on_the_other_one() {
    let (mut f, anna) = scene(Backend::Native);
    let all = f.cash(anna) as u64;
    f.withdraw(anna, all).unwrap();
    f.withdraw_token(anna, Token(0), 5_000_000_000).unwrap();
    f.close_account(anna).unwrap();
    assert_eq!(f.chain.account(&f.margin_key(anna)), None);
    assert_eq!(f.world().account(&f.margin_key(anna)).map(|account| account.number), None);
}

#[test]
fn native_chain_lets_nobody_write_what_is_not_his_to_write() {
    type Change = fn(&mut Stored);
    let check = |owner: Pubkey, is_writable: bool, change: Change, writes: &Writes| {
        let account = Account { lamports: 1, data: vec![1; 16], owner, ..Account::default() };
        let (before, mut now) = (Stored::new(&account), Stored::new(&account));
        change(&mut now);
        allow(&Held { key: key("held").pubkey(), is_signer: false, is_writable, now, before }, writes)
    };
    let (nothing, write): (Change, Change) = (|_| {}, |stored| stored.words[0] = 9);
    let (ours, tokens, none) = (plimsoll::ID, anchor_spl::token::ID, &Writes::default());
    assert_eq!(check(ours, false, nothing, none), Ok(()));
    assert_eq!(check(ours, true, write, none), Ok(()));
    assert_eq!(check(ours, false, write, none), Err(InstructionError::ReadonlyDataModified));
    assert_eq!(check(tokens, true, write, none), Err(InstructionError::ExternalAccountDataModified));
    assert_eq!(check(ours, true, |stored| stored.lamports = 2, none), Err(InstructionError::UnbalancedInstruction));
    let mut written = Stored::new(&Account { data: vec![1; 16], ..Account::default() });
    write(&mut written);
    let writes = Writes(vec![(key("held").pubkey(), written.data().to_vec())]);
    assert_eq!(check(tokens, true, write, &writes), Ok(()));
}
