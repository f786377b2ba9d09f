//! What has to hold before anything is computed: how many of everything there are, and values that contradict each other.

use crate::convert::{contracts, price_or_zero, share, usd};
use crate::format::{AccountFile, ExpiryFile, LegFile, Mode, UnderlyingFile};
use anyhow::{ensure, Context, Result};

impl AccountFile {
    /// # Errors
    /// What does not hold, with its place.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(self.underlyings.len() <= 8, "there are {} underlyings: use at most 8", self.underlyings.len());
        ensure!(self.collateral.len() <= 8, "there are {} collaterals: use at most 8", self.collateral.len());
        let expiries = self.underlyings.iter().flat_map(|underlying| &underlying.expiries);
        let legs: usize = expiries.map(|expiry| expiry.legs.len()).sum();
        ensure!(legs <= 64, "there are {legs} legs: use at most 64");
        usd("stable", self.stable)?;
        for (index, token) in self.collateral.iter().enumerate() {
            share("confidence", token.confidence).with_context(|| format!("collateral[{index}]"))?;
        }
        for (index, underlying) in self.underlyings.iter().enumerate() {
            underlying.check(self.mode).with_context(|| format!("underlyings[{index}]"))?;
        }
        Ok(())
    }
}

impl UnderlyingFile {
    fn check(&self, mode: Mode) -> Result<()> {
        let (low, high) = (usd("low", self.low())?, usd("high", self.high())?);
        let index = usd("index", self.index)?;
        let is_ordered = low <= index && index <= high;
        ensure!(is_ordered, "low and high are {} and {}: put the index between them", self.low(), self.high());
        share("confidence", self.confidence)?;
        ensure!(self.expiries.len() <= 16, "there are {} expiries: use at most 16", self.expiries.len());
        for (index, expiry) in self.expiries.iter().enumerate() {
            expiry.check(mode).with_context(|| format!("expiries[{index}]"))?;
        }
        Ok(())
    }
}

impl ExpiryFile {
    fn check(&self, mode: Mode) -> Result<()> {
        let is_known = !self.stale || mode == Mode::Portfolio;
        ensure!(
            is_known,
            "stale is true in cross mode: leave it out, or use portfolio mode, which has parameters for it"
        );
        price_or_zero("fixed", self.fixed)?;
        share("confidence", self.confidence)?;
        if let Some(settlement) = self.settlement {
            usd("settlement", settlement)?;
        }
        for (index, leg) in self.legs.iter().enumerate() {
            leg.check().with_context(|| format!("legs[{index}]"))?;
        }
        Ok(())
    }
}

impl LegFile {
    fn check(&self) -> Result<()> {
        usd("strike", self.strike)?;
        ensure!(!contracts("size", self.size)?.is_zero(), "size is {}: leave the leg out", self.size);
        Ok(())
    }
}
