"""Confidence intervals of shares and of ratios."""

from math import exp, sqrt
from typing import NamedTuple

from aggregation.judging.distributions import normal_quantile

USUAL = 0.95
"""How sure an interval is where nothing else is said."""


class Interval(NamedTuple):
    """A figure, and from where to where it may be."""

    value: float
    low: float
    high: float


def wilson(count: int, homes: int, sure: float = USUAL, spread: float = 0.0) -> Interval:
    """Return a share of homes with Wilson's interval; of no home it is everything from 0 to 1.

    `spread` is the correlation of two homes (see dispersion): homes that vary together count as fewer.
    """
    if homes <= 0:
        return Interval(0.0, 0.0, 1.0)
    z = normal_quantile((1.0 + sure) / 2)
    share, size = count / homes, homes / (1.0 + (homes - 1) * spread)
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return Interval(share, low, 1.0 if count == homes else min(1.0, middle + half))


class Rate(NamedTuple):
    """Events in so many hours, homes or weeks."""

    events: int
    exposure: float


def rate_ratio(here: Rate, elsewhere: Rate, sure: float = USUAL, factor: float = 1.0) -> Interval:
    """Return how many times as frequent something is as elsewhere, on the scale of logarithms.

    Half an event is added to both, so that a ratio also stands where none was seen. `factor` is how many
    times the variance is that of independent events.
    """
    count, base = here.events + 0.5, elsewhere.events + 0.5
    value = count / here.exposure / (base / elsewhere.exposure)
    half = normal_quantile((1.0 + sure) / 2) * sqrt(factor * (1 / count + 1 / base))
    return Interval(value, value * exp(-half), value * exp(half))
