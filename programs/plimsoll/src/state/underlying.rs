//! An underlying with all its expiries and series: one account per market, not one per contract.

use anchor_lang::prelude::*;
use plimsoll_risk::pricing::black76::{OptionKind, Strike};
use plimsoll_risk::pricing::surface::Svi;
use plimsoll_risk::settlement::Twap;
use plimsoll_risk::units::{Contracts, Log, Price, Ratio, Seconds, Vol};

use crate::constants::MAX_PUBLISHERS;
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::params::{SviRaw, UnderlyingParams};
use crate::state::{Forecast, PortfolioState, Position, PriceState, RealisedVol, VolatilityParamsRaw};

/// One underlying: price, parameters, expiries and series.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Underlying {
    pub version: u8,
    pub padding: [u8; 5],
    /// Series slots ever used: loops over series end here.
    pub series_used: u16,
    pub exchange: Pubkey,
    /// UTF-8, zero-padded.
    pub symbol: [u8; 16],
    /// May publish volatility surfaces; a default key marks a free slot.
    pub publishers: [Pubkey; 4],
    /// May set the forecast. Default: nobody.
    pub forecast_authority: Pubkey,
    pub price: PriceState,
    pub realised: RealisedVol,
    pub forecast: Forecast,
    pub params: UnderlyingParams,
    pub portfolio: PortfolioState,
    /// Trading fees not collected yet, in quote atoms.
    pub fees_atoms: i64,
    /// Settlement payoffs: shorts' payments received less longs' payments made, in quote atoms.
    pub settlement_atoms: i64,
    /// Goes up whenever what risk arrays were computed with is given another meaning: see [`Underlying::outdate_arrays`].
    pub arrays_generation: u64,
    pub reserved: [u64; 31],
    pub expiries: [Expiry; 16],
    pub series: [Series; 512],
}

/// One expiry date.
#[zero_copy]
#[derive(Debug)]
pub struct Expiry {
    /// Unix seconds; 0 marks a free slot.
    pub expiry_ts: i64,
    /// Volatility surface, annualised SVI.
    pub svi: SviRaw,
    /// When the surface was published; 0 before the first.
    pub vol_updated_at: i64,
    /// Forward / spot, Q40.
    pub forward_ratio_q40: i64,
    /// ln of it, Q40.
    pub ln_forward_ratio_q40: i64,
    /// Discount rate per year, scale 1e-9.
    pub rate_e9: i64,
    /// The publisher's confidence in forward, rate and volatility, the least of them, scale 1e-9 in [0, 1].
    pub confidence_e9: i64,
    /// Price the expiry is settled at, scale 1e-9; 0 before.
    pub settlement_e9: i64,
    /// Last index before the expiry, kept by the first update after it, scale 1e-9.
    pub last_index_e9: i64,
    /// Σ index × seconds inside the settlement window, low and high word.
    pub twap_weighted: [u64; 2],
    /// Seconds observed inside the settlement window.
    pub twap_covered_secs: i64,
    /// See [`ExpiryStatus`].
    pub status: u8,
    pub padding: [u8; 7],
    pub reserved: [u64; 7],
}

/// One listed contract.
#[zero_copy]
#[derive(Debug)]
pub struct Series {
    /// Strike, scale 1e-9 USD.
    pub strike_e9: i64,
    /// ln of the strike, Q40.
    pub ln_strike_q40: i64,
    /// Σ of all longs, in 1e-6 contracts.
    pub long_e6: i64,
    /// Σ of all shorts, in 1e-6 contracts; equal to the longs until settlement of accounts begins.
    pub short_e6: i64,
    /// Slot of its expiry.
    pub expiry: u8,
    /// 0 call, 1 put.
    pub kind: u8,
    /// See [`SeriesStatus`].
    pub status: u8,
    pub padding: [u8; 5],
    pub reserved: [u64; 2],
}

const _: () = {
    assert!(core::mem::size_of::<Expiry>() == 200);
    assert!(core::mem::size_of::<Series>() == 56);
    assert!(core::mem::size_of::<Underlying>() == 35_496 && core::mem::align_of::<Underlying>() == 8);
};

/// States of an expiry slot.
pub struct ExpiryStatus;
impl ExpiryStatus {
    pub const FREE: u8 = 0;
    pub const LIVE: u8 = 1;
    pub const SETTLED: u8 = 2;
}

/// States of a series slot.
pub struct SeriesStatus;
impl SeriesStatus {
    pub const FREE: u8 = 0;
    pub const LISTED: u8 = 1;
}

impl Series {
    pub const CALL: u8 = 0;
    pub const PUT: u8 = 1;

    pub fn option_kind(&self) -> OptionKind {
        if self.kind == Self::CALL {
            OptionKind::Call
        } else {
            OptionKind::Put
        }
    }

    pub fn strike(&self) -> Strike {
        Strike { price: Price::from_raw(self.strike_e9), log: Log::from_raw(self.ln_strike_q40) }
    }

    /// Moves the open interest with one account's position going from `old` to `new`.
    pub fn move_interest(&mut self, old: Contracts, new: Contracts) -> Result<()> {
        let moved = |total: i64, old: i64, new: i64| {
            total.checked_sub(old.max(0)).and_then(|rest| rest.checked_add(new.max(0))).ok_or(PlimsollError::Overflow)
        };
        let (old, new) = (old.raw(), new.raw());
        self.long_e6 = moved(self.long_e6, old, new)?;
        // Sizes lie within ±1e15: their negation exists.
        self.short_e6 = moved(self.short_e6, old.wrapping_neg(), new.wrapping_neg())?;
        require!(self.long_e6 >= 0 && self.short_e6 >= 0, PlimsollError::Overflow);
        Ok(())
    }
}

impl Series {
    /// Takes off the counters what an account has netted away inside liquidations.
    pub fn take_off_netted(&mut self, position: &mut Position) -> Result<()> {
        let netted = core::mem::take(&mut position.netted_e6);
        self.long_e6 = self.long_e6.checked_sub(netted).ok_or(PlimsollError::Overflow)?;
        self.short_e6 = self.short_e6.checked_sub(netted).ok_or(PlimsollError::Overflow)?;
        Ok(())
    }
}

impl Expiry {
    pub fn twap(&self) -> Twap {
        let weighted = (self.twap_weighted[0] as u128) | ((self.twap_weighted[1] as u128) << 64);
        Twap { weighted: weighted as i128, covered: Seconds::from_raw(self.twap_covered_secs) }
    }

    pub fn set_twap(&mut self, twap: &Twap) {
        let weighted = twap.weighted as u128;
        self.twap_weighted = [weighted as u64, (weighted >> 64) as u64];
        self.twap_covered_secs = twap.covered.raw();
    }

    pub fn surface(&self) -> Svi {
        let SviRaw { a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40 } = self.svi;
        Svi::from_raw([a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40])
    }

    /// What settles the expiry once it has passed, and the seconds of its window that were observed: the average of those,
    /// or without any the last index before the expiry. Never a later price.
    pub fn expected_settlement(&self, price: &PriceState) -> Result<(Price, Seconds)> {
        let (mut twap, mut last_e9) = (self.twap(), self.last_index_e9);
        // Without an update since the expiry the last price before it has not been added yet.
        if price.index_e9 > 0 && price.updated_at < self.expiry_ts {
            twap.observe(price.index(), price.updated_at, price.fresh_until(), self.expiry_ts).or_error()?;
            last_e9 = price.index_e9;
        }
        let last = Price::from_raw(if last_e9 > 0 { last_e9 } else { price.index_e9 });
        Ok((twap.average().or_error()?.unwrap_or(last), twap.covered))
    }

    /// Whether it is listed and has not passed.
    pub fn is_live_at(&self, now: i64) -> bool {
        self.status == ExpiryStatus::LIVE && now < self.expiry_ts
    }

    pub fn is_settled(&self) -> bool {
        self.status == ExpiryStatus::SETTLED
    }

    pub fn has_surface(&self) -> bool {
        self.vol_updated_at > 0
    }

    /// Whether the surface is too old. After the expiry no volatility enters any more.
    #[inline(always)]
    pub fn is_stale(&self, now: i64, params: &VolatilityParamsRaw) -> bool {
        now < self.expiry_ts && now.saturating_sub(self.vol_updated_at) > params.max_age_secs
    }

    /// The publisher's confidence in [0, 1]: the least of those in forward, rate and volatility; 0 without a surface.
    pub fn confidence(&self) -> Ratio {
        Ratio::from_raw(self.confidence_e9)
    }
}

impl Underlying {
    /// Realised volatility per year; zero before [`VolatilityParamsRaw::min_samples`] returns were measured.
    ///
    /// [`VolatilityParamsRaw::min_samples`]: crate::state::VolatilityParamsRaw::min_samples
    pub fn realised_vol(&self) -> Vol {
        if self.realised.samples < self.params.volatility.min_samples {
            return Vol::ZERO;
        }
        self.realised.average().vol()
    }

    /// Makes every risk array of this underlying worthless: after a change of grid or parameters, and before the slot of an
    /// expiry or a series is used for another one. A listing fills a slot that was freed, so it needs none.
    pub fn outdate_arrays(&mut self) {
        // One a transaction: it never wraps.
        self.arrays_generation = self.arrays_generation.wrapping_add(1);
    }

    /// The forecast factor in force, at least 1.
    pub fn forecast(&self, now: i64) -> Ratio {
        self.forecast.factor_at(now)
    }

    /// Replaces the keys that may publish surfaces. None is lawful: then nobody may.
    ///
    /// # Errors
    /// [`PlimsollError::ParameterOutOfRange`] for more than four keys, a default key, or the same one twice.
    pub fn set_publishers(&mut self, publishers: &[Pubkey]) -> Result<()> {
        require!(publishers.len() <= self.publishers.len(), PlimsollError::ParameterOutOfRange);
        for (index, key) in publishers.iter().enumerate() {
            let is_lawful = *key != Pubkey::default() && !publishers[..index].contains(key);
            require!(is_lawful, PlimsollError::ParameterOutOfRange);
        }
        self.publishers = [Pubkey::default(); MAX_PUBLISHERS as usize];
        self.publishers[..publishers.len()].copy_from_slice(publishers);
        Ok(())
    }

    /// The signer is one of the publishers.
    pub fn require_publisher(&self, signer: &Pubkey) -> Result<()> {
        let is_publisher = *signer != Pubkey::default() && self.publishers.contains(signer);
        require!(is_publisher, PlimsollError::Unauthorized);
        Ok(())
    }

    pub fn expiry(&self, slot: u8) -> Result<&Expiry> {
        let expiry = self.expiries.get(slot as usize).filter(|expiry| expiry.status != ExpiryStatus::FREE);
        expiry.ok_or_else(|| PlimsollError::ExpiryNotFound.into())
    }

    pub fn expiry_mut(&mut self, slot: u8) -> Result<&mut Expiry> {
        let expiry = self.expiries.get_mut(slot as usize).filter(|expiry| expiry.status != ExpiryStatus::FREE);
        expiry.ok_or_else(|| PlimsollError::ExpiryNotFound.into())
    }

    pub fn series(&self, slot: u16) -> Result<&Series> {
        let series = self.series.get(slot as usize).filter(|series| series.status == SeriesStatus::LISTED);
        series.ok_or_else(|| PlimsollError::SeriesNotFound.into())
    }

    pub fn series_mut(&mut self, slot: u16) -> Result<&mut Series> {
        let series = self.series.get_mut(slot as usize).filter(|series| series.status == SeriesStatus::LISTED);
        series.ok_or_else(|| PlimsollError::SeriesNotFound.into())
    }

    /// Adds the time since the last price update to every settlement window that is open, at the price that was in
    /// force, for as long as that price was fresh; and keeps the last price before an expiry that has just passed.
    pub fn observe_windows(&mut self, now: i64) -> Result<()> {
        let price = self.price.index();
        if price.is_zero() {
            return Ok(());
        }
        let from = self.price.updated_at;
        let to = now.min(self.price.fresh_until());
        for expiry in self.expiries.iter_mut() {
            if expiry.status != ExpiryStatus::LIVE || from >= expiry.expiry_ts {
                continue;
            }
            if now >= expiry.expiry_ts {
                expiry.last_index_e9 = price.raw();
            }
            if to > expiry.expiry_ts.saturating_sub(plimsoll_risk::settlement::SETTLEMENT_WINDOW.raw()) {
                let mut twap = expiry.twap();
                twap.observe(price, from, to, expiry.expiry_ts).or_error()?;
                expiry.set_twap(&twap);
            }
        }
        Ok(())
    }
}
