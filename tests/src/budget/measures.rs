//! What is measured: every instruction, and the expensive ones at several sizes.

use super::books::{book, book_of, breach, hedged, in_turn, leg, lone_leg, narrow_leg, short};
use super::Units;
use crate::chain::{Receipt, COMPUTE_BUDGET_UNITS};
use crate::fixture::{create_account, instruction, key, scenario_args, ExpirySetup, OracleKind, DAY, TAKE_OVER};
use crate::{usd, CollateralSetup, Failure, Fixture, Market, MarketSetup, Setup, Token, VolSetup};
use plimsoll::health::ArrayUse;
use plimsoll::instructions::{BuyCollateralArgs, CollateralArgs, ListSeriesArgs};
use plimsoll::state::{MarginMode, PortfolioParamsRaw, Underlying};
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::margin::portfolio::P2T_SCENARIOS;
use plimsoll_risk::params::PortfolioParams;
use solana_instruction::Instruction;
use solana_signer::Signer;

const ETH: Market = Market(0);
const SOL: Token = Token(0);

/// A list of measurements in the making.
#[derive(Default)]
pub(super) struct Meter(pub Units);

impl Meter {
    pub fn note(&mut self, name: &str, sent: Result<Receipt, Failure>) -> Receipt {
        let receipt = sent.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        self.0.insert(name.into(), receipt.units - COMPUTE_BUDGET_UNITS);
        receipt
    }

    fn admin(&mut self, name: &str, f: &mut Fixture, instruction: Instruction) {
        let sent = f.send(&[instruction], &[&key("admin")]);
        self.note(name, sent);
    }
}

pub fn admin() -> Units {
    let mut meter = Meter::default();
    let setup = Setup::lite();
    let f = &mut Fixture::bare(&setup);
    let create = f.create_exchange(&setup);
    meter.note("create_exchange", create);
    let update = f.update_stable_price();
    meter.note("update_stable_price", update);
    let root = || accounts::SetExchange { admin: key("admin").pubkey(), exchange: Fixture::exchange_address() };
    let args = f.exchange_args(&setup);
    meter.admin("set_exchange", f, instruction(root(), data::SetExchange { args }, &[]));
    let next = key("admin").pubkey();
    meter.admin("nominate_admin", f, instruction(root(), data::NominateAdmin { next }, &[]));
    let accept = accounts::AcceptAdmin { nominee: next, exchange: f.exchange };
    meter.admin("accept_admin", f, instruction(accept, data::AcceptAdmin {}, &[]));
    let pause = accounts::Pause { guardian: next, exchange: f.exchange };
    meter.admin("pause", f, instruction(pause, data::Pause { bits: 1, seconds: 0 }, &[]));
    let oracle = f.stable_config();
    meter.admin("set_stable_oracle", f, instruction(root(), data::SetStableOracle { oracle }, &[]));
    let sol = CollateralSetup::default();
    let mint = key("SOL mint").pubkey();
    f.write_mint(&mint, sol.decimals);
    let create = f.create_collateral_instruction(&mint, &sol);
    let collateral = create.accounts[3].pubkey;
    meter.admin("create_collateral", f, create);
    let args = CollateralArgs {
        haircut_initial_e9: sol.haircut_initial_e9,
        haircut_maintenance_e9: sol.haircut_maintenance_e9,
        deposit_cap_atoms: sol.deposit_cap_atoms,
        underlying: Default::default(),
    };
    let set = accounts::SetCollateral { admin: next, exchange: f.exchange, collateral };
    meter.admin("set_collateral", f, instruction(set, data::SetCollateral { args }, &[]));
    let set = accounts::SetCollateral { admin: next, exchange: f.exchange, collateral };
    let oracle = f.oracle_config("SOL", &sol.oracle);
    meter.admin("set_collateral_oracle", f, instruction(set, data::SetCollateralOracle { oracle }, &[]));
    meter.0
}

pub fn markets() -> Units {
    let mut meter = Meter::default();
    let f = &mut Fixture::new(&Setup { markets: vec![], ..Setup::lite() });
    let defaults = MarketSetup::default();
    let account = key("ETH underlying");
    let create = create_account(&f.payer.pubkey(), &account.pubkey(), 8 + core::mem::size_of::<Underlying>() as u64);
    f.send(&[create], &[&account]).unwrap_or_else(|failure| panic!("create account: {failure}"));
    let args = f.create_args("ETH", defaults.params, f.oracle_config("ETH", &defaults.oracle));
    let take = f.create_underlying_instruction(&account.pubkey(), args);
    meter.admin("create_underlying", f, take);
    f.adopt_market_as("ETH", account.pubkey(), &defaults.oracle);
    let update = f.update_price(ETH);
    meter.note("update_price:pull", update);
    let set = f.set_params(ETH, defaults.params);
    meter.note("set_underlying", set);
    let oracle = f.oracle_config("ETH", &defaults.oracle);
    let set = data::SetUnderlyingOracle { oracle };
    meter.admin("set_underlying_oracle", f, instruction(f.set_underlying_accounts(ETH), set, &[]));
    let expiry_ts = f.start() + 7 * DAY;
    let list = instruction(f.set_underlying_accounts(ETH), data::ListExpiry { expiry_ts }, &[]);
    meter.admin("list_expiry", f, list);
    let slot = f.add_expiry(ETH, &ExpirySetup::after(30 * DAY));
    let vol = f.publish_vol(ETH, slot, ExpirySetup::after(0).vol);
    meter.note("update_volatility", vol);
    let listed = f.list_series(ETH, ListSeriesArgs { expiry: slot, is_put: false, strike_e9: 1_500_000_000_000 });
    meter.note("list_series:first", listed);
    let update = f.update_collateral_price(SOL);
    meter.note("update_collateral_price", update);
    let params = PortfolioParamsRaw::from(&PortfolioParams::P2T);
    let set = data::SetPortfolioParams { params };
    meter.admin("set_portfolio_params", f, instruction(f.set_underlying_accounts(ETH), set, &[]));
    let set = data::SetScenarios { scenarios: P2T_SCENARIOS.iter().map(scenario_args).collect() };
    meter.admin("set_scenarios:29", f, instruction(f.set_underlying_accounts(ETH), set, &[]));
    let mut other = MarketSetup::new("BTC", 60_000.0);
    other.oracle.kind = OracleKind::PriceAccount;
    let btc = f.add_market(&other);
    let update = f.update_price(btc);
    meter.note("update_price:price_account", update);
    let mut third = MarketSetup::new("SUI", 3.0);
    third.oracle.kind = OracleKind::Switchboard;
    let sui = f.add_market(&third);
    let update = f.update_price(sui);
    meter.note("update_price:switchboard", update);
    meter.0
}

pub fn volatility() -> Units {
    let mut meter = Meter::default();
    let expiries = (1..=16).map(|weeks| ExpirySetup::after(7 * DAY * weeks)).collect();
    let market = MarketSetup { expiries, ..MarketSetup::default() };
    let f = &mut Fixture::new(&Setup { collaterals: vec![], ..Setup::lite().with_market(market) });
    let sample = f.sample_volatility(ETH);
    meter.note("sample_volatility:first", sample);
    f.advance(3_600);
    f.set_price(ETH, 1_510.0);
    let sample = f.sample_volatility(ETH);
    meter.note("sample_volatility", sample);
    f.write_realised(ETH, 0.8, 1_000);
    let smile = VolSetup { a: 0.5, b: 0.4, rho: -0.3, m: 0.05, s: 0.3, ..VolSetup::flat(0.0) };
    let vol = f.publish_vol(ETH, 8, smile);
    meter.note("update_volatility:16_expiries", vol);
    let set = f.set_forecast(ETH, 1.2, 3_600);
    meter.note("set_forecast", set);
    let create = f.create_history(ETH);
    meter.note("create_history", create);
    let set = f.set_history(ETH, 0, &[(-0.3, 0.5); 40]);
    meter.note("set_history:40_moves", set);
    meter.0
}

pub fn accounts() -> Units {
    let mut meter = Meter::default();
    let f = &mut Fixture::new(&Setup::lite());
    let owner = key("owner");
    f.fund(&owner.pubkey());
    let open = f.open_account_instruction(&owner.pubkey(), 1, MarginMode::Cross);
    let sent = f.send(&[open], &[&owner]);
    meter.note("open_account", sent);
    let holder = f.open_account("owner", MarginMode::Cross);
    let sent = f.deposit(holder, usd(1_000.0) as u64);
    meter.note("deposit:quote", sent);
    let sent = f.deposit_token(holder, SOL, 1_000_000_000);
    meter.note("deposit:collateral", sent);
    let sent = f.set_delegate(holder, key("delegate").pubkey());
    meter.note("set_delegate", sent);
    let sent = f.withdraw_token(holder, SOL, 1_000_000_000);
    meter.note("withdraw:collateral", sent);
    let sent = f.withdraw(holder, usd(1_000.0) as u64);
    meter.note("withdraw:quote_idle", sent);
    let sent = f.close_account(holder);
    meter.note("close_account", sent);
    let (f, writer, _) = &mut book(MarginMode::Cross, 4, 1);
    let sent = f.withdraw(*writer, 1);
    meter.note("withdraw:quote_4_legs", sent);
    breach(f, *writer);
    let sent = f.call_margin(*writer);
    meter.note("call_margin:4_legs", sent);
    let sent = f.flag(*writer);
    meter.note("flag_account:4_legs", sent);
    meter.0
}

pub fn health_and_trades() -> Units {
    let mut meter = Meter::default();
    let (f, idle, _) = &mut book(MarginMode::Cross, 0, 1);
    let check = f.check_health_instruction(*idle);
    let sent = f.send(&[check], &[]);
    meter.note("check_health:0_legs", sent);
    for (legs, underlyings) in [(1, 1), (4, 1), (16, 1), (64, 1), (32, 4)] {
        let (f, writer, maker) = &mut book(MarginMode::Cross, legs, underlyings);
        let size =
            if underlyings == 1 { format!("{legs}_legs") } else { format!("{legs}_legs_{underlyings}_underlyings") };
        let check = f.check_health_instruction(*writer);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_health:{size}"), sent);
        let contract = leg(f, 0, underlyings);
        let sent = f.trade(*writer, *maker, contract, -0.1, 60.0);
        meter.note(&format!("trade:{size}"), sent);
    }
    meter.0
}

pub fn liquidations() -> Units {
    let mut meter = Meter::default();
    for (legs, underlyings, own) in [(1, 1, 0), (4, 1, 0), (16, 1, 0), (64, 1, 0), (32, 4, 8)] {
        let (f, writer, maker) = &mut book(MarginMode::Cross, legs, underlyings);
        let liquidator = f.trader("liquidator", 10_000_000.0);
        for number in 0..own {
            let contract = leg(f, number, underlyings);
            f.trade(liquidator, *maker, contract, 0.5, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
        }
        breach(f, *writer);
        let sent = f.liquidate(liquidator, *writer);
        let name =
            if own == 0 { format!("liquidate:{legs}_legs") } else { "liquidate:32_legs_8_own_4_underlyings".into() };
        meter.note(&name, sent);
    }
    meter.0
}

/// An account in breach that owes cash and has collateral.
pub fn sales() -> Units {
    let mut meter = Meter::default();
    let f = &mut Fixture::new(&Setup::lite().without_fees());
    let (writer, maker) = (f.trader("writer", 0.0), f.trader("maker", 100_000.0));
    f.deposit_token(writer, SOL, 20_000_000_000).unwrap_or_else(|failure| panic!("deposit: {failure}"));
    for number in 0..3 {
        let contract = lone_leg(f, number, 1);
        f.trade(writer, maker, contract, -1.0, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
    }
    let buyer = f.trader("buyer", 100_000.0);
    // Losses that were settled.
    f.edit_account(writer, |account| account.cash_atoms -= usd(1_700.0));
    f.edit_account(maker, |account| account.cash_atoms += usd(1_700.0));
    breach(f, writer);
    let sent = f.buy_collateral(
        buyer,
        writer,
        BuyCollateralArgs {
            collateral: f.token_key(SOL),
            max_amount_atoms: u64::MAX,
            max_payment_atoms: i64::MAX,
            liquidation_sequence: None,
        },
    );
    meter.note("buy_collateral:3_legs", sent);
    meter.0
}

/// The insurance fund, and an insolvent account that it pays for.
pub fn insurance() -> Units {
    let mut meter = Meter::default();
    let (f, writer, _) = &mut book(MarginMode::Cross, 16, 1);
    let sent = f.create_insurance_fund(0);
    meter.note("create_insurance_fund", sent);
    let set = f.set_insurance_fund_instruction("admin", 0);
    meter.admin("set_insurance_fund", f, set);
    let staker = f.trader("staker", 0.0);
    let sent = f.open_stake(staker);
    meter.note("open_stake", sent);
    let sent = f.stake(staker, usd(1_000.0) as u64);
    meter.note("stake", sent);
    let sent = f.request_unstake(staker, usd(1.0));
    meter.note("request_unstake", sent);
    let sent = f.unstake(staker);
    meter.note("unstake", sent);
    let taker = f.trader("taker", 10_000_000.0);
    breach(f, *writer);
    f.liquidate(taker, *writer).unwrap_or_else(|failure| panic!("liquidate: {failure}"));
    let sent = f.collect_insurance(taker);
    meter.note("collect_insurance", sent);
    f.set_price(ETH, 3_500.0);
    let sent = f.take_over(taker, *writer, TAKE_OVER);
    meter.note("take_over:16_legs", sent);
    meter.0
}

/// Portfolio mode: every leg of another strike, so that none shares its work with another.
pub fn portfolio() -> Units {
    let mut meter = Meter::default();
    for (legs, underlyings) in [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (32, 1), (64, 1), (32, 4), (64, 4)] {
        let (f, writer, maker) = &mut book(MarginMode::Portfolio, legs, underlyings);
        let size = format!("portfolio_{legs}_legs_{underlyings}_underlyings");
        let check = f.check_health_instruction(*writer);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_health:{size}"), sent);
        let check = f.check_margin_instruction(*writer, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:{size}"), sent);
        let contract = lone_leg(f, 0, underlyings);
        let sent = f.trade(*writer, *maker, contract, -0.1, 60.0);
        meter.note(&format!("trade:{size}"), sent);
    }
    for (legs, underlyings) in [(32, 4), (64, 4)] {
        let (f, writer, _) = &mut book_of(MarginMode::Portfolio, legs, underlyings, (leg, short));
        let check = f.check_margin_instruction(*writer, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:portfolio_{legs}_legs_in_pairs_{underlyings}_underlyings"), sent);
        let (f, holder, _) = &mut book_of(MarginMode::Portfolio, legs, underlyings, (lone_leg, hedged));
        let check = f.check_margin_instruction(*holder, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:portfolio_{legs}_legs_hedged_{underlyings}_underlyings"), sent);
    }
    for legs in [16, 32] {
        let (f, holder, _) = &mut book_of(MarginMode::Portfolio, legs, 1, (narrow_leg, in_turn));
        let check = f.check_margin_instruction(*holder, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:portfolio_{legs}_legs_in_narrow_spreads_1_underlyings"), sent);
    }
    for (legs, underlyings, taker) in [
        (32, 4, MarginMode::Portfolio),
        (32, 4, MarginMode::Cross),
        (32, 1, MarginMode::Portfolio),
        (64, 4, MarginMode::Portfolio),
    ] {
        let (f, writer, maker) = &mut book(MarginMode::Portfolio, legs, underlyings);
        let liquidator = f.trader_in("liquidator", taker, 10_000_000.0);
        for number in 0..8 {
            let contract = lone_leg(f, number, underlyings);
            f.trade(liquidator, *maker, contract, 0.5, 60.0).unwrap_or_else(|failure| panic!("trade: {failure}"));
        }
        breach(f, *writer);
        let sent = f.liquidate(liquidator, *writer);
        let taker = if taker == MarginMode::Portfolio { "portfolio" } else { "cross" };
        meter.note(&format!("liquidate:portfolio_{legs}_legs_{underlyings}_underlyings_by_{taker}_8"), sent);
    }
    meter.0
}

/// Portfolio margin from risk arrays: the books of [`portfolio`], their arrays a second old.
pub fn arrays() -> Units {
    let mut meter = Meter::default();
    for (legs, underlyings) in [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (32, 1), (64, 1), (32, 4)] {
        let (f, writer, maker) = &mut book(MarginMode::Portfolio, legs, underlyings);
        for market in (0..underlyings).map(Market) {
            let created = f.create_cache(market);
            if (legs, market) == (1, ETH) {
                meter.note("create_risk_cache", created);
            }
            f.refresh_arrays(market);
        }
        let size =
            if underlyings == 1 { format!("{legs}_legs") } else { format!("{legs}_legs_{underlyings}_underlyings") };
        if underlyings == 1 && legs <= 32 {
            f.pass(1);
            let series: Vec<u16> = (0..legs as u16).collect();
            let sent = f.refresh_series(ETH, 0, &series);
            meter.note(&format!("refresh_series:{legs}_series"), sent);
        }
        f.pass(1);
        let check = f.check_margin_instruction(*writer, None);
        let sent = f.send(&[check], &[]);
        meter.note(&format!("check_margin:arrays_{size}"), sent);
        let uses = f.array_uses(*writer);
        assert!(uses.iter().all(|array| *array == ArrayUse::Used), "{size}: {uses:?}");
        let contract = lone_leg(f, 0, underlyings);
        let sent = f.trade_with_caches((*writer, *maker), contract, -0.1, 60.0);
        meter.note(&format!("trade:arrays_{size}"), sent);
        let sent = f.withdraw_with_caches(*writer, 1);
        meter.note(&format!("withdraw:arrays_{size}"), sent);
    }
    meter.0
}

pub fn settlement() -> Units {
    let mut meter = Meter::default();
    let (f, writer, maker) = &mut book(MarginMode::Cross, 16, 1);
    f.set_time(f.start() + 7 * DAY + 3_600);
    let sent = f.settle_expiry(ETH, 0);
    meter.note("settle_expiry", sent);
    let sent = f.settle_account(ETH, *writer);
    meter.note("settle_account:16_legs", sent);
    f.settle_account(ETH, *maker).unwrap_or_else(|failure| panic!("settle_account: {failure}"));
    let sent = f.remove_expiry(ETH, 0);
    meter.note("remove_expiry:16_series", sent);
    f.collect_fees(ETH).unwrap_or_else(|failure| panic!("collect_fees: {failure}"));
    let (f, writer, maker) = &mut book(MarginMode::Cross, 16, 1);
    breach(f, *writer);
    f.liquidate(*maker, *writer).unwrap_or_else(|failure| panic!("liquidate: {failure}"));
    let sent = f.sync_interest(ETH, *maker);
    meter.note("sync_interest:16_legs", sent);
    let (f, ..) = &mut book(MarginMode::Cross, 1, 1);
    let sent = f.collect_fees(ETH);
    meter.note("collect_fees", sent);
    meter.0
}
