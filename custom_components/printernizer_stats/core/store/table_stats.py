"""Table statistics: how full the file is, in numbers, for the diagnostics."""

from typing import Any, Final

from sqlalchemy import Column, Connection, func, select

from .migrations import current_version
from .tables import METADATA, usage_aggregates, usage_intervals, usage_reports

_BY_STATE: Final = {
    "counters": usage_aggregates.c.scope,
    "intervals": usage_intervals.c.state,
    "reports": usage_reports.c.state,
}


def describe(conn: Connection) -> dict[str, Any]:
    """Return the schema version, the rows of each table, and counters, intervals and reports by state."""
    return {
        "schema_version": current_version(conn),
        "rows": {table.name: _count(conn, table.columns[0]) for table in METADATA.sorted_tables},
        **{name: _grouped(conn, column) for name, column in _BY_STATE.items()},
    }


def _count(conn: Connection, column: Column[Any]) -> int:
    return conn.scalar(select(func.count()).select_from(column.table)) or 0


def _grouped(conn: Connection, column: Column[Any]) -> dict[str, int]:
    rows = conn.execute(select(column, func.count()).group_by(column))
    return dict(rows.tuples().all())
