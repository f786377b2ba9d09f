//! All accounts that one file describes.

use super::{account, market};
use crate::pyth;
use anchor_lang::Discriminator;
use anyhow::{ensure, Result};
use bytemuck::Pod;
use plimsoll::constants::MAX_UNDERLYINGS;
use plimsoll_margin_file::AccountFile;
use solana_account::Account;
use solana_pubkey::Pubkey;

/// The moment at which every file is valued, unix seconds.
pub const NOW: i64 = crate::fixture::START;

/// The accounts of a file, as the program stores them.
pub struct Scene {
    pub exchange: Pubkey,
    pub margin_account: Pubkey,
    /// Underlyings, collaterals and histories: what `check_health` is given.
    pub markets: Vec<Pubkey>,
    pub accounts: Vec<(Pubkey, Account)>,
    /// What the program values but none of its instructions would have stored: a grid that looks one way only, a rate
    /// below zero, a forward too far from spot.
    pub notes: Vec<String>,
}

impl Scene {
    /// # Errors
    /// What of the file has no place in the program's accounts, and why.
    pub fn of(file: &AccountFile) -> Result<Self> {
        ensure!(file.underlyings.len() <= MAX_UNDERLYINGS as usize, "use at most {MAX_UNDERLYINGS} underlyings");
        let mut scene = Self {
            exchange: exchange_key(),
            margin_account: address("margin account", 0),
            markets: vec![],
            accounts: vec![],
            notes: vec![],
        };
        scene.write(scene.exchange, &account::exchange(file)?);
        scene.write(scene.margin_account, &account::margin_account(file)?);
        for (number, token) in file.collateral.iter().enumerate() {
            scene.add_market(collateral_key(number), &account::collateral(token)?);
        }
        for number in 0..file.underlyings.len() {
            let underlying = market::underlying(file, number, &mut scene.notes)?;
            scene.add_market(underlying_key(number), &*underlying);
            if let Some(history) = market::history(file, number, &mut scene.notes)? {
                scene.add_market(address("history", number), &history);
            }
        }
        Ok(scene)
    }

    fn add_market<T: Pod + Discriminator>(&mut self, key: Pubkey, state: &T) {
        self.markets.push(key);
        self.write(key, state);
    }

    fn write<T: Pod + Discriminator>(&mut self, key: Pubkey, state: &T) {
        let data = [T::DISCRIMINATOR, bytemuck::bytes_of(state)].concat();
        self.accounts.push((key, pyth::account(data, plimsoll::ID)));
    }
}

pub fn exchange_key() -> Pubkey {
    address("exchange", 0)
}

pub fn underlying_key(number: usize) -> Pubkey {
    address("underlying", number)
}

pub fn collateral_key(number: usize) -> Pubkey {
    address("collateral", number)
}

/// `check_health` takes accounts by their contents: any address will do.
fn address(kind: &str, number: usize) -> Pubkey {
    let mut bytes = [0u8; 32];
    for (slot, byte) in bytes.iter_mut().zip(kind.bytes()) {
        *slot = byte;
    }
    bytes[31] = number as u8 + 1;
    Pubkey::new_from_array(bytes)
}
