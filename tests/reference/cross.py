"""Cross margin: mark, equity, initial and maintenance margin of an account. Values are + when good for the account.

Written from the definition of the margin rules (design, section 5.1), not from the implementation.
"""

import black76
import svi as surface

DEFAULTS = {
    "max_spot": 0.15,
    "min_spot": 0.10,
    "mm_call": 0.075,
    "mm_put": 0.075,
    "mm_put_mtm": 0.075,
    "unpaired_im": 1.2,
    "unpaired_mm": 1.1,
    "mm_offset": 1.05,
    "confidence_threshold": 0.4,
    "confidence_factor": 0.4,
    "depeg_threshold": 0.98,
    "depeg_factor": 1.2,
}


def leg_volatility(expiry, leg):
    """Read once, at the index."""
    if expiry.get("svi") is not None:
        return surface.volatility(expiry["svi"], expiry["forward"], leg["strike"], black76.tau(expiry["seconds"]))
    return leg["sigma"]


def moved_forward(expiry, ratio):
    """The forward when the spot is multiplied by ratio; the part already fixed by averaging does not move."""
    fixed = expiry.get("fixed", 0.0)
    return fixed + (expiry["forward"] - fixed) * ratio


def short_call(p, spot, strike, size, mark):
    rate = max(p["min_spot"], p["max_spot"] - max(0.0, strike - spot) / spot)
    return mark + rate * spot * size, mark + p["mm_call"] * spot * size


def short_put(p, spot, strike, size, mark):
    maintenance = mark + min(p["mm_put"] * spot * size, p["mm_put_mtm"] * mark)
    rate = max(p["min_spot"], p["max_spot"] - max(0.0, spot - strike) / spot)
    return min(mark + rate * spot * size, maintenance * p["mm_offset"]), maintenance


def payoff(legs, price):
    return sum(leg["size"] * black76.intrinsic(leg["kind"], price, leg["strike"]) for leg in legs)


def max_loss(legs, forward, unpaired):
    worst = min([0.0, payoff(legs, 0.0)] + [payoff(legs, leg["strike"]) for leg in legs])
    net_calls = sum(leg["size"] for leg in legs if leg["kind"] == "call")
    return worst + (unpaired * forward * net_calls if net_calls < 0.0 else 0.0)


def expiry_margin(p, expiry, spot, index):
    """One live expiry at one spot."""
    t = black76.tau(expiry["seconds"])
    forward = moved_forward(expiry, spot / index)
    mark = initial = maintenance = 0.0
    for leg in expiry["legs"]:
        size = leg["size"]
        value = size * black76.price(
            leg["kind"], forward, leg["strike"], leg_volatility(expiry, leg), t, expiry["rate"]
        )
        mark += value
        if size < 0.0:
            rule = short_call if leg["kind"] == "call" else short_put
            im, mm = rule(p, spot, leg["strike"], size, value)
            initial += im
            maintenance += mm
    if any(leg["size"] < 0.0 for leg in expiry["legs"]):
        initial = max(initial, max_loss(expiry["legs"], forward, p["unpaired_im"]))
        maintenance = max(maintenance, max_loss(expiry["legs"], forward, p["unpaired_mm"]))
    return {"mark": mark, "initial": initial, "maintenance": maintenance}


def charges(p, spot, confidence, stable, shorts):
    """What the initial margin pays for doubtful prices: both are 0 or negative."""
    doubt = 0.0
    if confidence < p["confidence_threshold"]:
        doubt = -(1.0 - confidence) * p["confidence_factor"] * spot * shorts
    depeg = -max(0.0, p["depeg_threshold"] - stable) * p["depeg_factor"] * spot * shorts
    return doubt, depeg


def is_settled(expiry):
    return expiry.get("settlement") is not None


def underlying_margin(u, stable):
    p = u["params"]
    index = u["index"]
    live = [e for e in u["expiries"] if not is_settled(e)]
    settled = sum(payoff(e["legs"], e["settlement"]) for e in u["expiries"] if is_settled(e))
    shorts = sum(-leg["size"] for e in live for leg in e["legs"] if leg["size"] < 0.0)

    def at(spot):
        parts = [expiry_margin(p, e, spot, index) for e in live]
        doubt, depeg = charges(p, spot, u["confidence"], stable, shorts)
        return {
            "mark": sum(x["mark"] for x in parts),
            "expiries_initial": sum(x["initial"] for x in parts),
            "maintenance": sum(x["maintenance"] for x in parts),
            "confidence_charge": doubt,
            "depeg_charge": depeg,
            "initial": sum(x["initial"] for x in parts) + doubt + depeg,
        }

    here = at(index)
    spots = [index, u.get("low", index), u.get("high", index)]
    initial = min(at(spot)["initial"] for spot in spots)
    return {
        "mark": here["mark"],
        "settled": settled,
        "maintenance": here["maintenance"],
        "initial": initial,
        "initial_at_index": here["initial"],
        "confidence_charge": here["confidence_charge"],
        "depeg_charge": here["depeg_charge"],
        "shorts": shorts,
    }


def collateral_values(portfolio):
    """Value in full, counted for the initial and counted for the maintenance margin."""
    full = initial = maintenance = 0.0
    for c in portfolio["collateral"]:
        value = c["balance"] * c["price"] / portfolio["stable"]
        full += value
        initial += value * (1.0 - c["haircut_im"])
        maintenance += value * (1.0 - c["haircut_mm"])
    return full, initial, maintenance


def margin(portfolio):
    """The account: settled payoffs are certain and count like cash."""
    parts = [underlying_margin(u, portfolio["stable"]) for u in portfolio["underlyings"]]
    full, collateral_im, collateral_mm = collateral_values(portfolio)
    mark = sum(x["mark"] for x in parts)
    settled = sum(x["settled"] for x in parts)
    base = portfolio["cash"] + settled
    equity = base + full + mark
    raw_mm = base + collateral_mm + sum(x["maintenance"] for x in parts)
    raw_im = base + collateral_im + sum(x["initial"] for x in parts)
    maintenance = min(raw_mm, equity)
    return {
        "mark": mark,
        "settled": settled,
        "collateral": full,
        "equity": equity,
        "maintenance": maintenance,
        "initial": min(raw_im, maintenance),
        "uncapped_maintenance": raw_mm,
        "uncapped_initial": raw_im,
        "underlyings": parts,
    }


def tolerance(portfolio, value):
    """1e-6 |margin| + 2e-8 S sum|q| + 1e-6 USD for rounding to atoms."""
    notional = sum(
        u["index"] * sum(abs(leg["size"]) for e in u["expiries"] for leg in e["legs"]) for u in portfolio["underlyings"]
    )
    return 1e-6 * abs(value) + 2e-8 * notional + 1e-6
