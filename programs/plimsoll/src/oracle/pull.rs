//! Pyth pull: `PriceUpdateV2` accounts of the receiver program.

use anchor_lang::prelude::*;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use super::{scaled, Observation};
use crate::errors::PlimsollError;

/// Feed id and observation of a fully verified price update.
///
/// # Errors
/// [`PlimsollError::OracleOwner`], [`PlimsollError::OracleLayout`], [`PlimsollError::OracleNotVerified`],
/// [`PlimsollError::OraclePrice`], [`PlimsollError::OracleConfidence`].
pub(super) fn read(account: &AccountInfo) -> Result<([u8; 32], Observation)> {
    require_keys_eq!(*account.owner, pyth_solana_receiver_sdk::ID, PlimsollError::OracleOwner);
    let data = account.try_borrow_data()?;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..]).map_err(|_| PlimsollError::OracleLayout)?;
    require!(update.verification_level == VerificationLevel::Full, PlimsollError::OracleNotVerified);
    let message = &update.price_message;
    require!(message.price > 0, PlimsollError::OraclePrice);
    let confidence = i64::try_from(message.conf).map_err(|_| PlimsollError::OracleConfidence)?;
    let seen = Observation {
        price: scaled(message.price, message.exponent, false)?,
        confidence: scaled(confidence, message.exponent, true).map_err(|_| PlimsollError::OracleConfidence)?,
        publish_time: message.publish_time,
    };
    Ok((message.feed_id, seen))
}
