//! Stories, laws, budgets and figures, on the built program binary.
//!
//! [`Fixture`] is an exchange with markets, collateral and traders on a [`chain::Chain`]. After every transaction it
//! sends, every law of [`laws`] is checked, so a test that only walks through a story checks them all.

pub mod accuracy;
pub mod benchmark;
pub mod budget;
pub mod chain;
pub mod code;
pub mod crash;
pub mod fixture;
pub mod laws;
pub mod liquidation_figures;
pub mod margin_figures;
pub mod native;
pub mod onchain;
pub mod pyth;
pub mod switchboard;
pub mod walk;
pub mod world;

pub use code::{ExpectedCode, Failure};
pub use fixture::{
    usd, CollateralSetup, Contract, ExpirySetup, Fixture, Market, MarketSetup, OracleSetup, Setup, Token, Trader,
    VolSetup,
};

#[cfg(test)]
mod cases;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tidy;

/// Asserts that a transaction failed with exactly this error: of the program, of Anchor, or a plain number.
#[macro_export]
macro_rules! expect_error {
    ($result:expr, $code:expr) => {
        match $result {
            Ok(_) => panic!("{} succeeded, error {:?} was expected", stringify!($result), $code),
            Err(failure) => assert_eq!(
                failure.code,
                Some($crate::ExpectedCode::number(&$code)),
                "error {:?} was expected from {}: {failure}",
                $code,
                stringify!($result)
            ),
        }
    };
}
