"""Portfolio-margin accounts in which each parameter, at both ends of its range, decides something."""

from generate import DAY, HOUR, call, put
from portfolio_build import BOUNDS, SPOT_BOUNDS, expiry, one, scenario, terms, token
from portfolio_cases import S, k

CALM = dict(scenarios=[scenario(1.0)], basis_add=0.0, basis_mult=0.0)  # only volatility by strike can hurt
PAIRS = [{"return": r, "vol_change": v} for r, v in (
    (0.01, -0.02), (-0.02, 0.05), (0.04, 0.0), (-0.11, 0.4), (0.0, 0.01), (0.08, 0.15), (-0.3, 0.9), (0.02, -0.1), (-0.05, 0.1), (0.15, 0.2))]


def mixed(**more):
    near = expiry(10 * DAY, S * 1.003, [call(k(1.05), -2), put(k(0.95), -2), call(k(1.2), 1)], sigma=0.5, rate=0.06)
    far = expiry(120 * DAY, S * 1.02, [call(k(1.1), 1.5), put(k(0.9), -1)], sigma=0.65, rate=0.06)
    return terms(S, [near, far], 9000, **more)


def strangle(days=30.0, sigma=0.6, q=-2, **more):
    return one(S, [call(k(1.05), q), put(k(0.95), q)], seconds=int(days * DAY), sigma=sigma, cash=6000, **more)


def straddle_long(days=30, **more):
    return one(S, [call(S, 2), put(S, 2)], seconds=days * DAY, rate=0.05, **more)


def roll(first=1, **more):
    """Flat in spot, so that only the basis between two terms can hurt."""
    near = expiry(30 * DAY, S * 1.003, [call(S, -3 * first), put(S, 3 * first)], rate=0.04)
    far = expiry(700 * DAY, S * 1.05, [call(S, 3 * first), put(S, -3 * first)], rate=0.05)
    return terms(S, [near, far], 9000, **more)


def slanted(days=90, **more):
    """Long and short at different strikes: volatility by strike is what matters."""
    legs = [call(k(1.4), -5), put(k(0.7), 5)]
    return one(S, legs, seconds=days * DAY, cash=6000, **{**CALM, "skew_absolute__weight": 0.0, **more})


def winged(days=90, **more):
    legs = [call(k(1.5), -5), put(k(0.65), -5)]
    return one(S, legs, seconds=days * DAY, cash=6000, **{**CALM, "skew_linear__weight": 0.0, **more})


def closing(**more):
    """Half an hour before expiry, when nothing but volatility moves."""
    legs = [call(S, -90), put(S, -90)]
    return one(S, legs, seconds=1800, forward=S, cash=90_000, **{**CALM, "scenarios": [scenario(1.0, "up")], **more})


def minute(**more):
    return one(S, [call(k(1.0003), -900), put(k(0.9997), -900)], seconds=60, forward=S, cash=90_000, **CALM, **more)


def stale(**more):
    return one(S, [call(k(1.05), -2), put(k(0.9), 1)], sigma=0.4, stale=True, realised_vol=0.8, cash=6000, **more)


def doubtful(**more):
    return strangle(confidence=0.3, **more)


def depegged(**more):
    return strangle(stable=0.9, **more)


def hair(**more):
    """Short options of a week: the Greeks are large."""
    return strangle(days=7, **more)


def history(**more):
    return strangle(history=PAIRS, es_source="history", **more)


# Where each parameter is felt, with what has to be switched on for it.
PLACES = {
    "range_up": strangle, "range_down": straddle_long, "short_power": lambda **m: strangle(days=3, **m),
    "long_power": lambda **m: strangle(days=300, **m), "tenor_floor": closing,
    "min_vol_up": lambda **m: strangle(sigma=0.15, **m),
    "mm_factor": lambda **m: mixed(**{"im_factor": max(1.0, m["mm_factor"]), **m}),
    "im_factor": lambda **m: mixed(**{"mm_factor": min(0.8, m["im_factor"]), **m}),
    "short_mult": lambda **m: strangle(rate=0.9, days=200, **m), "short_add": lambda **m: strangle(rate=0.9, days=200, **m),
    "short_base": lambda **m: strangle(rate=0.9, days=200, **m),
    "long_mult": lambda **m: straddle_long(days=300, **m), "long_add": lambda **m: straddle_long(days=300, **m),
    "long_base": straddle_long, "basis_up": roll, "basis_down": roll, "basis_add": roll, "basis_mult": roll,
    "peg_threshold": depegged, "peg_factor": depegged, "confidence_threshold": doubtful, "confidence_factor": doubtful,
    "mm_option": mixed, "im_option": mixed,
    "skew_linear.weight": slanted, "skew_linear.base_cap": slanted, "skew_linear.cap_slope": slanted,
    "skew_absolute.weight": winged, "skew_absolute.base_cap": winged, "skew_absolute.cap_slope": winged,
    "min_kstar": minute, "width_scale": lambda **m: slanted(days=400, **m),
    "vol_static": lambda **m: slanted(days=400, vol_scale=0.0, **m), "vol_scale": lambda **m: winged(days=400, **m),
    "es_weight": mixed, "es_mass": lambda **m: mixed(es_weight=0.6, **m),
    "gamma_charge": hair, "gamma_move": lambda **m: hair(gamma_charge=0.7, **m),
    "vega_charge": hair, "vega_move": lambda **m: hair(vega_charge=0.7, **m),
    "depth": lambda **m: one(S, [call(S, -300)], cash=900_000, **m),
    "realised_mult": lambda **m: strangle(realised_vol=0.8, **m), "stale_mult": stale, "stale_charge": stale,
}


def each_parameter():
    for key, bounds in BOUNDS.items():
        for end, value in zip(("min", "max"), bounds):
            yield f"{key}_{end}", key, PLACES[key](**{key.replace(".", "__"): value})


def ends():
    for name, _, p in each_parameter():
        yield name, p
    for key in ("basis_up", "basis_down"):
        for end, value in zip(("min", "max"), BOUNDS[key]):
            yield f"{key}_{end}_other_way", roll(-1, **{key: value})


def grids():
    """One to forty scenarios, each of spot, direction and weight at its ends."""
    for spot in SPOT_BOUNDS:
        for vol in ("down", "none", "up"):
            yield f"one_scenario_{spot:g}_{vol}", mixed(scenarios=[scenario(spot, vol, 0.3)])
    for weight in (0.0, 1.0):
        yield f"one_scenario_weight_{weight:g}", mixed(scenarios=[scenario(1.3, "up", weight)])
    yield "one_scenario_no_skew", mixed(scenarios=[scenario(1.3, "up", 0.5)], skew_linear__weight=0.0, skew_absolute__weight=0.0)
    yield "no_scenario_hurts", strangle(q=2, scenarios=[scenario(2.5, "up")], skew_linear__weight=0.0, skew_absolute__weight=0.0)
    forty = [scenario(round(0.2 + 0.06 * i, 6), ("down", "none", "up")[i % 3], round(1 / (1 + abs(i - 14) / 5), 6)) for i in range(40)]
    yield "forty_scenarios", mixed(scenarios=forty)
    yield "forty_scenarios_shortfall", mixed(scenarios=forty, es_weight=0.5, es_mass=0.13)
    yield "forty_scenarios_covered", one(S, [call(k(1.1), -2)], collateral=[token(2, S, underlying=0)], scenarios=forty)


def shortfalls():
    for mass in (0.02, 1 / 31, 0.05, 0.1, 0.3, 0.77):
        yield f"shortfall_grid_{mass:.4g}", mixed(es_weight=1.0, es_mass=round(mass, 6))
        yield f"shortfall_history_{mass:.4g}", history(es_weight=1.0, es_mass=round(mass, 6))
    yield "shortfall_history_half", history(es_weight=0.5, es_mass=0.25)
    yield "shortfall_one_skew_only", mixed(es_weight=1.0, es_mass=0.2, skew_linear__weight=0.0)
    yield "shortfall_no_skew", mixed(es_weight=1.0, es_mass=0.2, skew_linear__weight=0.0, skew_absolute__weight=0.0)
    extreme = [{"return": r, "vol_change": v} for r in (-0.95, -0.5, 0.0, 1.0, 4.0) for v in (-0.9, 0.0, 4.0)]
    long_list = [{"return": round(((i * 37) % 64 - 31.5) / 100, 6), "vol_change": round(((i * 23) % 64 - 20) / 50, 6)} for i in range(64)]
    for name, pairs in (("one_pair", PAIRS[3:4]), ("two_pairs", PAIRS[:2]), ("extreme_pairs", extreme), ("64_pairs", long_list)):
        more = dict(history=pairs, es_weight=0.8, es_mass=0.2, es_source="history")
        yield f"shortfall_{name}", mixed(**more)
        yield f"shortfall_{name}_covered", one(S, [call(k(1.1), -2)], collateral=[token(2, S, underlying=0)], **more)
    yield "shortfall_history_all_gains", one(S, [put(k(0.9), 3)], cash=50, history=[PAIRS[6], PAIRS[3]], es_weight=1.0, es_mass=0.5, es_source="history")


def additions():
    """Each switchable addition by itself and all together."""
    every = dict(es_weight=0.4, es_mass=0.15, gamma_charge=0.3, vega_charge=0.2, depth=20_000.0, realised_mult=1.3,
                 stale_mult=1.2, stale_charge=0.01)
    yield "everything_on", mixed(forecast=1.4, confidence=0.5, low=k(0.97), high=k(1.02), stable=0.95, **every)
    yield "everything_on_long", straddle_long(forecast=1.4, confidence=0.5, stale=True, low=k(0.97), high=k(1.02), **every)
    yield "everything_on_covered", one(S, [call(k(1.1), -20)], stale=True, forecast=2.0, realised_vol=1.1, stable=0.93, confidence=0.4,
        collateral=[token(20, S, 0.2, 0.1, underlying=0, price_im=k(0.97), confidence=0.5)], low=k(0.97), high=k(1.02), **every)
    for forecast in (1.0, 1.5, 3.0):
        yield f"forecast_{forecast:g}", strangle(forecast=forecast)
        yield f"forecast_{forecast:g}_long", straddle_long(forecast=forecast)
    for depth in (1000.0, 50_000.0):
        yield f"depth_{depth:g}_flat", strangle(depth=depth)
        yield f"depth_{depth:g}_long_calls", one(S, [call(S, 200)], depth=depth)
        yield f"depth_{depth:g}_covered", one(S, [call(k(1.1), -200)], collateral=[token(110, S, underlying=0)], cash=90_000, depth=depth)
        yield f"depth_{depth:g}_roll", roll(depth=depth)
    charges = dict(gamma_charge=1.0, gamma_move=0.15, vega_charge=1.0, vega_move=0.25)
    yield "charges_short", hair(**charges)
    yield "charges_long_pay_nothing", straddle_long(**charges)
    yield "charges_calendar", terms(S, [expiry(7 * DAY, S, [call(S, -2)]), expiry(300 * DAY, S, [call(S, 2)])], 900, **charges)
    yield "charges_calendar_short", terms(S, [expiry(7 * DAY, S, [call(S, 2)]), expiry(300 * DAY, S, [call(S, -2)])], 9000, **charges)
    yield "charges_averaging", one(S, [call(S, -2)], seconds=600, forward=S + 1, fixed=S * 0.6, cash=3000, **charges)
    for vol in (0.0, 0.3, 1.0, 2.0, 5.0):
        yield f"realised_{vol:g}", strangle(realised_vol=vol, realised_mult=1.5)
        yield f"stale_realised_{vol:g}", stale_book(vol)


def stale_book(vol):
    near = expiry(3 * DAY, S, [call(k(1.05), -2), put(k(0.97), 1)], sigma=0.5, stale=True)
    far = expiry(60 * DAY, S, [call(k(1.1), -1), put(k(0.9), -1)], sigma=0.6)
    return terms(S, [near, far], 9000, realised_vol=vol, stale_mult=0.8, stale_charge=0.02)


def least_widths():
    """Strikes so close that the least width of the skew decides."""
    legs = [call(k(1.008), -5), put(k(0.993), -5)]
    for width in (0.009, 0.01, 0.02, 0.05):
        yield f"least_width_{width:g}", one(S, legs, seconds=7 * DAY, forward=S, cash=9000, min_kstar=width, width_scale=0.1, **CALM)


def together():
    """Many parameters at an end at once."""
    low = {key.replace(".", "__"): bounds[0] for key, bounds in BOUNDS.items()}
    high = {key.replace(".", "__"): bounds[1] for key, bounds in BOUNDS.items()}
    yield "all_min", mixed(confidence=0.3, stable=0.9, **{**low, "vol_static": 0.5, "es_mass": 0.01})
    yield "all_max", mixed(confidence=0.3, stable=0.9, **high)
    yield "all_max_long", straddle_long(confidence=0.3, stable=0.9, **high)
    yield "widest_volatility", strangle(days=1 / 1440, sigma=5.0, range_up=5.0, short_power=1.0, tenor_floor=HOUR, forecast=3.0)
    yield "volatility_to_nothing", strangle(days=1 / 24, q=2, range_down=1.0, short_power=1.0, tenor_floor=HOUR)
    yield "skew_to_nothing", slanted(days=30, skew_linear__base_cap=1.0, width_scale=0.1)
    yield "negative_cap", winged(days=700, skew_absolute__base_cap=0.1, skew_absolute__cap_slope=-0.5)
    yield "long_discount_least", straddle_long(days=700, long_mult=2.0, long_add=1.0, long_base=0.5)
    yield "short_discount_at_rate_zero", strangle(days=300, short_base=2.0, short_add=1.0)


def all_parameters():
    for family in (ends, grids, shortfalls, additions, least_widths, together):
        yield from family()
