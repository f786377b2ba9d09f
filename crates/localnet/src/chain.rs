//! What this program does to the running network, all of it through the RPC that tests use too.

use anchor_lang::prelude::{Clock, Pubkey, Rent};
use anyhow::{Context, Result};
use serde_json::{json, Value};
use solana_rpc_client_api::request::RpcRequest;
use surfpool_sdk::{
    cheatcodes::builders::{CheatcodeBuilder, SetAccount, SetTokenAccount},
    RpcClient,
};

const CLOCK: Pubkey = anchor_lang::pubkey!("SysvarC1ock11111111111111111111111111111111");

pub struct Chain {
    rpc: RpcClient,
}

impl Chain {
    pub fn new(rpc_url: &str) -> Self {
        Self { rpc: RpcClient::new(rpc_url) }
    }

    /// Deploys the program at its address; `authority` may upgrade it.
    pub fn deploy(&self, program: &Pubkey, binary: &[u8], authority: &Pubkey) -> Result<()> {
        let hex: String = binary.iter().map(|byte| format!("{byte:02x}")).collect();
        self.call("surfnet_writeProgram", json!([program.to_string(), hex, 0]))?;
        self.call("surfnet_setProgramAuthority", json!([program.to_string(), authority.to_string()]))
    }

    pub fn fund_sol(&self, address: &Pubkey, lamports: u64) -> Result<()> {
        self.execute(SetAccount::new(*address).lamports(lamports))
    }

    /// Creates the associated token account if need be.
    pub fn fund_token(&self, owner: &Pubkey, mint: &Pubkey, atoms: u64) -> Result<()> {
        self.execute(SetTokenAccount::new(*owner, *mint).amount(atoms))
    }

    /// Writes a whole account, exempt from rent.
    pub fn write_account(&self, address: &Pubkey, owner: &Pubkey, data: Vec<u8>) -> Result<()> {
        let lamports = Rent::default().minimum_balance(data.len());
        self.execute(SetAccount::new(*address).owner(*owner).lamports(lamports).data(data))
    }

    pub fn read_account(&self, address: &Pubkey) -> Result<Vec<u8>> {
        self.rpc.get_account_data(address).with_context(|| format!("cannot read account {address}"))
    }

    /// The time programs see, which tests may have moved.
    pub fn clock(&self) -> Result<Clock> {
        let data = self.read_account(&CLOCK)?;
        let word = |index: usize| -> Result<[u8; 8]> {
            let bytes = data.get(index * 8..index * 8 + 8).context("the clock account is too short")?;
            Ok(bytes.try_into()?)
        };
        Ok(Clock {
            slot: u64::from_le_bytes(word(0)?),
            epoch_start_timestamp: i64::from_le_bytes(word(1)?),
            epoch: u64::from_le_bytes(word(2)?),
            leader_schedule_epoch: u64::from_le_bytes(word(3)?),
            unix_timestamp: i64::from_le_bytes(word(4)?),
        })
    }

    fn execute<B: CheatcodeBuilder>(&self, request: B) -> Result<()> {
        self.call(B::METHOD, request.build())
    }

    fn call(&self, method: &'static str, params: Value) -> Result<()> {
        self.rpc
            .send::<Value>(RpcRequest::Custom { method }, params)
            .with_context(|| format!("the network refused {method}"))?;
        Ok(())
    }
}
