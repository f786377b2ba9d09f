//! Plimsoll: an on-chain options clearing and margin protocol.
//!
//! One line per instruction here; each lives in a file of its name under [`instructions`].

pub mod constants;
mod deal;
pub mod errors;
#[macro_use]
pub mod events;
mod exposure;
mod guards;
pub mod health;
pub mod instructions;
mod listing;
pub mod markets;
pub mod oracle;
mod slice;
pub mod state;
mod token;

use anchor_lang::prelude::*;

use instructions::*;
use state::{BackstopTerms, MarginMode, OracleConfig, PortfolioParamsRaw, ScenarioArgs, UnderlyingParams};

declare_id!("Ar657pizBp5R8dHCyEEiZ8tsgP4uTR2gXYhJ33kXeZAx");

#[program]
pub mod plimsoll {
    use super::*;

    /// Creates an exchange for a quote mint with 6 decimals. Signer: creator, who becomes admin.
    pub fn create_exchange(ctx: Context<CreateExchange>, args: CreateExchangeArgs) -> Result<()> {
        instructions::create_exchange::handler(ctx, args)
    }

    /// Changes guardian, fees, liquidation terms and fee recipient. Signer: admin.
    pub fn set_exchange(ctx: Context<SetExchange>, args: ExchangeArgs) -> Result<()> {
        instructions::set_exchange::handler(ctx, args)
    }

    /// Replaces the oracle binding of the quote stablecoin. Signer: admin.
    pub fn set_stable_oracle(ctx: Context<SetExchange>, oracle: OracleConfig) -> Result<()> {
        instructions::set_stable_oracle::handler(ctx, oracle)
    }

    /// Names the next admin, who has to accept. Signer: admin.
    pub fn nominate_admin(ctx: Context<SetExchange>, next: Pubkey) -> Result<()> {
        instructions::nominate_admin::handler(ctx, next)
    }

    /// Accepts the nomination. Signer: nominated admin.
    pub fn accept_admin(ctx: Context<AcceptAdmin>) -> Result<()> {
        instructions::accept_admin::handler(ctx)
    }

    /// Pauses deposits, withdrawals or trades (1, 2, 4) for at most a day; 0 ends a pause. Signer: guardian or admin.
    pub fn pause(ctx: Context<Pause>, bits: u64, seconds: i64) -> Result<()> {
        instructions::pause::handler(ctx, bits, seconds)
    }

    /// Pays the trading fees of an underlying to the fee recipient's token account. Signer: anyone.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees::handler(ctx)
    }

    /// Admits a token as collateral and creates its vault. Signer: admin.
    pub fn create_collateral(ctx: Context<CreateCollateral>, args: CollateralArgs, oracle: OracleConfig) -> Result<()> {
        instructions::create_collateral::handler(ctx, args, oracle)
    }

    /// Changes haircuts and cap of a collateral. Signer: admin.
    pub fn set_collateral(ctx: Context<SetCollateral>, args: CollateralArgs) -> Result<()> {
        instructions::set_collateral::handler(ctx, args)
    }

    /// Replaces the oracle binding of a collateral; its index stays until the first update. Signer: admin.
    pub fn set_collateral_oracle(ctx: Context<SetCollateral>, oracle: OracleConfig) -> Result<()> {
        instructions::set_collateral_oracle::handler(ctx, oracle)
    }

    /// Takes over a zeroed account of the right size as an underlying. Signer: admin.
    pub fn create_underlying(ctx: Context<CreateUnderlying>, args: CreateUnderlyingArgs) -> Result<()> {
        instructions::create_underlying::handler(ctx, args)
    }

    /// Changes risk parameters, publishers and forecast authority of an underlying. Signer: admin.
    pub fn set_underlying(
        ctx: Context<SetUnderlying>,
        params: UnderlyingParams,
        publishers: Vec<Pubkey>,
        forecast_authority: Pubkey,
    ) -> Result<()> {
        instructions::set_underlying::handler(ctx, params, publishers, forecast_authority)
    }

    /// Sets the parameters of portfolio margin of an underlying. Signer: admin.
    pub fn set_portfolio_params(ctx: Context<SetUnderlying>, params: PortfolioParamsRaw) -> Result<()> {
        instructions::set_portfolio_params::handler(ctx, params)
    }

    /// Sets the scenario grid of an underlying: one to 40, some of them up and some down. Signer: admin.
    pub fn set_scenarios(ctx: Context<SetUnderlying>, scenarios: Vec<ScenarioArgs>) -> Result<()> {
        instructions::set_scenarios::handler(ctx, scenarios)
    }

    /// Replaces the oracle binding of an underlying; index and slow price stay until the first update. Signer: admin.
    pub fn set_underlying_oracle(ctx: Context<SetUnderlying>, oracle: OracleConfig) -> Result<()> {
        instructions::set_underlying_oracle::handler(ctx, oracle)
    }

    /// Lists an expiry. Signer: admin.
    pub fn list_expiry(ctx: Context<SetUnderlying>, expiry_ts: i64) -> Result<()> {
        instructions::list_expiry::handler(ctx, expiry_ts)
    }

    /// Lists a call or put. Signer: admin.
    pub fn list_series(ctx: Context<SetUnderlying>, args: ListSeriesArgs) -> Result<()> {
        instructions::list_series::handler(ctx, args)
    }

    /// Frees the slots of a settled expiry without open interest. Signer: anyone.
    pub fn remove_expiry(ctx: Context<RemoveExpiry>, expiry: u8) -> Result<()> {
        instructions::remove_expiry::handler(ctx, expiry)
    }

    /// Reads the bound oracle accounts (remaining accounts) into the index of an underlying. Signer: nobody.
    pub fn update_price<'info>(ctx: Context<'info, UpdatePrice<'info>>) -> Result<()> {
        instructions::update_price::handler(ctx)
    }

    /// The same for a collateral. Signer: nobody.
    pub fn update_collateral_price<'info>(ctx: Context<'info, UpdateCollateralPrice<'info>>) -> Result<()> {
        instructions::update_collateral_price::handler(ctx)
    }

    /// The same for the quote stablecoin. Signer: nobody.
    pub fn update_stable_price<'info>(ctx: Context<'info, UpdateStablePrice<'info>>) -> Result<()> {
        instructions::update_stable_price::handler(ctx)
    }

    /// Publishes the volatility surface, forward and rate of an expiry. Signer: a publisher.
    pub fn update_volatility(ctx: Context<UpdateVolatility>, args: VolatilityArgs) -> Result<()> {
        instructions::update_volatility::handler(ctx, args)
    }

    /// Adds the index's return since the last sample to realised volatility. Signer: nobody.
    pub fn sample_volatility(ctx: Context<SampleVolatility>) -> Result<()> {
        instructions::sample_volatility::handler(ctx)
    }

    /// Sets the volatility forecast, a factor of at least 1, for some seconds. Signer: the underlying's forecast authority.
    pub fn set_forecast(ctx: Context<SetForecast>, factor_e9: i64, lifetime_secs: i64) -> Result<()> {
        instructions::set_forecast::handler(ctx, factor_e9, lifetime_secs)
    }

    /// Creates the empty set of historical moves of an underlying. Signer: admin.
    pub fn create_history(ctx: Context<CreateHistory>) -> Result<()> {
        instructions::create_history::handler(ctx)
    }

    /// Writes historical moves from a place on; without moves cuts the set there. Signer: admin.
    pub fn set_history(ctx: Context<SetHistory>, start: u8, moves: Vec<MoveArgs>) -> Result<()> {
        instructions::set_history::handler(ctx, start, moves)
    }

    /// Takes over a zeroed account of the right size as a cache of an underlying's risk arrays, which `refresher` alone may
    /// refresh; the default key means anyone. Signer: nobody.
    pub fn create_risk_cache(ctx: Context<CreateRiskCache>, refresher: Pubkey) -> Result<()> {
        instructions::create_risk_cache::handler(ctx, refresher)
    }

    /// Computes the risk arrays of some series of an expiry. Signer: nobody, or the refresher the cache names.
    pub fn refresh_series(ctx: Context<RefreshSeries>, expiry: u8, series: Vec<u16>) -> Result<()> {
        instructions::refresh_series::handler(ctx, expiry, series)
    }

    /// Opens a margin account. Signer: owner.
    pub fn open_account(ctx: Context<OpenAccount>, number: u16, mode: MarginMode) -> Result<()> {
        instructions::open_account::handler(ctx, number, mode)
    }

    /// Closes an empty margin account. Signer: owner.
    pub fn close_account(ctx: Context<CloseAccount>) -> Result<()> {
        instructions::close_account::handler(ctx)
    }

    /// Lets another key trade and liquidate with the account; the default key means nobody. Signer: owner.
    pub fn set_delegate(ctx: Context<SetDelegate>, delegate: Pubkey) -> Result<()> {
        instructions::set_delegate::handler(ctx, delegate)
    }

    /// Deposits quote (no `collateral`) or a collateral, in the mint's atoms. Signer: depositor; for a collateral owner
    /// or delegate.
    pub fn deposit(ctx: Context<MoveTokens>, amount: u64) -> Result<()> {
        instructions::deposit::handler(ctx, amount)
    }

    /// Withdraws quote (no `collateral`) or a collateral, in the mint's atoms; IM must hold afterwards. Signer: owner.
    /// Remaining accounts: every underlying and collateral the account uses.
    pub fn withdraw<'info>(ctx: Context<'info, MoveTokens<'info>>, amount: u64) -> Result<()> {
        instructions::withdraw::handler(ctx, amount)
    }

    /// Values an account and returns the report. Signer: nobody. Remaining accounts: its markets.
    pub fn check_health<'info>(ctx: Context<'info, CheckHealth<'info>>) -> Result<HealthReport> {
        instructions::check_health::handler(ctx)
    }

    /// Bounds the margin of an account from below, cheaply where risk arrays cover it, and returns the bounds. With
    /// `least_initial_atoms` it fails unless IM is at least that. Signer: nobody. Remaining accounts: its markets and caches.
    pub fn check_margin<'info>(
        ctx: Context<'info, CheckMargin<'info>>,
        least_initial_atoms: Option<i64>,
    ) -> Result<MarginBoundReport> {
        instructions::check_margin::handler(ctx, least_initial_atoms)
    }

    /// Records a margin call, or clears one that has been met. Signer: nobody. Remaining accounts: its markets.
    pub fn call_margin<'info>(ctx: Context<'info, CallMargin<'info>>) -> Result<()> {
        instructions::call_margin::handler(ctx)
    }

    /// Notes what prices make of an account: starts, continues or ends its auction, or warns of a breach to come. Signer:
    /// nobody. Remaining accounts: its markets.
    pub fn flag_account<'info>(ctx: Context<'info, FlagAccount<'info>>) -> Result<()> {
        instructions::flag_account::handler(ctx)
    }

    /// Trades a series between two accounts at an agreed price. Signers: taker's and maker's owner or delegate.
    /// Remaining accounts: every further market the two accounts use.
    pub fn trade<'info>(ctx: Context<'info, Trade<'info>>, args: TradeArgs) -> Result<()> {
        instructions::trade::handler(ctx, args)
    }

    /// Takes a slice of an unhealthy account at a discount. Signer: liquidator's owner or delegate.
    /// Remaining accounts: every market the two accounts use.
    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>, args: LiquidateArgs) -> Result<()> {
        instructions::liquidate::handler(ctx, args)
    }

    /// Takes over an insolvent account or a part of it, paid by the insurance fund. Signer: taker's owner or delegate.
    /// Remaining accounts: every market the two accounts use.
    pub fn take_over<'info>(ctx: Context<'info, TakeOver<'info>>, args: TakeOverArgs) -> Result<()> {
        instructions::take_over::handler(ctx, args)
    }

    /// Buys collateral of an account in breach that owes cash, at the discount of its auction. Signer: buyer's owner or delegate.
    /// Remaining accounts: every market the two accounts use.
    pub fn buy_collateral<'info>(ctx: Context<'info, BuyCollateral<'info>>, args: BuyCollateralArgs) -> Result<()> {
        instructions::buy_collateral::handler(ctx, args)
    }

    /// Sells an account in breach an option that covers its risk, at the mark and a bonus by its auction. Signer: provider's owner or
    /// delegate. Remaining accounts: every further market the two accounts use.
    pub fn hedge<'info>(ctx: Context<'info, Hedge<'info>>, args: HedgeArgs) -> Result<()> {
        instructions::hedge::handler(ctx, args)
    }

    /// Creates the insurance fund of an exchange. Signer: admin.
    pub fn create_insurance_fund(ctx: Context<CreateInsuranceFund>, cooldown_secs: i64) -> Result<()> {
        instructions::create_insurance_fund::handler(ctx, cooldown_secs)
    }

    /// Changes how long stake waits before it may leave. Signer: admin.
    pub fn set_insurance_fund(ctx: Context<SetInsuranceFund>, cooldown_secs: i64) -> Result<()> {
        instructions::set_insurance_fund::handler(ctx, cooldown_secs)
    }

    /// Moves fees that an account's liquidations have set aside into the insurance fund. Signer: nobody.
    pub fn collect_insurance(ctx: Context<CollectInsurance>) -> Result<()> {
        instructions::collect_insurance::handler(ctx)
    }

    /// Opens a stake in the insurance fund. Signer: owner.
    pub fn open_stake(ctx: Context<OpenStake>) -> Result<()> {
        instructions::open_stake::handler(ctx)
    }

    /// Pays quote into the insurance fund, for shares. Signer: owner.
    pub fn stake(ctx: Context<MoveStake>, amount: u64) -> Result<()> {
        instructions::stake::handler(ctx, amount)
    }

    /// Asks for shares to leave after the cooldown; 0 takes it back. Signer: owner.
    pub fn request_unstake(ctx: Context<RequestUnstake>, shares: i64) -> Result<()> {
        instructions::request_unstake::handler(ctx, shares)
    }

    /// Pays out shares whose cooldown is over. Signer: owner.
    pub fn unstake(ctx: Context<MoveStake>) -> Result<()> {
        instructions::unstake::handler(ctx)
    }

    /// Opens the queue in which the holders of a series are ranked for deleveraging. Signer: payer.
    pub fn open_queue(ctx: Context<OpenQueue>, series: u16) -> Result<()> {
        instructions::open_queue::handler(ctx, series)
    }

    /// Ranks the holder of a long position by its profit and leverage. Signer: nobody. Remaining accounts: its markets.
    pub fn rank_position<'info>(ctx: Context<'info, RankPosition<'info>>) -> Result<()> {
        instructions::rank_position::handler(ctx)
    }

    /// Closes a short of an insolvent account that nobody pays for against the first of the ranked holders, at its bankruptcy price.
    /// Signer: nobody. Remaining accounts: every market the two accounts use.
    pub fn deleverage<'info>(ctx: Context<'info, Deleverage<'info>>, max_size_e6: i64) -> Result<()> {
        instructions::deleverage::handler(ctx, max_size_e6)
    }

    /// Ends a debt that nothing is left to pay: the insurance fund pays what it has, all cash shares the rest. Signer: nobody.
    /// Remaining accounts: the account's markets, if it holds anything.
    pub fn share_loss<'info>(ctx: Context<'info, ShareLoss<'info>>) -> Result<()> {
        instructions::share_loss::handler(ctx)
    }

    /// Creates the backstop of an exchange, and its margin account. Signer: admin.
    pub fn create_backstop(ctx: Context<CreateBackstop>, terms: BackstopTerms) -> Result<()> {
        instructions::create_backstop::handler(ctx, terms)
    }

    /// Changes what the backstop takes, may lose and pays. Signer: admin.
    pub fn set_backstop(ctx: Context<SetBackstop>, terms: BackstopTerms) -> Result<()> {
        instructions::set_backstop::handler(ctx, terms)
    }

    /// Opens a stake in the backstop. Signer: owner.
    pub fn open_backstop_stake(ctx: Context<OpenBackstopStake>) -> Result<()> {
        instructions::open_backstop_stake::handler(ctx)
    }

    /// Pays quote into the backstop, for shares of what it is worth. Signer: owner. Remaining accounts: the backstop's markets.
    pub fn deposit_backstop<'info>(ctx: Context<'info, MoveBackstopStake<'info>>, amount: u64) -> Result<()> {
        instructions::deposit_backstop::handler(ctx, amount)
    }

    /// Asks for shares to leave after the cooldown; 0 takes it back. Signer: owner.
    pub fn request_backstop_leave(ctx: Context<RequestBackstopLeave>, shares: i64) -> Result<()> {
        instructions::request_backstop_leave::handler(ctx, shares)
    }

    /// Pays out shares whose cooldown is over, some or all of them; IM of the backstop must hold afterwards. Signer: owner.
    /// Remaining accounts: the backstop's markets.
    pub fn withdraw_backstop<'info>(ctx: Context<'info, MoveBackstopStake<'info>>, shares: i64) -> Result<()> {
        instructions::withdraw_backstop::handler(ctx, shares)
    }

    /// Gives a slice of an account in breach to the backstop, and the caller his part of its gain in cash. Signer: caller's
    /// owner or delegate. Remaining accounts: every market the account and the backstop use.
    pub fn backstop_liquidate<'info>(
        ctx: Context<'info, BackstopLiquidate<'info>>,
        args: BackstopLiquidateArgs,
    ) -> Result<()> {
        instructions::backstop_liquidate::handler(ctx, args)
    }

    /// Buys collateral of the backstop at the first discount of an auction. Signer: buyer's owner or delegate.
    /// Remaining accounts: every market the buyer and the backstop use.
    pub fn buy_backstop_collateral<'info>(
        ctx: Context<'info, BuyBackstopCollateral<'info>>,
        args: BuyBackstopCollateralArgs,
    ) -> Result<()> {
        instructions::buy_backstop_collateral::handler(ctx, args)
    }

    /// Fixes the settlement price of an expiry that has passed. Signer: nobody.
    pub fn settle_expiry(ctx: Context<SettleExpiry>, expiry: u8) -> Result<()> {
        instructions::settle_expiry::handler(ctx, expiry)
    }

    /// Pays or collects the payoff of an account's settled positions in one underlying. Signer: nobody.
    pub fn settle_account(ctx: Context<SettleAccount>) -> Result<()> {
        instructions::settle_account::handler(ctx)
    }

    /// Takes off the open interest of an underlying what an account has netted away inside liquidations. Signer: nobody.
    pub fn sync_interest(ctx: Context<SyncInterest>) -> Result<()> {
        instructions::sync_interest::handler(ctx)
    }
}
