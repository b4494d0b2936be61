"""Recovery of a damaged or missing file: it is kept aside, and what can be read goes into a new one."""

from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import batched
import logging
from pathlib import Path
import sqlite3
from stat import S_ISREG
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from ..counters import EVENTS_STORED, CounterKey, Scope
from ..models import FLEET
from .counts import add_counts, owner_counts
from .engine import OWNER_ONLY, FileMovedError
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

type Identity = tuple[int, int] | None
"""Which file it is, of all on this machine; None where none is."""
LOG: Final = ("-wal", "-shm")
SUFFIXES: Final = ("", *LOG, "-journal")
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


def read_structure(conn: Connection) -> None:
    """Read a row of each table; raises what SQLite says of a file that is damaged."""
    for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        conn.exec_driver_sql(f'SELECT * FROM "{name}" LIMIT 1').fetchone()


def is_empty(file: Path) -> bool:
    """Whether there is no file, or one without a byte."""
    return not file.exists() or (file.is_file() and not file.stat().st_size)


def has_log(file: Path) -> bool:
    """Whether a log lies beside the file that may hold what the file does not."""
    return not is_empty(file.with_name(f"{file.name}-wal"))


def is_log_of(file: Path) -> bool:
    """Whether the file is whole with its log and still the same; True when it is not whole without it.

    SQLite folds in any log that lies beside a file.
    """
    alone = _birth(file, "mode=ro&immutable=1")
    return alone is None or alone == _birth(file, "mode=ro")


def identity(file: Path) -> Identity | None:
    """Return which file has that name; a copy put in place is another.

    What is no file, such as the folder that a disk was mounted on, took the place of nothing.
    """
    with suppress(OSError):
        status = file.stat()
        if S_ISREG(status.st_mode):
            return status.st_dev, status.st_ino
    return None


def identities(file: Path) -> dict[str, Identity]:
    """Return which files the database and its side files are, by suffix."""
    found = {suffix: identity(file.with_name(file.name + suffix)) for suffix in SUFFIXES}
    return {suffix: each for suffix, each in found.items() if each is not None}


def move_away(file: Path, now: float, ours: Identity) -> Path:
    """Rename the file with its side files and return its new name.

    Raises FileMovedError if it is not ours any more.
    """
    moved = _moved(file, now)
    # The file itself goes last: if it is ours, so is what lay beside it until then.
    _move(file, moved, reversed(SUFFIXES))
    if identity(moved) != ours:
        _move(moved, file, reversed(SUFFIXES))
        raise FileMovedError
    _LOGGER.error("The statistics file is damaged; it was kept as %s", moved.name)
    return moved


def move_log_away(file: Path, now: float, ours: Identity) -> Path:
    """Rename a log that is none of the file beside it, and return its new name.

    Raises FileMovedError if that file is not ours any more: then it came with its log.
    """
    moved = _moved(file, now)
    _move(file, moved, LOG)
    if identity(file) != ours:
        _move(moved, file, LOG)
        raise FileMovedError
    kept = moved.with_name(f"{moved.name}-wal")
    _LOGGER.error("The log beside the statistics file is none of it; it was kept as %s", kept.name)
    return kept


def leave_log(file: Path, now: float, ours: Mapping[str, Identity]) -> Path | None:
    """Take away what is left of our log from a file that is not ours; it is kept if it holds something."""
    moved, kept = _moved(file, now), None
    for suffix in LOG:
        if identities(file).get(suffix) != ours.get(suffix):
            continue
        _move(file, moved, (suffix,))
        if identities(moved).get(suffix) != ours.get(suffix):
            _move(moved, file, (suffix,))
        elif suffix == LOG[0] and has_log(moved):
            kept = moved.with_name(moved.name + suffix)
            _LOGGER.error("The log of another statistics file was kept as %s", kept.name)
        else:
            moved.with_name(moved.name + suffix).unlink(missing_ok=True)
    return kept


def begin(file: Path) -> None:
    """Put a file in place where none is, or one without a byte; raises FileMovedError if one came meanwhile.

    It has its first page before it has its name: SQLite deletes a log that lies beside a file without a byte.
    """
    with TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        made, away = Path(folder, "made"), Path(folder, "away")
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode=WAL").close()
        made.chmod(OWNER_ONLY)
        with suppress(FileNotFoundError):
            file.rename(away)
        if not is_empty(away):
            _put(away, file)
            raise FileMovedError
        _put(made, file)


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


def _moved(file: Path, now: float) -> Path:
    """Return the name that what is taken away gets."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return file.with_name(f"{file.name}{_MOVED}{stamp}")


def _move(file: Path, target: Path, suffixes: Iterable[str]) -> None:
    for suffix in suffixes:
        with suppress(FileNotFoundError):
            file.with_name(file.name + suffix).rename(target.with_name(target.name + suffix))


def _put(file: Path, target: Path) -> None:
    """Give the file its name, unless another one has it: that one is newer."""
    try:
        target.hardlink_to(file)
    except FileExistsError as error:
        raise FileMovedError from error
    except OSError:
        # Some disks have no second name for a file.
        if target.exists():
            raise FileMovedError from None
        file.rename(target)


def _birth(file: Path, how: str) -> float | None:
    """Return when the file was begun, which nothing changes; None when it is not whole."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)) as connection:
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
            if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                return None
            (begun,) = connection.execute("SELECT min(changed_ts) FROM schema_changes").fetchone()
    except sqlite3.Error:
        return None
    return None if begun is None else float(begun)


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
