//! Error codes, each with the fact and the remedy.
//!
//! Ranges: 0 access, 100 market, 200 oracle, 300 margin, 400 liquidation, 500 expiry, 600 arithmetic, 700 tokens,
//! 800 parameters. Numbers are part of the interface: they are never reused or reordered.

use anchor_lang::prelude::*;
use plimsoll_risk::RiskError;

#[error_code]
#[derive(PartialEq, Eq)]
pub enum PlimsollError {
    #[msg("Signer may not do this: sign with the key the account names for this role")]
    Unauthorized = 0,
    #[msg("The same account is given twice: pass two different accounts")]
    DuplicateAccount = 1,
    #[msg("Account belongs to another exchange: pass accounts of one exchange")]
    WrongExchange = 2,
    #[msg("Account is not a market, collateral or oracle this instruction can use: pass only the documented ones")]
    UnexpectedAccount = 3,
    #[msg("Action is paused: wait until the pause expires")]
    Paused = 4,
    #[msg("Account layout version is unknown: upgrade the client or the account")]
    WrongVersion = 5,

    #[msg("Series does not exist: list it first or pass another series number")]
    SeriesNotFound = 100,
    #[msg("Expiry does not exist: list it first or pass another expiry number")]
    ExpiryNotFound = 101,
    #[msg("No free slot for another expiry: remove a settled expiry first")]
    TooManyExpiries = 102,
    #[msg("No free slot for another series: remove a settled expiry first")]
    TooManySeries = 103,
    #[msg("Series is listed already: use the listed one")]
    SeriesExists = 104,
    #[msg("Expiry is listed already: use the listed one")]
    ExpiryExists = 105,
    #[msg("Open interest would exceed the limit of the series: trade a smaller size")]
    OpenInterestLimit = 106,
    #[msg(
        "Volatility surface is missing or older than allowed: its authority must publish, until then only reduce risk"
    )]
    VolatilityStale = 107,
    #[msg("Volatility surface is outside its bounds or admits arbitrage: publish one inside the bounds")]
    VolatilityOutOfBounds = 108,
    #[msg("Strike is outside the range around the index price: list a nearer strike")]
    StrikeOutOfRange = 109,
    #[msg("Total variance would fall from one expiry to the next: raise the later or lower the earlier expiry first")]
    CalendarArbitrage = 110,
    #[msg("Surface lies too far from realised volatility: publish one nearer to it or sample it first")]
    VolatilityOffRealised = 111,
    #[msg("Sampling interval has not passed since the last sample: update the price and retry later")]
    SampleTooEarly = 112,
    #[msg("Forecast factor or lifetime is outside its bounds: set ones inside the bounds")]
    ForecastOutOfBounds = 113,
    #[msg("Forecast changes too far or too soon: take a smaller step or wait for the interval to pass")]
    ForecastTooFast = 114,
    #[msg("Historical move or its place is out of range: pass moves inside the limits, right behind the last at most")]
    HistoryOutOfRange = 115,
    #[msg("Risk cache may be refreshed by its own key alone: sign with it or create a cache of your own")]
    RiskCacheClosed = 116,
    #[msg("Risk arrays do not cover an expiry whose settlement price is partly observed: value accounts in full")]
    SettlementWindow = 117,

    #[msg("Account is not the oracle this price is bound to: pass the bound oracle accounts")]
    OracleMismatch = 200,
    #[msg("Oracle account is not owned by the oracle's program: pass a genuine account of the bound oracle")]
    OracleOwner = 201,
    #[msg("Oracle account has an unknown layout: pass an account of the kind the source is bound to")]
    OracleLayout = 202,
    #[msg("Price update is not fully verified: post it with full verification and retry")]
    OracleNotVerified = 203,
    #[msg("Price is older than the allowed age: update the price in this transaction and retry")]
    OracleStale = 204,
    #[msg("Confidence interval is wider than allowed: wait for a narrower price")]
    OracleConfidence = 205,
    #[msg("Price is zero, negative or out of range: wait for a valid price")]
    OraclePrice = 206,
    #[msg("Oracle does not report a trading price: wait until trading resumes")]
    OracleNotTrading = 207,
    #[msg("Price is older than the one stored: pass the newest update")]
    OracleOutOfOrder = 208,
    #[msg("Publish time lies in the future: wait for the cluster clock or pass another update")]
    OracleFuture = 209,
    #[msg("Index and slow price diverge: until they meet only trades that raise initial margin pass")]
    PriceDivergence = 210,
    #[msg("Fewer oracles have answered than the feed asks for: wait for a complete result")]
    OracleSamples = 211,

    #[msg("Initial margin would be short: add collateral or reduce risk")]
    InitialMargin = 300,
    #[msg("A market or collateral of the account is missing: pass every underlying and collateral it uses")]
    MarketMissing = 301,
    #[msg("Account holds the largest number of positions: close one first")]
    TooManyPositions = 302,
    #[msg("Account uses the largest number of underlyings: close the positions in one first")]
    TooManyUnderlyings = 303,
    #[msg("Account holds the largest number of collaterals: withdraw one first")]
    TooManyCollaterals = 304,
    #[msg("Isolated account is bound to another underlying: use its underlying or another account")]
    IsolatedUnderlying = 305,
    #[msg("Balance is smaller than the amount: deposit first or use a smaller amount")]
    InsufficientBalance = 306,
    #[msg(
        "Account still holds positions, balances or fees of the insurance fund: close, withdraw and collect them first"
    )]
    AccountNotEmpty = 307,
    #[msg("Account is healthy: there is nothing to call or clear")]
    NoMarginCall = 308,
    #[msg("Scenario grid is missing or does not look far enough both ways: set parameters and 1 to 40 scenarios, with volatility up at 5 % each way")]
    ScenarioGrid = 309,
    #[msg("Deposit cap of the collateral would be exceeded: deposit less")]
    DepositCap = 310,
    #[msg("Trade would cost a restricted account more than a liquidation: agree on a price nearer to the mark")]
    OffMarketPrice = 311,

    #[msg("Account is above maintenance margin: it cannot be liquidated")]
    NotLiquidatable = 400,
    #[msg("Liquidator and liquidated account have the same owner: use another liquidator")]
    SelfLiquidation = 401,
    #[msg("Slice is smaller than the caller's minimum: accept a smaller slice or none")]
    SliceTooSmall = 402,
    #[msg("Price is worse than the caller's limit: relax the limit or change the size")]
    PriceLimit = 403,
    #[msg("Liquidation sequence has moved: read the account again and retry")]
    SequenceMismatch = 404,
    #[msg("Account is neither in breach nor near it, and no auction of it runs: there is nothing to note")]
    NothingToFlag = 405,
    #[msg("Account is solvent: liquidate it instead")]
    NotInsolvent = 406,
    #[msg("Insurance fund pays less than the caller's minimum: lower it or wait")]
    SupportTooSmall = 407,
    #[msg("Stake may not leave now: request it, wait for the cooldown, and leave within two days of its end")]
    StakeNotReady = 408,
    #[msg("Selling collateral would not help, as the account owes no cash or the discount is deeper than the haircut: take a slice")]
    SaleWithoutUse = 409,
    #[msg("Auction is younger than the backstop's opening: flag the account, and let other takers come or wait")]
    BackstopNotOpen = 420,
    #[msg("Backstop does not take this underlying: leave the account to other takers")]
    BackstopMarket = 421,
    #[msg("Backstop would hold more than its limits or owe cash: take a smaller slice or leave it to other takers")]
    BackstopLimit = 422,
    #[msg("Backstop would lose more than it may with one account: wait until the insurance fund has more or other takers come")]
    BackstopLoss = 423,
    #[msg("Backstop owes more than it owns: wait until its account has been settled, liquidated or repaid")]
    BackstopInsolvent = 424,
    #[msg("Caller would be paid less than his minimum: lower it or wait")]
    RewardTooSmall = 425,

    #[msg("Debt can still be paid by the insurance fund, or its auction still runs: take the account over or flag it until it is over")]
    DebtStillInsured = 410,
    #[msg("Counterparty is not ranked, its rank is older than ten minutes, or it holds nothing to close: rank one that does")]
    NotRanked = 411,
    #[msg("Another ranked counterparty comes first: deleverage that one, or rank both again")]
    Outranked = 412,
    #[msg("Ranked counterparties hold less than half of the open interest: rank more of them")]
    TooFewRanked = 413,
    #[msg("Account still holds shorts, or something worth selling, or owes no cash: deleverage, settle or sell first")]
    LossNotFinal = 414,
    #[msg("All cash bears this debt already: collect the parts of accounts, and share what is missing after the length of an insolvent auction")]
    LossBeingCollected = 418,
    #[msg("Account still holds collateral worth more than a hundredth of its claims: buy that first")]
    CollateralFirst = 419,
    #[msg("Hedge raises the margin of no solvent account by enough: sell an option that covers more of its risk, or more of it")]
    HedgeWithoutUse = 415,
    #[msg("Hedge lifts the account too far above its buffer: sell fewer contracts or a cheaper strike")]
    HedgeTooLarge = 416,
    #[msg("Strike is not one that a hedge may list: use a listed series or a round strike nearer to the index")]
    StrikeOffGrid = 417,

    #[msg("Series has expired: settle it or trade a later expiry")]
    SeriesExpired = 500,
    #[msg("Expiry has not been reached: wait until it has")]
    NotExpired = 501,
    #[msg("Expiry is settled already: settle the accounts")]
    AlreadySettled = 502,
    #[msg("Expiry is not settled: settle the expiry first")]
    NotSettled = 503,
    #[msg("Too little of the settlement window was observed: wait for the fallback time")]
    SettlementNotReady = 504,
    #[msg("Account holds no settled position in this underlying: nothing to do")]
    NothingToSettle = 505,
    #[msg("Expiry still has open interest: settle every account first")]
    OpenInterestLeft = 506,
    #[msg("Expiry time is in the past, too far away or not on a full minute: choose another")]
    ExpiryTime = 507,

    #[msg("Number does not fit its type: use smaller amounts")]
    Overflow = 600,
    #[msg("Amount is zero or beyond its range: pass an amount inside it")]
    AmountOutOfRange = 601,

    #[msg("Mint is not the expected one or unusable: pass the mint of this vault")]
    WrongMint = 700,
    #[msg("Vault is not the one of this collateral: pass the vault the account names")]
    WrongVault = 701,
    #[msg("Token program does not own the mint: pass the program that does")]
    WrongTokenProgram = 702,
    #[msg("Mint has an extension that is not safe as collateral: use another mint")]
    MintExtension = 703,
    #[msg("Vault balance did not change by the amount: use a mint without transfer fees")]
    TransferMismatch = 704,
    #[msg("Mint has decimals that the ledger cannot hold: use 6 for the quote, at most 12 for collateral")]
    MintDecimals = 705,
    #[msg("Vault holds less than the amount while others owe it: withdraw less, or wait until they have paid")]
    VaultShort = 706,

    #[msg("Risk parameter is outside its limits: see the limits in docs/risk-model.md")]
    ParameterOutOfRange = 800,
    #[msg("Pause names unknown actions or lasts longer than a day: pass known bits and at most 86400 seconds")]
    PauseOutOfRange = 801,
}

impl From<RiskError> for PlimsollError {
    fn from(error: RiskError) -> Self {
        match error {
            RiskError::Overflow | RiskError::DivisionByZero | RiskError::OutOfDomain => Self::Overflow,
            RiskError::PriceOutOfRange => Self::OraclePrice,
            RiskError::VolatilityOutOfRange | RiskError::SurfaceInvalid => Self::VolatilityOutOfBounds,
            RiskError::TenorOutOfRange => Self::ExpiryTime,
            RiskError::ParameterOutOfRange(_) => Self::ParameterOutOfRange,
            RiskError::TooManyItems => Self::TooManyPositions,
        }
    }
}

/// Turns a risk error into the program's.
pub trait OrProgramError<T> {
    /// The value, or the program error that belongs to the risk error.
    fn or_error(self) -> Result<T>;
}

impl<T> OrProgramError<T> for core::result::Result<T, RiskError> {
    #[inline(always)]
    fn or_error(self) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(PlimsollError::from(error).into()),
        }
    }
}
