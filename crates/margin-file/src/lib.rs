//! Portfolios as JSON files: [`load`] reads one and names whatever is wrong with it, [`AccountFile::margin`] computes its
//! margin with the risk crate, all parts included. The format is documented in `tests/vectors/README.md`.

mod check;
pub mod compare;
mod convert;
mod cross;
pub mod format;
mod market;
mod portfolio;
pub mod report;
pub mod table;
mod terms;

pub use format::{AccountFile, Mode};
pub use report::AccountReport;

use anyhow::{anyhow, ensure, Context, Result};
use convert::{atoms, explain, kind, price_or_zero, ratio, share, usd};
use format::{Greeks, Token, UnderlyingFile};
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{CollateralBalance, CollateralMarket, CollateralValue, MarginReport, MarginState};
use plimsoll_risk::settlement::payoff;
use plimsoll_risk::units::{Contracts, Exact, Ratio, Value, ONE_E6};
use portfolio::Owned;

/// Decimals of the tokens in a file.
const DECIMALS: u8 = 9;

/// Reads a portfolio; unknown keys and values of the wrong kind are named with their place.
pub fn load(text: &str) -> Result<AccountFile> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let account = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| anyhow!("{}: {}: see tests/vectors/README.md", error.path(), error.inner()))?;
    deserializer.end().map_err(|error| anyhow!("{error}: put one account into a file"))?;
    Ok(account)
}

impl AccountFile {
    /// The margin of the account, with all parts.
    pub fn margin(&self) -> Result<AccountReport> {
        self.check()?;
        let mut sum = MarginSum::default();
        let mut collateral = vec![];
        for (index, token) in self.collateral.iter().enumerate() {
            let value = self.value(token).with_context(|| format!("collateral[{index}]"))?;
            sum.add_collateral(&value).map_err(explain)?;
            collateral.push(value);
        }
        let mut reports = vec![];
        for (index, file) in self.underlyings.iter().enumerate() {
            let margin = match self.mode {
                Mode::Cross => cross::margin(file, self.stable),
                Mode::Portfolio => {
                    self.own_collateral(index, &collateral).and_then(|own| portfolio::margin(self, file, &own))
                }
            };
            let (at_index, initial, report) = margin.with_context(|| format!("underlyings[{index}]"))?;
            sum.add_underlying(&at_index, initial).map_err(explain)?;
            reports.push(report);
        }
        let total = sum.report(Value::from_raw(atoms("cash", self.cash)?)).map_err(explain)?;
        self.report(&total, reports)
    }

    /// Σ over underlyings of Σ |size| times the index.
    pub fn notional(&self) -> f64 {
        self.underlyings.iter().map(UnderlyingFile::notional).sum()
    }

    fn value(&self, token: &Token) -> Result<CollateralValue> {
        ensure!(token.underlying.is_none_or(|index| index < self.underlyings.len()), "underlying is not in the list");
        let price = usd("price", token.price)?;
        let market = CollateralMarket {
            decimals: DECIMALS,
            price,
            price_initial: token.price_im.map_or(Ok(price), |price| usd("price_im", price))?,
            haircut_initial: ratio("haircut_im", token.haircut_im)?,
            haircut_maintenance: ratio("haircut_mm", token.haircut_mm)?,
        };
        ensure!((0.0..=9e9).contains(&token.balance), "balance is {}: use 0 to 9e9", token.balance);
        let balance = CollateralBalance((token.balance * 10f64.powi(DECIMALS.into())).round() as u64);
        market.value(balance, price_or_zero("stable", self.stable)?).map_err(explain)
    }

    fn own_collateral(&self, underlying: usize, values: &[CollateralValue]) -> Result<Owned> {
        let own = self.collateral.iter().zip(values).filter(|(token, _)| token.underlying == Some(underlying));
        own.map(|(token, value)| Ok((*value, share("confidence", token.confidence)?))).collect()
    }

    fn report(&self, total: &MarginReport, underlyings: Vec<report::UnderlyingReport>) -> Result<AccountReport> {
        let usd = |value: Value| value.raw() as f64 / ONE_E6 as f64;
        let factor = total.health_factor().map_err(explain)?;
        let settled = underlyings.iter().map(|u| u.settled).sum();
        Ok(AccountReport {
            mode: self.mode,
            equity: usd(total.equity),
            maintenance: usd(total.maintenance),
            initial: usd(total.initial),
            health_factor: (factor != Ratio::INFINITE).then_some(factor.raw() as f64 / 1e9),
            state: match total.state() {
                MarginState::Healthy => "healthy",
                MarginState::Restricted => "restricted",
                MarginState::Liquidatable => "liquidatable",
                MarginState::Bankrupt => "bankrupt",
            },
            cash: self.cash,
            mark: underlyings.iter().map(|u| u.mark).sum(),
            settled,
            collateral: usd(total.collateral),
            greeks: (self.mode == Mode::Portfolio).then(|| sum_greeks(&underlyings)),
            underlyings,
        })
    }
}

fn sum_greeks(underlyings: &[report::UnderlyingReport]) -> Greeks {
    let mut sums = Greeks::new();
    for greeks in underlyings.iter().filter_map(|underlying| Some(&underlying.portfolio.as_ref()?.greeks)) {
        for (name, greek) in greeks {
            *sums.entry(name).or_default() += greek;
        }
    }
    sums
}

/// What the settled expiries of an underlying pay or cost.
fn settled(file: &UnderlyingFile) -> Result<Exact> {
    let mut sum = Exact::ZERO;
    for expiry in &file.expiries {
        let Some(settlement) = expiry.settlement else { continue };
        for leg in &expiry.legs {
            let size: Contracts = convert::contracts("size", leg.size)?;
            let (strike, settlement) = (usd("strike", leg.strike)?, usd("settlement", settlement)?);
            sum = sum.add(payoff(kind(leg.kind), strike, settlement, size)).map_err(explain)?;
        }
    }
    Ok(sum)
}
