"""Portfolio-margin accounts: the vectors of the design and every common structure."""

import generate
from generate import DAY, HOUR, SLICES, YEAR, call, put
from portfolio_build import account, expiry, from_cross, lawful, one, scenario, terms, token, underlying

BTC = 95663.50604855
S = 3000.0


def design():
    short = one(BTC, [call(100_000, -1)], seconds=794_852, rate=0.15, surface_confidence=0.95)
    short["stable"] = 1.00019088635
    exact(short, 95776.67392708939, {100_000: 0.453803924321583})
    yield "design_short_call", short
    box = [call(100_000, 1), call(110_000, -1), put(100_000, -1), put(110_000, 1)]
    long_box = one(BTC, box, seconds=18_938_852, rate=0.1, surface_confidence=0.95)
    long_box["stable"] = 1.00019088635
    exact(long_box, 100374.61000117072, {100_000: 0.5543377511787965, 110_000: 0.5592157396329432})
    yield "design_long_box", long_box


def exact(portfolio, forward, sigmas):
    """The design's numbers in full."""
    u = portfolio["underlyings"][0]
    u["index"] = u["low"] = u["high"] = BTC
    u["expiries"][0]["forward"] = forward
    for x in u["expiries"][0]["legs"]:
        x["sigma"] = sigmas[x["strike"]]


def as_in_cross():
    """The accounts of the cross vectors that lie within the range of this margin."""
    for family in (generate.structures, generate.surfaces, generate.extremes):
        for name, cross_account in family():
            p = from_cross(cross_account)
            if lawful(p) and "design" not in name:
                yield name, p


def k(m):
    return S * m


def boxes():
    legs = lambda q, low=0.9, high=1.1: [call(k(low), q), call(k(high), -q), put(k(low), -q), put(k(high), q)]
    for name, q in (("long", 2), ("short", -2)):
        for days, rate in ((1, 0.0), (7, 0.3), (180, 0.1), (730, 0.04)):
            yield f"box_{name}_{days}d_rate_{rate:g}", one(S, legs(q), seconds=days * DAY, rate=rate, cash=900)
        yield f"box_{name}_wide_skew", one(S, legs(q, 0.4, 2.5), svi=SLICES["skew"], rate=0.08, seconds=90 * DAY, cash=900)
    yield "box_in_two_terms", terms(S, [
        expiry(30 * DAY, S * 1.004, legs(1), rate=0.05), expiry(200 * DAY, S * 1.02, legs(-1), rate=0.05)], 500)


def synthetics():
    """Options against the asset itself, held as collateral, and against deep options."""
    btc = lambda n, **more: [token(n, S, 0.15, 0.08, underlying=0, **more)]
    for days in (7, 200):
        t = dict(seconds=days * DAY, rate=0.05)
        yield f"conversion_{days}d", one(S, [call(S, -2), put(S, 2)], collateral=btc(2), **t)
        yield f"reversal_{days}d", one(S, [call(S, 2), put(S, -2)], cash=7000, **t)
        yield f"covered_call_{days}d", one(S, [call(k(1.1), -2)], collateral=btc(2), **t)
        yield f"covered_call_itm_{days}d", one(S, [call(k(0.8), -2)], collateral=btc(2), **t)
        yield f"protective_put_{days}d", one(S, [put(k(0.95), 2)], collateral=btc(2), **t)
        yield f"collar_{days}d", one(S, [call(k(1.1), -2), put(k(0.9), 2)], collateral=btc(2), **t)
        yield f"covered_strangle_{days}d", one(S, [call(k(1.1), -1), put(k(0.9), -1)], collateral=btc(1), cash=500, **t)
    yield "covered_call_debt", one(S, [call(k(1.1), -2)], cash=-2500, collateral=btc(2))
    yield "covered_call_other_asset", one(S, [call(k(1.1), -2)], collateral=[token(2, S, 0.15, 0.08)])
    yield "covered_call_twice_covered", one(S, [call(k(1.1), -1)], collateral=btc(2))
    yield "covered_call_slow_price", one(S, [call(k(1.1), -2)], collateral=btc(2, price_im=S * 0.96), low=k(0.96), high=k(1.01))
    yield "covered_call_doubtful", one(S, [call(k(1.1), -2)], collateral=btc(2, confidence=0.5), confidence=0.5)
    yield "two_tokens_of_one_asset", one(S, [call(k(1.1), -3)], collateral=btc(2) + [token(1.2, S * 1.08, 0.2, 0.1, underlying=0)])
    yield "only_collateral_is_doubtful", one(S, [call(k(1.1), -1)], collateral=btc(2, confidence=0.3) + [token(5, 10.0, confidence=0.1)])
    yield "short_call_deep_hedge", one(S, [call(S, -10), call(k(0.25), 5.3)], cash=500)
    yield "short_straddle_deep_hedge", one(S, [call(k(1.05), -5), put(k(1.05), -5), call(k(0.3), 0.9)], cash=4000)
    yield "short_put_deep_hedge", one(S, [put(S, -10), put(k(4.0), 4.7)], cash=500)
    yield "long_straddle_hedged", one(S, [call(S, 5), put(S, 5), call(k(0.25), -0.6)], cash=500)
    yield "long_call_hedged_by_short_deep", one(S, [call(k(1.1), 8), call(k(0.3), -3)], cash=9000)


def spreads():
    yield "ratio_one_by_three", one(S, [call(S, 1), call(k(1.1), -3)], cash=3000)
    yield "ratio_put_one_by_four", one(S, [put(S, 1), put(k(0.85), -4)], cash=3000)
    yield "backspread_puts", one(S, [put(S, -1), put(k(0.9), 3)], cash=900)
    yield "call_ladder", one(S, [call(S, 1), call(k(1.1), -1), call(k(1.2), -1)], cash=2000)
    yield "put_ladder", one(S, [put(S, 1), put(k(0.9), -1), put(k(0.8), -1)], cash=2000)
    yield "condor_puts", one(S, [put(k(0.85), 1), put(k(0.95), -1), put(k(1.05), -1), put(k(1.15), 1)], cash=90)
    yield "strip", one(S, [call(S, 1), put(S, 2)], cash=90)
    yield "strap_short", one(S, [call(S, -2), put(S, -1)], cash=4000)
    yield "guts_short", one(S, [call(k(0.9), -1), put(k(1.1), -1)], cash=3000)
    yield "guts_long", one(S, [call(k(0.9), 1), put(k(1.1), 1)])
    yield "seagull", one(S, [put(k(0.85), -1), put(k(0.95), 1), call(k(1.1), -1)], cash=1500)
    yield "partly_naked_strike", one(S, [call(S, -3), put(S, 2), put(k(0.9), -1), call(k(0.9), 0.4)], cash=3000)
    yield "same_strike_both_short", one(S, [call(S, -3), put(S, -2)], cash=4000)
    yield "same_strike_two_terms", terms(S, [
        expiry(7 * DAY, S, [call(S, -1)]), expiry(30 * DAY, S, [put(S, 1)])], 2000)
    yield "calendar_put_short", terms(S, [
        expiry(14 * DAY, S, [put(S, 1)]), expiry(60 * DAY, S * 1.01, [put(S, -1)])], 900)
    yield "calendar_far", terms(S, [
        expiry(DAY, S, [call(S, -1)]), expiry(2 * YEAR, S * 1.2, [call(S, 1)], rate=0.1)], 900)
    yield "double_calendar", terms(S, [
        expiry(7 * DAY, S, [call(k(1.05), -1), put(k(0.95), -1)]),
        expiry(90 * DAY, S * 1.01, [call(k(1.05), 1), put(k(0.95), 1)])], 900)
    yield "diagonal_put", terms(S, [
        expiry(7 * DAY, S, [put(k(0.95), -2)]), expiry(180 * DAY, S * 1.02, [put(k(1.05), 2)])], 900)
    yield "diagonal_short", terms(S, [
        expiry(7 * DAY, S, [call(k(1.05), 2)]), expiry(180 * DAY, S * 1.02, [call(k(1.1), -2)])], 4000)
    yield "jelly_roll_long_term", terms(S, [
        expiry(30 * DAY, S * 1.003, [call(S, -3), put(S, 3)], rate=0.04),
        expiry(700 * DAY, S * 1.1, [call(S, 3), put(S, -3)], rate=0.05)], 3000)


def several():
    yield "two_underlyings_both_covered", account([
        underlying(95_000, [expiry(30 * DAY, 95_300, [call(105_000, -0.5)], sigma=0.5)]),
        underlying(S, [expiry(30 * DAY, S, [call(k(1.1), -4)], sigma=0.7)]),
    ], 100, [token(0.5, 95_000, underlying=0), token(4, S, underlying=1), token(9, 20.5)])
    yield "same_book_in_two_assets", account([
        underlying(price, [expiry(30 * DAY, price, [call(price, -q), put(price, -q)])]) for price, q in ((50_000, 0.1), (5, 1000))], 5000)
    yield "different_parameters", account([
        underlying(S, [expiry(30 * DAY, S, [call(S, -1)])], mm_factor=0.5, mm_option=0.01),
        underlying(S, [expiry(30 * DAY, S, [call(S, -1)])], scenarios=[scenario(1.3, "up"), scenario(0.7, "up")], im_factor=1.5)], 5000)
    yield "long_in_one_short_in_other", account([
        underlying(150, [expiry(20 * DAY, 151, [call(150, 50), put(150, 50)], sigma=0.9)]),
        underlying(2, [expiry(20 * DAY, 2.01, [call(2.2, -2000), put(1.8, -2000)], sigma=1.3)])], 0)
    yield "eight_underlyings", account([
        underlying(10.0 ** (i / 2 + 0.5), [expiry((5 + 9 * i) * DAY, 10.0 ** (i / 2 + 0.5), [
            call(10.0 ** (i / 2 + 0.5) * 1.1, -1000 / 10 ** (i / 2)), put(10.0 ** (i / 2 + 0.5) * 0.95, (1 if i % 2 else -1) * 500 / 10 ** (i / 2))],
            sigma=0.4 + i / 10)], confidence=1 - i / 10) for i in range(8)], 30_000, [token(1, 10.0, underlying=0)])
    yield "only_the_asset_no_options", account([underlying(S, [])], -500, [token(2, S, underlying=0)])
    yield "settled_covered_call", account([underlying(S, [expiry(0, S, [call(k(0.9), -2)], settlement=k(1.05))])],
        -100, [token(2, S, underlying=0)])
    yield "settled_short_put_beside_put", terms(S, [
        expiry(0, S, [put(k(1.1), -1), call(S, -1)], settlement=k(0.95)), expiry(30 * DAY, S, [put(S, 2)])], 300)
    yield "settled_in_second_underlying", account([
        underlying(S, [expiry(14 * DAY, S, [put(k(0.9), -3)])]),
        underlying(150, [expiry(0, 150, [call(140, 30), put(170, -4)], settlement=152.5), expiry(5 * HOUR, 150, [call(155, -10)])])], 2500)


def all_structures():
    for family in (design, as_in_cross, boxes, synthetics, spreads, several):
        yield from family()
