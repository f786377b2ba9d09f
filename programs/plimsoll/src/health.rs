//! The one place where accounts become risk types: a margin account and its markets in, a margin report out.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::mul_shift;
use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CollateralBalance, CrossExpiry, CrossTerms, Leg, MarginReport, UnderlyingMargin};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::params::CrossParams;
use plimsoll_risk::pricing::black76::{discount, total_vol, ForwardCurve};
use plimsoll_risk::settlement::{payoff, SETTLEMENT_WINDOW};
use plimsoll_risk::units::{Exact, Log, Price, Ratio, Seconds, Value, Q};

use crate::constants::MAX_POSITIONS;
use crate::errors::{OrProgramError, PlimsollError};
use crate::markets::Markets;
use crate::state::price::Freshness;
use crate::state::{Collateral, Exchange, Expiry, MarginAccount, Position, PriceState, Underlying};

/// What a valuation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Deciding on new risk: fresh prices, IM over the whole price range.
    NewRisk,
    /// Deciding on a liquidation: prices may be older; only E and MM matter, IM is taken at the index alone.
    Liquidation,
    /// Looking: the numbers of `NewRisk`, from prices that may be older.
    View,
}

/// The short option with the largest maintenance requirement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstItem {
    /// Slot of its underlying in the account.
    pub underlying: u8,
    pub series: u16,
    /// Its maintenance margin balance before netting within the expiry, ≤ 0.
    pub balance: Exact,
}

/// A valued account.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    pub report: MarginReport,
    /// Why the market allows no new risk, if it does not: a price far from its slow companion, or an old surface.
    pub obstacle: Option<PlimsollError>,
    pub worst: Option<WorstItem>,
}

/// Values an account.
///
/// # Errors
/// [`PlimsollError::MarketMissing`], [`PlimsollError::OracleStale`], [`PlimsollError::VolatilityStale`] for an expiry
/// that never had a surface, and arithmetic ones.
pub fn health(
    account: &MarginAccount,
    exchange: &Exchange,
    markets: &Markets,
    purpose: Purpose,
    now: i64,
) -> Result<Health> {
    let mut valuation = Valuation {
        exchange,
        purpose,
        now,
        sum: MarginSum::default(),
        legs: Vec::with_capacity(MAX_POSITIONS as usize),
        obstacle: None,
        worst: None,
    };
    let positions = account.positions();
    if !positions.is_empty() || account.has_collateral() {
        exchange.stable.require_fresh(now, purpose.freshness())?;
        valuation.note_divergence(&exchange.stable)?;
    }
    for group in positions.chunk_by(|a, b| a.underlying == b.underlying) {
        let key = &account.underlyings[group[0].underlying as usize % account.underlyings.len()];
        valuation.add_underlying(markets.underlying(key)?, group)?;
    }
    for slot in account.collaterals.iter().filter(|slot| slot.balance_atoms > 0) {
        valuation.add_collateral(markets.collateral(&slot.collateral)?, slot.balance_atoms)?;
    }
    let report = valuation.sum.report(Value::from_raw(account.cash_atoms)).or_error()?;
    Ok(Health { report, obstacle: valuation.obstacle, worst: valuation.worst })
}

impl Purpose {
    fn freshness(self) -> Freshness {
        match self {
            Self::NewRisk => Freshness::NewRisk,
            Self::Liquidation | Self::View => Freshness::Liquidation,
        }
    }
}

struct Valuation<'a> {
    exchange: &'a Exchange,
    purpose: Purpose,
    now: i64,
    sum: MarginSum,
    legs: Vec<Leg>,
    obstacle: Option<PlimsollError>,
    worst: Option<WorstItem>,
}

/// One of the spot prices IM is taken at.
struct Spot {
    price: Price,
    log: Log,
    terms: CrossTerms,
    margin: UnderlyingMargin,
}

impl Spot {
    fn new(params: &CrossParams, price: Price, ln_q40: i64) -> Result<Self> {
        let terms = CrossTerms::new(params, price).or_error()?;
        Ok(Self { price, log: Log::from_raw(ln_q40), terms, margin: UnderlyingMargin::default() })
    }
}

impl Valuation<'_> {
    fn add_underlying(&mut self, underlying: &Underlying, positions: &[Position]) -> Result<()> {
        let price = &underlying.price;
        self.require_fresh_enough(price, positions)?;
        self.note_divergence(price)?;
        let params = CrossParams::from(&underlying.params.cross);
        let mut spots = Vec::with_capacity(3);
        spots.push(Spot::new(&params, price.index(), price.ln_index_q40)?);
        if self.purpose != Purpose::Liquidation {
            if price.low_e9 != price.index_e9 {
                spots.push(Spot::new(&params, price.low(), price.ln_low_q40)?);
            }
            if price.high_e9 != price.index_e9 {
                spots.push(Spot::new(&params, price.high(), price.ln_high_q40)?);
            }
        }
        for group in positions.chunk_by(|a, b| a.expiry == b.expiry) {
            let expiry = underlying.expiry(group[0].expiry)?;
            if expiry.is_settled() {
                add_settled(underlying, expiry, group, &mut spots)?;
            } else {
                self.add_expiry(underlying, expiry, group, &mut spots)?;
            }
        }
        let quality = PriceQuality { confidence: price.confidence()?, stable: self.exchange.stable.low() };
        let mut worst_initial: Option<Exact> = None;
        for spot in spots.iter_mut() {
            spot.margin.charge_quality(&params, spot.price, &quality).or_error()?;
            worst_initial = Some(worst_initial.map_or(spot.margin.initial, |worst| worst.min(spot.margin.initial)));
        }
        let at_index = &spots[0].margin;
        self.sum.add_underlying(at_index, worst_initial.unwrap_or(at_index.initial)).or_error()
    }

    fn add_expiry(
        &mut self,
        underlying: &Underlying,
        expiry: &Expiry,
        positions: &[Position],
        spots: &mut [Spot],
    ) -> Result<()> {
        require!(expiry.has_surface(), PlimsollError::VolatilityStale);
        // An old surface matters while it prices a short: longs need nothing, and after the expiry no volatility enters.
        let is_needed = self.now < expiry.expiry_ts && positions.iter().any(|position| position.size_e6 < 0);
        if is_needed && self.now.saturating_sub(expiry.vol_updated_at) > underlying.params.volatility.max_age_secs {
            self.obstacle.get_or_insert(PlimsollError::VolatilityStale);
        }
        let market = ExpiryMarket::new(expiry, &underlying.price, self.now)?;
        let at_index = market.curve(spots[0].price, spots[0].log)?;
        self.load_legs(underlying, expiry, positions, &market, &at_index)?;
        let [index_spot, other_spots @ ..] = spots else { return Ok(()) };
        let margin = CrossExpiry { curve: at_index, legs: &self.legs }.margin(&index_spot.terms).or_error()?;
        index_spot.margin.add_expiry(&margin).or_error()?;
        if let Some((leg, balance)) = margin.worst_leg {
            self.note_worst(&positions[leg], balance);
        }
        for spot in other_spots {
            let curve = market.curve(spot.price, spot.log)?;
            let initial = CrossExpiry { curve, legs: &self.legs }.initial_at(&spot.terms, &margin).or_error()?;
            spot.margin.add_initial(initial, margin.short_size).or_error()?;
        }
        Ok(())
    }

    /// Volatility is read off the surface at the index and stays with its strike at the other spot prices.
    fn load_legs(
        &mut self,
        underlying: &Underlying,
        expiry: &Expiry,
        positions: &[Position],
        market: &ExpiryMarket,
        at_index: &ForwardCurve,
    ) -> Result<()> {
        let surface = expiry.surface();
        self.legs.clear();
        for position in positions {
            let series = underlying.series(position.series)?;
            let strike = series.strike();
            let log_moneyness = Log::from_raw(strike.log.raw().wrapping_sub(at_index.log_forward.raw()));
            self.legs.push(Leg {
                kind: series.option_kind(),
                strike,
                size: position.size(),
                total_vol: total_vol(surface.vol_at(log_moneyness), market.sqrt_years),
            });
        }
        Ok(())
    }

    /// A stale price stops new risk. It stops a liquidation only where the account is short: longs count nothing in MM,
    /// and a speck of a silent market must not shield the rest of a book.
    fn require_fresh_enough(&self, price: &PriceState, positions: &[Position]) -> Result<()> {
        let is_harmless = self.purpose != Purpose::NewRisk && positions.iter().all(|position| position.size_e6 >= 0);
        if is_harmless && price.index_e9 > 0 {
            return Ok(());
        }
        price.require_fresh(self.now, self.purpose.freshness())
    }

    /// A collateral with a stale price counts nothing towards IM; towards E and MM it keeps its last price, so that a
    /// silent feed neither shields an account from liquidation nor gives its collateral away.
    fn add_collateral(&mut self, collateral: &Collateral, balance_atoms: u64) -> Result<()> {
        let price = &collateral.price;
        if price.index_e9 <= 0 {
            return Ok(());
        }
        self.note_divergence(price)?;
        let stable = self.exchange.stable.index();
        let mut value = collateral.market().value(CollateralBalance(balance_atoms), stable).or_error()?;
        if !price.is_fresh(self.now, self.purpose.freshness()) {
            value.initial = Value::ZERO;
        }
        self.sum.add_collateral(&value).or_error()
    }

    fn note_divergence(&mut self, price: &PriceState) -> Result<()> {
        if price.is_divergent()? {
            self.obstacle.get_or_insert(PlimsollError::PriceDivergence);
        }
        Ok(())
    }

    fn note_worst(&mut self, position: &Position, balance: Exact) {
        if self.worst.is_none_or(|worst| balance < worst.balance) {
            self.worst = Some(WorstItem { underlying: position.underlying, series: position.series, balance });
        }
    }
}

/// A settled position is cash that has not been moved yet: it counts in full, on every side.
fn add_settled(underlying: &Underlying, expiry: &Expiry, positions: &[Position], spots: &mut [Spot]) -> Result<()> {
    let settlement = Price::from_raw(expiry.settlement_e9);
    for position in positions {
        let series = underlying.series(position.series)?;
        let value = payoff(series.option_kind(), series.strike().price, settlement, position.size());
        for spot in spots.iter_mut() {
            spot.margin.add_settled(value).or_error()?;
        }
    }
    Ok(())
}

/// What all spots share in one expiry.
struct ExpiryMarket<'a> {
    expiry: &'a Expiry,
    price: &'a PriceState,
    now: i64,
    discount: plimsoll_risk::units::Discount,
    sqrt_years: i64,
}

impl<'a> ExpiryMarket<'a> {
    fn new(expiry: &'a Expiry, price: &'a PriceState, now: i64) -> Result<Self> {
        let left = Seconds::from_raw(expiry.expiry_ts.saturating_sub(now).max(0));
        Ok(Self {
            expiry,
            price,
            now,
            discount: discount(Ratio::from_raw(expiry.rate_e9), left),
            sqrt_years: sqrt_years(left),
        })
    }

    /// Forward of the price that settles the expiry. Inside the settlement window part of it is known already, and after
    /// the expiry all of it: no later price changes what a position is worth.
    fn curve(&self, spot: Price, ln_spot: Log) -> Result<ForwardCurve> {
        // spot ≤ 1e18 and the ratio ≤ 1.5 by its bounds: the product fits.
        let forward = Price::from_raw(mul_shift::<Q>(spot.raw(), self.expiry.forward_ratio_q40));
        let log_forward = Log::from_raw(ln_spot.raw().wrapping_add(self.expiry.ln_forward_ratio_q40));
        let window_opens = self.expiry.expiry_ts.saturating_sub(SETTLEMENT_WINDOW.raw());
        if self.now <= window_opens {
            return Ok(ForwardCurve { forward, log_forward, discount: self.discount });
        }
        let forward = if self.now >= self.expiry.expiry_ts {
            self.expiry.expected_settlement(self.price)?.0
        } else {
            self.expiry.twap().settlement_forward(forward, self.now, self.expiry.expiry_ts).or_error()?
        };
        Ok(ForwardCurve { forward, log_forward: ln_price(forward).or_error()?, discount: self.discount })
    }
}
