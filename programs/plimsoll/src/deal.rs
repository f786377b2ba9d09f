//! A series that goes from one account to another, and its open interest that moves with it.

use anchor_lang::prelude::*;
use plimsoll_risk::units::{Contracts, Price, Value};

use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{MarginAccount, Underlying};

/// One party's side of a deal: what happens to it, and how to take it back.
#[derive(Clone, Copy)]
pub struct Side {
    underlying: u8,
    expiry: u8,
    series: u16,
    size: Contracts,
    /// Premium per contract; none while it is not known.
    price: Option<Price>,
    pub cash: Value,
}

impl Side {
    /// The side of an account that gets a size (− gives it) and cash, in a series of an underlying and an expiry slot.
    pub fn of(
        account: &mut MarginAccount,
        underlying: &Pubkey,
        (expiry, series): (u8, u16),
        (size, price): (Contracts, Option<Price>),
        cash: Value,
    ) -> Result<Self> {
        Ok(Self { underlying: account.underlying_slot(underlying)?, expiry, series, size, price, cash })
    }

    pub fn apply(&self, account: &mut MarginAccount) -> Result<(usize, Contracts, Contracts)> {
        account.add_cash(self.cash.raw())?;
        account.add_to_position(0, (self.underlying, self.expiry, self.series), self.size)
    }

    pub fn undone(&self) -> Result<Self> {
        Ok(Self { size: self.size.neg().or_error()?, cash: self.cash.neg().or_error()?, ..*self })
    }

    /// Notes the price of a side that was booked without one, if its position is still there.
    pub fn note_price(&self, account: &mut MarginAccount, price: Price) -> Result<()> {
        let place = (self.underlying, self.expiry, self.series);
        let held = account
            .positions()
            .iter()
            .position(|position| (position.underlying, position.expiry, position.series) == place);
        if let Some(index) = held {
            let position = &mut account.positions[index];
            let old = position.size().sub(self.size).or_error()?;
            position.entry = position.entry().traded(old, self.size, price).or_error()?.raw();
        }
        Ok(())
    }

    /// Applies the side and moves the series' open interest with it. Whether that has closed the position.
    fn book(&self, underlying: &mut Underlying, account: &mut MarginAccount) -> Result<bool> {
        let (index, old, new) = self.apply(account)?;
        let series = underlying.series_mut(self.series)?;
        let position = &mut account.positions[index];
        series.take_off_netted(position)?;
        if let Some(price) = self.price {
            position.entry = position.entry().traded(old, self.size, price).or_error()?.raw();
        }
        series.move_interest(old, new)?;
        Ok(new.is_zero())
    }
}

/// A series changes hands while its expiry is ahead and has a surface. Gives the slot of its expiry.
pub fn require_open(underlying: &Underlying, series: u16, now: i64) -> Result<u8> {
    let slot = underlying.series(series)?.expiry;
    let expiry = underlying.expiry(slot)?;
    require!(now < expiry.expiry_ts, PlimsollError::SeriesExpired);
    require!(expiry.has_surface(), PlimsollError::VolatilityStale);
    Ok(slot)
}

/// Applies both sides of a deal. It may shrink an open interest above its limit, not grow it. Whether either position is closed: its
/// slot is freed by [`MarginAccount::release_empty`].
pub fn book(
    underlying: &mut Underlying,
    (first, side): (&mut MarginAccount, &Side),
    (second, other): (&mut MarginAccount, &Side),
) -> Result<(bool, bool)> {
    let before = underlying.series(side.series)?.long_e6;
    let closed = (side.book(underlying, first)?, other.book(underlying, second)?);
    let open = underlying.series(side.series)?.long_e6;
    require!(open <= underlying.params.max_open_interest_e6.max(before), PlimsollError::OpenInterestLimit);
    Ok(closed)
}
