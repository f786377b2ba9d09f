//! Risk parameters of one underlying, with the limits inside which a parameter set makes sense.

mod backstop;
mod liquidation;
mod portfolio;

pub use backstop::BackstopParams;
pub use liquidation::LiquidationParams;
pub use portfolio::{PortfolioParams, ShortfallSource, SkewParams};

use crate::error::RiskError;
use crate::units::Ratio;

/// Parameters of cross ("standard") margin.
///
/// # Source
/// Docs: `docs/risk-model.md`, "Cross margin". Defaults are [`CrossParams::DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossParams {
    /// Initial charge of an at-the-money short, as a fraction of spot.
    pub max_spot: Ratio,
    /// Least initial charge of a short, as a fraction of spot.
    pub min_spot: Ratio,
    /// Maintenance charge of a short call, as a fraction of spot.
    pub mm_call: Ratio,
    /// Maintenance charge of a short put, as a fraction of spot.
    pub mm_put: Ratio,
    /// Maintenance charge of a short put, as a fraction of its mark; the larger of both counts.
    pub mm_put_mtm: Ratio,
    /// Loss per unpaired short call in the initial maximum-loss cap, as a multiple of the forward.
    pub unpaired_im: Ratio,
    /// The same for the maintenance cap.
    pub unpaired_mm: Ratio,
    /// Initial requirement of a short put is at least this multiple of its maintenance requirement.
    pub mm_offset: Ratio,
    /// Price confidence below which a short pays for it.
    pub confidence_threshold: Ratio,
    /// Initial charge per unit of missing confidence, as a fraction of short notional.
    pub confidence_factor: Ratio,
    /// Price of the quote stablecoin below which a short pays for the depeg.
    pub peg_threshold: Ratio,
    /// Initial charge per unit of depeg, as a fraction of short notional.
    pub peg_factor: Ratio,
}

impl CrossParams {
    /// The documented defaults.
    pub const DEFAULT: Self = Self {
        max_spot: Ratio::from_millionths(150_000),
        min_spot: Ratio::from_millionths(100_000),
        mm_call: Ratio::from_millionths(75_000),
        mm_put: Ratio::from_millionths(75_000),
        mm_put_mtm: Ratio::from_millionths(75_000),
        unpaired_im: Ratio::from_millionths(1_200_000),
        unpaired_mm: Ratio::from_millionths(1_100_000),
        mm_offset: Ratio::from_millionths(1_050_000),
        confidence_threshold: Ratio::from_millionths(400_000),
        confidence_factor: Ratio::from_millionths(400_000),
        peg_threshold: Ratio::from_millionths(980_000),
        peg_factor: Ratio::from_millionths(1_200_000),
    };

    /// Accepts the set or names the first parameter outside its limits.
    ///
    /// Maintenance charges stay at or below the initial ones (so IM ≤ MM for every short), and every multiple stays
    /// small enough that per-contract charges at [`crate::units::Price::MAX`] fit an i64.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`] with the parameter's name.
    pub const fn validate(&self) -> Result<(), RiskError> {
        const TINY: Ratio = Ratio::from_millionths(1_000);
        const TWO: Ratio = Ratio::from_millionths(2_000_000);
        // (name, value, low, high): a short's charge is never nothing and never more than the underlying itself.
        let limits: [(&str, Ratio, Ratio, Ratio); 12] = [
            ("max_spot", self.max_spot, self.min_spot, Ratio::ONE),
            ("min_spot", self.min_spot, TINY, Ratio::ONE),
            ("mm_call", self.mm_call, TINY, self.min_spot),
            ("mm_put", self.mm_put, TINY, self.min_spot),
            ("mm_put_mtm", self.mm_put_mtm, Ratio::ZERO, Ratio::ONE),
            ("unpaired_im", self.unpaired_im, self.unpaired_mm, TWO),
            ("unpaired_mm", self.unpaired_mm, Ratio::ONE, TWO),
            ("mm_offset", self.mm_offset, Ratio::ONE, TWO),
            ("confidence_threshold", self.confidence_threshold, Ratio::ZERO, Ratio::ONE),
            ("confidence_factor", self.confidence_factor, Ratio::ZERO, TWO),
            ("peg_threshold", self.peg_threshold, Ratio::ZERO, Ratio::ONE),
            ("peg_factor", self.peg_factor, Ratio::ZERO, Ratio::from_millionths(20_000_000)),
        ];
        require_within(&limits)
    }
}

/// Names the first of these parameters (name, value, low, high) outside its limits.
const fn require_within(mut limits: &[(&'static str, Ratio, Ratio, Ratio)]) -> Result<(), RiskError> {
    while let [(name, value, low, high), rest @ ..] = limits {
        if !value.is_within(*low, *high) {
            return Err(RiskError::ParameterOutOfRange(name));
        }
        limits = rest;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_inside_their_limits() {
        assert_eq!(CrossParams::DEFAULT.validate(), Ok(()));
    }

    #[test]
    fn each_cross_parameter_outside_its_limits_is_named() {
        type Change = fn(&mut CrossParams);
        let cases: [(&str, Change); 12] = [
            ("max_spot", |p| p.max_spot = Ratio::from_millionths(99_999)),
            ("min_spot", |p| {
                p.min_spot = Ratio::from_millionths(999);
            }),
            ("mm_call", |p| p.mm_call = Ratio::from_millionths(100_001)),
            ("mm_put", |p| p.mm_put = Ratio::ZERO),
            ("mm_put_mtm", |p| p.mm_put_mtm = Ratio::from_millionths(-1)),
            ("unpaired_im", |p| p.unpaired_im = Ratio::ONE),
            ("unpaired_mm", |p| p.unpaired_mm = Ratio::from_millionths(999_999)),
            ("mm_offset", |p| p.mm_offset = Ratio::from_millionths(999_999)),
            ("confidence_threshold", |p| p.confidence_threshold = Ratio::from_millionths(1_000_001)),
            ("confidence_factor", |p| p.confidence_factor = Ratio::from_millionths(2_000_001)),
            ("peg_threshold", |p| p.peg_threshold = Ratio::from_millionths(-1)),
            ("peg_factor", |p| p.peg_factor = Ratio::from_millionths(20_000_001)),
        ];
        for (name, change) in cases {
            let mut params = CrossParams::DEFAULT;
            change(&mut params);
            assert_eq!(params.validate(), Err(RiskError::ParameterOutOfRange(name)));
        }
    }
}
