//! Option prices, Greeks and the volatility surface, on the fixed-point functions of [`crate::math`].
//!
//! It knows one option at a time, in USD per unit of underlying. It must not know sizes, accounts or margins.

pub mod black76;
pub mod greeks;
pub mod surface;
pub mod surface_checks;
pub mod surface_moves;

pub use black76::{
    discount, intrinsic, price, price_at, total_vol, vol_from_total, ForwardCurve, Moneyness, OptionKind, Strike,
};
pub use greeks::Greeks;
pub use surface::Svi;
pub use surface_moves::Steepness;
