//! One module per instruction: the happy path, and each failure by its exact code.

mod close_account;
mod open_account;
mod set_delegate;
mod support;
mod trade;
