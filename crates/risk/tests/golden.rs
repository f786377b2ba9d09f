//! Every golden vector of `tests/vectors` against this crate. The vectors come from an independent model in double
//! precision (`tests/reference`); `tests/vectors/README.md` documents the format and the tolerance. The environment variable
//! `PLIMSOLL_VECTORS` names another folder of vectors, as `tests/reference/fuzz.py` writes them.

use plimsoll_risk::liquidation::{max_fraction, required_payment, Breach};
use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{
    CollateralBalance, CollateralMarket, CrossExpiry, CrossTerms, Leg, MarginReport, UnderlyingMargin,
};
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::params::{CrossParams, LiquidationParams};
use plimsoll_risk::pricing::{discount, price, total_vol, ForwardCurve, Greeks, OptionKind, Strike, Svi};
use plimsoll_risk::settlement::{payoff, Twap, SETTLEMENT_WINDOW};
use plimsoll_risk::units::{
    Contracts, Exact, Log, Price, Ratio, Seconds, Skew, Value, Variance, Vol, ONE_E6, ONE_E9, ONE_Q,
};
use plimsoll_risk::RiskError;
use serde::de::DeserializeOwned;
use serde::Deserialize;
use std::path::{Path, PathBuf};

const DECIMALS: u8 = 9;

#[derive(Deserialize)]
struct Account {
    stable: f64,
    cash: f64,
    collateral: Vec<Token>,
    underlyings: Vec<Underlying>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Token {
    balance: f64,
    price: f64,
    haircut_im: f64,
    haircut_mm: f64,
}

#[derive(Deserialize)]
struct Underlying {
    index: f64,
    low: f64,
    high: f64,
    confidence: f64,
    params: Params,
    expiries: Vec<Expiry>,
}

#[derive(Deserialize)]
struct Params {
    max_spot: f64,
    min_spot: f64,
    mm_call: f64,
    mm_put: f64,
    mm_put_mtm: f64,
    unpaired_im: f64,
    unpaired_mm: f64,
    mm_offset: f64,
    confidence_threshold: f64,
    confidence_factor: f64,
    depeg_threshold: f64,
    depeg_factor: f64,
}

#[derive(Deserialize)]
struct Expiry {
    seconds: i64,
    forward: f64,
    rate: f64,
    fixed: f64,
    settlement: Option<f64>,
    svi: Option<Slice>,
    legs: Vec<Position>,
}

#[derive(Deserialize)]
struct Slice {
    a: f64,
    b: f64,
    rho: f64,
    m: f64,
    s: f64,
}

#[derive(Deserialize)]
struct Position {
    kind: String,
    strike: f64,
    size: f64,
    sigma: Option<f64>,
    expected_sigma: Option<f64>,
}

#[derive(Deserialize)]
struct Expected {
    mark: f64,
    settled: f64,
    collateral: f64,
    equity: f64,
    maintenance: f64,
    initial: f64,
    underlyings: Vec<ExpectedUnderlying>,
}

#[derive(Deserialize)]
struct ExpectedUnderlying {
    mark: f64,
    settled: f64,
    maintenance: f64,
    initial: f64,
    initial_at_index: f64,
}

#[derive(Deserialize)]
struct Auction {
    equity: f64,
    maintenance: f64,
    buffer: f64,
    d: f64,
    reserved: f64,
    dust: f64,
    expected: ExpectedAuction,
}

#[derive(Deserialize)]
struct ExpectedAuction {
    fraction: f64,
    payment: f64,
}

#[derive(Deserialize)]
struct Quote {
    kind: String,
    forward: f64,
    strike: f64,
    sigma: f64,
    seconds: i64,
    rate: f64,
    expected: ExpectedQuote,
}

#[derive(Deserialize)]
struct ExpectedQuote {
    price: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
}

fn scaled(x: f64, one: i64) -> i64 {
    (x * one as f64).round() as i64
}

fn usd(x: f64) -> Price {
    Price::from_raw(scaled(x, ONE_E9))
}

fn ratio(x: f64) -> Ratio {
    Ratio::from_raw(scaled(x, ONE_E9))
}

fn value(x: f64) -> Value {
    Value::from_raw(scaled(x, ONE_E6))
}

fn dollars(x: Value) -> f64 {
    x.raw() as f64 / ONE_E6 as f64
}

fn exact_dollars(x: Exact) -> f64 {
    x.raw() as f64 / 1e15
}

fn unit(x: f64) -> i64 {
    scaled(x, ONE_Q)
}

/// What disagrees in one file.
struct Findings {
    file: String,
    notional: f64,
    lines: Vec<String>,
    worst: f64,
}

impl Findings {
    fn compare(&mut self, term: &str, actual: f64, expected: f64) {
        let allowed = 1e-6 * expected.abs() + 2e-8 * self.notional + 1e-6;
        self.compare_within(term, actual, expected, allowed);
    }

    fn compare_within(&mut self, term: &str, actual: f64, expected: f64, allowed: f64) {
        let difference = (actual - expected).abs();
        self.worst = self.worst.max(difference / allowed);
        if difference.is_nan() || difference > allowed {
            self.lines.push(format!(
                "{}: {term} is {actual:.9}, expected {expected:.9}: off by {difference:.3e}, allowed {allowed:.3e}",
                self.file
            ));
        }
    }
}

impl Params {
    fn convert(&self) -> CrossParams {
        CrossParams {
            max_spot: ratio(self.max_spot),
            min_spot: ratio(self.min_spot),
            mm_call: ratio(self.mm_call),
            mm_put: ratio(self.mm_put),
            mm_put_mtm: ratio(self.mm_put_mtm),
            unpaired_im: ratio(self.unpaired_im),
            unpaired_mm: ratio(self.unpaired_mm),
            mm_offset: ratio(self.mm_offset),
            confidence_threshold: ratio(self.confidence_threshold),
            confidence_factor: ratio(self.confidence_factor),
            peg_threshold: ratio(self.depeg_threshold),
            peg_factor: ratio(self.depeg_factor),
        }
    }
}

impl Expiry {
    fn tenor(&self) -> Seconds {
        Seconds::from_raw(self.seconds)
    }

    /// The curve when spot is multiplied by `moved`; inside the settlement window only the open part of the forward moves.
    fn curve(&self, moved: f64) -> Result<ForwardCurve, RiskError> {
        let forward = if self.fixed == 0.0 {
            usd(self.forward * moved)
        } else {
            let window = SETTLEMENT_WINDOW.raw();
            let open = (self.forward - self.fixed) * window as f64 / self.seconds as f64;
            let twap = Twap {
                weighted: i128::from(usd(self.fixed).raw()) * i128::from(window),
                covered: Seconds::from_raw(window - self.seconds),
            };
            twap.settlement_forward(usd(open * moved), 0, self.seconds)?
        };
        ForwardCurve::new(forward, discount(ratio(self.rate), self.tenor()))
    }

    /// The smile of the expiry, if its legs do not bring their own volatilities.
    fn smile(&self) -> Result<Option<Svi>, RiskError> {
        let Some(Slice { a, b, rho, m, s }) = &self.svi else { return Ok(None) };
        let (a, b) = (Variance::from_raw(unit(*a)), Variance::from_raw(unit(*b)));
        let (rho, m, s) = (Skew::from_raw(unit(*rho)), Log::from_raw(unit(*m)), Log::from_raw(unit(*s)));
        Svi::new(a, b, rho, m, s, self.tenor()).map(Some)
    }

    /// Legs with the volatility read at the index.
    fn load(&self, findings: &mut Findings) -> Result<Vec<Leg>, RiskError> {
        let at_index = self.curve(1.0)?;
        let smile = self.smile()?;
        let mut legs = Vec::new();
        for position in &self.legs {
            let strike = Strike::new(usd(position.strike))?;
            let vol = match (&smile, position.sigma) {
                (Some(smile), _) => smile.vol_at(Log::from_raw(strike.log.raw() - at_index.log_forward.raw())),
                (None, sigma) => Vol::from_raw(unit(sigma.expect("a leg without a smile has a volatility"))),
            };
            if let Some(expected) = position.expected_sigma {
                let term = format!("volatility at {}", position.strike);
                findings.compare_within(&term, vol.raw() as f64 / ONE_Q as f64, expected, 2e-8 * expected.max(0.1));
            }
            let total_vol = total_vol(vol, sqrt_years(self.tenor()));
            legs.push(Leg { kind: position.option_kind(), strike, size: position.contracts(), total_vol });
        }
        Ok(legs)
    }
}

fn option_kind(name: &str) -> OptionKind {
    match name {
        "call" => OptionKind::Call,
        "put" => OptionKind::Put,
        other => panic!("unknown kind {other}"),
    }
}

impl Position {
    fn option_kind(&self) -> OptionKind {
        option_kind(&self.kind)
    }

    fn contracts(&self) -> Contracts {
        Contracts::from_raw(scaled(self.size, ONE_E6))
    }
}

impl Underlying {
    fn notional(&self) -> f64 {
        self.index * self.expiries.iter().flat_map(|e| &e.legs).map(|leg| leg.size.abs()).sum::<f64>()
    }

    fn margin_at(&self, spot: f64, stable: f64, findings: &mut Findings) -> Result<UnderlyingMargin, RiskError> {
        let params = self.params.convert();
        params.validate()?;
        let terms = CrossTerms::new(&params, usd(spot))?;
        let mut sum = UnderlyingMargin::default();
        for expiry in &self.expiries {
            if let Some(settlement) = expiry.settlement {
                for leg in &expiry.legs {
                    sum.add_settled(payoff(leg.option_kind(), usd(leg.strike), usd(settlement), leg.contracts()))?;
                }
            } else {
                let legs = expiry.load(findings)?;
                let margin = CrossExpiry { curve: expiry.curve(spot / self.index)?, legs: &legs }.margin(&terms)?;
                sum.add_expiry(&margin)?;
            }
        }
        sum.charge_quality(
            &params,
            usd(spot),
            &PriceQuality { confidence: ratio(self.confidence), stable: usd(stable) },
        )?;
        Ok(sum)
    }

    /// Margin at the index, and the worst initial balance over the three spot prices.
    fn margin(&self, stable: f64, findings: &mut Findings) -> Result<(UnderlyingMargin, Exact), RiskError> {
        let at_index = self.margin_at(self.index, stable, findings)?;
        let mut worst = at_index.initial;
        for spot in [self.low, self.high] {
            worst = worst.min(self.margin_at(spot, stable, findings)?.initial);
        }
        Ok((at_index, worst))
    }
}

impl Account {
    fn margin(&self, findings: &mut Findings) -> Result<MarginReport, RiskError> {
        let mut sum = MarginSum::default();
        for (index, (underlying, expected)) in self.underlyings.iter().zip(&self.expected.underlyings).enumerate() {
            let (at_index, worst) = underlying.margin(self.stable, findings)?;
            let settled = expected.settled;
            let mut compare = |term: &str, actual: Exact, expected: f64| {
                findings.compare(&format!("underlyings[{index}].{term}"), exact_dollars(actual), expected + settled);
            };
            compare("mark", at_index.mark, expected.mark);
            compare("maintenance", at_index.maintenance, expected.maintenance);
            compare("initial_at_index", at_index.initial, expected.initial_at_index);
            compare("initial", worst, expected.initial);
            sum.add_underlying(&at_index, worst)?;
        }
        for token in &self.collateral {
            let market = CollateralMarket {
                decimals: DECIMALS,
                price: usd(token.price),
                price_initial: usd(token.price),
                haircut_initial: ratio(token.haircut_im),
                haircut_maintenance: ratio(token.haircut_mm),
            };
            let balance = CollateralBalance(scaled(token.balance, ONE_E9) as u64);
            sum.add_collateral(&market.value(balance, usd(self.stable))?)?;
        }
        sum.report(value(self.cash))
    }
}

fn vectors() -> PathBuf {
    let named = std::env::var_os("PLIMSOLL_VECTORS").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"))
}

fn read<T: DeserializeOwned>(file: &Path) -> T {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn load<T: DeserializeOwned>(folder: &str) -> Vec<(String, T)> {
    let path = vectors().join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let name = |file: &Path| format!("{folder}/{}", file.file_name().expect("a file name").to_string_lossy());
    files.into_iter().map(|file| (name(&file), read(&file))).collect()
}

fn report_findings(all: Vec<Findings>, at_least: usize) {
    assert!(all.len() >= at_least, "only {} vectors found", all.len());
    if let Some(worst) = all.iter().max_by(|a, b| a.worst.total_cmp(&b.worst)) {
        println!("{} vectors; the worst uses {:.1} % of its tolerance: {}", all.len(), worst.worst * 100.0, worst.file);
    }
    let failed = all.iter().filter(|findings| !findings.lines.is_empty()).count();
    let lines: Vec<&str> = all.iter().flat_map(|findings| &findings.lines).map(String::as_str).collect();
    assert!(lines.is_empty(), "{failed} of {} vectors disagree:\n{}", all.len(), lines.join("\n"));
}

fn check_account(file: String, account: &Account) -> Findings {
    let notional = account.underlyings.iter().map(Underlying::notional).sum();
    let mut findings = Findings { file, notional, lines: Vec::new(), worst: 0.0 };
    match account.margin(&mut findings) {
        Ok(report) => {
            let expected = &account.expected;
            findings.compare("mark", dollars(report.mark), expected.mark + expected.settled);
            findings.compare("collateral", dollars(report.collateral), expected.collateral);
            findings.compare("equity", dollars(report.equity), expected.equity);
            findings.compare("maintenance", dollars(report.maintenance), expected.maintenance);
            findings.compare("initial", dollars(report.initial), expected.initial);
        }
        Err(error) => findings.lines.push(format!("{}: {error:?}", findings.file)),
    }
    findings
}

fn check_auction(file: String, auction: &Auction) -> Findings {
    let mut findings = Findings { file, notional: 0.0, lines: Vec::new(), worst: 0.0 };
    let breach = Breach {
        equity: value(auction.equity),
        maintenance: value(auction.maintenance),
        paid_in: value(auction.reserved),
    };
    let terms =
        LiquidationParams { discount: ratio(auction.d), buffer: ratio(auction.buffer), dust: value(auction.dust) };
    let result = max_fraction(&breach, &terms)
        .and_then(|fraction| Ok((fraction, required_payment(&breach, terms.discount, fraction)?)));
    match result {
        Ok((fraction, payment)) => {
            let expected = &auction.expected;
            findings.compare_within("fraction", fraction.raw() as f64 / ONE_E9 as f64, expected.fraction, 2e-9);
            let allowed = 1e-6 * expected.payment + 2e-9 * auction.equity.abs() + 1e-6;
            findings.compare_within("payment", dollars(payment), expected.payment, allowed);
        }
        Err(error) => findings.lines.push(format!("{}: {error:?}", findings.file)),
    }
    findings
}

impl Quote {
    fn check(&self, findings: &mut Findings) -> Result<(), RiskError> {
        let (tau, rate, vol) = (Seconds::from_raw(self.seconds), ratio(self.rate), Vol::from_raw(unit(self.sigma)));
        let curve = ForwardCurve::new(usd(self.forward), discount(rate, tau))?;
        let (kind, strike, sqrt) = (option_kind(&self.kind), Strike::new(usd(self.strike))?, sqrt_years(tau));
        let greeks = Greeks::of(kind, &curve, strike, vol, sqrt, tau, rate)?;

        let (expected, years) = (&self.expected, self.seconds as f64 / 31_536_000.0);
        let df = (-self.rate * years).exp();
        let density = df / (2.0 * std::f64::consts::PI).sqrt();
        let decay = self.forward * density * self.sigma / (2.0 * years.sqrt());
        let money = |x: Price| x.raw() as f64 / ONE_E9 as f64;
        let number = |x: i64| x as f64 / ONE_Q as f64;
        let mut compare = |term, actual, expected, allowed| findings.compare_within(term, actual, expected, allowed);
        let value = price(kind, &curve, strike, total_vol(vol, sqrt));
        compare("price", money(value), expected.price, 2e-8 * self.forward + 1e-9);
        compare("delta", number(greeks.delta), expected.delta, 2e-8);
        let allowed = 2e-7 * density / (self.sigma * years.sqrt());
        compare("gamma", number(greeks.gamma), expected.gamma * self.forward, allowed);
        compare("vega", money(greeks.vega), expected.vega, 2e-7 * self.forward * density * years.sqrt() + 1e-9);
        let allowed = 5e-7 * (self.rate * expected.price + decay) / 365.0 + 1e-9;
        compare("theta", money(greeks.theta), expected.theta, allowed);
        let allowed = 1e-6 * years * df * self.forward.max(self.strike) + 1e-9;
        compare("rho", money(greeks.rho), expected.rho, allowed);
        Ok(())
    }
}

fn check_quote(index: usize, quote: &Quote) -> Findings {
    let Quote { kind, forward, strike, sigma, seconds, rate, .. } = quote;
    let file = format!("black76.json[{index}] {kind} F {forward} K {strike} σ {sigma} T {seconds} r {rate}");
    let mut findings = Findings { file, notional: 0.0, lines: Vec::new(), worst: 0.0 };
    if let Err(error) = quote.check(&mut findings) {
        findings.lines.push(format!("{}: {error:?}", findings.file));
    }
    findings
}

#[test]
fn prices_and_greeks_agree_with_the_reference_model() {
    let quotes: Vec<Quote> = read(&vectors().join("pricing/black76.json"));
    report_findings(quotes.iter().enumerate().map(|(index, quote)| check_quote(index, quote)).collect(), 400);
}

#[test]
fn cross_margin_agrees_with_the_reference_model() {
    let vectors = load::<Account>("cross");
    report_findings(vectors.into_iter().map(|(file, account)| check_account(file, &account)).collect(), 120);
}

#[test]
fn liquidations_agree_with_the_reference_model() {
    let vectors = load::<Auction>("liquidation");
    report_findings(vectors.into_iter().map(|(file, auction)| check_auction(file, &auction)).collect(), 40);
}
