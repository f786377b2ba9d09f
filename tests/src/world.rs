//! Decoded state of everything the program owns on a chain, and the raw bytes to tell whether anything changed.

use crate::chain::Chain;
use anchor_lang::Discriminator;
use anchor_spl::token::spl_token::state::Account as TokenState;
use bytemuck::Pod;
use plimsoll::state::{
    Backstop, Collateral, DeleveragingQueue, Exchange, History, InsuranceFund, MarginAccount, PoolStake, Underlying,
};
use solana_account::Account;
use solana_pubkey::Pubkey;
use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Raw accounts, by key.
pub type Snapshot = BTreeMap<Pubkey, Account>;

/// Everything that belongs to the program, decoded, each kind by key. One exchange.
#[derive(Clone, Default)]
pub struct World {
    pub exchanges: Vec<(Pubkey, Exchange)>,
    pub underlyings: Vec<(Pubkey, Shared<Underlying>)>,
    pub collaterals: Vec<(Pubkey, Collateral)>,
    pub histories: Vec<(Pubkey, History)>,
    pub accounts: Vec<(Pubkey, MarginAccount)>,
    pub funds: Vec<(Pubkey, InsuranceFund)>,
    pub backstops: Vec<(Pubkey, Backstop)>,
    pub queues: Vec<(Pubkey, DeleveragingQueue)>,
    pub stakes: Vec<(Pubkey, PoolStake)>,
    /// Amounts of the vaults the accounts above name.
    pub vaults: BTreeMap<Pubkey, u64>,
    pub unix_time: i64,
}

/// A large state that worlds share until one of them changes it.
#[derive(Clone)]
pub struct Shared<T>(Rc<Kept<T>>);

struct Kept<T> {
    state: T,
    /// The bytes of its account, in whole words, once somebody has asked for them.
    image: RefCell<Vec<u64>>,
}

impl<T: Pod + Discriminator> Shared<T> {
    fn new(state: T) -> Self {
        Self(Rc::new(Kept { state, image: RefCell::default() }))
    }

    /// The account's bytes where a program may read numbers from them.
    pub fn image(&self) -> RefMut<'_, Vec<u64>> {
        let mut image = self.0.image.borrow_mut();
        if image.is_empty() {
            image.resize((8 + core::mem::size_of::<T>()).div_ceil(8), 0);
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut image);
            bytes[..8].copy_from_slice(T::DISCRIMINATOR);
            bytes[8..8 + core::mem::size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&self.0.state));
        }
        image
    }

    /// Whether both are the same, not only alike.
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.state
    }
}

impl<T: Pod + Discriminator> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        *self = Self::new(self.0.state);
        &mut Rc::get_mut(&mut self.0).expect("nobody else has it yet").state
    }
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
            world.put(key, account);
        }
        world
    }

    /// Decodes an account in the place of what was there under its key, if it is of the program or of the token program.
    pub fn put(&mut self, key: &Pubkey, account: &Account) {
        let data = &account.data;
        if account.owner == anchor_spl::token::ID || account.owner == anchor_spl::token_2022::ID {
            if let Some(amount) = token_amount(data) {
                self.vaults.insert(*key, amount);
            }
        } else if account.owner != plimsoll::ID {
            self.remove(key);
        } else if let Some(state) = decode::<Exchange>(data) {
            place(&mut self.exchanges, key, state);
        } else if let Some(state) = decode::<Underlying>(data) {
            place(&mut self.underlyings, key, Shared::new(state));
        } else if let Some(state) = decode::<Collateral>(data) {
            place(&mut self.collaterals, key, state);
        } else if let Some(state) = decode::<History>(data) {
            place(&mut self.histories, key, state);
        } else if let Some(state) = decode::<MarginAccount>(data) {
            place(&mut self.accounts, key, state);
        } else if let Some(state) = decode::<InsuranceFund>(data) {
            place(&mut self.funds, key, state);
        } else if let Some(state) = decode::<Backstop>(data) {
            place(&mut self.backstops, key, state);
        } else if let Some(state) = decode::<PoolStake>(data) {
            place(&mut self.stakes, key, state);
        } else if let Some(state) = decode::<DeleveragingQueue>(data) {
            place(&mut self.queues, key, state);
        }
    }

    /// Forgets an account that can be closed, or is not the program's.
    pub fn remove(&mut self, key: &Pubkey) {
        self.accounts.retain(|(candidate, _)| candidate != key);
        self.vaults.remove(key);
    }

    pub fn underlying(&self, key: &Pubkey) -> Option<&Underlying> {
        find(&self.underlyings, key).map(|state| &**state)
    }

    pub fn account(&self, key: &Pubkey) -> Option<&MarginAccount> {
        find(&self.accounts, key)
    }

    /// Whether an account, or anything its value depends on, differs from what it was in another world.
    pub fn has_moved(&self, then: &Self, key: &Pubkey) -> bool {
        let (Some(now), Some(before)) = (self.account(key), then.account(key)) else { return true };
        let is_market = |key: &Pubkey| now.underlyings.contains(key);
        let underlyings_moved = || {
            now.underlyings.iter().filter(|key| **key != Pubkey::default()).any(|key| {
                match (find(&self.underlyings, key), find(&then.underlyings, key)) {
                    (Some(now), Some(before)) => !now.is(before),
                    _ => true,
                }
            })
        };
        let histories = |world: &Self| {
            world.histories.iter().filter(|(_, history)| is_market(&history.underlying)).copied().collect::<Vec<_>>()
        };
        self.unix_time != then.unix_time
            || bytemuck::bytes_of(now) != bytemuck::bytes_of(before)
            || self.exchanges.iter().zip(&then.exchanges).any(|(now, then)| differ(&now.1, &then.1))
            || self.collaterals.len() != then.collaterals.len()
            || self.collaterals.iter().zip(&then.collaterals).any(|(now, then)| differ(&now.1, &then.1))
            || underlyings_moved()
            || histories(self)
                .iter()
                .map(|(_, state)| bytemuck::bytes_of(state))
                .ne(histories(then).iter().map(|(_, state)| bytemuck::bytes_of(state)))
    }
}

fn differ<T: Pod>(a: &T, b: &T) -> bool {
    bytemuck::bytes_of(a) != bytemuck::bytes_of(b)
}

fn find<'a, T>(all: &'a [(Pubkey, T)], key: &Pubkey) -> Option<&'a T> {
    all.iter().find(|(candidate, _)| candidate == key).map(|(_, state)| state)
}

/// Puts a state in the place its key has in the order.
fn place<T>(all: &mut Vec<(Pubkey, T)>, key: &Pubkey, state: T) {
    match all.binary_search_by_key(key, |(key, _)| *key) {
        Ok(found) => all[found].1 = state,
        Err(free) => all.insert(free, (*key, state)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fixture, Market, Setup, Token, Trader};

    /// Two accounts, one with a position in ETH and SOL behind it, one with cash in BTC alone.
    fn scene() -> (World, [Pubkey; 2]) {
        let setup = Setup::lite();
        let markets = vec![setup.markets[0].clone(), crate::MarketSetup::new("BTC", 60_000.0)];
        let mut f = Fixture::new(&Setup { markets, ..setup });
        let [anna, bela, cora]: [Trader; 3] = ["anna", "bela", "cora"].map(|name| f.trader(name, 50_000.0));
        f.deposit_token(anna, Token(0), 5_000_000_000).unwrap();
        let (eth, btc) = (f.call(Market(0), 0, 1_500.0), f.call(Market(1), 0, 60_000.0));
        f.trade(anna, cora, eth, -1.0, 65.0).unwrap();
        f.trade(bela, cora, btc, -0.01, 3_000.0).unwrap();
        (f.world(), [anna, bela].map(|trader| f.margin_key(trader)))
    }

    fn moved(change: impl Fn(&mut World, &Pubkey)) -> [bool; 2] {
        let (then, keys) = scene();
        assert!(keys.iter().all(|key| !then.has_moved(&then.clone(), key)));
        let mut now = then.clone();
        let eth = then.account(&keys[0]).unwrap().underlyings[0];
        change(&mut now, &eth);
        keys.map(|key| now.has_moved(&then, &key))
    }

    #[test]
    fn an_account_moves_with_whatever_its_value_depends_on() {
        let both = [true; 2];
        assert_eq!(moved(|world, _| world.unix_time += 1), both);
        assert_eq!(moved(|world, _| world.exchanges[0].1.stable.index_e9 += 1), both);
        assert_eq!(moved(|world, _| world.exchanges[0].1.liquidation.discount_e9 += 1), both);
        assert_eq!(moved(|world, _| world.collaterals[0].1.price.index_e9 += 1), both);
        let of_eth = |world: &mut World, eth: &Pubkey| {
            world.underlyings.iter_mut().filter(|(key, _)| key == eth).for_each(|(_, state)| state.price.index_e9 += 1);
        };
        assert_eq!(moved(of_eth), [true, false]);
        let cash = |world: &mut World, eth: &Pubkey| {
            let first = world.accounts.iter_mut().filter(|(_, account)| account.underlyings[0] == *eth);
            first.for_each(|(_, account)| account.cash_atoms += 1);
        };
        assert_eq!(moved(cash), [true, false]);
        assert_eq!(moved(|world, _| world.vaults.clear()), [false; 2]);
    }

    #[test]
    fn a_shared_state_that_is_changed_is_shared_no_longer() {
        let (then, _) = scene();
        let mut now = then.clone();
        assert!(now.underlyings[0].1.is(&then.underlyings[0].1));
        let image = then.underlyings[0].1.image().clone();
        now.underlyings[0].1.fees_atoms += 1;
        assert!(!now.underlyings[0].1.is(&then.underlyings[0].1));
        assert_eq!(*then.underlyings[0].1.image(), image);
        assert_ne!(*now.underlyings[0].1.image(), image);
        assert_eq!(now.underlyings[0].1.fees_atoms, then.underlyings[0].1.fees_atoms + 1);
    }
}
