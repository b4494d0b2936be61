"""Bringing the file's schema to the version that this code knows, one step at a time."""

from typing import Final

from sqlalchemy import Connection, func, insert, inspect, select, text

from . import schema
from .aggregates import METADATA, schema_changes

SCHEMA_VERSION: Final = 1


class StoreTooNewError(Exception):
    """The file was written by a newer version; nothing in it was touched."""


def migrate(conn: Connection, now: float) -> None:
    """Create or upgrade the schema within the caller's transaction."""
    version = _current_version(conn)
    if version > SCHEMA_VERSION:
        raise StoreTooNewError
    if version < SCHEMA_VERSION:
        METADATA.create_all(conn)
        for statement in schema.VIEWS.values():
            conn.execute(text(statement))
        conn.execute(insert(schema_changes).values(schema_version=SCHEMA_VERSION, changed_ts=now))


def _current_version(conn: Connection) -> int:
    """Return the version of the newest change, 0 for an empty file."""
    if not inspect(conn).has_table(schema_changes.name):
        return 0
    return conn.scalar(select(func.max(schema_changes.c.schema_version))) or 0
