"""Counters: what an event adds, and where."""

from datetime import UTC
from zoneinfo import ZoneInfo

from custom_components.printernizer_stats.core import counters
from custom_components.printernizer_stats.core.models import FLEET, Period, UsageEvent


def test_a_print_adds_itself_its_time_and_its_filament() -> None:
    data: dict[str, int | bool] = {"duration_seconds": 90, "filament_mm": 5, "estimated": True}
    amounts = {
        "print_seconds": 90,
        "longest_print_seconds": 90,
        "timed_prints": 1,
        "filament_mm": 5,
    }
    completed = UsageEvent(type="job_completed", at=0, data=data)
    assert counters.deltas(completed) == {"job_completed": 1, **amounts}
    failed = UsageEvent(type="job_failed", at=0, data=data)
    assert counters.deltas(failed) == {
        "job_failed": 1,
        **amounts,
        "failed_print_seconds": 90,
        "failed_filament_mm": 5,
    }
    unknown = UsageEvent(type="job_cancelled", at=0, data={"estimated": True})
    assert counters.deltas(unknown) == {"job_cancelled": 1}


def test_of_a_print_without_a_duration_the_time_that_was_seen_is_added() -> None:
    event = UsageEvent(type="job_completed", at=0, data={"seen_seconds": 90, "estimated": True})
    assert counters.deltas(event) == {"job_completed": 1, "print_seconds": 90}
    failed = UsageEvent(type="job_failed", at=0, data={"seen_seconds": 90, "estimated": True})
    assert counters.deltas(failed) == {"job_failed": 1, "print_seconds": 90, "failed_print_seconds": 90}


def test_an_error_adds_its_type() -> None:
    event = UsageEvent(type="error_occurred", at=0, data={"error_type": "printer_error"})
    assert counters.deltas(event) == {"error_occurred": 1, "error_type.printer_error": 1}


def test_most_counters_add_up_and_the_longest_print_stays() -> None:
    counts = {"print_seconds": 5, "longest_print_seconds": 5}
    counters.combine(counts, {"print_seconds": 3, "longest_print_seconds": 3, "job_failed": 1})
    assert counts == {"print_seconds": 8, "longest_print_seconds": 5, "job_failed": 1}
    assert counters.average_seconds({}) is None
    assert counters.average_seconds({"print_seconds": 5, "timed_prints": 2}) == 2


def test_success_rate() -> None:
    assert counters.success_rate({}) is None
    assert counters.success_rate({"job_completed": 2, "job_failed": 1}) == 66.7
    assert counters.success_rate({"job_cancelled": 3}) == 0


def test_days_are_the_users_days() -> None:
    at = 1795346434.0  # 2026-11-22 11:20 UTC
    assert counters.local_day(at, UTC) == "2026-11-22"
    assert counters.local_day(at, ZoneInfo("Pacific/Auckland")) == "2026-11-23"


def test_running_periods() -> None:
    firsts = {period: counters.first_day(period, "2026-11-22") for period in Period}
    assert firsts == {
        Period.EVER: "",
        Period.YEAR: "2026-01-01",
        Period.MONTH: "2026-11-01",
        Period.WEEK: "2026-11-16",
        Period.DAY: "2026-11-22",
    }
    assert list(counters.periods_of("2026-11-15", "2026-11-22")) == [Period.EVER, Period.YEAR, Period.MONTH]
    assert list(counters.periods_of("2025-12-31", "2026-11-22")) == [Period.EVER]
    assert list(counters.periods_of("2026-11-23", "2026-11-22")) == list(Period)
    assert list(counters.periods_of("2026-11-16", "2026-11-22"))[-1] is Period.WEEK


def test_days_are_grouped_by_the_first_day_of_their_week() -> None:
    days = {"2026-11-15": {"job_failed": 1}, "2026-11-16": {"job_failed": 2}, "2026-11-22": {"job_failed": 3}}
    assert counters.group_days(days, Period.WEEK) == {
        "2026-11-09": {"job_failed": 1},
        "2026-11-16": {"job_failed": 5},
    }


def test_what_a_printer_does_counts_for_it_and_for_the_fleet() -> None:
    assert list(counters.owners("p")) == [FLEET, "p"]
    assert list(counters.owners(None)) == [FLEET]


def test_ends_and_errors_are_counted_by_type_of_printer_too() -> None:
    ended = UsageEvent(type="job_failed", at=0, data={"printer_type": "klipper"})
    assert counters.metric_of_type(ended) == "type.job_failed.klipper"
    begun = UsageEvent(type="job_created", at=0, data={"printer_type": "klipper"})
    assert counters.metric_of_type(begun) is None
    assert counters.metric_of_type(UsageEvent(type="job_failed", at=0)) is None
    error = UsageEvent(type="error_occurred", at=0, data={"printer_type": "klipper"})
    assert counters.metric_of_type(error) == "type.error_occurred.klipper"


def test_counts_by_type_are_those_of_one_event_that_happened() -> None:
    counts = {
        "type.job_failed.klipper": 2,
        "type.job_failed.prusa": 0,
        "type.job_completed.klipper": 3,
        "job_failed": 2,
    }
    assert counters.counts_by_type(counts, "job_failed") == {"klipper": 2}


def test_the_average_of_prints_that_took_no_second_is_zero() -> None:
    assert counters.average_seconds({"timed_prints": 1}) == 0
