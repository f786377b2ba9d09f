//! Worst payoff of one expiry: a piecewise linear function of the settlement price, so its minimum over prices from
//! zero up lies at zero, at a strike, or (with more short than long calls) at infinity, which is charged separately.

use crate::fixed::mul_wide;
use crate::margin::cross::Leg;
use crate::margin::MAX_LEGS;
use crate::pricing::black76::OptionKind;
use crate::units::{Contracts, Exact};

/// What one expiry can lose at most, apart from unpaired short calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaxLoss {
    /// Least payoff at zero and at every strike, never above 0. Exact.
    pub worst_payoff: Exact,
    /// Calls net of each other, + long.
    pub net_calls: Contracts,
}

/// Least payoff of the legs over settlement prices 0 and every strike, in one sweep over the sorted strikes.
///
/// At price 0 the payoff is Σ puts q·K; between neighbouring strikes it moves with the slope
/// Σ calls at or below q − Σ puts above q.
///
/// # Invariants
/// At most [`MAX_LEGS`] legs (further ones would be passed over: the caller checks), sizes within
/// [`Contracts::MAX`]: sums of 64 stay below 2^57, and below 2^124 once multiplied by prices.
pub fn max_loss(legs: &[Leg]) -> MaxLoss {
    let mut order = [0u8; MAX_LEGS];
    let order = sort_by_strike(legs, &mut order);

    let mut payoff: i128 = 0;
    let mut slope: i64 = 0;
    let mut net_calls: i64 = 0;
    for leg in legs {
        match leg.kind {
            OptionKind::Put => {
                payoff = payoff.wrapping_add(leg.strike.price.times(leg.size).raw());
                slope = slope.wrapping_sub(leg.size.raw());
            }
            OptionKind::Call => net_calls = net_calls.wrapping_add(leg.size.raw()),
        }
    }

    let mut worst = payoff.min(0);
    let mut at: i64 = 0;
    for &index in order {
        let Some(leg) = legs.get(index as usize) else { continue };
        let strike = leg.strike.price.raw();
        if strike != at {
            payoff = payoff.wrapping_add(mul_wide(slope, strike.wrapping_sub(at)));
            worst = worst.min(payoff);
            at = strike;
        }
        // A put at this strike stops paying, a call starts: both add their size to the slope.
        slope = slope.wrapping_add(leg.size.raw());
    }
    MaxLoss { worst_payoff: Exact::from_raw(worst), net_calls: Contracts::from_raw(net_calls) }
}

/// Insertion sort of the legs' indices: accounts keep their legs nearly sorted, and 64 is small.
fn sort_by_strike<'a>(legs: &[Leg], order: &'a mut [u8; MAX_LEGS]) -> &'a [u8] {
    let strike_of = |index: u8| legs.get(index as usize).map_or(0, |leg| leg.strike.price.raw());
    let mut sorted = 0usize;
    for leg in legs.iter().take(MAX_LEGS) {
        let strike = leg.strike.price.raw();
        let mut hole = sorted;
        while let Some(before) = hole.checked_sub(1) {
            let Some(&index) = order.get(before) else { break };
            if strike_of(index) <= strike {
                break;
            }
            if let Some(slot) = order.get_mut(hole) {
                *slot = index;
            }
            hole = before;
        }
        if let Some(slot) = order.get_mut(hole) {
            *slot = sorted as u8;
        }
        sorted = sorted.wrapping_add(1);
    }
    order.get(..sorted).unwrap_or_default()
}
