"""The clock of the machine, and whether what is stored contradicts it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from aggregation.rollups.support import AHEAD, earliest_day, newest_week
from aggregation.weeks import monday

RETRY_SECONDS = 3600
"""When a client should come again after the clocks disagreed."""


class ClockState(StrEnum):
    """What the stored reports say of the clock."""

    PLAUSIBLE = "plausible"
    BEHIND = "behind"
    AHEAD = "ahead"
    """Or nobody has reported for weeks: nothing is removed meanwhile."""


class Clock:
    """Compares days with the newest week that was reported about; read anew now and then."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Take what gives a connection; nothing is read yet."""
        self._reading = reading
        self._take(None)

    def load(self) -> None:
        """Read the newest week. Blocks; raises SQLAlchemyError."""
        with self._reading() as connection:
            self._take(newest_week(connection))

    def _take(self, newest: int | None) -> None:
        """Remember the days that follow from the newest week: each report is judged by them."""
        self._earliest = earliest_day(newest)
        self._last = date.max if newest is None else monday(newest + 2) - timedelta(days=1)

    def state(self, today: date) -> ClockState:
        """Judge a day (UTC)."""
        if today < self._earliest:
            return ClockState.BEHIND
        if self.days_ahead(today) > AHEAD.days:
            return ClockState.AHEAD
        return ClockState.PLAUSIBLE

    def days_ahead(self, today: date) -> int:
        """Return how many days have passed since the newest week was over; 0 while it is not, or unknown."""
        return max(0, (today - self._last).days)
