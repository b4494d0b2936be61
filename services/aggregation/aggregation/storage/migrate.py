"""Bringing a database to the schema of this version, or back."""

from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import Database, DatabaseError, LockName, lock, reason, take_time

_VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_NOTED: Final = table("alembic_version", column("version_num"))
"""Where Alembic notes the revision of a database."""


@cache
def revisions() -> tuple[str, ...]:
    """Return all revisions, the oldest first; the names of their files begin with them."""
    return tuple(sorted(file.name[1:5] for file in _VERSIONS.glob("v[0-9]*.py")))


def revision_of(connection: Connection) -> str | None:
    """Return which revision a database has, None for an empty one."""
    if not inspect(connection).has_table(_NOTED.name):
        return None
    revision: str | None = connection.scalar(select(_NOTED.c.version_num))
    return revision


def migrate(database: Database, target: str = "head") -> str | None:
    """Bring a database to a revision and return it; raises DatabaseError and SQLAlchemyError.

    Several processes may do so at once: they wait for each other.
    """
    known = revisions()
    if target not in {"head", "base", *known}:
        raise DatabaseError(f"there is no revision {target}")
    with database.writing() as connection:
        lock(connection, LockName.SCHEMA)
        take_time(connection)
        current = revision_of(connection)
        if current is not None and current not in known:
            message = f"the database was made by a newer version of the service (revision {current})"
            raise DatabaseError(message)
        if current == (known[-1] if target == "head" else target):
            return current
        from aggregation.storage.revise import downgrade, upgrade  # noqa: PLC0415 - seldom needed, and slow

        is_older = target in {"base", *known[: known.index(current) if current else 0]}
        (downgrade if is_older else upgrade)(connection, target)
        return revision_of(connection)


def is_back(database: Database, target: str) -> bool:
    """Tell whether a revision is older than the one of a database; raises SQLAlchemyError."""
    known = revisions()
    with database.writing() as connection:
        current = revision_of(connection)
    return target in {"base", *known[: known.index(current)]} if current in known else False


def opened(url: str, timeout: float) -> Database:
    """Return a database with the schema of this version; raises DatabaseError."""
    database = Database(url, timeout)
    try:
        migrate(database)
    except (SQLAlchemyError, DatabaseError) as error:
        database.close()
        why = reason(error) if isinstance(error, SQLAlchemyError) else str(error)
        message = f"AGGREGATION_DATABASE_URL: the database cannot be used ({why})"
        raise DatabaseError(message) from None
    return database
