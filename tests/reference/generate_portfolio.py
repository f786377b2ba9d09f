"""Writes the golden vectors of the portfolio margin; generate.py runs it."""

import json
import re

import generate
import portfolio
import portfolio_cases
import portfolio_extremes
import portfolio_params
import smiles
from portfolio_build import lawful


def families():
    return (portfolio_cases.all_structures, portfolio_params.all_parameters, portfolio_extremes.all_extremes)


def portfolios():
    for family in families():
        yield from family()
    yield from on_smiles()


def on_smiles():
    """Structures, extremes, and whatever has volatilities that no smile gives, on smiles."""
    for family in families():
        for name, p in family():
            is_wanted = family is not portfolio_params.all_parameters or smiles.has_own_volatilities(p)
            if is_wanted and any(e["legs"] for e in smiles.live(p)) and lawful(twin := smiles.twin(p)):
                yield f"{name}_smile", twin


def with_expected(p):
    """The vector: the inputs with the model's answer. The volatility of each live leg helps to find a difference."""
    for u in p["underlyings"]:
        for e in u["expiries"]:
            for x in e["legs"]:
                x.pop("expected_sigma", None)
                if "settlement" not in e:
                    x["expected_sigma"] = portfolio.leg_volatility(e, x)
    return {**p, "expected": portfolio.margin(p)}


def text(value):
    """JSON with each innermost list or object on one line."""
    flat = lambda match: re.sub(r"\s*\n\s*", " ", match.group()).replace("{ ", "{").replace(" }", "}").replace("[ ", "[").replace(" ]", "]")
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", flat, json.dumps(value, indent=1))


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    count = 0
    for count, (name, p) in enumerate(portfolios(), 1):
        file = f"{count:03d}_{name.replace('.', '_')}.json"
        (folder / file).write_text(text({"name": name, **with_expected(p)}) + "\n")
    return count
