"""Checks of the model against known values, against integration and finite differences, and against its own laws."""

import math
import random

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

import black76
import check_portfolio
import cross
import generate
import liquidation
import svi

FAILED = []


def near(name, got, want, tolerance):
    if not abs(got - want) <= tolerance:
        FAILED.append(f"{name}: {got!r}, expected {want!r} within {tolerance:g}")


def is_true(name, condition):
    if not condition:
        FAILED.append(name)


def known_values():
    week = black76.tau(7 * 86_400)
    for kind in ("call", "put"):
        near(f"black76 {kind}", black76.price(kind, 1500, 1500, 1.0, week), 82.805080668634559515, 1e-11)
    # 30 days, discount .9991784198737006: the rate that gives it is .01.
    near("discount", black76.discount(0.01, black76.tau(30 * 86_400)), 0.9991784198737006, 1e-15)
    got = black76.price("call", 1000, 1200, 0.25, black76.tau(30 * 86_400), 0.01)
    near("black76 otm call", got, 0.137082128426579297, 1e-12)
    t = 0.2465753424657534
    total = 0.17753424657534247
    # a and b are total variances; rho, m and s are as they stand.
    slice_ = svi.from_total(total, total, 0.05917808219178082, 0.02958904109589041, 0.0216986301369863, t)
    near("svi 1500", svi.volatility(slice_, 1830, 1500, t), 0.9356728218442784, 1e-12)
    near("svi 2400", svi.volatility(slice_, 1830, 2400, t), 0.9512721744218694, 1e-12)
    p = generate.one(1500, [generate.call(1500, -1)], seconds=500_400)
    e = p["underlyings"][0]["expiries"][0]
    e["forward"], e["legs"][0]["sigma"] = 1500.833279310994, 1.0478844940849863
    got = cross.margin(p)
    near("cross mark", got["mark"], -79.37158518905994, 1e-9)
    near("cross initial", got["initial"], -304.37158518905994, 1e-9)
    near("cross maintenance", got["maintenance"], -191.87158518905994, 1e-9)
    f = liquidation.max_fraction(300, -100, 0.1, 1.0, 0)
    near("fmax 1", f, 0.3181818181818182, 1e-12)
    f = liquidation.max_fraction(300, -100, 0.1, 0.9, 0)
    near("fmax .9", f, 0.34146341463414637, 1e-12)
    near("payment", liquidation.payment(300, 0, 0.9, f), 92.195, 1e-3)


def prices():
    """Against the integral of the payoff over the lognormal density, and against finite differences."""
    rng = random.Random(1)
    for _ in range(60):
        f, k = 100.0, 100.0 * math.exp(rng.gauss(0, 0.4))
        sigma, t, r = rng.uniform(0.1, 2.0), rng.uniform(0.01, 1.5), rng.uniform(0, 0.3)
        sd = sigma * math.sqrt(t)
        kink = (math.log(k / f) + 0.5 * sd * sd) / sd
        for kind in ("call", "put"):
            at = lambda z: black76.intrinsic(kind, f * math.exp(sd * z - 0.5 * sd * sd), k) * norm.pdf(z)
            split = min(max(kink, -12.0), 12.0 + sd)
            want = quad(at, -12, split, epsabs=1e-12)[0] + quad(at, split, 12 + sd, epsabs=1e-12)[0]
            value = black76.price(kind, f, k, sigma, t, r)
            near(f"integral {kind} {k:.3f}", value, math.exp(-r * t) * want, 1e-7)
            g = black76.greeks(kind, f, k, sigma, t, r)
            h = 1e-3
            up, down = (black76.price(kind, f + x, k, sigma, t, r) for x in (h, -h))
            near("delta", g["delta"], (up - down) / (2 * h), 1e-6)
            near("gamma", g["gamma"], (up - 2 * value + down) / h**2, 1e-5 * max(1.0, g["gamma"]))
            up, down = (black76.price(kind, f, k, sigma + x, t, r) for x in (1e-4, -1e-4))
            near("vega", g["vega"], (up - down) / 2e-4, 1e-3)
            up, down = (black76.price(kind, f, k, sigma, t, r + x) for x in (1e-5, -1e-5))
            near("rho", g["rho"], (up - down) / 2e-5, 1e-4)
            up, down = (black76.price(kind, f, k, sigma, t + x, r) for x in (1e-5, -1e-5))
            near("theta", g["theta"], -(up - down) / 2e-5 / 365, 1e-3)
        parity = black76.price("call", f, k, sigma, t, r) - black76.price("put", f, k, sigma, t, r)
        near("parity", parity, math.exp(-r * t) * (f - k), 1e-10)


def losses():
    """The greatest loss over strikes is the true minimum of the payoff on a dense grid, when calls are paired."""
    rng = random.Random(2)
    for _ in range(60):
        legs = [generate.leg(rng.choice(("call", "put")), rng.randint(5, 20) * 10, rng.randint(-3, 3) or 1) for _ in range(6)]
        net = sum(x["size"] for x in legs if x["kind"] == "call")
        if net < 0:
            legs.append(generate.call(250, -net))
        grid = min(0.0, min(cross.payoff(legs, x) for x in np.linspace(0, 400, 4001)))
        near("max loss", cross.max_loss(legs, 100.0, 1.1), grid, 1e-9)


def laws():
    names = set()
    for name, p in generate.cross_portfolios():
        is_true(f"name {name} used twice", name not in names)
        names.add(name)
        legs = [x for u in p["underlyings"] for e in u["expiries"] for x in e["legs"]]
        is_true(f"{name}: at most 64 legs", len(legs) <= 64)
        for u in p["underlyings"]:
            params = u["params"]
            is_true(f"{name}: parameters in order", all(params[a] <= params[b] for a, b in generate.ORDER))
            for key, (low, high) in generate.BOUNDS.items():
                is_true(f"{name}: {key} within its bounds", low <= params[key] <= high)
        got = cross.margin(p)
        is_true(f"{name}: IM <= MM <= E", got["initial"] <= got["maintenance"] <= got["equity"])
        # Without negative rates the caps take off rounding at most.
        if all(e["rate"] >= 0.0 for u in p["underlyings"] for e in u["expiries"]):
            slack = cross.tolerance(p, got["equity"]) * 1e-3
            is_true(f"{name}: MM capped", got["uncapped_maintenance"] <= got["equity"] + slack)
            is_true(f"{name}: IM capped", got["uncapped_initial"] <= got["uncapped_maintenance"] + slack)
        is_true(f"{name}: finite", all(math.isfinite(got[x]) for x in ("mark", "equity", "initial", "maintenance")))
    is_true("at least 120 portfolios", len(names) >= 120)


def parameters_are_felt():
    """Every parameter decides the margin of some vector: one that were ignored would be noticed."""
    portfolios = [p for _, p in generate.cross_portfolios()]
    before = [cross.margin(p) for p in portfolios]
    for key in generate.BOUNDS:
        felt = 0
        for p, old in zip(portfolios, before):
            for u in p["underlyings"]:
                u["params"][key] *= 1.01
            new = cross.margin(p)
            for u in p["underlyings"]:
                u["params"][key] /= 1.01
            felt += any(abs(new[x] - old[x]) > 10 * cross.tolerance(p, old[x]) for x in ("initial", "maintenance"))
        is_true(f"{key} is felt by {felt} vectors only", felt >= 3)


def auctions():
    for name, c in generate.liquidation_cases():
        got = generate.liquidation_expected(c)
        f = got["fraction"]
        is_true(f"{name}: fraction in [0, 1]", 0.0 <= f <= 1.0)
        if 0.0 < f < 1.0:
            left = liquidation.after(got["buffer_margin"], c["reserved"], f, got["payment"])
            near(f"{name}: ends at the buffer", left, 0.0, 1e-9 * c["equity"])


def run():
    for check in (known_values, prices, losses, laws, parameters_are_felt, auctions):
        before = len(FAILED)
        check()
        print(f"{check.__name__}: {'ok' if len(FAILED) == before else 'FAILED'}")
    for check in check_portfolio.CHECKS:
        before = len(FAILED)
        check(near, is_true)
        print(f"portfolio {check.__name__}: {'ok' if len(FAILED) == before else 'FAILED'}")
    for line in FAILED:
        print(line)
    return 1 if FAILED else 0
