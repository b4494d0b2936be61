"""Counters in the file."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from ..counters import MAXIMA, CounterKey, Scope
from ..models import Counts, LastPrint, Outcome
from .marks import counters_changed
from .tables import replace_row, upsert, usage_aggregates, usage_last_prints

_COLUMNS: Final = usage_aggregates.c
_ADD: Final = upsert(usage_aggregates, _COLUMNS.keys(), {"value": "value + excluded.value"})
_RAISE: Final = upsert(usage_aggregates, _COLUMNS.keys(), {"value": "max(value, excluded.value)"})
_OF_OWNERS: Final = (
    select(_COLUMNS.printer_key, _COLUMNS.metric, func.sum(_COLUMNS.value), func.max(_COLUMNS.value))
    .where(
        _COLUMNS.scope == bindparam("scope"),
        _COLUMNS.period >= bindparam("since"),
        _COLUMNS.period <= bindparam("until"),
    )
    .group_by(_COLUMNS.printer_key, _COLUMNS.metric)
)
_OF_INTERVAL: Final = select(_COLUMNS.metric, _COLUMNS.value).where(
    _COLUMNS.scope == Scope.INTERVAL, _COLUMNS.period == bindparam("interval")
)
_LAST_PRINTS: Final = select(usage_last_prints)


def add_counts(conn: Connection, added: Mapping[CounterKey, int]) -> None:
    """Add the amounts to the stored counters; those that keep a maximum are raised to it."""
    for highest in (False, True):
        rows = [
            {
                "scope": key.scope,
                "period": key.period,
                "printer_key": key.printer,
                "metric": key.metric,
                "value": amount,
            }
            for key, amount in added.items()
            if (key.metric in MAXIMA) is highest
        ]
        if rows:
            conn.execute(_RAISE if highest else _ADD, rows)
            counters_changed(conn)


def owner_counts(conn: Connection, *, since: str, until: str = "~") -> dict[str, Counts]:
    """Return all counters by printer, of the days `[since, until]`; ever if `since` is empty."""
    scope = Scope.DAY if since else Scope.TOTAL
    rows = conn.execute(_OF_OWNERS, {"scope": scope, "since": since, "until": until})
    counts: dict[str, dict[str, int]] = {}
    for printer, metric, total, highest in rows:
        counts.setdefault(printer, {})[metric] = highest if metric in MAXIMA else total
    return {**counts}


def day_counts(conn: Connection, *, since: str, until: str, printer: str) -> dict[str, Counts]:
    """Return the counters of each day `[since, until]` of one printer or of all, by day."""
    rows = conn.execute(
        select(_COLUMNS.period, _COLUMNS.metric, _COLUMNS.value)
        .where(
            _COLUMNS.scope == Scope.DAY,
            _COLUMNS.period >= since,
            _COLUMNS.period <= until,
            _COLUMNS.printer_key == printer,
        )
        .order_by(_COLUMNS.period)
    )
    days: dict[str, dict[str, int]] = {}
    for day, metric, value in rows:
        days.setdefault(day, {})[metric] = value
    return {**days}


def save_last_prints(conn: Connection, ended: Mapping[str, LastPrint]) -> None:
    """Store the latest print of each printer and of all."""
    for printer, last in ended.items():
        replace_row(conn, usage_last_prints, {"printer_key": printer, **_last_print_row(last)})


def load_last_prints(conn: Connection) -> dict[str, LastPrint]:
    """Return the latest print of each printer and of all."""
    return {
        row.printer_key: LastPrint(
            result=Outcome(row.result),
            at=row.ended_ts,
            printer=row.printed_by,
            duration=row.duration_seconds,
            filament_mm=row.filament_mm,
            filament_g=row.filament_g,
        )
        for row in conn.execute(_LAST_PRINTS)
    }


def _last_print_row(last: LastPrint) -> dict[str, object]:
    return {
        "result": last.result.value,
        "ended_ts": last.at,
        "printed_by": last.printer,
        "duration_seconds": last.duration,
        "filament_mm": last.filament_mm,
        "filament_g": last.filament_g,
    }


def interval_counts(conn: Connection, interval_id: int) -> dict[str, int]:
    """Return the counters of one interval, metric to number."""
    return dict(conn.execute(_OF_INTERVAL, {"interval": str(interval_id)}).tuples().all())
