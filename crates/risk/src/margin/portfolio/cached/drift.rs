//! How far the volatilities of an expiry can have moved since a refresh, while its surface stood still.

use super::super::tenor::TenorTerms;
use super::snapshot::{ExpirySnapshot, SkewSlope};
use super::Uncovered;
use crate::fixed::mul_shift;
use crate::math::leading_zeros;
use crate::pricing::black76::MIN_TOTAL_VOL;
use crate::units::{Log, ONE_Q};
use core::num::NonZeroU64;
use core::ops::BitOr;

/// Upper bounds of what a call can have changed by for each unit of min(G, K), Q31 in [0, 1], by kind of point; and how far
/// the slope of a skew scenario can be from that of the mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Drift {
    pub up: i64,
    pub down: i64,
    pub still: i64,
    pub linear: i64,
    pub absolute: i64,
    /// Q31 in [0, 1].
    pub linear_slope: i64,
    pub absolute_slope: i64,
}

/// Largest density of the normal distribution, 0.398943 in Q16, rounded up.
const DENSITY_Q16: i64 = 26_146;
/// Largest |x|·n(x) = 0.241971, Q40, rounded up.
const DENSITY_TURN: i64 = 266_050_000_000;
/// 1 in Q31.
const FULL: i64 = 1 << 31;
/// Beyond this a total volatility has moved as far as matters.
const MOST: i64 = 8 * ONE_Q;

impl Drift {
    /// Bounds between the snapshot and the terms of now. # Rounding Up.
    ///
    /// # Errors
    /// [`Uncovered::NoArray`] where a skew scenario was left out then and is not now.
    pub fn between(
        then: &ExpirySnapshot,
        log_forward: Log,
        sqrt_years: i64,
        now: &TenorTerms,
    ) -> Result<Self, Uncovered> {
        // The band has been checked: |h| < 2^35.
        let h = log_forward.raw().wrapping_sub(then.log_forward.raw()).wrapping_abs();
        let elapsed = then.sqrt_years.wrapping_sub(sqrt_years).wrapping_abs();
        let base = still(then, h, elapsed, then.sqrt_years.max(sqrt_years));
        // A volatility is at most 128, √τ at most 1.5, factors at most 2^16: products below 2^64 / 2.
        let all = up(then.steepness.most.raw(), then.sqrt_years).min(MOST << 1);
        let factored = |then: i64, now: i64| {
            let moved = up(base, now).wrapping_add(up(all, then.wrapping_sub(now).wrapping_abs()));
            rounded(moved, now)
        };
        let least_now = (now.least_up << 8) as i64;
        let floor = then.least_up.raw().wrapping_sub(least_now).wrapping_abs();
        let skewed = |then: &SkewSlope, now: &SkewSlope| -> Result<i64, Uncovered> {
            if now.cap != 0 && then.cap == 0 {
                return Err(Uncovered::NoArray);
            }
            let moved = up(base, ONE_Q.wrapping_add(now.cap.wrapping_abs()));
            let moved = moved.wrapping_add(up(all, skew_move(then, now, h)));
            // The factor itself is rounded by less than 2^-28, then and now.
            let of_factor = if moved == 0 { 0 } else { up(all, 1 << 13) };
            Ok(rounded(moved.wrapping_add(of_factor), ONE_Q.wrapping_add(now.cap.wrapping_abs())))
        };
        let (linear, absolute) = (SkewSlope::from(&now.linear), SkewSlope::from(&now.absolute));
        Ok(Self {
            up: price_of(factored(then.vol_up, now.vol_up.q40()).max(floor)),
            down: price_of(factored(then.vol_down, now.vol_down.q40())),
            still: price_of(base),
            linear: price_of(skewed(&then.linear, &linear)?),
            absolute: price_of(skewed(&then.absolute, &absolute)?),
            linear_slope: slope_apart(&then.linear, all),
            absolute_slope: slope_apart(&then.absolute, all),
        })
    }
}

/// A move with what the volatilities then and now are rounded by: to 2^-29 before the factor (Q40), to 2^-32 after it. Without
/// any move both are rounded alike.
fn rounded(moved: i64, factor: i64) -> i64 {
    match moved {
        0 => 0,
        _ => moved.wrapping_add(up(1 << 12, factor)).wrapping_add(1 << 10),
    }
}

/// a·b/2^40, rounded up, at most 2^46: a, b ≥ 0.
fn up(a: i64, b: i64) -> i64 {
    if a == 0 || b == 0 {
        return 0;
    }
    let (high, low) = crate::fixed::mul_u64(a as u64, b as u64);
    if high >> 22 != 0 {
        return 1 << 46;
    }
    ((high << 24 | low >> 40) as i64).wrapping_add(1)
}

/// a/b in Q40 for 0 ≤ a ≤ b, b > 0. # Rounding Up, to 2^-18.
fn part_up(a: i64, b: i64) -> i64 {
    // Both below 2^42 first, b still at least 2^41 if it was: a + 1 shifted by 20 stays below 2^63.
    let excess = 22u32.saturating_sub(leading_zeros(b.unsigned_abs()));
    let (a, b) = ((a >> excess).wrapping_add(1), NonZeroU64::MIN.bitor((b >> excess) as u64));
    ((((a as u64) << 20) / b).wrapping_add(1) << 20) as i64
}

/// Move of a total volatility that no scenario shocks.
fn still(then: &ExpirySnapshot, h: i64, elapsed: i64, sqrt_years: i64) -> i64 {
    if h == 0 && elapsed == 0 {
        return 0;
    }
    let steepness = &then.steepness;
    let along = up(steepness.per_log, h).wrapping_add(steepness.error);
    // Two volatilities, each rounded to nearest in Q32.
    up(along, sqrt_years).wrapping_add(up(steepness.most.raw(), elapsed)).wrapping_add(1 << 9)
}

/// How far the factor of a skew scenario can have moved, Q40.
///
/// clip(k·s, ±c) as a function of k moves by at most |Δk|·|s|; with another cap by at most |Δc|; with another slope by at
/// most |c|·|Δs|/max|s|, at the log-moneyness where the steeper reaches its cap; with another sign by both caps.
fn skew_move(then: &SkewSlope, now: &SkewSlope, h: i64) -> i64 {
    let (then_cap, now_cap) = (then.cap.wrapping_abs(), now.cap.wrapping_abs());
    let most = then_cap.wrapping_add(now_cap);
    if now.cap == 0 || then.cap.wrapping_mul(now.cap.signum()) < 0 {
        return most;
    }
    let along = up(now.slope.wrapping_abs(), h);
    let of_cap = then.cap.wrapping_sub(now.cap).wrapping_abs();
    let (then_slope, now_slope) = (then.slope.wrapping_abs(), now.slope.wrapping_abs());
    // Slopes with a cap are not 0 but for the smallest of parameters.
    let of_slope = match then_slope.wrapping_sub(now_slope).wrapping_abs() {
        0 => 0,
        apart => up(now_cap, part_up(apart, then_slope.max(now_slope))),
    };
    along.wrapping_add(of_cap).wrapping_add(of_slope).min(most)
}

/// What a move of total volatility costs a call at most, in parts of min(G, K), Q31. # Rounding Up.
///
/// Volatilities under [`MIN_TOTAL_VOL`] count as none: one of now, and one then at both ends of a slope.
fn price_of(moved: i64) -> i64 {
    if moved == 0 {
        return 0;
    }
    let q31 = (moved.wrapping_add(MIN_TOTAL_VOL.raw().wrapping_mul(3)).min(MOST) >> 9).wrapping_add(1);
    (q31.wrapping_mul(DENSITY_Q16) >> 16).wrapping_add(1).min(FULL)
}

/// How far N(d1) of a skew scenario can be from N(d1) of the mark, Q31. # Rounding Up.
///
/// ∂N(d1)/∂ln v = −d2·n(d1), at most max|x|·n(x) + v·max n(x), and |ln(1 ± c)| ≤ c/(1 − c).
fn slope_apart(skew: &SkewSlope, most_vol: i64) -> i64 {
    let cap = skew.cap.wrapping_abs();
    if cap >= ONE_Q >> 1 {
        return FULL;
    }
    let log = part_up(cap, ONE_Q.wrapping_sub(cap));
    // Volatilities below 16·2^40, 1 + c below 2.
    let vol = (most_vol << 1).min(MOST << 1);
    let turn = DENSITY_TURN.wrapping_add(up(vol, DENSITY_Q16 << 24));
    (mul_shift::<40>(log, turn) >> 9).wrapping_add(2).min(FULL)
}
