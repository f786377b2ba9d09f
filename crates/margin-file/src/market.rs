//! Expiries of a file as the risk crate sees them: curves, smiles, legs.

use crate::convert::{contracts, explain, kind, price_or_zero, ratio, smile, usd, volatility};
use crate::format::{ExpiryFile, LegFile, UnderlyingFile};
use anyhow::{ensure, Context, Result};
use plimsoll_risk::margin::{raise_stale_volatility, Leg};
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::pricing::{discount, total_vol, ForwardCurve, Strike};
use plimsoll_risk::units::{Log, Price, Ratio, Seconds, Vol};

/// Longest time to expiry that can be listed: two years.
const MAX_SECONDS: i64 = 2 * 31_536_000;

/// One live expiry.
pub struct LiveExpiry {
    pub curve: ForwardCurve,
    pub left: Seconds,
    pub sqrt_years: i64,
    pub rate: Ratio,
    pub fixed: Price,
    pub legs: Vec<Leg>,
}

impl LiveExpiry {
    /// The expiry at the index; a stale surface counts `least_vol` where that lowers its value, rates are at least `least_rate`.
    pub fn load(file: &ExpiryFile, least_vol: Vol, least_rate: Ratio) -> Result<Self> {
        ensure!((0..=MAX_SECONDS).contains(&file.seconds), "seconds is {}: use 0 to {MAX_SECONDS}", file.seconds);
        let left = Seconds::from_raw(file.seconds);
        ensure!((-1.0..=1.0).contains(&file.rate), "rate is {}: use a number from -1 to 1", file.rate);
        let rate = ratio("rate", file.rate)?.max(least_rate);
        let curve = ForwardCurve::new(usd("forward", file.forward)?, discount(rate, left)).map_err(explain)?;
        let fixed = price_or_zero("fixed", file.fixed)?;
        ensure!(fixed <= curve.forward, "fixed is {}: use at most the forward", file.fixed);
        let smile = file.svi.as_ref().map(|slice| smile(slice, left)).transpose().context("svi")?;
        let mut loaded = Self { curve, left, sqrt_years: sqrt_years(left), rate, fixed, legs: vec![] };
        for (index, leg) in file.legs.iter().enumerate() {
            let strike = Strike::new(usd("strike", leg.strike)?).map_err(explain)?;
            let vol = match (&smile, leg.sigma) {
                (Some(smile), None) => smile.vol_at(Log::from_raw(strike.log.raw() - curve.log_forward.raw())),
                (None, Some(sigma)) => volatility("sigma", sigma).with_context(|| format!("legs[{index}]"))?,
                (Some(_), Some(_)) => anyhow::bail!("legs[{index}] has a sigma beside the svi: leave one out"),
                (None, None) => anyhow::bail!("legs[{index}] has no volatility: give it a sigma or the expiry an svi"),
            };
            let loaded_leg = Leg {
                kind: kind(leg.kind),
                strike,
                size: contracts("size", leg.size)?,
                total_vol: total_vol(vol, loaded.sqrt_years),
            };
            loaded.push(loaded_leg, index, leg)?;
        }
        raise_stale_volatility(&mut loaded.legs, &loaded.curve, total_vol(least_vol, loaded.sqrt_years));
        Ok(loaded)
    }

    fn push(&mut self, leg: Leg, index: usize, file: &LegFile) -> Result<()> {
        let is_known = self.legs.iter().any(|held| held.kind == leg.kind && held.strike == leg.strike);
        ensure!(!is_known, "legs[{index}] repeats {:?} {}: add up the sizes", file.kind, file.strike);
        self.legs.push(leg);
        Ok(())
    }

    /// The curve when spot is multiplied by a factor; only the part of the forward that is not fixed moves.
    pub fn moved(&self, spot: f64) -> Result<ForwardCurve> {
        if spot == 1.0 {
            return Ok(self.curve);
        }
        let (forward, fixed) = (self.curve.forward.raw() as f64, self.fixed.raw() as f64);
        let moved = Price::from_raw((fixed + (forward - fixed) * spot).round() as i64);
        ForwardCurve::new(moved, self.curve.discount).map_err(explain)
    }
}

impl UnderlyingFile {
    pub fn low(&self) -> f64 {
        self.low.unwrap_or(self.index)
    }

    pub fn high(&self) -> f64 {
        self.high.unwrap_or(self.index)
    }

    /// Σ |size| times the index, of all legs.
    pub fn notional(&self) -> f64 {
        self.index * self.expiries.iter().flat_map(|expiry| &expiry.legs).map(|leg| leg.size.abs()).sum::<f64>()
    }
}
