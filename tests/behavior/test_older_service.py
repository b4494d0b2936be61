"""Older and newer get along: a report holds what both know, whoever was updated first."""

from dataclasses import replace
from datetime import date
import json
from typing import Any

import pytest

from custom_components.printernizer_stats.core.counters import ERROR_PREFIX
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, Field
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing import report
from custom_components.printernizer_stats.core.sharing.report import (
    Agreement,
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
)
from custom_components.printernizer_stats.core.sharing.service_info import ServiceInfo

from ..helpers import INTEGRATION

FIRST = {
    "age_bucket": 7,
    "category": 5,
    "component": 6,
    "deployment_mode": 8,
    "error_type": 12,
    "experiment": 0,
    "feature": 13,
    "platform": 4,
    "printer_type": 13,
    "printernizer_mode": 4,
    "variant": 3,
    "weeks_since": 15,
}
"""How many words each enum had in the first version."""
WEEK = (date(2026, 10, 12), date(2026, 10, 19))
FACTS = InstallationInfo(
    app_version="0.2.0",
    python_version="3.14",
    platform="linux",
    deployment_mode="homeassistant",
    country_code="NL",
    fleet=PrinterFleet(types={"octoprint": 1, "other": 2, "sovol": 3}),
    ha_version="2026.10",
)
SUPPLEMENT = Supplement(
    first_report=True,
    weeks_since_previous_report="none",
    previous_app_version=None,
    age_bucket="0-1w",
    features={"energy_enabled": True, "teleport": True},
)


def author(turn: str) -> ReportIdentity:
    """An author in a week of that turn."""
    return ReportIdentity(
        installation_id=f"550e8400-e29b-81d4-a716-44665544000{DICTIONARY.turns.index(turn)}",
        agreement=Agreement(version=2, categories=tuple(DICTIONARY.categories), text_sha256="ab" * 32),
        supplement=SUPPLEMENT,
    )


@pytest.fixture(autouse=True)
def _newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the dictionary have a second version: a printer type, a feature, an error type and a field."""
    newer = {"printer_type": "sovol", "feature": "teleport", "error_type": "gremlin"}

    def extended(path: str, declared: Field) -> Field:
        words = {
            "printer_fleet.printer_types": "sovol",
            "printer_fleet.printer_type_counts": "sovol",
            "usage_stats.feature_usage": "teleport",
            "error_summary": "gremlin",
        }
        if (word := words.get(path)) is None:
            return replace(declared, since=2) if path == "usage_stats.file_count" else declared
        return replace(declared, words=declared.words | {word}, newer={word: 2})

    assert set(newer) <= DICTIONARY.enums.keys()
    fields = {path: extended(path, declared) for path, declared in DICTIONARY.report.items()}
    second = replace(DICTIONARY, version=2, report=fields)
    monkeypatch.setattr(report, "DICTIONARY", second)


def _told(understood: int, turn: str = "printers") -> dict[str, Any]:
    counts = {f"{ERROR_PREFIX}gremlin": 4, f"{ERROR_PREFIX}printer_error": 1, "file_downloaded": 2}
    content: dict[str, Any] = json.loads(build(FACTS, counts, author(turn), *WEEK, understood).body)
    return content


def test_a_newer_client_says_what_an_older_service_knows() -> None:
    told = _told(1)
    fleet = told["printer_fleet"]
    assert fleet["printer_types"] == ["octoprint", "other"]
    assert fleet["printer_type_counts"] == {"octoprint": 1, "other": 5}
    assert fleet["printer_count"] == 6
    assert _told(1, "features")["usage_stats"]["feature_usage"] == {"energy_enabled": True}
    assert "file_count" not in told["usage_stats"]
    known = DICTIONARY.report["error_summary"].words
    assert set(told["error_summary"]) <= known
    assert told["error_summary"]["printer_error"] == 1


def test_a_service_of_the_same_age_is_told_everything() -> None:
    told = _told(2)
    assert told["printer_fleet"]["printer_type_counts"] == {"octoprint": 1, "other": 2, "sovol": 3}
    features = _told(2, "features")["usage_stats"]["feature_usage"]
    assert features == {"energy_enabled": True, "teleport": True}
    assert told["usage_stats"]["file_count"] == 2
    assert told["error_summary"]["gremlin"] == 4


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ({"dictionary": {"version": 1}}, 1),
        ({"dictionary": {"version": 10**400}}, DICTIONARY.version),
        ({"dictionary": {"version": True}}, 1),
        ({"dictionary": {"version": -3}}, 1),
        ({"dictionary": []}, 1),
        ({}, 1),
    ],
)
def test_only_the_version_is_taken_and_never_more_than_is_known(said: dict[str, Any], version: int) -> None:
    """A service that could name words could mark a home, and find the mark in the next week."""
    assert ServiceInfo.read("https://stats.example.com/submit", said).dictionary == version


def test_a_new_word_raises_the_version() -> None:
    """It is listed under `words_since`, or older services would refuse it."""
    raw = json.loads((INTEGRATION / "core" / "dictionary.json").read_text(encoding="utf-8"))
    since = raw.get("words_since", {})
    first = {name: len(words) - len(since.get(name, {})) for name, words in raw["enums"].items()}
    assert first == FIRST
    versions = [version for words in since.values() for version in words.values()]
    versions += [declared["since"] for declared in raw["report"]["fields"].values()]
    assert raw["version"] == max(versions)
