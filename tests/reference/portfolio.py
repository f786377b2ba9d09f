"""Portfolio margin of an account. Values are + when good for the account.

Written from the definition of the margin rules (design, section 5.2), not from the implementation.
"""

import copy
import math

import black76
import cross
import svi as surface

MONTH = 30 * 86_400
# Most volatility over the life of an option before any shock, sigma sqrt(tau): beyond it a call is worth its forward.
MOST_TOTAL = 16.0


def steps():
    """The grid of the default parameters ("P2T"): edges, the inner moves, then weighted tails."""
    grid = [(1.18, "up", 1.0), (0.82, "up", 1.0)]
    for move in (13.5, 9.0, 4.5, 0.0, -4.5, -9.0, -13.5):
        grid += [(round(1.0 + move / 100.0, 6), vol, 1.0) for vol in ("down", "none", "up")]
    tails = ((0.34, 0.054545455), (0.67, 0.109090909), (1.5, 0.072), (2.0, 0.036), (3.0, 0.018), (4.0, 0.012))
    grid += [(spot, "up", weight) for spot, weight in tails]
    return [{"spot": spot, "vol": vol, "weight": weight} for spot, vol, weight in grid]


DEFAULTS = {
    "scenarios": steps(),
    "range_up": 0.5, "range_down": 0.275, "short_power": 0.3, "long_power": 0.13, "tenor_floor": 86_400, "min_vol_up": 0.45,
    "mm_factor": 0.8, "im_factor": 1.0,
    "short_mult": 0.5, "long_mult": 1.0, "short_add": 0.08, "long_add": 0.08, "long_base": 0.95, "short_base": 1.04,
    "basis_up": 1.045, "basis_down": 0.955, "basis_add": 0.5, "basis_mult": 2.0,
    "peg_threshold": 0.98, "peg_factor": 2.0, "confidence_threshold": 0.55, "confidence_factor": 1.0,
    "mm_option": 0.003, "im_option": 0.002,
    "skew_linear": {"weight": 1.0, "base_cap": 0.15, "cap_slope": -0.05},
    "skew_absolute": {"weight": 1.0, "base_cap": 0.15, "cap_slope": -0.05},
    "min_kstar": 0.01, "width_scale": 4.0, "vol_static": 0.6, "vol_scale": -0.1,
    "es_weight": 0.0, "es_mass": 0.1, "es_source": "grid",
    "gamma_charge": 0.0, "gamma_move": 0.1, "vega_charge": 0.0, "vega_move": 0.1,
    "depth": 0.0, "realised_mult": 0.0, "stale_mult": 0.0, "stale_charge": 0.0,
}


def unshocked(sigma, _leg):
    return sigma


class Live:
    """One expiry that is not settled, with the volatility of each leg read once."""

    def __init__(self, e, u, p):
        self.seconds = e["seconds"]
        self.t = black76.tau(e["seconds"])
        self.forward = e["forward"]
        self.fixed = e.get("fixed", 0.0)
        self.rate = max(e["rate"], 0.0)
        self.df = black76.discount(self.rate, self.t)
        self.stale = e.get("stale", False)
        self.confidence = min(u.get("confidence", 1.0), e.get("confidence", 1.0))
        self.legs = e["legs"]
        self.most = MOST_TOTAL / math.sqrt(self.t) if self.t > 0.0 else math.inf
        self.sigmas = [min(leg_volatility(e, x), self.most) for x in e["legs"]]
        self.contracts = sum(abs(x["size"]) for x in e["legs"])
        self.mark = self.value()
        if self.stale:
            self.floor(p["stale_mult"] * u.get("realised_vol", 0.0))

    def floor(self, least):
        """A surface that is too old is raised to a least volatility, unless that lifts the value by more than a rounding.
        Longs alone keep theirs."""
        if not self.has_shorts():
            return
        last, mark = self.sigmas, self.mark
        self.sigmas = [max(sigma, min(least, self.most)) for sigma in last]
        self.mark = self.value()
        if self.mark > mark + 1e-8 * self.forward * self.contracts:
            self.sigmas, self.mark = last, mark

    def at(self, factor):
        """The same expiry when spot is multiplied by a factor; strikes keep their volatility."""
        moved = copy.copy(self)
        moved.forward = self.fixed + (self.forward - self.fixed) * factor
        moved.mark = moved.value()
        return moved

    def has_shorts(self):
        return any(x["size"] < 0.0 for x in self.legs)

    def value(self, factor=1.0, vol=unshocked):
        """Discounted value with the moving part of the forward multiplied by the factor; strikes keep their volatility."""
        forward = self.fixed + (self.forward - self.fixed) * factor
        return sum(
            x["size"] * black76.price(x["kind"], forward, x["strike"], vol(sigma, x), self.t, self.rate)
            for x, sigma in zip(self.legs, self.sigmas)
        )

    def shocked(self, p, factor, vol):
        """The value in a scenario, marked down when it is an asset and up when it is a debt."""
        value = self.value(factor, vol)
        return value * (long_discount(p, self) if value > 0.0 else short_discount(p, self))

    def greeks(self):
        """USD: delta and gamma for the part of the forward that still moves."""
        out = dict.fromkeys(GREEKS, 0.0)
        free = self.forward - self.fixed
        for x, sigma in zip(self.legs, self.sigmas):
            g = black76.greeks(x["kind"], self.forward, x["strike"], sigma, self.t, self.rate)
            for key, unit in zip(GREEKS, (free, free * free, 1.0, 1.0, 1.0)):
                out[key] += x["size"] * g[key] * unit
        return out


GREEKS = ("delta", "gamma", "vega", "theta", "rho")


def leg_volatility(e, leg):
    """Read once, at the index."""
    if e.get("svi") is not None:
        return surface.volatility(e["svi"], e["forward"], leg["strike"], black76.tau(e["seconds"]))
    return leg["sigma"]


def long_discount(p, e):
    return p["long_base"] * math.exp(-e.t * (e.rate * p["long_mult"] + p["long_add"]))


def short_discount(p, e):
    return min(1.0 / e.df, p["short_base"] / math.exp(-e.t * (e.rate * p["short_mult"] + p["short_add"])))


def volatility_factors(p, seconds, forecast):
    """(up, down) for a time to expiry."""
    power = p["short_power"] if seconds <= MONTH else p["long_power"]
    tenor = (MONTH / max(seconds, p["tenor_floor"])) ** power
    return (1.0 + p["range_up"] * tenor) * forecast, max(0.0, 1.0 - p["range_down"] * tenor)


def volatility_rule(p, u, seconds, direction):
    """The volatility of a leg in a grid scenario, as a function of the unshocked one."""
    up, down = volatility_factors(p, seconds, u.get("forecast", 1.0))
    least = max(p["min_vol_up"], p["realised_mult"] * u.get("realised_vol", 0.0))
    return {
        "up": lambda sigma, _: max(sigma * up, least),
        "down": lambda sigma, _: sigma * down,
        "none": unshocked,
    }[direction]


def grid(p, u, live, same_asset):
    out = []
    for s in p["scenarios"]:
        pnl = (s["spot"] - 1.0) * same_asset
        for e in live:
            pnl += e.shocked(p, s["spot"], volatility_rule(p, u, e.seconds, s["vol"])) - e.mark
        out.append(s["weight"] * pnl + 0.0)
    return out


def skew_rule(p, kind, e):
    shape = p[f"skew_{kind}"]
    root = math.sqrt(e.t)
    cap = shape["cap_slope"] * root + shape["base_cap"]
    kstar = max(p["min_kstar"], root * p["width_scale"] * (p["vol_static"] + root * p["vol_scale"]))

    def rule(sigma, leg):
        k = math.log(leg["strike"] / e.forward)
        x = abs(k) if kind == "absolute" else k
        return sigma * max(0.0, 1.0 + surface.clip(x * cap / kstar, abs(cap)))

    return rule


def skew(p, kind, live):
    """None when it is switched off. A change of an expiry's value is a loss whatever its sign."""
    weight = p[f"skew_{kind}"]["weight"]
    if weight == 0.0:
        return None
    return weight * sum(-abs(e.shocked(p, 1.0, skew_rule(p, kind, e)) - e.mark) for e in live) + 0.0


def history(p, u, live, same_asset):
    out = []
    for pair in u.get("history", ()):
        factor = max(0.0, 1.0 + pair["vol_change"])
        vol = lambda sigma, _, by=factor: sigma * by
        pnl = pair["return"] * same_asset
        out.append(pnl + sum(e.shocked(p, 1.0 + pair["return"], vol) - e.mark for e in live))
    return out


def expected_shortfall(pnls, mass):
    """Mean of the worst items that together have this mass, each of the same mass 1/n."""
    ordered = sorted(pnls)
    count = mass * len(ordered)
    if count <= 1.0:
        return ordered[0]
    whole = math.floor(count)
    total = sum(ordered[:whole])
    if whole < len(ordered):
        total += (count - whole) * ordered[whole]
    return total / count


def scan(p, u, live, same_asset):
    """Every scenario, the worst of them, and its mixture with expected shortfall."""
    pnls = grid(p, u, live, same_asset)
    skews = {kind: skew(p, kind, live) for kind in ("linear", "absolute")}
    named = list(enumerate(pnls)) + [(kind, x) for kind, x in skews.items() if x is not None]
    worst, worst_pnl = min(named, key=lambda x: x[1])
    if worst_pnl >= 0.0:  # nothing is lost: no gain pays for what the shortfall or the basis asks
        worst, worst_pnl = "none", 0.0
    es, mixed = None, worst_pnl
    if p["es_weight"] > 0.0:
        source = [x for _, x in named] if p["es_source"] == "grid" else history(p, u, live, same_asset)
        es = min(0.0, expected_shortfall(source, p["es_mass"]))
        mixed = (1.0 - p["es_weight"]) * worst_pnl + p["es_weight"] * es
    return {
        "scenarios": pnls, "skew_linear": skews["linear"], "skew_absolute": skews["absolute"],
        "worst": worst, "worst_pnl": worst_pnl, "es": es, "scan": mixed,
    }


def basis(p, live):
    total = 0.0
    for e in live:
        loss = min(0.0, e.value(p["basis_up"]) - e.mark, e.value(p["basis_down"]) - e.mark)
        total += loss * (p["basis_add"] + p["basis_mult"] * e.t)
    return total


def size_factor(p, dollars):
    return max(1.0, math.sqrt(abs(dollars) / p["depth"])) if p["depth"] > 0.0 else 1.0


def naked(live):
    """Short options without a long one of the other kind at the same expiry and strike."""
    total = 0.0
    for e in live:
        for strike in {x["strike"] for x in e.legs}:
            net = {kind: sum(x["size"] for x in e.legs if x["strike"] == strike and x["kind"] == kind) for kind in ("call", "put")}
            total += max(0.0, -net["call"] - max(0.0, net["put"]))
            total += max(0.0, -net["put"] - max(0.0, net["call"]))
    return total


def greek_charge(p, g):
    gamma = p["gamma_charge"] * max(0.0, -0.5 * g["gamma"] * p["gamma_move"] ** 2)
    return gamma + p["vega_charge"] * max(0.0, -g["vega"] * p["vega_move"])


def token_value(c, stable, price="price"):
    return c["balance"] * c.get(price, c["price"]) / stable


def doubt_charge(p, confidence, amount):
    return (1.0 - confidence) * p["confidence_factor"] * amount if confidence < p["confidence_threshold"] else 0.0


def initial_contingency(p, u, live, own, stable):
    index = u["index"]
    total = index * naked(live) * p["im_option"]
    for e in live:
        total += doubt_charge(p, e.confidence, index * e.contracts)
        total += p["stale_charge"] * index * e.contracts if e.stale else 0.0
    return total + sum(doubt_charge(p, c.get("confidence", 1.0), token_value(c, stable)) for c in own)


def gap(u, live):
    """What the less favourable end of the price range costs, against the index."""
    index = u["index"]
    here = sum(e.mark for e in live)
    ends = [sum(e.value(u.get(end, index) / index) for e in live) for end in ("low", "high")]
    return min([0.0] + [x - here for x in ends])


def total_greeks(parts):
    return {key: sum((g[key] for g in parts), 0.0) for key in GREEKS}


def live_expiries(u):
    return [Live(e, u, u["params"]["portfolio"]) for e in u["expiries"] if not cross.is_settled(e)]


def far_ends(u):
    """Ends of the price range that are so far away that the loss of mark does not tell what a scan there would ask for."""
    return [u[end] for end in ("low", "high") if abs(math.log(u.get(end, u["index"]) / u["index"])) > math.log(1.025)]


def underlying_margin(u, own, stable):
    """One underlying; the initial margin is the worst of the index and of the ends of the range that are far."""
    live = live_expiries(u)
    out = margin_at(u, live, own, stable)
    for price in far_ends(u):
        there = {**u, "index": price, "low": price, "high": price}
        moved = [e.at(price / u["index"]) for e in live]
        out["initial"] = min(out["initial"], margin_at(there, moved, own, stable)["initial"])
    return out


def margin_at(u, live, own, stable):
    """One underlying at one spot price; `own` is the collateral in the same asset."""
    p = u["params"]["portfolio"]
    same_asset = sum((token_value(c, stable) for c in own), 0.0)
    mark = sum((e.mark for e in live), 0.0)
    g = total_greeks([e.greeks() for e in live])
    out = scan(p, u, live, same_asset)
    basis_, size = basis(p, live), size_factor(p, g["delta"] + same_asset)
    min_span = min(basis_, out["scan"]) * size
    bare = naked(live)
    mm_cont = u["index"] * bare * p["mm_option"] + greek_charge(p, g)
    im_cont = initial_contingency(p, u, live, own, stable)
    gap_ = gap(u, live)
    peg = max(0.0, p["peg_threshold"] - stable) * p["peg_factor"]
    # Without shorts no more can be lost than what is there: nobody is liquidated over options that are paid for.
    has_shorts = any(e.has_shorts() for e in live)
    counted_mm = sum(token_value(c, stable) * (1.0 - c["haircut_mm"]) for c in own)
    counted_im = sum(token_value(c, stable, "price_im") * (1.0 - c["haircut_im"]) for c in own)
    most_mm, most_im = (-math.inf, -math.inf) if has_shorts else (-(mark + counted_mm), -(mark + counted_im))
    return {
        "mark": mark,
        "settled": sum((cross.payoff(e["legs"], e["settlement"]) for e in u["expiries"] if cross.is_settled(e)), 0.0),
        **out,
        "basis": basis_, "size": size, "min_span": min_span, "naked": bare,
        "mm_contingency": mm_cont, "im_contingency": im_cont, "gap": gap_,
        "maintenance": max(min_span * p["mm_factor"], most_mm) - mm_cont + mark,
        "initial": max(min_span * (p["im_factor"] + peg) + gap_, most_im) - im_cont - mm_cont + mark,
        "greeks": g,
    }


def collateral_values(portfolio):
    """Value in full, counted for the initial and counted for the maintenance margin."""
    full = initial = maintenance = 0.0
    for c in portfolio["collateral"]:
        full += token_value(c, portfolio["stable"])
        initial += token_value(c, portfolio["stable"], "price_im") * (1.0 - c["haircut_im"])
        maintenance += token_value(c, portfolio["stable"]) * (1.0 - c["haircut_mm"])
    return full, initial, maintenance


def margin(portfolio):
    """The account. Settled payoffs are certain and count like cash."""
    parts = []
    for i, u in enumerate(portfolio["underlyings"]):
        own = [c for c in portfolio["collateral"] if c.get("underlying") == i]
        parts.append(underlying_margin(u, own, portfolio["stable"]))
    full, collateral_im, collateral_mm = collateral_values(portfolio)
    mark = sum((x["mark"] for x in parts), 0.0)
    settled = sum((x["settled"] for x in parts), 0.0)
    base = portfolio["cash"] + settled
    equity = base + full + mark
    raw_mm = base + collateral_mm + sum(x["maintenance"] for x in parts)
    raw_im = base + collateral_im + sum(x["initial"] for x in parts)
    maintenance = min(raw_mm, equity)
    return {
        "mark": mark, "settled": settled, "collateral": full, "equity": equity,
        "maintenance": maintenance, "initial": min(raw_im, maintenance),
        "uncapped_maintenance": raw_mm, "uncapped_initial": raw_im,
        "greeks": total_greeks([x["greeks"] for x in parts]),
        "underlyings": parts,
    }
