"""Files that are damaged, too new, or to be removed."""

from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.printernizer_stats.core.store import StoreTooNewError, UsageStore, remove_files

from .conftest import NOON, ZONE, completed


@pytest.mark.allowed_logs
def test_a_damaged_file_is_moved_away_and_counting_starts_anew(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)
    store = UsageStore(file, ZONE, lambda _: None)
    store.open(NOON)
    moved = store.moved_away
    store.record((completed(),))
    store.flush().result()
    store.close()
    assert moved is not None
    assert moved.read_bytes().startswith(b"this is no database")
    assert moved.name.startswith("stats.db.corrupt.")


def test_a_file_of_a_newer_version_is_not_touched(store: UsageStore, file: Path) -> None:
    store.close()
    with closing(sqlite3.connect(file)) as conn, conn:
        conn.execute("INSERT INTO schema_changes (schema_version, changed_ts) VALUES (99, 0)")
    conn.close()
    with pytest.raises(StoreTooNewError):
        store.open(NOON)
    with closing(sqlite3.connect(file)) as conn, conn:
        assert conn.execute("SELECT max(schema_version) FROM schema_changes").fetchone() == (99,)
    conn.close()


def test_the_recorders_pragmas(store: UsageStore) -> None:
    with store.reader() as conn:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert conn.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_removal_takes_all_files(store: UsageStore, file: Path) -> None:
    store.close()
    remove_files(file)
    remove_files(file)
    assert list(file.parent.glob("stats.db*")) == []


def test_nobody_else_may_read_what_holds_secrets(store: UsageStore, file: Path) -> None:
    store.record((completed(),))
    store.flush().result()
    modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.glob(f"{file.name}*")}
    assert set(modes) == {file.name, f"{file.name}-wal", f"{file.name}-shm"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(file: Path) -> None:
    for _ in range(2):
        store = UsageStore(file, ZONE, lambda _: None)
        store.open(NOON)
        assert file.stat().st_mode & 0o777 == 0o600
        store.close()
        file.chmod(0o644)
