//! A file with its numbers rounded to what the accounts hold, so that both sides compute from the same inputs.

use super::scene::{underlying_key, Scene};
use super::volatility::flat;
use crate::world::decode;
use plimsoll::state::{Expiry, PriceState, Underlying};
use plimsoll_margin_file::format::ExpiryFile;
use plimsoll_margin_file::AccountFile;
use plimsoll_risk::fixed::mul_shift;
use plimsoll_risk::units::Price;

/// The file with forwards, flat smiles and confidences as the scene's underlyings store them.
///
/// A forward is stored as a ratio to spot of 2^-40 and read to 1e-9 USD, a flat volatility as a variance of 2^-40, a
/// confidence as an interval of 1e-9 USD.
pub fn as_stored(file: &AccountFile, scene: &Scene) -> AccountFile {
    let mut stored = file.clone();
    for (number, underlying) in stored.underlyings.iter_mut().enumerate() {
        let key = underlying_key(number);
        let (_, account) = scene.accounts.iter().find(|(address, _)| *address == key).expect("it was written");
        let state: Box<Underlying> = Box::new(decode(&account.data).expect("it is an underlying"));
        underlying.confidence = state.price.confidence().expect("it has a price").raw() as f64 / 1e9;
        for (expiry, slot) in underlying.expiries.iter_mut().zip(&state.expiries) {
            if expiry.settlement.is_none() && !expiry.legs.is_empty() {
                round(expiry, slot, &state.price);
            }
        }
    }
    stored
}

fn round(file: &mut ExpiryFile, slot: &Expiry, price: &PriceState) {
    let moving = Price::from_raw(mul_shift::<40>(price.index_e9, slot.forward_ratio_q40));
    let forward = slot.twap().settlement_forward(moving, super::scene::NOW, slot.expiry_ts);
    file.forward = forward.expect("the window is in range").raw() as f64 / 1e9;
    if file.svi.is_none() {
        file.svi = Some(flat(file).expect("the scene has a flat smile"));
        for leg in &mut file.legs {
            leg.sigma = None;
        }
    }
}
