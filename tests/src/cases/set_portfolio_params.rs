//! `set_portfolio_params`.

use super::kit::{empty, forged, second_exchange, unsigned};
use crate::fixture::{instruction, key, Events, OracleSetup};
use crate::{expect_error, Fixture, Market, MarketSetup, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::PortfolioChanged;
use plimsoll::instruction as data;
use plimsoll::state::{PortfolioParamsRaw, SkewParamsRaw};
use plimsoll_risk::margin::portfolio::{GridTable, P2T_SCENARIOS};
use plimsoll_risk::params::PortfolioParams;
use solana_instruction::Instruction;
use solana_signer::Signer;

const MARKET: Market = Market(0);

/// One underlying without expiries.
fn fixture() -> Fixture {
    let market = MarketSetup { expiries: vec![], ..MarketSetup::default() };
    Fixture::new(&Setup { markets: vec![market], ..Setup { backend: crate::chain::Backend::Lite, ..empty() } })
}

/// An underlying with a price, but neither parameters nor grid.
pub fn add_bare_market(f: &mut Fixture, symbol: &'static str) -> Market {
    let oracle = OracleSetup::at(1_500.0);
    let args = f.create_args(symbol, MarketSetup::default().params, f.oracle_config(symbol, &oracle));
    let (address, created) = f.create_underlying(symbol, args);
    created.unwrap();
    let market = f.adopt_market_as(symbol, address, &oracle);
    f.update_price(market).unwrap();
    market
}

fn p2t() -> PortfolioParamsRaw {
    PortfolioParamsRaw::from(&PortfolioParams::P2T)
}

/// Lawful parameters, each another number than any other, so that no two can be mixed up.
fn different() -> PortfolioParamsRaw {
    PortfolioParamsRaw {
        range_up_e9: 600_000_001,
        range_down_e9: 300_000_002,
        short_power_e9: 310_000_003,
        long_power_e9: 140_000_004,
        min_vol_up_e9: 460_000_005,
        mm_factor_e9: 810_000_006,
        im_factor_e9: 1_010_000_007,
        short_mult_e9: 510_000_008,
        long_mult_e9: 1_020_000_009,
        short_add_e9: 80_000_010,
        long_add_e9: 90_000_011,
        long_base_e9: 950_000_012,
        short_base_e9: 1_040_000_013,
        basis_up_e9: 1_045_000_014,
        basis_down_e9: 955_000_015,
        basis_add_e9: 500_000_016,
        basis_mult_e9: 2_000_000_017,
        peg_threshold_e9: 980_000_018,
        peg_factor_e9: 2_000_000_019,
        confidence_threshold_e9: 550_000_020,
        confidence_factor_e9: 1_000_000_021,
        mm_option_e9: 3_000_022,
        im_option_e9: 2_000_023,
        tenor_floor_secs: 86_424,
        skew_linear: SkewParamsRaw { weight_e9: 900_000_025, base_cap_e9: 150_000_026, cap_slope_e9: -50_000_027 },
        skew_absolute: SkewParamsRaw { weight_e9: 800_000_028, base_cap_e9: 160_000_029, cap_slope_e9: 50_000_030 },
        min_kstar_e9: 10_000_031,
        width_scale_e9: 4_000_000_032,
        vol_static_e9: 600_000_033,
        vol_scale_e9: -100_000_034,
        es_weight_e9: 100_000_035,
        es_mass_e9: 50_000_036,
        gamma_charge_e9: 37,
        gamma_move_e9: 100_000_038,
        vega_charge_e9: 39,
        vega_move_e9: 100_000_040,
        realised_mult_e9: 1_000_000_041,
        depth_atoms: 1_000_000_042,
        es_source: PortfolioParamsRaw::ES_HISTORY,
    }
}

fn set(f: &Fixture, params: PortfolioParamsRaw) -> Instruction {
    instruction(f.set_underlying_accounts(MARKET), data::SetPortfolioParams { params }, &[])
}

#[test]
fn set_portfolio_params_stores_every_field_and_builds_the_grid_anew() {
    let mut f = fixture();
    let before = f.market(MARKET);
    let event: PortfolioChanged = f.send(&[set(&f, different())], &[&key("admin")]).unwrap().event();
    assert_eq!((event.underlying, event.params), (f.market_key(MARKET), different()));
    assert_eq!((event.scenario_count, event.is_set), (29, true));
    let stored = f.market(MARKET);
    assert_eq!(stored.portfolio.params, different());
    // The risk crate sees the same numbers, each in its place.
    let params = different().validated().unwrap();
    assert_eq!(PortfolioParamsRaw::from(&params), different());
    // Both basis moves are points of their own now.
    let table = GridTable::new(&P2T_SCENARIOS, &params).unwrap();
    let kept = &stored.portfolio;
    assert_eq!((kept.count, kept.basis_up, kept.basis_down), (31, table.shape.basis_up, table.shape.basis_down));
    assert_eq!((kept.logs_q60, kept.factors_q30), (table.logs, table.factors));
    assert_eq!((kept.weights_q31, kept.points), (table.weights, table.scenarios));
    // Nothing else has changed, but that risk arrays of before are those of another grid.
    assert_eq!(stored.portfolio.scenarios, before.portfolio.scenarios);
    let mut expected = before;
    expected.portfolio = stored.portfolio;
    // Risk arrays of before are outdated.
    expected.arrays_generation += 1;
    assert_eq!(bytemuck::bytes_of(&*stored), bytemuck::bytes_of(&*expected));
}

#[test]
fn set_portfolio_params_alone_opens_no_market() {
    let mut f = fixture();
    let market = add_bare_market(&mut f, "BARE");
    assert!(!f.market(market).portfolio.is_set());
    let event: PortfolioChanged = f.set_portfolio_params(market, &PortfolioParams::P2T).unwrap().event();
    assert_eq!((event.scenario_count, event.is_set), (0, false));
    assert!(!f.market(market).portfolio.is_set());
    let event: PortfolioChanged = f.set_scenarios(market, &P2T_SCENARIOS).unwrap().event();
    assert_eq!((event.scenario_count, event.is_set, event.params), (29, true, p2t()));
    assert!(f.market(market).portfolio.is_set());
}

type Fault = (&'static str, fn(&mut PortfolioParamsRaw));

/// One fault each: every field below and above its limits, at the end of its type, and at odds with another.
const FAULTS: &[Fault] = &[
    ("range_up", |p| p.range_up_e9 = 5_000_000_001),
    ("range_up", |p| p.range_up_e9 = -1),
    ("range_down", |p| p.range_down_e9 = 1_000_000_001),
    ("range_down", |p| p.range_down_e9 = i64::MIN),
    ("short_power", |p| p.short_power_e9 = 1_000_000_001),
    ("short_power", |p| p.short_power_e9 = -1),
    ("long_power", |p| p.long_power_e9 = 1_000_000_001),
    ("long_power", |p| p.long_power_e9 = -1),
    ("min_vol_up", |p| p.min_vol_up_e9 = 3_000_000_001),
    ("min_vol_up", |p| p.min_vol_up_e9 = -1),
    ("mm_factor", |p| p.mm_factor_e9 = p.im_factor_e9 + 1),
    ("mm_factor", |p| p.mm_factor_e9 = 99_999_999),
    ("im_factor", |p| p.im_factor_e9 = 5_000_000_001),
    ("im_factor", |p| p.im_factor_e9 = 0),
    ("short_mult", |p| p.short_mult_e9 = 2_000_000_001),
    ("short_mult", |p| p.short_mult_e9 = -1),
    ("long_mult", |p| p.long_mult_e9 = 2_000_000_001),
    ("long_mult", |p| p.long_mult_e9 = -1),
    ("short_add", |p| p.short_add_e9 = 1_000_000_001),
    ("short_add", |p| p.short_add_e9 = -1),
    ("long_add", |p| p.long_add_e9 = 1_000_000_001),
    ("long_add", |p| p.long_add_e9 = -1),
    ("long_base", |p| p.long_base_e9 = 1_000_000_001),
    ("long_base", |p| p.long_base_e9 = 499_999_999),
    ("short_base", |p| p.short_base_e9 = 999_999_999),
    ("short_base", |p| p.short_base_e9 = 2_000_000_001),
    ("basis_up", |p| p.basis_up_e9 = 999_999_999),
    ("basis_up", |p| p.basis_up_e9 = 1_500_000_001),
    ("basis_down", |p| p.basis_down_e9 = 1_000_000_001),
    ("basis_down", |p| p.basis_down_e9 = 499_999_999),
    ("basis_add", |p| p.basis_add_e9 = 2_000_000_001),
    ("basis_add", |p| p.basis_add_e9 = -1),
    ("basis_mult", |p| p.basis_mult_e9 = 4_000_000_001),
    ("basis_mult", |p| p.basis_mult_e9 = -1),
    ("peg_threshold", |p| p.peg_threshold_e9 = 1_000_000_001),
    ("peg_threshold", |p| p.peg_threshold_e9 = -1),
    ("peg_factor", |p| p.peg_factor_e9 = 20_000_000_001),
    ("peg_factor", |p| p.peg_factor_e9 = -1),
    ("confidence_threshold", |p| p.confidence_threshold_e9 = 1_000_000_001),
    ("confidence_threshold", |p| p.confidence_threshold_e9 = -1),
    ("confidence_factor", |p| p.confidence_factor_e9 = 2_000_000_001),
    ("confidence_factor", |p| p.confidence_factor_e9 = i64::MAX),
    ("mm_option", |p| p.mm_option_e9 = 200_000_001),
    ("mm_option", |p| p.mm_option_e9 = -1),
    ("im_option", |p| p.im_option_e9 = 200_000_001),
    ("im_option", |p| p.im_option_e9 = -1),
    ("tenor_floor", |p| p.tenor_floor_secs = 3_599),
    ("tenor_floor", |p| p.tenor_floor_secs = 2_592_001),
    ("skew_linear weight", |p| p.skew_linear.weight_e9 = 1_000_000_001),
    ("skew_linear base_cap", |p| p.skew_linear.base_cap_e9 = -1),
    ("skew_linear cap_slope", |p| p.skew_linear.cap_slope_e9 = -500_000_001),
    ("skew_absolute weight", |p| p.skew_absolute.weight_e9 = -1),
    ("skew_absolute base_cap", |p| p.skew_absolute.base_cap_e9 = 1_000_000_001),
    ("skew_absolute cap_slope", |p| p.skew_absolute.cap_slope_e9 = 500_000_001),
    ("min_kstar", |p| p.min_kstar_e9 = 999_999),
    ("min_kstar", |p| p.min_kstar_e9 = 1_000_000_001),
    ("width_scale", |p| p.width_scale_e9 = 99_999_999),
    ("width_scale", |p| p.width_scale_e9 = 20_000_000_001),
    ("vol_static", |p| p.vol_static_e9 = 49_999_999),
    ("vol_static", |p| p.vol_static_e9 = 5_000_000_001),
    ("vol_scale", |p| p.vol_scale_e9 = -300_000_001),
    ("vol_scale", |p| p.vol_scale_e9 = 1_000_000_001),
    ("width of the smile", |p| (p.vol_static_e9, p.vol_scale_e9) = (141_500_000, -100_000_000)),
    ("es_weight", |p| p.es_weight_e9 = 1_000_000_001),
    ("es_weight", |p| p.es_weight_e9 = -1),
    ("es_mass", |p| p.es_mass_e9 = 0),
    ("es_mass", |p| p.es_mass_e9 = 1_000_000_001),
    ("gamma_charge", |p| p.gamma_charge_e9 = 5_000_000_001),
    ("gamma_move", |p| p.gamma_move_e9 = 1_000_000_001),
    ("vega_charge", |p| p.vega_charge_e9 = -1),
    ("vega_move", |p| p.vega_move_e9 = -1),
    ("realised_mult", |p| p.realised_mult_e9 = 5_000_000_001),
    ("depth", |p| p.depth_atoms = 999_999_999),
    ("depth", |p| p.depth_atoms = -1),
    ("depth", |p| p.depth_atoms = 1_000_000_000_000_000_001),
    ("es_source", |p| p.es_source = 2),
    ("es_source", |p| p.es_source = u64::MAX),
];

#[test]
fn set_portfolio_params_refuses_each_fault_and_changes_nothing() {
    let mut f = fixture();
    for (name, fault) in FAULTS {
        println!("{name}");
        let mut params = p2t();
        fault(&mut params);
        let refused = set(&f, params);
        expect_error!(f.send(&[refused], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
    assert_eq!(f.market(MARKET).portfolio.params, p2t());
}

#[test]
fn set_portfolio_params_is_the_own_exchanges_admins_alone() {
    let mut f = fixture();
    let (other, other_exchange) = second_exchange(&mut f);
    for name in ["guardian", "publisher", "forecaster", "other admin"] {
        let mut theirs = set(&f, p2t());
        theirs.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[theirs], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let mut theirs = set(&f, p2t());
    (theirs.accounts[0].pubkey, theirs.accounts[1].pubkey) = (other.pubkey(), other_exchange);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(set(&f, p2t()))], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(MARKET);
    let mut spoofed = set(&f, p2t());
    spoofed.accounts[2].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let mut wrong = set(&f, p2t());
    wrong.accounts[2].pubkey = f.exchange;
    expect_error!(f.send(&[wrong], &[&key("admin")]), ErrorCode::AccountDiscriminatorMismatch);
}
