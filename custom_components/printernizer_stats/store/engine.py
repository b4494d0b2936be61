"""Opening the SQLite file with the recorder's pragmas, and moving a damaged one out of the way."""

from datetime import UTC, datetime
import logging
from pathlib import Path
import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

_LOGGER = logging.getLogger(__name__)

# synchronous=FULL: an event is acknowledged only when it survives a power cut. Events are rare.
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-2048",
    "PRAGMA busy_timeout=5000",
    "PRAGMA secure_delete=ON",
)
_SUFFIXES = ("", "-wal", "-shm")


def make_engine(file: Path) -> Engine:
    """Return an engine that opens one connection per use; blocking, never for the event loop."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def move_away_if_damaged(file: Path, now: float) -> Path | None:
    """Rename a file that SQLite cannot read and return its new name; None when all is well."""
    if not file.exists():
        return None
    try:
        connection = sqlite3.connect(file)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.execute("PRAGMA schema_version").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError:
        return _move_away(file, now)
    return None


def remove_files(file: Path) -> None:
    """Delete the database, its side files and damaged ones that were kept; missing ones are fine."""
    for suffix in _SUFFIXES:
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    for kept in file.parent.glob(f"{file.name}.corrupt.*"):
        kept.unlink(missing_ok=True)


def _move_away(file: Path, now: float) -> Path:
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    moved = file.with_name(f"{file.name}.corrupt.{stamp}")
    for suffix in _SUFFIXES:
        source = file.with_name(file.name + suffix)
        if source.exists():
            source.rename(moved.with_name(moved.name + suffix))
    _LOGGER.error("The statistics file is damaged; it was kept as %s", moved.name)
    return moved


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
