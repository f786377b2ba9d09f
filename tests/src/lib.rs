//! Stories, laws, budgets and figures, on the built program binary.

pub mod accuracy;
