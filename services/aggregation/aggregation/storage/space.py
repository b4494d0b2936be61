"""How much room the database takes, and how much is left."""

from dataclasses import dataclass
from pathlib import Path
import shutil

from sqlalchemy import text

from aggregation.storage.engine import Database

FULL_BYTES = 2**20
"""With less than this left a disk is full: SQLite writes its log before the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Bytes; None where nobody here can tell."""

    database: int | None = None
    log: int | None = None
    free: int | None = None

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more can be written."""
        return self.free is not None and self.free < FULL_BYTES


def space_of(database: Database) -> Space:
    """Return the room of a database. Blocks; raises SQLAlchemyError and OSError."""
    if database.is_sqlite:
        path = Path(database.url.database or "")
        log = path.with_name(f"{path.name}-wal")
        return Space(
            database=path.stat().st_size,
            log=log.stat().st_size if log.exists() else 0,
            free=shutil.disk_usage(path.parent).free,
        )
    with database.reading() as connection:
        if connection.dialect.name != "postgresql":
            return Space()
        return Space(database=connection.scalar(text("SELECT pg_database_size(current_database())")))
