"""Everything that happens to files: the store goes on, and nothing that can be read is lost."""

from collections.abc import Callable
import os
from pathlib import Path
import random
import shutil
import sqlite3
import threading
import time

import pytest
from sqlalchemy import event

from custom_components.printernizer_stats.core.models import Period
from custom_components.printernizer_stats.core.store import Commit, UsageStore
from custom_components.printernizer_stats.core.store.queries import iter_events
from custom_components.printernizer_stats.core.store.settings import get_setting, set_setting

from ...clock import SECONDS
from .conftest import NOON, ZONE, completed

pytestmark = pytest.mark.allowed_logs


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def _problems(commits: list[Commit]) -> list[str | None]:
    return [commit.problem for commit in commits]


def _stored(store: UsageStore) -> int:
    with store.reader() as conn:
        return len(list(iter_events(conn)))


def _fill(store: UsageStore, count: int) -> None:
    for number in range(count):
        store.record((completed(at=NOON + number, seconds=number + 1),))
    store.run(lambda conn: set_setting(conn, "installation_id", "known")).result()


def _damage(file: Path) -> None:
    """Overwrite pages in the middle, as a dying card does; the header stays."""
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(size // 2)
        raw.write(random.Random(1).randbytes(size // 2))


def test_a_file_damaged_in_the_middle_is_found_at_the_latest_when_it_is_used(
    store: UsageStore, file: Path, commits: list[Commit]
) -> None:
    _fill(store, 3000)
    store.close()
    _damage(file)
    counted = store.open(NOON).of().get("job_completed", 0)
    for number in range(3000):
        store.record((completed(at=NOON + number, seconds=20_000 + number),))
    store.flush().result()
    moved = [store.moved_away, *(commit.moved for commit in commits)]
    assert any(kept and kept.exists() for kept in moved)
    assert commits[-1].problem is None
    assert commits[-1].snapshot.of()["job_completed"] == counted + 3000


def test_counters_and_identity_are_brought_over_from_a_damaged_file(store: UsageStore, file: Path) -> None:
    """Only pages of raw events are hit: sums, settings and whatever events can be read go on."""
    _fill(store, 3000)
    store.close()
    connection = sqlite3.connect(file)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'usage_events'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    snapshot = store.open(NOON)
    assert store.moved_away is not None
    assert snapshot.of()["job_completed"] == 3000
    assert store.run(lambda conn: get_setting(conn, "installation_id")).result() == "known"


def test_a_file_damaged_while_it_is_used(store: UsageStore, file: Path, commits: list[Commit]) -> None:
    _fill(store, 200)
    store.flush().result()
    file.write_bytes(b"\x00garbage" * 2000)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    store.record((completed(),))
    store.flush().result()
    moved = [commit.moved for commit in commits if commit.moved]
    assert len(moved) == 1
    assert b"garbage" in moved[0].read_bytes()
    assert commits[-1].snapshot.of()["job_completed"] == 201, "the ledger remembered the sums"
    assert commits[-1].snapshot.of(Period.DAY)["job_completed"] == 201
    assert commits[-1].snapshot.interval["job_completed"] == 201
    assert commits[-1].snapshot.last_prints["p"].at == NOON
    assert commits[-1].snapshot.events_stored == _stored(store) == 1


def test_a_file_removed_while_it_is_used(store: UsageStore, file: Path, commits: list[Commit]) -> None:
    _fill(store, 5)
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    store.record((completed(),))
    store.flush().result()
    assert file.exists()
    assert not list(file.parent.glob("*.corrupt.*")), "there was nothing to keep"
    assert commits[-1].snapshot.of()["job_completed"] == 6
    assert commits[-1].snapshot.events_stored == _stored(store) == 1


def test_a_full_disk_only_delays(store: UsageStore, commits: list[Commit]) -> None:
    """SQLite itself says that the disk is full: the page limit is the disk of this test."""
    _fill(store, 5)
    assert store._opened is not None
    full = True

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        if full:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(store._opened.engine, "connect", limit)
    for number in range(2000):
        store.record((completed(at=NOON + number, seconds=10_000 + number),))
    _wait(lambda: "OperationalError" in _problems(commits))
    full = False
    store.flush().result()
    assert commits[-1].problem is None
    assert _stored(store) == commits[-1].snapshot.of()["job_completed"] == 2005


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_becomes_read_only(store: UsageStore, file: Path, commits: list[Commit]) -> None:
    _fill(store, 1)
    file.parent.chmod(0o500)
    file.chmod(0o400)
    store.record((completed(),))
    _wait(lambda: "OperationalError" in _problems(commits))
    file.parent.chmod(0o700)
    file.chmod(0o600)
    store.flush().result()
    assert _stored(store) == 2


def test_a_read_only_file(store: UsageStore, commits: list[Commit]) -> None:
    """What a read-only mount does to SQLite, also for root."""
    _fill(store, 1)
    assert store._opened is not None
    read_only = True

    def forbid(connection: sqlite3.Connection, _record: object) -> None:
        if read_only:
            connection.execute("PRAGMA query_only = ON")

    event.listen(store._opened.engine, "connect", forbid)
    store.record((completed(),))
    _wait(lambda: "OperationalError" in _problems(commits))
    read_only = False
    store.flush().result()
    assert _stored(store) == 2


@pytest.mark.usefixtures("impatient")
def test_events_that_cannot_be_written_before_the_shutdown_do_not_hold_it_up(
    store: UsageStore, file: Path, commits: list[Commit], caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.record((completed(),))
    _wait(lambda: "OperationalError" in _problems(commits))
    started = time.monotonic()
    store.close()
    other.execute("ROLLBACK")
    other.close()
    assert time.monotonic() - started < SECONDS
    assert "1 events could not be written" in caplog.text


def test_an_event_that_cannot_be_stored_costs_itself_and_nothing_else(
    store: UsageStore, commits: list[Commit]
) -> None:
    """A defect of ours: something that SQLite cannot hold got past every check."""
    broken = completed(seconds=1)
    object.__setattr__(broken, "at", float("inf"))
    store.record((broken,))
    store.flush().result()
    store.record((completed(),))
    store.flush().result()
    assert commits[-1].snapshot.events_stored == 1


def test_a_copy_made_while_held_is_whole(store: UsageStore, file: Path, commits: list[Commit]) -> None:
    _fill(store, 10)
    held, release = store.hold(60)
    held.result()
    store.record((completed(),))
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    assert not [commit for commit in commits if commit.snapshot.events_stored == 11]
    release.set()
    store.flush().result()
    assert commits[-1].snapshot.events_stored == 11
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM usage_events").fetchone() == (10,)
    connection.close()


def test_a_hold_that_nobody_ends_ends_by_itself(store: UsageStore) -> None:
    held, _ = store.hold(0.2)
    held.result()
    store.record((completed(),))
    store.flush().result(timeout=SECONDS)
    assert _stored(store) == 1


def test_a_hold_ends_with_the_store(store: UsageStore) -> None:
    held, release = store.hold(3600)
    held.result()
    store.record((completed(),))
    store.close()
    assert not release.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "PrinternizerStats"]
    store.open(NOON)
    assert _stored(store) == 1
    store.close()
    held, _ = store.hold(1)
    with pytest.raises(RuntimeError, match="closed"):
        held.result()


def test_zone_is_the_users(file: Path) -> None:
    """An event just before midnight in Amsterdam is of that day, though UTC is two hours behind."""
    store = UsageStore(file, ZONE, lambda _: None, lambda: NOON)
    store.open(NOON)
    store.record((completed(at=NOON + 12 * 3600 - 1), completed(at=NOON + 12 * 3600 + 1)))
    store.close()
    snapshot = store.open(NOON + 86400)
    assert snapshot.of(Period.DAY)["job_completed"] == 1
    store.close()
