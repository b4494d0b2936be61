"""Everything but raw events: counters, report intervals, reports, settings, open prints.

This is all that sharing may see: it holds sums and words of the dictionary, never a single event.
"""

from collections.abc import Iterable, Mapping
from datetime import date
import json
from typing import Any, Final

from sqlalchemy import (
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
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..counters import CounterKey, Scope
from ..intervals import Interval, IntervalState, cut_end, is_over, next_start, week_end

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


def get_setting(conn: Connection, key: str) -> Any:
    """Return a setting (JSON types), None when it was never set."""
    value = conn.scalar(select(usage_settings.c.value).where(usage_settings.c.key == key))
    return None if value is None else json.loads(value)


def set_setting(conn: Connection, key: str, value: object) -> None:
    """Store a setting (JSON types)."""
    _replace(conn, usage_settings, {"key": key, "value": json.dumps(value)})


def all_settings(conn: Connection) -> dict[str, Any]:
    """Return every setting."""
    rows = conn.execute(select(usage_settings.c.key, usage_settings.c.value))
    return {key: json.loads(value) for key, value in rows}


def save_sessions(conn: Connection, sessions: Mapping[str, object]) -> None:
    """Store what must be known of each printer after a restart."""
    for printer, state in sessions.items():
        _replace(conn, usage_sessions, {"printer_key": printer, "state": json.dumps(state)})


def load_sessions(conn: Connection) -> dict[str, Any]:
    """Return the saved state of each printer, by printer key."""
    rows = conn.execute(select(usage_sessions.c.printer_key, usage_sessions.c.state))
    return {printer: json.loads(state) for printer, state in rows}


def add_counts(conn: Connection, added: Mapping[CounterKey, int]) -> None:
    """Add the amounts to the stored counters."""
    if not added:
        return
    statement = upsert(usage_aggregates)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[column.name for column in usage_aggregates.primary_key],
            set_={"value": usage_aggregates.c.value + statement.excluded.value},
        ),
        [
            {
                "scope": key.scope,
                "period": key.period,
                "printer_key": key.printer,
                "metric": key.metric,
                "value": amount,
            }
            for key, amount in added.items()
        ],
    )


def load_counts(conn: Connection, scope: Scope, since: str = "") -> dict[CounterKey, int]:
    """Return all counters of a scope from the period `since` on."""
    table = usage_aggregates.c
    rows = conn.execute(
        select(table.scope, table.period, table.printer_key, table.metric, table.value).where(
            table.scope == scope, table.period >= since
        )
    )
    return {CounterKey(*row[:4]): row[4] for row in rows}


def interval_counts(conn: Connection, interval_id: int) -> dict[str, int]:
    """Return the counters of one interval, metric to number."""
    table = usage_aggregates.c
    rows = conn.execute(
        select(table.metric, table.value).where(
            table.scope == Scope.INTERVAL, table.period == str(interval_id)
        )
    )
    return dict(rows.tuples().all())


def open_interval(conn: Connection) -> Interval | None:
    """Return the interval that is being counted into."""
    found = list_intervals(conn, IntervalState.OPEN)
    return found[-1] if found else None


def list_intervals(conn: Connection, state: IntervalState) -> list[Interval]:
    """Return all intervals in that state, oldest first."""
    rows = conn.execute(
        select(usage_intervals)
        .where(usage_intervals.c.state == state)
        .order_by(usage_intervals.c.interval_id)
    )
    return [
        Interval(
            id=row.interval_id,
            start=date.fromisoformat(row.start_day),
            end=date.fromisoformat(row.end_day) if row.end_day else None,
            state=IntervalState(row.state),
        )
        for row in rows
    ]


def roll(conn: Connection, today: date) -> Interval:
    """Return the open interval, after closing one whose week is over (none is left open twice)."""
    current = open_interval(conn)
    if current is None:
        return _begin(conn, today)
    if current.start > today:
        return _mend_future(conn, current, today)
    if not is_over(current.start, today):
        return current
    if not interval_counts(conn, current.id):
        return _move(conn, current, next_start(week_end(current.start), today))
    return _close(conn, current, week_end(current.start), IntervalState.CLOSED, today)


def cut(conn: Connection, today: date) -> Interval | None:
    """Close the running interval early and return it; None when it is empty or has no day to itself yet."""
    current = roll(conn, today)
    end = cut_end(current.start, today)
    if end is None or not interval_counts(conn, current.id):
        return None
    _close(conn, current, end, IntervalState.CLOSED, today)
    return Interval(id=current.id, start=current.start, end=end, state=IntervalState.CLOSED)


def withhold(conn: Connection, today: date) -> Interval:
    """Put aside for ever what was counted so far and begin anew; sharing only ever sees the rest."""
    current = roll(conn, today)
    _set_state(conn, IntervalState.CLOSED, IntervalState.PRIVATE)
    if not interval_counts(conn, current.id):
        return _move(conn, current, max(current.start, today))
    return _close(conn, current, max(current.start, today), IntervalState.PRIVATE, today)


def erase(conn: Connection, tables: Iterable[Table]) -> None:
    """Delete all rows of the tables, in the order given."""
    for table in tables:
        conn.execute(delete(table))


def _set_state(conn: Connection, old: IntervalState, new: IntervalState) -> None:
    """Move intervals that no report was made of from one state to another."""
    conn.execute(
        update(usage_intervals)
        .where(
            usage_intervals.c.state == old,
            usage_intervals.c.interval_id.not_in(select(usage_reports.c.interval_id)),
        )
        .values(state=new)
    )


def _close(conn: Connection, current: Interval, end: date, state: IntervalState, today: date) -> Interval:
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id == current.id)
        .values(end_day=end.isoformat(), state=state)
    )
    return _begin(conn, next_start(end, today))


def _begin(conn: Connection, start: date) -> Interval:
    created = conn.execute(
        insert(usage_intervals).values(start_day=start.isoformat(), state=IntervalState.OPEN)
    )
    assert created.inserted_primary_key is not None
    return Interval(id=created.inserted_primary_key[0], start=start, end=None, state=IntervalState.OPEN)


def _move(conn: Connection, current: Interval, start: date) -> Interval:
    conn.execute(
        update(usage_intervals)
        .where(usage_intervals.c.interval_id == current.id)
        .values(start_day=start.isoformat())
    )
    return Interval(id=current.id, start=start, end=None, state=IntervalState.OPEN)


def _mend_future(conn: Connection, current: Interval, today: date) -> Interval:
    """Bring back an interval that a clock set far ahead has moved, as far as reported ones allow."""
    ends = [each.end for each in list_intervals(conn, IntervalState.CLOSED) if each.end]
    start = next_start(max(ends, default=today), today)
    return _move(conn, current, start) if start < current.start else current


def _replace(conn: Connection, table: Table, row: Mapping[str, object]) -> None:
    statement = upsert(table).values(row)
    keys = [column.name for column in table.primary_key]
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: value for name, value in row.items() if name not in keys},
        )
    )
