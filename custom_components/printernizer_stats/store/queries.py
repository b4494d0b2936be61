"""Reading raw events. For the person at home (export, history), never for sharing."""

from collections.abc import Iterator
from datetime import UTC, datetime
import json
from typing import Any, Final

from sqlalchemy import Connection, select

from .aggregates import usage_printers
from .schema import event_data, event_types, usage_events

_CHUNK: Final = 1000


def iter_events(
    conn: Connection, *, event_type: str | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield stored events, oldest first, as JSON types; streamed, so that memory stays small."""
    query = (
        select(
            usage_events.c.event_id,
            usage_events.c.time_fired_ts,
            event_types.c.event_type,
            usage_printers.c.printer_key,
            event_data.c.shared_data,
        )
        .join_from(usage_events, event_types)
        .outerjoin(usage_printers, usage_printers.c.printer_id == usage_events.c.printer_id)
        .outerjoin(event_data, event_data.c.data_id == usage_events.c.data_id)
        .order_by(usage_events.c.event_id)
        .limit(limit)
    )
    if event_type is not None:
        query = query.where(event_types.c.event_type == event_type)
    with conn.execution_options(yield_per=_CHUNK).execute(query) as rows:
        for row in rows:
            yield {
                "id": row.event_id,
                "type": row.event_type,
                "time": datetime.fromtimestamp(row.time_fired_ts, UTC).isoformat(),
                "printer": row.printer_key,
                "data": json.loads(row.shared_data) if row.shared_data else {},
            }
