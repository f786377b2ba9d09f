//! What a collateral balance is worth and how much of it counts.

use crate::error::RiskError;
use crate::fixed::{div_wide, Rounding};
use crate::units::{Price, Ratio, Value, ONE_E6};

/// Most decimals a collateral's mint may have.
pub const MAX_DECIMALS: u8 = 12;

/// What the market and the exchange say of one collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollateralMarket {
    /// Decimals of the mint, at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// Index price in USD of one whole token.
    pub price: Price,
    /// The worse of index (biased by its confidence) and slow price, used for IM.
    pub price_initial: Price,
    /// Part of the value that does not count for IM.
    pub haircut_initial: Ratio,
    /// Part of the value that does not count for MM, at most [`CollateralMarket::haircut_initial`].
    pub haircut_maintenance: Ratio,
}

/// A balance in the mint's own atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollateralBalance(pub u64);

/// Worth of one balance, in atoms of the quote asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollateralValue {
    /// Full value: part of equity.
    pub full: Value,
    /// What counts for IM.
    pub initial: Value,
    /// What counts for MM.
    pub maintenance: Value,
}

impl CollateralMarket {
    /// Worth of a balance at `price / stable`, the stablecoin's price in USD.
    ///
    /// # Rounding
    /// Down, at most two atoms.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`] for decimals or haircuts outside their limits,
    /// [`RiskError::PriceOutOfRange`], [`RiskError::Overflow`].
    pub fn value(&self, balance: CollateralBalance, stable: Price) -> Result<CollateralValue, RiskError> {
        self.validate()?;
        let full = quote_value(balance, self.decimals, self.price, stable)?;
        let initial = match self.price_initial == self.price {
            true => full,
            false => quote_value(balance, self.decimals, self.price_initial, stable)?,
        };
        Ok(CollateralValue {
            full,
            initial: initial.scale(Ratio::ONE.sub(self.haircut_initial)?, Rounding::Down)?,
            maintenance: full.scale(Ratio::ONE.sub(self.haircut_maintenance)?, Rounding::Down)?,
        })
    }

    fn validate(&self) -> Result<(), RiskError> {
        if self.decimals > MAX_DECIMALS {
            return Err(RiskError::ParameterOutOfRange("decimals"));
        }
        if !self.haircut_maintenance.is_within(Ratio::ZERO, self.haircut_initial) {
            return Err(RiskError::ParameterOutOfRange("haircut_maintenance"));
        }
        if self.haircut_initial > Ratio::ONE {
            return Err(RiskError::ParameterOutOfRange("haircut_initial"));
        }
        Ok(())
    }
}

fn quote_value(balance: CollateralBalance, decimals: u8, price: Price, stable: Price) -> Result<Value, RiskError> {
    if !price.is_in_range() || !stable.is_in_range() {
        return Err(RiskError::PriceOutOfRange);
    }
    // balance < 2^64 and price ≤ 1e18 < 2^60: the product fits an i128; decimals ≤ 12, so 10^decimals fits an i64.
    let product = (balance.0 as i128).wrapping_mul(price.raw() as i128);
    let unit = 10i128.checked_pow(decimals as u32).ok_or(RiskError::Overflow)?;
    let usd_e9 = div_wide(product, unit, Rounding::Down)?;
    let scaled = usd_e9.checked_mul(ONE_E6 as i128).ok_or(RiskError::Overflow)?;
    let atoms = div_wide(scaled, stable.raw() as i128, Rounding::Down)?;
    i64::try_from(atoms).map(Value::from_raw).map_err(|_| RiskError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sol() -> CollateralMarket {
        CollateralMarket {
            decimals: 9,
            price: Price::from_usd(150),
            price_initial: Price::from_usd(140),
            haircut_initial: Ratio::from_millionths(200_000),
            haircut_maintenance: Ratio::from_millionths(100_000),
        }
    }

    #[test]
    fn haircuts_and_the_worse_price_apply_where_they_should() {
        let value = sol().value(CollateralBalance(2_000_000_000), Price::from_usd(1)).unwrap();
        assert_eq!(value.full, Value::from_usd(300));
        assert_eq!(value.maintenance, Value::from_usd(270));
        assert_eq!(value.initial, Value::from_usd(224));
    }

    #[test]
    fn a_quote_asset_below_its_peg_buys_less() {
        let stable = Price::from_raw(500_000_000);
        let value = sol().value(CollateralBalance(1_000_000_000), stable).unwrap();
        assert_eq!(value.full, Value::from_usd(300));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let one = CollateralBalance(1);
        let stable = Price::from_usd(1);
        let value = |change: fn(&mut CollateralMarket)| {
            let mut market = sol();
            change(&mut market);
            market.value(one, stable).unwrap_err()
        };
        assert_eq!(value(|m| m.decimals = 13), RiskError::ParameterOutOfRange("decimals"));
        assert_eq!(
            value(|m| m.haircut_maintenance = Ratio::ONE),
            RiskError::ParameterOutOfRange("haircut_maintenance")
        );
        assert_eq!(
            value(|m| m.haircut_initial = Ratio::from_raw(1_000_000_001)),
            RiskError::ParameterOutOfRange("haircut_initial")
        );
        assert_eq!(value(|m| m.price = Price::ZERO), RiskError::PriceOutOfRange);
    }
}
