//! What happens to people: whole lives of accounts, with every law checked at every step.

mod real_oracles;
