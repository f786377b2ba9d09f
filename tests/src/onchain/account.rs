//! Exchange, collaterals and the margin account of a file.

use super::price::PriceRange;
use super::scene::{collateral_key, exchange_key, underlying_key};
use crate::fixture::{e9, usd};
use anyhow::{ensure, Context, Result};
use plimsoll::constants::VERSION;
use plimsoll::state::{Collateral, CollateralSlot, Exchange, MarginAccount};
use plimsoll_margin_file::format::{LegFile, Token, UnderlyingFile};
use plimsoll_margin_file::{AccountFile, Mode};
use plimsoll_risk::units::Contracts;
use solana_pubkey::Pubkey;

/// Decimals of every collateral: those that the risk crate's side of a file counts in.
const DECIMALS: u8 = 9;

/// Size in 1e-6 contracts.
fn size(leg: &LegFile) -> Contracts {
    Contracts::from_raw((leg.size * 1e6).round() as i64)
}

/// An exchange whose quote asset has the file's price, in USD.
pub fn exchange(file: &AccountFile) -> Result<Exchange> {
    let mut exchange: Exchange = bytemuck::Zeroable::zeroed();
    exchange.version = VERSION;
    exchange.stable = PriceRange::at(file.stable).state().context("stable")?;
    Ok(exchange)
}

/// A token with its price in USD and its haircuts; initial margin looks at the low end of the price range.
pub fn collateral(token: &Token) -> Result<Collateral> {
    let mut collateral: Collateral = bytemuck::Zeroable::zeroed();
    collateral.version = VERSION;
    collateral.decimals = DECIMALS;
    collateral.exchange = exchange_key();
    collateral.underlying = token.underlying.map_or(Pubkey::default(), underlying_key);
    let low = token.price_im.unwrap_or(token.price);
    let range = PriceRange { low, confidence: token.confidence, ..PriceRange::at(token.price) };
    collateral.price = range.state().context("collateral")?;
    collateral.haircut_initial_e9 = e9(token.haircut_im);
    collateral.haircut_maintenance_e9 = e9(token.haircut_mm);
    collateral.total_deposits_atoms = balance_atoms(token);
    Ok(collateral)
}

fn balance_atoms(token: &Token) -> u64 {
    (token.balance * 10f64.powi(DECIMALS.into())).round() as u64
}

/// The account: cash in quote atoms, collateral in the mints' atoms, positions sorted as the program sorts them.
///
/// # Errors
/// More than the program has slots for; collateral of an asset that the account has no options on.
pub fn margin_account(file: &AccountFile) -> Result<MarginAccount> {
    let mut account: MarginAccount = bytemuck::Zeroable::zeroed();
    account.version = VERSION;
    account.mode = match file.mode {
        Mode::Cross => MarginAccount::CROSS,
        Mode::Portfolio => MarginAccount::PORTFOLIO,
    };
    account.exchange = exchange_key();
    account.cash_atoms = usd(file.cash);
    for (number, token) in file.collateral.iter().enumerate() {
        let slot = account.collaterals.get_mut(number).context("use at most 8 collaterals")?;
        *slot = CollateralSlot { collateral: collateral_key(number), balance_atoms: balance_atoms(token) };
    }
    for (number, underlying) in file.underlyings.iter().enumerate() {
        require_options_beside_collateral(file, number)?;
        account.underlyings[number] = underlying_key(number);
        add_positions(&mut account, number, underlying)?;
    }
    Ok(account)
}

/// In portfolio margin a file's collateral moves with the scenarios of its asset even where there are no options on it;
/// the program values only underlyings that an account has positions in.
fn require_options_beside_collateral(file: &AccountFile, number: usize) -> Result<()> {
    let is_scanned =
        file.mode == Mode::Portfolio && file.collateral.iter().any(|token| token.underlying == Some(number));
    let has_legs = file.underlyings[number].expiries.iter().any(|expiry| !expiry.legs.is_empty());
    ensure!(
        has_legs || !is_scanned,
        "underlyings[{number}] has collateral but no legs: the program scans collateral only beside options on it, leave \
         the collateral's underlying out"
    );
    Ok(())
}

/// Series are numbered over all expiries of the underlying, in the order of the file.
fn add_positions(account: &mut MarginAccount, underlying: usize, file: &UnderlyingFile) -> Result<()> {
    let mut series = 0u16;
    for (expiry, legs) in file.expiries.iter().map(|expiry| &expiry.legs).enumerate() {
        for leg in legs {
            let added = account.add_to_position(0, (underlying as u8, expiry as u8, series), size(leg));
            added.map_err(|error| anyhow::anyhow!("{error}")).context("use at most 64 legs")?;
            series += 1;
        }
    }
    Ok(())
}
