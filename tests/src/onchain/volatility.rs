//! Volatility of an underlying of a file: smiles, what was measured, and the parameters around them.

use crate::fixture::{self, e9, q40};
use anyhow::{ensure, Context, Result};
use plimsoll::state::{RealisedVol, VolatilityParamsRaw};
use plimsoll_margin_file::format::{ExpiryFile, Slice, UnderlyingFile};
use plimsoll_risk::pricing::Svi;
use plimsoll_risk::units::{Seconds, Vol, ONE_Q};

/// Returns that have to be measured before realised volatility is used.
const MIN_SAMPLES: i64 = 24;

/// Parameters of the fixture with the file's terms for surfaces that are too old.
pub fn volatility_params(file: &UnderlyingFile) -> VolatilityParamsRaw {
    let (mult, charge) = file.params.portfolio.as_ref().map_or((0.0, 0.0), |p| (p.stale_mult, p.stale_charge));
    VolatilityParamsRaw {
        stale_mult_e9: e9(mult),
        stale_charge_e9: e9(charge),
        min_samples: MIN_SAMPLES,
        ..fixture::volatility_params()
    }
}

/// A measured volatility per year.
pub fn realised(vol: f64) -> RealisedVol {
    RealisedVol {
        variance_q40: q40(vol * vol),
        weight_q40: ONE_Q,
        last_ln_q40: 0,
        last_at: super::scene::NOW,
        samples: MIN_SAMPLES,
    }
}

/// The smile of an expiry: its slice, or a flat one where all legs have the same volatility per year.
///
/// # Errors
/// Legs with volatilities of their own.
pub fn smile(file: &ExpiryFile, notes: &mut Vec<String>) -> Result<Svi> {
    let left = Seconds::from_raw(file.seconds);
    let slice = match file.svi {
        Some(slice) => slice,
        None => flat(file)?,
    };
    let smile = slice.surface(left)?;
    // A flat smile is rounded to 2^-40 in variance.
    let (least, most) = (Vol::from_raw(ONE_Q / 20 - 64), Vol::from_raw(5 * ONE_Q + 64));
    if !smile.is_within(least, most) {
        notes.push("update_volatility refuses volatilities below 5 % and above 500 %".into());
    }
    if !smile.is_butterfly_free(left) {
        notes.push("update_volatility refuses a smile with a butterfly that costs less than nothing".into());
    }
    Ok(smile)
}

/// The same volatility at every strike.
pub fn flat(file: &ExpiryFile) -> Result<Slice> {
    let mut sigmas = file.legs.iter().filter_map(|leg| leg.sigma);
    let sigma = sigmas.next().context("the expiry has no volatility: give it an svi")?;
    ensure!(
        sigmas.all(|other| other == sigma),
        "legs have volatilities of their own: the program stores one smile per expiry, give the expiry an svi"
    );
    Ok(Slice { a: sigma * sigma, b: 0.0, rho: 0.0, m: 0.0, s: 0.1 })
}
