#!/usr/bin/env python3
"""Compares the reference model with the Rust crate on many random portfolios and auctions.

    python3 tests/reference/fuzz.py [--count 2000] [--seed 1] [--lowest-spot 0.1] [--target-dir DIR]
    python3 tests/reference/fuzz.py --portfolio 1000 [--seed 1] [--out FILE] [--lines]

The first writes vectors to a temporary folder and runs the golden tests on them. The folder stays when they
disagree. The second writes that many random accounts in portfolio margin with their answers, as one JSON array or one object
per line; tools/fuzz-margin compares them with the risk crate. Both need nothing but Python's own library.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import generate
import generate_portfolio
import portfolio_extremes

# Prices have a unit of 1e-9 USD. Far below this spot, the rounding of a price alone can exceed 2e-8 of spot per contract.
LOWEST_SPOT = 0.1

ROOT = Path(__file__).resolve().parent.parent.parent


def log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def wild_expiry(rng, spot, legs, seconds):
    """The whole domain: moneyness 0.1 to 10, volatility 0.05 to 5, one minute to two years, rates to 1."""
    forward = generate.price_grid(spot * rng.uniform(0.8, 1.25))
    sigma = log_uniform(rng, 0.05, 5.0)
    out = []
    for _ in range(legs):
        kind = rng.choice(("call", "put"))
        strike = forward * (log_uniform(rng, 0.1001, 9.99) if rng.random() < 0.5 else log_uniform(rng, 0.9, 1.1))
        out.append(generate.leg(kind, strike, rng.choice((-1, -1, 1)) * log_uniform(rng, 0.01, 100) * max(1.0, 100 / spot), sigma))
    fixed = forward * rng.uniform(0.01, 0.9) if seconds < 1800 and rng.random() < 0.5 else 0.0
    return generate.expiry(seconds, forward, out, sigma, rate=rng.choice((0.0, rng.random())), fixed=fixed)


def wild_portfolio(rng, lowest_spot):
    underlyings = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        spot = float(f"{log_uniform(rng, lowest_spot, 1e6):.7g}")
        terms = {int(log_uniform(rng, 60, 2 * generate.YEAR)) for _ in range(rng.choice((1, 1, 2, 4)))}
        low, high = (spot * rng.uniform(0.8, 1.0), spot * rng.uniform(1.0, 1.2)) if rng.random() < 0.5 else (None, None)
        expiries = [wild_expiry(rng, spot, rng.choice((1, 1, 2, 3, 4)), seconds) for seconds in sorted(terms)]
        underlyings.append(generate.underlying(spot, expiries, low, high, rng.random(), **generate.random_params(rng)))
    return generate.account(underlyings, rng.uniform(-5000, 5000), (), rng.choice((1.0, rng.uniform(0.5, 1.1))))


def portfolios(rng, count, lowest_spot):
    for i in range(count):
        if i % 2:
            yield f"wild_{i}", wild_portfolio(rng, lowest_spot)
        else:
            yield f"usual_{i}", generate.random_portfolio(rng, rng.choice((1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)))


def auctions(rng, count):
    for i in range(count):
        equity = round(log_uniform(rng, 1, 1e9) * rng.choice((1, 1, 1, -1)), 6)
        yield f"random_{i}", {
            "equity": equity,
            "maintenance": round(equity - abs(equity) * log_uniform(rng, 0.5, 20.0), 6),
            "buffer": round(rng.random(), 6),
            "d": round(rng.random(), 6),
            "reserved": round(max(equity, 0.0) * rng.choice((0.0, rng.random())), 6),
            "dust": rng.choice((0, 10, 1000)),
        }


def in_portfolio_margin(rng, count):
    """Every second one uses the whole of the lawful range."""
    for i in range(count):
        legs = rng.choice((1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64))
        p = portfolio_extremes.random_portfolio(rng, legs, wide=i % 2 == 1)
        yield {"name": f"{'wild' if i % 2 else 'usual'}_{i}", **generate_portfolio.with_expected(p)}


def write_portfolios(out, rng, count, lines):
    if lines:
        for vector in in_portfolio_margin(rng, count):
            out.write(json.dumps(vector) + "\n")
        return
    for i, vector in enumerate(in_portfolio_margin(rng, count)):
        out.write(("[\n" if i == 0 else ",\n") + json.dumps(vector))
    out.write("\n]\n" if count else "[]\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lowest-spot", type=float, default=LOWEST_SPOT)
    parser.add_argument("--target-dir")
    parser.add_argument("--portfolio", type=int, metavar="N")
    parser.add_argument("--out", type=argparse.FileType("w"), default=sys.stdout)
    parser.add_argument("--lines", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    if options.portfolio is not None:
        write_portfolios(options.out, rng, options.portfolio, options.lines)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="plimsoll-fuzz-"))
    generate.write(folder / "cross", ((n, generate.with_expected(p)) for n, p in portfolios(rng, max(options.count, 120), options.lowest_spot)))
    cases = auctions(rng, max(options.count, 40))
    generate.write(folder / "liquidation", ((n, {**c, "expected": generate.liquidation_expected(c)}) for n, c in cases))
    for package, test in (("plimsoll-risk", "liquidations"), ("plimsoll-margin-file", "cross_margin")):
        command = ["cargo", "test", "--locked", "-p", package, "--test", "golden"]
        if options.target_dir:
            command += ["--target-dir", options.target_dir]
        command += ["--", "--nocapture", test]
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "PLIMSOLL_VECTORS": str(folder)}).returncode:
            print(f"vectors kept in {folder}")
            return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
