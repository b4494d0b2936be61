"""Reports are never too long: what does not fit is told more coarsely, and adds up to the same."""

import dataclasses
from datetime import timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.counters import COUNTED_BY_TYPE, ERROR_PREFIX, TYPE_PREFIX
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, DictionaryError
from custom_components.printernizer_stats.core.models import PrinterFleet
from custom_components.printernizer_stats.core.sharing import feature_use, report as report_module
from custom_components.printernizer_stats.core.sharing.report import (
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
)
from custom_components.printernizer_stats.core.sharing.report_bytes import MOST_BYTES, canonical, fitted

from .reports import (
    AUTHOR,
    EVERY,
    FEATURES,
    MONDAY,
    PRINTERS,
    SUPPLEMENT,
    WEEK,
    author,
    facts,
)

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
    content = json.loads(body := build(info, counts, known, *WEEK).body)
    assert 800 < len(body) <= MOST_BYTES
    assert len(content["error_summary"]) == 3
    if turn == PRINTERS:
        assert set(content["usage_stats"]["errors_by_type"]) == set(LONG)


def told_most(turn: str) -> tuple[InstallationInfo, dict[str, int], ReportIdentity]:
    """Return what is behind the longest report there can be: every word, every number as long as allowed."""
    kinds, printers = DICTIONARY.enums["error_type"], DICTIONARY.enums["printer_type"]
    supplement = Supplement(
        first_report=False,
        weeks_since_previous_report="none",
        previous_app_version="100.100.100",
        age_bucket="6-12m",
        features=dict.fromkeys(feature_use.FEATURES, False),
        features_first_used=feature_use.FEATURES,
    )
    ended = ("job_completed", "job_failed", "job_cancelled", "file_uploaded", "file_downloaded")
    counts = dict.fromkeys(ended, 333_333)
    counts |= {"print_seconds": 999_999 * 3600, "uptime_seconds": 604800}
    counts |= {f"{ERROR_PREFIX}{kind}": 999_999 for kind in kinds}
    counts |= {f"{TYPE_PREFIX}{event}.{kind}": 999_999 for event in COUNTED_BY_TYPE for kind in printers}
    info = facts(
        app_version="100.100.100",
        python_version="3.100.100",
        deployment_mode="homeassistant_supervised",
        fleet=PrinterFleet(types=dict.fromkeys(printers, 70)),
    )
    return info, counts, author(*EVERY, turn=turn, supplement=supplement)


@pytest.mark.parametrize("turn", DICTIONARY.turns)
def test_the_longest_report_there_can_be_is_not_too_long(turn: str) -> None:
    content = json.loads(build(*told_most(turn), *WEEK).body)
    assert len(canonical(content)) <= MOST_BYTES
    fleet = content["printer_fleet"]
    if turn == PRINTERS:
        assert sum(fleet["printer_type_counts"].values()) == fleet["printer_count"] == 910
        assert sorted(fleet["printer_type_counts"]) == fleet["printer_types"]
    if turn == FEATURES:
        assert content["usage_stats"]["features_first_used"] == sorted(feature_use.FEATURES)
    assert content["error_summary"]["other_error"] <= 1_000_000


def test_what_is_told_more_coarsely_adds_up_to_the_same() -> None:
    names = sorted(DICTIONARY.enums["error_type"])
    content = {
        "error_summary": {name: 1000 + number for number, name in enumerate(names)},
        "usage_stats": {"failed_by_type": dict.fromkeys(DICTIONARY.enums["printer_type"], 5)},
        "rest": "x" * 800,
    }
    short = fitted(content)
    assert len(canonical(short)) <= MOST_BYTES
    assert sum(short["error_summary"].values()) == sum(content["error_summary"].values())  # type: ignore[attr-defined]
    assert sum(short["usage_stats"]["failed_by_type"].values()) == 65
    assert 1 < len(short["error_summary"]) < len(names)
    assert names[-1] in short["error_summary"]


@given(
    errors=st.dictionaries(st.sampled_from(DICTIONARY.enums["error_type"]), st.integers(1, 1_000_000)),
    by_type=st.dictionaries(st.sampled_from(DICTIONARY.enums["printer_type"]), st.integers(1, 1_000_000)),
    fleet=st.dictionaries(st.sampled_from(DICTIONARY.enums["printer_type"]), st.integers(1, 70)),
    turn=st.sampled_from(DICTIONARY.turns),
)
def test_no_report_of_protocol_2_is_too_long(
    errors: dict[str, int], by_type: dict[str, int], fleet: dict[str, int], turn: str
) -> None:
    _, _, known = told_most(turn)
    counts = {f"{ERROR_PREFIX}{kind}": count for kind, count in errors.items()}
    counts |= {f"{TYPE_PREFIX}{event}.{kind}": n for event in COUNTED_BY_TYPE for kind, n in by_type.items()}
    report = build(facts(fleet=PrinterFleet(types=fleet)), counts, known, *WEEK)
    assert len(report.body) <= MOST_BYTES


def test_a_report_longer_than_the_service_takes_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    small = dataclasses.replace(DICTIONARY, report_max_bytes=100)
    monkeypatch.setattr(report_module, "DICTIONARY", small)
    with pytest.raises(DictionaryError, match="too_long"):
        build(facts(), {}, AUTHOR, MONDAY, MONDAY + timedelta(days=7))
