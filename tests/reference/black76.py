"""Black-76 in double precision: price and Greeks of a European option on a forward.

    call = D [F N(d1) - K N(d2)],   put = D [K N(-d2) - F N(-d1)],   D = exp(-r tau)

Each tail is taken from erfc, so that deep out-of-the-money values keep their relative precision.
"""

import math

YEAR = 31_536_000.0
SQRT2 = math.sqrt(2.0)


def cdf(x):
    """Standard normal distribution."""
    return 0.5 * math.erfc(-x / SQRT2)


def pdf(x):
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def tau(seconds):
    return max(seconds, 0.0) / YEAR


def discount(rate, t):
    return math.exp(-rate * t)


def intrinsic(kind, price, strike):
    if kind == "call":
        return max(price - strike, 0.0)
    if kind == "put":
        return max(strike - price, 0.0)
    raise ValueError(f"unknown kind {kind!r}")


def d1_d2(forward, strike, sigma, t):
    deviation = sigma * math.sqrt(t)
    d1 = math.log(forward / strike) / deviation + 0.5 * deviation
    return d1, d1 - deviation


def price_discounted(kind, forward, strike, sigma, t, df):
    if sigma * math.sqrt(t) == 0.0:
        return df * intrinsic(kind, forward, strike)
    d1, d2 = d1_d2(forward, strike, sigma, t)
    if kind == "call":
        value = forward * cdf(d1) - strike * cdf(d2)
    elif kind == "put":
        value = strike * cdf(-d2) - forward * cdf(-d1)
    else:
        raise ValueError(f"unknown kind {kind!r}")
    return df * max(value, 0.0)


def price(kind, forward, strike, sigma, t, rate=0.0):
    """Value of one contract, t in years."""
    return price_discounted(kind, forward, strike, sigma, t, discount(rate, t))


def greeks(kind, forward, strike, sigma, t, rate=0.0):
    """Derivatives of the value: delta and gamma in the forward, vega per 1.00 of volatility, theta per day with the
    forward held, rho per 1.00 of rate with the forward held."""
    df = discount(rate, t)
    value = price(kind, forward, strike, sigma, t, rate)
    sign = 1.0 if kind == "call" else -1.0
    if sigma * math.sqrt(t) == 0.0:
        inside = sign * (forward - strike) > 0.0
        return {"delta": sign * df if inside else 0.0, "gamma": 0.0, "vega": 0.0, "theta": 0.0, "rho": -t * value}
    d1, _ = d1_d2(forward, strike, sigma, t)
    density = df * pdf(d1)
    return {
        "delta": sign * df * cdf(sign * d1),
        "gamma": density / (forward * sigma * math.sqrt(t)),
        "vega": forward * density * math.sqrt(t),
        "theta": (rate * value - forward * density * sigma / (2.0 * math.sqrt(t))) / 365.0,
        "rho": -t * value,
    }
