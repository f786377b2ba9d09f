//! Bounds and seeds of the program. Every loop in it ends at one of these.

use anchor_lang::prelude::*;

/// Layout version written into every account.
pub const VERSION: u8 = 1;

/// Seed of [`crate::state::Exchange`], followed by its creator.
#[constant]
pub const EXCHANGE_SEED: &[u8] = b"exchange";
/// Seed of [`crate::state::Collateral`], followed by exchange and mint.
#[constant]
pub const COLLATERAL_SEED: &[u8] = b"collateral";
/// Seed of a token vault, followed by exchange and mint.
#[constant]
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of [`crate::state::MarginAccount`], followed by exchange, owner and number.
#[constant]
pub const MARGIN_SEED: &[u8] = b"margin";

/// Seed of [`crate::state::History`], followed by the underlying.
#[constant]
pub const HISTORY_SEED: &[u8] = b"history";

/// Seed of [`crate::state::InsuranceFund`], followed by the exchange.
#[constant]
pub const INSURANCE_SEED: &[u8] = b"insurance";
/// Seed of [`crate::state::PoolStake`], followed by the pool (insurance fund or backstop) and the owner.
#[constant]
pub const STAKE_SEED: &[u8] = b"stake";
/// Seed of [`crate::state::Backstop`], followed by the exchange.
#[constant]
pub const BACKSTOP_SEED: &[u8] = b"backstop";

/// Seed of [`crate::state::DeleveragingQueue`], followed by underlying and series (u16, little endian).
#[constant]
pub const QUEUE_SEED: &[u8] = b"queue";

/// Expiries of one underlying.
#[constant]
pub const MAX_EXPIRIES: u8 = 16;
/// Series of one underlying.
#[constant]
pub const MAX_SERIES: u16 = 512;
/// Underlyings that a backstop takes.
#[constant]
pub const MAX_BACKSTOP_MARKETS: u8 = 8;
/// Positions of one margin account.
#[constant]
pub const MAX_POSITIONS: u8 = 64;
/// Underlyings one margin account has positions in.
#[constant]
pub const MAX_UNDERLYINGS: u8 = 8;
/// Collaterals one margin account holds.
#[constant]
pub const MAX_COLLATERALS: u8 = 8;
/// Oracle sources of one price.
#[constant]
pub const MAX_SOURCES: u8 = 3;
/// Keys that may publish the volatility surfaces of one underlying.
#[constant]
pub const MAX_PUBLISHERS: u8 = 4;
/// Historical moves of one underlying.
#[constant]
pub const MAX_HISTORY: u8 = 64;
/// Most legs times historical moves of an account in portfolio margin: 64 legs by 16 moves, or 16 by 64. A liquidation looks
/// at them up to four times.
pub const MAX_HISTORY_WORK: usize = 1_024;
/// Risk arrays older than this are not used: they would still be right, and of little use. In seconds.
#[constant]
pub const MAX_ARRAY_AGE_SECS: i64 = 300;
/// Underlyings and collaterals that one instruction can value.
pub const MAX_MARKETS: usize = 32;

/// Decimals of the quote mint: the ledger counts in its atoms.
pub const QUOTE_DECIMALS: u8 = 6;

/// A price whose confidence interval is wider than this part of it is unusable: 10 %.
pub const MAX_CONFIDENCE_E9: i64 = 100_000_000;
/// The confidence interval times this biases a price against the account: 2.12.
pub const CONFIDENCE_BIAS_E9: i64 = 2_120_000_000;
/// The bias is at most this part of the price: 5 %.
pub const MAX_BIAS_E9: i64 = 50_000_000;
/// How far a publish time may lie ahead of the cluster's clock, in seconds.
pub const MAX_CLOCK_DRIFT_SECS: i64 = 15;

/// A source counts towards the index only while it was published at most this long before the newest one, in seconds.
pub const MAX_SOURCE_LAG_SECS: i64 = 15;

/// Smallest slice of a liquidation where a larger one is lawful, scale 1e-9: 1 %. Crumbs would only move the sequence.
pub const MIN_SLICE_E9: i64 = 10_000_000;

/// Free slots of series that hedges leave to the admin.
pub const KEPT_SERIES_SLOTS: usize = 64;

/// Longest time stake waits before it may leave: 90 days.
pub const MAX_COOLDOWN_SECS: i64 = 90 * 86_400;
/// How long stake may leave after it has waited: two days. Who stays longer has to ask again.
pub const EXIT_WINDOW_SECS: i64 = 2 * 86_400;

/// Counterparties that are ranked for one series.
#[constant]
pub const MAX_RANKED: u8 = 16;
/// Who holds less than one part in so many of a series' open interest is not ranked.
pub const MIN_RANKED_PART: i64 = 1_000;
/// Nor who could not bear the loss of one part in so many of its position.
pub const MIN_BEARABLE_PART: i64 = 100;
/// A rank older than this says nothing any more: ten minutes.
#[constant]
pub const MAX_RANK_AGE_SECS: i64 = 600;
/// What a backstop comes to own itself before anybody has a share, in quote atoms: 1 USD. See [`plimsoll_risk::pool::Pool::founded`].
pub const BACKSTOP_OWN_ATOMS: i64 = 1_000_000;
/// A day of the budget for bounties, in seconds.
pub const DAY_SECS: i64 = 86_400;

/// A guardian's pause ends by itself after at most this long: one day.
pub const MAX_PAUSE_SECS: i64 = 86_400;
/// Part of the settlement window that has to be observed for an average to settle: half of it.
pub const MIN_TWAP_SECS: i64 = 900;
/// How long an expiry that was observed less waits for its fallback price: one hour.
pub const SETTLEMENT_WAIT_SECS: i64 = 3_600;
/// Longest time to expiry that can be listed: two years.
pub const MAX_TENOR_SECS: i64 = 2 * 31_536_000;
/// Largest discount rate: 100 % a year.
pub const MAX_RATE_E9: i64 = 1_000_000_000;
