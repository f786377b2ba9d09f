//! Portfolio files valued by the program binary.
//!
//! A [`Scene`] is the accounts that a file describes, in the bytes in which the program stores them. [`OnChain`] writes
//! them into an embedded SVM, sends `check_health` and decodes what it returns; [`rows`] sets that beside the risk crate's
//! numbers for the same file.

mod account;
#[cfg(test)]
mod arrays;
mod compare;
mod expiry;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod golden_arrays;
mod market;
mod price;
mod scene;
#[cfg(test)]
mod stored;
mod volatility;

pub use compare::{json, rows, table, Row};
pub use scene::Scene;

use crate::chain::{Chain, Lite, COMPUTE_BUDGET_UNITS};
use crate::fixture::{instruction, key};
use anchor_lang::AnchorDeserialize;
use anyhow::{anyhow, Context, Result};
use plimsoll::instructions::HealthReport;
use plimsoll::{accounts, instruction as data};
use plimsoll_margin_file::AccountFile;
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// What the program answers.
pub struct Answer {
    /// Values in quote atoms.
    pub report: HealthReport,
    /// Compute units of `check_health` alone.
    pub compute_units: u64,
    /// What the program's own instructions would have refused to store: see [`Scene::notes`].
    pub notes: Vec<String>,
}

/// An SVM with the program.
pub struct OnChain {
    chain: Lite,
    payer: Keypair,
}

impl OnChain {
    /// Loads the built program.
    ///
    /// # Panics
    /// Without a built program.
    pub fn start() -> Self {
        let (mut chain, payer) = (Lite::start(), key("payer"));
        chain.set_account(&payer.pubkey(), Account { lamports: 1_000_000_000_000, ..Account::default() });
        let mut started = Self { chain, payer };
        started.set_time(scene::NOW);
        started
    }

    fn set_time(&mut self, unix_time: i64) {
        let mut clock = self.chain.clock();
        clock.unix_timestamp = unix_time;
        self.chain.set_clock(&clock);
    }

    /// What the program says of the account in a file.
    ///
    /// # Errors
    /// What of the file has no place in the program's accounts; what the program refuses.
    pub fn value(&mut self, file: &AccountFile) -> Result<Answer> {
        self.check_health(Scene::of(file)?)
    }

    /// What the program says of the account in a scene.
    ///
    /// # Errors
    /// What the program refuses, with the last lines of its log.
    pub fn check_health(&mut self, scene: Scene) -> Result<Answer> {
        for (address, account) in scene.accounts {
            self.chain.set_account(&address, account);
        }
        let accounts = accounts::CheckHealth { exchange: scene.exchange, margin_account: scene.margin_account };
        let check = instruction(accounts, data::CheckHealth {}, &scene.markets);
        let receipt = self.chain.send(&[check], &self.payer, &[]).map_err(|failure| {
            let last = failure.logs.len().saturating_sub(3);
            anyhow!("the program refuses the account: {:?}\n{}", failure.error, failure.logs[last..].join("\n"))
        })?;
        let report = HealthReport::deserialize(&mut &receipt.return_data[..]).context("the report cannot be read")?;
        Ok(Answer { report, compute_units: receipt.units - COMPUTE_BUDGET_UNITS, notes: scene.notes })
    }
}
