//! `set_scenarios`, and what an account in portfolio mode needs of it; the underlying of a collateral.

use super::kit::{empty, forged, second_exchange, unsigned};
use super::set_portfolio_params::add_bare_market;
use crate::fixture::{instruction, key, scenario_args, Events, ExpirySetup, DAY};
use crate::{expect_error, usd, Fixture, Market, MarketSetup, Setup, Token};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{CollateralChanged, PortfolioChanged};
use plimsoll::instruction as data;
use plimsoll::state::{MarginMode, PortfolioParamsRaw, ScenarioArgs, ScenarioRaw, VolMove};
use plimsoll_risk::margin::portfolio::{GridTable, Scenario, VolDirection, P2T_SCENARIOS};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::units::Ratio;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const MARKET: Market = Market(0);
const SOL: Token = Token(0);

/// One underlying without expiries, with the parameters and the grid "P2T".
fn fixture() -> Fixture {
    let market = MarketSetup { expiries: vec![], ..MarketSetup::default() };
    Fixture::new(&Setup { markets: vec![market], ..Setup { backend: crate::chain::Backend::Lite, ..empty() } })
}

fn move_of(millionths: i32, vol: VolDirection, weight: i32) -> Scenario {
    let ratio = Ratio::from_millionths;
    Scenario { spot: ratio(millionths), vol, weight: ratio(weight) }
}

/// As many scenarios as there is room for, all different.
fn forty() -> Vec<Scenario> {
    use VolDirection::{Down, None, Up};
    (0..40).map(|n| move_of(2_030_000 - 50_000 * n, [Up, None, Down][n as usize % 3], 1_000_000 - n)).collect()
}

fn set(f: &Fixture, scenarios: Vec<ScenarioArgs>) -> Instruction {
    instruction(f.set_underlying_accounts(MARKET), data::SetScenarios { scenarios }, &[])
}

/// A lawful grid with one scenario changed.
fn with(change: impl FnOnce(&mut ScenarioArgs)) -> Vec<ScenarioArgs> {
    let mut scenarios: Vec<_> = P2T_SCENARIOS.iter().map(scenario_args).collect();
    change(&mut scenarios[5]);
    scenarios
}

#[test]
fn set_scenarios_stores_every_scenario_in_order_and_the_table_of_points() {
    let mut f = fixture();
    let before = f.market(MARKET);
    let event: PortfolioChanged = f.set_scenarios(MARKET, &forty()).unwrap().event();
    assert_eq!((event.underlying, event.scenario_count, event.is_set), (f.market_key(MARKET), 40, true));
    assert_eq!(event.params, PortfolioParamsRaw::from(&PortfolioParams::P2T));
    let stored = f.market(MARKET);
    let kept = &stored.portfolio;
    for (scenario, raw) in forty().iter().zip(&kept.scenarios) {
        let vol = match scenario.vol {
            VolDirection::Up => ScenarioRaw::UP,
            VolDirection::Down => ScenarioRaw::DOWN,
            VolDirection::None => ScenarioRaw::NONE,
        };
        let expected =
            ScenarioRaw { spot_e9: scenario.spot.raw(), weight_e9: scenario.weight.raw(), vol, padding: [0; 7] };
        assert_eq!(*raw, expected);
    }
    let table = GridTable::new(&forty(), &PortfolioParams::P2T).unwrap();
    assert_eq!((kept.logs_q60, kept.factors_q30), (table.logs, table.factors));
    assert_eq!((kept.weights_q31, kept.points, kept.scenario_count), (table.weights, table.scenarios, 40));
    let shape = (kept.ups, kept.downs, kept.count, kept.mark, kept.basis_up, kept.basis_down);
    assert_eq!(shape, (14, 13, 43, table.shape.mark, table.shape.basis_up, table.shape.basis_down));
    let mut expected = before;
    expected.portfolio = stored.portfolio;
    // Risk arrays of before are outdated.
    expected.arrays_generation += 1;
    assert_eq!(bytemuck::bytes_of(&*stored), bytemuck::bytes_of(&*expected), "nothing but the portfolio has changed");
}

#[test]
fn set_scenarios_leaves_nothing_behind_a_shorter_grid() {
    let mut f = fixture();
    f.set_scenarios(MARKET, &forty()).unwrap();
    let up = |spot, weight| move_of(spot, VolDirection::Up, weight);
    let few = [up(1_200_000, 1_000_000), move_of(50_000, VolDirection::Down, 1), up(800_000, 500_000)];
    let event: PortfolioChanged = f.set_scenarios(MARKET, &few).unwrap().event();
    assert_eq!((event.scenario_count, event.is_set), (3, true));
    let kept = f.market(MARKET).portfolio;
    assert!(kept.scenarios[3..].iter().all(|rest| bytemuck::bytes_of(rest).iter().all(|byte| *byte == 0)));
    // Two up, one down, and the mark between both moves of the basis.
    assert_eq!((kept.ups, kept.downs, kept.count), (2, 1, 6));
    assert!(kept.points[6..].iter().all(|number| *number == 255) && kept.weights_q31[6..].iter().all(|w| *w == 0));
}

#[test]
fn set_scenarios_refuses_none_too_many_and_a_grid_that_hardly_looks_one_way() {
    let mut f = fixture();
    let up = move_of(1_100_000, VolDirection::Up, 1_000_000);
    let down = move_of(900_000, VolDirection::Up, 1_000_000);
    let still = move_of(1_000_000, VolDirection::Up, 1_000_000);
    let weightless = |scenario: Scenario| Scenario { weight: Ratio::ZERO, ..scenario };
    let mut many = forty();
    many.push(still);
    for grid in [
        vec![],
        many,
        vec![up],
        vec![down, still],
        vec![still],
        vec![up, weightless(down)],
        vec![weightless(up), down],
        // Less than 5 %, less than half of the loss, and volatility that does not rise with it.
        vec![move_of(1_049_999, VolDirection::Up, 1_000_000), down],
        vec![up, move_of(950_001, VolDirection::Up, 1_000_000)],
        vec![up, move_of(900_000, VolDirection::Up, 499_999)],
        vec![move_of(1_100_000, VolDirection::None, 1_000_000), down],
        vec![up, move_of(900_000, VolDirection::Down, 1_000_000)],
    ] {
        expect_error!(f.set_scenarios(MARKET, &grid), PlimsollError::ScenarioGrid);
    }
    assert_eq!(f.market(MARKET).portfolio.scenario_count, 29);
    f.set_scenarios(MARKET, &[up, down]).unwrap();
    let least = |spot| move_of(spot, VolDirection::Up, 500_000);
    f.set_scenarios(MARKET, &[least(1_050_000), least(950_000)]).unwrap();
}

#[test]
fn set_scenarios_refuses_factors_and_weights_outside_their_limits() {
    let mut f = fixture();
    let mut grids = vec![];
    for spot_e9 in [0, -1, 49_999_999, 6_000_000_001, i64::MIN, i64::MAX] {
        grids.push(with(|scenario| scenario.spot_e9 = spot_e9));
    }
    for weight_e9 in [-1, 1_000_000_001, i64::MIN, i64::MAX] {
        grids.push(with(|scenario| scenario.weight_e9 = weight_e9));
    }
    for grid in grids {
        let refused = set(&f, grid);
        expect_error!(f.send(&[refused], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
    for (spot_e9, weight_e9) in [(50_000_000, 0), (6_000_000_000, 1_000_000_000)] {
        let lawful = set(&f, with(|s| *s = ScenarioArgs { spot_e9, weight_e9, vol: VolMove::Down }));
        f.send(&[lawful], &[&key("admin")]).unwrap();
        let kept = f.market(MARKET).portfolio.scenarios[5];
        assert_eq!((kept.spot_e9, kept.weight_e9, kept.vol), (spot_e9, weight_e9, ScenarioRaw::DOWN));
    }
    // A direction the program does not know does not even arrive.
    let mut unknown = set(&f, with(|_| {}));
    *unknown.data.last_mut().unwrap() = 3;
    expect_error!(f.send(&[unknown], &[&key("admin")]), ErrorCode::InstructionDidNotDeserialize);
}

#[test]
fn set_scenarios_is_the_own_exchanges_admins_alone() {
    let mut f = fixture();
    let (other, other_exchange) = second_exchange(&mut f);
    for name in ["guardian", "publisher", "forecaster", "other admin"] {
        let mut theirs = set(&f, with(|_| {}));
        theirs.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[theirs], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let mut theirs = set(&f, with(|_| {}));
    (theirs.accounts[0].pubkey, theirs.accounts[1].pubkey) = (other.pubkey(), other_exchange);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(set(&f, with(|_| {})))], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(MARKET);
    let mut spoofed = set(&f, with(|_| {}));
    spoofed.accounts[2].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
}

#[test]
fn a_portfolio_account_waits_for_parameters_and_grid_and_the_others_do_not() {
    let mut f = fixture();
    let market = add_bare_market(&mut f, "BARE");
    f.add_expiry(market, &ExpirySetup::after(7 * DAY));
    let call = f.call(market, 0, 1_500.0);
    let maker = f.trader("maker", 100_000.0);
    let cross = f.trader("cross", 10_000.0);
    let alone = f.trader_in("alone", MarginMode::Isolated, 10_000.0);
    let portfolio = f.trader_in("portfolio", MarginMode::Portfolio, 10_000.0);
    for trader in [cross, alone] {
        f.trade(trader, maker, call, -1.0, 66.0).unwrap();
    }
    let refused = |f: &mut Fixture| {
        expect_error!(f.trade(portfolio, maker, call, -1.0, 66.0), PlimsollError::ScenarioGrid);
        expect_error!(f.trade(maker, portfolio, call, 1.0, 66.0), PlimsollError::ScenarioGrid);
        expect_error!(f.trade(portfolio, maker, call, 1.0, 66.0), PlimsollError::ScenarioGrid);
    };
    refused(&mut f);
    f.set_scenarios(market, &P2T_SCENARIOS).unwrap();
    assert!(!f.market(market).portfolio.is_set());
    refused(&mut f);
    // Nor does it take over what it could not hold.
    f.withdraw(cross, usd(9_750.0) as u64).unwrap();
    f.set_price(market, 1_800.0);
    expect_error!(f.liquidate(portfolio, cross), PlimsollError::ScenarioGrid);
    f.set_portfolio_params(market, &PortfolioParams::P2T).unwrap();
    f.liquidate(portfolio, cross).unwrap();
    f.trade(portfolio, maker, call, -0.1, 310.0).unwrap();
    assert!(f.check_health(portfolio).underlyings[0].scenarios.is_some());
}

#[test]
fn a_collateral_moves_with_the_scenarios_of_the_underlying_it_names() {
    let mut f = Fixture::new(&Setup::lite());
    let (holder, maker) = (f.open_account("holder", MarginMode::Portfolio), f.trader("maker", 100_000.0));
    f.deposit(holder, usd(1_000.0) as u64).unwrap();
    f.deposit_token(holder, SOL, 20_000_000_000).unwrap();
    let call = f.call(MARKET, 0, 1_500.0);
    f.trade(holder, maker, call, 0.000_001, 66.0).unwrap();
    let apart = f.check_health(holder);
    let before = f.collateral(SOL);
    assert_eq!(before.underlying, Pubkey::default());
    let underlying = f.market_key(MARKET);
    let event: CollateralChanged = f.set_collateral_underlying(SOL, underlying).unwrap().event();
    assert_eq!((event.collateral, event.underlying), (f.token_key(SOL), underlying));
    let expected = plimsoll::state::Collateral { underlying, ..before };
    assert_eq!(bytemuck::bytes_of(&f.collateral(SOL)), bytemuck::bytes_of(&expected), "nothing else has changed");
    // 3 000 USD fall by 18 %: IM asks for all of it on top of its haircut, MM for 80 %.
    let moving = f.check_health(holder);
    assert_eq!(moving.equity_atoms, apart.equity_atoms);
    assert!((apart.initial_atoms - moving.initial_atoms - usd(540.0)).abs() < 100, "{apart:?} {moving:?}");
    assert!((apart.maintenance_atoms - moving.maintenance_atoms - usd(432.0)).abs() < 100, "{apart:?} {moving:?}");
    assert_eq!(moving.underlyings[0].scenarios.unwrap().worst, 1);
    // And back.
    let event: CollateralChanged = f.set_collateral_underlying(SOL, Pubkey::default()).unwrap().event();
    assert_eq!(event.underlying, Pubkey::default());
    assert_eq!(f.check_health(holder), apart);
}
