//! What is wrong with a file is named with its place and its remedy.

use plimsoll_margin_file::load;
use serde_json::{json, Value};

/// A lawful account in portfolio margin: one underlying, one expiry, two legs.
fn account() -> Value {
    let text = include_str!("../../../tests/vectors/portfolio/022_short_strangle.json");
    serde_json::from_str(text).expect("a vector is JSON")
}

/// The message for a text.
fn message(text: &str) -> String {
    match load(text).and_then(|account| account.margin()) {
        Ok(_) => panic!("{text} was accepted"),
        Err(error) => format!("{error:#}"),
    }
}

/// The message after one value was replaced.
fn after(mut account: Value, pointer: &str, value: Value) -> String {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a parent");
    match account.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} does not exist")) {
        Value::Object(map) => map.insert(key.into(), value),
        Value::Array(list) => Some(std::mem::replace(&mut list[key.parse::<usize>().expect("a place")], value)),
        other => panic!("{parent} is {other}"),
    };
    message(&account.to_string())
}

const EXPIRY: &str = "/underlyings/0/expiries/0";
const PARAMS: &str = "/underlyings/0/params/portfolio";

fn assert_named(cases: &[(&str, Value, &str)]) {
    for (pointer, value, expected) in cases {
        assert_eq!(after(account(), pointer, value.clone()), *expected, "{pointer} = {value}");
    }
}

#[test]
fn what_is_not_the_format_is_named_with_its_place() {
    let format = ": see tests/vectors/README.md";
    let of_leg = "expected one of `kind`, `strike`, `size`, `sigma`, `expected_sigma`";
    for (pointer, value, expected) in [
        (
            "/underlyings/0/expiries/0/legs/1/strke",
            json!(3000),
            format!("underlyings[0].expiries[0].legs[1].strke: unknown field `strke`, {of_leg}"),
        ),
        (
            "/underlyings/0/expiries/0/legs/0/kind",
            json!("straddle"),
            "underlyings[0].expiries[0].legs[0].kind: unknown variant `straddle`, expected `call` or `put`".into(),
        ),
        ("/cash", json!("1000"), "cash: invalid type: string \"1000\", expected f64".into()),
        ("/mode", json!("isolated"), "mode: unknown variant `isolated`, expected `cross` or `portfolio`".into()),
        (
            "/underlyings/0/expiries/0/seconds",
            json!(1.5),
            "underlyings[0].expiries[0].seconds: invalid type: floating point `1.5`, expected i64".into(),
        ),
    ] {
        let actual = after(account(), pointer, value);
        let (text, place) = actual.split_once(" at line").unwrap_or((actual.trim_end_matches(format), ""));
        assert_eq!(text, expected);
        assert!(place.is_empty() || place.ends_with(format), "{actual}");
    }
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let mut without = account();
    without["underlyings"][0].as_object_mut().unwrap().remove("index");
    let text = message(&without.to_string());
    assert!(text.starts_with("underlyings[0]: missing field `index`"), "{text}");
    let two = format!("{0}{0}", account());
    assert!(message(&two).starts_with("trailing characters"), "{}", message(&two));
    assert!(message(&two).ends_with(": put one account into a file"));
    let cut = &account().to_string()[..100];
    assert!(message(cut).contains("EOF while parsing"), "{}", message(cut));
}

#[test]
fn values_out_of_range_are_named_with_their_place_and_range() {
    assert_named(&[
        ("/cash", json!(1e14), "cash is 100000000000000: use a number from -9000000000000 to 9000000000000"),
        ("/stable", json!(0), "stable is 0: use a number from 0.000000001 to 1000000000"),
        (
            "/underlyings/0/index",
            json!(-3000),
            "underlyings[0]: index is -3000: use a number from 0.000000001 to 1000000000",
        ),
        ("/underlyings/0/confidence", json!(1.5), "underlyings[0]: confidence is 1.5: use a number from 0 to 1"),
        ("/underlyings/0/forecast", json!(0.5), "underlyings[0]: forecast is 0.5: use a number from 1 to 3"),
        (
            "/underlyings/0/realised_vol",
            json!(-0.1),
            "underlyings[0]: realised_vol is -0.1: use a number from 0 to 100",
        ),
        (
            "/underlyings/0/expiries/0/seconds",
            json!(63_072_001),
            "underlyings[0]: expiries[0]: seconds is 63072001: use 0 to 63072000",
        ),
        (
            "/underlyings/0/expiries/0/rate",
            json!(2),
            "underlyings[0]: expiries[0]: rate is 2: use a number from -1 to 1",
        ),
        (
            "/underlyings/0/expiries/0/legs/1/strike",
            json!(0),
            "underlyings[0]: expiries[0]: legs[1]: strike is 0: use a number from 0.000000001 to 1000000000",
        ),
        (
            "/underlyings/0/expiries/0/legs/1/size",
            json!(1e10),
            "underlyings[0]: expiries[0]: legs[1]: size is 10000000000: use a number from -1000000000 to 1000000000",
        ),
        (
            "/underlyings/0/expiries/0/legs/1/size",
            json!(0.0000004),
            "underlyings[0]: expiries[0]: legs[1]: size is 0.0000004: leave the leg out",
        ),
        (
            "/underlyings/0/expiries/0/legs/0/sigma",
            json!(-0.5),
            "underlyings[0]: expiries[0]: legs[0]: sigma is -0.5: use a number from 0 to 100",
        ),
    ]);
}

#[test]
fn values_that_contradict_each_other_are_named() {
    let slice = json!({"a": 0.3, "b": 0.0, "rho": 0.0, "m": 0.0, "s": 0.1});
    assert_named(&[
        (
            "/underlyings/0/low",
            json!(3001),
            "underlyings[0]: low and high are 3001 and 3000: put the index between them",
        ),
        (
            &format!("{EXPIRY}/fixed"),
            json!(3100),
            "underlyings[0]: expiries[0]: fixed is 3100: use at most the forward",
        ),
        (
            &format!("{EXPIRY}/svi"),
            slice,
            "underlyings[0]: expiries[0]: legs[0] has a sigma beside the svi: leave one out",
        ),
        (
            &format!("{EXPIRY}/legs/1"),
            account()["underlyings"][0]["expiries"][0]["legs"][0].clone(),
            "underlyings[0]: expiries[0]: legs[1] repeats Call 3600: add up the sizes",
        ),
        (
            &format!("{EXPIRY}/legs/1"),
            json!({"kind": "put", "strike": 2400, "size": -2}),
            "underlyings[0]: expiries[0]: legs[1] has no volatility: give it a sigma or the expiry an svi",
        ),
        (
            "/collateral",
            json!([{"balance": 1, "price": 3000, "haircut_im": 0.2, "haircut_mm": 0.1, "underlying": 1}]),
            "collateral[0]: underlying is not in the list",
        ),
        (
            "/collateral",
            json!([{"balance": 1, "price": 3000, "haircut_im": 0.1, "haircut_mm": 0.2}]),
            "collateral[0]: parameter haircut_maintenance is outside its limits: see the limits in docs/risk-model.md",
        ),
        (
            "/underlyings/0/params/portfolio",
            Value::Null,
            "underlyings[0]: params.portfolio is missing: portfolio mode needs it",
        ),
    ]);
    let mut stale = account();
    stale["mode"] = json!("cross");
    assert_eq!(
        after(stale, &format!("{EXPIRY}/stale"), json!(true)),
        "underlyings[0]: expiries[0]: stale is true in cross mode: leave it out, or use portfolio mode, which has parameters \
         for it"
    );
}

#[test]
fn parameters_outside_their_limits_are_named() {
    let limits = "see the limits in docs/risk-model.md";
    for (key, value, name) in [
        ("mm_factor", json!(2.0), "mm_factor"),
        ("es_mass", json!(0.0), "es_mass"),
        ("width_scale", json!(100.0), "width_scale"),
        ("depth", json!(1.0), "depth"),
    ] {
        let expected = format!("underlyings[0]: params.portfolio: parameter {name} is outside its limits: {limits}");
        assert_eq!(after(account(), &format!("{PARAMS}/{key}"), value), expected);
    }
    let far = json!([{"spot": 7.0, "vol": "up", "weight": 1.0}]);
    assert_eq!(
        after(account(), &format!("{PARAMS}/scenarios"), far),
        format!(
            "underlyings[0]: params.portfolio: scenarios[0]: parameter scenario_spot is outside its limits: {limits}"
        )
    );
    let move_below_all = json!([{"return": -0.96, "vol_change": 0.0}]);
    assert_eq!(
        after(account(), "/underlyings/0/history", move_below_all),
        format!("underlyings[0]: history[0]: parameter history_return is outside its limits: {limits}")
    );
}

#[test]
fn more_than_the_program_holds_is_counted() {
    let of = |value: &Value, count: usize| Value::Array(vec![value.clone(); count]);
    let underlying = account()["underlyings"][0].clone();
    let leg = underlying["expiries"][0]["legs"][0].clone();
    let token = json!({"balance": 1, "price": 1, "haircut_im": 0.1, "haircut_mm": 0.1});
    assert_named(&[
        ("/underlyings", of(&underlying, 9), "there are 9 underlyings: use at most 8"),
        ("/collateral", of(&token, 9), "there are 9 collaterals: use at most 8"),
        ("/underlyings/0/expiries/0/legs", of(&leg, 65), "there are 65 legs: use at most 64"),
        (
            "/underlyings/0/expiries",
            of(&underlying["expiries"][0], 17),
            "underlyings[0]: there are 17 expiries: use at most 16",
        ),
        (
            "/underlyings/0/history",
            of(&json!({"return": 0.01, "vol_change": 0.0}), 65),
            "underlyings[0]: history has 65 pairs: use at most 64",
        ),
    ]);
}
