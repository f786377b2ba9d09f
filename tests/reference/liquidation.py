"""The liquidation auction: buffer margin, the largest fraction that may be taken, and what is paid for it.

A slice f of everything except R (cash paid in by earlier liquidators) goes to the taker, who pays (E - R) d f. The largest
f brings the buffer margin BM to exactly zero:

    R + (BM - R)(1 - f) + (E - R) d f = 0   =>   f = BM / (BM - E d - R (1 - d))
"""


def buffer_margin(maintenance, equity, buffer):
    return maintenance + (maintenance - equity) * buffer


def max_fraction(equity, maintenance, buffer, d, reserved, dust=0.0):
    """0 when nothing may be taken (healthy), 1 for an account under the dust limit."""
    if maintenance >= 0.0:
        return 0.0
    if equity < dust:
        return 1.0
    bm = buffer_margin(maintenance, equity, buffer)
    below = bm - equity * d - reserved * (1.0 - d)
    return max(0.0, min(1.0, bm / below))


def payment(equity, reserved, d, fraction):
    return (equity - reserved) * d * fraction


def after(value, reserved, fraction, paid):
    """Any linear balance (E, MM, BM) of the account after a slice."""
    return reserved + (value - reserved) * (1.0 - fraction) + paid


def price_factor(elapsed, start=0.98, middle=0.80, fast=1.0, slow=1.0):
    """d(t): from start to middle over the fast leg, then to 0 over the slow leg."""
    if elapsed < fast:
        return start - (start - middle) * elapsed / fast
    return middle * max(0.0, 1.0 - (elapsed - fast) / slow)


def insolvent_support(equity, maintenance, elapsed, length):
    """What the insurance fund pays for the whole insolvent account: from max(-E, 0) up to -MM over the length."""
    floor = max(-equity, 0.0)
    return floor + (max(-maintenance, floor) - floor) * min(elapsed / length, 1.0)
