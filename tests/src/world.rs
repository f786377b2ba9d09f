//! Decoded state of everything the program owns on a chain, and the raw bytes to tell whether anything changed.

use crate::chain::Chain;
use anchor_lang::Discriminator;
use anchor_spl::token::spl_token::state::Account as TokenState;
use bytemuck::Pod;
use plimsoll::state::{Backstop, Collateral, Exchange, History, InsuranceFund, MarginAccount, PoolStake, Underlying};
use solana_account::Account;
use solana_pubkey::Pubkey;
use std::collections::{BTreeMap, BTreeSet};

/// Raw accounts, by key.
pub type Snapshot = BTreeMap<Pubkey, Account>;

/// Everything that belongs to the program, decoded. One exchange.
#[derive(Default)]
pub struct World {
    pub exchanges: Vec<(Pubkey, Exchange)>,
    pub underlyings: Vec<(Pubkey, Box<Underlying>)>,
    pub collaterals: Vec<(Pubkey, Collateral)>,
    pub histories: Vec<(Pubkey, History)>,
    pub accounts: Vec<(Pubkey, MarginAccount)>,
    pub funds: Vec<(Pubkey, InsuranceFund)>,
    pub backstops: Vec<(Pubkey, Backstop)>,
    pub stakes: Vec<(Pubkey, PoolStake)>,
    /// Amounts of the vaults the accounts above name.
    pub vaults: BTreeMap<Pubkey, u64>,
    pub unix_time: i64,
}

/// Raw bytes of the keys that exist.
pub fn snapshot(chain: &dyn Chain, keys: &BTreeSet<Pubkey>) -> Snapshot {
    keys.iter().filter_map(|key| Some((*key, chain.account(key)?))).collect()
}

impl World {
    /// Decodes whatever in the snapshot the program or the token program owns.
    pub fn decode(accounts: &Snapshot, unix_time: i64) -> Self {
        let mut world = Self { unix_time, ..Self::default() };
        for (key, account) in accounts {
            let data = &account.data;
            if account.owner == anchor_spl::token::ID || account.owner == anchor_spl::token_2022::ID {
                if let Some(amount) = token_amount(data) {
                    world.vaults.insert(*key, amount);
                }
            } else if account.owner != plimsoll::ID {
                continue;
            } else if let Some(state) = decode::<Exchange>(data) {
                world.exchanges.push((*key, state));
            } else if let Some(state) = decode::<Underlying>(data) {
                world.underlyings.push((*key, Box::new(state)));
            } else if let Some(state) = decode::<Collateral>(data) {
                world.collaterals.push((*key, state));
            } else if let Some(state) = decode::<History>(data) {
                world.histories.push((*key, state));
            } else if let Some(state) = decode::<MarginAccount>(data) {
                world.accounts.push((*key, state));
            } else if let Some(state) = decode::<InsuranceFund>(data) {
                world.funds.push((*key, state));
            } else if let Some(state) = decode::<Backstop>(data) {
                world.backstops.push((*key, state));
            } else if let Some(state) = decode::<PoolStake>(data) {
                world.stakes.push((*key, state));
            }
        }
        world
    }

    pub fn underlying(&self, key: &Pubkey) -> Option<&Underlying> {
        self.underlyings.iter().find(|(candidate, _)| candidate == key).map(|(_, state)| &**state)
    }

    pub fn account(&self, key: &Pubkey) -> Option<&MarginAccount> {
        self.accounts.iter().find(|(candidate, _)| candidate == key).map(|(_, state)| state)
    }
}

/// The account as a `T`, or `None` if it is something else.
pub fn decode<T: Pod + Discriminator>(data: &[u8]) -> Option<T> {
    let body = data.strip_prefix(T::DISCRIMINATOR)?;
    Some(bytemuck::pod_read_unaligned(body.get(..core::mem::size_of::<T>())?))
}

/// Balance of a token account of either token program; `None` for a mint.
pub fn token_amount(data: &[u8]) -> Option<u64> {
    use anchor_lang::solana_program::program_pack::Pack;
    TokenState::unpack(data.get(..TokenState::LEN)?).ok().map(|state| state.amount)
}
