//! Parameters of portfolio margin, with the limits inside which they make sense.

use crate::error::RiskError;
use crate::units::{Ratio, Seconds, Value, ONE_E6};

/// Largest market depth: 1e12 USD, in atoms.
const MAX_DEPTH: i64 = 1_000_000_000_000 * ONE_E6;

/// One of the two scenarios in which the smile tilts or bends while the price stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkewParams {
    /// Weight of the scenario; 0 leaves it out.
    pub weight: Ratio,
    /// Largest relative change of a volatility, at no time left.
    pub base_cap: Ratio,
    /// Change of that with the square root of the years left.
    pub cap_slope: Ratio,
}

/// Over which losses the expected shortfall is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortfallSource {
    /// The scenario grid and the skew scenarios, each with the same probability.
    Grid,
    /// The stored pairs of historical moves.
    History,
}

/// Parameters of portfolio margin of one underlying, but for its scenario grid.
///
/// # Source
/// `docs/risk-model.md`, "Portfolio margin".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortfolioParams {
    /// Volatility shock upwards at thirty days, relative.
    pub range_up: Ratio,
    /// Volatility shock downwards at thirty days, relative.
    pub range_down: Ratio,
    /// Power of 30 d/T that scales the shocks up to thirty days.
    pub short_power: Ratio,
    /// The same beyond thirty days.
    pub long_power: Ratio,
    /// Times to expiry below this are shocked as if they were this long.
    pub tenor_floor: Seconds,
    /// Least volatility in scenarios of direction up, per year.
    pub min_vol_up: Ratio,
    /// Part of the scanned loss that maintenance margin asks for.
    pub mm_factor: Ratio,
    /// Part of the scanned loss that initial margin asks for, at least `mm_factor`.
    pub im_factor: Ratio,
    /// Multiple of the discount rate in the discount of what is owed.
    pub short_mult: Ratio,
    /// Multiple of the discount rate in the discount of what is owned.
    pub long_mult: Ratio,
    /// Addition to the rate for what is owed.
    pub short_add: Ratio,
    /// Addition to the rate for what is owned.
    pub long_add: Ratio,
    /// Discount of what is owned at no time left, at most 1.
    pub long_base: Ratio,
    /// Surcharge on what is owed at no time left, at least 1.
    pub short_base: Ratio,
    /// Forward moves of the basis contingency.
    pub basis_up: Ratio,
    /// The same downwards.
    pub basis_down: Ratio,
    /// Basis contingency at no time left.
    pub basis_add: Ratio,
    /// Basis contingency per year left.
    pub basis_mult: Ratio,
    /// Price of the quote stablecoin below which initial margin grows.
    pub peg_threshold: Ratio,
    /// How fast it grows per unit of depeg.
    pub peg_factor: Ratio,
    /// Confidence below which initial margin grows; 1 makes the charge grow smoothly from full confidence.
    pub confidence_threshold: Ratio,
    /// Initial charge per unit of missing confidence, as a part of notional.
    pub confidence_factor: Ratio,
    /// Maintenance charge of a naked short, as a part of spot.
    pub mm_option: Ratio,
    /// Initial charge of a naked short on top of that, as a part of spot.
    pub im_option: Ratio,
    /// Smile that tilts: low strikes one way, high strikes the other.
    pub skew_linear: SkewParams,
    /// Smile that bends: both wings the same way.
    pub skew_absolute: SkewParams,
    /// Least log-moneyness at which a skew scenario reaches its cap.
    pub min_kstar: Ratio,
    /// That log-moneyness in standard deviations.
    pub width_scale: Ratio,
    /// Volatility of that standard deviation, at no time left.
    pub vol_static: Ratio,
    /// Change of that volatility with the square root of the years left.
    pub vol_scale: Ratio,
    /// Weight of the expected shortfall against the worst case: 0 the worst case alone, 1 the shortfall alone.
    pub es_weight: Ratio,
    /// Probability of the tail the expected shortfall is the mean of.
    pub es_mass: Ratio,
    /// Where the tail is taken from.
    pub es_source: ShortfallSource,
    /// Charge on net negative gamma, as a multiple of its loss at `gamma_move`.
    pub gamma_charge: Ratio,
    /// Relative move of spot for the gamma charge.
    pub gamma_move: Ratio,
    /// Charge on net negative vega, as a multiple of its loss at `vega_move`.
    pub vega_charge: Ratio,
    /// Rise of volatility for the vega charge.
    pub vega_move: Ratio,
    /// Net delta in USD from which the scanned loss grows, with its square root; 0 for never.
    pub depth: Value,
    /// Volatility of direction up is at least this multiple of the realised one.
    pub realised_mult: Ratio,
}

const fn millionths(x: i32) -> Ratio {
    Ratio::from_millionths(x)
}

impl PortfolioParams {
    /// The parameter set "P2T": the reference vectors are computed with it. Every own addition is off.
    pub const P2T: Self = Self {
        range_up: millionths(500_000),
        range_down: millionths(275_000),
        short_power: millionths(300_000),
        long_power: millionths(130_000),
        tenor_floor: Seconds::from_raw(86_400),
        min_vol_up: millionths(450_000),
        mm_factor: millionths(800_000),
        im_factor: Ratio::ONE,
        short_mult: millionths(500_000),
        long_mult: Ratio::ONE,
        short_add: millionths(80_000),
        long_add: millionths(80_000),
        long_base: millionths(950_000),
        short_base: millionths(1_040_000),
        basis_up: millionths(1_045_000),
        basis_down: millionths(955_000),
        basis_add: millionths(500_000),
        basis_mult: millionths(2_000_000),
        peg_threshold: millionths(980_000),
        peg_factor: millionths(2_000_000),
        confidence_threshold: millionths(550_000),
        confidence_factor: Ratio::ONE,
        mm_option: millionths(3_000),
        im_option: millionths(2_000),
        skew_linear: SkewParams { weight: Ratio::ONE, base_cap: millionths(150_000), cap_slope: millionths(-50_000) },
        skew_absolute: SkewParams { weight: Ratio::ONE, base_cap: millionths(150_000), cap_slope: millionths(-50_000) },
        min_kstar: millionths(10_000),
        width_scale: millionths(4_000_000),
        vol_static: millionths(600_000),
        vol_scale: millionths(-100_000),
        es_weight: Ratio::ZERO,
        es_mass: millionths(50_000),
        es_source: ShortfallSource::Grid,
        gamma_charge: Ratio::ZERO,
        gamma_move: Ratio::ZERO,
        vega_charge: Ratio::ZERO,
        vega_move: Ratio::ZERO,
        depth: Value::ZERO,
        realised_mult: Ratio::ZERO,
    };

    /// Accepts the set or names the first parameter outside its limits.
    ///
    /// # Errors
    /// [`RiskError::ParameterOutOfRange`] with the parameter's name.
    pub fn validate(&self) -> Result<(), RiskError> {
        let in_range = |(name, value, low, high): (&'static str, Ratio, i32, i32)| match value
            .is_within(millionths(low), millionths(high))
        {
            true => Ok(()),
            false => Err(RiskError::ParameterOutOfRange(name)),
        };
        self.limits().into_iter().try_for_each(in_range)?;
        self.skew_limits().into_iter().try_for_each(in_range)?;
        self.addition_limits().into_iter().try_for_each(in_range)?;
        let name = if self.tenor_floor.raw() < 3_600 || self.tenor_floor.raw() > 30 * 86_400 {
            "tenor_floor"
        } else if self.mm_factor > self.im_factor {
            "mm_factor"
        } else if self.es_mass.raw() <= 0 {
            "es_mass"
        } else if !self.depth.is_zero() && (self.depth < Value::from_usd(1_000) || self.depth.raw() > MAX_DEPTH) {
            "depth"
        } else if !self.has_positive_width() {
            "vol_scale"
        } else {
            return Ok(());
        };
        Err(RiskError::ParameterOutOfRange(name))
    }

    /// (name, value, low, high), the limits in millionths.
    fn limits(&self) -> [(&'static str, Ratio, i32, i32); 23] {
        [
            ("range_up", self.range_up, 0, 5_000_000),
            ("range_down", self.range_down, 0, 1_000_000),
            ("short_power", self.short_power, 0, 1_000_000),
            ("long_power", self.long_power, 0, 1_000_000),
            ("min_vol_up", self.min_vol_up, 0, 3_000_000),
            ("mm_factor", self.mm_factor, 100_000, 5_000_000),
            ("im_factor", self.im_factor, 100_000, 5_000_000),
            ("short_mult", self.short_mult, 0, 2_000_000),
            ("long_mult", self.long_mult, 0, 2_000_000),
            ("short_add", self.short_add, 0, 1_000_000),
            ("long_add", self.long_add, 0, 1_000_000),
            ("long_base", self.long_base, 500_000, 1_000_000),
            ("short_base", self.short_base, 1_000_000, 2_000_000),
            ("basis_up", self.basis_up, 1_000_000, 1_500_000),
            ("basis_down", self.basis_down, 500_000, 1_000_000),
            ("basis_add", self.basis_add, 0, 2_000_000),
            ("basis_mult", self.basis_mult, 0, 4_000_000),
            ("peg_threshold", self.peg_threshold, 0, 1_000_000),
            ("peg_factor", self.peg_factor, 0, 20_000_000),
            ("confidence_threshold", self.confidence_threshold, 0, 1_000_000),
            ("confidence_factor", self.confidence_factor, 0, 2_000_000),
            ("mm_option", self.mm_option, 0, 200_000),
            ("im_option", self.im_option, 0, 200_000),
        ]
    }

    fn skew_limits(&self) -> [(&'static str, Ratio, i32, i32); 10] {
        [
            ("skew_linear_weight", self.skew_linear.weight, 0, 1_000_000),
            ("skew_linear_base_cap", self.skew_linear.base_cap, 0, 1_000_000),
            ("skew_linear_cap_slope", self.skew_linear.cap_slope, -500_000, 500_000),
            ("skew_absolute_weight", self.skew_absolute.weight, 0, 1_000_000),
            ("skew_absolute_base_cap", self.skew_absolute.base_cap, 0, 1_000_000),
            ("skew_absolute_cap_slope", self.skew_absolute.cap_slope, -500_000, 500_000),
            ("min_kstar", self.min_kstar, 1_000, 1_000_000),
            ("width_scale", self.width_scale, 100_000, 20_000_000),
            ("vol_static", self.vol_static, 50_000, 5_000_000),
            ("vol_scale", self.vol_scale, -300_000, 1_000_000),
        ]
    }

    fn addition_limits(&self) -> [(&'static str, Ratio, i32, i32); 7] {
        [
            ("es_weight", self.es_weight, 0, 1_000_000),
            ("es_mass", self.es_mass, 0, 1_000_000),
            ("gamma_charge", self.gamma_charge, 0, 5_000_000),
            ("gamma_move", self.gamma_move, 0, 1_000_000),
            ("vega_charge", self.vega_charge, 0, 5_000_000),
            ("vega_move", self.vega_move, 0, 1_000_000),
            ("realised_mult", self.realised_mult, 0, 5_000_000),
        ]
    }

    /// Whether the width of the skew scenarios stays positive up to two years, the longest tenor: √2 < 1.415.
    fn has_positive_width(&self) -> bool {
        self.vol_static.raw().saturating_mul(1_000).saturating_add(self.vol_scale.raw().saturating_mul(1_415)) > 0
    }
}
