//! The program's own valuation, run on the host from the bytes that are on the chain.

use crate::world::World;
use anchor_lang::prelude::AccountInfo;
use anchor_lang::Discriminator;
use plimsoll::health::{health, Health, Purpose};
use plimsoll::markets::Markets;
use plimsoll::state::{Collateral, Exchange, History, MarginAccount};
use solana_pubkey::Pubkey;

/// Bytes of an account at an address that is a multiple of eight, as the runtime gives them to a program.
struct Aligned {
    key: Pubkey,
    words: Vec<u64>,
    length: usize,
    lamports: u64,
}

impl Aligned {
    fn new<T: bytemuck::Pod + Discriminator>(key: Pubkey, state: &T) -> Self {
        let length = 8 + core::mem::size_of::<T>();
        let mut words = vec![0u64; length.div_ceil(8)];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        bytes[..8].copy_from_slice(T::DISCRIMINATOR);
        bytes[8..length].copy_from_slice(bytemuck::bytes_of(state));
        Self { key, words, length, lamports: 1 }
    }

    fn info(&mut self) -> AccountInfo<'_> {
        let data: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut self.words)[..self.length];
        AccountInfo::new(&self.key, false, false, &mut self.lamports, data, &plimsoll::ID, false)
    }
}

/// Values an account exactly as the program does, with all markets of the world at hand.
pub fn value(world: &World, account: &MarginAccount, purpose: Purpose) -> anchor_lang::Result<Health> {
    let exchange = world.exchanges.iter().find(|(key, _)| *key == account.exchange);
    let exchange: &Exchange = &exchange.expect("the account's exchange is known").1;
    let held = world.underlyings.iter().filter(|(key, _)| account.underlyings.contains(key));
    let mut underlyings: Vec<_> = held.map(|(key, state)| (key, 1u64, state.image())).collect();
    let mut markets: Vec<Aligned> = vec![];
    for (key, state) in world.histories.iter().filter(|(_, state)| account.underlyings.contains(&state.underlying)) {
        markets.push(Aligned::new::<History>(*key, state));
    }
    let is_held = |key: &Pubkey| account.collaterals.iter().any(|slot| slot.collateral == *key);
    for (key, state) in world.collaterals.iter().filter(|(key, _)| is_held(key)) {
        markets.push(Aligned::new::<Collateral>(*key, state));
    }
    let underlying_infos = underlyings.iter_mut().map(|(key, lamports, image)| {
        let data: &mut [u8] = bytemuck::cast_slice_mut(image);
        AccountInfo::new(key, false, false, lamports, data, &plimsoll::ID, false)
    });
    let infos: Vec<AccountInfo> = underlying_infos.chain(markets.iter_mut().map(Aligned::info)).collect();
    let markets = Markets::load(infos.iter(), &account.exchange)?;
    health(account, exchange, &markets, purpose, world.unix_time)
}
