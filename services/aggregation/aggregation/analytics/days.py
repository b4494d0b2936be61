"""Homes and reports by the day of receipt, of all homes or of those with one property."""

from collections import Counter
from datetime import date, timedelta

from aggregation.analytics.question import Filter, Weeks
from aggregation.analytics.rows import values_of
from aggregation.analytics.sums import Sums
from aggregation.errors import InvalidError
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import BY_DAY, Scope
from aggregation.weeks import monday, week_of_day

LONGEST_DAYS = 31
"""Over so many days homes can be counted once."""
NEW = "new"


class Days:
    """What came on which day."""

    def __init__(self, sums: Sums) -> None:
        """Take the sums."""
        self._sums = sums

    def of(self, weeks: Weeks, measure: str, filtered: Filter | None = None) -> Counter[date]:
        """Return a measure of the days of some weeks."""
        days: Counter[date] = Counter()
        for week, sums in self._sums.weeks(Scope.RECEIVED, _place(filtered), weeks).items():
            by_weekday = Counter[str]()
            for value, total in values_of(sums, measure).items():
                by_weekday[value[:1]] += total
            for weekday, total in by_weekday.items():
                days[monday(week) + timedelta(days=int(weekday))] += total
        return days

    def active(self, last: date, days: int, filtered: Filter | None = None) -> int:
        """Return how many homes sent a report in so many days up to one, each once; 31 at most."""
        if not 0 < days <= LONGEST_DAYS:
            raise InvalidError(f"Ask for 1 to {LONGEST_DAYS} days")
        first = last - timedelta(days=days - 1)
        weeks = Weeks(week_of_day(first), week_of_day(last))
        homes = 0
        for week, sums in self._sums.weeks(Scope.RECEIVED, _place(filtered), weeks).items():
            before_first = (monday(week) - first).days
            for value, total in values_of(sums, Measure.SEEN).items():
                weekday, _, before = value.partition(":")
                day = before_first + int(weekday)
                if 0 <= day < days and (before == NEW or int(before) > day):
                    homes += total
        return homes


def _place(filtered: Filter | None) -> str:
    """Return where the days of some homes are kept."""
    if filtered is None or filtered.scope is Scope.ALL:
        return ""
    if filtered.scope not in BY_DAY:
        raise InvalidError(f"Days are not known by {filtered.scope}")
    return f"{filtered.scope}={filtered.value}"
