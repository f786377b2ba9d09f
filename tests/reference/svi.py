"""Implied volatility of a strike from one SVI slice, in the annualised form.

    sigma^2 = a + b (rho (k - m) + sqrt((k - m)^2 + s^2)),   k = ln(K / F)

k is clipped to +-4 sqrt((a + b s) tau). Multiplying a and b by tau gives the total variance w of the usual form.
"""

import math


def clip(x, bound):
    return max(-bound, min(bound, x))


def log_moneyness(svi, forward, strike, t):
    return clip(math.log(strike / forward), 4.0 * math.sqrt(max(svi["a"] + svi["b"] * svi["s"], 0.0) * t))


def variance(svi, k):
    x = k - svi["m"]
    return svi["a"] + svi["b"] * (svi["rho"] * x + math.sqrt(x * x + svi["s"] * svi["s"]))


def volatility(svi, forward, strike, t):
    return math.sqrt(max(variance(svi, log_moneyness(svi, forward, strike, t)), 0.0))


def from_total(a, b, rho, m, s, t):
    """The annualised slice of a slice given in total variance."""
    return {"a": a / t, "b": b / t, "rho": rho, "m": m, "s": s}
