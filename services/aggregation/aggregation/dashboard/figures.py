"""Figures: what the sums hold of the weeks of a view, always a number, for weeks without reports 0.

Only the weeks and scopes that a page asks for are read, each at most once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

from msgspec.json import Decoder
from sqlalchemy import Connection, select

from aggregation.analytics.numbers import age_of_version
from aggregation.analytics.reader import share_beyond
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.view import View
from aggregation.rollups.fold import waiting_since
from aggregation.rollups.values import OTHER
from aggregation.storage.schema import ROLLUPS
from aggregation.weeks import iso_name, monday, week_of_day

SETTLED_WEEKS = 2
"""A week is complete once its reports have had a week to come in."""
BEFORE = 13
"""So many weeks before those that are shown are read: homes of several weeks count in them."""
POOLED_WEEKS = 4
LONGEST_WAIT = 13
"""So many weeks back the newest report is looked for."""
_TOTALS = Decoder(dict[str, int])

type Totals = Mapping[str, int]
_NOTHING: Totals = {}


class Sums:
    """One row of the sums."""

    def __init__(self, totals: Totals) -> None:
        """Take amounts by "measure:value"."""
        self._totals = totals

    def __call__(self, measure: str, value: str = "") -> int:
        """Return one amount."""
        return self._totals.get(f"{measure}:{value}", 0)

    def by_value(self, measure: str) -> dict[str, int]:
        """Return the amounts of a measure by its values, the largest first."""
        prefix = f"{measure}:"
        found = {
            key[len(prefix) :]: amount
            for key, amount in self._totals.items()
            if amount > 0 and key.startswith(prefix) and len(key) > len(prefix)
        }
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


NO_SUMS = Sums(_NOTHING)


class Figures:
    """The sums that a view shows, at one moment."""

    def __init__(self, connection: Connection, today: date, view: View) -> None:
        """Take a connection that sees one state of the whole, and the day (UTC)."""
        self._connection = connection
        self._today = today
        self.view = view
        self.running = week_of_day(today)
        self.weeks = range(self.running - view.weeks + 1, self.running + 1)

    @cached_property
    def _rows(self) -> Mapping[int, Sums]:
        """The sums of the view's homes by week, of some weeks before those shown, too."""
        return self._read(*self.view.scope)

    @cached_property
    def _everybody(self) -> Mapping[int, Sums]:
        """The sums of all homes."""
        return self._read("all", "")

    def _read(self, scope: str, value: str) -> Mapping[int, Sums]:
        """Read the sums of some homes by week."""
        here = (ROLLUPS.c.scope == scope, ROLLUPS.c.scope_value == value)
        between = ROLLUPS.c.week.between(self.weeks[0] - BEFORE, self.weeks[-1])
        rows = self._connection.execute(select(ROLLUPS.c.week, ROLLUPS.c.totals).where(*here, between))
        return {row.week: Sums(_TOTALS.decode(row.totals)) for row in rows}

    def at(self, week: int) -> Sums:
        """Return the sums of a week."""
        return self._rows.get(week, NO_SUMS)

    def all_at(self, week: int) -> Sums:
        """Return the sums of all homes in a week, whatever the filter."""
        return self.at(week) if not self.view.kind else self._everybody.get(week, NO_SUMS)

    def apart(self, scope: str, weeks: Sequence[int]) -> dict[str, dict[int, Sums]]:
        """Return the sums by the values of a scope and by week; a filter has no effect on them."""
        here = (ROLLUPS.c.scope == scope, ROLLUPS.c.week.in_(weeks))
        found: dict[str, dict[int, Sums]] = {}
        for row in self._connection.execute(select(ROLLUPS).where(*here)):
            found.setdefault(row.scope_value, {})[row.week] = Sums(_TOTALS.decode(row.totals))
        return found

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

    def values(self, measure: str, weeks: Iterable[int] | None = None) -> list[str]:
        """Return the values that a measure has in the weeks, the most frequent first."""
        totals: dict[str, int] = {}
        for week in self.weeks if weeks is None else weeks:
            for value, amount in self.at(week).by_value(measure).items():
                totals[value] = totals.get(value, 0) + amount
        return sorted(totals, key=lambda value: (-totals[value], value))

    @cached_property
    def versions(self) -> list[str]:
        """The versions in use in the week that figures are of, the newest first."""
        found = self.at(self.week).by_value("app_version")
        return sorted((name for name in found if name != OTHER), key=age_of_version, reverse=True)

    def links(self, kind: str, values: Iterable[str], page: str = "homes") -> list[str]:
        """Return the addresses of a page that shows only the homes with each of the values."""
        return [self.view.of(kind, value).at(f"{PREFIX}/{page}") for value in values]

    @cached_property
    def newest_day(self) -> date | None:
        """The day on which the newest report came, of all homes."""
        here = (ROLLUPS.c.scope == "all", ROLLUPS.c.week.between(self.running - LONGEST_WAIT, self.running))
        statement = select(ROLLUPS.c.week, ROLLUPS.c.totals).where(*here).order_by(ROLLUPS.c.week.desc())
        for row in self._connection.execute(statement):
            if weekdays := Sums(_TOTALS.decode(row.totals)).by_value("received"):
                return monday(row.week) + timedelta(days=max(map(int, weekdays)))
        return None

    def active_over(self, last: int, weeks: int) -> int:
        """Return how many homes reported about one of so many weeks, each counted once.

        A home counts in the week of its first report among them: the one whose gap to the report before
        reaches beyond the weeks. Gaps told in buckets are shared out evenly.
        """
        first = last - weeks + 1
        found = sum(
            share_beyond(gap, week - first) * homes
            for week in range(first, last + 1)
            for gap, homes in self.at(week).by_value("gap").items()
        )
        return round(found)

    @property
    def today(self) -> date:
        """Return the day (UTC)."""
        return self._today

    @cached_property
    def waiting_since(self) -> datetime | None:
        """Since when (UTC) the oldest report waits that the sums do not hold yet."""
        return waiting_since(self._connection)
