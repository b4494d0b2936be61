"""The export holds every table and column, as its schema says, in both forms, and without secrets."""

from collections.abc import Iterator
import csv
import io
import json
from pathlib import Path
import tracemalloc
from typing import Any, Final
from zipfile import ZipFile

import jsonschema_rs
import pytest

from custom_components.printernizer_stats.core.counters import (
    ENERGY_COST,
    ENERGY_WH,
    EVENTS_STORED,
    FAILED_PREFIX,
    FILAMENT_G,
    FILAMENT_MM,
    LONGEST_SECONDS,
    PRINT_SECONDS,
    TIMED_PRINTS,
    UPTIME_SECONDS,
)
from custom_components.printernizer_stats.core.export.archive import archive
from custom_components.printernizer_stats.core.export.document import document
from custom_components.printernizer_stats.core.export.fields import SECTIONS
from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.tables import METADATA

from ...helpers import INTEGRATION
from ...proofs import tries
from .filled import NOON, export, fill, open_store

SCHEMA: Final[dict[str, Any]] = json.loads(
    (INTEGRATION.parents[1] / "docs" / "export.schema.json").read_text(encoding="utf-8")
)
# Column of the file to field of the export; what is not here has the same name in both.
RENAMED: Final = {
    "printer_key": "printer",
    "interval_id": "interval",
    "body_sha256": "sha256",
    "answered_ts": "answered",
    "answer_status": "status",
    "key_seed": "key",
    "requested_ts": "requested",
    "confirmed_ts": "confirmed",
    "decided_ts": "decided",
    "ended_ts": "ended",
    "changed_ts": "changed",
    "schema_version": "version",
    "start_day": "start",
    "end_day": "end",
    "week_day": "week",
    "time_fired_ts": "time",
    "event_type": "type",
    "shared_data": "data",
}
# Numbers that only tie tables together.
TIES: Final = {
    "event_type_id",
    "data_id",
    "printer_id",
    "report_id",
    "hash",
    "change_id",
    "consent_id",
    "event_id",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UsageStore]:
    """A store with something in every table."""
    store = open_store(tmp_path / "stats.db")
    fill(store)
    yield store
    store.close()


def test_every_table_and_column_is_in_it() -> None:
    sections = {
        "event_types": "events",
        "event_data": "events",
        "schema_changes": "schema_changes",
        "usage_aggregates": "counters",
    }
    for table in METADATA.sorted_tables:
        section = SECTIONS[sections.get(table.name, table.name.removeprefix("usage_"))]
        for column in table.columns:
            name = RENAMED.get(column.name, column.name)
            if table.name == "usage_intervals" and name == "interval":
                name = "id"
            assert column.name in TIES or name in section.fields, f"{table.name}.{column.name}"


def test_all_counters_are_declared() -> None:
    declared = set(json.loads((INTEGRATION / "core" / "export" / "export.json").read_text())["counters"])
    failed = {f"{FAILED_PREFIX}{metric}" for metric in (PRINT_SECONDS, FILAMENT_MM, FILAMENT_G)}
    measured = {PRINT_SECONDS, FILAMENT_MM, FILAMENT_G, ENERGY_WH, ENERGY_COST, LONGEST_SECONDS}
    assert declared == {*measured, *failed, TIMED_PRINTS, UPTIME_SECONDS, EVENTS_STORED}


@pytest.mark.parametrize("identity", [False, True])
def test_it_is_as_its_schema_says(store: UsageStore, *, identity: bool) -> None:
    exported = export(store, identity=identity)
    jsonschema_rs.validator_for(SCHEMA, validate_formats=True).validate(exported)
    assert all(exported[section] for section in SECTIONS), "something is in every section"


def test_the_schema_refuses_what_is_not_declared(store: UsageStore) -> None:
    validator = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
    exported = export(store)
    for section in SECTIONS:
        if section != "settings":
            rows = exported[section]
            assert not validator.is_valid({**exported, section: [{**rows[0], "name": "benchy"}]})
    assert not validator.is_valid({**exported, "export_version": 1})
    assert not validator.is_valid({key: value for key, value in exported.items() if key != "events"})


def test_what_it_holds(store: UsageStore) -> None:
    exported = export(store)
    assert [event["type"] for event in exported["events"]] == [
        *["job_completed"] * 3,
        "job_failed",
        "job_completed",
        "error_occurred",
    ]
    assert exported["events"][0]["time"] == "2026-11-20T11:00:00.1234567+00:00"
    counted = {(row["scope"], row["printer"], row["metric"]): row["value"] for row in exported["counters"]}
    assert counted["total", "", "app_start"] == 1, "counters outlive their events"
    assert counted["total", "", "events_stored"] == 6
    (report,) = exported["reports"]
    assert report["state"] == "acknowledged"
    assert json.loads(report["body"])["usage_stats"]["completed_count"] == 3
    assert report["receipt"]["submission_id"] == 7


def test_secrets_leave_only_when_asked_for(store: UsageStore) -> None:
    with store.reader() as conn:
        plain = b"".join(document(conn, NOON)) + b"".join(archive(conn, NOON))
    exported = export(store, identity=True)
    (waiting,) = exported["deletions"]
    for secret in (exported["settings"]["identity_secret"], waiting["key"]):
        assert len(secret) == 64
        assert secret.encode() not in plain


@pytest.mark.parametrize("identity", [False, True])
def test_the_tables_hold_the_same(store: UsageStore, *, identity: bool) -> None:
    exported = export(store, identity=identity)
    with store.reader() as conn:
        file = ZipFile(io.BytesIO(b"".join(archive(conn, NOON, identity=identity))))
    assert file.testzip() is None
    assert set(file.namelist()) == {"about.json", *(f"{section}.csv" for section in SECTIONS)}
    about = json.loads(file.read("about.json"))
    assert about == {key: exported[key] for key in about}
    for section, declared in SECTIONS.items():
        rows = exported[section]
        if section == "settings":
            rows = [{"key": key, "value": value} for key, value in rows.items()]
        table = list(csv.DictReader(io.StringIO(file.read(f"{section}.csv").decode())))
        assert [list(row) for row in table[:1]] == [list(declared.fields)]
        assert table == [
            {
                name: json.dumps(value)
                if declared.fields[name].type in ("any", "object") and value is not None
                else ("" if value is None else str(value))
                for name, value in row.items()
            }
            for row in rows
        ]


@pytest.mark.parametrize("write", [document, archive])
def test_memory_does_not_grow_with_the_events(tmp_path: Path, write: Any) -> None:
    store = open_store(tmp_path / "large.db")
    store.record(
        tuple(
            UsageEvent(type="file_uploaded", at=NOON + number) for number in range(tries(60_000, fast=20_000))
        )
    )
    store.flush().result()
    tracemalloc.start()
    with store.reader() as conn:
        size = sum(len(piece) for piece in write(conn, NOON))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    store.close()
    assert size > 100_000
    assert peak < 4_000_000
