"""Shares of homes, each with the interval that it can be in (Wilson, 95 %)."""

from math import exp, sqrt
from typing import NamedTuple

Z = 1.959964
"""The standard normal quantile of 97.5 %."""


class Share(NamedTuple):
    """A part of a whole; `low` and `high` are the ends of its interval, all of it in percent."""

    part: int
    whole: int
    percent: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """Return it as a sentence says it."""
        return self.of("homes")

    def of(self, things: str) -> str:
        """Return it as a sentence says it of other things than homes."""
        if not self.whole:
            return f"none of 0 {things}"
        interval = f"{self.low:.0f}\u2013{self.high:.0f}"
        return f"{self.part:,} of {self.whole:,} {things} ({self.percent:.0f} %, {interval})"


def share(part: int, whole: int) -> Share:
    """Return a share of a whole; of nothing it may be anything."""
    if whole <= 0:
        return Share(part, whole, 0.0, 0.0, 100.0)
    rate = min(1.0, part / whole)
    middle = rate + Z * Z / (2 * whole)
    spread = Z * sqrt(rate * (1 - rate) / whole + Z * Z / (4 * whole * whole))
    scale = 100 / (1 + Z * Z / whole)
    low, high = max(0.0, middle - spread) * scale, min(100.0, (middle + spread) * scale)
    return Share(part, whole, round(100 * rate, 2), round(low, 2), round(high, 2))


class Ratio(NamedTuple):
    """How many times as frequent something is as elsewhere, and from where to where that may be."""

    value: float
    low: float
    high: float

    @property
    def is_more(self) -> bool:
        """Tell whether it surely is more frequent."""
        return self.low > 1


def ratio(here: Share, elsewhere: Share) -> Ratio | None:
    """Return the ratio of two shares, on the scale of logarithms; half a home is added to both."""
    if not here.whole or not elsewhere.whole:
        return None
    a, b = (here.part + 0.5) / (here.whole + 0.5), (elsewhere.part + 0.5) / (elsewhere.whole + 0.5)
    variance = (
        1 / (here.part + 0.5)
        - 1 / (here.whole + 0.5)
        + 1 / (elsewhere.part + 0.5)
        - 1 / (elsewhere.whole + 0.5)
    )
    half = Z * sqrt(variance)
    return Ratio(round(a / b, 2), round(a / b * exp(-half), 2), round(a / b * exp(half), 2))
