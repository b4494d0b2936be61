"""Types, metadata and printers: a row each, however often they come, also after a restart."""

from contextlib import closing
from pathlib import Path
import sqlite3

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store import UsageStore, shared_rows

from .conftest import NOON, completed

SHARED = ("event_data", "event_types", "usage_printers")


def _rows(file: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    with closing(sqlite3.connect(file)) as conn, conn:
        counts = {
            table: conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("usage_events", *SHARED)
        }
    conn.close()
    return counts


def test_many_events_share_their_rows(store: UsageStore, file: Path) -> None:
    for number in range(5000):
        store.record((completed(at=NOON + number, seconds=number % 10, printer=f"p{number % 3}"),))
    store.close()
    assert _rows(file) == {"usage_events": 5000, "event_data": 10, "event_types": 1, "usage_printers": 3}


def test_rows_are_found_again_after_a_restart(store: UsageStore, file: Path) -> None:
    for _ in range(3):
        store.record((completed(), completed(printer="q"), UsageEvent(type="app_shutdown", at=NOON)))
        store.close()
        store.open(NOON)
    assert _rows(file) == {"usage_events": 9, "event_data": 1, "event_types": 2, "usage_printers": 2}


def test_what_is_no_longer_remembered_is_found_again(store: UsageStore, file: Path) -> None:
    many = shared_rows._CACHED + 10
    for _ in range(2):
        store.record(tuple(completed(at=NOON, seconds=number) for number in range(many)))
    store.close()
    assert _rows(file)["event_data"] == many


def test_an_event_without_metadata_or_a_printer_needs_neither_row(store: UsageStore, file: Path) -> None:
    store.record((UsageEvent(type="app_shutdown", at=NOON),))
    store.close()
    assert _rows(file) == {"usage_events": 1, "event_data": 0, "event_types": 1, "usage_printers": 0}
