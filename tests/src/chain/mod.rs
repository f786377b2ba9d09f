//! A Solana bank to run the program on. Three kinds with one interface, so every test can run on any.

mod banks;
pub mod base64;
mod lite;
mod native;
#[cfg(test)]
mod same;
mod token;

pub use banks::Banks;
pub use lite::Lite;
pub use native::Native;

use crate::Failure;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

/// What a successful transaction left behind.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Compute units of the whole transaction, [`COMPUTE_BUDGET_UNITS`] of its first instruction included.
    pub units: u64,
    pub logs: Vec<String>,
    pub return_data: Vec<u8>,
}

/// What the instruction that raises the compute limit costs itself.
pub const COMPUTE_BUDGET_UNITS: u64 = 150;

/// A bank.
pub trait Chain {
    /// Signs and runs a transaction. The same instructions can be sent any number of times.
    fn send(&mut self, instructions: &[Instruction], payer: &Keypair, signers: &[&Keypair])
        -> Result<Receipt, Failure>;
    fn account(&self, key: &Pubkey) -> Option<Account>;
    fn set_account(&mut self, key: &Pubkey, account: Account);
    fn clock(&self) -> Clock;
    fn set_clock(&mut self, clock: &Clock);

    /// Accounts that were written since the last call; none where the chain does not count them.
    fn changed(&self) -> Option<Vec<Pubkey>> {
        None
    }

    /// Another chain that goes on from here; none where that is as much work as to start again.
    fn fork(&self) -> Option<Box<dyn Chain>> {
        None
    }
}

/// Which bank a fixture runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `solana-program-test`: Agave's own bank.
    Banks,
    /// `litesvm`: the same virtual machine without a bank around it, faster, exact compute units.
    Lite,
    /// The program without a virtual machine: dozens of times as fast, and no compute units.
    Native,
}

impl Backend {
    /// A fresh chain with the program on it.
    pub fn start(self) -> Box<dyn Chain> {
        match self {
            Self::Banks => Box::new(Banks::start()),
            Self::Lite => Box::new(Lite::start()),
            Self::Native => Box::new(Native::start()),
        }
    }
}

/// Folder of the built program.
fn program_folder() -> std::path::PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy");
    std::env::var_os("SBF_OUT_DIR").map_or_else(|| default.into(), Into::into)
}

/// Raises the compute limit to the maximum, less a number that makes otherwise equal transactions differ.
fn compute_limit(nonce: u32) -> Instruction {
    let limit: u32 = 1_400_000 - nonce % 100_000;
    Instruction {
        program_id: solana_pubkey::pubkey!("ComputeBudget111111111111111111111111111111"),
        accounts: vec![],
        data: [&[2], &limit.to_le_bytes()[..]].concat(),
    }
}

/// The transaction's instructions, made unique.
fn with_limit(nonce: &mut u32, instructions: &[Instruction]) -> Vec<Instruction> {
    *nonce += 1;
    std::iter::once(compute_limit(*nonce)).chain(instructions.iter().cloned()).collect()
}

/// Payer and signers, each once.
fn all_signers<'a>(payer: &'a Keypair, signers: &[&'a Keypair]) -> Vec<&'a Keypair> {
    use solana_signer::Signer;
    let mut all = vec![payer];
    for signer in signers {
        if all.iter().all(|known| known.pubkey() != signer.pubkey()) {
            all.push(signer);
        }
    }
    all
}
