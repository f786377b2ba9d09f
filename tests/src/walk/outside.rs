//! What happens to people: time, prices, volatility, and an admin who changes the rules.

use super::{Action, Outcome, Terms, Walk, SOL};
use crate::fixture::e9;
use crate::native;
use crate::{Market, VolSetup};
use plimsoll::health::Purpose;
use plimsoll::state::{CrossParamsRaw, LiquidationParamsRaw, UnderlyingParams};
use plimsoll_risk::params::LiquidationParams;

impl Walk {
    /// # Panics
    /// For an action that is not one of these.
    pub(super) fn befall(&mut self, action: &Action) -> Outcome {
        match *action {
            Action::Pass { secs } => {
                self.f.pass(secs);
                ("pass", self.f.update_stable_price())
            }
            Action::Silence { secs } => {
                self.f.advance(secs);
                ("silence", self.f.update_stable_price())
            }
            Action::Move { market, factor } => {
                self.prices[market] = (self.prices[market] * factor).clamp(50.0, 900_000.0);
                ("move", self.publish_price(market))
            }
            Action::Band { market, width } => {
                self.widths[market] = width;
                ("band", self.publish_price(market))
            }
            Action::MoveSol { factor } => self.move_sol("move_sol", factor),
            Action::Squeeze { who, part } => {
                let factor = self.squeezing(who, part);
                self.move_sol("squeeze", factor)
            }
            Action::Peg { price } => {
                self.f.set_stable_price(price);
                ("peg", self.f.update_price(Market(0)))
            }
            Action::Publish { market, expiry, vol } => {
                ("publish", self.f.publish_vol(Market(market), expiry, VolSetup::flat(vol)))
            }
            Action::Sample { market } => ("sample", self.f.sample_volatility(Market(market))),
            Action::Forecast { market, factor } => ("forecast", self.f.set_forecast(Market(market), factor, 3_600)),
            Action::Terms(terms) => ("terms", self.f.set_terms(terms.into())),
            Action::Cross { market, factor } => {
                let params = scaled(&crate::MarketSetup::default().params, factor);
                ("cross", self.f.set_params(Market(market), params))
            }
            Action::Haircuts { initial, part } => ("haircuts", self.f.set_haircuts(SOL, initial, initial * part)),
            _ => unreachable!("{action:?} is somebody's"),
        }
    }

    fn publish_price(&mut self, market: usize) -> Result<crate::chain::Receipt, crate::Failure> {
        let price = self.prices[market];
        let published = self.f.set_price_with(Market(market), price, price * self.widths[market]);
        published.and_then(|_| self.f.update_stable_price())
    }

    fn move_sol(&mut self, name: &'static str, factor: f64) -> Outcome {
        self.sol = (self.sol * factor).clamp(1.0, 10_000.0);
        self.f.set_collateral_price(SOL, self.sol);
        (name, self.f.update_stable_price())
    }

    /// The factor on the price of SOL that takes somebody who owes cash below the maintenance margin of his SOL, and leaves him
    /// with a part of its haircut.
    fn squeezing(&self, who: usize, part: f64) -> f64 {
        let world = self.f.world();
        let haircut = self.f.collateral(SOL).haircut_maintenance_e9 as f64 / 1e9;
        let debtor = |number: usize| {
            let account = world.account(&self.f.margin_key(self.trader(number)))?;
            let held: u64 = account.collaterals.iter().map(|slot| slot.balance_atoms).sum();
            let worth = held as f64 * self.sol / 1e3;
            let valued = native::value(&world, account, Purpose::Liquidation).ok()?;
            let equity = valued.report.equity.raw() as f64;
            let factor = (1.0 - equity / worth) / (1.0 - haircut * part);
            (account.cash_atoms < 0 && worth > 0.0 && (0.2..1.2).contains(&factor)).then_some(factor)
        };
        (who..who + self.traders.len()).find_map(debtor).unwrap_or(1.0 - part / 20.0)
    }
}

impl From<Terms> for LiquidationParamsRaw {
    fn from(terms: Terms) -> Self {
        Self {
            discount_e9: e9(terms.discount),
            fast_discount_e9: e9(terms.discount * terms.fast),
            fast_secs: terms.fast_secs,
            slow_secs: terms.slow_secs,
            max_gap_secs: terms.gap_secs,
            insolvent_secs: terms.insolvent_secs,
            buffer_e9: e9(terms.buffer),
            dust_atoms: terms.dust,
            fee_e9: e9(terms.fee),
            ..LiquidationParams::DEFAULT.into()
        }
    }
}

/// Parameters whose requirements for shorts are higher or lower by a factor.
fn scaled(params: &UnderlyingParams, factor: f64) -> UnderlyingParams {
    let scale = |raw: i64| (raw as f64 * factor) as i64;
    let cross = params.cross;
    let cross = CrossParamsRaw {
        max_spot_e9: scale(cross.max_spot_e9),
        min_spot_e9: scale(cross.min_spot_e9),
        mm_call_e9: scale(cross.mm_call_e9),
        mm_put_e9: scale(cross.mm_put_e9),
        mm_put_mtm_e9: scale(cross.mm_put_mtm_e9),
        ..cross
    };
    UnderlyingParams { cross, ..*params }
}
