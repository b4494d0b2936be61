"""Schema of the statistics file: created, and brought to the version that this code knows, step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from .schema import VIEWS
from .tables import METADATA, schema_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The way from one schema version to the next, and back for an older release."""

    up: Callable[[Connection], None]
    down: Callable[[Connection], None]


STEPS: Final[Sequence[Step]] = ()
"""The first leads from schema 1 to schema 2."""
SCHEMA_VERSION: Final = 1 + len(STEPS)


class StoreTooNewError(Exception):
    """The file was written by a newer version; nothing in it was touched."""


def migrate(conn: Connection, now: float, steps: Sequence[Step] = STEPS) -> None:
    """Create or upgrade the schema within the caller's transaction."""
    version, newest = current_version(conn), 1 + len(steps)
    if version > newest:
        raise StoreTooNewError
    if version == newest:
        return
    if version == 0:
        conn.exec_driver_sql("BEGIN")  # sqlite3 begins no transaction for tables by itself
        METADATA.create_all(conn)
        _note(conn, newest, now)
    for number, step in enumerate(steps[version - 1 :] if version else (), version + 1):
        step.up(conn)
        _note(conn, number, now)
    _make_views(conn)


def downgrade(conn: Connection, now: float, steps: Sequence[Step] = STEPS) -> int:
    """Take the schema one version back, and return that version; the first has nothing before it."""
    version = current_version(conn)
    if not 1 < version <= 1 + len(steps):
        return version
    steps[version - 2].down(conn)
    _note(conn, version - 1, now)
    return version - 1


def current_version(conn: Connection) -> int:
    """Return the version of the newest change, 0 for an empty file."""
    if not inspect(conn).has_table(schema_changes.name):
        return 0
    newest = select(schema_changes.c.schema_version).order_by(schema_changes.c.change_id.desc())
    return conn.scalar(newest.limit(1)) or 0


def _note(conn: Connection, version: int, now: float) -> None:
    conn.execute(insert(schema_changes).values(schema_version=version, changed_ts=now))


def _make_views(conn: Connection) -> None:
    for name, query in VIEWS.items():
        conn.execute(text(f"DROP VIEW IF EXISTS {name}"))
        conn.execute(text(f"CREATE VIEW {name} AS {query}"))
