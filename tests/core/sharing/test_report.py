"""Reports: canonical bytes that hold declared words and sums only."""

import dataclasses
from datetime import date, timedelta
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.counters import COUNTED_BY_TYPE, ERROR_PREFIX, TYPE_PREFIX
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, DictionaryError
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing import feature_use, report as report_module
from custom_components.printernizer_stats.core.sharing.report import (
    Agreement,
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
    canonical,
    everything,
)

MONDAY = date(2026, 11, 16)
IDENTITY = "550e8400-e29b-41d4-a716-446655440000"
AUTHOR = ReportIdentity(installation_id=IDENTITY, agreement=everything())


def facts(**changes: Any) -> InstallationInfo:
    known: dict[str, Any] = {
        "app_version": "0.1.0",
        "python_version": "3.14",
        "platform": "linux",
        "deployment_mode": "homeassistant",
        "country_code": "NL",
        "fleet": PrinterFleet(types={"octoprint": 2, "prusa": 1}),
        "ha_version": "2026.11",
    }
    return InstallationInfo(**known | changes)


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
    assert len(report.body) <= 1228
    assert report.body.isascii()


def agreement(*categories: str) -> Agreement:
    return Agreement(version=1, categories=("base", *categories), text_sha256="ab" * 32)


SUPPLEMENT = Supplement(
    first_report=False,
    weeks_since_previous_report="3",
    previous_app_version=None,
    age_bucket="3-6m",
    features={"dashboard_enabled": True, "energy_enabled": False},
    features_first_used=("dashboard_enabled",),
)
COUNTRY, PRINTERS, FEATURES, SYSTEM = DICTIONARY.turns
EVERY = ("errors", "features", "printers", "usage")
WEEK = (MONDAY, MONDAY + timedelta(days=7))


def author(*categories: str, turn: str = COUNTRY, supplement: Supplement = SUPPLEMENT) -> ReportIdentity:
    """An author of the second protocol, in a week of that turn."""
    return ReportIdentity(
        installation_id=f"{IDENTITY[:-1]}{DICTIONARY.turns.index(turn)}",
        agreement=agreement(*categories),
        supplement=supplement,
    )


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


BY_TYPE = {
    "type.job_completed.prusa": 3,
    "type.job_failed.prusa": 1,
    "type.job_cancelled.octoprint": 2,
    "type.error_occurred.prusa": 4,
}
TOLD_BY_TYPE = {
    "completed_by_type": {"prusa": 3},
    "failed_by_type": {"prusa": 1},
    "cancelled_by_type": {"octoprint": 2},
    "errors_by_type": {"prusa": 4},
}


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
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (COUNTRY, {"country": "NL"}),
        (PRINTERS, {"printers": {"octoprint": 2, "prusa": 1}, "by_type": TOLD_BY_TYPE}),
        (FEATURES, {"features": dict(SUPPLEMENT.features), "first_used": ["dashboard_enabled"]}),
        (SYSTEM, {"deployment": "_os", "ha_version": "2026.11"}),
    ],
)
def test_a_week_tells_country_printers_features_or_system(turn: str, said: dict[str, Any]) -> None:
    known = author(*EVERY, turn=turn)
    report = build(facts(deployment_mode="homeassistant_os"), BY_TYPE, known, *WEEK)
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


MANY = 9999
LONG = sorted(DICTIONARY.enums["printer_type"], key=len)[-2:]


@pytest.mark.parametrize("turn", DICTIONARY.turns)
def test_a_busy_home_with_two_types_of_printers_has_a_report_of_bounded_size(turn: str) -> None:
    supplement = dataclasses.replace(
        SUPPLEMENT,
        previous_app_version="10.11.12",
        features=dict.fromkeys(feature_use.FEATURES, True),
        features_first_used=feature_use.FEATURES,
    )
    counts = dict.fromkeys(("job_completed", "job_failed", "job_cancelled", "file_uploaded"), MANY)
    counts |= {"print_seconds": MANY * 3600, "uptime_seconds": 604800}
    counts |= {
        f"{ERROR_PREFIX}{kind}": MANY for kind in ("print_failed", "connection_error", "printer_error")
    }
    counts |= {f"{TYPE_PREFIX}{event}.{kind}": MANY for event in COUNTED_BY_TYPE for kind in LONG}
    info = facts(
        app_version="10.11.12",
        deployment_mode="homeassistant_supervised",
        fleet=PrinterFleet(types=dict.fromkeys(LONG, 20)),
    )
    known = author(*EVERY, turn=turn, supplement=supplement)
    assert 800 < len(build(info, counts, known, *WEEK).body) <= 1228


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


def test_a_report_longer_than_the_service_takes_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    small = dataclasses.replace(DICTIONARY, report_max_bytes=100)
    monkeypatch.setattr(report_module, "DICTIONARY", small)
    with pytest.raises(DictionaryError, match="too_long"):
        build(facts(), {}, AUTHOR, MONDAY, MONDAY + timedelta(days=7))
