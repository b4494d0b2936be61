"""Opening the SQLite file with the recorder's pragmas."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
import sqlite3
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

# synchronous=FULL: an event is acknowledged only when it survives a power cut. Events are rare.
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-2048",
    "PRAGMA busy_timeout=5000",
    "PRAGMA secure_delete=ON",
)
OWNER_ONLY: Final = 0o600


class TracesLeftError(RuntimeError):
    """What was deleted may be in old pages still: somebody reads them, or there is no room for new ones."""

    def __init__(self) -> None:
        super().__init__("The statistics file could not be written anew")


def connect_to(file: Path) -> sqlite3.Connection:
    """Open a file that is there; closing it neither folds in the log nor removes it."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False)
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
    return connection


class FileMovedError(OSError):
    """The file is not the one that was opened, or it is away and only its log is there: look again later."""


def make_engine(
    file: Path,
    connect: Callable[[Path], sqlite3.Connection] = connect_to,
    check: Callable[[], None] = lambda: None,
) -> Engine:
    """Return an engine that opens one connection per use; blocking, never for the event loop.

    `check` is called once a connection has found its log, which it does by name, and before it writes.

    A connection per transaction notices that the file was replaced or removed; one that stays open
    would go on writing into a file that nobody finds again.
    """

    def opened() -> sqlite3.Connection:
        connection = connect(file)
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma).close()
            check()
        except sqlite3.Error, OSError:
            connection.close()
            raise
        return connection

    return create_engine(f"sqlite:///{file}", poolclass=NullPool, creator=opened)


def keep_to_owner(file: Path) -> None:
    """Let nobody else read the file: it holds secrets. SQLite gives its log the same mode."""
    with suppress(OSError):
        for each in (file, *file.parent.glob(f"{file.name}-*")):
            if each.is_file():
                each.chmod(OWNER_ONLY)


def anchor(engine: Engine) -> Connection:
    """Keep an idle connection open: it has hold of the file and of its log under whatever name."""
    conn = engine.connect()
    conn.exec_driver_sql("PRAGMA schema_version").close()
    conn.rollback()
    return conn


def fold(anchor: Connection) -> None:
    """Fold the log into the file that the connection has hold of; the log is removed with the last one."""
    anchor.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    raw = anchor.connection.driver_connection
    if raw is not None:
        raw.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)


def checkpoint(engine: Engine) -> bool:
    """Fold the write-ahead log into the file, so that the file alone is the whole truth.

    Returns False when a reader kept it from being done within the busy timeout.
    """
    with engine.connect() as conn:
        return not conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()


def vacuum(engine: Engine) -> None:
    """Write the file anew, so that no deleted byte is left in it; TracesLeftError when that must wait."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM"))
    if not checkpoint(engine):
        raise TracesLeftError
