"""Drift: a slow change that no single week shows, by CUSUM on standardized deviates (Page 1954)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

SLACK: Final = 0.75
"""So much of each week's deviate is chance: what is more adds up."""
LIMIT: Final = 6.0
"""The sum at which it is a drift."""
_MOST = 3.0
"""One week alone is no drift: it counts for no more than this."""


class Drift(NamedTuple):
    """How far the sums are, and since how many weeks they are above zero."""

    fallen: float
    risen: float
    fallen_weeks: int
    risen_weeks: int


def drift(deviates: Iterable[float]) -> Drift:
    """Return the sums after all deviates, the latest last; they start anew when their limit is passed."""
    fallen = risen = 0.0
    falling = rising = 0
    for deviate in deviates:
        step = max(-_MOST, min(_MOST, deviate))
        fallen, falling = _grown(fallen, falling, -step)
        risen, rising = _grown(risen, rising, step)
    return Drift(fallen, risen, falling, rising)


def _grown(total: float, weeks: int, step: float) -> tuple[float, int]:
    """Return a sum and its length after one more week."""
    total = max(0.0, (0.0 if total > LIMIT else total) + step - SLACK)
    return total, weeks + 1 if total > 0 else 0
