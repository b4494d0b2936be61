"""What must hold between the fields of a report; a field alone is judged by its type."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aggregation.dictionary import DICTIONARY

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(days=2)
MAX_SPAN = timedelta(days=DICTIONARY.report.max_period_days)
UPTIME_SLACK = timedelta(hours=24)

type Values = Mapping[str, Any]
"""The checked values of a report by dotted path; what was not sent is missing."""


class Violation(NamedTuple):
    """A field, by its dotted path, whose value cannot be true."""

    path: str
    message: str


def violations(values: Values, now: datetime) -> list[Violation]:
    """Return everything that is impossible in a report received at `now`."""
    return [*_period(values, now), *_uptime(values), *_jobs(values), *_printers(values)]


def _period(values: Values, now: datetime) -> Iterator[Violation]:
    """Judge the period."""
    start, end = values["period.start"], values["period.end"]
    if start < FIRST_DAY:
        yield Violation("period.start", f"Input should not be before {FIRST_DAY.date()}")
    if start > now + MAX_AHEAD:
        yield Violation("period.start", "Input should not be in the future")
    if end <= start:
        yield Violation("period.end", "Input should be after period.start")
    if end > start + MAX_SPAN:
        message = f"Input should be at most {MAX_SPAN.days} days after period.start"
        yield Violation("period.end", message)


def _uptime(values: Values) -> Iterator[Violation]:
    """Judge the hours of running against the length of the period."""
    span = values["period.end"] - values["period.start"]
    uptime = timedelta(hours=values.get("usage_stats.uptime_hours", 0))
    if timedelta(0) < span < uptime - UPTIME_SLACK:
        message = "Input should not be longer than the period"
        yield Violation("usage_stats.uptime_hours", message)


def _jobs(values: Values) -> Iterator[Violation]:
    """Judge the outcomes against the number of jobs."""
    outcomes = ("completed_count", "failed_count", "cancelled_count")
    ended = sum(values.get(f"usage_stats.{outcome}", 0) for outcome in outcomes)
    if ended > values.get("usage_stats.job_count", 0):
        message = "Input should not be less than completed, failed and cancelled jobs together"
        yield Violation("usage_stats.job_count", message)


def _printers(values: Values) -> Iterator[Violation]:
    """Judge the printers of each type against their number."""
    counts = values.get("printer_fleet.printer_type_counts")
    if counts and sum(counts.values()) != values.get("printer_fleet.printer_count", 0):
        message = "Input should add up to printer_count"
        yield Violation("printer_fleet.printer_type_counts", message)
