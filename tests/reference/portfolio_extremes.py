"""Portfolio-margin accounts at the edges of the lawful inputs, and random ones."""

import math
import random

import generate
import portfolio_build as build
from generate import DAY, HOUR, SEED, SLICES, YEAR, call, price_grid, put, size_grid
from portfolio_build import account, expiry, one, scenario, terms, token, underlying
from portfolio_cases import S, k

STRANGLE = [call(k(1.05), -1), put(k(0.95), -1), call(k(1.15), 1)]


def close():
    """The last minutes, with and without a part of the forward fixed."""
    for seconds in (60, 61, 600, 1799, HOUR, 6 * HOUR):
        yield f"close_{seconds}s", one(S, [call(S, -1), put(S, -1), call(k(1.01), 1)], seconds=seconds, forward=S, cash=900)
        if seconds < 1800:
            fixed = S * (1 - seconds / 1800)
            yield f"averaging_{seconds}s", one(S, [call(S, -2), put(k(0.99), 1)], seconds=seconds, forward=k(1.001), fixed=fixed, cash=3000, low=k(0.98), high=k(1.03))
            yield f"averaging_{seconds}s_long", one(S, [call(k(0.97), 2), put(k(1.02), 2)], seconds=seconds, forward=k(1.001), fixed=fixed)
    yield "averaging_covered", one(S, [call(S, -2)], seconds=300, forward=S, fixed=k(0.83), collateral=[token(2, S, underlying=0)])
    yield "averaging_beside_month", terms(S, [
        expiry(900, S, [call(S, -2)], fixed=k(0.5)), expiry(30 * DAY, S, [call(S, 2)])], 500)
    yield "month_to_the_second", terms(S, [
        expiry(30 * DAY, S, [put(S, -1)]), expiry(30 * DAY + 1, S, [put(S, -1)])], 9000, short_power=0.9, long_power=0.1)


def edges():
    for m in (0.2, 0.21, 0.5, 2.0, 4.9, 5.0):
        for days in (1, 300):
            yield f"moneyness_{m:g}_{days}d", one(S, [call(k(m), -1), put(k(m), 2)], seconds=days * DAY, sigma=0.8, rate=0.05, cash=9000)
    for forward in (0.7, 1.3):
        yield f"forward_{forward:g}", one(S, STRANGLE, forward=k(forward), seconds=500 * DAY, rate=0.1, cash=3000)
        yield f"forward_{forward:g}_roll", terms(S, [
            expiry(30 * DAY, S, [call(S, -1), put(S, 1)]), expiry(700 * DAY, k(forward), [call(S, 1), put(S, -1)], rate=0.2)], 3000)
    for sigma in (0.05, 5.0):
        for days in (1, 730):
            yield f"sigma_{sigma:g}_{days}d", one(S, STRANGLE, sigma=sigma, seconds=days * DAY, cash=3000)
            yield f"sigma_{sigma:g}_{days}d_long", one(S, [call(S, 1), put(S, 1)], sigma=sigma, seconds=days * DAY)
    for rate in (0.0, 0.15, 1.0):
        for days in (10, 730):
            yield f"rate_{rate:g}_{days}d", one(S, STRANGLE, rate=rate, seconds=days * DAY, cash=3000)
            yield f"rate_{rate:g}_{days}d_long", one(S, [call(S, 1), put(k(1.1), 1)], rate=rate, seconds=days * DAY)
    yield "rate_below_zero_counts_as_zero", one(S, STRANGLE, rate=-0.2, seconds=200 * DAY, cash=3000)
    for spot in (0.1, 1.7, 33.3, 4444.0, 200_000.0):
        q = min(100_000.0, max(0.01, 3000 / spot))
        legs = [call(spot * 1.1, -q), put(spot * 0.9, -q), put(spot * 0.8, q)]
        yield f"price_{spot:g}", one(spot, legs, cash=5000)
        yield f"price_{spot:g}_covered", one(spot, [call(spot * 1.1, -q)], cash=10, collateral=[token(q, spot, underlying=0)])
    for q in (0.001, 0.137, 777.0, 100_000.0):
        yield f"size_{q:g}", one(S, [call(k(1.1), -q), call(k(1.2), q), put(k(0.9), -q)], cash=600 * q)
    yield "largest_and_smallest_size", one(S, [call(S, -100_000), put(S, 100_000), call(k(1.1), 0.001), put(k(0.9), -0.001)], cash=1e8)
    yield "largest_price_and_size", one(200_000.0, [call(200_000, -100_000), put(200_000, -100_000)], cash=1e10)
    yield "smallest_price_and_size", one(0.1, [call(0.1, -0.001), put(0.09, -0.001)], cash=1.0)


def tails():
    """Far short options, which only the weighted far scenarios can hurt."""
    for m in (1.3, 1.6, 2.5, 3.5, 4.5):
        yield f"far_short_call_{m:g}", one(S, [call(k(m), -10)], seconds=7 * DAY, sigma=0.5, cash=3000)
        yield f"far_ratio_call_{m:g}", one(S, [call(k(m * 0.95), 4), call(k(m), -10)], seconds=21 * DAY, sigma=0.5, cash=3000)
    for m in (0.75, 0.6, 0.4, 0.25):
        yield f"far_short_put_{m:g}", one(S, [put(k(m), -10)], seconds=7 * DAY, sigma=0.5, cash=3000)
    yield "far_short_against_near_long", one(S, [call(k(1.1), 2), call(k(1.7), -12), put(k(0.9), 2), put(k(0.5), -9)], seconds=14 * DAY, sigma=0.5, cash=9000)
    yield "asset_and_many_far_calls", one(S, [call(k(1.6), -14)], sigma=0.5, collateral=[token(2, S, underlying=0)])
    for q in (-20, -5, 3, 40):
        yield f"thin_market_{q}", terms(S, [
            expiry(10 * DAY, S, [call(k(1.02), q), put(k(0.93), -q / 2)]), expiry(90 * DAY, k(1.01), [call(k(1.2), q / 4)])], 20_000, depth=12_345.0)


def doubts():
    for c in (0.0, 0.3, 0.549999, 0.55, 0.553, 0.9):
        yield f"spot_confidence_{c:g}", one(S, STRANGLE, cash=3000, confidence=c)
        yield f"surface_confidence_{c:g}", terms(S, [
            expiry(7 * DAY, S, STRANGLE, confidence=c), expiry(30 * DAY, S, [put(S, 1)])], 3000, confidence=0.95)
    yield "confidence_of_longs", one(S, [call(S, 3)], cash=10, confidence=0.2)
    yield "confidence_both", terms(S, [expiry(7 * DAY, S, STRANGLE, confidence=0.5), expiry(30 * DAY, S, [put(S, 1)], confidence=0.2)],
        4000, confidence=0.4)
    for stable in (0.5, 0.9, 0.979, 0.98, 1.03):
        tokens = [token(1, S, underlying=0), token(4, 25.0)]
        yield f"quote_{stable:g}", one(S, STRANGLE, cash=3000, stable=stable)
        yield f"quote_{stable:g}_covered", one(S, [call(k(1.1), -2)], stable=stable, collateral=tokens)
    for low, high in ((0.95, 1.0), (1.0, 1.05), (0.8, 1.25)):
        tag = f"range_{low:g}_{high:g}"
        yield f"{tag}_short", one(S, [call(S, -1), put(S, -1)], low=k(low), high=k(high), cash=3000)
        yield f"{tag}_long", one(S, [call(S, 1), put(S, 1)], low=k(low), high=k(high))
        yield f"{tag}_calendar", terms(S, [
            expiry(7 * DAY, S, [call(S, -1)]), expiry(90 * DAY, S, [call(S, 1)])], 900, low=k(low), high=k(high))
    for name, slice_ in SLICES.items():
        yield f"stale_svi_{name}", one(S, STRANGLE, svi=slice_, stale=True, realised_vol=0.7, stale_mult=1.0, stale_charge=0.005, cash=3000)
    yield "haircuts_full", one(S, STRANGLE, cash=3000, collateral=[token(1, S, 1.0, 1.0, underlying=0)])
    yield "haircuts_none", one(S, STRANGLE, collateral=[token(1, S, 0.0, 0.0, underlying=0)])
    yield "bankrupt_strangle", one(S, STRANGLE, cash=-9000)


def largest():
    legs = [(call if i % 2 else put)(S * (0.4 + i / 40), (-1) ** (i // 3) * (1 + i % 5)) for i in range(64)]
    yield "64_legs_one_expiry", one(S, legs, svi=SLICES["skew"], cash=50_000, rate=0.02)
    by_term = [expiry((1 + i * i * 2) * DAY, k(1 + i / 200), [
        call(k(1.02 + i / 50), -1 if i % 2 else 1), put(k(0.98 - i / 50), 1 if i % 3 else -1), call(k(1.35), 1 if i % 4 else -2), put(k(0.65), 1)],
        sigma=0.4 + i / 40, rate=i / 100) for i in range(16)]
    yield "64_legs_16_expiries", terms(S, by_term, 20_000)
    yield "64_legs_8_underlyings", account([
        underlying(10 + 900 * i, [expiry((3 + 11 * i + 40 * j) * DAY, 10 + 900 * i, [
            (call if n % 2 else put)((10 + 900 * i) * (0.8 + n / 8), (-1) ** (n + j) * 4000 / (10 + 900 * i)) for n in range(4)],
            sigma=0.5 + j / 5) for j in range(2)]) for i in range(8)], 30_000, [token(1, 910, underlying=1)])


def log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def in_range(rng, low, high):
    """Mostly inside, sometimes an end."""
    return rng.choice((low, high)) if rng.random() < 0.1 else low + (high - low) * rng.random() ** 2


def random_parameters(rng):
    """Lawful parameters, as names for the builders."""
    if rng.random() < 0.4:
        return {}
    out = {key.replace(".", "__"): round(in_range(rng, *ends), 6) for key, ends in build.BOUNDS.items()}
    out["tenor_floor"] = int(out["tenor_floor"])
    out["im_factor"] = max(out["mm_factor"], out["im_factor"])
    out["vol_static"] = max(out["vol_static"], round(0.05 - math.sqrt(2) * min(0.0, out["vol_scale"]), 6))
    out["depth"] = rng.choice((0.0, 0.0, round(log_uniform(rng, 1000, 1e7), 2)))
    out["es_source"] = rng.choice(("grid", "history"))
    for key in ("es_weight", "gamma_charge", "vega_charge", "stale_charge"):
        if rng.random() < 0.5:
            out[key] = 0.0
    if rng.random() < 0.7:
        moves = [scenario(round(log_uniform(rng, *build.SPOT_BOUNDS), 6), rng.choice(("up", "none", "down")), round(in_range(rng, 0, 1), 6)) for _ in range(rng.randint(1, 40))]
        out["scenarios"] = moves
    return out


def random_expiry(rng, spot, legs, seconds, wide):
    forward = spot * (rng.uniform(0.7, 1.3) if wide else rng.uniform(0.98, 1.04))
    svi = generate.random_slice(rng) if rng.random() < 0.4 else None
    sigma = log_uniform(rng, 0.05, 5.0) if wide else log_uniform(rng, 0.2, 1.5)
    chosen = {}
    while len(chosen) < legs:
        far = rng.uniform(math.log(0.2), math.log(5)) if wide else rng.gauss(0, 0.15)
        strike = price_grid(min(max(float(f"{spot * math.exp(far):.4g}"), spot * 0.2), spot * 5))
        size = rng.choice((-1, 1)) * min(100_000, max(0.001, log_uniform(rng, 0.05, 20) * (1000 / spot if wide or spot < 100 else 1)))
        mark = None if svi else min(5.0, max(0.05, sigma * rng.uniform(0.9, 1.1)))
        chosen.setdefault((kind := rng.choice(("call", "put")), strike), generate.leg(kind, strike, size_grid(size), mark))
    settlement = spot * rng.uniform(0.8, 1.2) if rng.random() < 0.04 else None
    fixed = forward * rng.uniform(0.05, 0.95) if seconds < 1800 and rng.random() < 0.5 else 0.0
    return expiry(0 if settlement else seconds, forward, chosen.values(), stale=rng.random() < 0.1, confidence=rng.choice((1.0, 1.0, rng.random())),
        svi=svi, sigma=sigma, rate=rng.choice((0.0, rng.uniform(0, 0.2), rng.random())), fixed=fixed, settlement=settlement)


def random_underlying(rng, legs, wide):
    spot = float(f"{log_uniform(rng, 0.1, 200_000):.7g}")
    expiries = []
    while legs:
        here = legs if rng.random() < 0.4 or len(expiries) == 15 else rng.randint(1, legs)
        seconds = int(log_uniform(rng, 60 if wide else HOUR, 2 * YEAR - 1))
        if seconds not in [e["seconds"] for e in expiries]:
            expiries.append(random_expiry(rng, spot, here, seconds, wide))
            legs -= here
    low, high = (spot * rng.uniform(0.9, 1.0), spot * rng.uniform(1.0, 1.1)) if rng.random() < 0.4 else (None, None)
    pairs = [{"return": round(in_range(rng, -0.94, 1.0), 6), "vol_change": round(in_range(rng, -0.9, 2.0), 6)} for _ in range(rng.randint(1, 64))]
    params = random_parameters(rng)
    return underlying(spot, expiries, low, high, rng.choice((1.0, rng.random())), realised_vol=rng.uniform(0.1, 3.0 if wide else 1.2),
        forecast=rng.choice((1.0, rng.uniform(1, 3))), history=pairs if params.get("es_source") == "history" else [], **params)


def random_portfolio(rng, legs, wide=False):
    """`wide` uses the whole of the lawful range."""
    count = min(legs, rng.choice((1, 1, 1, 2, 3, 8)))
    split = [legs // count + (1 if i < legs % count else 0) for i in range(count)]
    underlyings = [random_underlying(rng, n, wide) for n in split]
    collateral = []
    for _ in range(rng.choice((0, 0, 1, 2, 8))):
        haircut = round(rng.uniform(0.0, 0.5), 4)
        same = rng.choice((None, rng.randrange(count)))
        price = log_uniform(rng, 0.1, 500) if same is None else underlyings[same]["index"]
        collateral.append(token(log_uniform(rng, 10, 20_000) / price, price, haircut, round(haircut * rng.random(), 4), same,
            price_im=rng.choice((None, price * rng.uniform(0.9, 1.0))), confidence=rng.choice((None, rng.random()))))
    stable = rng.choice((1.0, 1.0, rng.uniform(0.8, 1.02)))
    return account(underlyings, rng.uniform(-2000, 20_000), collateral, stable)


def randoms():
    rng = random.Random(SEED)
    for legs in (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64):
        yield f"random_{legs}_legs", random_portfolio(rng, legs)
        yield f"wild_{legs}_legs", random_portfolio(rng, legs, wide=True)


def all_extremes():
    for family in (close, edges, tails, doubts, largest, randoms):
        yield from family()
