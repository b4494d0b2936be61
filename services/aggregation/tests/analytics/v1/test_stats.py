from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from aggregation.analytics.numbers import change, percent
from aggregation.analytics.v1.anomalies import CHECKS, find_anomalies
from aggregation.analytics.v1.series import activity, series
from aggregation.analytics.v1.stats import Stats
from aggregation.storage.engine import Database
from aggregation.storage.schema import PENDING
from aggregation.weeks import monday
from tests.made import WEEK, deleted, fold_all, folded, made, stored

TODAY = monday(WEEK + 2) + timedelta(days=2)
ERRORS = {"connection_error": 4, "print_failed": 2}


def ask(storage: Database, name: str, *arguments: int, today: date = TODAY) -> dict[str, Any]:
    with storage.reading() as connection:
        answer: dict[str, Any] = getattr(Stats(connection, today), name)(*arguments)
    return answer


def test_nothing_yet(storage: Database) -> None:
    overview = ask(storage, "overview")
    assert overview["installations"]["total"] == overview["installations"]["active_7d"] == 0
    assert overview["deployment_modes"]["total"] == 0
    assert overview["versions"] == {
        "versions": [],
        "latest_version": None,
        "adoption_rate_latest": 0.0,
        "total_versions": 0,
    }
    assert overview["anomalies"]["anomalies"] == []
    assert ask(storage, "summary")["latest_submission_at"] is None
    assert ask(storage, "printers")["average_per_installation"] == 0.0


def test_latest_version_is_the_newest_in_use(storage: Database) -> None:
    versions = ["2.9.0", "2.9.0", "2.9.0", "2.10.0", "2.11.0b1", None]
    folded(storage, *(made(app_version=version) for version in versions))
    answer = ask(storage, "versions", 1)
    assert answer["versions"] == [{"version": "2.9.0", "count": 3, "percentage": 50.0}]
    assert (answer["latest_version"], answer["adoption_rate_latest"]) == ("2.10.0", 16.7)
    rows = [entry["version"] for entry in ask(storage, "versions", -1)["versions"]]
    assert sorted(rows) == ["2.10.0", "2.11.0b1", "2.9.0", "other"]
    assert answer["total_versions"] == 3, "`other` is none"


def test_latest_version_is_one_that_enough_homes_have(storage: Database) -> None:
    folded(storage, *(made(app_version="2.9.0") for _ in range(60)))
    folded(storage, *(made(app_version="9.0") for _ in range(4)), made(app_version="1!1.0.0"))
    assert ask(storage, "versions")["latest_version"] == "2.9.0"
    folded(storage, made(app_version="9.0"))
    answer = ask(storage, "versions")
    assert (answer["latest_version"], answer["total_versions"]) == ("9.0", 2)


def test_overview_is_as_old_as_the_oldest_report_that_waits(storage: Database) -> None:
    stored(storage, made())
    with storage.writing() as connection:
        connection.execute(update(PENDING).values(since=1_790_000_000))
    assert ask(storage, "overview")["last_updated"] == "2026-09-21T14:13:20"
    fold_all(storage)
    assert ask(storage, "overview")["last_updated"] > "2026-09-21T15"


def test_running_and_last_week_are_not_complete(storage: Database) -> None:
    with storage.reading() as connection:
        stats = Stats(connection, TODAY)
        found = [
            *series(stats, "active", "all", "", 4)["weeks"],
            *activity(stats, 4)["weeks"],
        ]
    assert [week["complete"] for week in found] == [True, True, False, False] * 2


def test_home_that_updates_has_its_last_version(storage: Database) -> None:
    folded(storage, made("a", WEEK, app_version="1.0"), made("a", WEEK + 1, app_version="2.0"))
    assert ask(storage, "versions")["versions"] == [{"version": "2.0", "count": 1, "percentage": 100.0}]
    days = ask(storage, "version_migration", 15)["migration"]
    assert (days[0]["date"], days[0]["versions"]) == (str(TODAY - timedelta(days=14)), {"1.0": 1})
    assert (days[-1]["date"], days[-1]["versions"]) == (str(TODAY), {"2.0": 1})
    assert ask(storage, "version_migration")["all_versions"] == ["2.0", "1.0"]
    assert ask(storage, "version_migration", 0)["migration"] == []


def test_home_that_is_gone_is_no_longer_active(storage: Database) -> None:
    folded(storage, made("gone", WEEK - 10), made("a", WEEK))
    assert ask(storage, "deployment_modes")["total"] == 1
    assert ask(storage, "summary")["unique_installations"] == 2
    assert ask(storage, "installations")["total"] == 2


def test_homes_by_day(storage: Database) -> None:
    day = TODAY - timedelta(days=1)
    folded(
        storage, made("a", WEEK - 1), made("b", WEEK - 1), made("a", WEEK), made("a", WEEK + 1, received=day)
    )
    answer = ask(storage, "installations", 2)
    assert answer["trend"] == [
        {"date": str(day), "total": 2, "active": 1},
        {"date": str(TODAY), "total": 2, "active": 0},
    ]
    assert (answer["active_7d"], answer["active_30d"], answer["growth_7d_percent"]) == (1, 2, 0.0)
    assert ask(storage, "installations", 0)["trend"] == []
    summary = ask(storage, "summary")
    assert summary["latest_submission_at"] == f"{day}T00:00:00"
    assert summary["total_submissions"] == 4


def test_running_week_is_no_drop(storage: Database) -> None:
    """On a Wednesday most reports of the last week are still to come."""
    for number in range(20):
        for week in range(4):
            late = timedelta(days=number % 7)
            if (day := monday(WEEK - 1 + week) + late) <= TODAY:
                folded(storage, made(f"h{number}", WEEK - 2 + week, received=day))
    answer = ask(storage, "installations")
    assert (answer["active_7d"], answer["growth_7d_percent"]) == (20, 0.0)
    assert ask(storage, "anomalies")["anomalies"] == []


def test_countries(storage: Database) -> None:
    folded(storage, *(made(country_code=code) for code in ("DE", "DE", "FR", "XX", "ZQ")))
    answer = ask(storage, "geography", 2)
    assert answer["countries"] == [
        {"code": "DE", "name": "Germany", "count": 2, "percentage": 66.7},
        {"code": "FR", "name": "France", "count": 1, "percentage": 33.3},
    ]
    assert answer["total_countries"] == 2


def test_printers_and_features(storage: Database) -> None:
    counts: dict[str, Any] = {"printer_count": 3, "printer_type_counts": {"prusa": 2, "other": 1}}
    folded(storage, made(**counts, feature_usage={"library_enabled": True}), made("b", feature_usage={}))
    folded(storage, made("c", printer_count=2, feature_usage={"library_enabled": False}))
    assert ask(storage, "printers") == {
        "total_printers": 5,
        "total_installations": 2,
        "average_per_installation": 2.5,
        "types": {"other": 1, "prusa": 2},
    }
    feature = {"feature": "library_enabled", "enabled": 1, "disabled": 1, "enabled_percent": 50.0}
    assert ask(storage, "features") == {
        "features": [feature | {"total_reporting": 2}],
        "total_installations": 3,
    }
    (trend,) = ask(storage, "feature_trends", 1)["trends"]
    assert trend["features"] == {"library_enabled": {"enabled": 1, "percent": 50.0}}


def test_all_errors_count(storage: Database) -> None:
    folded(
        storage,
        made("a", error_summary={"connection_timeout": 2, "print_failed": 0}),
        made("b", error_summary={}),
    )
    answer = ask(storage, "errors")
    assert answer["error_types"] == {"connection_timeout": 2}
    assert (answer["total_errors"], answer["installations_with_errors"]) == (2, 1)
    assert (answer["this_week_errors"], answer["last_week_errors"]) == (0, 2)
    assert ask(storage, "anomalies")["anomalies"] == [], "of two homes nothing is said"
    folded(storage, *(made(error_summary=ERRORS) for _ in range(8)))
    found = ask(storage, "anomalies")["anomalies"]
    assert [item["type"] for item in found] == ["active_users_drop", "high_error_rate"]
    assert found[1]["error_rate"] == 90.0


def test_deleted_home_is_in_no_answer(storage: Database) -> None:
    folded(storage, made("a", error_summary=ERRORS))
    before = ask(storage, "export")
    folded(storage, made("b", app_version="9.0", country_code="FR", error_summary=ERRORS))
    deleted(storage, "b")
    after = ask(storage, "export")
    for answer in (before, after):
        del answer["exported_at"], answer["anomalies"]
    assert after == before


def anomalies(**changes: Any) -> list[dict[str, Any]]:
    errors = {
        "installations_with_errors": 0,
        "has_spike": False,
        "error_change_percent": 0.0,
        "this_week_errors": 0,
        "last_week_errors": 0,
        "error_types": {},
    }
    given = {
        "active": (10, 10),
        "received_today": 3,
        "received_before": [3] * 30,
        "errors": errors | changes.pop("errors", {}),
        "homes": 10,
        "checked_at": "now",
    }
    answer = find_anomalies(**given | changes)
    assert answer["checks_performed"] == CHECKS
    found: list[dict[str, Any]] = answer["anomalies"]
    return found


@pytest.mark.parametrize(
    ("changes", "kind", "severity"),
    [
        ({"active": (7, 10)}, "active_users_drop", "medium"),
        ({"active": (4, 10)}, "active_users_drop", "high"),
        ({"active": (30, 10)}, "active_users_spike", "info"),
        ({"received_today": 10}, "submission_spike", "info"),
        ({"received_before": [10] * 29 + [1]}, "submission_drop", "medium"),
        ({"errors": {"has_spike": True, "error_change_percent": 60.0}}, "error_spike", "medium"),
        ({"errors": {"has_spike": True, "error_change_percent": 160.0}}, "error_spike", "high"),
        ({"errors": {"installations_with_errors": 4}}, "high_error_rate", "medium"),
        ({"errors": {"installations_with_errors": 6}}, "high_error_rate", "high"),
    ],
)
def test_anomaly(changes: dict[str, Any], kind: str, severity: str) -> None:
    (found,) = anomalies(**changes)
    assert (found["type"], found["severity"]) == (kind, severity)
    assert found["message"]


def test_no_anomaly() -> None:
    assert anomalies() == []
    assert anomalies(active=(5, 0), received_today=0) == []


def test_of_fewer_than_ten_homes_nothing_is_said() -> None:
    errors = {"installations_with_errors": 9}
    assert anomalies(active=(1, 9), homes=9, errors=errors) == []
    assert [each["type"] for each in anomalies(active=(1, 10), errors=errors)] == [
        "active_users_drop",
        "high_error_rate",
    ]


def test_of_nothing() -> None:
    assert (percent(1, 0), change(1, 0), change(3, 1)) == (0.0, 0.0, 200.0)
