"""Tables of everything but raw events: counters, report intervals, reports, settings, open prints.

This is all of the file that sharing may see: sums and words of the dictionary, never a single event.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TextClause,
    text,
)

METADATA: Final = MetaData()

schema_changes: Final = Table(
    "schema_changes",
    METADATA,
    Column("change_id", Integer, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("changed_ts", Float, nullable=False),
)

usage_printers: Final = Table(
    "usage_printers",
    METADATA,
    Column("printer_id", Integer, primary_key=True),
    Column("printer_key", String(32), nullable=False, unique=True),
)

usage_intervals: Final = Table(
    "usage_intervals",
    METADATA,
    Column("interval_id", Integer, primary_key=True),
    Column("start_day", String(10), nullable=False),
    Column("end_day", String(10)),
    Column("state", String(8), nullable=False, index=True),
)

usage_aggregates: Final = Table(
    "usage_aggregates",
    METADATA,
    Column("scope", String(8), primary_key=True),
    Column("period", String(10), primary_key=True),
    Column("printer_key", String(32), primary_key=True),
    Column("metric", String(48), primary_key=True),
    Column("value", Integer, nullable=False),
    sqlite_with_rowid=False,
)

usage_imports: Final = Table(
    "usage_imports",
    METADATA,
    Column("origin", String(16), primary_key=True),
    Column("scope", String(8), primary_key=True),
    Column("period", String(10), primary_key=True),
    Column("printer_key", String(32), primary_key=True),
    Column("metric", String(48), primary_key=True),
    Column("value", Integer, nullable=False),
    sqlite_with_rowid=False,
)

usage_reports: Final = Table(
    "usage_reports",
    METADATA,
    Column("report_id", Integer, primary_key=True),
    Column("interval_id", ForeignKey(usage_intervals.c.interval_id), nullable=False, unique=True),
    Column("state", String(12), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("answered_ts", Float),
    Column("answer_status", Integer),
    Column("receipt", Text),
    Column("endpoint", Text),
)

# What a service may have of us, from the first attempt on, and what proves that it is ours to delete.
usage_deletions: Final = Table(
    "usage_deletions",
    METADATA,
    Column("installation_id", String(36), primary_key=True),
    Column("endpoint", Text, primary_key=True, default=""),
    Column("client_key", Text),
    Column("week_day", String(10)),
    Column("key_seed", LargeBinary),
    Column("requested_ts", Float),
    Column("confirmed_ts", Float),
    Column("receipt", Text),
)

usage_consents: Final = Table(
    "usage_consents",
    METADATA,
    Column("consent_id", Integer, primary_key=True),
    Column("decided_ts", Float, nullable=False),
    Column("decision", String(9), nullable=False),
    Column("version", Integer, nullable=False),
    Column("categories", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("includes_past", Boolean, nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)

usage_settings: Final = Table(
    "usage_settings",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

usage_sessions: Final = Table(
    "usage_sessions",
    METADATA,
    Column("printer_key", String(32), primary_key=True),
    Column("state", Text, nullable=False),
)

usage_last_prints: Final = Table(
    "usage_last_prints",
    METADATA,
    Column("printer_key", String(32), primary_key=True),
    Column("result", String(16), nullable=False),
    Column("ended_ts", Float, nullable=False),
    Column("printed_by", String(32)),
    Column("duration_seconds", Integer),
    Column("filament_mm", Integer),
    Column("filament_g", Integer),
)


def upsert(table: Table, names: Collection[str], changes: Mapping[str, str]) -> TextClause:
    """Return the statement that inserts these columns, or changes the row with the same primary key.

    Changes are expressions by column. It is text: SQLAlchemy compiles its own ON CONFLICT at each use.
    """
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    changed = ", ".join(f'"{name}" = {expression}' for name, expression in changes.items())
    return text(
        f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT ({keys}) DO UPDATE SET {changed}"
    )


def replace_row(conn: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Insert a row, or replace the one with the same primary key."""
    conn.execute(_replacement(table, *row), dict(row))


@cache
def _replacement(table: Table, *names: str) -> TextClause:
    """The statement that inserts or replaces these columns, made once."""
    keys = table.primary_key.columns.keys()
    return upsert(table, names, {name: f'excluded."{name}"' for name in names if name not in keys})
