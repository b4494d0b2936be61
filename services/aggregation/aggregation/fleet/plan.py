"""Plan of a fleet: how many homes for how many weeks, and what happens to all of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import cos, pi
from typing import NamedTuple

from aggregation.weeks import monday, week_of_day

RELEASE_WEEKS = 5
"""So often a version is released."""
EARLIER_WEEKS = 30
"""So long before the first week the first version was released."""
MEND_WEEKS = 2
"""So long after a bad release the one comes that mends it."""
APP_MAJOR, INTEGRATION_MAJOR = 2, 1
_YEAR_DAYS = 365.25
_COLDEST_DAY = 20
_SEASON = 0.25
_HOLIDAY_WEEKS = frozenset({52, 53, 1})
_HOLIDAYS = 1.3


class Release(NamedTuple):
    """A version, the week in which it came, and how much more of what it touches goes wrong with it."""

    version: str
    week: int
    failures: float = 1.0
    """Factor of failed prints."""
    errors: float = 1.0
    """Factor of errors."""


class Incident(NamedTuple):
    """What befalls all homes in the weeks from the first to the last, both included."""

    first: int
    last: int
    silent: float = 0.0
    """The share of homes whose reports never come."""
    errors: float = 1.0
    """Factor of errors."""
    prints: float = 1.0
    """Factor of prints."""


class Trial(NamedTuple):
    """An experiment: what homes draw, from which week on, and what the drawn way does to errors."""

    name: str
    effects: tuple[tuple[str, float], ...]
    """The variants, each as probable, with the factor of errors that comes of it."""
    population: int
    """Of a hundred homes so many take part."""
    first: int
    weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a fleet is made from; the same plan makes the same fleet."""

    homes: int
    weeks: int
    until: date
    """The last day on which reports came: they are about the weeks before the one that it is in."""
    seed: int = 1
    app_share: float = 0.35
    """Homes that begin with Printernizer's own reports, which are of protocol 1.0."""
    switching: float = 0.3
    """The share of those that go over to protocol 2.0 at some time."""
    from_the_beginning: float = 0.45
    """Homes that were there before the first week; the others come one after the other."""
    leaving: float = 0.25
    """Homes that stop for good at some time."""
    deleting: float = 0.01
    """Homes that have all they sent deleted at some time."""
    silence: float = 0.04
    """Weeks in which a usual home is off."""
    late: float = 0.02
    """Weeks in which a usual home begins to be without a network."""
    again: float = 0.005
    """Reports that are sent twice, since the answer was lost."""
    replaced: float = 0.002
    """Reports that another one follows for the same period, from a restored backup."""
    cut: float = 0.004
    """Weeks that are cut in two, since somebody sent the running one early."""
    made_up: float = 0.005
    """Homes that nobody has, beside the others: invented by one who wants to move the figures."""
    bad_release: bool = True
    """Whether one of the releases, at two thirds of the time, is a bad one."""
    incidents: tuple[Incident, ...] = ()
    trial: Trial | None = None

    @property
    def last_week(self) -> int:
        """Return the last week that there are reports about."""
        return week_of_day(self.until) - 1

    @property
    def first_week(self) -> int:
        """Return the first week that there are reports about."""
        return self.last_week - self.weeks + 1

    @property
    def size(self) -> int:
        """Return how many homes there are with those that are made up."""
        return self.homes + round(self.homes * self.made_up)


@lru_cache(maxsize=16)
def releases(plan: Plan, major: int) -> tuple[Release, ...]:
    """Return the releases of the app or of the integration, the oldest first."""
    found: list[Release] = []
    bad_after = plan.first_week + plan.weeks * 2 // 3
    has_bad = not plan.bad_release or major != INTEGRATION_MAJOR
    for minor, week in enumerate(range(plan.first_week - EARLIER_WEEKS, plan.last_week + 1, RELEASE_WEEKS)):
        if week >= bad_after and not has_bad:
            has_bad = True
            found.append(Release(f"{major}.{minor}.0", week, failures=1.6, errors=3.0))
            found.append(Release(f"{major}.{minor}.1", week + MEND_WEEKS))
        else:
            found.append(Release(f"{major}.{minor}.0", week))
    return tuple(release for release in found if release.week <= plan.last_week)


def all_versions(plan: Plan) -> list[str]:
    """Return the versions that were released in the time of a plan."""
    return [each.version for major in (APP_MAJOR, INTEGRATION_MAJOR) for each in releases(plan, major)]


def newest(among: Sequence[Release], week: int) -> Release:
    """Return the newest release that there was in a week, the oldest of all before it."""
    return among[max(0, bisect_right(among, week, key=lambda release: release.week) - 1)]


@lru_cache(maxsize=1024)
def season(week: int) -> float:
    """Return the factor of prints of a week: more in winter, most over the holidays at its beginning."""
    middle = monday(week) + timedelta(days=3)
    day = middle.timetuple().tm_yday
    usual = 1 + _SEASON * cos(2 * pi * (day - _COLDEST_DAY) / _YEAR_DAYS)
    return usual * (_HOLIDAYS if middle.isocalendar().week in _HOLIDAY_WEEKS else 1.0)


@lru_cache(maxsize=1024)
def is_summer(week: int) -> bool:
    """Tell whether a week is one in which many are away."""
    return monday(week).month in {7, 8}


def incidents_of(plan: Plan, week: int) -> Sequence[Incident]:
    """Return what befalls all homes in a week."""
    return [each for each in plan.incidents if each.first <= week <= each.last]
