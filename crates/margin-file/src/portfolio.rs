//! Portfolio margin of one underlying of a file.

use crate::convert::{dollars, explain, price_or_zero, ratio, share, usd, volatility};
use crate::format::{AccountFile, Greeks, UnderlyingFile};
use crate::market::LiveExpiry;
use crate::report::{PortfolioReport, UnderlyingReport};
use crate::settled;
use anyhow::{ensure, Context, Result};
use plimsoll_risk::margin::portfolio::{
    collateral_charge, DollarGreeks, ExpiryBook, Extras, Grid, GridTable, HistoryPair, HistoryWorkspace, OwnCollateral,
    PortfolioBook, PortfolioMargin, PriceRange, VolatilityState, Workspace, WorstScenario,
};
use plimsoll_risk::margin::{CollateralValue, Leg, UnderlyingMargin};
use plimsoll_risk::params::PortfolioParams;
use plimsoll_risk::units::{Exact, Price, Ratio};
use plimsoll_risk::RiskError;

/// Collateral that is the same asset as the underlying: values with the confidence in their prices.
pub type Owned = Vec<(CollateralValue, Ratio)>;

/// Balances of one underlying of an account in portfolio margin, and all their parts.
pub fn margin(
    account: &AccountFile,
    file: &UnderlyingFile,
    owned: &[(CollateralValue, Ratio)],
) -> Result<(UnderlyingMargin, Exact, UnderlyingReport)> {
    let given = file.params.portfolio()?;
    let params = given.params()?;
    let table = GridTable::new(&given.grid()?, &params).map_err(explain).context("params.portfolio")?;
    let realised = volatility("realised_vol", file.realised_vol)?;
    let live = load(file, given.stale_mult, given.stale_charge)?;
    let collateral = own_collateral(owned, &params).map_err(explain)?;
    let expiries: Vec<ExpiryBook> =
        live.iter().map(|(expiry, confidence, charge)| book(expiry, *confidence, *charge)).collect();
    let legs: Vec<Leg> = live.iter().flat_map(|(expiry, _, _)| expiry.legs.iter().copied()).collect();
    let book = PortfolioBook {
        params: &params,
        grid: table.grid(),
        range: range(file)?,
        confidence: share("confidence", file.confidence)?,
        stable: price_or_zero("stable", account.stable)?,
        vols: VolatilityState { realised, forecast: forecast(file)? },
        collateral,
        expiries: &expiries,
        legs: &legs,
    };
    let history = file.pairs()?;
    ensure!(history.len() <= 64, "history has {} pairs: use at most 64", history.len());
    let (mut workspace, mut memory) = (Workspace::default(), HistoryWorkspace::default());
    let extras =
        Extras { history: (!history.is_empty()).then_some((&history, &mut memory)), all_parts: true, arrays: &mut [] };
    let margin = PortfolioMargin::of(&book, &mut workspace, extras).map_err(explain)?;
    let (is_low_far, is_high_far) = book.range.has_far_ends();
    let mut initial = margin.initial;
    for end in [is_low_far.then(|| file.low()), is_high_far.then(|| file.high())].into_iter().flatten() {
        initial = initial.min(initial_at(&book, &live, &history, usd("low or high", end)?)?);
    }
    let settled = settled(file)?;
    let parts = report(&margin, &workspace, &book.grid, &params, given.scenarios.len());
    let report = UnderlyingReport {
        mark: dollars(margin.mark),
        settled: dollars(settled),
        maintenance: dollars(margin.maintenance),
        initial: dollars(initial),
        initial_at_index: None,
        portfolio: Some(parts),
    };
    let mut balances = UnderlyingMargin::new(margin.mark, initial, margin.maintenance);
    balances.add_settled(settled).map_err(explain)?;
    let initial = balances.initial;
    Ok((balances, initial, report))
}

/// Initial margin of the same book at another spot price; volatility stays with its strike.
fn initial_at(
    book: &PortfolioBook,
    live: &[(LiveExpiry, Ratio, Ratio)],
    history: &[HistoryPair],
    spot: Price,
) -> Result<Exact> {
    let factor = spot.raw() as f64 / book.range.index.raw() as f64;
    let moved = live
        .iter()
        .zip(book.expiries)
        .map(|((expiry, _, _), at_index)| Ok(ExpiryBook { curve: expiry.moved(factor)?, ..*at_index }));
    let expiries: Vec<ExpiryBook> = moved.collect::<Result<_>>()?;
    let book = PortfolioBook { range: PriceRange::at(spot), expiries: &expiries, ..*book };
    let (mut workspace, mut memory) = (Workspace::default(), HistoryWorkspace::default());
    let history = (!history.is_empty()).then_some((history, &mut memory));
    let extras = Extras { history, all_parts: true, arrays: &mut [] };
    Ok(PortfolioMargin::of(&book, &mut workspace, extras).map_err(explain)?.initial)
}

fn load(file: &UnderlyingFile, stale_mult: f64, stale_charge: f64) -> Result<Vec<(LiveExpiry, Ratio, Ratio)>> {
    let live = file.expiries.iter().enumerate().filter(|(_, expiry)| expiry.settlement.is_none());
    live.map(|(index, expiry)| {
        let least = if expiry.stale { stale_mult * file.realised_vol } else { 0.0 };
        let charge = if expiry.stale { stale_charge } else { 0.0 };
        let loaded = LiveExpiry::load(expiry, volatility("stale_mult · realised_vol", least)?, Ratio::ZERO)
            .with_context(|| format!("expiries[{index}]"))?;
        Ok((loaded, share("confidence", expiry.confidence)?, share("stale_charge", charge)?))
    })
    .collect()
}

fn book(expiry: &LiveExpiry, confidence: Ratio, stale_charge: Ratio) -> ExpiryBook {
    ExpiryBook {
        curve: expiry.curve,
        left: expiry.left,
        sqrt_years: expiry.sqrt_years,
        rate: expiry.rate,
        fixed: expiry.fixed,
        confidence,
        stale_charge,
        legs: expiry.legs.len(),
    }
}

fn own_collateral(owned: &[(CollateralValue, Ratio)], params: &PortfolioParams) -> Result<OwnCollateral, RiskError> {
    let mut own = OwnCollateral::default();
    for (value, confidence) in owned {
        own.full = own.full.add(value.full.to_exact())?;
        own.initial = own.initial.add(value.initial.to_exact())?;
        own.maintenance = own.maintenance.add(value.maintenance.to_exact())?;
        own.charge = own.charge.add(collateral_charge(params, value.full.to_exact(), *confidence)?)?;
    }
    Ok(own)
}

fn range(file: &UnderlyingFile) -> Result<PriceRange> {
    let log = |name, x| usd(name, x).and_then(|price| plimsoll_risk::math::ln_price(price).map_err(explain));
    let (index, low, high) = (log("index", file.index)?, log("low", file.low())?, log("high", file.high())?);
    PriceRange::new(usd("index", file.index)?, index, low, high).map_err(explain)
}

fn forecast(file: &UnderlyingFile) -> Result<Ratio> {
    ensure!((1.0..=3.0).contains(&file.forecast), "forecast is {}: use a number from 1 to 3", file.forecast);
    ratio("forecast", file.forecast)
}

fn report(
    margin: &PortfolioMargin,
    workspace: &Workspace,
    grid: &Grid,
    params: &PortfolioParams,
    scenarios: usize,
) -> PortfolioReport {
    let (linear, absolute) = workspace.skew_pnl(params);
    let is_on = |weight: Ratio, pnl: Exact| (!weight.is_zero()).then_some(dollars(pnl));
    let pnl = |number: usize| workspace.scenario_pnl(grid, number as u8).map_or(f64::NAN, dollars);
    PortfolioReport {
        scenarios: (0..scenarios).map(pnl).collect(),
        skew_linear: is_on(params.skew_linear.weight, linear),
        skew_absolute: is_on(params.skew_absolute.weight, absolute),
        worst: match margin.worst {
            Some(WorstScenario::Grid(number)) => number.to_string(),
            Some(WorstScenario::SkewLinear) => "linear".into(),
            Some(WorstScenario::SkewAbsolute) => "absolute".into(),
            Some(WorstScenario::None) | None => "none".into(),
        },
        worst_pnl: dollars(margin.worst_pnl),
        es: margin.shortfall.map(dollars),
        scan: dollars(margin.scan),
        basis: dollars(margin.basis),
        size: margin.size.raw() as f64 / 1e9,
        min_span: dollars(margin.min_span),
        naked: margin.contingency.naked.raw() as f64 / 1e6,
        mm_contingency: dollars(margin.contingency.maintenance),
        im_contingency: dollars(margin.contingency.initial),
        gap: dollars(margin.gap),
        greeks: greeks(&margin.greeks.unwrap_or_default()),
    }
}

/// Greeks by name.
pub fn greeks(greeks: &DollarGreeks) -> Greeks {
    let DollarGreeks { delta, gamma, vega, theta, rho } = *greeks;
    [("delta", delta), ("gamma", gamma), ("vega", vega), ("theta", theta), ("rho", rho)]
        .into_iter()
        .map(|(name, greek)| (name, dollars(greek)))
        .collect()
}
