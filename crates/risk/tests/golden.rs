//! Prices, Greeks and liquidations of `tests/vectors` against this crate; its golden portfolios are checked where they are
//! read, in `crates/margin-file`. The vectors come from an independent model in double
//! precision (`tests/reference`); `tests/vectors/README.md` documents the format and the tolerance. The environment variable
//! `PLIMSOLL_VECTORS` names another folder of vectors, as `tests/reference/fuzz.py` writes them.

use plimsoll_risk::liquidation::{max_fraction, required_payment, Breach};
use plimsoll_risk::math::sqrt_years;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::pricing::{discount, price, total_vol, ForwardCurve, Greeks, OptionKind, Strike};
use plimsoll_risk::units::{Price, Ratio, Seconds, Value, Vol, ONE_E6, ONE_E9, ONE_Q};
use plimsoll_risk::RiskError;
use serde::de::DeserializeOwned;
use serde::Deserialize;
use std::path::{Path, PathBuf};

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

fn unit(x: f64) -> i64 {
    scaled(x, ONE_Q)
}

/// What disagrees in one file.
struct Findings {
    file: String,
    lines: Vec<String>,
    worst: f64,
}

impl Findings {
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

fn option_kind(name: &str) -> OptionKind {
    match name {
        "call" => OptionKind::Call,
        "put" => OptionKind::Put,
        other => panic!("unknown kind {other}"),
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

fn check_auction(file: String, auction: &Auction) -> Findings {
    let mut findings = Findings { file, lines: Vec::new(), worst: 0.0 };
    let breach = Breach {
        equity: value(auction.equity),
        maintenance: value(auction.maintenance),
        paid_in: value(auction.reserved),
    };
    let terms =
        LiquidationParams { buffer: ratio(auction.buffer), dust: value(auction.dust), ..LiquidationParams::DEFAULT };
    let discount = ratio(auction.d);
    let result = max_fraction(&breach, discount, &terms)
        .and_then(|fraction| Ok((fraction, required_payment(&breach, discount, fraction)?)));
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
    let mut findings = Findings { file, lines: Vec::new(), worst: 0.0 };
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
fn liquidations_agree_with_the_reference_model() {
    let vectors = load::<Auction>("liquidation");
    report_findings(vectors.into_iter().map(|(file, auction)| check_auction(file, &auction)).collect(), 40);
}
