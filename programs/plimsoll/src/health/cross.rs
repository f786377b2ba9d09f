//! Cross margin of one underlying of an account.

use anchor_lang::prelude::*;
use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::portfolio::DollarGreeks;
use plimsoll_risk::margin::{CrossExpiry, CrossTerms, UnderlyingMargin};
use plimsoll_risk::params::CrossParams;
use plimsoll_risk::units::Ratio;

use super::market::{ExpiryMarket, Spot};
use super::portfolio::greeks;
use super::valuation::Valuation;
use super::{Purpose, UnderlyingHealth};
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{Expiry, Position, Underlying};

/// One of the spot prices a margin is taken at.
pub(super) struct Point {
    spot: Spot,
    terms: CrossTerms,
    margin: UnderlyingMargin,
}

impl Point {
    fn new(params: &CrossParams, spot: Spot) -> Result<Self> {
        let terms = CrossTerms::new(params, spot.price).or_error()?;
        Ok(Self { spot, terms, margin: UnderlyingMargin::default() })
    }
}

impl Valuation<'_> {
    /// Adds an underlying in cross margin: E and MM at the index, IM at the worst of the index and both ends of its range.
    pub(super) fn add_cross(&mut self, key: &Pubkey, underlying: &Underlying, positions: &[Position]) -> Result<()> {
        let params = CrossParams::from(&underlying.params.cross);
        let mut points = core::mem::take(&mut self.scratch.points);
        points.clear();
        if points.capacity() == 0 {
            points = Vec::with_capacity(3);
        }
        self.each_spot(&underlying.price, |spot| {
            points.push(Point::new(&params, spot)?);
            Ok(())
        })?;
        let mut total = DollarGreeks::default();
        for group in positions.chunk_by(|a, b| a.expiry == b.expiry) {
            let expiry = underlying.expiry(group[0].expiry)?;
            if expiry.is_settled() {
                let payoff = super::settled_payoff(underlying, expiry, group)?;
                for point in points.iter_mut() {
                    point.margin.add_settled(payoff).or_error()?;
                }
            } else {
                self.add_cross_expiry(underlying, expiry, group, &mut points, &mut total)?;
            }
        }
        let quality = PriceQuality { confidence: underlying.price.confidence()?, stable: self.exchange.stable.low() };
        for point in points.iter_mut() {
            point.margin.charge_quality(&params, point.spot.price, &quality).or_error()?;
        }
        let Some(index) = points.first() else { return err!(PlimsollError::Overflow) };
        let margin = index.margin;
        let mut initial = margin.initial;
        for point in &points {
            match self.purpose {
                Purpose::Liquidation => self.note_relief(margin.maintenance, point.margin.maintenance)?,
                _ => initial = initial.min(point.margin.initial),
            }
        }
        self.note_underlying(UnderlyingHealth {
            slot: positions[0].underlying,
            margin,
            initial,
            greeks: total,
            portfolio: None,
        });
        self.scratch.points = points;
        self.add_underlying(key, &margin, initial, 0)
    }

    fn add_cross_expiry(
        &mut self,
        underlying: &Underlying,
        expiry: &Expiry,
        positions: &[Position],
        points: &mut [Point],
        total: &mut DollarGreeks,
    ) -> Result<()> {
        let market = ExpiryMarket::new(underlying, expiry, self.now)?;
        let is_stale = self.note_surface(&market, positions, false);
        let [index, others @ ..] = points else { return Ok(()) };
        let at_index = market.curve(&index.spot)?;
        self.scratch.legs.clear();
        market.load_legs(&mut self.scratch.legs, positions, &at_index, std::iter::empty())?;
        let margin = CrossExpiry { curve: at_index, legs: &self.scratch.legs }.margin(&index.terms).or_error()?;
        index.margin.add_expiry(&margin).or_error()?;
        if let Some((leg, balance)) = margin.worst_leg {
            self.note_worst(&positions[leg], balance);
        }
        for point in others {
            let curve = market.curve(&point.spot)?;
            let book = CrossExpiry { curve, legs: &self.scratch.legs };
            if self.purpose == Purpose::Liquidation {
                point.margin.add_expiry(&book.margin(&point.terms).or_error()?).or_error()?;
            } else {
                let initial = book.initial_at(&point.terms, &margin).or_error()?;
                point.margin.add_initial(initial, margin.short_size).or_error()?;
            }
        }
        if is_stale {
            let charge = Ratio::from_raw(underlying.params.volatility.stale_charge_e9);
            for point in points.iter_mut() {
                point.margin.charge_shorts(point.spot.price, margin.short_size, charge).or_error()?;
            }
        }
        if self.purpose == Purpose::View {
            let mark = margin.mark;
            *total = total.add(&greeks(&market, at_index, &self.scratch.legs, mark)?).or_error()?;
        }
        Ok(())
    }
}
