//! Expiries and series of a file: forward, rate, smile, settlement, and what the settlement window has fixed.

use super::scene::NOW;
use super::volatility::smile;
use crate::fixture::{e9, q40};
use anyhow::{anyhow, bail, ensure, Context, Result};
use plimsoll::state::params::SviRaw;
use plimsoll::state::underlying::SeriesStatus;
use plimsoll::state::{Expiry, ExpiryStatus, Series};
use plimsoll_margin_file::format::{ExpiryFile, Kind, LegFile};
use plimsoll_margin_file::Mode;
use plimsoll_risk::math::{ln_price, ln_ratio_q40};
use plimsoll_risk::settlement::{Twap, SETTLEMENT_WINDOW};
use plimsoll_risk::units::{Price, Seconds};

/// What an expiry needs to know of its underlying and the account.
pub struct Terms {
    /// USD.
    pub index: f64,
    /// Age at which a surface is stale, in seconds.
    pub max_age_secs: i64,
    pub mode: Mode,
}

/// One expiry slot.
///
/// # Errors
/// What the program has no place for.
pub fn expiry(file: &ExpiryFile, terms: &Terms, notes: &mut Vec<String>) -> Result<Expiry> {
    let mut expiry: Expiry = bytemuck::Zeroable::zeroed();
    if let Some(settlement) = file.settlement {
        expiry.status = ExpiryStatus::SETTLED;
        expiry.expiry_ts = NOW - 3_600;
        expiry.settlement_e9 = e9(settlement);
        return Ok(expiry);
    }
    expiry.status = ExpiryStatus::LIVE;
    expiry.expiry_ts = NOW + file.seconds;
    expiry.vol_updated_at = if file.stale { NOW - terms.max_age_secs - 1 } else { NOW };
    expiry.confidence_e9 = e9(file.confidence);
    // In portfolio margin a rate below zero counts as zero in the file.
    expiry.rate_e9 = if terms.mode == Mode::Portfolio { e9(file.rate).max(0) } else { e9(file.rate) };
    if expiry.rate_e9 < 0 {
        notes.push("update_volatility refuses rates below zero".into());
    }
    if file.legs.is_empty() && file.svi.is_none() {
        return Ok(expiry);
    }
    let [a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40] = smile(file, notes)?.to_raw();
    expiry.svi = SviRaw { a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40 };
    let (ratio, twap) = forward(file, terms.index)?;
    expiry.set_twap(&twap);
    expiry.forward_ratio_q40 = q40(ratio);
    let log = ln_ratio_q40(expiry.forward_ratio_q40);
    expiry.ln_forward_ratio_q40 = log.map_err(|error| anyhow!("forward {}: {error:?}", file.forward))?;
    if !(0.5..=1.5).contains(&ratio) {
        notes.push(format!("update_volatility refuses a forward of {ratio:.3} times the index: 0.5 to 1.5"));
    }
    Ok(expiry)
}

/// Forward / spot of what still moves, and the observations that fix the rest.
///
/// With c of the window's seconds observed and l left, the program's forward is (Σ observed + l·spot·ratio)/(c + l). Nothing
/// says how much has been observed: all that has passed, or as much as puts the moving forward near spot.
fn forward(file: &ExpiryFile, index: f64) -> Result<(f64, Twap)> {
    let (left, window) = (file.seconds, SETTLEMENT_WINDOW.raw());
    if left == 0 {
        bail!("seconds is 0 without a settlement: the program settles what has passed, give it a settlement");
    }
    if file.fixed == 0.0 {
        return Ok((file.forward / index, Twap::default()));
    }
    ensure!(
        left < window,
        "fixed is {} with {left} seconds left: averaging begins {window} seconds before",
        file.fixed
    );
    ensure!(file.fixed < file.forward, "fixed is all of the forward: leave a part that moves, or give a settlement");
    let moving = (file.forward - file.fixed) / index / left as f64;
    let is_lawful = (0.5..=1.5).contains(&(moving * window as f64));
    let total = if is_lawful { window } else { ((1.0 / moving).round() as i64).clamp(left + 1, window) };
    let weighted = i128::from(e9(file.fixed)) * i128::from(total);
    Ok((moving * total as f64, Twap { weighted, covered: Seconds::from_raw(total - left) }))
}

/// One contract of the expiry in this slot.
///
/// # Errors
/// A strike outside (0, 1e9] USD.
pub fn series(leg: &LegFile, expiry: u8) -> Result<Series> {
    let strike = Price::from_raw(e9(leg.strike));
    let log = ln_price(strike).map_err(|error| anyhow!("{error:?}")).context("strike")?;
    Ok(Series {
        strike_e9: strike.raw(),
        ln_strike_q40: log.raw(),
        long_e6: 0,
        short_e6: 0,
        expiry,
        kind: match leg.kind {
            Kind::Call => Series::CALL,
            Kind::Put => Series::PUT,
        },
        status: SeriesStatus::LISTED,
        padding: [0; 5],
        reserved: [0; 2],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_risk::units::ONE_Q;

    fn closing(seconds: i64, forward: f64, fixed: f64) -> ExpiryFile {
        let leg = LegFile { kind: Kind::Call, strike: 100.0, size: 1.0, sigma: Some(0.5), expected_sigma: None };
        let (rate, confidence, stale) = (0.0, 1.0, false);
        ExpiryFile { seconds, forward, rate, fixed, confidence, stale, settlement: None, svi: None, legs: vec![leg] }
    }

    #[test]
    fn the_window_gives_the_files_forward_and_fixed_part_back() {
        for (seconds, forward, fixed) in [(900, 100.1, 50.0), (60, 101.0, 95.0), (868, 120.0, 30.0), (1, 99.0, 98.9)] {
            let file = closing(seconds, forward, fixed);
            let terms = Terms { index: 100.0, max_age_secs: 0, mode: Mode::Portfolio };
            let stored = expiry(&file, &terms, &mut vec![]).unwrap();
            let at = |spot: f64| {
                let moving = Price::from_raw((spot * 1e9 * (stored.forward_ratio_q40 as f64 / ONE_Q as f64)) as i64);
                stored.twap().settlement_forward(moving, NOW, stored.expiry_ts).unwrap().raw()
            };
            assert!((at(100.0) - e9(forward)).abs() <= 2, "{forward} at {seconds}: {}", at(100.0));
            assert!((at(0.0) - e9(fixed)).abs() <= 1, "{fixed} at {seconds}: {}", at(0.0));
        }
    }

    #[test]
    fn what_the_program_has_no_place_for_is_named() {
        for (file, text) in [
            (closing(1_800, 100.0, 50.0), "averaging begins 1800 seconds before"),
            (closing(900, 100.0, 100.0), "leave a part that moves"),
            (closing(0, 100.0, 0.0), "give it a settlement"),
        ] {
            let error = forward(&file, 100.0).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
