//! Account layouts: zero-copy, versioned, with a named reserve and asserted sizes.

pub mod auction;
pub mod backstop;
pub mod collateral;
pub mod exchange;
pub mod history;
pub mod insurance;
pub mod margin_account;
pub mod params;
pub mod pool;
pub mod portfolio;
pub mod portfolio_params;
pub mod price;
pub mod queue;
pub mod risk_cache;
pub mod underlying;
pub mod volatility;

pub use auction::Auction;
pub use backstop::{Backstop, BackstopMarket, BackstopTerms};
pub use collateral::Collateral;
pub use exchange::{Exchange, PauseBits};
pub use history::{HistoricalMove, History};
pub use insurance::{Absorber, InsuranceFund, LossLedger};
pub use margin_account::{CollateralSlot, MarginAccount, MarginMode, Position};
pub use params::{
    CrossParamsRaw, LiquidationParamsRaw, OracleConfig, OracleSourceArgs, SourceKind, SviRaw, UnderlyingParams,
    VolatilityParamsRaw,
};
pub use pool::PoolStake;
pub use portfolio::{PortfolioState, ScenarioArgs, ScenarioRaw, VolMove};
pub use portfolio_params::{PortfolioParamsRaw, SkewParamsRaw};
pub use price::{OracleSource, PriceState};
pub use queue::{DeleveragingQueue, Rank};
pub use risk_cache::{CachedExpiry, CachedSeries, RiskCache};
pub use underlying::{Expiry, ExpiryStatus, Series, SeriesStatus, Underlying};
pub use volatility::{Forecast, RealisedVol};
