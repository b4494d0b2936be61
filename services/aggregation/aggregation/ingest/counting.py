"""Counting what is sent: in memory, and each minute into the database, by week and one fixed word each.

What was counted since the last time is lost when the process is killed: these are counts of the door, and no
report is among them.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from threading import Lock

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from aggregation.metrics import Metrics
from aggregation.storage.intake import add_intake
from aggregation.weeks import week_of_day

type Opening = Callable[[], AbstractContextManager[Connection]]


class Intake:
    """Carries what the metrics count of submissions into the database."""

    def __init__(self, metrics: Metrics, writing: Opening) -> None:
        """Take what counts, and how the database is written."""
        self._metrics = metrics
        self._writing = writing
        self._lock = Lock()
        self._waiting: dict[int, Counter[str]] = {}

    def keep(self) -> None:
        """Write what was counted since; what cannot be written waits for the next time. Blocks."""
        with self._lock:
            week = week_of_day(datetime.now(UTC).date())
            self._waiting.setdefault(week, Counter()).update(self._metrics.take_submissions())
            try:
                with self._writing() as connection:
                    for number, counts in self._waiting.items():
                        add_intake(connection, number, counts)
            except SQLAlchemyError:
                return  # the health checks tell of it
            self._waiting.clear()
