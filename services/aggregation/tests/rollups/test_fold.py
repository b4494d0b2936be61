from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from aggregation.storage.engine import Database
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.weeks import monday, week_of_day
from tests.made import WEEK, count, deleted, fold_all, folded, made, rollups, stored, sums, verified

FULL: dict[str, Any] = {
    "python_version": "3.14.2",
    "printer_count": 3,
    "printer_types": ["bambu_lab", "prusa"],
    "printer_type_counts": {"bambu_lab": 2, "prusa": 1},
    "job_count": 23,
    "completed_count": 20,
    "failed_count": 2,
    "cancelled_count": 1,
    "print_hours": 99,
    "file_count": 18,
    "upload_count": 5,
    "uptime_hours": 168,
    "feature_usage": {"library_enabled": True, "timelapse_enabled": False},
    "error_summary": {"connection_timeout": 2, "print_failed": 0},
}
WHOLE = {
    "active:": 1,
    "protocol:1.0": 1,
    "app_version:2.42.0": 1,
    "python_version:3.14": 1,
    "platform:linux": 1,
    "deployment_mode:docker": 1,
    "country:DE": 1,
    "gap:none": 1,
    "age:0-1w": 1,
    "first_report:": 1,
    "printers:": 3,
    "capped_printers:": 3,
    "capped_printers_squares:": 9,
    "printer_homes:": 1,
    "home_size:3": 1,
    "printer_type_homes:bambu_lab": 1,
    "printer_type_homes:prusa": 1,
    "printer_type:bambu_lab": 2,
    "printer_type:prusa": 1,
    "capped_printer_type:bambu_lab": 2,
    "capped_printer_type:prusa": 1,
    "feature_on:library_enabled": 1,
    "feature_off:timelapse_enabled": 1,
    "usage:job_count": 23,
    "usage:completed_count": 20,
    "usage:failed_count": 2,
    "usage:cancelled_count": 1,
    "usage:print_hours": 99,
    "usage:file_count": 18,
    "usage:upload_count": 5,
    "usage:uptime_hours": 168,
    "capped_usage:job_count": 23,
    "capped_usage:completed_count": 20,
    "capped_usage:failed_count": 2,
    "capped_usage:cancelled_count": 1,
    "capped_usage:print_hours": 96,
    "capped_usage:file_count": 18,
    "capped_usage:upload_count": 5,
    "capped_usage:uptime_hours": 168,
    "capped_usage_squares:job_count": 529,
    "capped_usage_squares:completed_count": 400,
    "capped_usage_squares:failed_count": 4,
    "capped_usage_squares:cancelled_count": 1,
    "capped_usage_squares:print_hours": 96 * 96,
    "capped_usage_squares:file_count": 324,
    "capped_usage_squares:upload_count": 25,
    "capped_usage_squares:uptime_hours": 168 * 168,
    "success_homes:80": 1,
    "usage_homes:": 1,
    "jobs_homes:16": 1,
    "hours_homes:64": 1,
    "errors:connection_timeout": 2,
    "capped_errors:connection_timeout": 2,
    "capped_errors_squares:connection_timeout": 4,
    "capped_errors_squares:": 4,
    "error_homes:connection_timeout": 1,
    "error_homes:": 1,
    "error_hours:connection_timeout": 96 * 2 // 23,
    "clipped:bounded": 1,
    "error_reporting:": 1,
    "errors_of_home:2": 1,
    "error_homes_4w:": 1,
    "error_reporting_4w:": 1,
}
RECEIVED = {"received:1": 1, "received_errors:1": 2, "new_homes:1": 1, "seen:1:new": 1}
SCOPES = [
    ("all", ""),
    ("protocol", "1.0"),
    ("app_version", "2.42.0"),
    ("deployment_mode", "docker"),
    ("country", "DE"),
    ("gap", "none"),
    ("age", "0-1w"),
    ("printer_type", "bambu_lab"),
    ("printer_type", "prusa"),
    ("platform", "linux"),
    ("python_version", "3.14"),
    ("version_mode", "2.42.0 docker"),
    ("feature", "library_enabled"),
]
BY_DAY = ("protocol", "app_version", "deployment_mode", "country", "printer_type")


def test_one_report_in_every_scope(storage: Database) -> None:
    folded(storage, made(**FULL))
    expected = {(scope, WEEK, value): WHOLE for scope, value in SCOPES}
    expected["all", WEEK, ""] = WHOLE | {"delay:1": 1}
    expected["received", WEEK + 1, ""] = RECEIVED
    for scope, value in SCOPES:
        if scope in BY_DAY:
            expected["received", WEEK + 1, f"{scope}={value}"] = {"seen:1:new": 1}
    assert rollups(storage) == expected
    assert count(storage, PENDING) == 0
    assert verified(storage).agrees


def test_report_of_protocol_2(storage: Database) -> None:
    history: dict[str, Any] = {
        "weeks_since_previous_report": "3",
        "previous_app_version": "2.41.0",
        "age_bucket": "3-6m",
    }
    folded(storage, made(protocol="2.0", **history))
    found = sums(storage)
    assert found["gap:3"] == found["age:3-6m"] == found["migration:2.41.0>2.42.0"] == 1
    assert found["consent:base"] == found["consent:errors"] == found["consent_version:1"] == 1
    assert "first_report:" not in found
    assert sums(storage, WEEK + 1, "received")["seen:1:21"] == 1
    assert sums(storage, WEEK, "gap", "3")["app_version:2.42.0"] == 1


def test_undeclared_words_of_old_clients_are_other(storage: Database) -> None:
    folded(storage, made(app_version=None, deployment_mode=None))
    found = sums(storage)
    assert found["app_version:other"] == found["deployment_mode:other"] == found["python_version:other"] == 1


def test_two_reports_of_a_week_count_one_home(storage: Database) -> None:
    folded(
        storage,
        made("a", days=(0, 3), job_count=2, error_summary={"store_error": 1}),
        made("a", days=(3, 7), job_count=3, error_summary={"store_error": 4}, app_version="3.0"),
    )
    found = sums(storage)
    assert (found["active:"], found["usage:job_count"]) == (1, 5)
    assert (found["errors:store_error"], found["error_homes:store_error"]) == (5, 1)
    assert (found["app_version:3.0"], found.get("app_version:2.42.0", 0)) == (1, 0)
    assert sums(storage, WEEK + 1, "received") == {
        "received:1": 2,
        "received_errors:1": 5,
        "new_homes:1": 1,
        "seen:1:new": 1,
    }
    assert verified(storage).agrees


def test_history_of_protocol_1_is_derived(storage: Database) -> None:
    folded(storage, made("a", app_version="1.0"), made("a", WEEK + 3, app_version="2.0"))
    found = sums(storage, WEEK + 3)
    assert found["gap:3"] == found["age:1-4w"] == found["migration:1.0>2.0"] == 1
    assert "first_report:" not in found
    assert sums(storage, WEEK + 4, "received")["seen:1:21"] == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("limit", [1, 2, 500])
def test_order_does_not_matter(storage: Database, order: tuple[int, ...], limit: int) -> None:
    """Late weeks change the facts of the weeks after them."""
    day = date(2026, 12, 24)
    for number in order:
        stored(storage, made("a", WEEK + number, app_version=f"{number}.0", received=day, job_count=number))
    assert fold_all(storage, limit) == 3
    for number in (1, 2):
        found = sums(storage, WEEK + number)
        assert found[f"migration:{number - 1}.0>{number}.0"] == found["gap:1"] == found["active:"] == 1
    assert sums(storage)["first_report:"] == 1
    assert verified(storage).agrees


def test_nothing_to_fold(storage: Database) -> None:
    assert fold_all(storage) == 0
    assert rollups(storage) == {}


def test_crashed_fold_is_done_again(storage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(storage, *(made() for _ in range(5)))
    monkeypatch.setattr("aggregation.rollups.fold._forget", _crash)
    with pytest.raises(LookupError):
        fold_all(storage)
    assert (count(storage, PENDING), rollups(storage)) == (5, {})
    monkeypatch.undo()
    fold_all(storage)
    assert sums(storage)["active:"] == 5


def _crash(*_: object) -> None:
    raise LookupError


def test_deletion_takes_everything_back(storage: Database) -> None:
    folded(storage, made("b", WEEK, **FULL), made("c", WEEK + 1, protocol="2.0"))
    before = rollups(storage)
    folded(storage, *(made("a", WEEK + number, **FULL) for number in range(3)))
    stored(storage, made("a", WEEK + 5))
    assert deleted(storage, "a") == 4
    assert rollups(storage) == before
    assert (count(storage, SUBMISSIONS), count(storage, PENDING)) == (2, 0)
    assert fold_all(storage) == 0
    assert verified(storage).agrees


def test_unknown_installation(storage: Database) -> None:
    assert deleted(storage, "nobody") == 0
    assert stored(storage, made("nobody"))[0].outcome == "new"
    assert deleted(storage, "somebody", signed=True) == 0
    assert stored(storage, made("somebody"))[0].outcome == "gone"


@pytest.mark.parametrize(
    ("first", "bucket", "days", "seen"),
    [
        (True, "none", 8, "seen:1:new"),
        (False, "1", 8, "seen:1:7"),
        (False, "14+", 8, "seen:1:31"),
        (False, "1", 29, None),
    ],
)
def test_seen_with_the_report_that_comes_in_time(
    storage: Database, first: bool, bucket: str, days: int, seen: str | None
) -> None:
    day = monday(WEEK) + timedelta(days=days)
    history: dict[str, Any] = {"first_report": first, "weeks_since_previous_report": bucket}
    folded(storage, made(protocol="2.0", received=day, **history))
    rows = {key: totals for key, totals in rollups(storage).items() if key.scope == "received"}
    assert {name for totals in rows.values() for name in totals if name.startswith("seen")} == {seen} - {None}
    assert sums(storage, week_of_day(day), "received").keys() >= {seen} - {None}


def test_first_report_that_comes_late_is_a_new_home_not_seen_twice(storage: Database) -> None:
    folded(storage, made(protocol="2.0", received=monday(WEEK + 5), first_report=True))
    assert sums(storage, WEEK + 5, "received") == {"received:0": 1, "new_homes:0": 1}
