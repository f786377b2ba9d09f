//! Events: past tense, one per change. Everything that moves money or state can be rebuilt from them.
//!
//! They are written to the log, not by self-CPI: a self-CPI costs thousands of compute units on the paths liquidators
//! compete on, and what an event says can be checked against the accounts at any time.
//!
//! Units are in the names: `_atoms` quote atoms (1e-6 USD) or a mint's own, `_e6` contracts, `_e9` prices and ratios.
//! Signs: + is good for the account named first.

mod backstop;
#[cfg(not(target_os = "solana"))]
pub mod heard;
mod insurance;
mod liquidation;
mod losses;

pub use backstop::*;
pub use insurance::*;
pub use liquidation::*;
pub use losses::*;

use anchor_lang::prelude::*;

use crate::state::{LiquidationParamsRaw, PortfolioParamsRaw};

/// Anchor's `emit!` on the chain; off the chain, where that does nothing, [`heard`] keeps the event.
macro_rules! log_event {
    ($event:expr) => {{
        #[cfg(target_os = "solana")]
        anchor_lang::prelude::emit!($event);
        #[cfg(not(target_os = "solana"))]
        $crate::events::heard::hear(anchor_lang::Event::data(&$event));
    }};
}

#[event]
pub struct ExchangeCreated {
    pub exchange: Pubkey,
    pub admin: Pubkey,
    pub quote_mint: Pubkey,
}

#[event]
pub struct ExchangeChanged {
    pub exchange: Pubkey,
    pub guardian: Pubkey,
    pub fee_recipient: Pubkey,
    pub fee_rate_e9: i64,
    pub fee_cap_e9: i64,
    pub liquidation: LiquidationParamsRaw,
}

#[event]
pub struct AdminNominated {
    pub exchange: Pubkey,
    pub admin: Pubkey,
    pub pending_admin: Pubkey,
}

#[event]
pub struct AdminChanged {
    pub exchange: Pubkey,
    pub admin: Pubkey,
}

#[event]
pub struct PauseChanged {
    pub exchange: Pubkey,
    pub by: Pubkey,
    pub pause_bits: u64,
    pub pause_until: i64,
}

#[event]
pub struct FeesCollected {
    pub exchange: Pubkey,
    pub underlying: Pubkey,
    pub amount_atoms: u64,
}

#[event]
pub struct CollateralCreated {
    pub exchange: Pubkey,
    pub collateral: Pubkey,
    pub mint: Pubkey,
}

#[event]
pub struct CollateralChanged {
    pub collateral: Pubkey,
    pub haircut_initial_e9: i64,
    pub haircut_maintenance_e9: i64,
    pub deposit_cap_atoms: u64,
    pub underlying: Pubkey,
}

/// Parameters or grid of portfolio margin were set.
#[event]
pub struct PortfolioChanged {
    pub underlying: Pubkey,
    pub params: PortfolioParamsRaw,
    pub scenario_count: u8,
    /// Whether both are there, so that accounts in portfolio margin may trade it.
    pub is_set: bool,
}

#[event]
pub struct UnderlyingCreated {
    pub exchange: Pubkey,
    pub underlying: Pubkey,
    pub symbol: String,
}

#[event]
pub struct UnderlyingChanged {
    pub underlying: Pubkey,
    pub publishers: Vec<Pubkey>,
    pub forecast_authority: Pubkey,
}

/// The oracle binding of a price was replaced.
#[event]
pub struct OracleChanged {
    pub account: Pubkey,
    pub source_count: u8,
    pub required: u8,
}

#[event]
pub struct ExpiryListed {
    pub underlying: Pubkey,
    pub expiry: u8,
    pub expiry_ts: i64,
}

#[event]
pub struct ExpiryRemoved {
    pub underlying: Pubkey,
    pub expiry: u8,
}

#[event]
pub struct SeriesListed {
    pub underlying: Pubkey,
    pub series: u16,
    pub expiry: u8,
    /// 0 call, 1 put.
    pub kind: u8,
    pub strike_e9: i64,
}

#[event]
pub struct RiskCacheCreated {
    pub underlying: Pubkey,
    pub cache: Pubkey,
    /// The default key: anyone may refresh it.
    pub refresher: Pubkey,
}

/// Risk arrays were computed.
#[event]
pub struct SeriesRefreshed {
    pub cache: Pubkey,
    pub expiry: u8,
    /// Number of the snapshot they belong to: all of this expiry with another one are outdated.
    pub stamp: u32,
    pub count: u16,
    pub index_e9: i64,
}

/// A price was updated; `account` is the underlying, the collateral, or the exchange (quote stablecoin).
#[event]
pub struct PriceUpdated {
    pub account: Pubkey,
    pub index_e9: i64,
    pub confidence_e9: i64,
    pub slow_e9: i64,
    pub publish_time: i64,
}

#[event]
pub struct VolatilityUpdated {
    pub underlying: Pubkey,
    pub publisher: Pubkey,
    pub expiry: u8,
    pub forward_ratio_q40: i64,
    pub rate_e9: i64,
    pub confidence_e9: i64,
    /// Volatility at the forward, Q40.
    pub atm_vol_q40: i64,
}

/// A return of the index was added to realised volatility; zero seconds for the first sample, which has no return yet.
#[event]
pub struct VolatilitySampled {
    pub underlying: Pubkey,
    pub log_return_q40: i64,
    pub elapsed_secs: i64,
    /// Average variance per year afterwards, Q40.
    pub variance_q40: i64,
    pub samples: i64,
}

#[event]
pub struct ForecastSet {
    pub underlying: Pubkey,
    pub factor_e9: i64,
    pub expires_at: i64,
}

#[event]
pub struct HistoryCreated {
    pub underlying: Pubkey,
    pub history: Pubkey,
}

/// Moves were written from `start` on; the set now has `count`.
#[event]
pub struct HistorySet {
    pub history: Pubkey,
    pub start: u8,
    pub written: u8,
    pub count: u8,
}

#[event]
pub struct AccountOpened {
    pub exchange: Pubkey,
    pub account: Pubkey,
    pub owner: Pubkey,
    pub mode: u8,
}

#[event]
pub struct AccountClosed {
    pub account: Pubkey,
    pub owner: Pubkey,
}

#[event]
pub struct DelegateChanged {
    pub account: Pubkey,
    pub delegate: Pubkey,
}

#[event]
pub struct Deposited {
    pub account: Pubkey,
    pub mint: Pubkey,
    pub amount_atoms: u64,
    pub balance_atoms: i64,
}

#[event]
pub struct Withdrawn {
    pub account: Pubkey,
    pub mint: Pubkey,
    pub amount_atoms: u64,
    pub balance_atoms: i64,
}

#[event]
pub struct Traded {
    pub underlying: Pubkey,
    pub series: u16,
    pub taker: Pubkey,
    pub maker: Pubkey,
    /// + the taker bought.
    pub size_e6: i64,
    pub price_e9: i64,
    /// What the taker's cash changed by, fee not included.
    pub premium_atoms: i64,
    pub taker_fee_atoms: i64,
    pub maker_fee_atoms: i64,
    pub index_e9: i64,
}

#[event]
pub struct ExpirySettled {
    pub underlying: Pubkey,
    pub expiry: u8,
    pub settlement_e9: i64,
    /// Seconds of the settlement window that were observed.
    pub covered_secs: i64,
    /// Whether the fallback rule had to be used.
    pub is_fallback: bool,
}

#[event]
pub struct PositionSettled {
    pub account: Pubkey,
    pub underlying: Pubkey,
    pub series: u16,
    pub size_e6: i64,
    /// + received, − paid.
    pub payoff_atoms: i64,
}

/// Open interest that liquidations had netted away was taken off the series' counters.
#[event]
pub struct InterestSynced {
    pub account: Pubkey,
    pub underlying: Pubkey,
    /// Over all series, in 1e-6 contracts.
    pub netted_e6: i64,
}
