//! Pyth price accounts, the layout of `pyth-sdk-solana`.

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};

use super::{scaled, Observation};
use crate::errors::PlimsollError;

/// Programs that own Pyth price accounts: mainnet and devnet.
const PROGRAMS: [Pubkey; 2] = [
    pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH"),
    pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWc92s2oe"),
];

/// Observation of a price account that is trading. The caller has matched its address.
///
/// # Errors
/// [`PlimsollError::OracleOwner`], [`PlimsollError::OracleLayout`], [`PlimsollError::OracleNotTrading`],
/// [`PlimsollError::OraclePrice`].
pub(super) fn read(account: &AccountInfo) -> Result<Observation> {
    require!(PROGRAMS.contains(account.owner), PlimsollError::OracleOwner);
    let data = account.try_borrow_data()?;
    require!(data.len() >= core::mem::size_of::<SolanaPriceAccount>(), PlimsollError::OracleLayout);
    let price: &SolanaPriceAccount = load_price_account(&data).map_err(|_| PlimsollError::OracleLayout)?;
    require!(matches!(price.agg.status, PriceStatus::Trading), PlimsollError::OracleNotTrading);
    require!(price.agg.price > 0, PlimsollError::OraclePrice);
    let confidence = i64::try_from(price.agg.conf).map_err(|_| PlimsollError::OracleConfidence)?;
    Ok(Observation {
        price: scaled(price.agg.price, price.expo, false)?,
        confidence: scaled(confidence, price.expo, true)?,
        publish_time: price.timestamp,
    })
}
