//! `update_volatility`.

use super::kit::{forged, unsigned};
use crate::chain::Receipt;
use crate::fixture::{instruction, key, q40, Events, DAY, HOUR, MINUTE, START};
use crate::{expect_error, Failure, Fixture, Market, Setup};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::VolatilityUpdated;
use plimsoll::instructions::VolatilityArgs;
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::math::ln_ratio_q40;
use solana_instruction::Instruction;
use solana_signer::Signer;

const MARKET: Market = Market(0);
const ONE: i64 = 1 << 40;

/// Volatilities between 5 % and 500 %, forwards within 20 % of spot; slot 1 expires after thirty days.
fn fixture() -> Fixture {
    Fixture::new(&Setup { collaterals: vec![], ..Setup::default() })
}

/// A skewed smile of 80 % around the forward.
fn smile() -> VolatilityArgs {
    VolatilityArgs {
        expiry: 1,
        a_q40: q40(0.5),
        b_q40: q40(0.4),
        rho_q40: q40(-0.3),
        m_q40: q40(0.05),
        s_q40: q40(0.3),
        forward_ratio_q40: q40(1.01),
        rate_e9: 40_000_000,
        confidence_e9: 1_000_000_000,
    }
}

fn flat(vol: f64) -> VolatilityArgs {
    VolatilityArgs { a_q40: q40(vol * vol), b_q40: 0, rho_q40: 0, m_q40: 0, s_q40: q40(0.1), ..smile() }
}

fn update(f: &Fixture, signer: &str, args: VolatilityArgs) -> Instruction {
    let accounts = accounts::UpdateVolatility { publisher: key(signer).pubkey(), underlying: f.market_key(MARKET) };
    instruction(accounts, data::UpdateVolatility { args }, &[])
}

fn publish(f: &mut Fixture, args: VolatilityArgs) -> Result<Receipt, Failure> {
    let update = update(f, "publisher", args);
    f.send(&[update], &[&key("publisher")])
}

#[test]
fn update_volatility_stores_surface_forward_and_rate() {
    let mut f = fixture();
    f.advance(10);
    let args = smile();
    let event: VolatilityUpdated = publish(&mut f, args).unwrap().event();
    let state = f.market(MARKET);
    let expiry = state.expiries[1];
    let svi = expiry.svi;
    assert_eq!([svi.a_q40, svi.b_q40, svi.rho_q40], [args.a_q40, args.b_q40, args.rho_q40]);
    assert_eq!([svi.m_q40, svi.s_q40], [args.m_q40, args.s_q40]);
    assert!(svi.max_log_moneyness_q40 > 0);
    assert_eq!((expiry.forward_ratio_q40, expiry.rate_e9), (args.forward_ratio_q40, 40_000_000));
    assert_eq!(expiry.ln_forward_ratio_q40, ln_ratio_q40(args.forward_ratio_q40).unwrap());
    assert_eq!(expiry.vol_updated_at, START + 10);
    assert_eq!((event.underlying, event.expiry), (f.market_key(MARKET), 1));
    assert_eq!((event.forward_ratio_q40, event.rate_e9), (args.forward_ratio_q40, 40_000_000));
    // σ²(0) = 0.5 + 0.4·(0.3·0.05 + √(0.05² + 0.3²)) = 0.627655…
    let atm = event.atm_vol_q40 as f64 / ONE as f64;
    assert!((atm - 0.792_247_3).abs() < 1e-6, "{atm}");
    // The other expiry keeps what it had.
    assert_eq!((state.expiries[0].vol_updated_at, state.expiries[0].svi.b_q40), (START, 0));
}

#[test]
fn update_volatility_accepts_the_ends_of_every_range() {
    let mut f = fixture();
    // As little as possible before it, so that only its own bounds count.
    publish(&mut f, VolatilityArgs { expiry: 0, ..flat(0.0501) }).unwrap();
    let widest = ONE / 5;
    let mut steepest = smile();
    (steepest.rho_q40, steepest.b_q40) = (ONE - 1, q40(0.1));
    let accepted = [
        flat(0.0501),
        flat(5.0),
        VolatilityArgs { forward_ratio_q40: ONE + widest, ..smile() },
        VolatilityArgs { forward_ratio_q40: ONE - widest, ..smile() },
        VolatilityArgs { rate_e9: 0, ..smile() },
        VolatilityArgs { rate_e9: 1_000_000_000, ..smile() },
        VolatilityArgs { a_q40: -q40(0.01), b_q40: q40(0.4), rho_q40: 0, ..smile() },
        VolatilityArgs { m_q40: 4 * ONE, b_q40: q40(0.1), rho_q40: 0, ..smile() },
        VolatilityArgs { s_q40: 4 * ONE, ..smile() },
        VolatilityArgs { s_q40: 1 << 20, ..smile() },
        steepest,
    ];
    for args in accepted {
        println!("{args:?}");
        publish(&mut f, args).unwrap();
    }
}

/// Surfaces that may not be published, one fault each.
fn unlawful() -> Vec<(&'static str, VolatilityArgs)> {
    let change = |name, change: fn(&mut VolatilityArgs)| {
        let mut args = smile();
        change(&mut args);
        (name, args)
    };
    vec![
        ("below the least volatility", flat(0.0499)),
        ("above the largest volatility", flat(5.001)),
        ("no volatility", flat(0.0)),
        change("least volatility only off the forward", |a| (a.a_q40, a.m_q40) = (-q40(0.1135), 0)),
        change("largest volatility only in a wing", |a| (a.a_q40, a.b_q40) = (q40(3.0), q40(8.0))),
        change("negative variance", |a| a.a_q40 = -q40(0.2)),
        change("most negative variance", |a| a.a_q40 = i64::MIN),
        change("largest variance", |a| a.a_q40 = i64::MAX),
        change("negative slope", |a| a.b_q40 = -1),
        change("most negative slope", |a| a.b_q40 = i64::MIN),
        // Thirty days: b·τ·(1 + |ρ|) = 4 at b = 37.4.
        change("wings steeper than Lee's bound", |a| a.b_q40 = q40(40.0)),
        change("largest slope", |a| a.b_q40 = i64::MAX),
        change("correlation of one", |a| a.rho_q40 = ONE),
        change("correlation of minus one", |a| a.rho_q40 = -ONE),
        change("correlation above one", |a| a.rho_q40 = q40(1.5)),
        change("least correlation", |a| a.rho_q40 = i64::MIN),
        change("largest correlation", |a| a.rho_q40 = i64::MAX),
        change("bottom too far right", |a| a.m_q40 = 4 * ONE + 1),
        change("bottom too far left", |a| a.m_q40 = -4 * ONE - 1),
        change("bottom at the least number", |a| a.m_q40 = i64::MIN),
        change("no width", |a| a.s_q40 = 0),
        change("a kink", |a| a.s_q40 = (1 << 20) - 1),
        change("negative width", |a| a.s_q40 = -1),
        change("too wide", |a| a.s_q40 = 4 * ONE + 1),
        change("largest width", |a| a.s_q40 = i64::MAX),
        change("forward too high", |a| a.forward_ratio_q40 = ONE + ONE / 5 + 1),
        change("forward too low", |a| a.forward_ratio_q40 = ONE - ONE / 5 - 1),
        change("no forward", |a| a.forward_ratio_q40 = 0),
        change("negative forward", |a| a.forward_ratio_q40 = -ONE),
        change("least forward", |a| a.forward_ratio_q40 = i64::MIN),
        change("largest forward", |a| a.forward_ratio_q40 = i64::MAX),
        change("negative rate", |a| a.rate_e9 = -1),
        change("rate above 100 %", |a| a.rate_e9 = 1_000_000_001),
        change("least rate", |a| a.rate_e9 = i64::MIN),
        change("largest rate", |a| a.rate_e9 = i64::MAX),
    ]
}

#[test]
fn update_volatility_refuses_surfaces_outside_their_bounds() {
    let mut f = fixture();
    for (name, args) in unlawful() {
        println!("{name}");
        expect_error!(publish(&mut f, args), PlimsollError::VolatilityOutOfBounds);
    }
}

#[test]
fn update_volatility_obeys_the_underlyings_own_bounds() {
    let mut f = fixture();
    let mut params = f.market(MARKET).params;
    (params.volatility.min_vol_q40, params.volatility.max_vol_q40) = (q40(0.7), q40(0.9));
    params.max_basis_e9 = 0;
    f.set_params(MARKET, params).unwrap();
    let at_spot = |vol| VolatilityArgs { forward_ratio_q40: ONE, ..flat(vol) };
    for vol in [0.69, 0.91] {
        expect_error!(publish(&mut f, at_spot(vol)), PlimsollError::VolatilityOutOfBounds);
    }
    let off_spot = VolatilityArgs { forward_ratio_q40: ONE + 1, ..flat(0.8) };
    expect_error!(publish(&mut f, off_spot), PlimsollError::VolatilityOutOfBounds);
    publish(&mut f, at_spot(0.8)).unwrap();
}

#[test]
fn update_volatility_refuses_unknown_and_expired_expiries() {
    let mut f = fixture();
    for expiry in [2, 15, 16, 255] {
        expect_error!(publish(&mut f, VolatilityArgs { expiry, ..smile() }), PlimsollError::ExpiryNotFound);
    }
    let args = VolatilityArgs { expiry: 0, ..flat(0.8) };
    f.set_time(START + 7 * DAY - 1);
    f.refresh();
    publish(&mut f, args).unwrap();
    f.advance(1);
    expect_error!(publish(&mut f, args), PlimsollError::SeriesExpired);
    f.advance(HOUR + MINUTE);
    expect_error!(publish(&mut f, args), PlimsollError::SeriesExpired);
    f.settle_expiry(MARKET, 0).unwrap();
    expect_error!(publish(&mut f, args), PlimsollError::SeriesExpired);
    f.remove_expiry(MARKET, 0).unwrap();
    expect_error!(publish(&mut f, args), PlimsollError::ExpiryNotFound);
}

#[test]
fn update_volatility_is_the_publishers_alone() {
    let mut f = fixture();
    for name in ["admin", "guardian", "fee recipient"] {
        expect_error!(f.send(&[update(&f, name, smile())], &[&key(name)]), PlimsollError::Unauthorized);
    }
    let unsigned = unsigned(update(&f, "publisher", smile()));
    expect_error!(f.send(&[unsigned], &[]), ErrorCode::AccountNotSigner);
    let (underlying, exchange) = (f.market_key(MARKET), f.exchange);
    let forged = forged(&mut f, &underlying);
    for (address, error) in
        [(forged, ErrorCode::AccountOwnedByWrongProgram), (exchange, ErrorCode::AccountDiscriminatorMismatch)]
    {
        let mut wrong = update(&f, "publisher", smile());
        wrong.accounts[1].pubkey = address;
        expect_error!(f.send(&[wrong], &[&key("publisher")]), error);
    }
}
