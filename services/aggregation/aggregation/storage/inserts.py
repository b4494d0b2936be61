"""New rows: reports, and the notes that the rollups lack them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import batched, chain
import time
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Dialect, insert, text
from sqlalchemy.types import TypeEngine

from aggregation.storage.engine import json_text
from aggregation.storage.records import Report
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.weeks import report_week

type _Processors = Sequence[tuple[int, Callable[[Any], Any]]]
"""Positions of columns whose values a driver does not take as they are, and what makes it do so."""
type Row = dict[str, Any]
"""The value of each column but the id by its name."""
type Key = tuple[str, int]
"""An installation and the start of a period in Unix seconds: stored at most once."""

ROWS_AT_ONCE = 64
"""SQLite inserts so many in one call: after each, the writer has to wait for the interpreter."""

INSERT = insert(SUBMISSIONS).returning(
    SUBMISSIONS.c.installation_id, SUBMISSIONS.c.period_start, SUBMISSIONS.c.id
)
_COLUMNS = tuple(SUBMISSIONS.columns)
_NAMES = [column.name for column in _COLUMNS]
_EMPTY: Mapping[str, None] = dict.fromkeys(name for name in _NAMES if name != "id")
_PENDING = (
    f"INSERT INTO {PENDING.name} (submission_id, since)"  # noqa: S608 - only names
    f" SELECT id, ? FROM {SUBMISSIONS.name} WHERE id >= ?"
)
_LIST = ", ".join(_EMPTY)
_NEW = " ON CONFLICT (installation_id, period_start) DO NOTHING"
_FROM_JSON = text(
    f"WITH fresh AS (INSERT INTO {SUBMISSIONS.name} ({_LIST}) SELECT {_LIST}"  # noqa: S608 - only names
    f" FROM json_populate_recordset(CAST(NULL AS {SUBMISSIONS.name}), CAST(:rows AS json))"
    f"{_NEW} RETURNING installation_id, period_start, id),"
    f" noted AS (INSERT INTO {PENDING.name} (submission_id, since) SELECT id, :since FROM fresh)"
    " SELECT installation_id, period_start, id FROM fresh"
)
_SINCE = f"SELECT installation_id, period_start, id FROM {SUBMISSIONS.name} WHERE id >= ?"  # noqa: S608
_LAST = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'submissions'"


def insert_reports(connection: Connection, reports: Iterable[Report]) -> dict[Key, int]:
    """Insert a row for each report, all of different keys; return their numbers.

    What is stored already has none, unless the caller `asks_first`.
    """
    rows = [columns_of(report) for report in reports]
    if not rows:
        return {}
    insert_rows = _WAYS.get(connection.dialect.name, insert_each)
    return insert_rows(connection, rows, int(time.time()))


def asks_first(connection: Connection) -> bool:
    """Tell whether the caller may insert only what is new: the others leave out what they have."""
    return connection.dialect.name not in _WAYS


def insert_folded(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows with all that the fold writes, in their order; the caller adds them to the rollups."""
    if connection.dialect.name == "sqlite":
        _insert_in_order(connection, rows)
    else:
        connection.execute(insert(SUBMISSIONS), rows)


def columns_of(report: Report) -> Row:
    """Return what is stored of a report."""
    end = report.columns["period_end"]
    assert isinstance(end, int)
    return {
        **_EMPTY,
        **report.columns,
        "installation_id": report.installation_id,
        "period_start": report.period_start,
        "week": report_week(report.period_start, end),
        "protocol": report.protocol,
        "body_sha256": report.body_sha256,
        "content_sha256": report.content_sha256,
        "receipt_kid": report.receipt_kid,
        "received_day": report.received_day,
    }


def insert_each(connection: Connection, rows: Sequence[Row], since: int) -> dict[Key, int]:
    """Insert rows into any database that numbers them."""
    found = connection.execute(INSERT, rows)
    numbers = {(installation, start): number for installation, start, number in found}
    waiting = [{"submission_id": number, "since": since} for number in numbers.values()]
    connection.execute(insert(PENDING), waiting)
    return numbers


def _insert_json(connection: Connection, rows: Sequence[Row], since: int) -> dict[Key, int]:
    """Insert rows that PostgreSQL unpacks: one statement, which is the same however many they are."""
    values = {"rows": msgspec.json.encode(rows).decode(), "since": since}
    found = connection.execute(_FROM_JSON, values)
    return {(installation, start): number for installation, start, number in found}


def _insert_numbered(connection: Connection, rows: Sequence[Row], since: int) -> dict[Key, int]:
    """Insert rows with the next numbers, which nobody else can take: half the work of asking for them."""
    first, count = _insert_in_order(connection, rows, _NEW)
    connection.exec_driver_sql(_PENDING, (since, first))
    if count < len(rows):
        found = connection.exec_driver_sql(_SINCE, (first,))
        return {(installation, start): number for installation, start, number in found}
    return {(row["installation_id"], row["period_start"]): row["id"] for row in rows}


def _insert_in_order(connection: Connection, rows: Sequence[Row], ending: str = "") -> tuple[int, int]:
    """Insert rows into SQLite; return the number of the first, and how many there are now."""
    count = 0
    first: int = (connection.exec_driver_sql(_LAST).scalar() or 0) + 1
    for number, row in enumerate(rows, first):
        row["id"] = number
    processors = _processors(connection.dialect)
    for some in batched(rows, ROWS_AT_ONCE, strict=False):
        values = chain.from_iterable(_driver_row(row, processors) for row in some)
        count += connection.exec_driver_sql(_statement(len(some)) + ending, tuple(values)).rowcount
    return first, count


@cache
def _statement(count: int) -> str:
    """Return the INSERT of so many rows."""
    row = f"({', '.join('?' * len(_NAMES))})"
    rows = ", ".join([row] * count)
    return f"INSERT INTO {SUBMISSIONS.name} ({', '.join(_NAMES)}) VALUES {rows}"  # noqa: S608 - only names


@cache
def _processors(dialect: Dialect) -> _Processors:
    """Return what the values of a row need."""
    processors = (_processor(column.type, dialect) for column in _COLUMNS)
    return [(position, process) for position, process in enumerate(processors) if process is not None]


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what the values of a type need, but for NULL."""
    return json_text if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)


def _driver_row(row: Mapping[str, Any], processors: _Processors) -> list[Any]:
    """Return the values of a row as the driver takes them."""
    values = [row[name] for name in _NAMES]
    for position, process in processors:
        if values[position] is not None:
            values[position] = process(values[position])
    return values


_WAYS = {"sqlite": _insert_numbered, "postgresql": _insert_json}
"""How rows are inserted where that is faster than by what all databases have in common."""
