//! Price of an option that an account in breach buys to cover its risk, and whether that helps.
//!
//! With an option worth m, and before it has paid for it, an account has the equity E + m and a requirement MMR'. It pays m and
//! a bonus, which is what a slice that releases as much requirement costs it:
//!
//! ```text
//! bonus = (1 − d)·(E − R)·(MMR − MMR') / MMR
//! E'    = E − bonus
//! MM'   = MM + (MMR − MMR') − bonus
//! ```
//!
//! Whatever releases anything helps: bonus ≤ E·(MMR − MMR')/MMR, so that HF' = E'/MMR' ≥ HF, and as E < MMR the bonus is less
//! than what is released, so that MM' > MM. What the option itself costs is in the numbers already: in cross margin a long
//! counts nothing, so MMR' contains all of its worth, and only an option that covers more than it costs releases anything.

use super::Breach;
use crate::error::RiskError;
use crate::fixed::{mul_div, Rounding};
use crate::params::LiquidationParams;
use crate::units::{Price, Ratio, Value, ONE_E9};

/// Room above the buffer where that is smaller: 5 % of the requirement. Who sells a hedge cannot know the price it meets.
const LEAST_ROOM: Ratio = Ratio::from_millionths(50_000);

/// Strikes that may be listed for a hedge are at most this part of the index apart: 2.5 %.
const MAX_STEP_PARTS: i64 = 40;

/// A hedge with its price, and the account after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// What the option is worth to the account.
    pub mark: Value,
    /// By how much it lowers the account's maintenance requirement; not positive where it does not help.
    pub released: Value,
    /// What the account pays above the mark.
    pub bonus: Value,
    /// Equity E'.
    pub equity: Value,
    /// Maintenance margin balance MM'.
    pub maintenance: Value,
}

impl Hedge {
    /// Prices a hedge by the account without the option, and its equity and maintenance margin balance with the option unpaid.
    ///
    /// # Rounding
    /// The bonus down, in the account's favour.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    ///
    /// # Example
    /// ```
    /// use plimsoll_risk::{liquidation::{Breach, Hedge}, units::{Ratio, Value}};
    /// let breach = Breach { equity: Value::from_usd(300), maintenance: Value::from_usd(-100), paid_in: Value::ZERO };
    /// // An option worth 20 releases 60 of 400: 2 % of 300·60/400.
    /// let hedge = Hedge::of(&breach, (Value::from_usd(320), Value::from_usd(-20)), Ratio::from_millionths(980_000))?;
    /// assert_eq!((hedge.mark, hedge.released), (Value::from_usd(20), Value::from_usd(60)));
    /// assert_eq!((hedge.bonus.raw(), hedge.maintenance.raw()), (900_000, -40_900_000));
    /// # Ok::<(), plimsoll_risk::RiskError>(())
    /// ```
    pub fn of(breach: &Breach, (equity, maintenance): (Value, Value), discount: Ratio) -> Result<Self, RiskError> {
        let required = breach.equity.sub(breach.maintenance)?;
        let released = required.sub(equity.sub(maintenance)?)?;
        let mark = equity.sub(breach.equity)?;
        let mut bonus = Value::ZERO;
        if released.raw() > 0 {
            let most = breach.for_sale()?.max(Value::ZERO).scale(Ratio::ONE.sub(discount)?, Rounding::Down)?;
            bonus = Value::from_raw(mul_div(most.raw(), released.raw(), required.raw(), Rounding::Down)?);
        }
        let price = mark.add(bonus)?;
        Ok(Self { mark, released, bonus, equity: equity.sub(price)?, maintenance: maintenance.sub(price)? })
    }

    /// What the account pays.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn payment(&self) -> Result<Value, RiskError> {
        self.mark.add(self.bonus)
    }

    /// Whether a solvent account's MM rises, and by no crumb: by at least this part of what lifts the account to its buffer, unless
    /// the breach ends.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn helps(&self, breach: &Breach, least: Ratio, terms: &LiquidationParams) -> Result<bool, RiskError> {
        let risen = self.maintenance.sub(breach.maintenance)?;
        if breach.equity.is_negative() || risen.raw() <= 0 {
            return Ok(false);
        }
        let required = breach.equity.sub(breach.maintenance)?;
        let short_of_buffer = required.scale(terms.buffer, Rounding::Up)?.sub(breach.maintenance)?;
        Ok(!self.maintenance.is_negative() || risen >= short_of_buffer.scale(least, Rounding::Up)?)
    }

    /// Whether the account ends too far above its buffer: with MM' above twice what the buffer asks, or 5 % of MMR' above it if
    /// that is more. An account that a slice would take whole may be covered whole.
    ///
    /// # Errors
    /// [`RiskError::Overflow`].
    pub fn overshoots(&self, breach: &Breach, terms: &LiquidationParams) -> Result<bool, RiskError> {
        if breach.equity < terms.dust {
            return Ok(false);
        }
        let highest = terms.buffer.add(terms.buffer.max(LEAST_ROOM))?;
        let required = self.equity.sub(self.maintenance)?;
        Ok(self.maintenance > required.scale(highest, Rounding::Up)?)
    }
}

/// Strikes that anyone may list for a hedge are multiples of this: the largest of 1, 2 and 5 times a power of ten of 1e-9 USD
/// that is at most 2.5 % of the index.
pub const fn strike_step(index: Price) -> Price {
    let most = index.raw() / MAX_STEP_PARTS;
    if most <= 0 {
        return Price::from_raw(1);
    }
    // `most` is positive and below 2^63: the power is 1 to 10^18, and no product below exceeds `most`.
    let unit = 10i64.pow(most.ilog10());
    let step = match most.checked_div(unit) {
        Some(5..) => unit.wrapping_mul(5),
        Some(2..=4) => unit.wrapping_mul(2),
        _ => unit,
    };
    Price::from_raw(step)
}

/// Whether anyone may list the strike for a hedge: on the grid of [`strike_step`], from half the index to twice the index.
pub const fn is_hedge_strike(index: Price, strike: Price) -> bool {
    let is_on_grid = matches!(strike.raw().checked_rem(strike_step(index).raw()), Some(0));
    is_on_grid && strike.raw() >= index.raw() / 2 && strike.raw() / 2 <= index.raw() && strike.is_in_range()
}

const _: () = assert!(strike_step(Price::from_usd(1_500)).raw() == 20 * ONE_E9);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TERMS: LiquidationParams = LiquidationParams::DEFAULT;
    const LEAST: Ratio = Ratio::from_millionths(10_000);

    fn breach(equity: i64, maintenance: i64, paid_in: i64) -> Breach {
        let value = Value::from_raw;
        Breach { equity: value(equity), maintenance: value(maintenance), paid_in: value(paid_in) }
    }

    /// A hedge of an account with E 300 and MM −100 in USD, by an option that makes them these.
    fn hedged(equity: i32, maintenance: i32) -> (Breach, Hedge) {
        let breach = breach(300_000_000, -100_000_000, 0);
        let covered = (Value::from_usd(equity), Value::from_usd(maintenance));
        (breach, Hedge::of(&breach, covered, Ratio::from_millionths(980_000)).unwrap())
    }

    #[test]
    fn what_releases_nothing_does_not_help_and_earns_nothing() {
        for (equity, maintenance) in [(300, -100), (320, -80), (320, -100), (300, -101), (400, -50)] {
            let (breach, hedge) = hedged(equity, maintenance);
            assert!(hedge.released.raw() <= 0 && hedge.bonus.is_zero(), "{hedge:?}");
            assert_eq!(hedge.equity, breach.equity);
            assert!(!hedge.helps(&breach, LEAST, &TERMS).unwrap());
        }
    }

    #[test]
    fn a_hedge_is_no_crumb_and_ends_near_the_buffer() {
        let judged = |equity, maintenance| {
            let (breach, hedge) = hedged(equity, maintenance);
            (hedge.helps(&breach, LEAST, &TERMS).unwrap(), hedge.overshoots(&breach, &TERMS).unwrap())
        };
        // 140 short of the buffer: 1.40 of MM is the least, and 98.5 % of what is released.
        assert_eq!([judged(320, -79), judged(320, -78)], [(false, false), (true, false)]);
        // MMR' 240 and MM' 57.6 is more than twice the buffer; 250 and 47.75 is not.
        assert_eq!([judged(320, 70), judged(320, 80)], [(true, false), (true, true)]);
        // A crumb that ends the breach, and dust that is covered whole.
        let last = breach(399_999_999, -1, 0);
        let ending = Hedge::of(&last, (last.equity, Value::from_raw(3)), LEAST).unwrap();
        assert!(ending.helps(&last, LEAST, &TERMS).unwrap() && !ending.maintenance.is_negative());
        let dust = breach(9_999_999, -1_000_000, 0);
        let whole = Hedge::of(&dust, (dust.equity, dust.equity), Ratio::ONE).unwrap();
        assert!(whole.helps(&dust, LEAST, &TERMS).unwrap() && !whole.overshoots(&dust, &TERMS).unwrap());
        // Without a buffer 5 % are left.
        let none = LiquidationParams { buffer: Ratio::ZERO, ..TERMS };
        let (breach, hedge) = hedged(320, 33);
        assert!(hedge.helps(&breach, LEAST, &none).unwrap());
        assert!(
            !hedged(320, 33).1.overshoots(&breach, &none).unwrap()
                && hedged(320, 36).1.overshoots(&breach, &none).unwrap()
        );
    }

    #[test]
    fn an_insolvent_account_is_not_hedged() {
        let insolvent = breach(-1, -100, 0);
        let hedge = Hedge::of(&insolvent, (Value::from_raw(-1), Value::from_raw(-1)), LEAST).unwrap();
        assert_eq!((hedge.bonus, hedge.released.raw()), (Value::ZERO, 99));
        assert!(!hedge.helps(&insolvent, LEAST, &TERMS).unwrap());
    }

    #[test]
    fn cash_of_earlier_takers_earns_no_bonus() {
        let covered = (Value::from_usd(300), Value::from_usd(-60));
        let bonus = |paid_in| {
            let breach = breach(300_000_000, -100_000_000, paid_in);
            Hedge::of(&breach, covered, Ratio::from_millionths(900_000)).unwrap().bonus.raw()
        };
        assert_eq!([bonus(0), bonus(100_000_000), bonus(300_000_000), bonus(i64::MAX)], [3_000_000, 2_000_000, 0, 0]);
    }

    #[test]
    fn strikes_for_hedges_are_round() {
        let step = |index: f64| strike_step(Price::from_raw((index * 1e9) as i64)).raw() as f64 / 1e9;
        let vectors = [
            (1_500.0, 20.0),
            (1_999.0, 20.0),
            (2_000.0, 50.0),
            (60_000.0, 1_000.0),
            (150.0, 2.0),
            (0.5, 0.01),
            (1e9, 2e7),
            (1e-9, 1e-9),
            (0.0, 1e-9),
        ];
        for (index, expected) in vectors {
            assert_eq!(step(index), expected, "{index}");
        }
        let is_lawful = |strike: f64| is_hedge_strike(Price::from_usd(1_500), Price::from_raw((strike * 1e9) as i64));
        assert!([760.0, 1_500.0, 1_520.0, 3_000.0].into_iter().all(is_lawful));
        assert!(![0.0, -20.0, 740.0, 1_510.0, 1_520.000_000_001, 3_020.0, 9e9].into_iter().any(is_lawful));
    }

    proptest! {
        /// HF never falls, MM rises whenever anything is released, and the account loses no more than a slice would cost it.
        #[test]
        fn law_a_hedge_that_releases_anything_helps(
            equity in 0i64..1_000_000_000_000, short_by in 1i64..1_000_000_000_000, paid_in in 0i64..1_000_000_000_000,
            mark in 0i64..1_000_000_000_000, part in 0.0f64..=1.0, discount in 0i64..=1_000_000_000,
        ) {
            let account = breach(equity, -short_by, paid_in);
            let required = equity + short_by;
            let left = (required as f64 * part) as i64;
            let covered = (Value::from_raw(equity + mark), Value::from_raw(equity + mark - left));
            let hedge = Hedge::of(&account, covered, Ratio::from_raw(discount)).unwrap();
            prop_assert_eq!(hedge.released.raw(), required - left);
            prop_assert_eq!(hedge.payment().unwrap().raw(), mark + hedge.bonus.raw());
            prop_assert_eq!(hedge.equity.raw(), equity - hedge.bonus.raw());
            prop_assert_eq!(hedge.equity.raw() - hedge.maintenance.raw(), left);
            prop_assert!(hedge.equity.raw() >= 0 && hedge.bonus.raw() >= 0);
            // HF' ≥ HF, multiplied out, exactly.
            prop_assert!(hedge.equity.raw() as i128 * required as i128 >= equity as i128 * left as i128);
            if hedge.released.raw() > 0 {
                prop_assert!(hedge.maintenance.raw() > -short_by);
            }
            let for_sale = (equity - paid_in).max(0) as i128 * (ONE_E9 - discount) as i128;
            prop_assert!(hedge.bonus.raw() as i128 * ONE_E9 as i128 * required as i128 <= for_sale * hedge.released.raw() as i128);
        }

        #[test]
        fn law_a_strike_of_the_grid_is_never_far(index in 40i64..=1_000_000_000_000_000_000) {
            let step = strike_step(Price::from_raw(index)).raw();
            let most = index / MAX_STEP_PARTS;
            prop_assert!(step <= most && 5 * step as i128 > 2 * most as i128, "{step} of {index}");
        }
    }
}
