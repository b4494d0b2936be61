"""Properties by which homes can be filtered, and what is counted of fields that not every client has."""

from typing import Any

import pytest

from aggregation.rollups.bounds import in_proportion, success_band
from aggregation.rollups.measures import MEASURES
from aggregation.rollups.properties import age
from aggregation.rollups.scopes import Scope
from aggregation.rollups.values import home_assistant_version
from aggregation.storage.engine import Database
from tests.made import WEEK, folded, made, rollups, sums

TOLD: dict[str, Any] = {
    "protocol": "2.0",
    "weeks_since_previous_report": "7",
    "previous_app_version": "2.41.0",
    "ha_version": "2026.11",
    "printernizer_version": "2.41.0",
    "printernizer_mode": "pi",
    "features_first_used": ["library_enabled"],
    "feature_usage": {"library_enabled": True, "timelapse_enabled": False},
    "printer_types": ["prusa"],
    "completed_by_type": {"prusa": 30},
    "failed_by_type": {"prusa": 10},
    "errors_by_type": {"prusa": 3},
    "experiment": "shorter_text",
    "variant": "b",
    "error_summary": {"print_failed": 3},
    "weeks_since_error": 0,
}


def test_every_scope_of_a_home_that_tells_everything(storage: Database) -> None:
    folded(storage, made("a", **TOLD))
    found = {(key.scope, key.scope_value) for key in rollups(storage) if key.week == WEEK}
    assert found >= {
        (Scope.HA_VERSION, "2026.11"),
        (Scope.PRINTERNIZER_VERSION, "2.41.0"),
        (Scope.PRINTERNIZER_MODE, "pi"),
        (Scope.FEATURE, "library_enabled"),
        (Scope.FEATURE_FIRST, "library_enabled"),
        (Scope.ONLY_PRINTER_TYPE, "prusa"),
        (Scope.VERSION_MODE, "2.42.0 docker"),
        (Scope.CHANGED_TO, "2.42.0"),
        (Scope.EXPERIMENT, "shorter_text b"),
        (Scope.GAP, "7"),
    }
    assert (Scope.FEATURE, "timelapse_enabled") not in found


def test_what_a_home_does_not_tell_in_a_week_is_taken_for_nothing(storage: Database) -> None:
    folded(storage, made("a", protocol="2.0", deployment_mode="homeassistant", country_code="XX"))
    scopes = {key.scope for key in rollups(storage) if key.week == WEEK}
    assert Scope.PLATFORM in scopes
    assert scopes.isdisjoint({Scope.DEPLOYMENT_MODE, Scope.VERSION_MODE, Scope.COUNTRY})
    assert not any(name.startswith(("deployment_mode", "country")) for name in sums(storage))


def test_homes_of_2_0_that_tell_no_version_before_have_the_same(storage: Database) -> None:
    folded(storage, made("a", **TOLD | {"previous_app_version": None}))
    found = sums(storage)
    assert found["previous_version:2.42.0"] == found["migration:2.42.0>2.42.0"] == 1
    assert (Scope.CHANGED_TO, "same") in {(key.scope, key.scope_value) for key in rollups(storage)}


def test_what_is_told_by_type_of_printer_is_bounded(storage: Database) -> None:
    folded(storage, made("a", **TOLD))
    found = sums(storage)
    assert (found["type_completed:prusa"], found["type_failed:prusa"]) == (18, 6)
    assert (found["type_errors:prusa"], found["type_error_homes:prusa"]) == (3, 1)
    assert found["feature_first:library_enabled"] == found["ha_version:2026.11"] == 1
    assert found["experiment:shorter_text b"] == 1
    assert found["printernizer_version:2.41.0"] == found["printernizer_mode:pi"] == 1
    assert found["error_homes_4w:"] == found["error_reporting_4w:"] == 1


def test_a_home_with_several_types_is_of_none_alone(storage: Database) -> None:
    folded(storage, made("a", printer_types=["prusa", "bambu_lab"]))
    assert not any(key.scope == Scope.ONLY_PRINTER_TYPE for key in rollups(storage))


def test_errors_of_four_weeks_are_remembered_for_homes_with_an_id(storage: Database) -> None:
    errors: list[dict[str, int]] = [{"print_failed": 1}, {}, {}, {}, {}]
    folded(storage, *(made("a", WEEK + number, error_summary=each) for number, each in enumerate(errors)))
    found = [sums(storage, WEEK + number).get("error_homes_4w:", 0) for number in range(5)]
    assert found == [1, 1, 1, 1, 0]


def test_errors_of_four_weeks_are_unknown_of_homes_without(storage: Database) -> None:
    folded(storage, made("a", protocol="2.0", error_summary={"print_failed": 1}))
    assert "error_reporting_4w:" not in sums(storage)


def test_every_sum_is_of_a_declared_measure_and_scope(storage: Database) -> None:
    folded(storage, made("a", **TOLD), made("b", is_apart=True), made("c", printer_count=3, job_count=4))
    for key, totals in rollups(storage).items():
        assert key.scope in list(Scope)
        assert {name.partition(":")[0] for name in totals} <= MEASURES.keys()


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("2026.11", "2026.11"),
        ("2026.11.3", "2026.11"),
        ("2026.13", "other"),
        ("1999.1", "other"),
        ("x", "other"),
    ],
)
def test_home_assistant_by_year_and_month(text: str, counted: str) -> None:
    assert home_assistant_version(text) == counted


@pytest.mark.parametrize(("weeks", "bucket"), [("0", "0-1w"), ("3", "1-4w"), ("25", "3-6m"), ("500", "2y+")])
def test_ages_in_weeks_are_in_the_buckets_of_the_dictionary(weeks: str, bucket: str) -> None:
    assert age({"age_bucket": weeks}) == age({"age_bucket": bucket}) == bucket


@pytest.mark.parametrize(
    ("completed", "failed", "band"), [(0, 0, None), (0, 3, "0"), (1, 1, "50"), (99, 1, "95"), (5, 0, "100")]
)
def test_success_in_bands(completed: int, failed: int, band: str | None) -> None:
    usage = {"completed_count": completed, "failed_count": failed, "cancelled_count": 0}
    assert success_band(usage) == band


def test_in_proportion_keeps_what_is_little() -> None:
    assert in_proportion({"a": 3, "b": 1}, 24) == {"a": 3, "b": 1}
    assert in_proportion({}, 24) == {}
