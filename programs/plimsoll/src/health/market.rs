//! One expiry as the risk crate sees it: its curve at a spot price, what of it is fixed, and an account's legs in it.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, mul_shift, Rounding};
use plimsoll_risk::margin::{raise_stale_volatility, Leg};
use plimsoll_risk::math::{ln_price, sqrt_years};
use plimsoll_risk::pricing::black76::{discount, total_vol, ForwardCurve};
use plimsoll_risk::settlement::SETTLEMENT_WINDOW;
use plimsoll_risk::units::{Discount, Log, Price, Ratio, Seconds, TotalVol, Vol, ONE_E9, Q};

use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{Expiry, Position, Underlying};

/// A price with its logarithm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub price: Price,
    pub log: Log,
}

impl Spot {
    pub fn new(price: Price, ln_q40: i64) -> Self {
        Self { price, log: Log::from_raw(ln_q40) }
    }

    pub fn at(price: Price) -> Result<Self> {
        Ok(Self { price, log: ln_price(price).or_error()? })
    }
}

/// What all spot prices share in one live expiry.
pub(super) struct ExpiryMarket<'a> {
    pub underlying: &'a Underlying,
    pub expiry: &'a Expiry,
    now: i64,
    pub left: Seconds,
    pub discount: Discount,
    pub sqrt_years: i64,
}

impl<'a> ExpiryMarket<'a> {
    /// # Errors
    /// [`PlimsollError::VolatilityStale`] for an expiry that never had a surface.
    pub fn new(underlying: &'a Underlying, expiry: &'a Expiry, now: i64) -> Result<Self> {
        require!(expiry.has_surface(), PlimsollError::VolatilityStale);
        let left = Seconds::from_raw(expiry.expiry_ts.saturating_sub(now).max(0));
        let discount = discount(Ratio::from_raw(expiry.rate_e9), left);
        Ok(Self { underlying, expiry, now, left, discount, sqrt_years: sqrt_years(left) })
    }

    /// Whether the surface is too old. After the expiry no volatility enters any more.
    pub fn is_stale(&self) -> bool {
        self.expiry.is_stale(self.now, &self.underlying.params.volatility)
    }

    /// Least volatility while the surface is too old: a multiple of the realised one.
    fn least_vol(&self) -> Result<Vol> {
        if !self.is_stale() {
            return Ok(Vol::ZERO);
        }
        let (realised, multiple) = (self.underlying.realised_vol(), self.underlying.params.volatility.stale_mult_e9);
        Ok(Vol::from_raw(mul_div(realised.raw(), multiple, ONE_E9, Rounding::Up).or_error()?))
    }

    /// Forward of the price that settles the expiry. Inside the settlement window part of it is known already, and after
    /// the expiry all of it: no later price changes what a position is worth.
    pub fn curve(&self, spot: &Spot) -> Result<ForwardCurve> {
        let expiry = self.expiry;
        // spot ≤ 1e18 and the ratio ≤ 1.5 by its bounds: the product fits.
        let forward = Price::from_raw(mul_shift::<Q>(spot.price.raw(), expiry.forward_ratio_q40));
        let log_forward = Log::from_raw(spot.log.raw().wrapping_add(expiry.ln_forward_ratio_q40));
        if !self.is_inside_window() {
            return Ok(ForwardCurve { forward, log_forward, discount: self.discount });
        }
        let forward = if self.now >= expiry.expiry_ts {
            expiry.expected_settlement(&self.underlying.price)?.0
        } else {
            expiry.twap().settlement_forward(forward, self.now, expiry.expiry_ts).or_error()?
        };
        Ok(ForwardCurve { forward, log_forward: ln_price(forward).or_error()?, discount: self.discount })
    }

    /// The part of a curve's forward that no move of spot changes any more.
    pub fn fixed(&self, curve: &ForwardCurve) -> Result<Price> {
        if !self.is_inside_window() {
            return Ok(Price::ZERO);
        }
        if self.now >= self.expiry.expiry_ts {
            return Ok(curve.forward);
        }
        self.expiry.twap().settlement_forward(Price::ZERO, self.now, self.expiry.expiry_ts).or_error()
    }

    fn is_inside_window(&self) -> bool {
        self.now > self.expiry.expiry_ts.saturating_sub(SETTLEMENT_WINDOW.raw())
    }

    /// Appends the legs of an account. Volatility is read off the surface at the index and stays with its strike at the other
    /// spot prices. Total volatilities that are known already, by rising series, are not read again.
    pub fn load_legs(
        &self,
        legs: &mut Vec<Leg>,
        positions: &[Position],
        at_index: &ForwardCurve,
        known: impl Iterator<Item = (u16, TotalVol)>,
    ) -> Result<()> {
        let mut known = known.peekable();
        let surface = self.expiry.surface();
        let from = legs.len();
        let (mut neighbour, mut vol) = (Price::ZERO, TotalVol::ZERO);
        for position in positions {
            let series = self.underlying.series(position.series)?;
            let strike = series.strike();
            // Call and put of a strike are mostly neighbours.
            while known.next_if(|(series, _)| *series < position.series).is_some() {}
            if let Some((_, read)) = known.next_if(|(series, _)| *series == position.series) {
                (neighbour, vol) = (strike.price, read);
            } else if strike.price != neighbour {
                let log_moneyness = strike.log.raw().wrapping_sub(at_index.log_forward.raw());
                vol = total_vol(surface.vol_at(Log::from_raw(log_moneyness)), self.sqrt_years);
                neighbour = strike.price;
            }
            legs.push(Leg { kind: series.option_kind(), strike, size: position.size(), total_vol: vol });
        }
        let least = total_vol(self.least_vol()?, self.sqrt_years);
        raise_stale_volatility(legs.get_mut(from..).unwrap_or_default(), at_index, least);
        Ok(())
    }
}
