//! The chain without a virtual machine: the program's own entry point on the host, dozens of times as fast.
//!
//! What the runtime does around a program is done here: flags of signers and writable accounts, the account an instruction may
//! not write, rollback of what fails, sysvars, events, transfers of tokens. Transactions that create or close accounts go to
//! [`Lite`], which a chain holds from the first of them on. Compute units are not counted; return data is not kept.

use super::token::{self, Writes};
use super::{all_signers, Chain, Lite, Receipt};
use crate::Failure;
use anchor_lang::compat::solana_sysvar::program_stubs::{set_syscall_stubs, SyscallStubs};
use anchor_lang::prelude::{AccountInfo, ProgramError};
use anchor_lang::Discriminator;
use plimsoll::events::heard;
use plimsoll::instruction::CloseAccount;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Once;

/// The accounts by key, at addresses a program may read numbers from.
#[derive(Default)]
pub struct Native {
    accounts: HashMap<Pubkey, Stored>,
    clock: Clock,
    lite: Option<Lite>,
    /// Written since somebody asked.
    changed: RefCell<Vec<Pubkey>>,
}

/// An account; data in whole words, so that it is aligned as in the virtual machine.
#[derive(Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) words: Vec<u64>,
    length: usize,
    owner: Pubkey,
    pub(super) lamports: u64,
    executable: bool,
}

impl Stored {
    pub(super) fn new(account: &Account) -> Self {
        // Nobody reads the code of a program here.
        let data: &[u8] = if account.executable { &[] } else { &account.data };
        let mut words = vec![0u64; data.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..data.len()].copy_from_slice(data);
        let &Account { owner, lamports, executable, .. } = account;
        Self { words, length: data.len(), owner, lamports, executable }
    }

    /// What the runtime shows of an account that does not exist.
    fn missing() -> Self {
        Self::new(&Account { owner: anchor_lang::system_program::ID, ..Account::default() })
    }

    pub(super) fn data(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }

    fn account(&self) -> Account {
        let &Self { owner, lamports, executable, .. } = self;
        Account { lamports, data: self.data().to_vec(), owner, executable, rent_epoch: 0 }
    }
}

/// An account of a transaction that runs.
pub(super) struct Held {
    pub key: Pubkey,
    pub is_signer: bool,
    pub is_writable: bool,
    pub now: Stored,
    pub before: Stored,
}

thread_local! {
    /// The transaction that this thread runs.
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

struct Running {
    clock: Clock,
    writes: Writes,
    /// What the runtime ends a transaction with, whatever the program makes of it.
    verdict: Option<InstructionError>,
}

/// What the program calls instead of the runtime.
struct Stubs;

impl SyscallStubs for Stubs {
    fn sol_get_clock_sysvar(&self, address: *mut u8) -> u64 {
        RUNNING.with_borrow(|running| match running {
            Some(running) => {
                // SAFETY: `Clock::get` passes the address of a `Clock` of its own.
                unsafe { address.cast::<Clock>().write(running.clock.clone()) };
                0
            }
            None => solana_instruction::error::UNSUPPORTED_SYSVAR,
        })
    }

    fn sol_invoke_signed(
        &self,
        instruction: &Instruction,
        infos: &[AccountInfo],
        seeds: &[&[&[u8]]],
    ) -> Result<(), ProgramError> {
        RUNNING.with_borrow_mut(|running| {
            let running = running.as_mut().ok_or(ProgramError::InvalidArgument)?;
            token::invoke(instruction, infos, seeds, &mut running.writes).map_err(|error| {
                running.verdict = Some(error);
                ProgramError::InvalidArgument
            })
        })
    }
}

impl Native {
    pub fn start() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| drop(set_syscall_stubs(Box::new(Stubs))));
        Self::default()
    }

    /// The accounts of a transaction, each once, taken out of the chain.
    fn hold(&mut self, instructions: &[Instruction], payer: &Pubkey, signers: &[Pubkey]) -> Vec<Held> {
        let mut held: Vec<Held> = vec![];
        let payer = std::iter::once((*payer, true, true));
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let metas = metas.map(|meta| (meta.pubkey, meta.is_signer, meta.is_writable));
        for (key, is_signer, is_writable) in payer.chain(metas) {
            assert!(!is_signer || signers.contains(&key), "{key} has to sign");
            if let Some(known) = held.iter_mut().find(|known| known.key == key) {
                known.is_signer |= is_signer;
                known.is_writable |= is_writable;
                continue;
            }
            let before = self.accounts.get(&key).cloned().unwrap_or_else(Stored::missing);
            held.push(Held { key, is_signer, is_writable, now: before.clone(), before });
        }
        held.iter_mut().for_each(|held| held.is_writable &= !held.now.executable);
        held
    }

    /// Runs an instruction after those that have left these writes of the token program.
    fn run(&self, held: &mut [Held], instruction: &Instruction, writes: Writes) -> Result<Writes, InstructionError> {
        let running = Running { clock: self.clock.clone(), writes, verdict: None };
        RUNNING.set(Some(running));
        let result = call(held, instruction);
        let running = RUNNING.take().expect("it was put there");
        if let Some(verdict) = running.verdict {
            return Err(verdict);
        }
        result?;
        held.iter().try_for_each(|held| allow(held, &running.writes))?;
        Ok(running.writes)
    }

    fn settle(&mut self, held: Vec<Held>) {
        for Held { key, now, before, .. } in held {
            if now != before {
                self.accounts.insert(key, now);
                self.changed.get_mut().push(key);
            }
        }
    }

    /// Runs a transaction on the other chain, with the accounts it names as they are here.
    fn send_lite(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let lite = self.lite.get_or_insert_with(Lite::start);
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey);
        let keys: Vec<Pubkey> = metas.chain([payer.pubkey()]).collect();
        for key in &keys {
            match self.accounts.get(key) {
                Some(stored) if !stored.executable => lite.set_account(key, stored.account()),
                _ => {}
            }
        }
        lite.set_clock(&self.clock);
        let result = lite.send(instructions, payer, signers);
        for key in keys {
            match lite.account(&key) {
                Some(account) => self.accounts.insert(key, Stored::new(&account)),
                None => self.accounts.remove(&key),
            };
            if result.is_ok() {
                self.changed.get_mut().push(key);
            }
        }
        result
    }
}

/// Whether a transaction needs programs that only the virtual machine has.
fn needs_lite(instructions: &[Instruction]) -> bool {
    instructions.iter().any(|instruction| {
        instruction.program_id != plimsoll::ID
            || instruction.data.starts_with(CloseAccount::DISCRIMINATOR)
            || instruction.accounts.iter().any(|meta| meta.pubkey == anchor_lang::system_program::ID)
    })
}

/// Calls the program's entry point.
fn call(held: &mut [Held], instruction: &Instruction) -> Result<(), InstructionError> {
    let mut all: Vec<AccountInfo> = Vec::with_capacity(held.len());
    for Held { key, is_signer, is_writable, now, .. } in held.iter_mut() {
        let length = now.length;
        let data: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut now.words)[..length];
        let lamports = &mut now.lamports;
        all.push(AccountInfo::new(key, *is_signer, *is_writable, lamports, data, &now.owner, now.executable));
    }
    // One account named twice is one account.
    let find = |key: &Pubkey| all.iter().find(|info| info.key == key).expect("every account is held").clone();
    let infos: Vec<AccountInfo> = instruction.accounts.iter().map(|meta| find(&meta.pubkey)).collect();
    // SAFETY: Anchor's entry asks for a slice that lives as long as what it borrows, which a local vector with a destructor
    // cannot. Nothing it is given outlives the call: the program keeps no reference, and returns none.
    let infos_for_call =
        unsafe { std::slice::from_raw_parts(infos.as_ptr().cast::<AccountInfo<'static>>(), infos.len()) };
    let data = unsafe { std::slice::from_raw_parts(instruction.data.as_ptr(), instruction.data.len()) };
    let entry = || plimsoll::entry(&plimsoll::ID, infos_for_call, data);
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(entry)) {
        Ok(result) => result.map_err(|error| InstructionError::from(u64::from(error))),
        Err(_) => Err(InstructionError::ProgramFailedToComplete),
    }
}

/// The rules of the runtime about what an instruction has written.
pub(super) fn allow(held: &Held, writes: &Writes) -> Result<(), InstructionError> {
    let Held { key, is_writable, now, before, .. } = held;
    if now.lamports != before.lamports || now.owner != before.owner {
        return Err(InstructionError::UnbalancedInstruction);
    }
    if now.words == before.words {
        return Ok(());
    }
    if !is_writable {
        return Err(InstructionError::ReadonlyDataModified);
    }
    if now.owner != plimsoll::ID && writes.left(key) != Some(now.data()) {
        return Err(InstructionError::ExternalAccountDataModified);
    }
    Ok(())
}

impl Chain for Native {
    fn send(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        if needs_lite(instructions) {
            return self.send_lite(instructions, payer, signers);
        }
        let keys: Vec<Pubkey> = all_signers(payer, signers).iter().map(|signer| signer.pubkey()).collect();
        let mut held = self.hold(instructions, &payer.pubkey(), &keys);
        drop(heard::take());
        let mut writes = Writes::default();
        for (index, instruction) in instructions.iter().enumerate() {
            // The others count the instruction that raises the compute limit.
            let failure = |error| Failure::new(TransactionError::InstructionError(index as u8 + 1, error), vec![]);
            writes = self.run(&mut held, instruction, writes).map_err(failure)?;
        }
        self.settle(held);
        let logs =
            heard::take().iter().map(|event| format!("Program data: {}", super::base64::encode(event))).collect();
        Ok(Receipt { units: 0, logs, return_data: vec![] })
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        self.accounts.get(key).filter(|stored| stored.lamports > 0).map(Stored::account)
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) {
        self.accounts.insert(*key, Stored::new(&account));
        self.changed.get_mut().push(*key);
    }

    fn clock(&self) -> Clock {
        self.clock.clone()
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.clock = clock.clone();
    }

    fn changed(&self) -> Option<Vec<Pubkey>> {
        Some(self.changed.take())
    }

    fn fork(&self) -> Option<Box<dyn Chain>> {
        let changed = RefCell::new(self.accounts.keys().copied().collect());
        Some(Box::new(Self { accounts: self.accounts.clone(), clock: self.clock.clone(), lite: None, changed }))
    }
}
