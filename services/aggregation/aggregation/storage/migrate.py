"""Bringing a database to the schema of this version, or back."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import Database, DatabaseError, LockName, lock, reason, take_time

_FOLDER = Path(__file__).parent / "migrations"


def config(**attributes: Any) -> Config:
    """Return Alembic's configuration with what `env.py` is given."""
    settings = Config()
    settings.set_main_option("script_location", _FOLDER.as_posix().replace("%", "%%"))
    settings.attributes.update(attributes)
    return settings


@cache
def revisions() -> Sequence[str]:
    """Return all revisions, the oldest first."""
    script = ScriptDirectory.from_config(config())
    return tuple(revision.revision for revision in script.walk_revisions())[::-1]


def revision_of(connection: Connection) -> str | None:
    """Return which revision a database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


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
        if target in {"base", *known[: known.index(current) if current else 0]}:
            command.downgrade(config(connection=connection), target)
        elif current != (known[-1] if target == "head" else target):
            command.upgrade(config(connection=connection), target)
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


def print_sql(dialect: str, target: str, output: TextIO) -> None:
    """Write the SQL that makes an empty database of a kind into a revision."""
    settings = config(dialect=dialect)
    settings.output_buffer = output
    command.upgrade(settings, target, sql=True)
