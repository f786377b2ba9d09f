//! What a volatility surface that is too old may be taken for.

use crate::fixed::mul_wide;
use crate::margin::cross::Leg;
use crate::margin::MAX_LEGS;
use crate::pricing::black76::{price, ForwardCurve};
use crate::units::TotalVol;

/// Part of the notional that a gain has to exceed, its reciprocal.
const LEAST_GAIN: i128 = 100_000_000;

/// Raises the total volatility of every leg of an expiry to `floor`, unless that lifts what the expiry is worth: by more
/// than 1e-8 of its notional, for shorts far out of the money are worth the same nothing at either. Longs alone keep theirs.
///
/// All legs or none: whatever does not depend on volatility (a box, a conversion) keeps its value, nobody gains by an
/// outage, and nobody loses what a floor under single legs would take.
///
/// # Rounding
/// None: two values are compared.
pub fn raise_stale_volatility(legs: &mut [Leg], curve: &ForwardCurve, floor: TotalVol) {
    if floor.raw() <= 0 || !legs.iter().any(|leg| leg.size.is_negative()) {
        return;
    }
    let worth = |floor: TotalVol| {
        let each = legs.iter().take(MAX_LEGS);
        // 64 products below 2^111: the sum fits an i128.
        each.fold(0i128, |sum, leg| {
            sum.wrapping_add(price(leg.kind, curve, leg.strike, leg.total_vol.max(floor)).times(leg.size).raw())
        })
    };
    // Sizes within ±2^50, 64 of them times a forward below 2^60: below 2^116.
    let gross = legs.iter().take(MAX_LEGS).fold(0i64, |sum, leg| sum.wrapping_add(leg.size.raw().wrapping_abs()));
    let least_gain = mul_wide(curve.forward.raw(), gross).wrapping_div(LEAST_GAIN);
    if worth(floor) <= worth(TotalVol::ZERO).wrapping_add(least_gain) {
        for leg in legs {
            leg.total_vol = leg.total_vol.max(floor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::black76::{OptionKind, Strike};
    use crate::units::{Contracts, Discount, Price, ONE_Q};

    fn leg(kind: OptionKind, strike: u32, contracts: i32) -> Leg {
        Leg {
            kind,
            strike: Strike::new(Price::from_usd(strike)).unwrap(),
            size: Contracts::from_whole(contracts),
            total_vol: TotalVol::from_raw(ONE_Q / 10),
        }
    }

    fn vols(mut legs: Vec<Leg>) -> Vec<i64> {
        let curve = ForwardCurve::new(Price::from_usd(2_000), Discount::ONE).unwrap();
        raise_stale_volatility(&mut legs, &curve, TotalVol::from_raw(ONE_Q / 5));
        legs.iter().map(|leg| leg.total_vol.raw()).collect()
    }

    use std::vec;
    use std::vec::Vec;
    use OptionKind::{Call, Put};

    #[test]
    fn shorts_are_raised_and_longs_keep_the_last_surface() {
        assert_eq!(vols(vec![leg(Call, 2_000, -1)]), [ONE_Q / 5]);
        assert_eq!(vols(vec![leg(Call, 2_000, 1), leg(Put, 2_000, 1)]), [ONE_Q / 10; 2]);
    }

    #[test]
    fn legs_of_one_expiry_are_raised_together() {
        assert_eq!(vols(vec![leg(Call, 2_000, -2), leg(Call, 2_200, 1)]), [ONE_Q / 5; 2]);
    }

    #[test]
    fn a_box_is_worth_its_width_under_any_surface() {
        let legs = [leg(Call, 1_900, 1), leg(Call, 2_100, -1), leg(Put, 1_900, -1), leg(Put, 2_100, 1)];
        let curve = ForwardCurve::new(Price::from_usd(2_000), Discount::ONE).unwrap();
        let mut raised = legs;
        raise_stale_volatility(&mut raised, &curve, TotalVol::from_raw(ONE_Q / 5));
        let worth: i128 =
            raised.iter().map(|leg| price(leg.kind, &curve, leg.strike, leg.total_vol).times(leg.size).raw()).sum();
        assert!((worth - 200_000_000_000_000_000).abs() < 20_000_000_000, "{worth}");
    }

    #[test]
    fn shorts_far_out_of_the_money_are_raised_though_worth_nothing_at_either() {
        assert_eq!(vols(vec![leg(Call, 9_000, -1), leg(Call, 9_500, 1)]), [ONE_Q / 5; 2]);
    }

    #[test]
    fn a_spread_that_gains_by_volatility_keeps_the_last_surface() {
        assert_eq!(vols(vec![leg(Call, 2_000, 2), leg(Call, 2_600, -1)]), [ONE_Q / 10; 2]);
    }

    #[test]
    fn without_a_floor_nothing_changes() {
        let mut legs = [leg(Call, 2_000, -1)];
        let curve = ForwardCurve::new(Price::from_usd(2_000), Discount::ONE).unwrap();
        raise_stale_volatility(&mut legs, &curve, TotalVol::ZERO);
        assert_eq!(legs[0].total_vol.raw(), ONE_Q / 10);
    }
}
