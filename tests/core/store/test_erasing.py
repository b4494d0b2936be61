"""Deleting leaves no byte behind, in any file, and what must stay stays."""

from concurrent.futures import Future
from contextlib import closing
import json
from pathlib import Path
import sqlite3
from threading import Event
from typing import Final

import pytest
from sqlalchemy import Connection, insert

from custom_components.printernizer_stats.core.store import (
    Commit,
    TracesLeftError,
    UsageStore,
)
from custom_components.printernizer_stats.core.store.settings import ORIGIN, all_settings, set_setting
from custom_components.printernizer_stats.core.store.tables import (
    usage_deletions,
    usage_imports,
    usage_intervals,
    usage_reports,
)

from ...clock import SECONDS
from .conftest import NOON, ZONE, completed

CANARY: Final = b"unmistakable"
KEPT_BY_EVENTS: Final = b"conspicuous"
KEPT: Final = b"memorable"


def _in_every_table(conn: Connection) -> None:
    canary, sent = CANARY.decode(), KEPT_BY_EVENTS.decode()
    row = {"scope": "total", "period": "", "printer_key": canary, "metric": canary, "value": 1}
    conn.execute(insert(usage_imports).values(origin="0123456789abcdef", **row))
    for number, (state, body) in enumerate((("pending", CANARY), ("acknowledged", KEPT_BY_EVENTS)), 100):
        span = {"start_day": "2026-11-16", "end_day": "2026-11-23", "state": "closed"}
        conn.execute(insert(usage_intervals).values(interval_id=number, **span))
        report = {"state": state, "body": body, "body_sha256": "", "receipt": json.dumps(body.decode())}
        conn.execute(insert(usage_reports).values(interval_id=number, **report))
    deletion = {"installation_id": KEPT.decode(), "requested_ts": NOON}
    conn.execute(insert(usage_deletions).values(**deletion))
    set_setting(conn, "consent", sent)
    set_setting(conn, "identity_secret", sent)
    set_setting(conn, "backfill", KEPT.decode())


@pytest.fixture
def filled(store: UsageStore, file: Path) -> UsageStore:
    """Leave canaries in every table, in pages that are free already, and in a file that was moved away."""
    canary = CANARY.decode()
    for printer in (canary, f"{canary}2"):
        store.record(tuple(completed(NOON + n, n, printer) for n in range(500)), sessions={printer: canary})
    store.run(_in_every_table).result()
    file.with_name(f"{file.name}.corrupt.20261122").write_bytes(CANARY)
    return store


def _holding(file: Path, canary: bytes) -> set[str]:
    """The files that hold the canary, of the database and everything beside it."""
    return {each.name for each in file.parent.iterdir() if canary in each.read_bytes()}


@pytest.mark.parametrize("everything", [False, True])
def test_no_byte_is_left(filled: UsageStore, file: Path, commits: list[Commit], *, everything: bool) -> None:
    assert {file.name + "-wal", f"{file.name}.corrupt.20261122"} <= _holding(file, CANARY)
    with filled.reader() as conn:
        origin = all_settings(conn)[ORIGIN]
    filled.erase(everything=everything).result()
    assert _holding(file, CANARY) == set(), "while it is open"
    assert bool(_holding(file, KEPT_BY_EVENTS)) is not everything
    assert _holding(file, KEPT) == {file.name}

    snapshot = commits[-1].snapshot
    assert (snapshot.of(), snapshot.last_prints, snapshot.events_stored) == ({}, {}, 0)
    assert snapshot.erased == NOON
    with filled.reader() as conn:
        settings = all_settings(conn)
    assert settings["backfill"] == KEPT.decode()
    assert settings[ORIGIN] != origin
    assert ("consent" in settings) is not everything

    filled.record((completed(),))
    filled.close()
    assert _holding(file, CANARY) == set(), "after it was closed"
    with closing(sqlite3.connect(file)) as written:
        assert written.execute("SELECT count(*) FROM usage_events").fetchone() == (1,)
        assert written.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert written.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.usefixtures("impatient")
def test_who_reads_for_long_keeps_old_pages_and_it_says_so(
    filled: UsageStore, file: Path, commits: list[Commit]
) -> None:
    with filled.reader() as conn:
        assert all_settings(conn)
        with pytest.raises(TracesLeftError):
            filled.erase(everything=True).result()
        assert commits[-1].snapshot.of() == {}, "it is deleted all the same"
    filled.erase(everything=True).result()
    assert _holding(file, CANARY) == set()


def test_counting_goes_on(filled: UsageStore, commits: list[Commit]) -> None:
    filled.erase(everything=False).result()
    filled.record((completed(printer="p"),))
    filled.flush().result()
    assert commits[-1].snapshot.of()["job_completed"] == 1
    assert commits[-1].snapshot.interval["job_completed"] == 1


def test_counters_at_zero_are_shown_before_who_deletes_goes_on(file: Path) -> None:
    asked, erasing, was_done = Event(), list[Future[None]](), list[bool]()

    def notify(_: Commit) -> None:
        assert asked.wait(SECONDS)
        was_done.extend(each.done() for each in erasing)

    store = UsageStore(file, ZONE, notify, lambda: NOON)
    store.open(NOON)
    erasing.append(store.erase(everything=False))
    asked.set()
    erasing[0].result()
    store.close()
    assert was_done == [False]
