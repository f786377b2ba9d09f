//! Pure risk maths of the Plimsoll options margin protocol: every formula once, in fixed point, for program, tools and
//! browser alike. No clock, no I/O, no floats: times and prices are arguments.
//!
//! A tour, from the bottom up:
//!
//! - [`units`]: what a number means is part of its type; the table of lawful products is on its page.
//! - [`fixed`]: the only wide arithmetic, with a named rounding.
//! - [`math`]: exp, ln, square root, the normal distribution, each with its domain and tested error bound.
//! - [`pricing`]: Black-76 and its Greeks on a forward curve, and the SVI smile that gives each strike its volatility.
//! - [`volatility`]: what the market's volatility has been, from returns sampled at any interval.
//! - [`margin`]: what the legs of an expiry need ([`margin::cross`]), what they can lose ([`margin::max_loss`]), what
//!   collateral is worth ([`margin::collateral`]), and the account as a whole ([`margin::report`]): equity, initial and
//!   maintenance balance, health factor, state.
//! - [`liquidation`]: how much of an unhealthy account may be taken, and for how much.
//! - [`backstop`] and [`pool`]: what a pool that takes what nobody better does pays and may lose, and what its shares are worth.
//! - [`settlement`]: the average that settles an expiry, and the payoff.
//! - [`params`]: risk parameters with the limits inside which they make sense.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

#[cfg(test)]
extern crate std;

pub mod backstop;
pub mod entry;
pub mod error;
pub mod fixed;
pub mod liquidation;
pub mod loss;
pub mod margin;
pub mod math;
pub mod params;
pub mod pool;
pub mod pricing;
pub mod settlement;
pub mod units;
pub mod volatility;

pub use error::RiskError;
