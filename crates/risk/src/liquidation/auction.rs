//! The Dutch auction: the longer an account is seen in breach, the less its slices cost.
//!
//! ```text
//! clock      time for which the breach was seen: what passed between two sightings, at most the largest gap that counts
//! fast leg   d falls from the first discount to the second
//! slow leg   d falls from there to 0
//! ```
//!
//! A chain knows prices only when somebody looks, so a breach that nobody saw ages no auction: neither a recovery in between nor a
//! clock that stopped makes a later slice cheap.

use crate::error::RiskError;
use crate::fixed::{mul_div, Rounding};
use crate::params::LiquidationParams;
use crate::units::{Ratio, Seconds, Value};

/// How long a breach has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuctionClock {
    /// Unix time of the first sighting; 0 while there is no auction.
    pub started_at: i64,
    /// Unix time of the last sighting.
    pub seen_at: i64,
    /// Time that counts.
    pub elapsed: Seconds,
}

impl AuctionClock {
    /// Whether the breach was seen before.
    pub const fn is_running(&self) -> bool {
        self.started_at != 0
    }

    /// Whether nobody has seen the breach for longer than the fast leg: what is seen now is another one.
    pub const fn has_lapsed(&self, now: i64, terms: &LiquidationParams) -> bool {
        now.saturating_sub(self.seen_at) > terms.fast.raw()
    }

    /// The clock after a sighting: a new one where none is running or the last has lapsed. Time never runs backwards.
    pub fn seen(&self, now: i64, terms: &LiquidationParams) -> Self {
        if !self.is_running() || self.has_lapsed(now, terms) {
            return Self { started_at: now, seen_at: now, elapsed: Seconds::ZERO };
        }
        let gap = now.saturating_sub(self.seen_at).max(0).min(terms.max_gap.raw());
        let elapsed = Seconds::from_raw(self.elapsed.raw().saturating_add(gap));
        Self { started_at: self.started_at, seen_at: self.seen_at.max(now), elapsed }
    }

    /// The clock after a sighting that speaks against it: it runs backwards, as fast as it would have run forwards.
    pub fn rewound(&self, now: i64, terms: &LiquidationParams) -> Self {
        if !self.is_running() {
            return *self;
        }
        let gap = now.saturating_sub(self.seen_at).max(0).min(terms.max_gap.raw());
        let elapsed = Seconds::from_raw(self.elapsed.raw().saturating_sub(gap).max(0));
        Self { started_at: self.started_at, seen_at: self.seen_at.max(now), elapsed }
    }

    /// Price of a slice as a part of what is for sale, at this clock.
    ///
    /// # Rounding
    /// Up, in the account's favour.
    ///
    /// # Errors
    /// None for validated parameters.
    ///
    /// # Source
    /// `docs/risk-model.md`, "Liquidation".
    pub fn discount(&self, terms: &LiquidationParams) -> Result<Ratio, RiskError> {
        let elapsed = self.elapsed.max(Seconds::ZERO);
        if elapsed < terms.fast {
            return between(terms.discount, terms.fast_discount, elapsed, terms.fast);
        }
        between(terms.fast_discount, Ratio::ZERO, elapsed.sub(terms.fast)?.min(terms.slow), terms.slow)
    }
}

/// From one price to a lower one, linear in time. # Rounding Up.
fn between(from: Ratio, to: Ratio, elapsed: Seconds, length: Seconds) -> Result<Ratio, RiskError> {
    let fallen = mul_div(from.sub(to)?.raw(), elapsed.raw(), length.raw(), Rounding::Down)?;
    from.sub(Ratio::from_raw(fallen))
}

/// What the taker of a whole insolvent account is paid: from what the account owes to its maintenance deficit, linear over
/// the length of the auction.
///
/// # Rounding
/// Down.
///
/// # Errors
/// [`RiskError::Overflow`].
///
/// # Source
/// `docs/risk-model.md`, "Liquidation".
pub fn payable_support(
    equity: Value,
    maintenance: Value,
    elapsed: Seconds,
    length: Seconds,
) -> Result<Value, RiskError> {
    let owed = equity.neg()?.max(Value::ZERO);
    let deficit = maintenance.neg()?.max(owed);
    let elapsed = elapsed.max(Seconds::ZERO).min(length);
    let more = mul_div(deficit.sub(owed)?.raw(), elapsed.raw(), length.raw(), Rounding::Down)?;
    owed.add(Value::from_raw(more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TERMS: LiquidationParams = LiquidationParams::DEFAULT;
    const NOW: i64 = 1_800_000_000;

    fn after(elapsed: i64) -> Ratio {
        AuctionClock { started_at: NOW, seen_at: NOW, elapsed: Seconds::from_raw(elapsed) }.discount(&TERMS).unwrap()
    }

    #[test]
    fn the_price_falls_over_both_legs() {
        let (fast, slow) = (TERMS.fast.raw(), TERMS.slow.raw());
        let vectors = [
            (0, 980_000_000),
            (fast / 2, 890_000_000),
            (fast, 800_000_000),
            (fast + slow / 4, 600_000_000),
            (fast + slow, 0),
            (i64::MAX, 0),
        ];
        for (elapsed, discount) in vectors {
            assert_eq!(after(elapsed).raw(), discount, "after {elapsed} s");
        }
    }

    #[test]
    fn a_breach_that_nobody_sees_ages_no_auction() {
        let first = AuctionClock::default().seen(NOW, &TERMS);
        assert_eq!(first, AuctionClock { started_at: NOW, seen_at: NOW, elapsed: Seconds::ZERO });
        let gap = TERMS.max_gap.raw();
        let soon = first.seen(NOW + gap, &TERMS);
        assert_eq!(soon.elapsed, TERMS.max_gap);
        // Nine minutes unseen count as one gap.
        let late = soon.seen(NOW + gap + 540, &TERMS);
        assert_eq!((late.started_at, late.elapsed.raw()), (NOW, 2 * gap));
        // Longer than the fast leg: another breach.
        let lapsed = late.seen(late.seen_at + TERMS.fast.raw() + 1, &TERMS);
        assert_eq!((lapsed.started_at, lapsed.elapsed), (lapsed.seen_at, Seconds::ZERO));
        // What speaks against a breach takes back what was counted.
        assert_eq!(late.rewound(late.seen_at + 30, &TERMS).elapsed.raw(), 2 * gap - 30);
        assert_eq!(late.rewound(late.seen_at + 5_000, &TERMS).elapsed.raw(), gap);
        assert_eq!(AuctionClock::default().rewound(NOW, &TERMS), AuctionClock::default());
        // A clock that is set back neither ages nor restarts it.
        let back = late.seen(NOW, &TERMS);
        assert_eq!(back, late);
    }

    #[test]
    fn a_taker_of_debt_is_paid_more_and_more() {
        let paid = |elapsed| {
            let (equity, maintenance) = (Value::from_usd(-200), Value::from_usd(-1_000));
            payable_support(equity, maintenance, Seconds::from_raw(elapsed), Seconds::from_raw(100)).unwrap()
        };
        assert_eq!([0, 50, 100, 101].map(paid), [200, 600, 1_000, 1_000].map(Value::from_usd));
        // A solvent account owes nothing at first.
        let solvent = payable_support(Value::from_usd(5), Value::from_usd(-10), Seconds::ZERO, Seconds::from_raw(9));
        assert_eq!(solvent, Ok(Value::ZERO));
    }

    proptest! {
        #[test]
        fn law_the_price_never_rises_and_is_one_that_the_terms_allow(a in 0i64..20_000, b in 0i64..20_000) {
            let (early, late) = (after(a.min(b)), after(a.max(b)));
            prop_assert!(late <= early && early <= TERMS.discount && !late.is_negative());
        }

        #[test]
        fn law_an_auction_ages_no_faster_than_time_and_no_slower_than_it_is_seen(
            steps in prop::collection::vec(0i64..1_000, 1..50),
        ) {
            let (mut clock, mut now, mut counted) = (AuctionClock::default().seen(NOW, &TERMS), NOW, 0);
            for step in steps {
                now += step;
                let lapsed = clock.has_lapsed(now, &TERMS);
                clock = clock.seen(now, &TERMS);
                counted = if lapsed { 0 } else { counted + step.min(TERMS.max_gap.raw()) };
                prop_assert_eq!(clock.elapsed.raw(), counted);
                prop_assert!(clock.elapsed.raw() <= now - clock.started_at);
            }
        }
    }
}
