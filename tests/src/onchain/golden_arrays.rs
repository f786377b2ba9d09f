//! Every golden portfolio through risk arrays: what `check_margin` says at the price of the refresh and around it is never
//! above what `check_health` says, and not far below it.

use super::arrays::Cached;
use super::golden::{vectors, Vector, Worst};
use super::scene::NOW;
use super::{OnChain, Scene};
use crate::ExpectedCode;
use plimsoll::errors::PlimsollError;
use plimsoll::health::ArrayUse;
use plimsoll::instructions::{HealthReport, MarginBoundReport};
use plimsoll::state::{Position, Underlying};
use plimsoll_risk::margin::portfolio::cached::SnapshotRaw;
use plimsoll_risk::params::{PortfolioParams, ShortfallSource};
use plimsoll_risk::units::{Ratio, ONE_E9, ONE_Q};
use std::collections::{BTreeMap, BTreeSet};

/// Factors on the price and seconds since the refresh. The band of 1.5 % is one of logarithms; prices count for a minute.
const STEPS: [(f64, i64); 7] =
    [(1.0, 0), (1.0005, 3), (0.9995, 6), (1.004, 15), (0.996, 20), (1.0149, 40), (0.9852, 55)];
/// One step outside the band.
const OUTSIDE: (f64, i64) = (1.0153, 56);
const DAY_SECS: i64 = 86_400;

/// What the documents say of how far below the margin a bound may be, from the accounts of the chain.
struct Allowance {
    /// S·Σ|q| over the underlyings with options.
    notional: f64,
    /// Rounding at the moment of the refresh, in USD.
    rounding: f64,
    /// In USD, from how far the ends of the price ranges are from the points of the grid.
    range: f64,
    /// For each unit of |ln F1/F0|, and for time and volatility, in USD.
    moved: f64,
    drift: f64,
    /// Nothing is promised of the last day.
    is_short: bool,
}

#[derive(Default)]
struct Findings {
    bounded: usize,
    checks: usize,
    uses: BTreeMap<String, usize>,
    refusals: BTreeMap<String, usize>,
    failing: BTreeSet<String>,
    /// Step by step: the gaps as parts of notional, the largest of them up to the last day and on it, and the largest as a part of
    /// what is allowed.
    gaps: [Vec<f64>; STEPS.len()],
    largest: [Worst; STEPS.len()],
    last_day: [Worst; STEPS.len()],
    allowed: [Worst; STEPS.len()],
    disagreements: Vec<String>,
}

impl Findings {
    fn value(&mut self, chain: &mut OnChain, vector: &Vector) {
        let Ok(scene) = Scene::of(&vector.file) else { return };
        let mut cached = Cached::new(chain, scene);
        self.require_refusals_have_reasons(vector, &cached);
        let allowance = Allowance::of(vector, &cached);
        for (step, (factor, seconds)) in STEPS.into_iter().enumerate() {
            let Some((bound, full)) = self.compare(vector, &mut cached, factor, seconds) else { continue };
            self.bounded += usize::from(bound.is_bound && step == 0);
            self.measure(vector, &allowance, step, &bound, &full);
        }
        self.compare(vector, &mut cached, OUTSIDE.0, OUTSIDE.1);
    }

    /// Both answers, if there are any: never above, equal where no array was used, and each underlying with its reason.
    fn compare(
        &mut self,
        vector: &Vector,
        cached: &mut Cached,
        factor: f64,
        seconds: i64,
    ) -> Option<(MarginBoundReport, HealthReport)> {
        cached.move_to(factor, seconds);
        let (bound, full) = match (cached.bound(), cached.full()) {
            (Ok(bound), Ok(full)) => (bound, full),
            (Err(bound), Err(full)) if bound.code == full.code => {
                self.failing.insert(format!("{} after {seconds} s: {:?}", vector.name, full.code));
                return None;
            }
            (bound, full) => {
                let codes = [bound.err().map(|f| f.code), full.err().map(|f| f.code)];
                self.disagree(vector, format!("only one of both fails at {factor}: {codes:?}"));
                return None;
            }
        };
        self.checks += 1;
        for (name, low, exact) in balances(&bound, &full) {
            let is_lawful = if bound.is_bound { low <= exact } else { low == exact };
            if !is_lawful {
                self.disagree(vector, format!("{name} at {factor}: {low} by arrays, {exact} in full"));
            }
        }
        let uses: Vec<(u8, ArrayUse)> = bound.arrays.iter().map(|report| (report.slot, report.array)).collect();
        let expected = expected_uses(cached, factor, NOW + seconds);
        if uses != expected {
            self.disagree(vector, format!("at {factor} arrays are {uses:?}, expected {expected:?}"));
        }
        if bound.is_bound != uses.iter().any(|(_, array)| *array == ArrayUse::Used) {
            self.disagree(vector, format!("at {factor} is_bound is {} with {uses:?}", bound.is_bound));
        }
        for (_, array) in uses {
            *self.uses.entry(format!("{array:?}")).or_default() += 1;
        }
        Some((bound, full))
    }

    fn measure(
        &mut self,
        vector: &Vector,
        allowance: &Allowance,
        step: usize,
        bound: &MarginBoundReport,
        full: &HealthReport,
    ) {
        if !bound.is_bound {
            return;
        }
        let gaps = balances(bound, full).map(|(_, low, exact)| exact - low);
        let gap = gaps.into_iter().max().unwrap_or_default() as f64 / 1e6;
        let required = (full.equity_atoms - full.initial_atoms) as f64 / 1e6;
        let place = || format!("{}, {gap:.6} USD where IM requires {required:.2}", vector.name);
        let (of_notional, allowed) = (gap / allowance.notional.max(1.0), allowance.at(STEPS[step].0));
        self.gaps[step].push(of_notional);
        let largest = if allowance.is_short { &mut self.last_day } else { &mut self.largest };
        largest[step].note(of_notional, place);
        if step == 0 || !allowance.is_short {
            self.allowed[step].note(gap / allowed, place);
            if gap > allowed {
                self.disagree(vector, format!("step {step}: {gap} below the margin, {allowed} are allowed"));
            }
        }
    }

    /// A refresh is refused for the reasons of the documents alone.
    fn require_refusals_have_reasons(&mut self, vector: &Vector, cached: &Cached) {
        for (&(slot, expiry), &code) in &cached.refused {
            let state = &cached.underlyings[slot as usize].1;
            let expiry = &state.expiries[expiry as usize];
            let is_stale = NOW - expiry.vol_updated_at > state.params.volatility.max_age_secs;
            let reason = match (is_stale, expiry.twap().covered.raw() > 0) {
                (true, _) => PlimsollError::VolatilityStale,
                (false, true) => PlimsollError::SettlementWindow,
                (false, false) => PlimsollError::VolatilityOutOfBounds,
            };
            *self.refusals.entry(format!("{reason:?}")).or_default() += 1;
            if code != Some(reason.number()) {
                self.disagree(vector, format!("refresh_series gives {code:?}, expected {reason:?}"));
            }
        }
    }

    fn disagree(&mut self, vector: &Vector, text: String) {
        self.disagreements.push(format!("{}: {text}", vector.name));
    }

    fn print(&mut self) {
        println!("{} portfolios bounded by arrays, {} checks: {:?}", self.bounded, self.checks, self.uses);
        println!("  refused refreshes: {:?}; failing with and without arrays: {:?}", self.refusals, self.failing);
        for (step, (factor, seconds)) in STEPS.into_iter().enumerate() {
            let gaps = &mut self.gaps[step];
            gaps.sort_by(f64::total_cmp);
            let median = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
            let (largest, last_day, allowed) = (&self.largest[step], &self.last_day[step], &self.allowed[step]);
            println!("  price x {factor} after {seconds} s: a bound is below the margin by {median:.2e} of notional (median)");
            println!("    at most {:.2e}: {}", largest.0, largest.1);
            println!("    at most {:.2e} with an expiry on its last day: {}", last_day.0, last_day.1);
            println!("    at most {:.1} % of what is allowed: {}", allowed.0 * 100.0, allowed.1);
        }
    }
}

impl Allowance {
    fn of(vector: &Vector, cached: &Cached) -> Self {
        let mut allowance = Self { notional: 0.0, rounding: 1e-5, range: 0.0, moved: 0.0, drift: 0.0, is_short: false };
        let stable = vector.file.stable;
        for (slot, (_, state)) in (0..).zip(&cached.underlyings) {
            let token = vector.file.collateral.iter().filter(|token| token.underlying == Some(slot));
            let own: f64 = token.map(|token| token.balance * token.price).sum();
            let positions: Vec<&Position> =
                cached.account.positions().iter().filter(|position| position.underlying as usize == slot).collect();
            allowance.add(cached, (slot, state), &positions, own, stable);
        }
        allowance
    }

    /// What `docs/risk-model.md` states for a book, times the factors that its parameters put on a scanned loss.
    fn add(
        &mut self,
        cached: &Cached,
        (slot, state): (usize, &Underlying),
        positions: &[&Position],
        own: f64,
        stable: f64,
    ) {
        let params = PortfolioParams::from(&state.portfolio.params);
        let part = |ratio: Ratio| ratio.raw() as f64 / ONE_E9 as f64;
        let factor = part(params.im_factor) + (part(params.peg_threshold) - stable).max(0.0) * part(params.peg_factor);
        let index = state.price.index_e9 as f64 / 1e9;
        let far = |end_e9: i64| (end_e9 as f64 / state.price.index_e9 as f64).ln().abs();
        let range = far(state.price.low_e9).max(far(state.price.high_e9));
        let highest =
            state.portfolio.factors_q30.iter().copied().max().unwrap_or_default() as f64 / (1u64 << 30) as f64;
        for expiry in positions.chunk_by(|a, b| a.expiry == b.expiry) {
            let listed = &state.expiries[expiry[0].expiry as usize];
            if listed.is_settled() {
                continue;
            }
            let seconds = listed.expiry_ts - NOW;
            let years = seconds as f64 / 31_536_000.0;
            let basis = part(params.basis_add) + part(params.basis_mult) * years;
            let forward = index * listed.forward_ratio_q40 as f64 / (1u64 << 40) as f64;
            let strikes = expiry.iter().map(|leg| state.series[leg.series as usize].strike_e9 as f64 / 1e9);
            let price = strikes.fold(forward * highest.max(1.0), f64::max);
            let contracts: f64 = expiry.iter().map(|leg| leg.size_e6.abs() as f64 / 1e6).sum();
            let notional = contracts * forward;
            self.notional += contracts * index;
            self.rounding += 5e-7 * price * contracts * (1.0 + factor * (2.0 + 2.0 * basis)) + 8e-7 * own * factor;
            self.range += range * notional;
            let skew = skew_slope(&cached.cache(slot).expiries[expiry[0].expiry as usize].snapshot);
            self.moved += notional * (1.0 + factor * (2.0 + 2.0 * basis + skew));
            self.drift += 0.002 * notional * factor;
            self.is_short |= seconds < DAY_SECS;
        }
    }

    /// USD, after the price was multiplied by a factor.
    fn at(&self, factor: f64) -> f64 {
        let still = self.rounding + self.range;
        if factor == 1.0 {
            return still;
        }
        still + self.moved * factor.ln().abs() + self.drift
    }
}

/// How much the price of a contract moves by for each unit of |ln F1/F0|, in parts of the forward, where the steeper skew
/// changes volatility: the greatest density of the normal distribution, σmax·√τ, and the slope of the skew.
fn skew_slope(snapshot: &SnapshotRaw) -> f64 {
    let [_, _, sqrt_years, _, _, _, _, _, linear, _, absolute, _, _, most] =
        snapshot.map(|raw| raw as f64 / ONE_Q as f64);
    0.4 * most * sqrt_years * linear.abs().max(absolute.abs())
}

fn balances(bound: &MarginBoundReport, full: &HealthReport) -> [(&'static str, i64, i64); 3] {
    [
        ("E", bound.equity_atoms, full.equity_atoms),
        ("MM", bound.maintenance_atoms, full.maintenance_atoms),
        ("IM", bound.initial_atoms, full.initial_atoms),
    ]
}

/// What each underlying's arrays are good for by the documents; nothing where none gives a bound.
fn expected_uses(cached: &Cached, factor: f64, now: i64) -> Vec<(u8, ArrayUse)> {
    let groups = cached.account.positions().chunk_by(|a, b| a.underlying == b.underlying);
    groups.map(|group| (group[0].underlying, expected_use(cached, group, factor, now))).collect()
}

fn expected_use(cached: &Cached, positions: &[Position], factor: f64, now: i64) -> ArrayUse {
    let slot = positions[0].underlying;
    let state = &cached.underlyings[slot as usize].1;
    let slots: BTreeSet<u8> = positions.iter().map(|position| position.expiry).collect();
    let live = || slots.iter().map(|slot| (*slot, &state.expiries[*slot as usize])).filter(|(_, e)| !e.is_settled());
    for (expiry, listed) in live() {
        if now < listed.expiry_ts && now - listed.vol_updated_at > state.params.volatility.max_age_secs {
            return ArrayUse::SurfaceStale;
        }
        if cached.refused.contains_key(&(slot, expiry)) {
            return ArrayUse::NoArray;
        }
    }
    let params = PortfolioParams::from(&state.portfolio.params);
    let far = |end_e9: i64| (end_e9 as f64 / state.price.index_e9 as f64).ln().abs() > 0.025;
    if params.depth.raw() > 0 || params.gamma_charge > Ratio::ZERO || params.vega_charge > Ratio::ZERO {
        ArrayUse::Greeks
    } else if params.es_source == ShortfallSource::History && params.es_weight > Ratio::ZERO {
        ArrayUse::History
    } else if far(state.price.low_e9) || far(state.price.high_e9) {
        ArrayUse::PriceRange
    } else if live().any(|(_, listed)| now >= listed.expiry_ts) {
        ArrayUse::SettlementWindow
    } else if factor.ln().abs() > 0.015 && live().next().is_some() {
        ArrayUse::PriceMoved
    } else {
        ArrayUse::Used
    }
}

#[test]
fn golden_portfolios_bounded_by_risk_arrays() {
    let (mut chain, mut findings) = (OnChain::start(), Findings::default());
    for vector in vectors("portfolio") {
        findings.value(&mut chain, &vector);
    }
    findings.print();
    let shown = &findings.disagreements[..findings.disagreements.len().min(60)];
    assert!(shown.is_empty(), "{} disagreements:\n{}", findings.disagreements.len(), shown.join("\n"));
    assert!(findings.bounded >= 200, "only {} portfolios are bounded", findings.bounded);
}
