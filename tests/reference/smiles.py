"""Twins of accounts whose legs carry a volatility each: the same accounts on a smile, as the program stores one per expiry."""

import copy
import math

import black76


def near(sigmas, seconds, rho):
    """A slice around these volatilities, mild enough for any tenor: at the forward the mean variance, at its ends about twice it."""
    variance = sum(x * x for x in sigmas) / len(sigmas)
    t = black76.tau(seconds)
    width = min(max(0.02, math.sqrt(variance * t)), 2.0)
    b = min(0.18 * variance / width, 2.0 / t)
    return {"a": round(variance - b * width, 6), "b": round(b, 6), "rho": rho, "m": 0.0, "s": round(width, 6)}


def live(account):
    return (e for u in account["underlyings"] for e in u["expiries"] if "settlement" not in e and "svi" not in e)


def has_own_volatilities(account):
    """Whether the legs of any expiry differ in volatility without a smile."""
    return any(len({x["sigma"] for x in e["legs"]}) > 1 for e in live(account))


def twin(account):
    """The account with a smile in each expiry that has legs and no smile yet; tilted either way in turn."""
    out = copy.deepcopy(account)
    for number, e in enumerate(live(out)):
        if e["legs"] and e["seconds"] > 0:
            e["svi"] = near([x.pop("sigma") for x in e["legs"]], e["seconds"], (-0.35, 0.25)[number % 2])
    # In the order of the files: slice before legs.
    for u in out["underlyings"]:
        for e in u["expiries"]:
            e["legs"] = e.pop("legs")
    return out
