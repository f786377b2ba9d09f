//! The notional of a margin account's positions, by underlying.

use anchor_lang::prelude::*;
use plimsoll_risk::backstop::notional;
use plimsoll_risk::units::{Contracts, Value};

use crate::errors::{OrProgramError, PlimsollError};
use crate::markets::Markets;
use crate::state::{BackstopTerms, MarginAccount};

/// Σ|q|·S of an account's positions at the index, settled ones included until they are gone. # Rounding Up.
pub struct Exposure {
    markets: Vec<(Pubkey, Value)>,
    pub total: Value,
}

impl Exposure {
    pub fn of(account: &MarginAccount, markets: &Markets) -> Result<Self> {
        let mut exposure = Self { markets: Vec::with_capacity(account.underlyings.len()), total: Value::ZERO };
        for group in account.positions().chunk_by(|a, b| a.underlying == b.underlying) {
            let key = account.underlyings[group[0].underlying as usize % account.underlyings.len()];
            let mut size = Contracts::ZERO;
            for position in group {
                size = size.add(position.size().abs().or_error()?).or_error()?;
            }
            let index = markets.underlying(&key)?.price.index();
            let value = notional(size, index).and_then(|exact| exact.to_value_ceil()).or_error()?;
            exposure.total = exposure.total.add(value).or_error()?;
            exposure.markets.push((key, value));
        }
        Ok(exposure)
    }

    fn in_market(&self, underlying: &Pubkey) -> Value {
        let held = self.markets.iter().find(|(key, _)| key == underlying);
        held.map_or(Value::ZERO, |(_, value)| *value)
    }

    /// Nothing has grown beyond the limits. What only became smaller may stay beyond them.
    ///
    /// # Errors
    /// [`PlimsollError::BackstopMarket`] for an underlying that is not taken, [`PlimsollError::BackstopLimit`].
    pub fn require_within(&self, terms: &BackstopTerms, before: &Self) -> Result<()> {
        for (key, value) in &self.markets {
            if *value <= before.in_market(key) {
                continue;
            }
            let limit = terms.limit_of(key).ok_or(PlimsollError::BackstopMarket)?;
            require!(*value <= limit, PlimsollError::BackstopLimit);
        }
        let most = Value::from_raw(terms.max_notional_atoms).max(before.total);
        require!(self.total <= most, PlimsollError::BackstopLimit);
        Ok(())
    }
}
