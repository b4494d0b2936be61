"""The connections to a file of SQLite: one that writes, and those that read, which stay open."""

from collections.abc import Mapping
from contextlib import suppress
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, Engine, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

LOG_BYTES = 16 * 2**20
"""What the log of SQLite shrinks to once it was emptied, which is when it is as long.

Each report changes a page of its own in two indexes: the later, the more of them are written back once.
"""
PAGE_BYTES = 4096
CACHE_KIB = 64 * 1024
"""What SQLite holds of the indexes, in the order of which no report comes."""
KEPT_READERS = 5
"""So many connections that read stay open; more are made, and closed, when more read at once."""

type Options = Mapping[str, Any]
type Identity = tuple[int, int] | None
"""The device and the number of a file, or none where there is no file."""


def writer(url: URL, options: Options) -> Engine:
    """Return an engine that makes the file where there is none."""
    engine = create_engine(url, **options)

    def make(*_: object) -> None:
        _make(Path(url.database or ""))

    event.listen(engine, "do_connect", make)
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reader(url: URL, options: Options) -> Engine:
    """Return an engine that reads the file that is there now, and never makes one.

    A connection stays open, which costs as much as a small question, as long as the file is the very same.
    """
    path = Path(url.database or "").absolute()
    engine = create_engine(
        _existing_file(url), poolclass=QueuePool, pool_size=KEPT_READERS, max_overflow=-1, **options
    )

    def note(_: Dialect, entry: ConnectionPoolEntry, *__: object) -> None:
        # Before it is opened: a file that comes between the two differs from what was noted.
        entry.info["file"] = _identity(path)

    def check(_: DBAPIConnection, entry: ConnectionPoolEntry, __: object) -> None:
        found = _identity(path)
        if found is None or found != entry.info.get("file"):
            raise DisconnectionError("the file was replaced")

    event.listen(engine, "do_connect", note)
    event.listen(engine, "connect", _prepare_reader)
    event.listen(engine, "checkout", check)
    event.listen(engine, "begin", _begin)
    return engine


def _identity(path: Path) -> Identity:
    """Return which file there is."""
    try:
        found = path.stat()
    except OSError:  # of which connecting tells
        return None
    return found.st_dev, found.st_ino


def _existing_file(url: URL) -> URL:
    """Return a URL that opens the same file but never creates it."""
    return url.set(database=f"file:{quote(url.database or '')}").update_query_dict(
        {"mode": "rw", "uri": "true"}
    )


def _make(path: Path) -> None:
    """Make the file, where there is none, one that only its owner can read: it holds keys.

    One that is there is not opened: closing it would give away the locks that this process holds on it, and
    another process would take the log for one that nobody needs.
    """
    with suppress(OSError):  # it is there, or connecting will tell
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_writer(connection: DBAPIConnection, _: object) -> None:
    """Make commits durable and deletions real; leave the beginning of transactions to `_begin_immediate`."""
    connection.isolation_level = None
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
    _pragmas(connection, f"journal_size_limit={LOG_BYTES}", f"wal_autocheckpoint={LOG_BYTES // PAGE_BYTES}")
    _pragmas(connection, f"cache_size=-{CACHE_KIB}")


def _prepare_reader(connection: DBAPIConnection, _: object) -> None:
    """Let a reader change nothing, and leave the beginning of transactions to `_begin`."""
    connection.isolation_level = None
    _pragmas(connection, "query_only=ON")


def _pragmas(connection: DBAPIConnection, *settings: str) -> None:
    """Apply SQLite settings to a new connection."""
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once, so that what a transaction has read stays true."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    """Read one state of the whole until the transaction ends."""
    connection.exec_driver_sql("BEGIN")
