"""Opening the SQLite file with the recorder's pragmas."""

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
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


_OWNER_ONLY: Final = 0o600


class TracesLeftError(RuntimeError):
    """What was deleted may be in old pages still: somebody reads them, or there is no room for new ones."""

    def __init__(self) -> None:
        super().__init__("The statistics file could not be written anew")


def make_engine(file: Path) -> Engine:
    """Return an engine that opens one connection per use; blocking, never for the event loop.

    A connection per transaction notices that the file was replaced or removed; one that stays open
    would go on writing into a file that nobody finds again.
    """
    keep_to_owner(file)
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def keep_to_owner(file: Path) -> None:
    """Let nobody else read the file: it holds secrets. SQLite gives its log the same mode."""
    with suppress(OSError):
        file.touch(_OWNER_ONLY)
        for each in (file, *file.parent.glob(f"{file.name}-*")):
            each.chmod(_OWNER_ONLY)


def anchor(engine: Engine) -> Connection:
    """Keep an idle connection open: SQLite would fold in the log whenever the last one is closed."""
    conn = engine.connect()
    conn.exec_driver_sql("PRAGMA schema_version").close()
    conn.rollback()
    return conn


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


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
