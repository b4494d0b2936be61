"""Recovery of a damaged or missing file: it is kept aside, and what can be read goes into a new one."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import batched
import logging
from pathlib import Path
import sqlite3
from stat import S_ISREG
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from ..counters import EVENTS_STORED, CounterKey, Scope
from ..models import FLEET
from .counts import add_counts, owner_counts
from .schema import event_data, event_types, usage_events
from .tables import (
    usage_aggregates,
    usage_consents,
    usage_deletions,
    usage_imports,
    usage_intervals,
    usage_last_prints,
    usage_printers,
    usage_reports,
    usage_sessions,
    usage_settings,
)

_LOGGER = logging.getLogger(__name__)

SUFFIXES: Final = ("", "-wal", "-shm", "-journal")
# Parents before children; what matters most comes first.
_TABLES: Final = (
    usage_settings,
    usage_consents,
    usage_aggregates,
    usage_imports,
    usage_last_prints,
    usage_deletions,
    usage_sessions,
    usage_printers,
    usage_intervals,
    usage_reports,
    event_types,
    event_data,
    usage_events,
)
_MOVED: Final = ".corrupt."
_BATCH: Final = 500
_DAMAGED: Final = ("malformed", "not a database", "disk image", "corrupt")
_LOST: Final = ("no such table",)


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is broken or gone, not that it is busy or the disk full."""
    words = str(getattr(error, "orig", None) or error)
    return any(sign in words for sign in (*_DAMAGED, *_LOST))


def check(file: Path) -> bool:
    """Whether SQLite can read the file's structure; True when there is none yet."""
    if not file.exists() or not file.stat().st_size:
        return True
    try:
        connection = sqlite3.connect(file)
        try:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                connection.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError:
        # Locked, or not to be opened at all: opening it for real says more.
        return True
    except sqlite3.DatabaseError:
        return False
    return True


def is_empty(file: Path) -> bool:
    """Whether there is no file, or one that SQLite made just now because there was none."""
    if not file.exists() or not file.stat().st_size:
        return True
    try:
        connection = sqlite3.connect(file)
        try:
            return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def identities(file: Path) -> dict[str, tuple[int, int]]:
    """Return which files the database and its side files are, by suffix; a copy put in place is another.

    What is no file, such as the folder that a disk was mounted on, took the place of nothing.
    """
    found = {}
    for suffix in SUFFIXES:
        with suppress(OSError):
            status = file.with_name(file.name + suffix).stat()
            if S_ISREG(status.st_mode):
                found[suffix] = (status.st_dev, status.st_ino)
    return found


def drop_log(file: Path, known: Mapping[str, tuple[int, int]]) -> None:
    """Remove the side files of a database that another was put in place of: they are none of the new one."""
    for suffix, identity in identities(file).items():
        if suffix and known.get(suffix) == identity:
            file.with_name(file.name + suffix).unlink(missing_ok=True)


def move_away(file: Path, now: float) -> Path:
    """Rename the file with its side files and return its new name."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    moved = file.with_name(f"{file.name}{_MOVED}{stamp}")
    for suffix in SUFFIXES:
        source = file.with_name(file.name + suffix)
        if source.exists():
            source.rename(moved.with_name(moved.name + suffix))
    _LOGGER.error("The statistics file is damaged; it was kept as %s", moved.name)
    return moved


def salvage(conn: Connection, damaged: Path) -> int:
    """Copy every row that can still be read into the new file and return how many; raises nothing."""
    copied = 0
    try:
        old = sqlite3.connect(f"file:{damaged}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    old.row_factory = sqlite3.Row
    try:
        for table in _TABLES:
            for rows in batched(_readable(old, table), _BATCH, strict=False):
                copied += _copy(conn, table, list(rows))
    finally:
        old.close()
    return copied


def recount_events(conn: Connection) -> None:
    """Make the number of stored events what it is, after only some could be brought over."""
    key = CounterKey(Scope.TOTAL, "", FLEET, EVENTS_STORED)
    stored = conn.scalar(select(func.count()).select_from(usage_events)) or 0
    known = owner_counts(conn, since="").get(FLEET, {}).get(EVENTS_STORED, 0)
    add_counts(conn, {key: stored - known})


def remove_files(file: Path) -> None:
    """Delete the database with its side files, and damaged ones that were kept; missing ones are fine."""
    remove_moved(file)
    for suffix in SUFFIXES:
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def remove_moved(file: Path) -> None:
    """Delete damaged files that were kept."""
    for found in file.parent.glob(f"{file.name}{_MOVED}*"):
        found.unlink(missing_ok=True)


def _readable(old: sqlite3.Connection, table: Table) -> Iterable[dict[str, Any]]:
    try:
        for row in old.execute(f'SELECT * FROM "{table.name}"'):
            names = set(row.keys())
            yield {column.name: row[column.name] for column in table.columns if column.name in names}
    except sqlite3.Error:
        return


def _copy(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows that fit and return how many: what a row refers to may be among the lost ones."""
    try:
        with conn.begin_nested():
            conn.execute(insert(table).prefix_with("OR IGNORE"), rows)
    except SQLAlchemyError:
        if len(rows) == 1:
            return 0
        return sum(_copy(conn, table, [row]) for row in rows)
    return len(rows)
