//! One module per instruction: the happy path, and each failure by its exact code.

mod trade;
