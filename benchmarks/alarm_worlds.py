"""Simulated worlds for the alarms: how many homes report, and how many of them did the week before.

Homes are counted by state, which is exact as long as homes of one state are alike: those that reported the
week before (established or new ones), and those that miss weeks and come back. All is drawn from the seed.
"""

from copy import copy
from dataclasses import dataclass
from math import exp, log, pi, sin
from random import Random
from typing import Final

WEEKS_A_YEAR: Final = 52
RETURN: Final = 0.93
"""Share of homes that report again the next week."""
AWAY: Final = 0.3
"""Homes that miss weeks and come back, for each one that reports."""
YOUNG_RETURN: Final = 0.8
TURN_OF_THE_YEAR: Final = (51, 0)
"""Weeks of a simulated year in which people are away."""
SUMMER: Final = (29, 30, 31)


@dataclass(frozen=True)
class Kind:
    """What a world is like; nothing at all is a world in which all homes are independent."""

    name: str
    shock: float = 0.1
    """Standard deviation, on the logit, of what all homes of a week have in common."""
    dip: float = 0.0
    """How far the yearly wave goes down."""
    growth: float = 0.0
    """New homes a week, of those that report."""
    holidays: float = 0.0
    """By how much the logit falls when people are away."""
    late: float = 0.0
    """Mean share of reports that come when a week is settled already."""
    spread: float = 0.0
    """Correlation of two homes of a week: groups of homes fail together."""


KINDS: Final = (
    Kind("quiet"),
    Kind("yearly dip", dip=0.1),
    Kind("common shock", shock=0.3),
    Kind("growth", growth=0.02),
    Kind("holidays", holidays=0.6),
    Kind("late reports", late=0.03),
    Kind("overdispersion", shock=0.0, spread=0.01),
    Kind("dip and shock", shock=0.3, dip=0.1),
)


@dataclass(frozen=True)
class Week:
    """What is known of a week when it is judged."""

    iso_week: int
    before: int
    """Homes of the week before."""
    again: int
    """How many of those reported again."""
    active: int


class World:
    """Homes from week to week."""

    def __init__(self, kind: Kind, homes: int, random: Random) -> None:
        """Begin somewhere in a year, as a world that has gone on for long."""
        self.kind = kind
        self.random = random
        self.phase = random.random() * 2 * pi
        self.season = random.randrange(WEEKS_A_YEAR)
        self.reporting = homes
        self.young = 0
        self.away = round(homes * AWAY)
        self.known = homes

    def week(self, drop: float = 0.0, sag: float = 0.0) -> Week:
        """Go on by a week, in which a share of the homes falls silent for good, or the logit is lower."""
        draw = self.random.binomialvariate
        level = self._level() - sag
        share = self._share(RETURN, level)
        old = draw(self.reporting, share)
        young = draw(self.young, min(share, share * YOUNG_RETURN / RETURN))
        back = draw(self.away, min(1.0, (1 - RETURN) / AWAY * share / RETURN))
        self.away += self.reporting - old - back
        new = self._new()
        old, young, back, new = (draw(each, 1.0 - drop) for each in (old, young, back, new))
        self.away = draw(self.away, 1.0 - drop)
        found = self._seen(old + young, back + new)
        self.reporting, self.young = old + young + back, new
        self.season = (self.season + 1) % WEEKS_A_YEAR
        return found

    def fork(self) -> World:
        """Return a world that goes on from here with the same chance."""
        other = copy(self)
        other.random = Random()
        other.random.setstate(self.random.getstate())
        return other

    def _level(self) -> float:
        """Return by how much the logit of all homes is off in this week."""
        kind = self.kind
        level = self.random.gauss(0.0, kind.shock)
        if kind.dip:
            wave = 1 + sin(2 * pi * self.season / WEEKS_A_YEAR + self.phase)
            level += 3 * log(1 - kind.dip / 2 * wave)
        if self.season in TURN_OF_THE_YEAR:
            level -= kind.holidays
        if self.season in SUMMER:
            level -= kind.holidays / 2
        return level

    def _share(self, share: float, level: float) -> float:
        """Return the share of homes that report again in this week."""
        share = 1 / (1 + exp(-log(share / (1 - share)) - level))
        if self.kind.spread:
            size = 1 / self.kind.spread - 1
            share = self.random.betavariate(share * size, (1 - share) * size)
        return share

    def _new(self) -> int:
        """Return how many homes are new."""
        mean = self.reporting * self.kind.growth
        return self.random.binomialvariate(10 * (self.reporting + 1), mean / (10 * (self.reporting + 1)))

    def _seen(self, again: int, others: int) -> Week:
        """Return what is there of a week when it is judged, and of the one before at that time."""
        before = self.known
        late = self.random.betavariate(4, 4 / self.kind.late - 4) if self.kind.late else 0.0
        draw = self.random.binomialvariate
        seen = draw(again, 1 - late)
        active = seen + draw(others, 1 - late)
        self.known = again + others
        return Week(self.season + 1, before, seen, active)
