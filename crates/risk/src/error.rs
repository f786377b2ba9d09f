//! What can be wrong with an input of the risk maths.

/// The error of every function in this crate. The program maps each variant to an error code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskError {
    /// A result does not fit its type.
    Overflow,
    /// Division by zero.
    DivisionByZero,
    /// A number lies outside the domain of the function.
    OutOfDomain,
    /// A price is zero, negative or above [`crate::units::Price::MAX`].
    PriceOutOfRange,
    /// A volatility lies outside its bounds.
    VolatilityOutOfRange,
    /// The volatility surface admits arbitrage or leaves its parameter bounds.
    SurfaceInvalid,
    /// A time to expiry lies outside its bounds.
    TenorOutOfRange,
    /// A risk parameter lies outside its named limits.
    ParameterOutOfRange(&'static str),
    /// More legs, expiries or collaterals than the constant bound.
    TooManyItems,
}
