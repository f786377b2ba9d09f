//! Cross ("standard") margin: a charge per short option, capped per expiry by what the expiry can lose at most.
//!
//! With b < 0 the size of a short, S spot, `mark` the signed mark value:
//!
//! ```text
//! short call  MM = mark + mmCall·S·b
//!             IM = mark + max(minSpot·S, maxSpot·S − max(0, K − S))·b
//! short put   MM = mark + max(mmPut·S, mmPutMtM·price)·b
//!             IM = min(mark + max(minSpot·S, maxSpot·S − max(0, S − K))·b, MM·mmOffset)
//! long        0
//! expiry      max(Σ legs, worst payoff + (net calls < 0 ? unpaired·F·net calls : 0))
//! underlying  Σ expiries; IM also − confidence and depeg charges on S·Σ|short|
//! ```
//!
//! Everything is charged per contract in [`Price`]s and multiplied by the size once, exactly; the only rounding of a
//! leg is in its per-contract charges (up, ≤ 2e-9 USD) and in its price (see [`crate::pricing::black76`]).

use crate::error::RiskError;
use crate::fixed::{mul_div, mul_shift, Rounding};
use crate::margin::max_loss::{max_loss, MaxLoss};
use crate::margin::MAX_LEGS;
use crate::params::CrossParams;
use crate::pricing::black76::{price, ForwardCurve, OptionKind, Strike};
use crate::units::{Contracts, Exact, Price, Ratio, TotalVol, ONE_E9, ONE_Q, Q};

/// One position, with what the market says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Call or put.
    pub kind: OptionKind,
    /// Strike and its logarithm.
    pub strike: Strike,
    /// Signed size, + long.
    pub size: Contracts,
    /// σ·√τ of this strike.
    pub total_vol: TotalVol,
}

impl Leg {
    /// Whether both are worth the same as calls: one strike at one volatility. A stale surface has two.
    #[inline(always)]
    pub(crate) fn has_strike_of(&self, other: &Self) -> bool {
        self.strike.price == other.strike.price && self.total_vol == other.total_vol
    }
}

/// Margin of the legs of one expiry at one spot price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiryMargin {
    /// Mark value of all legs.
    pub mark: Exact,
    /// Initial margin balance of the expiry, ≤ 0.
    pub initial: Exact,
    /// Maintenance margin balance of the expiry, ≤ 0.
    pub maintenance: Exact,
    /// Σ|short|.
    pub short_size: Contracts,
    /// What the expiry can lose at most; zero without shorts.
    pub max_loss: MaxLoss,
    /// The leg with the largest maintenance requirement of its own: its index and its balance (≤ 0).
    pub worst_leg: Option<(usize, Exact)>,
}

/// The parameters of an underlying, scaled by one spot price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossTerms {
    spot: Price,
    max_spot: Price,
    min_spot: Price,
    mm_call: Price,
    mm_put: Price,
    // Q40, rounded up: a charge is never smaller for the change of scale.
    mm_put_mtm: i64,
    mm_offset: i64,
    unpaired_im: Ratio,
    unpaired_mm: Ratio,
}

impl CrossTerms {
    /// Scales the parameters by a spot price. # Rounding Charges up.
    ///
    /// # Errors
    /// [`RiskError::PriceOutOfRange`]. The parameters are taken as validated.
    pub fn new(params: &CrossParams, spot: Price) -> Result<Self, RiskError> {
        if !spot.is_in_range() {
            return Err(RiskError::PriceOutOfRange);
        }
        Ok(Self {
            spot,
            max_spot: spot.scale(params.max_spot, Rounding::Up)?,
            min_spot: spot.scale(params.min_spot, Rounding::Up)?,
            mm_call: spot.scale(params.mm_call, Rounding::Up)?,
            mm_put: spot.scale(params.mm_put, Rounding::Up)?,
            mm_put_mtm: mul_div(params.mm_put_mtm.raw(), ONE_Q, ONE_E9, Rounding::Up)?,
            mm_offset: mul_div(params.mm_offset.raw(), ONE_Q, ONE_E9, Rounding::Up)?,
            unpaired_im: params.unpaired_im,
            unpaired_mm: params.unpaired_mm,
        })
    }

    /// Per-contract requirement of a short, `(initial, maintenance)`, its price included.
    #[inline(always)]
    fn required_per_short(&self, kind: OptionKind, strike: Price, mark: Price) -> (Price, Price) {
        // spot, strike, mark ≤ 2·Price::MAX = 2^61 and every charge ≤ spot: no sum of three leaves an i64.
        let (spot, strike, mark) = (self.spot.raw(), strike.raw(), mark.raw());
        let out_of_the_money = match kind {
            OptionKind::Call => strike.wrapping_sub(spot),
            OptionKind::Put => spot.wrapping_sub(strike),
        }
        .max(0);
        let initial = mark.wrapping_add(self.min_spot.raw().max(self.max_spot.raw().wrapping_sub(out_of_the_money)));
        match kind {
            OptionKind::Call => (Price::from_raw(initial), Price::from_raw(mark.wrapping_add(self.mm_call.raw()))),
            OptionKind::Put => {
                let on_mark = scale_up(mark, self.mm_put_mtm);
                let maintenance = mark.wrapping_add(self.mm_put.raw().max(on_mark));
                (Price::from_raw(initial.max(scale_up(maintenance, self.mm_offset))), Price::from_raw(maintenance))
            }
        }
    }
}

/// `a · q / 2^40` rounded up by at most one unit more than needed; q ≤ 2·2^40 and a < 2^62 keep it in range.
#[inline(always)]
fn scale_up(a: i64, q: i64) -> i64 {
    mul_shift::<Q>(a, q).wrapping_add(i64::from(q & (ONE_Q - 1) != 0))
}

/// The legs of one expiry and the forward they are priced on.
#[derive(Clone, Copy, Debug)]
pub struct CrossExpiry<'a> {
    /// Forward, its logarithm and the discount factor.
    pub curve: ForwardCurve,
    /// At most [`MAX_LEGS`] legs in any order.
    pub legs: &'a [Leg],
}

impl CrossExpiry<'_> {
    /// Margin of the expiry.
    ///
    /// # Rounding
    /// Per-contract charges up; sums exact.
    ///
    /// # Errors
    /// [`RiskError::TooManyItems`] above [`MAX_LEGS`] legs; [`RiskError::Overflow`] when the shorts together exceed
    /// the range of a size.
    pub fn margin(&self, terms: &CrossTerms) -> Result<ExpiryMargin, RiskError> {
        if self.legs.len() > MAX_LEGS {
            return Err(RiskError::TooManyItems);
        }
        let mut sums = ExpiryMargin::default();
        let (mut mark, mut initial, mut maintenance) = (0i128, 0i128, 0i128);
        let mut worst = 0i128;
        for (index, leg) in self.legs.iter().enumerate() {
            if leg.size.is_zero() {
                continue;
            }
            let unit = price(leg.kind, &self.curve, leg.strike, leg.total_vol);
            // |price × size| ≤ 2e18 · 1e15 < 2^111: 64 of them fit an i128.
            mark = mark.wrapping_add(unit.times(leg.size).raw());
            if !leg.size.is_negative() {
                continue;
            }
            sums.short_size = sums.short_size.sub(leg.size)?;
            let (unit_initial, unit_maintenance) = terms.required_per_short(leg.kind, leg.strike.price, unit);
            let leg_maintenance = unit_maintenance.times(leg.size).raw();
            initial = initial.wrapping_add(unit_initial.times(leg.size).raw());
            maintenance = maintenance.wrapping_add(leg_maintenance);
            if leg_maintenance < worst {
                worst = leg_maintenance;
                sums.worst_leg = Some((index, Exact::from_raw(leg_maintenance)));
            }
        }
        sums.mark = Exact::from_raw(mark);
        if !sums.short_size.is_zero() {
            sums.max_loss = max_loss(self.legs);
            sums.initial = Exact::from_raw(initial).max(self.cap(&sums.max_loss, terms.unpaired_im)?);
            sums.maintenance = Exact::from_raw(maintenance).max(self.cap(&sums.max_loss, terms.unpaired_mm)?);
        }
        Ok(sums)
    }

    /// Initial margin balance at another spot price, given the margin at the index: what [`CrossExpiry::margin`] would
    /// give as `initial`, without what does not depend on the price and without the longs, which need nothing.
    ///
    /// # Rounding
    /// As [`CrossExpiry::margin`].
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn initial_at(&self, terms: &CrossTerms, at_index: &ExpiryMargin) -> Result<Exact, RiskError> {
        if at_index.short_size.is_zero() {
            return Ok(Exact::ZERO);
        }
        let mut initial = 0i128;
        for leg in self.legs.iter().take(MAX_LEGS).filter(|leg| leg.size.is_negative()) {
            let unit = price(leg.kind, &self.curve, leg.strike, leg.total_vol);
            let (unit_initial, _) = terms.required_per_short(leg.kind, leg.strike.price, unit);
            initial = initial.wrapping_add(unit_initial.times(leg.size).raw());
        }
        Ok(Exact::from_raw(initial).max(self.cap(&at_index.max_loss, terms.unpaired_im)?))
    }

    /// The most the expiry can lose: what no sum of charges has to exceed. # Rounding Against the account.
    fn cap(&self, loss: &MaxLoss, unpaired: Ratio) -> Result<Exact, RiskError> {
        if !loss.net_calls.is_negative() {
            return Ok(loss.worst_payoff);
        }
        let per_call = self.curve.forward.scale(unpaired, Rounding::Up)?;
        loss.worst_payoff.add(per_call.times(loss.net_calls))
    }
}

/// How much the prices of an underlying and of the quote asset can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceQuality {
    /// Confidence c in [0, 1] of the underlying's price.
    pub confidence: Ratio,
    /// Price of the quote stablecoin in USD.
    pub stable: Price,
}

/// Margin of everything an account holds in one underlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderlyingMargin {
    /// Mark value.
    pub mark: Exact,
    /// Initial margin balance: ≤ 0 but for settled positions.
    pub initial: Exact,
    /// Maintenance margin balance: ≤ 0 but for settled positions.
    pub maintenance: Exact,
    short_size: Contracts,
}

impl UnderlyingMargin {
    /// Balances computed elsewhere.
    pub const fn new(mark: Exact, initial: Exact, maintenance: Exact) -> Self {
        Self { mark, initial, maintenance, short_size: Contracts::ZERO }
    }

    /// Adds one expiry.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add_expiry(&mut self, expiry: &ExpiryMargin) -> Result<(), RiskError> {
        self.mark = self.mark.add(expiry.mark)?;
        self.initial = self.initial.add(expiry.initial)?;
        self.maintenance = self.maintenance.add(expiry.maintenance)?;
        self.short_size = self.short_size.add(expiry.short_size)?;
        Ok(())
    }

    /// Adds the initial margin balance of one expiry at another spot price.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add_initial(&mut self, initial: Exact, short_size: Contracts) -> Result<(), RiskError> {
        self.initial = self.initial.add(initial)?;
        self.short_size = self.short_size.add(short_size)?;
        Ok(())
    }

    /// Adds a settled position: what it receives or pays counts in full, on every side.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn add_settled(&mut self, payoff: Exact) -> Result<(), RiskError> {
        self.mark = self.mark.add(payoff)?;
        self.initial = self.initial.add(payoff)?;
        self.maintenance = self.maintenance.add(payoff)?;
        Ok(())
    }

    /// Charges shorts a part of their notional, IM only: for a volatility surface that is too old.
    ///
    /// # Rounding
    /// Against the account, ≤ 1e-15 USD.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn charge_shorts(&mut self, spot: Price, short_size: Contracts, part: Ratio) -> Result<(), RiskError> {
        self.initial = self.initial.add(spot.times(short_size.neg()?).scale_floor(part)?)?;
        Ok(())
    }

    /// Charges shorts for a price of low confidence and for a quote asset below its peg: IM only.
    ///
    /// IM −= (1 − c)·factor·S·Σ|short| when c < threshold, and −= max(0, pegThreshold − stable)·pegFactor·S·Σ|short|.
    ///
    /// # Rounding
    /// Against the account, ≤ 2e-15 USD.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn charge_quality(
        &mut self,
        params: &CrossParams,
        spot: Price,
        quality: &PriceQuality,
    ) -> Result<(), RiskError> {
        if self.short_size.is_zero() {
            return Ok(());
        }
        let short_notional = spot.times(self.short_size.neg()?);
        if quality.confidence < params.confidence_threshold {
            let missing = Ratio::ONE.sub(quality.confidence)?;
            let charge = short_notional.scale_floor(missing)?.scale_floor(params.confidence_factor)?;
            self.initial = self.initial.add(charge)?;
        }
        // A price of 1 USD and a ratio of 1 have the same scale, 1e-9.
        let below_peg = params.peg_threshold.raw().saturating_sub(quality.stable.raw());
        if below_peg > 0 {
            let charge = short_notional.scale_floor(Ratio::from_raw(below_peg))?.scale_floor(params.peg_factor)?;
            self.initial = self.initial.add(charge)?;
        }
        Ok(())
    }
}
