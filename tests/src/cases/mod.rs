//! One module per instruction: the happy path, and each failure by its exact code.

mod call_margin;
mod change_admin;
mod check_health;
mod close_account;
mod collect_fees;
mod create_collateral;
mod create_exchange;
mod create_underlying;
mod deposit;
mod kit;
mod median;
mod mints;
mod open_account;
mod pause;
mod readings;
mod set_delegate;
mod set_exchange;
mod set_oracle;
mod settle_account;
mod settle_expiry;
mod support;
mod trade;
mod trade_markets;
mod update_price;
mod withdraw;
