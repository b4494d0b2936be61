"""Completeness: the share of a week's reports that should be here by now.

Reports about a week come in the weeks after it. How late those of past weeks came says how many of a younger
one are still to come.
"""

from datetime import date
from functools import cached_property

from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import values_of
from aggregation.analytics.sums import Sums
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import Scope
from aggregation.weeks import monday, week_of_day

SETTLED_WEEKS = 2
"""A week is settled once its reports have had one to come in."""
LATEST_DAYS = 35
"""What comes later is not waited for."""
_LEARNED_WEEKS = 8
_OLD_WEEKS = 6
_USUAL = dict.fromkeys(range(14), 0.5)
"""What is taken for usual before there are reports enough: any day of two weeks."""


class Completeness:
    """How complete weeks are on a day."""

    def __init__(self, sums: Sums, today: date) -> None:
        """Take the sums, and the day (UTC)."""
        self._sums = sums
        self._today = today
        self._week = week_of_day(today)

    @cached_property
    def _delays(self) -> dict[int, float]:
        """Of how many homes a report came how many days after its week, in weeks that get no more.

        Learned when a young week asks for it: the sums are then there already, for most questions.
        """
        delays = dict(_USUAL)
        learned = Weeks.up_to(self._week - _OLD_WEEKS, _LEARNED_WEEKS)
        for week in self._sums.weeks(Scope.ALL, "", learned).values():
            for days, homes in values_of(week, Measure.DELAY).items():
                delays[int(days)] = delays.get(int(days), 0.0) + homes
        return delays

    def of(self, week: int) -> float:
        """Return the share of the reports about a week that should be here, 0 to 1."""
        days = (self._today - monday(week + 1)).days
        if days >= LATEST_DAYS:
            return 1.0
        arrived = sum(homes for delay, homes in self._delays.items() if delay <= days)
        return arrived / sum(self._delays.values())

    def is_settled(self, week: int) -> bool:
        """Tell whether the reports about a week have had a week to come in."""
        return week <= self._week - SETTLED_WEEKS
