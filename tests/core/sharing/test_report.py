"""Reports: canonical bytes that hold declared words and sums only."""

import dataclasses
from datetime import timedelta
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.counters import ERROR_PREFIX
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, DictionaryError
from custom_components.printernizer_stats.core.sharing.report import (
    ReportIdentity,
    build,
)
from custom_components.printernizer_stats.core.sharing.report_bytes import MOST_BYTES, canonical

from .reports import (
    AUTHOR,
    BY_TYPE,
    COUNTRY,
    EVERY,
    FEATURES,
    IDENTITY,
    MONDAY,
    PRINTERS,
    SUPPLEMENT,
    SYSTEM,
    TOLD_BY_TYPE,
    WEEK,
    agreement,
    author,
    facts,
)

_COUNTS = st.dictionaries(
    st.sampled_from(
        [*DICTIONARY.events, "print_seconds", "uptime_seconds"]
        + [f"{ERROR_PREFIX}{word}" for word in DICTIONARY.enums["error_type"]]
    ),
    st.integers(0, 300_000),
)


def test_a_report_word_for_word() -> None:
    counts = {
        "job_completed": 3,
        "job_failed": 1,
        "job_cancelled": 2,
        "print_seconds": 7300,
        "uptime_seconds": 604799,
        "file_uploaded": 4,
        "error_type.printer_error": 1,
        "error_type.setup_error": 0,
        "app_start": 9,
    }
    report = build(facts(), counts, AUTHOR, MONDAY, MONDAY + timedelta(days=7))
    assert json.loads(report.body) == {
        "schema_version": "1.0",
        "installation": {
            "installation_id": IDENTITY,
            "app_version": "0.1.0",
            "python_version": "3.14",
            "platform": "linux",
            "deployment_mode": "homeassistant",
            "country_code": "NL",
        },
        "period": {"start": "2026-11-16T00:00:00Z", "end": "2026-11-23T00:00:00Z", "duration_days": 7},
        "printer_fleet": {
            "printer_count": 3,
            "printer_types": ["octoprint", "prusa"],
            "printer_type_counts": {"octoprint": 2, "prusa": 1},
        },
        "usage_stats": {
            "job_count": 6,
            "completed_count": 3,
            "failed_count": 1,
            "cancelled_count": 2,
            "print_hours": 2,
            "file_count": 0,
            "upload_count": 4,
            "uptime_hours": 167,
            "feature_usage": {},
        },
        "error_summary": {"printer_error": 1},
    }


@pytest.mark.parametrize("country", ["", "nl", "Netherlands", "N\u0000"])
def test_nothing_undeclared_becomes_a_report(country: str) -> None:
    with pytest.raises(DictionaryError):
        build(facts(country_code=country), {}, AUTHOR, MONDAY, MONDAY + timedelta(days=7))


@given(counts=_COUNTS, days=st.integers(1, 7))
def test_equal_content_gives_equal_bytes_of_bounded_size(counts: dict[str, int], days: int) -> None:
    end = MONDAY + timedelta(days=days)
    report = build(facts(), counts, AUTHOR, MONDAY, end)
    shuffled = dict(reversed(counts.items()))
    assert build(facts(), shuffled, AUTHOR, MONDAY, end) == report
    assert canonical(json.loads(report.body)) == report.body
    assert len(report.body) <= MOST_BYTES
    assert report.body.isascii()


def told(turn: str, *categories: str, counts: dict[str, int] | None = None) -> dict[str, Any]:
    """What a report says in a week of that turn."""
    known = author(*(categories or EVERY), turn=turn)
    content: dict[str, Any] = json.loads(build(facts(), counts or {}, known, *WEEK).body)
    return content


def test_the_second_protocol_adds_consent_and_history() -> None:
    first = json.loads(build(facts(), {"job_completed": 1}, AUTHOR, *WEEK).body)
    second = told(COUNTRY, counts={"job_completed": 1})
    assert second["consent"] == {
        "version": 1,
        "categories": ["base", "errors", "features", "printers", "usage"],
        "text_sha256": "ab" * 32,
    }
    assert second["history"] == {
        "first_report": False,
        "weeks_since_previous_report": "3",
        "previous_app_version": None,
        "age_bucket": "3-6m",
    }
    assert (first["schema_version"], second["schema_version"]) == ("1.0", "2.0")
    assert second["installation"] == first["installation"] | {"installation_id": IDENTITY}
    assert second["usage_stats"].items() <= first["usage_stats"].items()
    assert second["printer_fleet"] == {}


def rare(content: dict[str, Any]) -> dict[str, Any]:
    """What a report tells that could tell homes apart, as far as it tells it."""
    installation, usage = content["installation"], content["usage_stats"]
    found = {
        "country": installation["country_code"] if installation["country_code"] != "XX" else None,
        "printers": content["printer_fleet"].get("printer_type_counts"),
        "by_type": {name: usage[name] for name in TOLD_BY_TYPE if name in usage},
        "features": usage.get("feature_usage"),
        "first_used": usage.get("features_first_used"),
        "deployment": installation["deployment_mode"].removeprefix("homeassistant"),
        "ha_version": installation.get("ha_version"),
        "app": (installation.get("printernizer_version"), installation.get("printernizer_mode")),
    }
    if found["app"] == (None, None):
        del found["app"]
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (COUNTRY, {"country": "NL"}),
        (PRINTERS, {"printers": {"octoprint": 2, "prusa": 1}, "by_type": TOLD_BY_TYPE}),
        (FEATURES, {"features": dict(SUPPLEMENT.features), "first_used": ["dashboard_enabled"]}),
        (SYSTEM, {"deployment": "_os", "ha_version": "2026.11", "app": ("2.42.0", "docker")}),
    ],
)
def test_a_week_tells_country_printers_features_or_system(turn: str, said: dict[str, Any]) -> None:
    known = author(*EVERY, turn=turn)
    installation = facts(
        deployment_mode="homeassistant_os", printernizer_version="2.42.0", printernizer_mode="docker"
    )
    report = build(installation, BY_TYPE, known, *WEEK)
    assert rare(json.loads(report.body)) == said


@pytest.mark.parametrize("last_digit", "0123456789abcdef")
def test_the_id_of_the_week_draws_the_turn(last_digit: str) -> None:
    known = dataclasses.replace(author(*EVERY), installation_id=IDENTITY[:-1] + last_digit)
    content = json.loads(build(facts(), {}, known, *WEEK).body)
    turn = DICTIONARY.turns[int(last_digit, 16) % 4]
    assert (content["installation"]["country_code"] == "NL") is (turn == COUNTRY)
    assert ("printer_count" in content["printer_fleet"]) is (turn == PRINTERS)


def test_what_was_declined_leaves_its_weeks_empty() -> None:
    assert rare(told(PRINTERS, "features", "usage", counts=BY_TYPE)) == {}
    assert rare(told(FEATURES, "printers", "usage")) == {}


@pytest.mark.parametrize(
    ("categories", "by_type"),
    [
        (("printers",), set()),
        (("usage", "errors"), set()),
        (("printers", "usage"), {"completed_by_type", "failed_by_type", "cancelled_by_type"}),
        (("printers", "errors"), {"errors_by_type"}),
    ],
)
def test_counts_by_type_need_both_categories(categories: tuple[str, ...], by_type: set[str]) -> None:
    content = told(PRINTERS, *categories, counts=BY_TYPE)
    assert content["usage_stats"].keys() & TOLD_BY_TYPE.keys() == by_type


@pytest.mark.parametrize("known", [ReportIdentity(installation_id=IDENTITY, agreement=agreement()), author()])
def test_what_was_not_agreed_to_is_left_out_of_both_protocols(known: ReportIdentity) -> None:
    counts = {"job_completed": 1, "uptime_seconds": 7200, "error_type.printer_error": 1}
    content = json.loads(build(facts(), counts, known, MONDAY, MONDAY + timedelta(days=7)).body)
    assert content["usage_stats"] == {"uptime_hours": 2}
    assert content["printer_fleet"] == {}
    assert "error_summary" not in content


def test_a_report_of_no_known_protocol_is_refused() -> None:
    with pytest.raises(DictionaryError, match="schema_version"):
        DICTIONARY.check_report({"schema_version": "3.0"})
