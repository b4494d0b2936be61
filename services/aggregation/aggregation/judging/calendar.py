"""Calendar: by how much bounds are wider in a week, and why."""

from typing import Final, NamedTuple

from aggregation.judging.verdicts import Wider

SEASON_WEEKS: Final = 104
"""A season is told from a trend only when it was seen twice."""
TURN_OF_THE_YEAR: Final = frozenset({52, 53, 1})
"""ISO weeks in which people are away, wherever they live."""


class Spread(NamedTuple):
    """What a kind of figure may do beside chance: standard deviations of its logarithm."""

    season: float
    holidays: float


class Allowance(NamedTuple):
    """By how much the bounds of a week are wider."""

    spread: float = 0.0
    wider: tuple[Wider, ...] = ()


HOMES: Final = Spread(0.01, 0.025)
"""Homes report by themselves also while people are away."""
USE: Final = Spread(0.05, 0.2)
"""What people do."""


def allowance(spread: Spread, iso_week: int, history: int) -> Allowance:
    """Return by how much the bounds of a week are wider, given how many weeks came before."""
    season = spread.season if history < SEASON_WEEKS else 0.0
    holidays = spread.holidays if iso_week in TURN_OF_THE_YEAR else 0.0
    reasons = ((Wider.SEASON,) if season else ()) + ((Wider.HOLIDAYS,) if holidays else ())
    return Allowance((season**2 + holidays**2) ** 0.5, reasons)
