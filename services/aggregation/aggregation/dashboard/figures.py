"""Figures: what the sums hold of the weeks of a view, always a number, for weeks without reports 0.

Only the weeks and scopes that a page asks for are read, each at most once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection

from aggregation.analytics.gaps import beyond
from aggregation.analytics.numbers import age_of_version
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Values, Week, told_of, values_of
from aggregation.analytics.sums import Sums
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.shares import Share, share
from aggregation.dashboard.view import View
from aggregation.rollups.fold import waiting_since
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import OTHER
from aggregation.storage.intake import intake
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

    def by_value(self, measure: str) -> Values:
        """Return the amounts of a measure by its values, the largest first."""
        return told_of(self.week, _largest_first, measure)

    def share(self, measure: str, value: str, of: str = "active") -> Share:
        """Return the share of homes with a value."""
        return share(self(measure, value), self(of))


def _largest_first(week: Week, measure: str) -> Values:
    """Return the amounts of a measure by its values, the largest first."""
    found = [(value, amount) for value, amount in values_of(week, measure).items() if value]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


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
        self.sums = Sums(connection)
        self.today = today
        self.view = view
        self.running = week_of_day(today)
        self.weeks = range(self.running - view.weeks + 1, self.running + 1)
        self._first = min(self.weeks[0] - BEFORE, self.running - HISTORY)
        self._once: dict[object, Any] = {}
        self._values: dict[str, list[str]] = {}
        self._whole: dict[tuple[Scope, bool], Mapping[int, Counts]] = {}

    @cached_property
    def _rows(self) -> Mapping[int, Counts]:
        """The sums of the view's homes by week, of some weeks before those shown, too."""
        found = self.sums.weeks(*self.view.scope, Weeks(self._first, self.running))
        return {week: Counts(sums) for week, sums in found.items()}

    def at(self, week: int) -> Counts:
        """Return the sums of a week."""
        return self._rows.get(week, _NOTHING)

    def all_at(self, week: int) -> Counts:
        """Return the sums of all homes in a week, whatever the filter."""
        return self._of_all(Scope.ALL, week)

    def came_in(self, week: int) -> Counts:
        """Return what came in a week, whatever the filter."""
        return self._of_all(Scope.RECEIVED, week)

    def _of_all(self, scope: Scope, week: int) -> Counts:
        """Return the sums of a week, whatever the filter; most pages need lately ones alone."""
        is_lately = week > self.running - LONGEST_WAIT
        if (scope, is_lately) not in self._whole:
            first = self.running - LONGEST_WAIT + 1 if is_lately else self._first
            found = self.sums.weeks(scope, "", Weeks(first, self.running))
            self._whole[scope, is_lately] = {week: Counts(sums) for week, sums in found.items()}
        return self._whole[scope, is_lately].get(week, _NOTHING)

    @cached_property
    def intake(self) -> Mapping[int, Counter[str]]:
        """What became of what was sent in the weeks that are shown, of all homes."""
        return intake(self.connection, self.weeks[0], self.running)

    def apart(self, scope: str, weeks: range) -> dict[str, list[Counts]]:
        """Return the sums by the values of a scope, week by week; a filter has no effect on them."""
        found = self.sums.scope(scope, Weeks(weeks[0], weeks[-1]))
        return {value: [Counts(sums[week]) for week in weeks] for value, sums in found.items()}

    @cached_property
    def week(self) -> int:
        """The week that figures of one week are of: the newest complete one, else the newest there is.

        It is that of all homes, so that a filter moves no figure of another week beside theirs.
        """
        settled = self.running - SETTLED_WEEKS
        if self.all_at(settled)("active"):
            return settled
        weeks = range(self._first, self.running + 1)
        return max((week for week in weeks if self.all_at(week)("active")), default=settled)

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
        if measure not in self._values:
            self._values[measure] = self._most_frequent(measure)
        return self._values[measure]

    def _most_frequent(self, measure: str) -> list[str]:
        """Return them, added up over the weeks."""
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
        first = last - weeks + 1
        return sum(self._beyond[first + ago][ago] for ago in range(weeks))

    @cached_property
    def _beyond(self) -> Mapping[int, Sequence[int]]:
        """Of each week the homes whose report before is longer ago than 0, 1, 2 weeks and so on."""
        return {week: beyond(self.at(week).week) for week in range(self._first, self.running + 1)}

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

    def once[T](self, work: Callable[[Figures], T]) -> T:
        """Return what several panels of a page need, worked out once."""
        if work not in self._once:
            self._once[work] = work(self)
        found: T = self._once[work]
        return found

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
