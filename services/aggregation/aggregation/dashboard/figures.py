"""Figures: what the sums hold of the weeks of a view, always a number, for weeks without reports 0.

Only the weeks and scopes that a page asks for are read, each at most once.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection

from aggregation.analytics.gaps import active_once
from aggregation.analytics.numbers import age_of_version
from aggregation.analytics.question import Weeks
from aggregation.analytics.sums import Sums, Week, values_of
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.shares import Share, share
from aggregation.dashboard.view import View
from aggregation.rollups.fold import waiting_since
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import OTHER
from aggregation.weeks import iso_name, monday, week_of_day

SETTLED_WEEKS = 2
"""A week is complete once its reports have had a week to come in."""
BEFORE = 13
"""So many weeks before those that are shown are read: homes of several weeks count in them."""
HISTORY = 40
"""So many weeks back are read at least: releases are compared with those before."""
POOLED_WEEKS = 4
LONGEST_WAIT = 13
"""So many weeks back the newest report is looked for."""
NEW = "new"
"""What the sums say of a home that was not heard of before."""
_LINE_SHARE = 0.05
"""A line of versions is one to be told of when so many of the homes run one of its versions."""


class Counts:
    """The sums of one week and of some homes."""

    def __init__(self, week: Week) -> None:
        """Take the sums by measure and value."""
        self.week = week

    def __call__(self, measure: str, value: str = "") -> int:
        """Return one amount."""
        return values_of(self.week, measure).get(value, 0)

    def by_value(self, measure: str) -> dict[str, int]:
        """Return the amounts of a measure by its values, the largest first."""
        found = [(value, amount) for value, amount in values_of(self.week, measure).items() if value]
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))

    def share(self, measure: str, value: str, of: str = "active") -> Share:
        """Return the share of homes with a value."""
        return share(self(measure, value), self(of))


class Line(NamedTuple):
    """Versions that belong together by their first number: one program, or one era of it."""

    versions: tuple[str, ...]
    """The newest first."""
    homes: int

    @property
    def name(self) -> str:
        """Return what the versions have in common."""
        return f"{major(self.versions[0])}.x"


def major(version: str) -> str:
    """Return the first number of a version."""
    return version.partition(".")[0]


class Figures:
    """The sums that a view shows, at one moment."""

    def __init__(self, connection: Connection, today: date, view: View) -> None:
        """Take a connection that sees one state of the whole, and the day (UTC)."""
        self.connection = connection
        self._sums = Sums(connection)
        self.today = today
        self.view = view
        self.running = week_of_day(today)
        self.weeks = range(self.running - view.weeks + 1, self.running + 1)

    @cached_property
    def _rows(self) -> Mapping[int, Counts]:
        """The sums of the view's homes by week, of some weeks before those shown, too."""
        return self._read(*self.view.scope)

    @cached_property
    def _everybody(self) -> Mapping[int, Counts]:
        """The sums of all homes."""
        return self._read(Scope.ALL, "")

    def _read(self, scope: str, value: str) -> Mapping[int, Counts]:
        """Read the sums of some homes by week."""
        weeks = Weeks(min(self.weeks[0] - BEFORE, self.running - HISTORY), self.running)
        return {week: Counts(sums) for week, sums in self._sums.weeks(scope, value, weeks).items()}

    def at(self, week: int) -> Counts:
        """Return the sums of a week."""
        return self._rows.get(week, _NOTHING)

    def all_at(self, week: int) -> Counts:
        """Return the sums of all homes in a week, whatever the filter."""
        return self._everybody.get(week, _NOTHING)

    def came_in(self, week: int) -> Counts:
        """Return what came in a week, whatever the filter."""
        return self._receipts.get(week, _NOTHING)

    @cached_property
    def _receipts(self) -> Mapping[int, Counts]:
        """The sums by the day of receipt, of all homes."""
        return self._read(Scope.RECEIVED, "")

    def apart(self, scope: str, weeks: range) -> dict[str, list[Counts]]:
        """Return the sums by the values of a scope, week by week; a filter has no effect on them."""
        found = self._sums.scope(scope, Weeks(weeks[0], weeks[-1]))
        return {value: [Counts(sums[week]) for week in weeks] for value, sums in found.items()}

    def some(self, scope: str, value: str, first: int, last: int) -> list[Counts]:
        """Return the sums of the homes with one property, week by week, whatever the filter."""
        found = self._sums.weeks(scope, value, Weeks(first, last))
        return [Counts(sums) for sums in found.values()]

    @cached_property
    def week(self) -> int:
        """The week that figures of one week are of: the newest complete one, else the newest there is."""
        settled = self.running - SETTLED_WEEKS
        if self.at(settled)("active"):
            return settled
        return max((week for week, sums in self._rows.items() if sums("active")), default=settled)

    @property
    def recent(self) -> range:
        """Return the four weeks up to that one, for what is too seldom for one."""
        return range(self.week - POOLED_WEEKS + 1, self.week + 1)

    @property
    def week_name(self) -> str:
        """Return that week as ISO 8601 writes it."""
        return iso_name(self.week)

    def state(self, week: int) -> str:
        """Tell whether the reports about a week have come in."""
        if week == self.running:
            return "running"
        return "complete" if week <= self.running - SETTLED_WEEKS else "incomplete"

    def values(self, measure: str) -> list[str]:
        """Return the values that a measure has in the weeks that are shown, the most frequent first."""
        totals: dict[str, int] = {}
        for week in self.weeks:
            for value, amount in self.at(week).by_value(measure).items():
                totals[value] = totals.get(value, 0) + amount
        return sorted(totals, key=lambda value: (-totals[value], value))

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of versions in use in the week that figures are of, the most common first."""
        found: dict[str, dict[str, int]] = {}
        for version, homes in self.at(self.week).by_value("app_version").items():
            if version != OTHER:
                found.setdefault(major(version), {})[version] = homes
        lines = [
            Line(tuple(sorted(versions, key=age_of_version, reverse=True)), sum(versions.values()))
            for versions in found.values()
        ]
        enough = _LINE_SHARE * sum(line.homes for line in lines)
        return sorted((line for line in lines if line.homes >= enough), key=lambda line: -line.homes)

    def active_over(self, last: int, weeks: int) -> int:
        """Return how many homes reported about one of so many weeks, each counted once."""
        return round(active_once({week: self.at(week).week for week in range(last - weeks + 1, last + 1)}))

    def seen(self, days: int, *, ago: int = 0) -> int:
        """Return how many homes, of all, sent a report in so many days; the last of them may be days ago."""
        last = self.today - timedelta(days=ago)
        first = last - timedelta(days=days - 1)
        return sum(
            homes
            for week in range(week_of_day(first), week_of_day(last) + 1)
            for name, homes in self.came_in(week).by_value("seen").items()
            if _is_first_in(name, week, first, last)
        )

    def links(self, kind: str, values: Iterable[str], page: str = "homes") -> list[str]:
        """Return the addresses of a page that shows only the homes with each of the values."""
        return [self.view.of(kind, value).at(f"{PREFIX}/{page}") for value in values]

    @cached_property
    def newest_day(self) -> date | None:
        """The day on which the newest report came, of all homes."""
        for week in range(self.running, self.running - LONGEST_WAIT, -1):
            if weekdays := self.came_in(week).by_value("received"):
                return monday(week) + timedelta(days=max(map(int, weekdays)))
        return None

    @cached_property
    def waiting_since(self) -> datetime | None:
        """Since when (UTC) the oldest report waits that the sums do not hold yet."""
        return waiting_since(self.connection)


def _is_first_in(name: str, week: int, first: date, last: date) -> bool:
    """Tell whether a report is the first of its home in some days: "weekday:days since the one before"."""
    weekday, _, before = name.partition(":")
    day = monday(week) + timedelta(days=int(weekday))
    return first <= day <= last and (before == NEW or int(before) > (day - first).days)


_NOTHING = Counts({})
