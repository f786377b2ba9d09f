//! Margin of an account: what its positions, collateral and cash are worth, and how much of that has to stay.
//!
//! Signs: values are + when good for the account. IM and MM are *balances*: an account is healthy when they are not
//! negative. The requirements are IMR = E − IM and MMR = E − MM, never negative.

pub mod collateral;
pub mod cross;
pub mod max_loss;
pub mod portfolio;
pub mod report;
pub mod stale;

pub use collateral::{CollateralBalance, CollateralMarket, CollateralValue};
pub use cross::{CrossExpiry, CrossTerms, ExpiryMargin, Leg, UnderlyingMargin};
pub use portfolio::{PortfolioBook, PortfolioMargin};
pub use report::{MarginReport, MarginState};
pub use stale::raise_stale_volatility;

/// Most positions one account holds.
pub const MAX_LEGS: usize = 64;
/// Most collaterals one account holds.
pub const MAX_COLLATERALS: usize = 8;
