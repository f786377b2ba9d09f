//! The chain on `litesvm`.

use super::{all_signers, program_folder, with_limit, Chain, Receipt};
use crate::Failure;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;

pub struct Lite {
    svm: LiteSVM,
    nonce: u32,
}

impl Lite {
    pub fn start() -> Self {
        let mut svm = LiteSVM::new();
        let binary = program_folder().join("plimsoll.so");
        svm.add_program_from_file(plimsoll::ID, &binary)
            .unwrap_or_else(|error| panic!("{}: {error}; run tools/build-program", binary.display()));
        Self { svm, nonce: 0 }
    }
}

impl Chain for Lite {
    fn send(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let message = Message::new(&with_limit(&mut self.nonce, instructions), Some(&payer.pubkey()));
        let transaction = Transaction::new(&all_signers(payer, signers), message, self.svm.latest_blockhash());
        match self.svm.send_transaction(transaction) {
            Ok(meta) => {
                Ok(Receipt { units: meta.compute_units_consumed, logs: meta.logs, return_data: meta.return_data.data })
            }
            Err(failed) => Err(Failure::new(failed.err, failed.meta.logs)),
        }
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        self.svm.get_account(key).filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) {
        self.svm.set_account(*key, account).expect("account can be written");
    }

    fn clock(&self) -> Clock {
        self.svm.get_sysvar()
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.svm.set_sysvar(clock);
    }
}
