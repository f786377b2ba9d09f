//! Pyth price accounts, the layout of `pyth-sdk-solana`.

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};

use super::{scaled, Observation};
use crate::errors::PlimsollError;

/// Program that owns Pyth price accounts.
const PROGRAM: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");

/// Observation of a price account that is trading. The caller has matched its address.
///
/// # Errors
/// [`PlimsollError::OracleOwner`], [`PlimsollError::OracleLayout`], [`PlimsollError::OracleNotTrading`],
/// [`PlimsollError::OraclePrice`], [`PlimsollError::OracleConfidence`].
pub(super) fn read(account: &AccountInfo) -> Result<Observation> {
    require_keys_eq!(*account.owner, PROGRAM, PlimsollError::OracleOwner);
    let data = account.try_borrow_data()?;
    require!(data.len() >= core::mem::size_of::<SolanaPriceAccount>(), PlimsollError::OracleLayout);
    let price: &SolanaPriceAccount = load_price_account(&data).map_err(|_| PlimsollError::OracleLayout)?;
    require!(matches!(price.agg.status, PriceStatus::Trading), PlimsollError::OracleNotTrading);
    require!(price.agg.price > 0, PlimsollError::OraclePrice);
    let confidence = i64::try_from(price.agg.conf).map_err(|_| PlimsollError::OracleConfidence)?;
    Ok(Observation {
        price: scaled(price.agg.price, price.expo, false)?,
        confidence: scaled(confidence, price.expo, true).map_err(|_| PlimsollError::OracleConfidence)?,
        publish_time: price.timestamp,
    })
}
