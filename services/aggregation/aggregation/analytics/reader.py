"""Reading the rollups: sums by week, homes by day, and homes over several weeks, each once."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property

from msgspec.json import decode
from sqlalchemy import Connection, select

from aggregation.analytics.numbers import now
from aggregation.rollups.contributions import NONE
from aggregation.rollups.fold import waiting_since
from aggregation.storage.schema import ROLLUPS
from aggregation.weeks import monday

type Values = Mapping[str, int]
"""Sums of one metric by its value."""
type Week = Mapping[str, Values]
"""The metrics of one week."""

ALL = "all"
GAP = "gap"
NEW = "new"
_EMPTY: Values = {}
_BUCKETS = {"2-4": range(2, 5), "5-13": range(5, 14), "14+": range(14, 15)}


class Reader:
    """The rollups at one moment."""

    def __init__(self, connection: Connection) -> None:
        """Take a connection that sees one state of the whole."""
        self._connection = connection
        self._gaps: dict[int, list[tuple[str, Week]]] = {}

    @cached_property
    def weeks(self) -> Mapping[int, Week]:
        """All weeks, without a filter."""
        return self.scoped(ALL, "")

    def scoped(self, scope: str, scope_value: str) -> dict[int, Week]:
        """Return all weeks of the homes with one property."""
        here = (ROLLUPS.c.scope == scope, ROLLUPS.c.scope_value == scope_value)
        rows = self._connection.execute(select(ROLLUPS.c.week, ROLLUPS.c.totals).where(*here))
        return {row.week: _by_metric(row.totals) for row in rows}

    def complete_until(self) -> str:
        """Return the time up to which all reports are in the rollups: now, unless one waits."""
        since = waiting_since(self._connection)
        return now() if since is None else since.replace(tzinfo=None).isoformat()

    def values(self, metric: str, week: int) -> Values:
        """Return the sums of a metric in a week."""
        return self.weeks.get(week, {}).get(metric, _EMPTY)

    def over_weeks(self, metric: str, last: int, weeks: int) -> Counter[str]:
        """Return the sums of a metric over homes of several weeks: each home with its first report.

        Reports of protocol 2.0 say in buckets how long ago the one before was; a bucket that
        reaches over the first week is shared out evenly, so a sum is then an estimate.
        """
        sums: defaultdict[str, float] = defaultdict(float)
        for share, week in self._gaps_over(last, weeks):
            for value, total in week.get(metric, _EMPTY).items():
                sums[value] += share * total
        return _rounded(sums)

    def versions_over_weeks(self, last: int, weeks: int) -> Counter[str]:
        """Return the versions of homes of several weeks: each home with its last report."""
        sums: defaultdict[str, float] = defaultdict(float)
        for share, week in self._gaps_over(last, weeks):
            for value, total in week.get("app_version", _EMPTY).items():
                sums[value] += total
            for value, total in week.get("previous_version", _EMPTY).items():
                sums[value] -= (1 - share) * total
        return _rounded(sums)

    def active(self, last: int, weeks: int) -> int:
        """Return how many homes there are reports of, about so many weeks."""
        return self.over_weeks("active", last, weeks)[""]

    def by_day(self, metric: str) -> Counter[date]:
        """Return a metric that counts on the day on which reports came."""
        days: Counter[date] = Counter()
        for week, metrics in self.weeks.items():
            for weekday, total in metrics.get(metric, _EMPTY).items():
                days[monday(week) + timedelta(days=int(weekday))] += total
        return days

    def seen(self, first: date, last: date) -> int:
        """Return how many homes sent a report from one day to another, at most 31 days."""
        return sum(
            total
            for day, days_before, total in self._sightings
            if first <= day <= last and (days_before is None or days_before > (day - first).days)
        )

    def seen_by_day(self) -> Counter[date]:
        """Return how many homes sent a report on each day."""
        days: Counter[date] = Counter()
        for day, _, total in self._sightings:
            days[day] += total
        return days

    @cached_property
    def _sightings(self) -> list[tuple[date, int | None, int]]:
        """A day, the days since the homes were seen before, how many homes."""
        found: list[tuple[date, int | None, int]] = []
        for week, metrics in self.weeks.items():
            for value, total in metrics.get("seen", _EMPTY).items():
                weekday, _, days = value.partition(":")
                before = None if days == NEW else int(days)
                found.append((monday(week) + timedelta(days=int(weekday)), before, total))
        return found

    def _gaps_over(self, last: int, weeks: int) -> Iterator[tuple[float, Week]]:
        """Yield for each week and gap the share of homes that have no earlier report in the weeks."""
        first = last - weeks + 1
        self._load_gaps(first, last)
        for week in range(first, last + 1):
            for gap, metrics in self._gaps[week]:
                yield share_beyond(gap, week - first), metrics

    def _load_gaps(self, first: int, last: int) -> None:
        """Read the weeks that are not there yet, by how long ago the reports before were."""
        missing = [week for week in range(first, last + 1) if week not in self._gaps]
        if not missing:
            return
        self._gaps |= {week: [] for week in missing}
        between = ROLLUPS.c.week.between(missing[0], missing[-1])
        for row in self._connection.execute(select(ROLLUPS).where(ROLLUPS.c.scope == GAP, between)):
            if row.week in missing:
                self._gaps[row.week].append((row.scope_value, _by_metric(row.totals)))


def share_beyond(gap: str, weeks: int) -> float:
    """Return how much of a gap is longer than so many weeks."""
    if gap == NONE:
        return 1.0
    if gap in _BUCKETS:
        bucket = _BUCKETS[gap]
        return sum(length > weeks for length in bucket) / len(bucket)
    return float(int(gap) > weeks)


def _by_metric(text: str) -> Week:
    """Return the totals of a row of the rollups by metric and value."""
    metrics: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, total in decode(text, type=dict[str, int]).items():
        metric, _, value = name.partition(":")
        metrics[metric][value] = total
    return metrics


def _rounded(sums: Mapping[str, float]) -> Counter[str]:
    """Return whole numbers, without those that are none."""
    return Counter({value: round(total) for value, total in sums.items() if round(total) > 0})
