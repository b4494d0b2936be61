from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
import threading
from typing import Any

import pytest

from aggregation.ingest.schemas import InvalidReportError, parse, validate
from tests.support import MISSING, RECORDED, report

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTS = "printer_fleet.printer_type_counts"


def failed(document: object) -> list[dict[str, Any]]:
    """Return what is said about a document that is no report."""
    with pytest.raises(InvalidReportError) as caught:
        validate(document, NOW)
    return caught.value.detail


def locations(document: object) -> list[list[str | int]]:
    """Return which fields are named."""
    return [detail["loc"] for detail in failed(document)]


def test_recorded_report() -> None:
    values = validate(parse(RECORDED), NOW)
    assert values["period.start"] == datetime(2026, 11, 15, tzinfo=UTC)
    assert values["printer_fleet.printer_types"] == ["bambu_lab", "prusa"]
    assert values[COUNTS] == {"bambu_lab": 2, "prusa": 1}
    assert "usage_stats.completed_count" not in values
    assert "installation.first_seen" not in values


def test_smallest_report() -> None:
    changes = {"printer_fleet": {}, "usage_stats": {}, "error_summary": MISSING}
    values = validate(report({**changes, "schema_version": MISSING}), NOW)
    assert not [path for path in values if path.startswith(("printer", "usage", "error", "sch"))]


def test_null_python_version() -> None:
    assert validate(report({"installation.python_version": None}), NOW)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema_version", "2.0"),
        ("installation", MISSING),
        ("installation", []),
        ("installation.installation_id", "not-a-uuid"),
        ("installation.installation_id", MISSING),
        ("installation.app_version", None),
        ("installation.platform", MISSING),
        ("installation.platform", "amiga"),
        ("installation.deployment_mode", "Docker"),
        ("installation.country_code", "de"),
        ("period", None),
        ("period.start", "2026-11-15"),
        ("period.end", "2026-11-15T00:00:00Z"),
        ("period.duration_days", -1),
        ("printer_fleet", MISSING),
        ("printer_fleet.printer_count", -1),
        ("printer_fleet.printer_count", True),
        ("printer_fleet.printer_count", "3"),
        ("printer_fleet.printer_count", 3.0),
        ("printer_fleet.printer_types", {"prusa": 1}),
        (COUNTS, {"bambu_lab": 2}),
        ("usage_stats", 5),
        ("usage_stats.completed_count", None),
        ("usage_stats.file_count", 10**40),
        ("usage_stats.uptime_hours", 700),
        ("error_summary", None),
    ],
)
def test_wrong_field_is_named(path: str, value: object) -> None:
    assert locations(report({path: value})) == [["body", *path.split(".")]]


def test_several_errors_as_recorded() -> None:
    document = report({"installation.platform": MISSING, "printer_fleet.printer_count": -1})
    assert failed(document) == [
        {"type": "missing", "loc": ["body", "installation", "platform"], "msg": "Field required"},
        {
            "type": "greater_than_equal",
            "loc": ["body", "printer_fleet", "printer_count"],
            "msg": "Input should be greater than or equal to 0",
        },
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("error_summary", {"Jane Doe\ud800": 1, "jane@example.org": "10.0.0.7"}),
        (COUNTS, {"10.0.0.7": "Jane Doe"}),
        ("printer_fleet.printer_types", ["Jane Doe"] * 70),
        ("usage_stats.feature_usage", {"library_enabled": "Jane Doe"}),
        ("installation.installation_id", "Jane Doe"),
        ("installation.app_version", "Jane Doe\x00"),
        ("installation.country_code", "Jane Doe"),
        ("period.start", "Jane Doe"),
    ],
)
def test_nothing_is_echoed(path: str, value: object) -> None:
    details = failed(report({path: value}))
    assert all(detail["loc"][1:3] == path.split(".")[:2] for detail in details)
    assert "Jane" not in str(details)
    assert "10.0" not in str(details)
    assert all(detail.keys() == {"type", "loc", "msg"} for detail in details)


def test_declared_key_of_a_map_is_named() -> None:
    path = ["body", "error_summary", "connection_timeout"]
    assert locations(report({"error_summary": {"connection_timeout": True}})) == [path]


def test_nesting_that_the_stack_cannot_hold() -> None:
    with small_stacks(), ThreadPoolExecutor(1) as pool:
        caught = pool.submit(parse, b"[" * 8192 + b"]" * 8192).exception()
    assert isinstance(caught, InvalidReportError)
    assert "too large" in caught.detail[0]["msg"]


@contextmanager
def small_stacks() -> Iterator[None]:
    """Give new threads 256 KiB."""
    before = threading.stack_size(256 * 1024)
    try:
        yield
    finally:
        threading.stack_size(before)


@pytest.mark.parametrize("document", [None, [], "text", 5, True, {}])
def test_no_object(document: object) -> None:
    assert failed(document)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "decode"),
        (b"{", "decode"),
        (b"{} {}", "decode"),
        (b"\xef\xbb\xbf{}", "decode"),
        (b'{"a": "\xff"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": ' + b"1" * 5000 + b"}", "too large"),
        (b"[" * 16000, "decode"),
        (b'{"period": {"start": 1, "start": 1}}', "start is given twice"),
        (b'{"Jane": 1, "Jane": 1}', "a key is given twice"),
    ],
)
def test_no_json(body: bytes, word: str) -> None:
    with pytest.raises(InvalidReportError) as caught:
        parse(body)
    (detail,) = caught.value.detail
    assert detail["loc"][0] == "body"
    assert detail["type"].startswith("json_")
    assert word in detail["msg"]
    assert "Jane" not in detail["msg"]
