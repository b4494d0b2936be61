from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregation.ingest.rules import violations

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 11, 15, tzinfo=UTC)
WEEK = timedelta(days=7)


def paths(**values: Any) -> list[str]:
    """Return which fields are impossible; a double underscore stands for a dot."""
    report = {"period.start": START, "period.end": START + WEEK}
    report |= {name.replace("__", "."): value for name, value in values.items()}
    return [violation.path for violation in violations(report, NOW)]


def test_nothing_given() -> None:
    assert paths() == []


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        (START, timedelta(seconds=1), []),
        (START, timedelta(days=31), []),
        (START, timedelta(days=31, seconds=1), ["period.end"]),
        (START, timedelta(0), ["period.end"]),
        (START, timedelta(days=-7), ["period.end"]),
        (NOW + timedelta(days=2), WEEK, []),
        (NOW + timedelta(days=2, seconds=1), WEEK, ["period.start"]),
        (datetime(2020, 1, 1, tzinfo=UTC), WEEK, []),
        (datetime(2019, 12, 31, tzinfo=UTC), WEEK, ["period.start"]),
    ],
)
def test_period(start: datetime, span: timedelta, expected: list[str]) -> None:
    assert paths(period__start=start, period__end=start + span) == expected


def test_uptime() -> None:
    assert paths(usage_stats__uptime_hours=7 * 24 + 24) == []
    assert paths(usage_stats__uptime_hours=7 * 24 + 25) == ["usage_stats.uptime_hours"]


def test_jobs() -> None:
    outcomes = {
        "usage_stats__completed_count": 2,
        "usage_stats__failed_count": 1,
        "usage_stats__cancelled_count": 1,
    }
    assert paths(usage_stats__job_count=4, **outcomes) == []
    assert paths(usage_stats__job_count=3, **outcomes) == ["usage_stats.job_count"]
    assert paths(**outcomes) == ["usage_stats.job_count"]


def test_printers() -> None:
    field = "printer_fleet.printer_type_counts"
    counts = {"prusa": 1, "other": 1}
    assert paths(printer_fleet__printer_count=2, printer_fleet__printer_type_counts=counts) == []
    assert paths(printer_fleet__printer_count=3, printer_fleet__printer_type_counts={}) == []
    assert paths(printer_fleet__printer_count=3) == []
    assert paths(printer_fleet__printer_count=3, printer_fleet__printer_type_counts=counts) == [field]
    assert paths(printer_fleet__printer_type_counts=counts) == [field]
