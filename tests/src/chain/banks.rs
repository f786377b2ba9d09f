//! The chain on `solana-program-test`.

use super::{all_signers, program_folder, with_limit, Chain, Receipt};
use crate::Failure;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;
use tokio::runtime::Runtime;

pub struct Banks {
    // Dropped before the runtime its tasks run on.
    context: ProgramTestContext,
    runtime: Runtime,
    nonce: u32,
}

impl Banks {
    pub fn start() -> Self {
        let binary = program_folder().join("plimsoll.so");
        assert!(binary.exists(), "{} is missing: run tools/build-program", binary.display());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be built");
        quiet_logs();
        let mut test = ProgramTest::default();
        test.add_account(plimsoll::ID, program_account(&binary));
        let context = runtime.block_on(test.start_with_context());
        Self { context, runtime, nonce: 0 }
    }
}

/// The bank logs every program log line by default: a failed test would be buried in them.
fn quiet_logs() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("RUST_LOG").is_none() {
            std::env::set_var("RUST_LOG", "error");
        }
    });
}

fn program_account(binary: &std::path::Path) -> Account {
    let data = std::fs::read(binary).expect("the program can be read");
    let owner = solana_pubkey::pubkey!("BPFLoader2111111111111111111111111111111111");
    Account { lamports: 100_000_000_000, data, owner, executable: true, rent_epoch: 0 }
}

impl Chain for Banks {
    fn send(
        &mut self,
        instructions: &[Instruction],
        payer: &Keypair,
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let instructions = with_limit(&mut self.nonce, instructions);
        let client = &self.context.banks_client;
        let result = self.runtime.block_on(async {
            let blockhash = client.get_latest_blockhash().await?;
            let signers = all_signers(payer, signers);
            let payer = payer.pubkey();
            let transaction = Transaction::new_signed_with_payer(&instructions, Some(&payer), &signers, blockhash);
            client.process_transaction_with_metadata(transaction).await
        });
        let result = result.expect("the bank answers");
        let meta = result.metadata;
        let logs = meta.as_ref().map_or_else(Vec::new, |meta| meta.log_messages.clone());
        match result.result {
            Ok(()) => Ok(Receipt {
                units: meta.as_ref().map_or(0, |meta| meta.compute_units_consumed),
                logs,
                return_data: meta.and_then(|meta| meta.return_data).map_or_else(Vec::new, |data| data.data),
            }),
            Err(error) => Err(Failure::new(error, logs)),
        }
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        let account = self.runtime.block_on(self.context.banks_client.get_account(*key));
        account.expect("the bank answers").filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) {
        self.context.set_account(key, &account.into());
    }

    fn clock(&self) -> Clock {
        self.runtime.block_on(self.context.banks_client.get_sysvar()).expect("the bank has a clock")
    }

    fn set_clock(&mut self, clock: &Clock) {
        self.context.set_sysvar(clock);
    }
}
