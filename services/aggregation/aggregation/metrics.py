"""What is counted about the service itself; nothing of it tells who called."""

from collections import Counter as Counted
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from math import nan
from queue import Empty, SimpleQueue

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.records import Work
from aggregation.storage.space import Space
from aggregation.work_metrics import WorkCollector

DAY_SECONDS = 86_400
SUBMIT = "/submit"
_NOT_REFUSED = {"new", "same"}
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one application."""

    def __init__(self, fold_lag: Callable[[], int], mirror_lag: Callable[[], int]) -> None:
        """Take what returns how much the rollups, and the mirror, do not hold yet; both may block."""
        self.registry = CollectorRegistry()
        self._reports = Counter(
            "aggregation_reports",
            "Reports by what became of them",
            ["protocol", "outcome"],
            registry=self.registry,
        )
        self._undeclared = Counter(
            "aggregation_undeclared",
            "Values of protocol 1.0 that were folded into another or dropped",
            ["reason"],
            registry=self.registry,
        )
        self._requests = Histogram(
            "aggregation_request_seconds",
            "Time to answer",
            ["route", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        lag = Gauge("aggregation_fold_lag_rows", "Reports not in the rollups yet", registry=self.registry)
        lag.set_function(_or_unknown(fold_lag))
        lag = Gauge("aggregation_mirror_lag_rows", "Changes not in ClickHouse yet", registry=self.registry)
        lag.set_function(_or_unknown(mirror_lag))
        self._apart = Counter(
            "aggregation_apart_reports",
            "New reports that are counted apart: their network had its share of the day",
            registry=self.registry,
        )
        self._submissions: SimpleQueue[str] = SimpleQueue()
        self._children: dict[tuple[str, str], Counter] = {}
        self._timers: dict[tuple[str, int], Histogram] = {}

    def watch_clock(self, days_ahead: Callable[[], int]) -> None:
        """Tell how far the clock is beyond what reports support."""
        what = "Time that the clock is beyond the week after the newest one reported about"
        ahead = Gauge("aggregation_clock_ahead_seconds", what, registry=self.registry)
        ahead.set_function(lambda: days_ahead() * DAY_SECONDS)

    def watch_work(self, work: Callable[[], Work], space: Callable[[], Space]) -> None:
        """Tell what the process that writes does, and what room there is."""
        self.registry.register(WorkCollector(work, space))

    def watch_fold(self, put_aside: Callable[[], int], waiting_since: Callable[[], datetime | None]) -> None:
        """Tell of reports that are not in the rollups, though they should be."""
        what = "Reports that cannot be folded"
        aside = Gauge("aggregation_put_aside_rows", what, registry=self.registry)
        aside.set_function(_or_unknown(put_aside))

        def age() -> float:
            since = waiting_since()
            return max(0.0, (datetime.now(UTC) - since).total_seconds()) if since else 0.0

        what = "Time since the oldest report came that is not in the rollups yet"
        Gauge("aggregation_fold_age_seconds", what, registry=self.registry).set_function(_or_unknown(age))

    def watch_values(self, unknown_share: Callable[[], float], most: Callable[[], int]) -> None:
        """Tell how many homes have a version that is not known, and how many sums a week has; both block."""
        gauge = Gauge(
            "aggregation_unknown_version_ratio",
            "Share of the homes of the last weeks whose version is not known",
            registry=self.registry,
        )
        gauge.set_function(_or_unknown(unknown_share))
        gauge = Gauge(
            "aggregation_week_sums", "The most sums of one of the last weeks", registry=self.registry
        )
        gauge.set_function(_or_unknown(most))

    def count_report(self, protocol: str, outcome: str) -> None:
        """Count a report: stored anew, before, in conflict, gone, or limited."""
        if (child := self._children.get((protocol, outcome))) is None:
            child = self._children[protocol, outcome] = self._reports.labels(protocol, outcome)
        child.inc()
        if outcome in _NOT_REFUSED:
            self._submissions.put(outcome)

    def count_apart(self) -> None:
        """Count a report that is counted apart from the others."""
        self._apart.inc()
        self._submissions.put("apart")

    def count_undeclared(self, reasons: Sequence[str]) -> None:
        """Count what was folded or dropped, by a fixed word each."""
        for reason in reasons:
            self._undeclared.labels(reason).inc()
            self._submissions.put(reason)

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answer and its time."""
        if (child := self._timers.get((route, status))) is None:
            child = self._timers[route, status] = self._requests.labels(route, str(status))
        child.observe(seconds)
        if route == SUBMIT and status >= HTTPStatus.BAD_REQUEST:
            self._submissions.put(f"refused_{status}")

    def take_submissions(self) -> Counted[str]:
        """Return what became of submissions since the last time: stored, sent again, refused, and why."""
        found: Counted[str] = Counted()
        with suppress(Empty):
            while True:
                found[self._submissions.get_nowait()] += 1
        return found

    def text(self) -> bytes:
        """Return everything as Prometheus reads it. Blocks."""
        return generate_latest(self.registry)


def _or_unknown(lag: Callable[[], float]) -> Callable[[], float]:
    """Return what tells a number, and NaN without a database: all other metrics are wanted then, too."""

    def read() -> float:
        with suppress(SQLAlchemyError):
            return lag()
        return nan

    return read
