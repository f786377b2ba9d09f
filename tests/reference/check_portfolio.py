"""Checks of the portfolio-margin model: the design's vectors, integration, finite differences, and its own laws."""

import copy
import math
import random

from scipy.integrate import quad
from scipy.stats import norm

import black76
import cross
import generate
import generate_portfolio
import portfolio
import portfolio_build as build
import portfolio_cases
import portfolio_params


def design_vectors(near, _is_true):
    short, box = (portfolio.margin(p) for _, p in portfolio_cases.design())
    u = short["underlyings"][0]
    e = portfolio.live_expiries(next(portfolio_cases.design())[1]["underlyings"][0])[0]
    p = portfolio.DEFAULTS
    wanted = (
        ("initial", short["initial"], -14604.048120144837), ("maintenance", short["maintenance"], -11824.858703959073),
        ("mark", short["mark"], -1186.4185694587657), ("worst", u["worst_pnl"], -12939.312020443313),
        ("basis", u["basis"], -947.2098049301067), ("mm contingency", u["mm_contingency"], 286.99051814565),
        ("im contingency", u["im_contingency"], 191.3270120971), ("discount", e.df, 0.9962264490688729),
        ("vol up", portfolio.volatility_factors(p, e.seconds, 1.0)[0], 1.712811375927374),
        ("D+", portfolio.long_discount(p, e), 0.9445087287221925), ("D-", portfolio.short_discount(p, e), 1.0037878445554764),
        ("box initial", box["initial"], 8029.6313880590305), ("box maintenance", box["maintenance"], 8307.131140595613),
    )
    for name, got, want in wanted:
        near(f"design {name}", got, want, 1e-9 * abs(want))


def shocked_values(near, _is_true):
    """The value of an expiry after a move, against the integral of its payoff over the density of the moved forward."""
    rng = random.Random(3)
    for _ in range(40):
        legs = [generate.leg(rng.choice(("call", "put")), 100 * math.exp(rng.gauss(0, 0.4)), rng.choice((-2, -1, 1)), rng.uniform(0.1, 2)) for _ in range(3)]
        e = build.expiry(rng.randint(86_400, generate.YEAR), 100, legs, rate=rng.random(), fixed=rng.choice((0, 40)))
        u = build.underlying(100, [e])
        live = portfolio.live_expiries(u)[0]
        factor, by = rng.uniform(0.6, 1.5), rng.uniform(0.5, 2)
        forward = live.fixed + (100 - live.fixed) * factor
        want = 0.0
        for x in legs:
            sd = x["sigma"] * by * math.sqrt(live.t)
            at = lambda z: black76.intrinsic(x["kind"], forward * math.exp(sd * z - 0.5 * sd * sd), x["strike"]) * norm.pdf(z)
            kink = min(max((math.log(x["strike"] / forward) + 0.5 * sd * sd) / sd, -12.0), 12.0 + sd)
            want += x["size"] * live.df * (quad(at, -12, kink, epsabs=1e-11)[0] + quad(at, kink, 12 + sd, epsabs=1e-11)[0])
        near("shocked value", live.value(factor, lambda sigma, _: sigma * by), want, 1e-6)


def moved(u, **changes):
    """The live expiries with some fields replaced, at the same volatilities."""
    out = copy.deepcopy(u)
    for e in out["expiries"]:
        for key, change in changes.items():
            e[key] = change(e[key])
    return sum(x.value() for x in portfolio.live_expiries(out))


def greeks(near, _is_true):
    rng = random.Random(4)
    for _ in range(40):
        legs = [generate.leg(rng.choice(("call", "put")), 100 * math.exp(rng.gauss(0, 0.3)), rng.uniform(-3, 3), rng.uniform(0.2, 2)) for _ in range(4)]
        u = build.underlying(100, [build.expiry(rng.randint(20, 700) * 86_400, 101, legs, rate=0.1 + rng.random() / 2, fixed=rng.choice((0, 30)))])
        live = portfolio.live_expiries(u)
        g = portfolio.total_greeks([e.greeks() for e in live])
        at = lambda h: sum(e.value(1 + h) for e in live)
        vol = lambda h: sum(e.value(1.0, lambda sigma, _: sigma + h) for e in live)
        near("delta", g["delta"], (at(1e-4) - at(-1e-4)) / 2e-4, 1e-4)
        near("gamma", g["gamma"], (at(1e-3) - 2 * at(0) + at(-1e-3)) / 1e-6, 1e-2 * (1 + abs(g["gamma"]) / 50))
        near("vega", g["vega"], (vol(1e-4) - vol(-1e-4)) / 2e-4, 1e-4)
        rate = [moved(u, rate=lambda r, h=h: r + h) for h in (1e-5, -1e-5)]
        near("rho", g["rho"], (rate[0] - rate[1]) / 2e-5, 1e-3)
        near("theta", g["theta"], (moved(u, seconds=lambda s: s - 60) - moved(u, seconds=lambda s: s + 60)) / 120 * 86_400, 1e-3)


def times(p, factor):
    """The account with every amount multiplied."""
    out = copy.deepcopy(p)
    out["cash"] *= factor
    for c in out["collateral"]:
        c["balance"] *= factor
    for u in out["underlyings"]:
        for e in u["expiries"]:
            for x in e["legs"]:
                x["size"] *= factor
    return out


def laws_of(name, p, near, is_true):
    got = portfolio.margin(p)
    slack = 1e-3 * cross.tolerance(p, got["equity"])
    is_true(f"{name}: IM <= MM <= E", got["initial"] <= got["maintenance"] <= got["equity"])
    is_true(f"{name}: MM needs no cap", got["uncapped_maintenance"] <= got["equity"] + slack)
    is_true(f"{name}: finite", all(math.isfinite(got[x]) for x in ("mark", "equity", "initial", "maintenance")))
    twice = portfolio.margin(times(p, 2.0))
    for u, one, two in zip(p["underlyings"], got["underlyings"], twice["underlyings"]):
        q = u["params"]["portfolio"]
        near(f"{name}: twice the size, twice the worst", two["worst_pnl"], 2 * one["worst_pnl"], slack)
        near(f"{name}: twice the size, twice the scan", two["scan"], 2 * one["scan"], slack)
        is_true(f"{name}: min span is not a gain", one["min_span"] <= 0.0 and one["gap"] <= 0.0 and one["basis"] <= 0.0)
        if one["es"] is not None and q["es_source"] == "grid":
            mean_of = one["scenarios"] + [x for x in (one["skew_linear"], one["skew_absolute"]) if x is not None]
            mean = sum(mean_of) / len(mean_of)
            is_true(f"{name}: ES between worst and mean", one["worst_pnl"] - slack <= one["es"] <= mean + slack)
        if q["depth"] == 0.0:
            near(f"{name}: twice the size, twice the maintenance", two["maintenance"], 2 * one["maintenance"], slack)
        else:
            is_true(f"{name}: size charge grows", two["min_span"] <= 2 * one["min_span"] + slack)


def laws(near, is_true):
    names = set()
    for name, p in generate_portfolio.portfolios():
        is_true(f"portfolio {name} used twice", name not in names)
        names.add(name)
        is_true(f"{name}: lawful", build.lawful(p))
        laws_of(name, p, near, is_true)
    is_true(f"at least 320 portfolios, not {len(names)}", len(names) >= 320)


def differs(p, before, after):
    return any(abs(after[x] - before[x]) > 10 * cross.tolerance(p, before[x]) for x in ("initial", "maintenance"))


def with_parameter(p, key, change):
    out = copy.deepcopy(p)
    for u in out["underlyings"]:
        params = u["params"]["portfolio"]
        build.set_in(params, key, change(build.get(params, key)))
    return out


def ends_are_felt(_near, is_true):
    """In the vector of a parameter at one end, the other end of that parameter alone gives another margin."""
    found = {}
    for _, key, p in portfolio_params.each_parameter():
        found.setdefault(key, []).append(p)
    for key, (low, high) in build.BOUNDS.items():
        for p, other in zip(found[key], (high, low)):
            changed = with_parameter(p, key, lambda _: other)
            is_true(f"{key}: {other} or the other end is the same", differs(p, portfolio.margin(p), portfolio.margin(changed)))


def parameters_are_felt(_near, is_true):
    """A change by a hundredth is noticed by at least three vectors."""
    small = [p for _, p in generate_portfolio.portfolios() if sum(len(e["legs"]) for u in p["underlyings"] for e in u["expiries"]) <= 6]
    before = [portfolio.margin(p) for p in small]
    for key in build.BOUNDS:
        felt = 0
        for p, old in zip(small, before):
            felt += differs(p, old, portfolio.margin(with_parameter(p, key, lambda x: x * 1.01)))
            if felt == 3:
                break
        is_true(f"{key} is felt by {felt} vectors only", felt == 3)


def parity(near, _is_true):
    """A call, the put short and the strike: every unshocked quantity is linear in the forward."""
    for rate in (0.0, 0.1, 0.5):
        legs = [generate.call(110, 1), generate.put(110, -1)]
        u = build.underlying(100, [build.expiry(90 * 86_400, 103, legs, rate=rate)])
        live = portfolio.live_expiries(u)[0]
        for factor in (0.3, 1.0, 2.5):
            near("portfolio parity", live.value(factor), live.df * (103 * factor - 110), 1e-10)
        near("parity gamma", live.greeks()["gamma"], 0.0, 1e-10)


def shortfall(near, _is_true):
    pnls = [5.0, -10.0, -4.0, 0.0, 3.0, -1.0, 2.0, 1.0, 4.0, -2.0]
    for mass, want in ((0.01, -10.0), (0.1, -10.0), (0.15, -12.0 / 1.5), (0.2, -7.0), (0.25, -15.0 / 2.5), (1.0, -0.2)):
        near(f"shortfall {mass:g}", portfolio.expected_shortfall(pnls, mass), want, 1e-12)


CHECKS = (design_vectors, shocked_values, greeks, laws, ends_are_felt, parameters_are_felt, parity, shortfall)
