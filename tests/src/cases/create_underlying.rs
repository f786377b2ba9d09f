//! `create_underlying` and `set_underlying`.

use super::kit::{empty, forged, second_exchange, unlawful_oracles, unsigned};
use crate::fixture::{create_account, instruction, key, Events};
use crate::{expect_error, Fixture, Market, MarketSetup};
use anchor_lang::error::ErrorCode;
use plimsoll::constants::VERSION;
use plimsoll::errors::PlimsollError;
use plimsoll::events::{UnderlyingChanged, UnderlyingCreated};
use plimsoll::instructions::CreateUnderlyingArgs;
use plimsoll::state::{CrossParamsRaw, Underlying, UnderlyingParams, VolatilityParamsRaw};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const SPACE: u64 = 8 + core::mem::size_of::<Underlying>() as u64;

fn args(f: &Fixture, symbol: &str) -> CreateUnderlyingArgs {
    f.create_args(symbol, MarketSetup::default().params, f.stable.config())
}

/// Parameters that no underlying may have, one fault each.
fn unlawful_params() -> Vec<UnderlyingParams> {
    let changes: [fn(&mut UnderlyingParams); 16] = [
        |p| p.volatility.min_vol_q40 = (1 << 40) / 20 - 1,
        |p| p.volatility.min_vol_q40 = p.volatility.max_vol_q40 + 1,
        |p| p.volatility.max_vol_q40 = (5 << 40) + 1,
        |p| p.max_basis_e9 = -1,
        |p| p.max_basis_e9 = 500_000_001,
        |p| p.volatility.max_age_secs = 0,
        |p| p.volatility.max_age_secs = 86_401,
        |p| p.max_open_interest_e6 = 0,
        |p| p.max_open_interest_e6 = 1_000_000_000_000_001,
        |p| p.max_open_interest_e6 = i64::MIN,
        |p| p.max_strike_factor_e9 = 999_999_999,
        |p| p.max_strike_factor_e9 = 10_000_000_001,
        |p| p.max_strike_factor_e9 = 0,
        |p| p.volatility.max_age_secs = i64::MAX,
        |p| p.volatility.min_vol_q40 = i64::MIN,
        |p| p.volatility.max_vol_q40 = i64::MAX,
    ];
    let crosses: [fn(&mut CrossParamsRaw); 20] = [
        |c| c.max_spot_e9 = c.min_spot_e9 - 1,
        |c| c.max_spot_e9 = 1_000_000_001,
        |c| c.min_spot_e9 = 999_999,
        |c| c.min_spot_e9 = 1_000_000_001,
        |c| c.mm_call_e9 = 999_999,
        |c| c.mm_call_e9 = c.min_spot_e9 + 1,
        |c| c.mm_put_e9 = 999_999,
        |c| c.mm_put_e9 = c.min_spot_e9 + 1,
        |c| c.mm_put_mtm_e9 = -1,
        |c| c.mm_put_mtm_e9 = 1_000_000_001,
        |c| c.unpaired_im_e9 = c.unpaired_mm_e9 - 1,
        |c| c.unpaired_im_e9 = 2_000_000_001,
        |c| c.unpaired_mm_e9 = 999_999_999,
        |c| c.mm_offset_e9 = 999_999_999,
        |c| c.mm_offset_e9 = 2_000_000_001,
        |c| c.confidence_threshold_e9 = 1_000_000_001,
        |c| c.confidence_factor_e9 = 2_000_000_001,
        |c| c.peg_threshold_e9 = 1_000_000_001,
        |c| c.peg_factor_e9 = 20_000_000_001,
        |c| c.peg_factor_e9 = -1,
    ];
    let volatilities: [fn(&mut VolatilityParamsRaw); 24] = [
        |v| v.realised_low_e9 = -1,
        |v| v.realised_low_e9 = 1_000_000_001,
        |v| v.realised_high_e9 = 999_999_999,
        |v| v.realised_high_e9 = 100_000_000_001,
        |v| v.stale_mult_e9 = -1,
        |v| v.stale_mult_e9 = 5_000_000_001,
        |v| v.stale_charge_e9 = -1,
        |v| v.stale_charge_e9 = 1_000_000_001,
        |v| v.sample_secs = 59,
        |v| v.sample_secs = 86_401,
        |v| v.half_life_secs = 2 * v.sample_secs - 1,
        |v| v.half_life_secs = 2_000 * v.sample_secs + 1,
        |v| v.half_life_secs = i64::MAX,
        |v| v.min_samples = 0,
        |v| v.min_samples = 10_001,
        |v| v.max_forecast_e9 = 999_999_999,
        |v| v.max_forecast_e9 = 3_000_000_001,
        |v| v.max_forecast_step_e9 = -1,
        |v| v.max_forecast_step_e9 = 3_000_000_001,
        |v| v.forecast_interval_secs = -1,
        |v| v.forecast_interval_secs = 86_401,
        |v| v.max_forecast_secs = 0,
        |v| v.max_forecast_secs = 7 * 86_400 + 1,
        |v| v.sample_secs = i64::MAX,
    ];
    let lawful = MarketSetup::default().params;
    let volatile = volatilities.into_iter().map(|change| {
        let mut params = lawful;
        change(&mut params.volatility);
        params
    });
    let changed = changes.into_iter().map(|change| {
        let mut params = lawful;
        change(&mut params);
        params
    });
    let crossed = crosses.into_iter().map(|change| {
        let mut params = lawful;
        change(&mut params.cross);
        params
    });
    changed.chain(crossed).chain(volatile).collect()
}

/// Creates an account with this size for the program, then asks it to take it over.
fn create_sized(f: &mut Fixture, name: &str, space: u64) -> Result<crate::chain::Receipt, crate::Failure> {
    let account = key(name);
    let create = create_account(&f.payer.pubkey(), &account.pubkey(), space);
    let take = f.create_underlying_instruction(&account.pubkey(), args(f, "ETH"));
    f.send(&[create, take], &[&account, &key("admin")])
}

#[test]
fn create_underlying_writes_terms_and_price_binding() {
    let mut f = Fixture::new(&empty());
    let wanted = args(&f, "sixteen bytes it");
    let (underlying, created) = f.create_underlying("new", wanted.clone());
    let event: UnderlyingCreated = created.unwrap().event();
    assert_eq!((event.exchange, event.underlying), (f.exchange, underlying));
    assert_eq!(event.symbol, "sixteen bytes it");
    let market = f.adopt_market(underlying);
    let state = f.market(market);
    assert_eq!((state.version, state.exchange, &state.symbol), (VERSION, f.exchange, b"sixteen bytes it"));
    assert_eq!(
        (state.publishers, state.forecast_authority),
        (publishers(&wanted.publishers), wanted.forecast_authority)
    );
    assert_eq!(state.params, wanted.params);
    assert_eq!((state.price.source_count, state.price.required, state.price.index_e9), (1, 1, 0));
    assert_eq!((state.series_used, state.fees_atoms, state.settlement_atoms), (0, 0, 0));
    assert!(state.expiries.iter().all(|expiry| expiry.status == 0));
    assert!(state.series.iter().all(|series| series.status == 0));
}

#[test]
fn create_underlying_refuses_unlawful_terms() {
    let mut f = Fixture::new(&empty());
    let mut refused: Vec<CreateUnderlyingArgs> =
        ["", "seventeen bytes 7", "ääääääääX"].into_iter().map(|symbol| args(&f, symbol)).collect();
    refused.extend(unlawful_params().into_iter().map(|params| CreateUnderlyingArgs { params, ..args(&f, "ETH") }));
    refused.extend(
        unlawful_publishers().into_iter().map(|publishers| CreateUnderlyingArgs { publishers, ..args(&f, "ETH") }),
    );
    let oracles = unlawful_oracles(&f.stable.config()).into_iter();
    refused.extend(oracles.map(|(_, oracle)| CreateUnderlyingArgs { oracle, ..args(&f, "ETH") }));
    for args in refused {
        let (_, created) = f.create_underlying("refused", args.clone());
        println!("{args:?}");
        expect_error!(created, PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn create_underlying_wants_a_zeroed_account_of_its_own_and_the_right_size() {
    let mut f = Fixture::default();
    for space in [8, SPACE - 1] {
        expect_error!(create_sized(&mut f, "too small", space), ErrorCode::AccountDidNotDeserialize);
    }
    for name in ["used before", "foreign"] {
        let mut account = crate::pyth::account(vec![0; SPACE as usize], plimsoll::ID);
        if name == "foreign" {
            account.owner = key("foreign program").pubkey();
        } else {
            account.data[0] = 1;
        }
        f.chain.set_account(&key(name).pubkey(), account);
    }
    let take = f.create_underlying_instruction(&key("used before").pubkey(), args(&f, "ETH"));
    expect_error!(f.send(&[take], &[&key("admin")]), ErrorCode::ConstraintZero);
    let take = f.create_underlying_instruction(&key("foreign").pubkey(), args(&f, "ETH"));
    expect_error!(f.send(&[take], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    // One that exists already, and other accounts of the program.
    for existing in [f.market_key(Market(0)), f.exchange, f.token_key(crate::Token(0))] {
        let take = f.create_underlying_instruction(&existing, args(&f, "ETH"));
        expect_error!(f.send(&[take], &[&key("admin")]), ErrorCode::ConstraintZero);
    }
    create_sized(&mut f, "exact", SPACE).unwrap();
    let again = f.create_underlying_instruction(&key("exact").pubkey(), args(&f, "ETH"));
    expect_error!(f.send(&[again], &[&key("admin")]), ErrorCode::ConstraintZero);
}

#[test]
fn create_underlying_is_the_admins_alone() {
    let mut f = Fixture::new(&empty());
    let (other, _) = second_exchange(&mut f);
    let fresh = key("fresh");
    let create = create_account(&f.payer.pubkey(), &fresh.pubkey(), SPACE);
    f.send(&[create], &[&fresh]).unwrap();
    let take = f.create_underlying_instruction(&fresh.pubkey(), args(&f, "ETH"));
    for (name, signer) in [("guardian", key("guardian")), ("other admin", other)] {
        let mut theirs = take.clone();
        theirs.accounts[0].pubkey = key(name).pubkey();
        expect_error!(f.send(&[theirs], &[&signer]), PlimsollError::Unauthorized);
    }
    expect_error!(f.send(&[unsigned(take.clone())], &[]), ErrorCode::AccountNotSigner);
    let exchange = f.exchange;
    let mut spoofed = take;
    spoofed.accounts[1].pubkey = forged(&mut f, &exchange);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
}

/// Four keys, as stored and as given.
fn next_publishers() -> Vec<Pubkey> {
    ["north", "east", "south", "west"].map(|name| key(name).pubkey()).to_vec()
}

fn publishers(keys: &[Pubkey]) -> [Pubkey; 4] {
    core::array::from_fn(|index| keys.get(index).copied().unwrap_or_default())
}

/// Five keys, nobody's key, and one key twice.
fn unlawful_publishers() -> Vec<Vec<Pubkey>> {
    let mut five = next_publishers();
    five.push(key("centre").pubkey());
    let mut nobody = next_publishers();
    nobody[3] = Pubkey::default();
    let mut twice = next_publishers();
    twice[3] = twice[0];
    vec![five, nobody, twice, vec![Pubkey::default()]]
}

fn set(f: &Fixture, admin: &str, exchange: Pubkey, params: UnderlyingParams) -> Instruction {
    let accounts =
        accounts::SetUnderlying { admin: key(admin).pubkey(), exchange, underlying: f.market_key(Market(0)) };
    let (publishers, forecast_authority) = (next_publishers(), key("next forecaster").pubkey());
    instruction(accounts, data::SetUnderlying { params, publishers, forecast_authority }, &[])
}

#[test]
fn set_underlying_changes_parameters_and_authorities_and_nothing_else() {
    let mut f = Fixture::default();
    let mut expected = f.market(Market(0));
    expected.params.max_basis_e9 = 0;
    expected.params.max_strike_factor_e9 = 1_000_000_000;
    expected.params.volatility.max_vol_q40 = expected.params.volatility.min_vol_q40;
    expected.params.max_open_interest_e6 = 1_000_000_000_000_000;
    expected.params.cross.mm_offset_e9 = 1_000_000_000;
    (expected.publishers, expected.forecast_authority) =
        (publishers(&next_publishers()), key("next forecaster").pubkey());
    let receipt = f.send(&[set(&f, "admin", f.exchange, expected.params)], &[&key("admin")]).unwrap();
    // Risk arrays of before are outdated.
    expected.arrays_generation += 1;
    assert_eq!(bytemuck::bytes_of(&*f.market(Market(0))), bytemuck::bytes_of(&*expected));
    let event: UnderlyingChanged = receipt.event();
    assert_eq!(event.underlying, f.market_key(Market(0)));
    assert_eq!((event.publishers, event.forecast_authority), (next_publishers(), key("next forecaster").pubkey()));
}

#[test]
fn set_underlying_refuses_unlawful_parameters() {
    let mut f = Fixture::default();
    for params in unlawful_params() {
        println!("{params:?}");
        let set = set(&f, "admin", f.exchange, params);
        expect_error!(f.send(&[set], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
    let (params, forecast_authority) = (f.market(Market(0)).params, f.forecaster.pubkey());
    for publishers in unlawful_publishers() {
        let set = data::SetUnderlying { params, publishers, forecast_authority };
        let set = instruction(f.set_underlying_accounts(Market(0)), set, &[]);
        expect_error!(f.send(&[set], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
    }
}

#[test]
fn set_underlying_accepts_the_ends_of_every_range() {
    let mut f = Fixture::default();
    let changes: [fn(&mut VolatilityParamsRaw); 4] = [
        |v| {
            (v.realised_low_e9, v.realised_high_e9, v.stale_mult_e9, v.stale_charge_e9) = (0, 1_000_000_000, 0, 0);
            (v.sample_secs, v.half_life_secs, v.min_samples) = (60, 120, 1);
            (v.max_forecast_e9, v.max_forecast_step_e9) = (1_000_000_000, 0);
            (v.forecast_interval_secs, v.max_forecast_secs) = (0, 1);
        },
        |v| {
            (v.realised_low_e9, v.realised_high_e9) = (1_000_000_000, 100_000_000_000);
            (v.stale_mult_e9, v.stale_charge_e9) = (5_000_000_000, 1_000_000_000);
            (v.sample_secs, v.half_life_secs, v.min_samples) = (86_400, 86_400 * 2_000, 10_000);
            (v.max_forecast_e9, v.max_forecast_step_e9) = (3_000_000_000, 3_000_000_000);
            (v.forecast_interval_secs, v.max_forecast_secs) = (86_400, 7 * 86_400);
        },
        |v| (v.min_vol_q40, v.max_vol_q40, v.max_age_secs) = ((1 << 40) / 20, (1 << 40) / 20, 1),
        |v| (v.min_vol_q40, v.max_vol_q40, v.max_age_secs) = (5 << 40, 5 << 40, 86_400),
    ];
    for change in changes {
        let mut params = f.market(Market(0)).params;
        change(&mut params.volatility);
        f.set_params(Market(0), params).unwrap();
        assert_eq!(f.market(Market(0)).params, params);
    }
}

#[test]
fn set_underlying_is_the_own_exchanges_admins_alone() {
    let mut f = Fixture::default();
    let (params, exchange) = (MarketSetup::default().params, f.exchange);
    let (other, other_exchange) = second_exchange(&mut f);
    for name in ["guardian", "publisher"] {
        expect_error!(f.send(&[set(&f, name, exchange, params)], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let theirs = set(&f, "other admin", other_exchange, params);
    expect_error!(f.send(&[theirs], &[&other]), PlimsollError::WrongExchange);
    expect_error!(f.send(&[unsigned(set(&f, "admin", exchange, params))], &[]), ErrorCode::AccountNotSigner);
    let underlying = f.market_key(Market(0));
    let mut spoofed = set(&f, "admin", exchange, params);
    spoofed.accounts[2].pubkey = forged(&mut f, &underlying);
    expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
    let mut wrong = set(&f, "admin", exchange, params);
    wrong.accounts[2].pubkey = f.token_key(crate::Token(0));
    expect_error!(f.send(&[wrong], &[&key("admin")]), ErrorCode::AccountDiscriminatorMismatch);
}
