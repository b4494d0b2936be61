"""Queries of raw events. For the person at home (export, history), never for sharing."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, select, text

from ..timestamps import instant
from .marks import counters_changed
from .schema import event_data, event_types, usage_events
from .tables import usage_printers, usage_reports

_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events; instants in epoch seconds, `[since, until)`; None leaves a condition out."""

    event_type: str | None = None
    printer: str | None = None
    since: float | None = None
    until: float | None = None
    submitted: bool | None = None


EVERYTHING: Final = EventFilter()


def iter_events(
    conn: Connection, wanted: EventFilter = EVERYTHING, *, limit: int | None = None, offset: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield stored events, oldest first, as JSON types; streamed, so that memory stays small."""
    query = _conditions(_events(), wanted).order_by(usage_events.c.event_id)
    query = query.limit(limit).offset(offset) if limit is not None else query
    with conn.execution_options(yield_per=_CHUNK).execute(query) as rows:
        for row in rows:
            yield {
                "id": row.event_id,
                "type": row.event_type,
                "time": instant(row.time_fired_ts),
                "printer": row.printer_key,
                "interval": row.interval_id,
                "data": json.loads(row.shared_data) if row.shared_data else {},
            }


def _events() -> Select[Any]:
    return (
        select(
            usage_events.c.event_id,
            usage_events.c.interval_id,
            usage_events.c.time_fired_ts,
            event_types.c.event_type,
            usage_printers.c.printer_key,
            event_data.c.shared_data,
        )
        .join_from(usage_events, event_types)
        .outerjoin(usage_printers, usage_printers.c.printer_id == usage_events.c.printer_id)
        .outerjoin(event_data, event_data.c.data_id == usage_events.c.data_id)
    )


def _conditions(query: Select[Any], wanted: EventFilter) -> Select[Any]:
    if wanted.event_type is not None:
        query = query.where(event_types.c.event_type == wanted.event_type)
    if wanted.printer is not None:
        query = query.where(usage_printers.c.printer_key == wanted.printer)
    if wanted.since is not None:
        query = query.where(usage_events.c.time_fired_ts >= wanted.since)
    if wanted.until is not None:
        query = query.where(usage_events.c.time_fired_ts < wanted.until)
    if wanted.submitted is not None:
        acknowledged = exists().where(
            usage_reports.c.interval_id == usage_events.c.interval_id,
            usage_reports.c.state == "acknowledged",
        )
        query = query.where(acknowledged if wanted.submitted else ~acknowledged)
    return query


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of a table, and how many rows there are in all."""

    rows: list[dict[str, Any]]
    total: int


_PRINTS: Final = "FROM usage_prints WHERE (:printer IS NULL OR printer_key = :printer)"


def list_prints(conn: Connection, *, printer: str | None, limit: int, offset: int) -> Page:
    """Return prints, latest first, as JSON types."""
    parameters = {"printer": printer, "limit": limit, "offset": offset}
    rows = conn.execute(
        text(f"SELECT * {_PRINTS} ORDER BY ended_ts DESC, event_id DESC LIMIT :limit OFFSET :offset"),
        parameters,
    )
    total = conn.scalar(text(f"SELECT count(*) {_PRINTS}"), parameters)
    return Page(rows=[dict(row) for row in rows.mappings()], total=total or 0)


def iter_prints(conn: Connection) -> Iterator[dict[str, Any]]:
    """Yield all prints, oldest first, as JSON types; streamed, so that memory stays small."""
    query = text("SELECT * FROM usage_prints ORDER BY ended_ts, event_id")
    with conn.execution_options(yield_per=_CHUNK).execute(query) as rows:
        for row in rows.mappings():
            yield dict(row)


def purge(conn: Connection, before: float) -> int:
    """Delete events older than `before` (epoch seconds) and return how many; counters stay."""
    parameters = {"before": before}
    purged = conn.execute(text("DELETE FROM usage_events WHERE time_fired_ts < :before"), parameters).rowcount
    if purged:
        counters_changed(conn)
        conn.execute(
            text(
                "DELETE FROM event_data WHERE data_id NOT IN"
                " (SELECT data_id FROM usage_events WHERE data_id IS NOT NULL)"
            )
        )
        conn.execute(
            text(
                "UPDATE usage_aggregates SET value = value - :purged"
                " WHERE scope = 'total' AND metric = 'events_stored'"
            ),
            {"purged": purged},
        )
    return purged
