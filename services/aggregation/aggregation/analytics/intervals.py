"""Intervals at 95 %: of a share by Wilson, of a mean by its second moment."""

from functools import lru_cache
from math import sqrt
from typing import NamedTuple

Z = 1.959964


class Interval(NamedTuple):
    """From and to."""

    low: float
    high: float


@lru_cache(maxsize=65536)
def wilson(part: float, whole: float, homes: float | None = None) -> Interval:
    """Return the interval of a share; everything is possible of nothing.

    Where the same homes are in several weeks `homes` is how many they are: what one home says twice is no
    more sure than once.
    """
    number = whole if homes is None else min(whole, homes)
    if number <= 0:
        return Interval(0.0, 1.0)
    share = min(1.0, max(0.0, part / whole))
    scale = 1 + Z * Z / number
    middle = (share + Z * Z / (2 * number)) / scale
    half = Z / scale * sqrt(share * (1 - share) / number + Z * Z / (4 * number * number))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def mean(total: float, squares: float, whole: float, homes: float | None = None) -> Interval:
    """Return the interval of a mean of amounts that are not negative, from their sum and that of squares."""
    number = whole if homes is None else min(whole, homes)
    if number <= 1:
        return Interval(0.0, float("inf"))
    average = total / whole
    variance = max(0.0, squares / whole - average * average) * number / (number - 1)
    half = Z * sqrt(variance / number)
    return Interval(max(0.0, average - half), average + half)
