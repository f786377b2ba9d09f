//! `hedge`: what happens, and what the accounts, the market and the provider's limits refuse.

use super::support::{replaced, unsigned, with, without, Foreign, ETH, SOL, VOL_AGE};
use crate::fixture::{e9, instruction, key, new_hedge, Events, DAY, HOUR};
use crate::{expect_error, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::{KEPT_SERIES_SLOTS, MAX_SERIES};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountHedged, SeriesListed};
use plimsoll::instructions::{AccountState, HedgeArgs, HedgeOption, ListSeriesArgs};
use plimsoll::state::{MarginMode, PauseBits};
use plimsoll::{accounts, instruction as data};
use solana_signer::Signer;

/// The writer of four calls in breach, and a provider with 100 000 USD.
struct Scene {
    f: Fixture,
    writer: Trader,
    maker: Trader,
    provider: Trader,
    call: Contract,
}

fn written(setup: &Setup, mode: MarginMode) -> Scene {
    let mut f = Fixture::new(&Setup { fee_rate_e9: 0, ..setup.clone() });
    let (writer, maker) = (f.trader_in("writer", mode, 1_200.0), f.trader("maker", 1_000_000.0));
    let provider = f.trader("provider", 100_000.0);
    let call = f.call(ETH, 0, 1_500.0);
    f.trade(writer, maker, call, -4.0, 66.0).unwrap();
    Scene { f, writer, maker, provider, call }
}

/// At this price the equity of the writer is between nothing and what is required.
const BREACH: f64 = 1_740.0;

fn breached() -> Scene {
    let mut scene = written(&Setup::lite(), MarginMode::Cross);
    scene.f.set_price(ETH, BREACH);
    let report = scene.f.check_health(scene.writer);
    assert!(report.state == AccountState::Liquidatable && report.equity_atoms > 0, "{report:?}");
    scene
}

macro_rules! refused {
    ($scene:expr, $args:expr, $code:expr) => {
        expect_error!($scene.f.hedge($scene.provider, $scene.writer, ETH, $args), $code)
    };
}

#[test]
fn a_part_of_a_short_is_bought_back_at_the_mark_and_a_bonus() {
    let mut s = breached();
    let (before, theirs) = (s.f.check_health(s.writer), s.f.cash(s.provider));
    let cash = s.f.cash(s.writer);
    let told: AccountHedged = s.f.hedge(s.provider, s.writer, ETH, s.call.hedge(0.4)).unwrap().event();
    assert_eq!((told.account, told.provider), (s.f.margin_key(s.writer), s.f.margin_key(s.provider)));
    assert_eq!((told.underlying, told.series, told.size_e6), (s.f.market_key(ETH), s.call.series, 400_000));
    assert_eq!((told.discount_e9, told.lag_secs, told.liquidation_sequence, told.kept_atoms), (980_000_000, 0, 0, 0));
    assert_eq!(told.index_e9, e9(BREACH));
    let after = s.f.check_health(s.writer);
    assert_eq!(
        [
            told.equity_before_atoms,
            told.maintenance_before_atoms,
            told.equity_after_atoms,
            told.maintenance_after_atoms
        ],
        [before.equity_atoms, before.maintenance_atoms, after.equity_atoms, after.maintenance_atoms]
    );
    let required = before.equity_atoms - before.maintenance_atoms;
    // A tenth of everything.
    assert!((told.released_atoms - required / 10).abs() <= 2 && (told.mark_atoms + before.mark_atoms / 10).abs() <= 2);
    assert!((told.bonus_atoms - before.equity_atoms / 500).abs() <= 2, "{}", told.bonus_atoms);
    assert_eq!(told.fee_atoms, (told.bonus_atoms + 9) / 10);
    let payment = told.mark_atoms + told.bonus_atoms;
    assert_eq!((s.f.cash(s.writer), s.f.cash(s.provider)), (cash - payment, theirs + payment - told.fee_atoms));
    assert_eq!(s.f.account(s.provider).insurance_due_atoms, told.fee_atoms);
    assert_eq!((s.f.position(s.writer, s.call), s.f.position(s.provider, s.call)), (-3_600_000, -400_000));
    // The short has changed hands: as much is open as before.
    assert_eq!((s.f.series(s.call).long_e6, s.f.series(s.call).short_e6), (4_000_000, 4_000_000));
    assert_eq!(s.f.account(s.writer).liquidation_sequence, 1);
}

#[test]
fn a_call_that_nobody_had_listed_caps_the_loss() {
    let mut s = breached();
    let receipt = s.f.hedge(s.provider, s.writer, ETH, new_hedge(0, false, 1_800.0, 4.0)).unwrap();
    let (listed, told): (SeriesListed, AccountHedged) = (receipt.event(), receipt.event());
    assert_eq!(
        (listed.underlying, listed.expiry, listed.kind, listed.strike_e9),
        (s.f.market_key(ETH), 0, 0, e9(1_800.0))
    );
    assert_eq!((listed.series, told.size_e6), (told.series, 4_000_000));
    let wing = Contract { market: ETH, series: told.series };
    assert_eq!((s.f.position(s.writer, wing), s.f.position(s.provider, wing)), (4_000_000, -4_000_000));
    assert_eq!(s.f.series(wing).long_e6, 4_000_000);
}

#[test]
fn who_is_long_sells_his_own_and_open_interest_shrinks() {
    let mut s = breached();
    s.f.hedge(s.maker, s.writer, ETH, s.call.hedge(0.4)).unwrap();
    assert_eq!((s.f.position(s.maker, s.call), s.f.series(s.call).long_e6), (3_600_000, 3_600_000));
}

#[test]
fn only_a_solvent_account_in_breach_is_hedged() {
    let mut s = written(&Setup::lite(), MarginMode::Cross);
    for (price, state) in [(1_500.0, AccountState::Healthy), (1_660.0, AccountState::Restricted)] {
        s.f.set_price(ETH, price);
        assert_eq!(s.f.check_health(s.writer).state, state);
        refused!(s, s.call.hedge(0.4), PlimsollError::NotLiquidatable);
    }
    s.f.set_price(ETH, 2_000.0);
    assert_eq!(s.f.check_health(s.writer).state, AccountState::Bankrupt);
    refused!(s, s.call.hedge(0.4), PlimsollError::HedgeWithoutUse);
    let empty = s.f.trader("empty", 0.0);
    expect_error!(s.f.hedge(s.provider, empty, ETH, s.call.hedge(0.4)), PlimsollError::NotLiquidatable);
}

#[test]
fn what_does_not_help_is_refused() {
    let mut s = breached();
    let useless = [
        // Too far out, too far off, on the wrong side, in another expiry.
        new_hedge(0, false, 3_000.0, 4.0),
        new_hedge(0, false, 2_200.0, 4.0),
        new_hedge(0, true, 1_700.0, 4.0),
        new_hedge(1, false, 1_760.0, 4.0),
        // Enough of it only caps the loss when it covers nearly all of the short.
        new_hedge(0, false, 1_800.0, 3.0),
        // Crumbs.
        s.call.hedge(0.000_001),
        s.call.hedge(0.003),
    ];
    for args in useless {
        refused!(s, args, PlimsollError::HedgeWithoutUse);
    }
    // More than the account is short, and more than it needs.
    for size in [1.5, 3.0, 4.0] {
        refused!(s, s.call.hedge(size), PlimsollError::HedgeTooLarge);
    }
    refused!(s, s.call.hedge(1_000.0), PlimsollError::HedgeWithoutUse);
}

#[test]
fn sizes_and_the_providers_limits_hold() {
    let mut s = breached();
    let sized = |size_e6| HedgeArgs { size_e6, ..s.call.hedge(0.0) };
    let (nothing, too_much) = ([0, -1, i64::MIN], [1_000_000_000_000_001, i64::MAX]);
    for args in nothing.into_iter().chain(too_much).map(sized).collect::<Vec<_>>() {
        refused!(s, args, PlimsollError::AmountOutOfRange);
    }
    let most = HedgeArgs { size_e6: 1_000_000_000_000_000, ..s.call.hedge(0.0) };
    refused!(s, most, PlimsollError::OpenInterestLimit);
    refused!(s, HedgeArgs { min_payment_atoms: i64::MAX, ..s.call.hedge(0.4) }, PlimsollError::PriceLimit);
    for seen in [1, u64::MAX] {
        refused!(
            s,
            HedgeArgs { liquidation_sequence: Some(seen), ..s.call.hedge(0.4) },
            PlimsollError::SequenceMismatch
        );
    }
    // To the atom: what one hedge is paid is asked of the same one.
    let mut twin = breached();
    let told: AccountHedged = twin.f.hedge(twin.provider, twin.writer, ETH, twin.call.hedge(0.1)).unwrap().event();
    let asked = HedgeArgs {
        min_payment_atoms: told.mark_atoms + told.bonus_atoms,
        liquidation_sequence: Some(0),
        ..s.call.hedge(0.1)
    };
    refused!(s, HedgeArgs { min_payment_atoms: asked.min_payment_atoms + 1, ..asked }, PlimsollError::PriceLimit);
    s.f.hedge(s.provider, s.writer, ETH, asked).unwrap();
    refused!(s, asked, PlimsollError::SequenceMismatch);
}

#[test]
fn nobody_hedges_himself_and_the_provider_signs_and_is_covered() {
    let mut s = breached();
    let second = s.f.open_numbered("writer", 1, MarginMode::Cross);
    s.f.deposit(second, 1_000_000_000_000).unwrap();
    expect_error!(s.f.hedge(second, s.writer, ETH, s.call.hedge(0.4)), PlimsollError::SelfLiquidation);
    expect_error!(s.f.hedge(s.writer, s.writer, ETH, s.call.hedge(0.4)), PlimsollError::DuplicateAccount);
    let poor = s.f.trader("poor", 10.0);
    expect_error!(s.f.hedge(poor, s.writer, ETH, s.call.hedge(0.4)), PlimsollError::InitialMargin);
    let hedge = s.f.hedge_instruction(s.provider, s.writer, ETH, s.call.hedge(0.4));
    let owner = key("provider").pubkey();
    expect_error!(s.f.send_as(unsigned(hedge.clone(), owner), &[]), ErrorCode::AccountNotSigner);
    for name in ["writer", "admin"] {
        let other = replaced(hedge.clone(), owner, key(name).pubkey());
        expect_error!(s.f.send_as(other, &[name]), PlimsollError::Unauthorized);
    }
    s.f.set_delegate(s.provider, key("maker").pubkey()).unwrap();
    s.f.send_as(replaced(hedge, owner, key("maker").pubkey()), &["maker"]).unwrap();
}

#[test]
fn an_old_price_an_old_surface_and_a_spike_stop_a_hedge_and_no_slice() {
    let mut s = breached();
    s.f.advance(61);
    refused!(s, s.call.hedge(0.4), PlimsollError::OracleStale);
    s.f.advance(VOL_AGE);
    s.f.update_prices_only();
    assert_eq!(s.f.check_health(s.writer).state, AccountState::Liquidatable);
    refused!(s, s.call.hedge(0.4), PlimsollError::VolatilityStale);
    s.f.liquidate(s.provider, s.writer).unwrap();
    let mut slow = MarketSetup::default();
    slow.oracle.slow_secs = HOUR;
    let mut s = written(&Setup::lite().with_market(slow), MarginMode::Cross);
    s.f.set_price(ETH, BREACH);
    refused!(s, s.call.hedge(0.4), PlimsollError::PriceDivergence);
    s.f.liquidate(s.provider, s.writer).unwrap();
}

#[test]
fn a_pause_of_trading_stops_a_hedge_and_no_slice() {
    let mut s = breached();
    s.f.pause(PauseBits::TRADE, 60).unwrap();
    refused!(s, s.call.hedge(0.4), PlimsollError::Paused);
    s.f.liquidate(s.provider, s.writer).unwrap();
}

#[test]
fn the_series_exists_is_live_and_has_a_surface() {
    let mut s = breached();
    refused!(
        s,
        HedgeArgs { option: HedgeOption::Listed { series: 9 }, ..s.call.hedge(0.4) },
        PlimsollError::SeriesNotFound
    );
    refused!(
        s,
        HedgeArgs { option: HedgeOption::Listed { series: u16::MAX }, ..s.call.hedge(0.4) },
        PlimsollError::SeriesNotFound
    );
    refused!(s, new_hedge(7, false, 1_800.0, 4.0), PlimsollError::ExpiryNotFound);
    refused!(s, new_hedge(255, false, 1_800.0, 4.0), PlimsollError::ExpiryNotFound);
    s.f.list_bare_expiry(ETH, s.f.start() + 60 * DAY).unwrap();
    refused!(s, new_hedge(2, false, 1_800.0, 4.0), PlimsollError::VolatilityStale);
    let later = s.f.call(ETH, 1, 1_500.0);
    s.f.trade(s.maker, s.provider, later, 1.0, 200.0).unwrap();
    s.f.set_time(s.f.start() + 7 * DAY);
    s.f.update_prices_only();
    assert_eq!(s.f.check_health(s.writer).state, AccountState::Liquidatable);
    refused!(s, s.call.hedge(0.4), PlimsollError::SeriesExpired);
    refused!(s, new_hedge(0, false, 1_800.0, 4.0), PlimsollError::SeriesExpired);
}

#[test]
fn a_hedge_lists_round_strikes_within_the_admins_rules() {
    let mut s = breached();
    // 2.5 % of 1 740 is more than 20, and less than 50.
    for strike in [1_790.0, 1_800.000_000_001, 1_810.0, 3_500.0, 860.0, 0.0, -20.0, 9e9] {
        refused!(s, new_hedge(0, false, strike, 4.0), PlimsollError::StrikeOffGrid);
    }
    refused!(
        s,
        HedgeArgs { option: HedgeOption::New { expiry: 0, is_put: false, strike_e9: i64::MIN }, ..s.call.hedge(4.0) },
        PlimsollError::StrikeOffGrid
    );
    refused!(s, new_hedge(0, false, 1_500.0, 0.4), PlimsollError::SeriesExists);
    let mut params = s.f.market(ETH).params;
    params.max_strike_factor_e9 = 1_035_000_000;
    s.f.set_params(ETH, params).unwrap();
    refused!(s, new_hedge(0, false, 1_820.0, 4.0), PlimsollError::StrikeOutOfRange);
    s.f.hedge(s.provider, s.writer, ETH, new_hedge(0, false, 1_800.0, 4.0)).unwrap();
}

#[test]
fn hedges_leave_slots_for_the_admin() {
    const AT_ONCE: usize = 32;
    let mut s = breached();
    let most = MAX_SERIES as usize - KEPT_SERIES_SLOTS;
    let list = |f: &Fixture, number: usize| {
        let args = ListSeriesArgs { expiry: 1, is_put: false, strike_e9: e9(1_000.0) + number as i64 };
        instruction(f.set_underlying_accounts(ETH), data::ListSeries { args }, &[])
    };
    // One slot is used already, and one is to be left.
    for first in (0..most - 2).step_by(AT_ONCE) {
        let lists: Vec<_> = (first..(first + AT_ONCE).min(most - 2)).map(|number| list(&s.f, number)).collect();
        s.f.send(&lists, &[&key("admin")]).unwrap();
    }
    assert_eq!(s.f.market(ETH).series_used as usize, most - 1);
    let hedge = new_hedge(0, false, 1_800.0, 4.0);
    let mut full = s.f.list_series(ETH, ListSeriesArgs { expiry: 1, is_put: true, strike_e9: e9(1_000.0) });
    assert!(full.is_ok());
    refused!(s, hedge, PlimsollError::TooManySeries);
    // What is listed still serves, and the admin lists on.
    s.f.hedge(s.provider, s.writer, ETH, s.call.hedge(0.1)).unwrap();
    full = s.f.list_series(ETH, ListSeriesArgs { expiry: 1, is_put: true, strike_e9: e9(1_001.0) });
    assert!(full.is_ok());
}

#[test]
fn the_open_interest_limit_holds_for_hedges() {
    let mut s = breached();
    let mut params = s.f.market(ETH).params;
    params.max_open_interest_e6 = 3_900_000;
    s.f.set_params(ETH, params).unwrap();
    refused!(s, new_hedge(0, false, 1_800.0, 4.0), PlimsollError::OpenInterestLimit);
    // Above the limit already: what does not grow it passes.
    s.f.hedge(s.provider, s.writer, ETH, s.call.hedge(0.4)).unwrap();
}

#[test]
fn an_isolated_account_stays_in_its_underlying() {
    let mut s = written(
        &Setup { markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 60_000.0)], ..Setup::lite() },
        MarginMode::Isolated,
    );
    s.f.set_price(ETH, BREACH);
    let btc = Market(1);
    let theirs = new_hedge(0, false, 61_000.0, 0.1);
    expect_error!(s.f.hedge(s.provider, s.writer, btc, theirs), PlimsollError::IsolatedUnderlying);
    // Nor does one of another underlying help anybody else.
    let mut other = written(
        &Setup { markets: vec![MarketSetup::default(), MarketSetup::new("BTC", 60_000.0)], ..Setup::lite() },
        MarginMode::Cross,
    );
    other.f.set_price(ETH, BREACH);
    expect_error!(other.f.hedge(other.provider, other.writer, btc, theirs), PlimsollError::HedgeWithoutUse);
    s.f.hedge(s.provider, s.writer, ETH, s.call.hedge(0.4)).unwrap();
}

#[test]
fn accounts_and_markets_of_another_exchange_are_refused() {
    let mut s = breached();
    s.f.deposit_token(s.provider, SOL, 1_000_000_000).unwrap();
    let foreign = Foreign::new(&mut s.f);
    expect_error!(s.f.hedge(foreign.trader, s.writer, ETH, s.call.hedge(0.4)), PlimsollError::WrongExchange);
    expect_error!(s.f.hedge(s.provider, foreign.trader, ETH, s.call.hedge(0.4)), PlimsollError::WrongExchange);
    let hedge = s.f.hedge_instruction(s.provider, s.writer, ETH, s.call.hedge(0.4));
    let market = s.f.market_key(foreign.market);
    let elsewhere = replaced(hedge.clone(), s.f.exchange, foreign.exchange);
    expect_error!(s.f.send_as(elsewhere, &["provider"]), PlimsollError::WrongExchange);
    let with_theirs = with(replaced(hedge.clone(), s.f.market_key(ETH), market), &[s.f.market_key(ETH)]);
    expect_error!(s.f.send_as(with_theirs, &["provider"]), PlimsollError::WrongExchange);
    for key in [s.f.exchange, s.f.quote_mint, s.f.oracle_address(ETH), s.f.margin_key(foreign.trader)] {
        expect_error!(s.f.send_as(with(hedge.clone(), &[key]), &["provider"]), PlimsollError::UnexpectedAccount);
    }
    // Collateral of the provider is not valued without its price.
    let missing = without(hedge, s.f.token_key(SOL));
    expect_error!(s.f.send_as(missing, &["provider"]), PlimsollError::MarketMissing);
    let swapped = accounts::Hedge {
        provider_authority: key("provider").pubkey(),
        exchange: s.f.exchange,
        underlying: s.f.token_key(SOL),
        provider: s.f.margin_key(s.provider),
        liquidatee: s.f.margin_key(s.writer),
    };
    let swapped = instruction(swapped, data::Hedge { args: s.call.hedge(0.4) }, &[s.f.market_key(ETH)]);
    expect_error!(s.f.send_as(swapped, &["provider"]), ErrorCode::AccountDiscriminatorMismatch);
}
