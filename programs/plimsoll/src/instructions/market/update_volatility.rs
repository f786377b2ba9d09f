//! `update_volatility`: a publisher publishes an expiry's surface, forward and rate, inside bounds and without arbitrage.
//!
//! Order: as total variance may not fall from one expiry to the next at any moment, a rise is published from the latest
//! expiry to the earliest, a fall from the earliest to the latest.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::math::ln_ratio_q40;
use plimsoll_risk::pricing::surface::Svi;
use plimsoll_risk::pricing::surface_checks::is_calendar_free;
use plimsoll_risk::units::{Log, Seconds, Skew, Variance, Vol, ONE_E9, ONE_Q};

use crate::constants::MAX_RATE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::VolatilityUpdated;
use crate::guards::unix_now;
use crate::state::params::SviRaw;
use crate::state::{Expiry, Underlying, UnderlyingParams};

/// SVI in annualised form: variance per year = a + b·(ρ·(k − m) + sqrt((k − m)² + s²)), k = ln(K/F). A total-variance
/// fit w of tenor τ is published as a/τ and b/τ. Everything Q40.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct VolatilityArgs {
    pub expiry: u8,
    pub a_q40: i64,
    pub b_q40: i64,
    pub rho_q40: i64,
    pub m_q40: i64,
    pub s_q40: i64,
    /// Forward / spot, Q40.
    pub forward_ratio_q40: i64,
    /// Discount rate per year, scale 1e-9, in [0, 1].
    pub rate_e9: i64,
    /// Confidence in [0, 1], scale 1e-9: the least of those in forward, rate and volatility.
    pub confidence_e9: i64,
}

#[derive(Accounts)]
pub struct UpdateVolatility<'info> {
    pub publisher: Signer<'info>,
    #[account(mut)]
    pub underlying: AccountLoader<'info, Underlying>,
}

pub fn handler(ctx: Context<UpdateVolatility>, args: VolatilityArgs) -> Result<()> {
    let now = unix_now()?;
    let underlying = &mut ctx.accounts.underlying.load_mut()?;
    underlying.require_publisher(ctx.accounts.publisher.key)?;
    let expiry_ts = underlying.expiry(args.expiry)?.expiry_ts;
    let left = Seconds::from_raw(expiry_ts.saturating_sub(now));
    require!(left.raw() > 0, PlimsollError::SeriesExpired);
    let surface = accepted_surface(&args, &underlying.params, left)?;
    require_near_realised(&surface, underlying)?;
    require_no_calendar(&surface, underlying, expiry_ts, now)?;
    let [a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40] = surface.to_raw();
    let expiry = underlying.expiry_mut(args.expiry)?;
    expiry.svi = SviRaw { a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40 };
    expiry.forward_ratio_q40 = args.forward_ratio_q40;
    expiry.ln_forward_ratio_q40 = ln_ratio_q40(args.forward_ratio_q40).or_error()?;
    expiry.rate_e9 = args.rate_e9;
    expiry.confidence_e9 = args.confidence_e9;
    expiry.vol_updated_at = now;
    log_event!(VolatilityUpdated {
        underlying: ctx.accounts.underlying.key(),
        publisher: ctx.accounts.publisher.key(),
        expiry: args.expiry,
        forward_ratio_q40: args.forward_ratio_q40,
        rate_e9: args.rate_e9,
        confidence_e9: args.confidence_e9,
        atm_vol_q40: surface.vol_at(Log::ZERO).raw(),
    });
    Ok(())
}

/// A smile inside the underlying's own bounds that no butterfly can be earned from.
fn accepted_surface(args: &VolatilityArgs, params: &UnderlyingParams, left: Seconds) -> Result<Svi> {
    let basis = args.forward_ratio_q40.saturating_sub(ONE_Q).saturating_abs();
    let widest = mul_div(params.max_basis_e9, ONE_Q, ONE_E9, Rounding::Down).or_error()?;
    let is_in_range =
        basis <= widest && (0..=MAX_RATE_E9).contains(&args.rate_e9) && (0..=ONE_E9).contains(&args.confidence_e9);
    require!(is_in_range, PlimsollError::VolatilityOutOfBounds);
    let surface = Svi::new(
        Variance::from_raw(args.a_q40),
        Variance::from_raw(args.b_q40),
        Skew::from_raw(args.rho_q40),
        Log::from_raw(args.m_q40),
        Log::from_raw(args.s_q40),
        left,
    )
    .map_err(|_| PlimsollError::VolatilityOutOfBounds)?;
    let (least, most) = (Vol::from_raw(params.volatility.min_vol_q40), Vol::from_raw(params.volatility.max_vol_q40));
    let is_lawful = surface.is_within(least, most) && surface.is_butterfly_free(left);
    require!(is_lawful, PlimsollError::VolatilityOutOfBounds);
    Ok(surface)
}

/// Every volatility of the smile lies between two multiples of realised volatility, once that is measured.
fn require_near_realised(surface: &Svi, underlying: &Underlying) -> Result<()> {
    let realised = underlying.realised_vol();
    if realised.is_zero() {
        return Ok(());
    }
    let params = &underlying.params.volatility;
    // Rounded outwards; realised volatility is at most 100 and the multiples are as well.
    let least = mul_div(realised.raw(), params.realised_low_e9, ONE_E9, Rounding::Down).or_error()?;
    let most = mul_div(realised.raw(), params.realised_high_e9, ONE_E9, Rounding::Up).or_error()?;
    let is_near = surface.is_within(Vol::from_raw(least), Vol::from_raw(most));
    require!(is_near, PlimsollError::VolatilityOffRealised);
    Ok(())
}

/// At the forward, total variance is no less than that of the next earlier expiry and no more than that of the next later
/// one. Expiries that have passed or whose surface is missing or stale do not count.
fn require_no_calendar(surface: &Svi, underlying: &Underlying, expiry_ts: i64, now: i64) -> Result<()> {
    let at = |surface: &Svi, expiry_ts: i64| {
        (surface.variance_at(Log::ZERO), Seconds::from_raw(expiry_ts.saturating_sub(now)))
    };
    let is_fresh = |e: &&Expiry| {
        let age = now.saturating_sub(e.vol_updated_at);
        e.is_live_at(now) && e.has_surface() && age <= underlying.params.volatility.max_age_secs
    };
    let fresh = || underlying.expiries.iter().filter(is_fresh);
    let earlier = fresh().filter(|e| e.expiry_ts < expiry_ts).max_by_key(|e| e.expiry_ts);
    let later = fresh().filter(|e| e.expiry_ts > expiry_ts).min_by_key(|e| e.expiry_ts);
    let ours = at(surface, expiry_ts);
    let is_above = earlier.is_none_or(|e| is_calendar_free(at(&e.surface(), e.expiry_ts), ours));
    let is_below = later.is_none_or(|e| is_calendar_free(ours, at(&e.surface(), e.expiry_ts)));
    require!(is_above && is_below, PlimsollError::CalendarArbitrage);
    Ok(())
}
