//! The price a position was entered at, in four bytes.

use crate::error::RiskError;
use crate::fixed::{div_wide, mul_wide, Rounding};
use crate::units::{Contracts, Price};

/// Average premium per contract: 26 bits times a power of two, good to 3e-8 of itself. Says how much of a position is profit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryPrice(u32);

const MANTISSA_BITS: u32 = 26;

impl EntryPrice {
    /// Wraps the stored bits: `exponent · 2^26 + mantissa`, the price being `mantissa · 2^exponent` in 1e-9 USD.
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The stored bits.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// # Rounding
    /// Down, by less than 3e-8 of the price.
    pub const fn of(price: Price) -> Self {
        let raw = if price.raw() < 0 { 0 } else { price.raw() as u64 };
        let exponent = 64u32.wrapping_sub(raw.leading_zeros()).saturating_sub(MANTISSA_BITS);
        // raw < 2^63, so the exponent is at most 37 and the mantissa below 2^26.
        Self(exponent.wrapping_shl(MANTISSA_BITS) | raw.wrapping_shr(exponent) as u32)
    }

    /// The price.
    pub const fn price(self) -> Price {
        let mantissa = (self.0 & ((1u32 << MANTISSA_BITS).wrapping_sub(1))) as u64;
        // Bits that no price has been packed into stand for the largest one.
        let exponent = self.0.wrapping_shr(MANTISSA_BITS);
        if exponent > 36 {
            return Price::MAX;
        }
        Price::from_raw(mantissa.wrapping_shl(exponent) as i64)
    }

    /// The entry price after a trade: what opens or turns a position is entered at the trade's price, what adds to it moves the
    /// average, and what closes leaves it.
    ///
    /// # Rounding
    /// Down.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] for sizes beyond [`Contracts::MAX`].
    pub fn traded(self, old: Contracts, change: Contracts, price: Price) -> Result<Self, RiskError> {
        let new = old.add(change)?;
        if old.is_zero() || (old.raw() ^ new.raw()) < 0 {
            return Ok(Self::of(price));
        }
        if (old.raw() ^ change.raw()) < 0 || change.is_zero() {
            return Ok(self);
        }
        let (held, added) = (old.abs()?.raw(), change.abs()?.raw());
        // Prices below 2^61, sizes below 2^51: the sum fits an i128, and the average lies between the prices.
        let worth = mul_wide(held, self.price().raw()).checked_add(mul_wide(added, price.raw()));
        let size = new.abs()?.raw() as i128;
        Ok(Self::of(Price::from_raw(div_wide(worth.ok_or(RiskError::Overflow)?, size, Rounding::Down)? as i64)))
    }

    /// The entry price of a position that was received without a trade: that of whom it came from, unless there was one already.
    #[inline(always)]
    pub const fn received(self, from: Self, old: Contracts, new: Contracts) -> Self {
        if old.is_zero() || (old.raw() ^ new.raw()) < 0 {
            from
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn size(raw: i64) -> Contracts {
        Contracts::from_raw(raw)
    }

    #[test]
    fn a_position_remembers_its_average_price() {
        let (ten, twenty) = (Price::from_usd(10), Price::from_usd(20));
        let opened = EntryPrice::default().traded(size(0), size(5), ten).unwrap();
        let added = opened.traded(size(5), size(5), twenty).unwrap();
        assert!((added.price().raw() - 15_000_000_000).abs() <= 1_000, "{:?}", added.price());
        // Closing a part leaves it, turning it does not.
        assert_eq!(added.traded(size(10), size(-4), twenty), Ok(added));
        assert_eq!(added.traded(size(10), size(-14), twenty), Ok(EntryPrice::of(twenty)));
        // The same for shorts.
        let sold = EntryPrice::of(ten).traded(size(-5), size(-5), twenty).unwrap();
        assert!((sold.price().raw() - 15_000_000_000).abs() <= 1_000);
    }

    #[test]
    fn what_is_received_keeps_the_price_of_its_sender_where_there_was_none() {
        let (mine, theirs) = (EntryPrice::of(Price::from_usd(10)), EntryPrice::of(Price::from_usd(20)));
        let after = |old, new| mine.received(theirs, size(old), size(new));
        assert_eq!([after(0, 5), after(3, 5), after(3, 1), after(3, -1)], [theirs, mine, mine, theirs]);
    }

    #[test]
    fn bits_of_no_price_are_the_largest_one() {
        assert_eq!(EntryPrice::from_raw(u32::MAX).price(), Price::MAX);
        assert_eq!(EntryPrice::of(Price::from_raw(-1)).price(), Price::ZERO);
    }

    proptest! {
        #[test]
        fn law_four_bytes_are_good_to_three_hundred_millionths(raw in 0i64..=1_000_000_000_000_000_000) {
            let kept = EntryPrice::of(Price::from_raw(raw)).price().raw();
            prop_assert!(kept <= raw && (raw - kept) as f64 <= raw as f64 * 3e-8);
        }

        #[test]
        fn law_an_average_lies_between_its_prices(
            held in 1i64..1_000_000_000_000_000, added in 1i64..1_000_000_000_000_000, a in 0i64..=1_000_000_000_000_000_000,
            b in 0i64..=1_000_000_000_000_000_000,
        ) {
            let entry = EntryPrice::of(Price::from_raw(a)).traded(size(held), size(added), Price::from_raw(b)).unwrap();
            let kept = entry.price().raw() as f64;
            prop_assert!(kept <= a.max(b) as f64 && kept >= a.min(b) as f64 * (1.0 - 1e-7) - 1.0);
        }
    }
}
