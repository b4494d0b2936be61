"""Counters: what an event adds, and where."""

from datetime import UTC
from zoneinfo import ZoneInfo

from custom_components.printernizer_stats import counters
from custom_components.printernizer_stats.counters import CounterKey, Scope
from custom_components.printernizer_stats.models import UsageEvent


def test_a_print_adds_itself_its_time_and_its_filament() -> None:
    event = UsageEvent(
        type="job_failed", at=0, data={"duration_seconds": 90, "filament_mm": 5, "estimated": True}
    )
    assert counters.deltas(event) == {"job_failed": 1, "print_seconds": 90, "filament_mm": 5}


def test_an_error_adds_its_type() -> None:
    event = UsageEvent(type="error_occurred", at=0, data={"error_type": "printer_error"})
    assert counters.deltas(event) == {"error_occurred": 1, "error_type.printer_error": 1}


def test_amounts_go_to_the_printer_and_to_the_fleet_but_reports_know_the_fleet_only() -> None:
    spread = dict(counters.spread({"job_completed": 1}, day="2026-11-22", interval=7, printer="p"))
    assert set(spread) == {
        CounterKey(Scope.TOTAL, "", "", "job_completed"),
        CounterKey(Scope.TOTAL, "", "p", "job_completed"),
        CounterKey(Scope.DAY, "2026-11-22", "", "job_completed"),
        CounterKey(Scope.DAY, "2026-11-22", "p", "job_completed"),
        CounterKey(Scope.INTERVAL, "7", "", "job_completed"),
    }
    assert set(spread.values()) == {1}


def test_success_rate() -> None:
    assert counters.success_rate({}) is None
    assert counters.success_rate({"job_completed": 2, "job_failed": 1}) == 66.7
    assert counters.success_rate({"job_cancelled": 3}) == 0


def test_days_are_the_users_days() -> None:
    at = 1795346434.0  # 2026-11-22 11:20 UTC
    assert counters.local_day(at, UTC) == "2026-11-22"
    assert counters.local_day(at, ZoneInfo("Pacific/Auckland")) == "2026-11-23"
    assert counters.week_start("2026-11-22") == "2026-11-16"
    assert counters.week_start("2026-11-16") == "2026-11-16"


def test_sums_over_days() -> None:
    days = {"2026-11-15": {"job_completed": 4}, "2026-11-16": {"job_completed": 1}, "2026-11-17": {}}
    assert counters.total(days, "job_completed", "2026-11-16") == 1
