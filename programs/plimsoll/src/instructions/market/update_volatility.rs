//! `update_volatility`: a publisher publishes an expiry's surface, forward and rate, inside bounds.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::math::ln_ratio_q40;
use plimsoll_risk::pricing::surface::Svi;
use plimsoll_risk::units::{Log, Seconds, Skew, Variance, Vol, ONE_E9, ONE_Q};

use crate::constants::MAX_RATE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::VolatilityUpdated;
use crate::guards::unix_now;
use crate::state::params::SviRaw;
use crate::state::{Underlying, UnderlyingParams};

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
    let params = underlying.params;
    let expiry = underlying.expiry_mut(args.expiry)?;
    let left = expiry.expiry_ts.saturating_sub(now);
    require!(left > 0, PlimsollError::SeriesExpired);
    let surface = accepted_surface(&args, &params, Seconds::from_raw(left))?;
    let [a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40] = surface.to_raw();
    expiry.svi = SviRaw { a_q40, b_q40, rho_q40, m_q40, s_q40, max_log_moneyness_q40 };
    expiry.forward_ratio_q40 = args.forward_ratio_q40;
    expiry.ln_forward_ratio_q40 = ln_ratio_q40(args.forward_ratio_q40).or_error()?;
    expiry.rate_e9 = args.rate_e9;
    expiry.confidence_e9 = args.confidence_e9;
    expiry.vol_updated_at = now;
    emit!(VolatilityUpdated {
        underlying: ctx.accounts.underlying.key(),
        expiry: args.expiry,
        forward_ratio_q40: args.forward_ratio_q40,
        rate_e9: args.rate_e9,
        atm_vol_q40: surface.vol_at(Log::ZERO).raw(),
    });
    Ok(())
}

fn accepted_surface(args: &VolatilityArgs, params: &UnderlyingParams, tenor: Seconds) -> Result<Svi> {
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
        tenor,
    )
    .map_err(|_| PlimsollError::VolatilityOutOfBounds)?;
    let is_bounded = surface.is_within(Vol::from_raw(params.volatility.min_vol_q40), Vol::from_raw(params.volatility.max_vol_q40));
    require!(is_bounded, PlimsollError::VolatilityOutOfBounds);
    Ok(surface)
}
