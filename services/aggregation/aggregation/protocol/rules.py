"""What must hold between the fields of a report; a field alone is judged by its type."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from aggregation.dictionary import DICTIONARY
from aggregation.protocol.fields import V2_FIELDS

HOUR = 3600
DAY = 24 * HOUR
MAX_AGE = 395 * DAY
"""Ids are dropped after 13 months; a period before that could be counted twice."""
MAX_AHEAD = 2 * DAY
MAX_DAYS = DICTIONARY.report.max_period_days
UPTIME_SLACK = 24 * HOUR
PROVEN_VERSION = "8"
"""The version of the UUIDs that are made of a key; nobody may use them without its proof."""
_CATEGORIES = {path: {spec.category, spec.also or spec.category} for path, spec in V2_FIELDS.items()}
_SINCE = {path: spec.since for path, spec in V2_FIELDS.items()}
_ALL_CATEGORIES = frozenset[str]().union(*_CATEGORIES.values())
_OUTCOMES = tuple(f"usage_stats.{outcome}_count" for outcome in ("completed", "failed", "cancelled"))

type Values = Mapping[str, Any]
"""The checked values of a report by dotted path; what was not sent is missing."""


class Untimely(StrEnum):
    """What the clock says of a period: that may pass, or the clock be wrong."""

    TOO_OLD = "too_old"
    TOO_NEW = "too_new"


class Violation(NamedTuple):
    """A field, by its dotted path, whose value cannot be true."""

    path: str
    message: str
    untimely: Untimely | None = None


def v1_violations(values: Values, now: float) -> Iterator[Violation]:
    """Yield everything that is impossible in a report of protocol 1.0; `now` is in Unix seconds."""
    if values["installation.installation_id"][14] == PROVEN_VERSION:
        message = "Input should be a random UUID, not one of protocol 2.0"
        yield Violation("installation.installation_id", message)
    yield from _period(values, now)
    yield from _uptime(values)
    yield from _jobs(values)
    printers = values.get("printer_fleet.printer_count")
    if printers is not None and _printers_of_types(values) > printers:
        yield Violation("printer_fleet.printer_type_counts", "Input should not be more than printer_count")


def v2_violations(values: Values, now: float) -> Iterator[Violation]:
    """Yield everything that is impossible or above the consent in a report of protocol 2.0."""
    yield from _period(values, now)
    yield from _uptime(values)
    yield from _jobs(values)
    yield from _exact(values)
    yield from _history(values)
    yield from _consent(values)


def _period(values: Values, now: float) -> Iterator[Violation]:
    """Judge the period."""
    start, end = values["period.start"], values["period.end"]
    if start < now - MAX_AGE:
        message = "Input should not be more than 13 months ago"
        yield Violation("period.start", message, Untimely.TOO_OLD)
    if start > now + MAX_AHEAD:
        yield Violation("period.start", "Input should not be in the future", Untimely.TOO_NEW)
    if end <= start:
        yield Violation("period.end", "Input should be after period.start")
    if end > start + MAX_DAYS * DAY:
        yield Violation("period.end", f"Input should be at most {MAX_DAYS} days after period.start")


def _uptime(values: Values) -> Iterator[Violation]:
    """Judge the hours of running against the length of the period."""
    span = values["period.end"] - values["period.start"]
    if 0 < span < (values.get("usage_stats.uptime_hours") or 0) * HOUR - UPTIME_SLACK:
        yield Violation("usage_stats.uptime_hours", "Input should not be longer than the period")


def _jobs(values: Values) -> Iterator[Violation]:
    """Judge the outcomes against the number of jobs."""
    ended = [values.get(path, 0) for path in _OUTCOMES]
    if sum(ended) > values.get("usage_stats.job_count", 0):
        message = "Input should not be less than completed, failed and cancelled jobs together"
        yield Violation("usage_stats.job_count", message)


def _printers_of_types(values: Values) -> int:
    """Return how many printers the report has by type."""
    return sum(values.get("printer_fleet.printer_type_counts", {}).values())


def _exact(values: Values) -> Iterator[Violation]:
    """Judge what our own clients count themselves."""
    counts = values.get("printer_fleet.printer_type_counts")
    if counts is not None and _printers_of_types(values) != values.get("printer_fleet.printer_count", 0):
        yield Violation("printer_fleet.printer_type_counts", "Input should add up to printer_count")
    days = values.get("period.duration_days")
    if days is not None and days * DAY != values["period.end"] - values["period.start"]:
        yield Violation("period.duration_days", "Input should be the days from start to end")


def _history(values: Values) -> Iterator[Violation]:
    """Judge what a report says of the ones before it."""
    first = values["history.first_report"]
    if first != (values["history.weeks_since_previous_report"] == "none"):
        message = "Input should be 'none' in a first report and only there"
        yield Violation("history.weeks_since_previous_report", message)
    if first and values["history.previous_app_version"] is not None:
        yield Violation("history.previous_app_version", "Input should be null in a first report")


def _consent(values: Values) -> Iterator[Violation]:
    """Judge whether each field is covered by the consent."""
    categories = values["consent.categories"]
    if "base" not in categories:
        yield Violation("consent.categories", "Input should contain base")
    declined = _ALL_CATEGORIES.difference(categories)
    for path in values if declined else ():
        if _CATEGORIES[path] & declined:
            yield Violation(path, "Input should not be there: its category has no consent")
    agreed = values["consent.version"]
    for path in values if agreed < DICTIONARY.version else ():
        if _SINCE[path] > agreed:
            yield Violation(path, "Input should not be there: it is newer than the consent")
