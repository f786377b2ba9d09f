//! One file per instruction: arguments, accounts, handler.

macro_rules! rooms {
    ($($room:ident { $($instruction:ident),* $(,)? })*) => {
        $(pub mod $room { $(pub mod $instruction;)* })*
        $($(#[allow(ambiguous_glob_reexports, unused_imports)] pub use $room::$instruction::{self, *};)*)*
    };
}

rooms! {
    admin {
        accept_admin, collect_fees, create_collateral, create_exchange, nominate_admin, pause, set_collateral,
        set_collateral_oracle, set_exchange, set_stable_oracle,
    }
    market {
        create_history, create_risk_cache, create_underlying, list_expiry, list_series, refresh_series, remove_expiry, sample_volatility, set_forecast,
        set_history, set_portfolio_params, set_scenarios, set_underlying, set_underlying_oracle, update_collateral_price, update_price, update_stable_price,
        update_volatility,
    }
    account {
        call_margin, check_health, check_margin, close_account, deposit, open_account, set_delegate, withdraw,
    }
    trading {
        trade,
    }
    liquidation {
        buy_collateral, flag_account, hedge, liquidate, take_over,
    }
    insurance {
        collect_insurance, create_insurance_fund, open_stake, request_unstake, set_insurance_fund, stake, unstake,
    }
    losses {
        deleverage, open_queue, rank_position, share_loss,
    }
    backstop {
        backstop_liquidate, buy_backstop_collateral, create_backstop, deposit_backstop, open_backstop_stake, request_backstop_leave, set_backstop,
        withdraw_backstop,
    }
    settlement {
        settle_account, settle_expiry, sync_interest,
    }
}
