//! Price state: the sources of a price, its index, its slow companion and the range initial margin looks at.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::units::{Log, Price, Ratio, ONE_E9};

use crate::constants::*;
use crate::errors::{OrProgramError, PlimsollError};
use crate::oracle::Observation;
use crate::state::params::{OracleConfig, SourceKind};

/// One oracle source and what it last said.
#[zero_copy]
#[derive(Debug)]
pub struct OracleSource {
    /// Feed id (Pyth pull) or address of the account.
    pub key: [u8; 32],
    /// Last price, scale 1e-9 USD; 0 before the first.
    pub price_e9: i64,
    /// Half width of its confidence interval, scale 1e-9 USD.
    pub confidence_e9: i64,
    /// When it was published, unix seconds.
    pub publish_time: i64,
    /// 0 none, 1 Pyth pull, 2 Pyth price account, 3 Switchboard.
    pub kind: u8,
    pub padding: [u8; 7],
}

/// The price of an underlying, a collateral or the quote stablecoin.
#[zero_copy]
#[derive(Debug)]
pub struct PriceState {
    pub sources: [OracleSource; 3],
    /// Index: median of the fresh sources, scale 1e-9 USD; 0 before the first update.
    pub index_e9: i64,
    /// Widest confidence interval among the fresh sources, scale 1e-9 USD.
    pub confidence_e9: i64,
    /// Oldest publish time among the sources of the index.
    pub publish_time: i64,
    /// Cluster time of the last update.
    pub updated_at: i64,
    /// Slow price: exponential average of the index over time, scale 1e-9 USD.
    pub slow_e9: i64,
    /// Least price initial margin looks at: min(index − bias, slow).
    pub low_e9: i64,
    /// Largest price initial margin looks at: max(index + bias, slow).
    pub high_e9: i64,
    /// ln of index, low and high, Q40.
    pub ln_index_q40: i64,
    pub ln_low_q40: i64,
    pub ln_high_q40: i64,
    pub max_age_secs: i64,
    pub max_liquidation_age_secs: i64,
    pub slow_secs: i64,
    pub max_divergence_e9: i64,
    pub max_confidence_e9: i64,
    pub source_count: u8,
    pub required: u8,
    pub padding: [u8; 6],
}

const _: () = assert!(core::mem::size_of::<OracleSource>() == 64 && core::mem::size_of::<PriceState>() == 320);

/// How fresh a price has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// For new risk and withdrawals.
    NewRisk,
    /// For maintenance margin and liquidation.
    Liquidation,
}

impl PriceState {
    /// Binds the sources of a new price.
    pub fn configure(&mut self, config: &OracleConfig) -> Result<()> {
        *self = bytemuck::Zeroable::zeroed();
        self.rebind(config)
    }

    /// Binds other sources to a price that is in use. The sources start over; the index stands, and ages, until they say
    /// something, and the slow price keeps a first update of another price from opening risk.
    pub fn rebind(&mut self, config: &OracleConfig) -> Result<()> {
        config.validate()?;
        self.sources = bytemuck::Zeroable::zeroed();
        for (slot, source) in self.sources.iter_mut().zip(&config.sources) {
            slot.key = source.key;
            slot.kind = match source.kind {
                SourceKind::PythPull => OracleSource::PYTH_PULL,
                SourceKind::PythPriceAccount => OracleSource::PYTH_PRICE_ACCOUNT,
                SourceKind::Switchboard => OracleSource::SWITCHBOARD,
            };
        }
        // Validated: at most three.
        self.source_count = config.sources.len() as u8;
        self.required = config.required;
        self.max_age_secs = config.max_age_secs;
        self.max_liquidation_age_secs = config.max_liquidation_age_secs;
        self.slow_secs = config.slow_secs;
        self.max_divergence_e9 = config.max_divergence_e9;
        self.max_confidence_e9 = config.max_confidence_e9;
        Ok(())
    }

    /// Stores what one source said.
    ///
    /// # Errors
    /// Each check its own: future, stale, out of order, price range, confidence.
    pub fn observe(&mut self, source: usize, seen: &Observation, now: i64) -> Result<()> {
        let (max_age, max_confidence) = (self.max_age_secs, self.max_confidence_e9);
        let slot = self.sources.get_mut(source).ok_or(PlimsollError::OracleMismatch)?;
        require!(seen.publish_time <= now.saturating_add(MAX_CLOCK_DRIFT_SECS), PlimsollError::OracleFuture);
        require!(now.saturating_sub(seen.publish_time) <= max_age, PlimsollError::OracleStale);
        require!(seen.publish_time >= slot.publish_time, PlimsollError::OracleOutOfOrder);
        require!(seen.price.is_in_range(), PlimsollError::OraclePrice);
        let widest = seen.price.scale(Ratio::from_raw(max_confidence), Rounding::Down).or_error()?;
        require!(seen.confidence <= widest, PlimsollError::OracleConfidence);
        slot.price_e9 = seen.price.raw();
        slot.confidence_e9 = seen.confidence.raw();
        slot.publish_time = seen.publish_time;
        Ok(())
    }

    /// Recomputes index, slow price and the range of initial margin from the fresh sources.
    ///
    /// A source that lags the newest by more than [`MAX_SOURCE_LAG_SECS`] is left out: otherwise a caller who passes one
    /// source and withholds another could mix a new price with an old one for as long as the old one is not stale.
    ///
    /// # Errors
    /// [`PlimsollError::OracleStale`] when fewer sources than required are fresh.
    pub fn aggregate(&mut self, now: i64) -> Result<()> {
        let sources = &self.sources[..(self.source_count as usize).min(self.sources.len())];
        let newest = sources.iter().map(|source| source.publish_time).max().unwrap_or_default();
        let horizon = now.saturating_sub(self.max_age_secs).max(newest.saturating_sub(MAX_SOURCE_LAG_SECS));
        let mut prices = [0i64; MAX_SOURCES as usize];
        let (mut count, mut confidence, mut oldest) = (0usize, 0i64, i64::MAX);
        for source in sources.iter().filter(|source| source.price_e9 > 0 && source.publish_time >= horizon) {
            prices[count] = source.price_e9;
            count = count.saturating_add(1);
            confidence = confidence.max(source.confidence_e9);
            oldest = oldest.min(source.publish_time);
        }
        require!(count >= (self.required as usize).max(1), PlimsollError::OracleStale);
        let index = median(&mut prices[..count]);
        self.slow_e9 = self.slow_at(index, now)?;
        self.index_e9 = index;
        self.confidence_e9 = confidence;
        self.publish_time = oldest;
        self.updated_at = now;
        self.bound_range()
    }

    /// The slow price moves towards the price that *was* in force, for the time it was: a spike counts only for as
    /// long as it lasts, and a single update never moves it.
    fn slow_at(&self, index: i64, now: i64) -> Result<i64> {
        if self.slow_e9 == 0 || self.slow_secs == 0 {
            return Ok(index);
        }
        let elapsed = now.saturating_sub(self.updated_at).clamp(0, 86_400);
        // Both prices in range and slow_secs ≤ 86 400: no sum leaves an i64.
        let gap = self.index_e9.saturating_sub(self.slow_e9);
        let window = elapsed.saturating_add(self.slow_secs);
        // Away from zero: the last unit of a gap closes too.
        let rounding = if gap > 0 { Rounding::Up } else { Rounding::Down };
        let step = mul_div(gap, elapsed, window, rounding).or_error()?;
        Ok(self.slow_e9.saturating_add(step))
    }

    /// How far the confidence interval biases the price, at most 5 % of it. # Rounding Up.
    fn bias(&self) -> Result<i64> {
        let bias = Price::from_raw(self.confidence_e9).scale(Ratio::from_raw(CONFIDENCE_BIAS_E9), Rounding::Up);
        let most = self.index().scale(Ratio::from_raw(MAX_BIAS_E9), Rounding::Up);
        Ok(bias.or_error()?.min(most.or_error()?).raw())
    }

    /// Both ends of the confidence band around the index.
    fn confidence_band(&self) -> Result<(Price, Price)> {
        let bias = self.bias()?;
        let low = self.index_e9.saturating_sub(bias).max(1);
        let high = self.index_e9.saturating_add(bias).min(Price::MAX.raw());
        Ok((Price::from_raw(low), Price::from_raw(high)))
    }

    /// The ends of the confidence band of a divergent index: what is decided at the index is decided at these too.
    pub fn left_open(&self) -> Result<Option<[Price; 2]>> {
        if self.confidence_e9 <= 0 || !self.is_divergent()? {
            return Ok(None);
        }
        let (low, high) = self.confidence_band()?;
        Ok(Some([low, high]))
    }

    fn bound_range(&mut self) -> Result<()> {
        let index = Price::from_raw(self.index_e9);
        let bias = self.bias()?;
        // The bias is at most 5 % of a price in range: the low end stays above zero unless the index is one unit.
        self.low_e9 = self.index_e9.saturating_sub(bias).min(self.slow_e9).max(1);
        self.high_e9 = self.index_e9.saturating_add(bias).max(self.slow_e9).min(Price::MAX.raw());
        self.ln_index_q40 = ln_price(index).or_error()?.raw();
        self.ln_low_q40 = ln_price(self.low()).or_error()?.raw();
        self.ln_high_q40 = ln_price(self.high()).or_error()?.raw();
        Ok(())
    }

    /// Refuses a price that is missing or too old.
    #[inline(always)]
    pub fn require_fresh(&self, now: i64, freshness: Freshness) -> Result<()> {
        require!(self.is_fresh(now, freshness), PlimsollError::OracleStale);
        Ok(())
    }

    /// Whether there is a price and it is not too old.
    pub fn is_fresh(&self, now: i64, freshness: Freshness) -> bool {
        let max_age = match freshness {
            Freshness::NewRisk => self.max_age_secs,
            Freshness::Liquidation => self.max_liquidation_age_secs,
        };
        self.index_e9 > 0 && now.saturating_sub(self.publish_time) <= max_age
    }

    /// When the index stops being fresh for new risk: counted from its publication, however late it was read.
    pub fn fresh_until(&self) -> i64 {
        self.publish_time.saturating_add(self.max_age_secs)
    }

    /// Whether index and slow price lie further apart than allowed.
    pub fn is_divergent(&self) -> Result<bool> {
        let gap = self.index_e9.saturating_sub(self.slow_e9).saturating_abs();
        // As 2^30 is more than 1e9, this is less than the bound, and mostly enough. Prices are below 2^60, the ratio is at most 1:
        // the product is below 2^60.
        if gap <= (self.slow_e9 >> 30).wrapping_mul(self.max_divergence_e9) {
            return Ok(false);
        }
        let bound =
            Price::from_raw(self.slow_e9).scale(Ratio::from_raw(self.max_divergence_e9), Rounding::Down).or_error()?;
        Ok(gap > bound.raw())
    }

    /// Confidence c in [0, 1]: 1 for a price without doubt, 0 at the widest interval any price may have (10 %).
    pub fn confidence(&self) -> Result<Ratio> {
        if self.confidence_e9 == 0 && self.index_e9 > 0 {
            return Ok(Ratio::ONE);
        }
        if self.index_e9 <= 0 {
            return Ok(Ratio::ZERO);
        }
        // The widest interval is a whole part of the price: no product has to be divided.
        const PART: u64 = (ONE_E9 / MAX_CONFIDENCE_E9) as u64;
        const _: () = assert!(ONE_E9 % MAX_CONFIDENCE_E9 == 0);
        let widest = (self.index_e9 as u64).div_ceil(PART) as i64;
        let doubt = mul_div(self.confidence_e9, ONE_E9, widest, Rounding::Up).or_error()?;
        Ok(Ratio::from_raw(ONE_E9.saturating_sub(doubt).max(0)))
    }

    pub fn index(&self) -> Price {
        Price::from_raw(self.index_e9)
    }

    pub fn low(&self) -> Price {
        Price::from_raw(self.low_e9)
    }

    pub fn high(&self) -> Price {
        Price::from_raw(self.high_e9)
    }

    pub fn ln_index(&self) -> Log {
        Log::from_raw(self.ln_index_q40)
    }
}

impl OracleSource {
    pub const PYTH_PULL: u8 = 1;
    pub const PYTH_PRICE_ACCOUNT: u8 = 2;
    pub const SWITCHBOARD: u8 = 3;
}

/// Median of one to three prices; of two, their mean rounded down; 0 of none.
fn median(prices: &mut [i64]) -> i64 {
    prices.sort_unstable();
    match *prices {
        [only] => only,
        // Prices are positive and at most 1e18: the sum of two fits.
        [low, high] => low.saturating_add(high) / 2,
        [_, middle, _] => middle,
        _ => 0,
    }
}
