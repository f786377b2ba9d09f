/** Generated from the IDL by codama.mjs: do not edit. */
import {
  getAccountClosedDecoder,
  type AccountClosed,
  getAccountHedgedDecoder,
  type AccountHedged,
  getAccountLiquidatedDecoder,
  type AccountLiquidated,
  getAccountOpenedDecoder,
  type AccountOpened,
  getAccountTakenOverDecoder,
  type AccountTakenOver,
  getAccountWarnedDecoder,
  type AccountWarned,
  getAdminChangedDecoder,
  type AdminChanged,
  getAdminNominatedDecoder,
  type AdminNominated,
  getAuctionEndedDecoder,
  type AuctionEnded,
  getBackstopChangedDecoder,
  type BackstopChanged,
  getBackstopCollateralBoughtDecoder,
  type BackstopCollateralBought,
  getBackstopCreatedDecoder,
  type BackstopCreated,
  getBackstopDepositedDecoder,
  type BackstopDeposited,
  getBackstopLeaveRequestedDecoder,
  type BackstopLeaveRequested,
  getBackstopTookDecoder,
  type BackstopTook,
  getBackstopWithdrawnDecoder,
  type BackstopWithdrawn,
  getBreachSeenDecoder,
  type BreachSeen,
  getCollateralBoughtDecoder,
  type CollateralBought,
  getCollateralChangedDecoder,
  type CollateralChanged,
  getCollateralCreatedDecoder,
  type CollateralCreated,
  getDelegateChangedDecoder,
  type DelegateChanged,
  getDepositedDecoder,
  type Deposited,
  getExchangeChangedDecoder,
  type ExchangeChanged,
  getExchangeCreatedDecoder,
  type ExchangeCreated,
  getExpiryListedDecoder,
  type ExpiryListed,
  getExpiryRemovedDecoder,
  type ExpiryRemoved,
  getExpirySettledDecoder,
  type ExpirySettled,
  getFeesCollectedDecoder,
  type FeesCollected,
  getForecastSetDecoder,
  type ForecastSet,
  getHistoryCreatedDecoder,
  type HistoryCreated,
  getHistorySetDecoder,
  type HistorySet,
  getInsuranceCollectedDecoder,
  type InsuranceCollected,
  getInsuranceFundChangedDecoder,
  type InsuranceFundChanged,
  getInsuranceFundCreatedDecoder,
  type InsuranceFundCreated,
  getInterestSyncedDecoder,
  type InterestSynced,
  getLossSharedDecoder,
  type LossShared,
  getMarginCallClearedDecoder,
  type MarginCallCleared,
  getMarginCalledDecoder,
  type MarginCalled,
  getOracleChangedDecoder,
  type OracleChanged,
  getPauseChangedDecoder,
  type PauseChanged,
  getPortfolioChangedDecoder,
  type PortfolioChanged,
  getPositionDeleveragedDecoder,
  type PositionDeleveraged,
  getPositionRankedDecoder,
  type PositionRanked,
  getPositionSettledDecoder,
  type PositionSettled,
  getPriceUpdatedDecoder,
  type PriceUpdated,
  getRiskCacheCreatedDecoder,
  type RiskCacheCreated,
  getSeriesListedDecoder,
  type SeriesListed,
  getSeriesRefreshedDecoder,
  type SeriesRefreshed,
  getStakedDecoder,
  type Staked,
  getTradedDecoder,
  type Traded,
  getUnderlyingChangedDecoder,
  type UnderlyingChanged,
  getUnderlyingCreatedDecoder,
  type UnderlyingCreated,
  getUnstakeRequestedDecoder,
  type UnstakeRequested,
  getUnstakedDecoder,
  type Unstaked,
  getVolatilitySampledDecoder,
  type VolatilitySampled,
  getVolatilityUpdatedDecoder,
  type VolatilityUpdated,
  getWithdrawnDecoder,
  type Withdrawn,
} from "./types";

/** Every event of the program by name. */
export type PlimsollEvents = {
  AccountClosed: AccountClosed;
  AccountHedged: AccountHedged;
  AccountLiquidated: AccountLiquidated;
  AccountOpened: AccountOpened;
  AccountTakenOver: AccountTakenOver;
  AccountWarned: AccountWarned;
  AdminChanged: AdminChanged;
  AdminNominated: AdminNominated;
  AuctionEnded: AuctionEnded;
  BackstopChanged: BackstopChanged;
  BackstopCollateralBought: BackstopCollateralBought;
  BackstopCreated: BackstopCreated;
  BackstopDeposited: BackstopDeposited;
  BackstopLeaveRequested: BackstopLeaveRequested;
  BackstopTook: BackstopTook;
  BackstopWithdrawn: BackstopWithdrawn;
  BreachSeen: BreachSeen;
  CollateralBought: CollateralBought;
  CollateralChanged: CollateralChanged;
  CollateralCreated: CollateralCreated;
  DelegateChanged: DelegateChanged;
  Deposited: Deposited;
  ExchangeChanged: ExchangeChanged;
  ExchangeCreated: ExchangeCreated;
  ExpiryListed: ExpiryListed;
  ExpiryRemoved: ExpiryRemoved;
  ExpirySettled: ExpirySettled;
  FeesCollected: FeesCollected;
  ForecastSet: ForecastSet;
  HistoryCreated: HistoryCreated;
  HistorySet: HistorySet;
  InsuranceCollected: InsuranceCollected;
  InsuranceFundChanged: InsuranceFundChanged;
  InsuranceFundCreated: InsuranceFundCreated;
  InterestSynced: InterestSynced;
  LossShared: LossShared;
  MarginCallCleared: MarginCallCleared;
  MarginCalled: MarginCalled;
  OracleChanged: OracleChanged;
  PauseChanged: PauseChanged;
  PortfolioChanged: PortfolioChanged;
  PositionDeleveraged: PositionDeleveraged;
  PositionRanked: PositionRanked;
  PositionSettled: PositionSettled;
  PriceUpdated: PriceUpdated;
  RiskCacheCreated: RiskCacheCreated;
  SeriesListed: SeriesListed;
  SeriesRefreshed: SeriesRefreshed;
  Staked: Staked;
  Traded: Traded;
  UnderlyingChanged: UnderlyingChanged;
  UnderlyingCreated: UnderlyingCreated;
  UnstakeRequested: UnstakeRequested;
  Unstaked: Unstaked;
  VolatilitySampled: VolatilitySampled;
  VolatilityUpdated: VolatilityUpdated;
  Withdrawn: Withdrawn;
};

/** Discriminator and decoder of every event. */
export const EVENTS = [
  {
    name: "AccountClosed",
    discriminator: [19, 250, 79, 236, 91, 80, 148, 48],
    decoder: getAccountClosedDecoder,
  },
  {
    name: "AccountHedged",
    discriminator: [61, 231, 235, 8, 85, 161, 172, 165],
    decoder: getAccountHedgedDecoder,
  },
  {
    name: "AccountLiquidated",
    discriminator: [87, 101, 34, 236, 150, 254, 234, 209],
    decoder: getAccountLiquidatedDecoder,
  },
  {
    name: "AccountOpened",
    discriminator: [250, 89, 39, 67, 35, 119, 126, 63],
    decoder: getAccountOpenedDecoder,
  },
  {
    name: "AccountTakenOver",
    discriminator: [151, 235, 65, 44, 107, 191, 206, 52],
    decoder: getAccountTakenOverDecoder,
  },
  {
    name: "AccountWarned",
    discriminator: [190, 151, 139, 44, 20, 14, 153, 164],
    decoder: getAccountWarnedDecoder,
  },
  {
    name: "AdminChanged",
    discriminator: [232, 34, 31, 226, 62, 18, 19, 114],
    decoder: getAdminChangedDecoder,
  },
  {
    name: "AdminNominated",
    discriminator: [22, 247, 53, 33, 59, 59, 68, 112],
    decoder: getAdminNominatedDecoder,
  },
  {
    name: "AuctionEnded",
    discriminator: [91, 165, 139, 202, 204, 215, 92, 52],
    decoder: getAuctionEndedDecoder,
  },
  {
    name: "BackstopChanged",
    discriminator: [45, 64, 187, 226, 197, 204, 7, 200],
    decoder: getBackstopChangedDecoder,
  },
  {
    name: "BackstopCollateralBought",
    discriminator: [128, 103, 11, 205, 32, 63, 16, 14],
    decoder: getBackstopCollateralBoughtDecoder,
  },
  {
    name: "BackstopCreated",
    discriminator: [74, 123, 102, 100, 230, 212, 162, 41],
    decoder: getBackstopCreatedDecoder,
  },
  {
    name: "BackstopDeposited",
    discriminator: [196, 29, 165, 121, 48, 36, 150, 225],
    decoder: getBackstopDepositedDecoder,
  },
  {
    name: "BackstopLeaveRequested",
    discriminator: [127, 168, 28, 157, 204, 56, 122, 54],
    decoder: getBackstopLeaveRequestedDecoder,
  },
  {
    name: "BackstopTook",
    discriminator: [78, 247, 158, 94, 141, 6, 30, 219],
    decoder: getBackstopTookDecoder,
  },
  {
    name: "BackstopWithdrawn",
    discriminator: [101, 239, 247, 121, 175, 185, 183, 236],
    decoder: getBackstopWithdrawnDecoder,
  },
  {
    name: "BreachSeen",
    discriminator: [57, 192, 193, 63, 228, 170, 158, 143],
    decoder: getBreachSeenDecoder,
  },
  {
    name: "CollateralBought",
    discriminator: [152, 82, 145, 71, 50, 139, 138, 104],
    decoder: getCollateralBoughtDecoder,
  },
  {
    name: "CollateralChanged",
    discriminator: [172, 114, 48, 57, 98, 83, 95, 157],
    decoder: getCollateralChangedDecoder,
  },
  {
    name: "CollateralCreated",
    discriminator: [136, 214, 36, 187, 171, 223, 22, 210],
    decoder: getCollateralCreatedDecoder,
  },
  {
    name: "DelegateChanged",
    discriminator: [225, 147, 224, 43, 247, 130, 101, 91],
    decoder: getDelegateChangedDecoder,
  },
  {
    name: "Deposited",
    discriminator: [111, 141, 26, 45, 161, 35, 100, 57],
    decoder: getDepositedDecoder,
  },
  {
    name: "ExchangeChanged",
    discriminator: [87, 190, 169, 9, 11, 193, 119, 50],
    decoder: getExchangeChangedDecoder,
  },
  {
    name: "ExchangeCreated",
    discriminator: [0, 50, 0, 190, 87, 189, 99, 3],
    decoder: getExchangeCreatedDecoder,
  },
  {
    name: "ExpiryListed",
    discriminator: [64, 202, 104, 223, 28, 171, 230, 230],
    decoder: getExpiryListedDecoder,
  },
  {
    name: "ExpiryRemoved",
    discriminator: [248, 180, 232, 198, 95, 31, 19, 52],
    decoder: getExpiryRemovedDecoder,
  },
  {
    name: "ExpirySettled",
    discriminator: [251, 101, 239, 69, 87, 205, 61, 222],
    decoder: getExpirySettledDecoder,
  },
  {
    name: "FeesCollected",
    discriminator: [233, 23, 117, 225, 107, 178, 254, 8],
    decoder: getFeesCollectedDecoder,
  },
  {
    name: "ForecastSet",
    discriminator: [232, 100, 144, 78, 132, 235, 161, 114],
    decoder: getForecastSetDecoder,
  },
  {
    name: "HistoryCreated",
    discriminator: [53, 21, 68, 115, 60, 78, 9, 183],
    decoder: getHistoryCreatedDecoder,
  },
  {
    name: "HistorySet",
    discriminator: [125, 234, 69, 89, 178, 86, 104, 10],
    decoder: getHistorySetDecoder,
  },
  {
    name: "InsuranceCollected",
    discriminator: [107, 209, 122, 203, 220, 93, 83, 62],
    decoder: getInsuranceCollectedDecoder,
  },
  {
    name: "InsuranceFundChanged",
    discriminator: [50, 166, 151, 57, 172, 252, 184, 249],
    decoder: getInsuranceFundChangedDecoder,
  },
  {
    name: "InsuranceFundCreated",
    discriminator: [239, 135, 61, 236, 59, 151, 22, 99],
    decoder: getInsuranceFundCreatedDecoder,
  },
  {
    name: "InterestSynced",
    discriminator: [186, 123, 74, 97, 61, 50, 9, 203],
    decoder: getInterestSyncedDecoder,
  },
  {
    name: "LossShared",
    discriminator: [187, 237, 67, 165, 210, 185, 21, 181],
    decoder: getLossSharedDecoder,
  },
  {
    name: "MarginCallCleared",
    discriminator: [128, 143, 210, 78, 197, 251, 62, 178],
    decoder: getMarginCallClearedDecoder,
  },
  {
    name: "MarginCalled",
    discriminator: [11, 36, 230, 128, 84, 84, 219, 94],
    decoder: getMarginCalledDecoder,
  },
  {
    name: "OracleChanged",
    discriminator: [151, 212, 213, 104, 49, 131, 55, 23],
    decoder: getOracleChangedDecoder,
  },
  {
    name: "PauseChanged",
    discriminator: [238, 188, 213, 78, 134, 209, 178, 218],
    decoder: getPauseChangedDecoder,
  },
  {
    name: "PortfolioChanged",
    discriminator: [148, 249, 245, 50, 56, 115, 138, 24],
    decoder: getPortfolioChangedDecoder,
  },
  {
    name: "PositionDeleveraged",
    discriminator: [108, 14, 146, 114, 186, 45, 241, 84],
    decoder: getPositionDeleveragedDecoder,
  },
  {
    name: "PositionRanked",
    discriminator: [192, 167, 15, 0, 99, 20, 200, 45],
    decoder: getPositionRankedDecoder,
  },
  {
    name: "PositionSettled",
    discriminator: [75, 100, 92, 189, 245, 116, 252, 221],
    decoder: getPositionSettledDecoder,
  },
  {
    name: "PriceUpdated",
    discriminator: [154, 72, 87, 150, 246, 230, 23, 217],
    decoder: getPriceUpdatedDecoder,
  },
  {
    name: "RiskCacheCreated",
    discriminator: [88, 22, 232, 242, 222, 15, 47, 51],
    decoder: getRiskCacheCreatedDecoder,
  },
  {
    name: "SeriesListed",
    discriminator: [234, 122, 29, 253, 225, 171, 71, 93],
    decoder: getSeriesListedDecoder,
  },
  {
    name: "SeriesRefreshed",
    discriminator: [138, 49, 174, 204, 55, 245, 253, 230],
    decoder: getSeriesRefreshedDecoder,
  },
  {
    name: "Staked",
    discriminator: [11, 146, 45, 205, 230, 58, 213, 240],
    decoder: getStakedDecoder,
  },
  {
    name: "Traded",
    discriminator: [225, 202, 73, 175, 147, 43, 160, 150],
    decoder: getTradedDecoder,
  },
  {
    name: "UnderlyingChanged",
    discriminator: [33, 253, 8, 251, 34, 214, 101, 147],
    decoder: getUnderlyingChangedDecoder,
  },
  {
    name: "UnderlyingCreated",
    discriminator: [223, 20, 218, 151, 43, 238, 233, 156],
    decoder: getUnderlyingCreatedDecoder,
  },
  {
    name: "UnstakeRequested",
    discriminator: [21, 253, 177, 85, 129, 206, 42, 152],
    decoder: getUnstakeRequestedDecoder,
  },
  {
    name: "Unstaked",
    discriminator: [27, 179, 156, 215, 47, 71, 195, 7],
    decoder: getUnstakedDecoder,
  },
  {
    name: "VolatilitySampled",
    discriminator: [161, 140, 251, 81, 229, 56, 136, 31],
    decoder: getVolatilitySampledDecoder,
  },
  {
    name: "VolatilityUpdated",
    discriminator: [65, 23, 5, 195, 172, 173, 255, 87],
    decoder: getVolatilityUpdatedDecoder,
  },
  {
    name: "Withdrawn",
    discriminator: [20, 89, 223, 198, 194, 124, 219, 13],
    decoder: getWithdrawnDecoder,
  },
] as const;

/** Every error of the program: code, name, and the message with its remedy. */
export const ERRORS = [
  {
    code: 6000,
    name: "Unauthorized",
    message: "Signer may not do this: sign with the key the account names for this role",
  },
  {
    code: 6001,
    name: "DuplicateAccount",
    message: "The same account is given twice: pass two different accounts",
  },
  {
    code: 6002,
    name: "WrongExchange",
    message: "Account belongs to another exchange: pass accounts of one exchange",
  },
  {
    code: 6003,
    name: "UnexpectedAccount",
    message: "Account is not a market, collateral or oracle this instruction can use: pass only the documented ones",
  },
  {
    code: 6004,
    name: "Paused",
    message: "Action is paused: wait until the pause expires",
  },
  {
    code: 6005,
    name: "WrongVersion",
    message: "Account layout version is unknown: upgrade the client or the account",
  },
  {
    code: 6100,
    name: "SeriesNotFound",
    message: "Series does not exist: list it first or pass another series number",
  },
  {
    code: 6101,
    name: "ExpiryNotFound",
    message: "Expiry does not exist: list it first or pass another expiry number",
  },
  {
    code: 6102,
    name: "TooManyExpiries",
    message: "No free slot for another expiry: remove a settled expiry first",
  },
  {
    code: 6103,
    name: "TooManySeries",
    message: "No free slot for another series: remove a settled expiry first",
  },
  {
    code: 6104,
    name: "SeriesExists",
    message: "Series is listed already: use the listed one",
  },
  {
    code: 6105,
    name: "ExpiryExists",
    message: "Expiry is listed already: use the listed one",
  },
  {
    code: 6106,
    name: "OpenInterestLimit",
    message: "Open interest would exceed the limit of the series: trade a smaller size",
  },
  {
    code: 6107,
    name: "VolatilityStale",
    message: "Volatility surface is missing or older than allowed: its authority must publish, until then only reduce risk",
  },
  {
    code: 6108,
    name: "VolatilityOutOfBounds",
    message: "Volatility surface is outside its bounds or admits arbitrage: publish one inside the bounds",
  },
  {
    code: 6109,
    name: "StrikeOutOfRange",
    message: "Strike is outside the range around the index price: list a nearer strike",
  },
  {
    code: 6110,
    name: "CalendarArbitrage",
    message: "Total variance would fall from one expiry to the next: raise the later or lower the earlier expiry first",
  },
  {
    code: 6111,
    name: "VolatilityOffRealised",
    message: "Surface lies too far from realised volatility: publish one nearer to it or sample it first",
  },
  {
    code: 6112,
    name: "SampleTooEarly",
    message: "Sampling interval has not passed since the last sample: update the price and retry later",
  },
  {
    code: 6113,
    name: "ForecastOutOfBounds",
    message: "Forecast factor or lifetime is outside its bounds: set ones inside the bounds",
  },
  {
    code: 6114,
    name: "ForecastTooFast",
    message: "Forecast changes too far or too soon: take a smaller step or wait for the interval to pass",
  },
  {
    code: 6115,
    name: "HistoryOutOfRange",
    message: "Historical move or its place is out of range: pass moves inside the limits, right behind the last at most",
  },
  {
    code: 6116,
    name: "RiskCacheClosed",
    message: "Risk cache may be refreshed by its own key alone: sign with it or create a cache of your own",
  },
  {
    code: 6117,
    name: "SettlementWindow",
    message: "Risk arrays do not cover an expiry whose settlement price is partly observed: value accounts in full",
  },
  {
    code: 6200,
    name: "OracleMismatch",
    message: "Account is not the oracle this price is bound to: pass the bound oracle accounts",
  },
  {
    code: 6201,
    name: "OracleOwner",
    message: "Oracle account is not owned by the oracle's program: pass a genuine account of the bound oracle",
  },
  {
    code: 6202,
    name: "OracleLayout",
    message: "Oracle account has an unknown layout: pass an account of the kind the source is bound to",
  },
  {
    code: 6203,
    name: "OracleNotVerified",
    message: "Price update is not fully verified: post it with full verification and retry",
  },
  {
    code: 6204,
    name: "OracleStale",
    message: "Price is older than the allowed age: update the price in this transaction and retry",
  },
  {
    code: 6205,
    name: "OracleConfidence",
    message: "Confidence interval is wider than allowed: wait for a narrower price",
  },
  {
    code: 6206,
    name: "OraclePrice",
    message: "Price is zero, negative or out of range: wait for a valid price",
  },
  {
    code: 6207,
    name: "OracleNotTrading",
    message: "Oracle does not report a trading price: wait until trading resumes",
  },
  {
    code: 6208,
    name: "OracleOutOfOrder",
    message: "Price is older than the one stored: pass the newest update",
  },
  {
    code: 6209,
    name: "OracleFuture",
    message: "Publish time lies in the future: wait for the cluster clock or pass another update",
  },
  {
    code: 6210,
    name: "PriceDivergence",
    message: "Index and slow price diverge: until they meet only trades that raise initial margin pass",
  },
  {
    code: 6211,
    name: "OracleSamples",
    message: "Fewer oracles have answered than the feed asks for: wait for a complete result",
  },
  {
    code: 6300,
    name: "InitialMargin",
    message: "Initial margin would be short: add collateral or reduce risk",
  },
  {
    code: 6301,
    name: "MarketMissing",
    message: "A market or collateral of the account is missing: pass every underlying and collateral it uses",
  },
  {
    code: 6302,
    name: "TooManyPositions",
    message: "Account holds the largest number of positions: close one first",
  },
  {
    code: 6303,
    name: "TooManyUnderlyings",
    message: "Account uses the largest number of underlyings: close the positions in one first",
  },
  {
    code: 6304,
    name: "TooManyCollaterals",
    message: "Account holds the largest number of collaterals: withdraw one first",
  },
  {
    code: 6305,
    name: "IsolatedUnderlying",
    message: "Isolated account is bound to another underlying: use its underlying or another account",
  },
  {
    code: 6306,
    name: "InsufficientBalance",
    message: "Balance is smaller than the amount: deposit first or use a smaller amount",
  },
  {
    code: 6307,
    name: "AccountNotEmpty",
    message: "Account still holds positions, balances or fees of the insurance fund: close, withdraw and collect them first",
  },
  {
    code: 6308,
    name: "NoMarginCall",
    message: "Account is healthy: there is nothing to call or clear",
  },
  {
    code: 6309,
    name: "ScenarioGrid",
    message: "Scenario grid is missing or does not look far enough both ways: set parameters and 1 to 40 scenarios, with volatility up at 5 % each way",
  },
  {
    code: 6310,
    name: "DepositCap",
    message: "Deposit cap of the collateral would be exceeded: deposit less",
  },
  {
    code: 6311,
    name: "OffMarketPrice",
    message: "Trade would cost a restricted account more than a liquidation: agree on a price nearer to the mark",
  },
  {
    code: 6400,
    name: "NotLiquidatable",
    message: "Account is above maintenance margin: it cannot be liquidated",
  },
  {
    code: 6401,
    name: "SelfLiquidation",
    message: "Liquidator and liquidated account have the same owner: use another liquidator",
  },
  {
    code: 6402,
    name: "SliceTooSmall",
    message: "Slice is smaller than the caller's minimum: accept a smaller slice or none",
  },
  {
    code: 6403,
    name: "PriceLimit",
    message: "Price is worse than the caller's limit: relax the limit or change the size",
  },
  {
    code: 6404,
    name: "SequenceMismatch",
    message: "Liquidation sequence has moved: read the account again and retry",
  },
  {
    code: 6405,
    name: "NothingToFlag",
    message: "Account is neither in breach nor near it, and no auction of it runs: there is nothing to note",
  },
  {
    code: 6406,
    name: "NotInsolvent",
    message: "Account is solvent: liquidate it instead",
  },
  {
    code: 6407,
    name: "SupportTooSmall",
    message: "Insurance fund pays less than the caller's minimum: lower it or wait",
  },
  {
    code: 6408,
    name: "StakeNotReady",
    message: "Stake may not leave now: request it, wait for the cooldown, and leave within two days of its end",
  },
  {
    code: 6409,
    name: "SaleWithoutUse",
    message: "Selling collateral would not help, as the account owes no cash or the discount is deeper than the haircut: take a slice",
  },
  {
    code: 6410,
    name: "DebtStillInsured",
    message: "Debt can still be paid by the insurance fund, or its auction still runs: take the account over or flag it until it is over",
  },
  {
    code: 6411,
    name: "NotRanked",
    message: "Counterparty is not ranked, its rank is older than ten minutes, or it holds nothing to close: rank one that does",
  },
  {
    code: 6412,
    name: "Outranked",
    message: "Another ranked counterparty comes first: deleverage that one, or rank both again",
  },
  {
    code: 6413,
    name: "TooFewRanked",
    message: "Ranked counterparties hold less than half of the open interest: rank more of them",
  },
  {
    code: 6414,
    name: "LossNotFinal",
    message: "Account still holds shorts, or something worth selling, or owes no cash: deleverage, settle or sell first",
  },
  {
    code: 6415,
    name: "HedgeWithoutUse",
    message: "Hedge raises the margin of no solvent account by enough: sell an option that covers more of its risk, or more of it",
  },
  {
    code: 6416,
    name: "HedgeTooLarge",
    message: "Hedge lifts the account too far above its buffer: sell fewer contracts or a cheaper strike",
  },
  {
    code: 6417,
    name: "StrikeOffGrid",
    message: "Strike is not one that a hedge may list: use a listed series or a round strike nearer to the index",
  },
  {
    code: 6418,
    name: "LossBeingCollected",
    message: "All cash bears this debt already: collect the parts of accounts, and share what is missing after the length of an insolvent auction",
  },
  {
    code: 6419,
    name: "CollateralFirst",
    message: "Account still holds collateral worth more than a hundredth of its claims: buy that first",
  },
  {
    code: 6420,
    name: "BackstopNotOpen",
    message: "Auction is younger than the backstop's opening: flag the account, and let other takers come or wait",
  },
  {
    code: 6421,
    name: "BackstopMarket",
    message: "Backstop does not take this underlying: leave the account to other takers",
  },
  {
    code: 6422,
    name: "BackstopLimit",
    message: "Backstop would hold more than its limits or owe cash: take a smaller slice or leave it to other takers",
  },
  {
    code: 6423,
    name: "BackstopLoss",
    message: "Backstop would lose more than it may with one account: wait until the insurance fund has more or other takers come",
  },
  {
    code: 6424,
    name: "BackstopInsolvent",
    message: "Backstop owes more than it owns: wait until its account has been settled, liquidated or repaid",
  },
  {
    code: 6425,
    name: "RewardTooSmall",
    message: "Caller would be paid less than his minimum: lower it or wait",
  },
  {
    code: 6500,
    name: "SeriesExpired",
    message: "Series has expired: settle it or trade a later expiry",
  },
  {
    code: 6501,
    name: "NotExpired",
    message: "Expiry has not been reached: wait until it has",
  },
  {
    code: 6502,
    name: "AlreadySettled",
    message: "Expiry is settled already: settle the accounts",
  },
  {
    code: 6503,
    name: "NotSettled",
    message: "Expiry is not settled: settle the expiry first",
  },
  {
    code: 6504,
    name: "SettlementNotReady",
    message: "Too little of the settlement window was observed: wait for the fallback time",
  },
  {
    code: 6505,
    name: "NothingToSettle",
    message: "Account holds no settled position in this underlying: nothing to do",
  },
  {
    code: 6506,
    name: "OpenInterestLeft",
    message: "Expiry still has open interest: settle every account first",
  },
  {
    code: 6507,
    name: "ExpiryTime",
    message: "Expiry time is in the past, too far away or not on a full minute: choose another",
  },
  {
    code: 6600,
    name: "Overflow",
    message: "Number does not fit its type: use smaller amounts",
  },
  {
    code: 6601,
    name: "AmountOutOfRange",
    message: "Amount is zero or beyond its range: pass an amount inside it",
  },
  {
    code: 6700,
    name: "WrongMint",
    message: "Mint is not the expected one or unusable: pass the mint of this vault",
  },
  {
    code: 6701,
    name: "WrongVault",
    message: "Vault is not the one of this collateral: pass the vault the account names",
  },
  {
    code: 6702,
    name: "WrongTokenProgram",
    message: "Token program does not own the mint: pass the program that does",
  },
  {
    code: 6703,
    name: "MintExtension",
    message: "Mint has an extension that is not safe as collateral: use another mint",
  },
  {
    code: 6704,
    name: "TransferMismatch",
    message: "Vault balance did not change by the amount: use a mint without transfer fees",
  },
  {
    code: 6705,
    name: "MintDecimals",
    message: "Mint has decimals that the ledger cannot hold: use 6 for the quote, at most 12 for collateral",
  },
  {
    code: 6706,
    name: "VaultShort",
    message: "Vault holds less than the amount while others owe it: withdraw less, or wait until they have paid",
  },
  {
    code: 6800,
    name: "ParameterOutOfRange",
    message: "Risk parameter is outside its limits: see the limits in docs/risk-model.md",
  },
  {
    code: 6801,
    name: "PauseOutOfRange",
    message: "Pause names unknown actions or lasts longer than a day: pass known bits and at most 86400 seconds",
  },
] as const;

/** Constants of the program. */
export const CONSTANTS = {
  MAX_ARRAY_AGE_SECS: 300,
  MAX_BACKSTOP_MARKETS: 8,
  MAX_COLLATERALS: 8,
  MAX_EXPIRIES: 16,
  MAX_HISTORY: 64,
  MAX_POSITIONS: 64,
  MAX_PUBLISHERS: 4,
  MAX_RANKED: 16,
  MAX_RANK_AGE_SECS: 600,
  MAX_SERIES: 512,
  MAX_SOURCES: 3,
  MAX_UNDERLYINGS: 8,
} as const;
