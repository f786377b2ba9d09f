#!/usr/bin/env python3
"""Writes the golden vectors from the reference model, or checks the model itself.

    python3 tests/reference/generate.py           write the vectors under tests/vectors
    python3 tests/reference/generate.py --check   compare the model with known values (needs requirements.txt)
"""

import sys

sys.dont_write_bytecode = True

import json
import math
import random
from pathlib import Path

import black76
import cross
import liquidation
import smiles
import svi as surface

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
SEED = 1876  # the year of the Plimsoll line

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 31_536_000

# Smallest and largest lawful value of each parameter. Besides: mm_call, mm_put <= min_spot <= max_spot, unpaired_mm <= unpaired_im.
BOUNDS = {
    "max_spot": (0.001, 1.0),
    "min_spot": (0.001, 1.0),
    "mm_call": (0.001, 1.0),
    "mm_put": (0.001, 1.0),
    "mm_put_mtm": (0.0, 1.0),
    "unpaired_im": (1.0, 2.0),
    "unpaired_mm": (1.0, 2.0),
    "mm_offset": (1.0, 2.0),
    "confidence_threshold": (0.0, 1.0),
    "confidence_factor": (0.0, 2.0),
    "depeg_threshold": (0.0, 1.0),
    "depeg_factor": (0.0, 20.0),
}

# (smaller, larger) pairs that have to stay in order.
ORDER = (("mm_call", "min_spot"), ("mm_put", "min_spot"), ("min_spot", "max_spot"), ("unpaired_mm", "unpaired_im"))


def in_order(params, keep=None):
    """The parameters with neighbours of `keep` (or the smaller of each pair) moved until the pairs are in order."""
    out = {**cross.DEFAULTS, **params}
    larger_moves = keep in ("mm_call", "mm_put", "unpaired_mm") or (keep == "min_spot" and out["min_spot"] > out["max_spot"])
    for _ in range(3):
        for small, large in ORDER:
            if out[small] > out[large]:
                if larger_moves and large != keep:
                    out[large] = out[small]
                else:
                    out[small] = out[large]
    return out


# Inputs are rounded, so that any implementation reads the same number.
def price_grid(x):
    return round(x, 8)


def size_grid(x):
    return round(x, 6)


def call(strike, size, sigma=None):
    return leg("call", strike, size, sigma)


def put(strike, size, sigma=None):
    return leg("put", strike, size, sigma)


def leg(kind, strike, size, sigma=None):
    out = {"kind": kind, "strike": price_grid(strike), "size": size_grid(size)}
    if sigma is not None:
        out["sigma"] = round(sigma, 6)
    return out


def expiry(seconds, forward, legs, sigma=0.6, svi=None, rate=0.0, fixed=0.0, settlement=None):
    out = {"seconds": seconds, "forward": price_grid(forward), "rate": round(rate, 6), "fixed": price_grid(fixed)}
    if settlement is not None:
        out["settlement"] = price_grid(settlement)
    if svi is not None:
        out["svi"] = svi
    out["legs"] = [dict(x) for x in legs]
    for x in out["legs"]:
        if svi is None:
            x.setdefault("sigma", round(sigma, 6))
        else:
            x.pop("sigma", None)
    return out


def underlying(index, expiries, low=None, high=None, confidence=1.0, **params):
    return {
        "index": price_grid(index),
        "low": price_grid(index if low is None else low),
        "high": price_grid(index if high is None else high),
        "confidence": round(confidence, 6),
        "params": {**cross.DEFAULTS, **params},
        "expiries": expiries,
    }


def account(underlyings, cash=0.0, collateral=(), stable=1.0):
    return {
        "stable": round(stable, 8),
        "cash": round(cash, 6),
        "collateral": list(collateral),
        "underlyings": underlyings,
    }


def token(balance, price, haircut_im=0.2, haircut_mm=0.1):
    return {"balance": size_grid(balance), "price": price_grid(price), "haircut_im": haircut_im, "haircut_mm": haircut_mm}


def one(index, legs, seconds=30 * DAY, forward=None, cash=0.0, collateral=(), stable=1.0, **more):
    """An account with one underlying and one expiry."""
    keys = ("sigma", "svi", "rate", "fixed", "settlement")
    e = expiry(seconds, index * 1.002 if forward is None else forward, legs, **{k: more.pop(k) for k in keys if k in more})
    return account([underlying(index, [e], **more)], cash, collateral, stable)


SLICES = {
    "flat": {"a": 0.36, "b": 0.0, "rho": 0.0, "m": 0.0, "s": 0.1},
    "smile": {"a": 0.2, "b": 0.35, "rho": 0.0, "m": 0.0, "s": 0.25},
    "skew": {"a": 0.15, "b": 0.4, "rho": -0.6, "m": 0.05, "s": 0.2},
    "call_skew": {"a": 0.3, "b": 0.5, "rho": 0.7, "m": -0.1, "s": 0.3},
    "low": {"a": 0.004, "b": 0.02, "rho": -0.3, "m": 0.0, "s": 0.1},
    "high": {"a": 9.0, "b": 2.0, "rho": 0.2, "m": 0.1, "s": 0.5},
    "sharp": {"a": 0.25, "b": 1.5, "rho": -0.2, "m": 0.0, "s": 0.01},
}


def structures():
    s = 3000.0
    k = lambda m: s * m
    yield "design_short_call", one(1500.0, [call(1500, -1)], seconds=500_400, forward=1500.833279310994, sigma=1.0478844940849863)
    yield "naked_call", one(s, [call(k(1.0), -1)], cash=1000)
    yield "naked_call_otm", one(s, [call(k(1.3), -5)], cash=2500)
    yield "naked_call_itm", one(s, [call(k(0.7), -5)], cash=9000)
    yield "naked_put", one(s, [put(k(1.0), -1)], cash=1000)
    yield "naked_put_otm", one(s, [put(k(0.7), -5)], cash=2500)
    yield "naked_put_itm", one(s, [put(k(1.4), -5)], cash=9000)
    yield "long_call", one(s, [call(k(1.1), 3)], cash=10)
    yield "long_put", one(s, [put(k(0.9), 3)], cash=10)
    yield "long_call_spread", one(s, [call(k(1.0), 2), call(k(1.1), -2)], cash=500)
    yield "short_call_spread", one(s, [call(k(1.0), -2), call(k(1.1), 2)], cash=500)
    yield "short_call_spread_narrow", one(s, [call(k(1.0), -2), call(k(1.01), 2)], cash=100)
    yield "long_put_spread", one(s, [put(k(1.0), 2), put(k(0.9), -2)], cash=500)
    yield "short_put_spread", one(s, [put(k(1.0), -2), put(k(0.95), 2)], cash=500)
    yield "ratio_call_spread", one(s, [call(k(1.0), 1), call(k(1.1), -2)], cash=2000)
    yield "ratio_put_spread", one(s, [put(k(1.0), 1), put(k(0.9), -3)], cash=2000)
    yield "backspread", one(s, [call(k(1.0), -1), call(k(1.1), 2)], cash=600)
    yield "long_straddle", one(s, [call(k(1.0), 2), put(k(1.0), 2)])
    yield "short_straddle", one(s, [call(k(1.0), -2), put(k(1.0), -2)], cash=3000)
    yield "long_strangle", one(s, [call(k(1.2), 2), put(k(0.8), 2)])
    yield "short_strangle", one(s, [call(k(1.2), -2), put(k(0.8), -2)], cash=3000)
    yield "long_butterfly", one(s, [call(k(0.9), 1), call(k(1.0), -2), call(k(1.1), 1)], cash=50)
    yield "short_butterfly", one(s, [call(k(0.9), -1), call(k(1.0), 2), call(k(1.1), -1)], cash=400)
    yield "put_butterfly", one(s, [put(k(0.9), 1), put(k(1.0), -2), put(k(1.1), 1)], cash=50)
    yield "broken_butterfly", one(s, [call(k(0.9), 1), call(k(1.0), -3), call(k(1.2), 2)], cash=500)
    yield "iron_butterfly", one(s, [put(k(0.9), 1), put(k(1.0), -1), call(k(1.0), -1), call(k(1.1), 1)], cash=500)
    yield "iron_condor", one(s, [put(k(0.8), 1), put(k(0.9), -1), call(k(1.1), -1), call(k(1.2), 1)], cash=500)
    yield "reverse_iron_condor", one(s, [put(k(0.8), -1), put(k(0.9), 1), call(k(1.1), 1), call(k(1.2), -1)], cash=500)
    yield "call_condor", one(s, [call(k(0.85), 1), call(k(0.95), -1), call(k(1.05), -1), call(k(1.15), 1)], cash=50)
    yield "short_call_condor", one(s, [call(k(0.85), -1), call(k(0.95), 1), call(k(1.05), 1), call(k(1.15), -1)], cash=800)
    yield "long_box", one(s, [call(k(0.9), 1), call(k(1.1), -1), put(k(0.9), -1), put(k(1.1), 1)], rate=0.05)
    yield "short_box", one(s, [call(k(0.9), -1), call(k(1.1), 1), put(k(0.9), 1), put(k(1.1), -1)], rate=0.05, cash=700)
    yield "long_box_high_rate", one(s, [call(k(0.9), 3), call(k(1.1), -3), put(k(0.9), -3), put(k(1.1), 3)], rate=1.0, seconds=YEAR)
    yield "short_box_high_rate", one(s, [call(k(0.9), -3), call(k(1.1), 3), put(k(0.9), 3), put(k(1.1), -3)], rate=1.0, seconds=YEAR)
    yield "synthetic_long", one(s, [call(k(1.0), 2), put(k(1.0), -2)], cash=1500)
    yield "synthetic_short", one(s, [call(k(1.0), -2), put(k(1.0), 2)], cash=1500)
    yield "risk_reversal", one(s, [call(k(1.1), 2), put(k(0.9), -2)], cash=1500)
    yield "collar", one(s, [call(k(1.1), -2), put(k(0.9), 2)], collateral=[token(2, s)])
    yield "jelly_roll", account([underlying(s, [
        expiry(30 * DAY, s * 1.003, [call(k(1.0), -1), put(k(1.0), 1)], rate=0.04),
        expiry(90 * DAY, s * 1.01, [call(k(1.0), 1), put(k(1.0), -1)], rate=0.04)])], 900)
    yield "calendar_call_long", account([underlying(s, [
        expiry(14 * DAY, s, [call(k(1.0), -1)]), expiry(60 * DAY, s * 1.01, [call(k(1.0), 1)])])], 700)
    yield "calendar_call_short", account([underlying(s, [
        expiry(14 * DAY, s, [call(k(1.0), 1)]), expiry(60 * DAY, s * 1.01, [call(k(1.0), -1)])])], 700)
    yield "calendar_put_long", account([underlying(s, [
        expiry(14 * DAY, s, [put(k(1.0), -1)]), expiry(60 * DAY, s * 1.01, [put(k(1.0), 1)])])], 700)
    yield "diagonal", account([underlying(s, [
        expiry(7 * DAY, s, [call(k(1.1), -2)]), expiry(180 * DAY, s * 1.02, [call(k(0.9), 2)])])], 700)
    yield "covered_call", one(s, [call(k(1.1), -2)], collateral=[token(2, s, 0.15, 0.08)])
    yield "covered_call_partly", one(s, [call(k(1.1), -4)], cash=100, collateral=[token(1, s, 0.3, 0.2)])
    yield "cash_secured_put", one(s, [put(k(0.9), -1)], cash=k(0.9))
    yield "no_positions_cash", account([], 123.456789)
    yield "no_positions_collateral", account([], -50, [token(3, 1500.25)])
    yield "eight_collaterals", account([underlying(s, [expiry(30 * DAY, s, [call(k(1), -3)])])], 100,
        [token(1.5 + i, 10.0 ** (i - 2), 0.05 * (i + 1), 0.025 * (i + 1)) for i in range(8)])
    yield "multi_expiry", account([underlying(s, [
        expiry(d * DAY, s * (1 + d / 3000), [call(k(1.1), -1), put(k(0.9), -1), call(k(1.2), 1)], sigma=0.5 + d / 500)
        for d in (1, 7, 30, 90, 365)])], 6000)
    yield "sixteen_expiries", account([underlying(s, [
        expiry((1 + i * i) * DAY, s * (1 + i / 200), [call(k(1.0 + i / 50), -1 if i % 2 else 1), put(k(1.0 - i / 50), 1 if i % 3 else -1)],
               sigma=0.4 + i / 40, rate=i / 100) for i in range(16)])], 6000)
    yield "multi_underlying", account([
        underlying(95000, [expiry(30 * DAY, 95400, [call(100000, -0.1), put(90000, -0.05)], sigma=0.5)]),
        underlying(3000, [expiry(30 * DAY, 3010, [call(3200, -1), call(3300, 1)], sigma=0.7)], confidence=0.3),
        underlying(0.5, [expiry(7 * DAY, 0.5005, [put(0.45, -2000), call(0.6, -1000)], sigma=1.4)])], 4000)
    yield "multi_underlying_multi_expiry", account([
        underlying(95000, [expiry(d * DAY, 95000 + 10 * d, [call(100000, -0.1), put(90000, 0.05)], sigma=0.5) for d in (1, 30, 200)]),
        underlying(150, [expiry(d * DAY, 150 + 0.01 * d, [put(150, -10), call(170, -10), call(190, 10)], sigma=0.9, rate=0.1) for d in (3, 60)],
                   confidence=0.39, max_spot=0.25, min_spot=0.15),
        ], 9000, [token(100, 150, 0.25, 0.12)], 0.97)


def surfaces():
    s = 3000.0
    legs = [call(s * m, q) for m, q in ((0.5, -1), (0.9, 2), (1.1, -3), (2.0, 1))]
    legs += [put(s * m, q) for m, q in ((0.4, 3), (0.8, -2), (1.0, 1), (1.6, -1))]
    for name, slice_ in SLICES.items():
        yield f"svi_{name}", one(s, legs, svi=slice_, cash=9000, rate=0.03)
    yield "svi_clipped", one(s, [call(s * 9, -2), put(s * 0.12, -2), call(s * 1.01, 1)], svi=SLICES["skew"], seconds=2 * DAY, cash=3000)
    yield "svi_shifted_vertex", one(s, legs, svi={"a": 0.1, "b": 0.6, "rho": 0.1, "m": 0.3, "s": 0.15}, cash=9000)
    yield "svi_negative_a", one(s, legs, svi={"a": -0.02, "b": 0.5, "rho": 0.0, "m": 0.0, "s": 0.2}, cash=9000)
    yield "svi_design_slice", one(1830.0, [call(1500, -1), call(2400, -1), put(1500, -1)], forward=1830.0, seconds=90 * DAY, cash=900,
        svi={"a": 0.72, "b": 0.72, "rho": 0.05917808, "m": 0.0295891, "s": 0.02169863})


def parameters():
    s = 3000.0
    legs = [call(s * 1.02, -2), call(s * 0.9, 1), put(s * 0.97, -2), put(s * 1.1, -0.5), call(s * 1.4, 0.5)]
    for key, bounds in BOUNDS.items():
        for end, value in zip(("min", "max"), bounds):
            params = in_order({key: value}, key)
            confidence, stable = (0.2, 1.0) if "confidence" in key else (1.0, 0.95 if "depeg" in key else 1.0)
            yield f"{key}_{end}", one(s, legs, cash=4000, confidence=confidence, stable=stable, **params)
    for end in (0, 1):
        params = {key: bounds[end] for key, bounds in BOUNDS.items()}
        yield f"all_{('min', 'max')[end]}", one(s, legs, cash=20000, confidence=0.3, stable=0.9, **params)
    # Where the greatest loss decides, so that the factors of unpaired calls are felt.
    for key in ("unpaired_im", "unpaired_mm"):
        for end, value in zip(("min", "max"), BOUNDS[key]):
            yield f"{key}_{end}_binding", one(s, [call(s * 0.02, -1), call(s * 0.5, -1)], sigma=0.3, cash=7000, **in_order({key: value}, key))
    # Far out of the money, where the offset of puts decides.
    for end, value in zip(("min", "max"), BOUNDS["mm_offset"]):
        yield f"mm_offset_{end}_binding", one(s, [put(s * 2.5, -1)], cash=7000, mm_offset=value)


def extremes():
    s = 3000.0
    strangle = [call(s * 1.05, -1), put(s * 0.95, -1), call(s * 1.15, 1)]
    for seconds in (1, 5, 60, HOUR, DAY, 7 * DAY, YEAR, 2 * YEAR):
        yield f"term_{seconds}s", one(s, strangle, seconds=seconds, forward=s, cash=900, rate=0.05)
    yield "term_60s_at_the_money", one(s, [call(s, -1), put(s, -1)], seconds=60, forward=s, cash=900)
    yield "term_60s_averaging", one(s, [call(s, -1), put(s, -1)], seconds=60, forward=s + 1, fixed=s * 1740 / 1800, cash=900)
    yield "averaging_range", one(s, [call(s, -1), put(s, -1)], seconds=900, forward=s + 1, fixed=s * 0.5, cash=900, low=s * 0.95, high=s * 1.05)
    for m in (0.1, 0.25, 0.5, 2.0, 4.0, 10.0):
        yield f"moneyness_{m:g}", one(s, [call(s * m, -1), put(s * m, -1)], forward=s, sigma=0.9, cash=20000)
        yield f"moneyness_{m:g}_long", one(s, [call(s * m, 1), put(s * m, 1)], forward=s, sigma=0.9)
    for sigma in (0.05, 0.1, 0.3, 1.5, 3.0, 5.0):
        yield f"sigma_{sigma:g}", one(s, strangle, sigma=sigma, cash=900)
    yield "sigma_5_two_years", one(s, strangle, sigma=5.0, seconds=2 * YEAR, cash=9000)
    yield "sigma_005_seconds", one(s, [call(s * 1.0001, -1), put(s * 0.9999, -1)], sigma=0.05, seconds=60, forward=s, cash=900)
    for spot in (0.01, 0.1, 1.0, 20.0, 1000.0, 50_000.0, 1_000_000.0):
        q = 1000.0 / spot if spot < 1000 else 1.0
        legs = [call(spot * 1.1, -q), put(spot * 0.9, -q), put(spot * 0.8, q)]
        yield f"spot_{spot:g}", one(spot, legs, cash=500 if spot < 1000 else spot)
    for rate in (0.0, 0.15, 1.0):
        yield f"rate_{rate:g}", one(s, strangle, rate=rate, seconds=200 * DAY, cash=900)
    yield "rate_1_two_years", one(s, [call(s, -1), put(s, -1), put(s * 0.8, 1)], rate=1.0, seconds=2 * YEAR, cash=900)
    for c in (0.0, 0.1, 0.399999, 0.4, 0.5):
        yield f"confidence_{c:g}", one(s, strangle, cash=3000, confidence=c)
    for c in (0.697, 0.7, 0.703):
        yield f"confidence_{c:g}_of_0.7", one(s, strangle, cash=3000, confidence=c, confidence_threshold=0.7)
    yield "confidence_no_shorts", one(s, [call(s, 1)], cash=10, confidence=0.1)
    for stable in (0.5, 0.9, 0.97, 0.98, 1.0, 1.02):
        yield f"stable_{stable:g}", one(s, strangle, cash=9000, stable=stable, collateral=[token(1, s)])
    yield "stable_and_confidence", one(s, strangle, cash=9000, stable=0.95, confidence=0.2, low=s * 0.96, high=s * 1.01)
    yield "negative_cash", one(s, strangle, cash=-1200, collateral=[token(1, s)])
    yield "negative_cash_longs", one(s, [call(s * 0.8, 3)], cash=-600)
    yield "bankrupt", one(s, strangle, cash=-5000)
    for low, high in ((0.95, 1.0), (1.0, 1.05), (0.9, 1.1), (0.98, 1.02)):
        yield f"range_{low:g}_{high:g}_calls", one(s, [call(s, -1), call(s * 1.3, 1)], low=s * low, high=s * high, cash=900)
        yield f"range_{low:g}_{high:g}_puts", one(s, [put(s, -1), put(s * 0.8, 1)], low=s * low, high=s * high, cash=900)
    yield "range_svi", one(s, [call(s * 1.1, -1), put(s * 0.9, -2), put(s * 0.7, 1)], svi=SLICES["skew"], low=s * 0.94, high=s * 1.03, cash=900)
    yield "range_two_underlyings", account([
        underlying(s, [expiry(30 * DAY, s, [call(s, -1)])], low=s * 0.95, high=s * 1.04),
        underlying(150, [expiry(30 * DAY, 150, [put(150, -9)])], low=140, high=151)], 4000)
    yield "settled_long_call", one(s, [call(s * 0.9, 2), put(s, 1)], seconds=0, settlement=s * 1.03)
    yield "settled_short_call", one(s, [call(s * 0.9, -2), put(s * 1.1, -1)], seconds=0, settlement=s * 1.03, cash=2000)
    yield "settled_beside_live", account([underlying(s, [
        expiry(0, s, [call(s, 2), put(s * 0.9, -1)], settlement=s * 1.05), expiry(30 * DAY, s, [call(s * 1.1, -1)])])], 300)
    yield "settled_negative", account([underlying(s, [
        expiry(0, s, [call(s, -2)], settlement=s * 1.25), expiry(30 * DAY, s, [call(s * 1.1, 4)])],
        low=s * 0.97, high=s * 1.03)], 900)
    yield "haircut_none", one(s, strangle, collateral=[token(1, s, 0.0, 0.0)])
    yield "haircut_full", one(s, strangle, cash=900, collateral=[token(1, s, 1.0, 1.0)])
    yield "least_put_charges", one(s, [put(s * 3, -1)], sigma=0.2, cash=7000, mm_put=0.001, mm_put_mtm=0.0)
    # With a rate below zero the discounted mark of a short box is beyond its greatest loss: only then do the caps bind.
    box = [call(s * 0.9, -1), call(s * 1.1, 1), put(s * 0.9, 1), put(s * 1.1, -1)]
    for cash in (-200, 900):
        yield f"capped_negative_rate_cash_{cash}", one(s, box, rate=-0.4, seconds=YEAR, cash=cash)
    yield "capped_negative_rate_call", one(s, [call(s * 0.001, -1)], rate=-0.5, seconds=YEAR, cash=5000, unpaired_mm=1.0, unpaired_im=1.0)
    yield "tiny_size", one(s, [call(s, -0.001), put(s, -0.01)], cash=10)
    yield "large_size", one(s, [call(s * 1.1, -1000), call(s * 1.2, 1000), put(s * 0.9, -500)], cash=900_000)


def random_slice(rng):
    return {
        "a": round(rng.uniform(0.02, 1.5), 6),
        "b": round(rng.uniform(0.0, 0.8), 6),
        "rho": round(rng.uniform(-0.8, 0.8), 6),
        "m": round(rng.uniform(-0.2, 0.2), 6),
        "s": round(rng.uniform(0.02, 0.6), 6),
    }


def random_expiry(rng, spot, legs, seconds):
    forward = spot * rng.uniform(0.97, 1.05)
    svi = random_slice(rng) if rng.random() < 0.5 else None
    sigma = math.exp(rng.uniform(math.log(0.1), math.log(3.0)))
    chosen = {}
    while len(chosen) < legs:
        kind = rng.choice(("call", "put"))
        strike = price_grid(float(f"{spot * math.exp(rng.gauss(0.0, 0.3)):.3g}"))
        strike = min(max(strike, price_grid(forward * 0.11)), price_grid(forward * 9.5))
        size = size_grid(rng.choice((-1, 1)) * math.exp(rng.uniform(-3, 2)) * (1000.0 / spot if spot < 100 else 1.0))
        chosen.setdefault((kind, strike), leg(kind, strike, size, None if svi else sigma * rng.uniform(0.9, 1.1)))
    rate = rng.choice((0.0, 0.0, rng.uniform(0.0, 0.3)))
    settlement = spot * rng.uniform(0.8, 1.2) if rng.random() < 0.05 else None
    return expiry(0 if settlement else seconds, forward, chosen.values(), sigma, svi, rate, settlement=settlement)


def random_params(rng):
    if rng.random() < 0.4:
        return {}
    return in_order({key: round(bounds[0] + (bounds[1] - bounds[0]) * rng.random() ** 2, 6) for key, bounds in BOUNDS.items()})


def random_portfolio(rng, legs):
    count = min(legs, rng.choice((1, 1, 2, 3, 4)))
    split = [legs // count + (1 if i < legs % count else 0) for i in range(count)]
    underlyings = []
    for n in split:
        spot = float(f"{math.exp(rng.uniform(math.log(0.05), math.log(200_000.0))):.6g}")
        expiries = []
        while n:
            here = n if rng.random() < 0.4 or len(expiries) == 15 else rng.randint(1, n)
            seconds = int(math.exp(rng.uniform(math.log(60), math.log(2 * YEAR))))
            if seconds not in [e["seconds"] for e in expiries]:
                expiries.append(random_expiry(rng, spot, here, seconds))
                n -= here
        low, high = (spot * rng.uniform(0.9, 1.0), spot * rng.uniform(1.0, 1.1)) if rng.random() < 0.3 else (None, None)
        confidence = rng.choice((1.0, 1.0, rng.random()))
        underlyings.append(underlying(spot, expiries, low, high, confidence, **random_params(rng)))
    collateral = []
    for _ in range(rng.choice((0, 0, 1, 2, 8))):
        haircut = round(rng.uniform(0.0, 0.5), 4)
        collateral.append(token(rng.uniform(0, 50), math.exp(rng.uniform(-2, 6)), haircut, round(haircut * rng.random(), 4)))
    stable = rng.choice((1.0, 1.0, rng.uniform(0.85, 1.02)))
    return account(underlyings, rng.uniform(-2000, 20000), collateral, stable)


def random_portfolios():
    rng = random.Random(SEED)
    for legs in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 60, 63, 64):
        yield f"random_{legs}_legs", random_portfolio(rng, legs)
    for i in range(6):
        yield f"random_64_legs_{i}", random_portfolio(rng, 64)
    yield "sixty_four_legs_one_expiry", one(3000.0, [
        (call if i % 2 else put)(1500 + 50 * i, (-1) ** (i // 3) * (1 + i % 5)) for i in range(64)], svi=SLICES["smile"], cash=50000, rate=0.02)


def with_expected(portfolio):
    """The vector: the inputs with the model's answer. The volatility read for each leg helps to find a difference."""
    for u in portfolio["underlyings"]:
        for e in u["expiries"]:
            for x in e["legs"]:
                if "svi" in e and not cross.is_settled(e):
                    x["expected_sigma"] = cross.leg_volatility(e, x)
    return {**portfolio, "expected": cross.margin(portfolio)}


def liquidation_cases():
    yield "design_full_price", dict(equity=300, maintenance=-100, buffer=0.1, d=1.0, reserved=0)
    yield "design_discount", dict(equity=300, maintenance=-100, buffer=0.1, d=0.9, reserved=0)
    yield "reserved", dict(equity=300, maintenance=-100, buffer=0.1, d=0.9, reserved=50)
    yield "no_buffer", dict(equity=300, maintenance=-100, buffer=0.0, d=0.98, reserved=0)
    yield "large_buffer", dict(equity=300, maintenance=-100, buffer=0.5, d=0.98, reserved=0)
    yield "barely_breached", dict(equity=5000, maintenance=-0.01, buffer=0.1, d=0.98, reserved=0)
    yield "deep", dict(equity=10, maintenance=-5000, buffer=0.15, d=0.98, reserved=0)
    yield "price_zero", dict(equity=300, maintenance=-100, buffer=0.1, d=0.0, reserved=0)
    yield "late_auction_reserved", dict(equity=900, maintenance=-20, buffer=0.1, d=0.3, reserved=400)
    yield "large_account", dict(equity=4.2e8, maintenance=-3.3e7, buffer=0.1, d=0.87, reserved=1.0e7)
    yield "under_dust", dict(equity=9.5, maintenance=-1, buffer=0.1, d=0.98, reserved=0, dust=10)
    yield "over_dust", dict(equity=10.5, maintenance=-1, buffer=0.1, d=0.98, reserved=0, dust=10)
    yield "insolvent", dict(equity=-50, maintenance=-400, buffer=0.1, d=0.98, reserved=0)
    yield "healthy", dict(equity=300, maintenance=0.5, buffer=0.1, d=0.98, reserved=0)
    rng = random.Random(SEED)
    for i in range(30):
        equity = round(math.exp(rng.uniform(2, 16)), 6)
        reserved = round(equity * rng.choice((0.0, 0.0, rng.uniform(0, 0.6))), 6)
        yield f"random_{i}", dict(
            equity=equity, maintenance=round(-equity * rng.uniform(0.001, 2.0), 6),
            buffer=round(rng.uniform(0, 0.5), 6), d=round(rng.uniform(0.3, 1.0), 6), reserved=reserved)


def liquidation_expected(c):
    f = liquidation.max_fraction(c["equity"], c["maintenance"], c["buffer"], c["d"], c["reserved"], c.get("dust", 0))
    return {
        "buffer_margin": liquidation.buffer_margin(c["maintenance"], c["equity"], c["buffer"]),
        "fraction": f,
        "payment": max(0.0, liquidation.payment(c["equity"], c["reserved"], c["d"], f)),
    }


def pricing_cases():
    """Single options: the corners of the domain, then random ones. Each is priced as a call and as a put."""
    rng = random.Random(SEED)
    corners = [(f, m, sigma, t, r)
        for f in (1000.0, 1_000_000.0) for m in (0.1, 0.9, 1.0, 1.1, 10.0) for sigma in (0.05, 0.8, 5.0)
        for t in (60, 7 * DAY, 2 * YEAR) for r in (0.0, 1.0)]
    inside = [(math.exp(rng.uniform(math.log(1000), math.log(1e6))), math.exp(rng.choice((rng.gauss(0, 0.1), rng.uniform(-2.3, 2.3)))),
        math.exp(rng.uniform(math.log(0.05), math.log(5))), int(math.exp(rng.uniform(math.log(60), math.log(2 * YEAR)))), rng.random())
        for _ in range(200)]
    for f, m, sigma, t, r in corners + inside:
        forward = price_grid(f)
        for kind in ("call", "put"):
            yield {"kind": kind, "forward": forward, "strike": price_grid(forward * m), "sigma": round(sigma, 6), "seconds": t, "rate": round(r, 6)}


def pricing_expected(c):
    args = c["kind"], c["forward"], c["strike"], c["sigma"], black76.tau(c["seconds"]), c["rate"]
    return {"price": black76.price(*args), **black76.greeks(*args)}


def cross_portfolios():
    for family in (structures, surfaces, parameters, extremes, random_portfolios):
        yield from family()
    for name, p in random_portfolios():
        if smiles.has_own_volatilities(p):
            yield f"{name}_smile", smiles.twin(p)


def write(folder, items):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    count = 0
    for count, (name, vector) in enumerate(items, 1):
        file = f"{count:03d}_{name.replace('.', '_')}.json"
        (folder / file).write_text(json.dumps({"name": name, **vector}, indent=1) + "\n")
    return count


def main():
    if "--check" in sys.argv:
        import check

        sys.exit(check.run())
    import generate_portfolio

    n = write(VECTORS / "cross", ((name, with_expected(p)) for name, p in cross_portfolios()))
    m = write(VECTORS / "liquidation", ((n, {"dust": 0, **c, "expected": liquidation_expected(c)}) for n, c in liquidation_cases()))
    cases = [json.dumps({**c, "expected": pricing_expected(c)}) for c in pricing_cases()]
    (VECTORS / "pricing").mkdir(parents=True, exist_ok=True)
    (VECTORS / "pricing" / "black76.json").write_text("[\n" + ",\n".join(cases) + "\n]\n")
    p = generate_portfolio.write(VECTORS / "portfolio")
    print(f"{n} cross portfolios, {p} in portfolio margin, {m} liquidations, {len(cases)} prices")


if __name__ == "__main__":
    main()
