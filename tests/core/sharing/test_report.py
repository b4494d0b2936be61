"""Reports: canonical bytes that hold declared words and sums only."""

import dataclasses
from datetime import date, timedelta
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.counters import ERROR_PREFIX
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, DictionaryError
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing import report as report_module
from custom_components.printernizer_stats.core.sharing.report import (
    Agreement,
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
    canonical,
    everything,
    protocol_of,
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


def author(*categories: str, installation_id: str = IDENTITY) -> ReportIdentity:
    """An author of the second protocol."""
    supplement = Supplement(
        first_report=False,
        weeks_since_previous_report="2-4",
        previous_app_version=None,
        age_bucket="1-6m",
    )
    return ReportIdentity(
        installation_id=installation_id, agreement=agreement(*categories), supplement=supplement
    )


def test_the_second_protocol_adds_consent_and_history() -> None:
    every = author("errors", "features", "printers", "usage")
    end = MONDAY + timedelta(days=7)
    first = build(facts(), {"job_completed": 1}, AUTHOR, MONDAY, end)
    second = build(facts(), {"job_completed": 1}, every, MONDAY, end)
    content = json.loads(second.body)
    assert content.pop("consent") == {
        "version": 1,
        "categories": ["base", "errors", "features", "printers", "usage"],
        "text_sha256": "ab" * 32,
    }
    assert content.pop("history") == {
        "first_report": False,
        "weeks_since_previous_report": "2-4",
        "previous_app_version": None,
        "age_bucket": "1-6m",
    }
    assert (protocol_of(first.body), protocol_of(second.body)) == ("1.0", "2.0")
    content["installation"]["country_code"] = "NL"
    assert content | {"schema_version": "1.0"} == json.loads(first.body)


@pytest.mark.parametrize("last_digit", "0123456789abcdef")
def test_a_week_tells_the_country_or_the_printers(last_digit: str) -> None:
    known = author("printers", installation_id=IDENTITY[:-1] + last_digit)
    content = json.loads(build(facts(), {}, known, MONDAY, MONDAY + timedelta(days=7)).body)
    told = (content["installation"]["country_code"], content["printer_fleet"].get("printer_count"))
    assert told == (("XX", 3) if last_digit in "02468ace" else ("NL", None))


def test_without_the_printers_every_week_tells_the_country() -> None:
    for last_digit in "01":
        known = author(installation_id=IDENTITY[:-1] + last_digit)
        content = json.loads(build(facts(), {}, known, MONDAY, MONDAY + timedelta(days=7)).body)
        assert content["installation"]["country_code"] == "NL"


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
