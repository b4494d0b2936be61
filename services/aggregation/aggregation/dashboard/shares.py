"""Shares of homes, each with the interval that it can be in (95 %)."""

from typing import NamedTuple

from aggregation.analytics.intervals import wilson
from aggregation.judging.intervals import Interval, Rate, rate_ratio


class Share(NamedTuple):
    """A part of a whole; `low` and `high` are the ends of its interval, all of it in percent."""

    part: int
    whole: int
    homes: int
    """How many homes the whole is of: fewer than it has where the same ones tell of several weeks."""
    percent: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """Return it as a sentence says it."""
        return self.of("homes")

    @property
    def range(self) -> str:
        """Return the percentage with its interval."""
        return f"{self.percent:.0f} %, {self.low:.0f}\u2013{self.high:.0f}"

    def of(self, things: str) -> str:
        """Return it as a sentence says it of other things than homes."""
        if not self.whole:
            return f"none of 0 {things}"
        return f"{self.part:,} of {self.whole:,} {things} ({self.range})"


def percent(part: int, whole: int) -> float:
    """Return a share in percent alone, as `share` has it: a table over time has thousands."""
    return round(100 * (part / whole), 2) if whole > 0 else 0.0


def share(part: int, whole: int, homes: int | None = None) -> Share:
    """Return a share of a whole, which so many homes make up; of nothing it may be anything."""
    number = whole if homes is None else homes
    if whole <= 0:
        return Share(part, whole, number, 0.0, 0.0, 100.0)
    low, high = wilson(part, whole, number)
    return Share(part, whole, number, *(round(100 * value, 2) for value in (part / whole, low, high)))


def ratio(here: Share, elsewhere: Share) -> Interval | None:
    """Return how many times as frequent something is as elsewhere; None where there is no home to compare."""
    if here.homes <= 0 or elsewhere.homes <= 0:
        return None
    factor = max(here.whole / here.homes, elsewhere.whole / elsewhere.homes)
    return rate_ratio(Rate(here.part, here.whole), Rate(elsewhere.part, elsewhere.whole), factor=factor)
