"""Statistics files that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3

from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import event


@contextmanager
def unreadable(entry: MockConfigEntry) -> Iterator[None]:
    """Put something else where the file was, as when its disk is gone."""
    file: Path = entry.runtime_data.store.file
    kept = file.rename(file.with_suffix(".kept"))
    file.mkdir()
    yield
    file.rmdir()
    kept.rename(file)


@contextmanager
def unwritable(entry: MockConfigEntry) -> Iterator[None]:
    """Let SQLite itself refuse to write, as on a disk that became read-only."""
    broken = True

    def forbid(connection: sqlite3.Connection, _record: object) -> None:
        if broken:
            connection.execute("PRAGMA query_only = ON")

    event.listen(entry.runtime_data.store._opened.engine, "connect", forbid)
    yield
    broken = False
