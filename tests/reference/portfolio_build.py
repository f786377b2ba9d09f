"""Builders of portfolio-margin accounts, and the lawful range of each parameter."""

import copy
import math

import generate
import portfolio
from generate import DAY, HOUR, YEAR, price_grid

MOST_LEGS, MOST_UNDERLYINGS, MOST_EXPIRIES = 64, 8, 16

# Smallest and largest lawful value. Besides: mm_factor <= im_factor, vol_static + sqrt(2) vol_scale > 0, es_mass > 0 and
# depth is 0 (off) or at least 1000 USD.
BOUNDS = {
    "range_up": (0.0, 5.0), "range_down": (0.0, 1.0), "short_power": (0.0, 1.0), "long_power": (0.0, 1.0),
    "tenor_floor": (HOUR, 30 * DAY), "min_vol_up": (0.0, 3.0), "mm_factor": (0.1, 5.0), "im_factor": (0.1, 5.0),
    "short_mult": (0.0, 2.0), "long_mult": (0.0, 2.0), "short_add": (0.0, 1.0), "long_add": (0.0, 1.0),
    "long_base": (0.5, 1.0), "short_base": (1.0, 2.0), "basis_up": (1.0, 1.5), "basis_down": (0.5, 1.0),
    "basis_add": (0.0, 2.0), "basis_mult": (0.0, 4.0), "peg_threshold": (0.0, 1.0), "peg_factor": (0.0, 20.0),
    "confidence_threshold": (0.0, 1.0), "confidence_factor": (0.0, 2.0), "mm_option": (0.0, 0.2), "im_option": (0.0, 0.2),
    "skew_linear.weight": (0.0, 1.0), "skew_linear.base_cap": (0.0, 1.0), "skew_linear.cap_slope": (-0.5, 0.5),
    "skew_absolute.weight": (0.0, 1.0), "skew_absolute.base_cap": (0.0, 1.0), "skew_absolute.cap_slope": (-0.5, 0.5),
    "min_kstar": (0.001, 1.0), "width_scale": (0.1, 20.0), "vol_static": (0.05, 5.0), "vol_scale": (-0.3, 1.0),
    "es_weight": (0.0, 1.0), "es_mass": (0.0001, 1.0), "gamma_charge": (0.0, 5.0), "gamma_move": (0.0, 1.0),
    "vega_charge": (0.0, 5.0), "vega_move": (0.0, 1.0), "depth": (1000.0, 1e9), "realised_mult": (0.0, 5.0),
    "stale_mult": (0.0, 5.0), "stale_charge": (0.0, 1.0),
}
SPOT_BOUNDS = (0.05, 6.0)


def get(params, key):
    for part in key.split("."):
        params = params[part]
    return params


def set_in(params, key, value):
    *path, last = key.split(".")
    for part in path:
        params = params[part]
    params[last] = value


def parameters(**changes):
    """The defaults with some changed; skew_linear__weight stands for skew_linear.weight."""
    out = copy.deepcopy(portfolio.DEFAULTS)
    for key, value in changes.items():
        set_in(out, key.replace("__", "."), value)
    return out


def scenario(spot, vol="none", weight=1.0):
    return {"spot": spot, "vol": vol, "weight": weight}


def expiry(seconds, forward, legs, stale=False, confidence=1.0, **more):
    out = generate.expiry(seconds, forward, legs, **more)
    shape = out.pop("legs")
    if stale:
        out["stale"] = True
    if confidence != 1.0:
        out["confidence"] = round(confidence, 6)
    return {**out, "legs": shape}


def underlying(index, expiries, low=None, high=None, confidence=1.0, realised_vol=0.6, forecast=1.0, history=(), **params):
    return {
        "index": price_grid(index),
        "low": price_grid(index if low is None else low),
        "high": price_grid(index if high is None else high),
        "confidence": round(confidence, 6),
        "realised_vol": round(realised_vol, 6),
        "forecast": round(forecast, 6),
        "history": list(history),
        "params": {"portfolio": parameters(**params)},
        "expiries": expiries,
    }


def account(underlyings, cash=0.0, collateral=(), stable=1.0):
    return {"mode": "portfolio", **generate.account(underlyings, cash, collateral, stable)}


def token(balance, price, haircut_im=0.2, haircut_mm=0.1, underlying=None, price_im=None, confidence=None):
    out = generate.token(balance, price, haircut_im, haircut_mm)
    for key, value in (("price_im", price_im), ("confidence", confidence), ("underlying", underlying)):
        if value is not None:
            out[key] = value if key == "underlying" else price_grid(value)
    return out


EXPIRY_KEYS = ("sigma", "svi", "rate", "fixed", "settlement", "stale")


def one(index, legs, seconds=30 * DAY, forward=None, cash=0.0, collateral=(), stable=1.0, surface_confidence=1.0, **more):
    """An account with one underlying and one expiry."""
    own = {k: more.pop(k) for k in EXPIRY_KEYS if k in more}
    e = expiry(seconds, index * 1.002 if forward is None else forward, legs, confidence=surface_confidence, **own)
    return account([underlying(index, [e], **more)], cash, collateral, stable)


def terms(index, expiries, cash=0.0, collateral=(), stable=1.0, **more):
    """An account with one underlying and several expiries."""
    return account([underlying(index, expiries, **more)], cash, collateral, stable)


def from_cross(cross_account):
    """A cross-margin account with portfolio parameters. Collateral at the price of an underlying is that asset."""
    underlyings = []
    for u in cross_account["underlyings"]:
        keys = ("low", "high", "confidence")
        expiries = [copy.deepcopy(e) for e in u["expiries"]]
        underlyings.append(underlying(u["index"], expiries, **{k: u[k] for k in keys}))
    collateral = copy.deepcopy(cross_account["collateral"])
    prices = [u["index"] for u in underlyings]
    for c in collateral:
        if c["price"] in prices:
            c["underlying"] = prices.index(c["price"])
    return account(underlyings, cross_account["cash"], collateral, cross_account["stable"])


def lawful_expiry(u, e):
    spot, term = u["index"], e["seconds"]
    live = "settlement" not in e
    strikes = all(spot / 5 * (1 - 1e-9) <= x["strike"] <= spot * 5 * (1 + 1e-9) for x in e["legs"])
    sizes = all(0.001 <= abs(x["size"]) <= 100_000 for x in e["legs"])
    sigmas = all(0.05 <= portfolio.leg_volatility(e, x) <= 25 for x in e["legs"]) if live else True
    places = len({(x["kind"], x["strike"]) for x in e["legs"]}) == len(e["legs"])
    inside = not live or (60 <= term <= 2 * YEAR and abs(e["forward"] / spot - 1) <= 0.3 + 1e-9 and 0 <= e["fixed"] < e["forward"])
    return strikes and sizes and sigmas and places and inside and -0.5 <= e["rate"] <= 1


def lawful_parameters(p):
    ends = all(low <= get(p, key) <= high for key, (low, high) in BOUNDS.items() if key != "depth")
    moves = all(SPOT_BOUNDS[0] <= s["spot"] <= SPOT_BOUNDS[1] and 0 <= s["weight"] <= 1 for s in p["scenarios"])
    width = p["vol_static"] + math.sqrt(2) * p["vol_scale"] > 0
    depth = p["depth"] == 0 or p["depth"] >= 1000
    return ends and moves and width and depth and 1 <= len(p["scenarios"]) <= 40 and p["mm_factor"] <= p["im_factor"]


def lawful(portfolio_):
    """Within what the product admits."""
    us = portfolio_["underlyings"]
    legs = sum(len(e["legs"]) for u in us for e in u["expiries"])
    shape = legs <= MOST_LEGS and len(us) <= MOST_UNDERLYINGS and all(len(u["expiries"]) <= MOST_EXPIRIES for u in us)
    collateral = all(c["haircut_mm"] <= c["haircut_im"] <= 1 for c in portfolio_["collateral"])
    return shape and collateral and all(
        0.1 <= u["index"] <= 200_000
        and u["low"] <= u["index"] <= u["high"]
        and len(u["history"]) <= 64
        and lawful_parameters(u["params"]["portfolio"])
        and all(lawful_expiry(u, e) for e in u["expiries"])
        for u in us
    )
