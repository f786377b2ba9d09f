//! Golden prices and volatilities, and what must hold between prices whatever the inputs.

use plimsoll_risk::math;
use plimsoll_risk::pricing::{
    discount, intrinsic, price, total_vol, vol_from_total, ForwardCurve, Greeks, OptionKind, Strike, Svi,
};
use plimsoll_risk::units::{
    Discount, Log, Price, Ratio, Seconds, Skew, TotalVol, Variance, Vol, ONE_Q, SECONDS_PER_YEAR,
};
use plimsoll_risk::RiskError;
use proptest::prelude::*;

const DAY: i64 = 86_400;

/// The stated error of one price, in 1e-9 USD.
fn price_bound(forward: Price) -> i64 {
    forward.raw() / 333_333_333 + 2
}

fn q40(x: f64) -> i64 {
    (x * ONE_Q as f64).round() as i64
}

fn usd(x: f64) -> Price {
    Price::from_raw((x * 1e9).round() as i64)
}

fn curve(forward: Price, discount: Discount) -> ForwardCurve {
    ForwardCurve::new(forward, discount).unwrap()
}

fn strike(price: Price) -> Strike {
    Strike::new(price).unwrap()
}

fn total(vol: f64, seconds: i64) -> TotalVol {
    total_vol(Vol::from_raw(q40(vol)), math::sqrt_years(Seconds::from_raw(seconds)))
}

fn assert_price_near(actual: Price, expected: f64, forward: Price) {
    let error = (actual.raw() as f64 / 1e9 - expected).abs();
    assert!(error <= 2e-8 * forward.raw() as f64 / 1e9, "{} instead of {expected}", actual.raw() as f64 / 1e9);
}

#[test]
fn vec_001_at_the_money_week() {
    let (forward, v) = (Price::from_usd(1_500), total(1.0, 7 * DAY));
    for kind in [OptionKind::Call, OptionKind::Put] {
        let value = price(kind, &curve(forward, Discount::ONE), strike(forward), v);
        assert_price_near(value, 82.805_080_668_634_56, forward);
    }
}

#[test]
fn vec_002_far_call_with_discount() {
    let forward = Price::from_usd(1_000);
    let curve = curve(forward, Discount::from_raw(q40(0.9991784198737006)));
    let value = price(OptionKind::Call, &curve, strike(Price::from_usd(1_200)), total(0.25, 30 * DAY));
    assert_price_near(value, 0.137_082_128_426_579_3, forward);
}

fn smile() -> Svi {
    // 0.2465753424657534 years are 90 days.
    Svi::from_total_variance(
        Variance::from_raw(q40(0.17753424657534247)),
        Variance::from_raw(q40(0.17753424657534247)),
        Skew::from_raw(q40(0.05917808219178082)),
        Log::from_raw(q40(0.02958904109589041)),
        Log::from_raw(q40(0.0216986301369863)),
        Seconds::from_raw(90 * DAY),
    )
    .unwrap()
}

fn log_moneyness(strike: u32, forward: u32) -> Log {
    let log = |usd| math::ln_price(Price::from_usd(usd)).unwrap();
    log(strike).sub(log(forward)).unwrap()
}

#[test]
fn vec_003_smile() {
    for (strike, expected) in [(1_500, 0.9356728218442784), (2_400, 0.9512721744218694)] {
        let vol = smile().vol_at(log_moneyness(strike, 1_830)).raw() as f64 / ONE_Q as f64;
        assert!((vol - expected).abs() <= 1e-9, "K {strike}: {vol} instead of {expected}");
    }
}

#[test]
fn vec_004_discount_factor() {
    // The inverse of two discount factors of the margin vectors: r .15 over 794 852 s, r 0.
    let factor = discount(Ratio::from_millionths(150_000), Seconds::from_raw(794_852)).raw() as f64 / ONE_Q as f64;
    assert!((factor - 0.9962264490688729).abs() <= 1e-11, "{factor}");
    assert_eq!(discount(Ratio::ZERO, Seconds::from_raw(DAY)), Discount::ONE);
}

#[test]
fn vec_005_one_short_call_of_the_margin_vector() {
    let forward = usd(95_776.67392708939);
    let factor = discount(Ratio::from_millionths(150_000), Seconds::from_raw(794_852));
    let value = price(
        OptionKind::Call,
        &curve(forward, factor),
        strike(Price::from_usd(100_000)),
        total(0.453803924321583, 794_852),
    );
    assert_price_near(value, 1186.4185694587657, forward);
}

#[test]
fn an_option_without_volatility_is_worth_its_discounted_intrinsic_value() {
    let factor = Discount::from_raw(q40(0.5));
    for (kind, forward, at, expected) in [
        (OptionKind::Call, 120, 100, 10),
        (OptionKind::Call, 100, 120, 0),
        (OptionKind::Call, 100, 100, 0),
        (OptionKind::Put, 100, 120, 10),
        (OptionKind::Put, 120, 100, 0),
    ] {
        let value = price(kind, &curve(Price::from_usd(forward), factor), strike(Price::from_usd(at)), TotalVol::ZERO);
        assert_eq!(value, Price::from_usd(expected));
        let paid = intrinsic(kind, Price::from_usd(forward), Price::from_usd(at));
        assert_eq!(paid, Price::from_usd(2 * expected));
    }
}

#[test]
fn an_endless_volatility_makes_a_call_worth_the_forward_and_a_put_the_strike() {
    let curve = curve(Price::from_usd(100), Discount::ONE);
    let endless = TotalVol::from_raw(i64::MAX);
    assert_eq!(price(OptionKind::Call, &curve, strike(Price::from_usd(130)), endless), Price::from_usd(100));
    assert_eq!(price(OptionKind::Put, &curve, strike(Price::from_usd(130)), endless), Price::from_usd(130));
}

#[test]
fn greeks_refuse_a_negative_time() {
    let curve = curve(Price::from_usd(100), Discount::ONE);
    let at = strike(Price::from_usd(100));
    let refused = Greeks::of(OptionKind::Call, &curve, at, Vol::from_raw(ONE_Q), 0, Seconds::from_raw(-1), Ratio::ZERO);
    assert_eq!(refused, Err(RiskError::TenorOutOfRange));
}

#[test]
fn greeks_of_an_expired_option_are_those_of_its_payoff() {
    let curve = curve(Price::from_usd(110), Discount::ONE);
    let at = strike(Price::from_usd(100));
    let greeks = Greeks::of(OptionKind::Call, &curve, at, Vol::from_raw(ONE_Q), 0, Seconds::ZERO, Ratio::ZERO).unwrap();
    assert_eq!(greeks, Greeks { delta: ONE_Q, ..Greeks::default() });
}

fn any_kind() -> impl Strategy<Value = OptionKind> {
    prop_oneof![Just(OptionKind::Call), Just(OptionKind::Put)]
}

/// Forward, strike within a factor of ten, volatility and time of the stated domain.
fn any_option() -> impl Strategy<Value = (Price, Price, f64, i64)> {
    let ln_10 = std::f64::consts::LN_10;
    (-4.0..7.9f64, -ln_10..ln_10, 0.05..5.0f64, 60i64..=730 * DAY, 0u32..13).prop_map(
        |(magnitude, x, vol, seconds, halvings)| {
            let forward = 10f64.powf(magnitude);
            (usd(forward), usd(forward * x.exp()), vol, (seconds >> halvings).max(60))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn prop_put_call_parity((forward, at, vol, seconds) in any_option()) {
        let (curve, at, v) = (curve(forward, Discount::ONE), strike(at), total(vol, seconds));
        let call = price(OptionKind::Call, &curve, at, v).raw();
        let put = price(OptionKind::Put, &curve, at, v).raw();
        // Both come from the same two probabilities: only roundings differ, unless a clamp moved one of them.
        prop_assert!((call - put - (forward.raw() - at.price.raw())).abs() <= price_bound(forward));
    }

    #[test]
    fn prop_price_is_within_its_bounds((forward, at, vol, seconds) in any_option(), kind in any_kind(), rate in 0.0..0.5f64) {
        let tau = Seconds::from_raw(seconds);
        let factor = discount(Ratio::from_raw((rate * 1e9) as i64), tau);
        let value = price(kind, &curve(forward, factor), strike(at), total(vol, seconds)).raw() as i128;
        let discounted = |x: Price| x.raw() as i128 * factor.raw() as i128 / ONE_Q as i128;
        let most = if kind == OptionKind::Call { forward } else { at };
        prop_assert!(value >= discounted(intrinsic(kind, forward, at)));
        prop_assert!(value <= discounted(most) + 1);
    }

    #[test]
    fn prop_price_is_monotone((forward, at, vol, seconds) in any_option(), kind in any_kind(), step in 1.0..1.2f64) {
        let slack = 2 * price_bound(forward) + price_bound(forward) / 4;
        let value = |forward: Price, at: Price, vol: f64| {
            price(kind, &curve(forward, Discount::ONE), strike(at), total(vol, seconds)).raw()
        };
        let more = |x: Price| usd(x.raw() as f64 / 1e9 * step);
        let base = value(forward, at, vol);
        let sign = if kind == OptionKind::Call { 1 } else { -1 };
        prop_assert!(sign * (value(more(forward), at, vol) - base) >= -slack, "forward");
        prop_assert!(sign * (value(forward, more(at), vol) - base) <= slack, "strike");
        prop_assert!(value(forward, at, vol * step) - base >= -slack, "volatility");
    }

    #[test]
    fn prop_price_is_convex_in_the_strike((forward, at, vol, seconds) in any_option(), kind in any_kind(), width in 0.001..0.2f64) {
        let v = total(vol, seconds);
        let half = (at.raw() as f64 * width) as i64;
        let value = |raw| price(kind, &curve(forward, Discount::ONE), strike(Price::from_raw(raw)), v).raw();
        prop_assume!(at.raw() > half + 1);
        let butterfly = value(at.raw() - half) + value(at.raw() + half) - 2 * value(at.raw());
        prop_assert!(butterfly >= -4 * price_bound(forward));
    }

    #[test]
    fn prop_greeks_are_the_slopes_of_the_price(
        magnitude in 2.0..6.0f64, x in -0.5..0.5f64, vol in 0.2..2.0f64, seconds in DAY..730 * DAY, kind in any_kind(),
        rate in 0.0..0.3f64,
    ) {
        let forward = usd(10f64.powf(magnitude));
        let at = strike(usd(forward.raw() as f64 / 1e9 * x.exp()));
        let (rate, tau) = (Ratio::from_raw((rate * 1e9) as i64), Seconds::from_raw(seconds));
        let value = |forward: Price, vol: f64, seconds: i64, rate: Ratio| {
            let factor = discount(rate, Seconds::from_raw(seconds));
            price(kind, &curve(forward, factor), at, total(vol, seconds)).raw() as f64
        };
        let sqrt_years = math::sqrt_years(tau);
        let here = curve(forward, discount(rate, tau));
        let greeks = Greeks::of(kind, &here, at, Vol::from_raw(q40(vol)), sqrt_years, tau, rate).unwrap();
        let (f, years) = (forward.raw() as f64, seconds as f64 / SECONDS_PER_YEAR as f64);
        let v = vol * years.sqrt();
        // Steps of a hundredth of a standard deviation: the third derivative leaves about 1e-4 of the largest slope.
        let h = v / 100.0;
        let (up, down) = (Price::from_raw((f * (1.0 + h)) as i64), Price::from_raw((f * (1.0 - h)) as i64));
        let (above, below, base) = (
            value(up, vol, seconds, rate), value(down, vol, seconds, rate), value(forward, vol, seconds, rate),
        );
        let delta = (above - below) / (up.raw() - down.raw()) as f64;
        prop_assert!((delta - greeks.delta as f64 / ONE_Q as f64).abs() <= 1e-3, "delta {delta}");
        let gamma = (above + below - 2.0 * base) / (f * h * h);
        prop_assert!((gamma - greeks.gamma as f64 / ONE_Q as f64).abs() <= 3e-3 * 0.4 / v, "gamma {gamma}");
        let vega = (value(forward, vol * 1.01, seconds, rate) - value(forward, vol * 0.99, seconds, rate)) / (0.02 * vol);
        prop_assert!((vega - greeks.vega.raw() as f64).abs() <= 1e-3 * 0.4 * f * years.sqrt(), "vega {vega}");
        let step = seconds / 100;
        let theta = (value(forward, vol, seconds - step, rate) - value(forward, vol, seconds + step, rate))
            / (2 * step) as f64 * DAY as f64;
        let largest = f * (0.4 * vol / (2.0 * years.sqrt()) + rate.raw() as f64 / 1e9) / 365.0;
        prop_assert!((theta - greeks.theta.raw() as f64).abs() <= 1e-3 * largest, "theta {theta}");
        let bump = Ratio::from_raw(100_000);
        let rho = (value(forward, vol, seconds, rate.add(bump).unwrap()) - base) / 1e-4;
        prop_assert!((rho - greeks.rho.raw() as f64).abs() <= 1e-3 * f * years, "rho {rho}");
    }

    #[test]
    fn prop_total_volatility_and_back(vol in 0.05..5.0f64, seconds in 60i64..730 * DAY) {
        let sqrt_years = math::sqrt_years(Seconds::from_raw(seconds));
        let vol = Vol::from_raw(q40(vol));
        let back = vol_from_total(total_vol(vol, sqrt_years), sqrt_years).unwrap();
        let slack = ONE_Q / sqrt_years + 1;
        prop_assert!((back.raw() - vol.raw()).abs() <= slack);
    }

    #[test]
    fn prop_discount_is_within_its_bound(rate in 0i64..=2_000_000_000, seconds in 0i64..=10 * SECONDS_PER_YEAR) {
        let exact = (-(rate as f64 / 1e9) * seconds as f64 / SECONDS_PER_YEAR as f64).exp();
        let factor = discount(Ratio::from_raw(rate), Seconds::from_raw(seconds)).raw() as f64 / ONE_Q as f64;
        prop_assert!((factor - exact).abs() <= 3e-12);
    }
}
