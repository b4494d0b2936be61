"""Backup and restore: every table as lines of JSON, whatever kind of database it is."""

from collections.abc import Iterable, Iterator
from datetime import date
import gzip
from itertools import batched, groupby
import json
import os
from pathlib import Path
from typing import Any
import zlib

from sqlalchemy import (
    Connection,
    Date,
    Select,
    Table,
    func,
    insert,
    inspect,
    literal_column,
    select,
    text,
)

from aggregation.keeping.tombstones import TombstoneJournal
from aggregation.rollups.deletion import delete_installation
from aggregation.storage.engine import Database, DatabaseError, take_time
from aggregation.storage.migrate import migrate, revision_of
from aggregation.storage.records import Deletion
from aggregation.storage.schema import CHANGES, METADATA, MIRRORS, SESSIONS, SUBMISSIONS, TOMBSTONES
from aggregation.storage.submissions import installation_sha256

BATCH = 500
_TABLES = [table for table in METADATA.sorted_tables if table not in {CHANGES, MIRRORS, SESSIONS}]
"""All but the outbox of the mirror, which is filled anew from a restored database, and who was signed in."""
_UNREADABLE = (gzip.BadGzipFile, zlib.error, EOFError, StopIteration, ValueError, LookupError, TypeError)
"""What comes of reading a file that is no backup, or only the beginning of one."""


def backup(connection: Connection, target: Path) -> int:
    """Write all tables to a file that only its owner can read; return the number of rows.

    The connection sees one state of the whole, so requests may go on.
    """
    unfinished = target.with_name(f"{target.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with gzip.open(file, "wt", encoding="utf-8", compresslevel=5) as lines:
            lines.write(json.dumps({"revision": revision_of(connection)}) + "\n")
            count = 0
            for line in _lines(connection):
                lines.write(line + "\n")
                count += 1
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)
    return count


def restore(database: Database, source: Path, journal: TombstoneJournal | None) -> tuple[int, int]:
    """Load a backup into an empty database; return its rows, and submissions deleted since.

    Deletions in the journal are done again. Raises DatabaseError, OSError and SQLAlchemyError.
    """
    try:
        count = _restore(database, source)
    except _UNREADABLE:
        raise DatabaseError(f"{source} is no backup, or not a whole one") from None
    migrate(database)
    with database.writing() as connection:
        return count, _bury_again(connection, journal)


def _restore(database: Database, source: Path) -> int:
    """Load all rows in one transaction and return how many; raises what reading the file does, too."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        migrate(database, json.loads(next(lines))["revision"])
        with database.writing() as connection:
            take_time(connection)
            if any(connection.execute(_first_of(table)).first() for table in _existing(connection)):
                raise DatabaseError("the database is not empty")
            count = _load(connection, lines)
            if connection.dialect.name == "postgresql":
                _advance_sequences(connection)
    return count


def _existing(connection: Connection) -> list[Table]:
    """Return the tables that the revision of a backup has."""
    names = inspect(connection).get_table_names()
    return [table for table in _TABLES if table.name in names]


def _first_of(table: Table) -> Select[tuple[int]]:
    """Return a SELECT for one row, whichever columns the table has."""
    return select(literal_column("1")).select_from(table).limit(1)


def _lines(connection: Connection) -> Iterator[str]:
    """Yield each row of each table as a line."""
    for table in _TABLES:
        rows = connection.execution_options(yield_per=BATCH).execute(select(table)).mappings()
        for row in rows:
            yield json.dumps([table.name, dict(row)], default=date.isoformat)


def _load(connection: Connection, lines: Iterable[str]) -> int:
    """Insert the rows of a backup."""
    count = 0
    for name, members in groupby(map(json.loads, lines), key=lambda line: line[0]):
        table = METADATA.tables[name]
        for rows in batched((_row(table, row) for _, row in members), BATCH, strict=False):
            connection.execute(insert(table), list(rows))
            count += len(rows)
    return count


def _row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its days as dates."""
    days = [column.name for column in table.columns if isinstance(column.type, Date)]
    return row | {day: date.fromisoformat(row[day]) for day in days if row[day] is not None}


def _advance_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the ones that were loaded."""
    for table in _TABLES:
        if "id" in table.columns and connection.scalar(select(func.max(table.c.id))):
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            connection.execute(text(f"SELECT setval({sequence}, max(id)) FROM {table.name}"))  # noqa: S608


def _bury_again(connection: Connection, journal: TombstoneJournal | None) -> int:
    """Set the tombstones of the journal and delete what they are for; return how many submissions."""
    rows = connection.execute(select(TOMBSTONES))
    days = {row.installation_sha256: row.deleted_day for row in rows}
    for sha256, day in journal.read() if journal else ():
        if sha256 not in days:
            connection.execute(insert(TOMBSTONES), {"installation_sha256": sha256, "deleted_day": day})
            days[sha256] = day
    removed = 0
    for installation in connection.scalars(select(SUBMISSIONS.c.installation_id).distinct()).all():
        if deleted_day := days.get(installation_sha256(installation)):
            deletion = Deletion(installation_id=installation, day=deleted_day, signed=False)
            removed += delete_installation(connection, deletion).count
    return removed
