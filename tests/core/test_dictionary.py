"""The dictionary: nothing undeclared gets through, whatever it is."""

import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.dictionary import DICTIONARY, DictionaryError, Field
from custom_components.printernizer_stats.core.models import UsageEvent

FILE: Final = (
    Path(__file__).parents[2] / "custom_components" / "printernizer_stats" / "core" / "dictionary.json"
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("event_type", "data", "reason", "name"),
    [
        ("nonsense", {}, "unknown_event_type", "event_type"),
        ("job_created", {"file": "benchy.gcode"}, "unknown_key", "job_created"),
        ("job_created", {"printer_type": "Anna's printer"}, "invalid_value", "printer_type"),
        ("job_completed", {"duration_seconds": -1}, "invalid_value", "duration_seconds"),
        ("job_completed", {"duration_seconds": True}, "invalid_value", "duration_seconds"),
        ("job_completed", {"duration_seconds": 1.5}, "invalid_value", "duration_seconds"),
        ("app_start", {"app_version": "1.2; drop"}, "invalid_value", "app_version"),
        ("error_occurred", {"component": "printer"}, "missing_key", "error_type"),
    ],
)
def test_refused(event_type: str, data: dict[str, object], reason: str, name: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        DICTIONARY.check_event(event_type, data)
    assert (caught.value.reason, caught.value.name) == (reason, name)


def test_accepted() -> None:
    data = {"error_type": "printer_error", "component": "printer", "printer_type": "prusa"}
    assert DICTIONARY.check_event("error_occurred", data) == data


def test_sources_lose_only_what_is_undeclared() -> None:
    event = UsageEvent(
        type="job_completed", at=1.0, printer="p", data={"duration_seconds": 5, "estimated": "yes"}
    )
    kept, dropped = DICTIONARY.admit(event)
    assert kept == UsageEvent(type="job_completed", at=1.0, printer="p", data={"duration_seconds": 5})
    assert dropped == 1


def test_an_event_without_what_it_needs_is_dropped() -> None:
    assert DICTIONARY.admit(UsageEvent(type="error_occurred", at=1.0, data={"error_type": "?"})) == (None, 2)
    assert DICTIONARY.admit(UsageEvent(type="nonsense", at=1.0)) == (None, 1)


@given(event_type=st.sampled_from(sorted(DICTIONARY.events)), data=st.dictionaries(st.text(), _JSON))
def test_no_free_text_is_ever_admitted(event_type: str, data: dict[str, Any]) -> None:
    kept, _ = DICTIONARY.admit(UsageEvent(type=event_type, at=0, data=data))
    for key, value in (kept.data if kept else {}).items():
        assert DICTIONARY.events[event_type].keys[key].accepts(value)
        assert isinstance(value, bool | int | str)


@given(value=_JSON, kind=st.sampled_from(["int", "bool", "enum", "version", "country", "uuid", "instant"]))
def test_checks_never_raise(value: object, kind: str) -> None:
    assert Field(type=kind, maximum=5, words=frozenset({"a"})).accepts(value) in (True, False)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("uuid", "550e8400-e29b-41d4-a716-446655440000", "550E8400E29B41D4A716446655440000"),
        ("country", "NL", "nl"),
        ("version", "2026.10.4b2", "latest"),
        ("instant", "2026-11-16T00:00:00Z", "2026-11-16T12:34:56Z"),
        ("instant", "2026-11-16T00:00:00Z", "2026-13-16T00:00:00Z"),
    ],
)
def test_formats(kind: str, good: str, bad: str) -> None:
    assert Field(type=kind).accepts(good)
    assert not Field(type=kind).accepts(bad)


def test_a_report_must_be_whole_and_hold_nothing_else() -> None:
    with pytest.raises(DictionaryError, match="missing_key"):
        DICTIONARY.check_report({"schema_version": "1.0"})
    with pytest.raises(DictionaryError, match="unknown_key"):
        DICTIONARY.check_report({"schema_version": "1.0", "installation": {"name": "Anna"}})
    with pytest.raises(DictionaryError, match="invalid_value"):
        DICTIONARY.check_report(
            {"schema_version": "1.0", "printer_fleet": {"printer_type_counts": {"Anna": 1}}}
        )


def test_every_field_says_why_and_has_a_known_category() -> None:
    for declared in DICTIONARY.report.values():
        assert declared.purpose.endswith(".")
        assert declared.category in DICTIONARY.categories
    for spec in DICTIONARY.events.values():
        assert spec.purpose.endswith(".")
        assert spec.category in DICTIONARY.categories


def test_every_version_says_which_app_it_is_of() -> None:
    declared = json.loads(FILE.read_text(encoding="utf-8"))
    versions = {
        name: spec.get("of")
        for fields in (
            declared["report"]["fields"],
            *(event["keys"] for event in declared["events"].values()),
        )
        for name, spec in fields.items()
        if spec["type"] in {"version", "month_version"}
    }
    assert versions["installation.printernizer_version"] == "Printernizer"
    assert versions["installation.ha_version"] == "Home Assistant"
    assert all(versions.values())
