"""Tables of events in the shapes of Home Assistant's recorder, and the views on them.

Instants are float UTC epoch seconds (`*_ts`); payloads that repeat are stored once. The view `events`
has the recorder's columns, so that a query written for home-assistant_v2.db runs unchanged. Contexts are
empty there: what a user did is none of our business.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from .tables import METADATA, usage_intervals, usage_printers

event_types: Final = Table(
    "event_types",
    METADATA,
    Column("event_type_id", Integer, primary_key=True),
    Column("event_type", String(64), nullable=False, unique=True),
)

event_data: Final = Table(
    "event_data",
    METADATA,
    Column("data_id", Integer, primary_key=True),
    Column("hash", BigInteger, nullable=False, index=True),
    Column("shared_data", Text, nullable=False),
)

usage_events: Final = Table(
    "usage_events",
    METADATA,
    Column("event_id", Integer, primary_key=True),
    Column("event_type_id", ForeignKey(event_types.c.event_type_id), nullable=False),
    Column("data_id", ForeignKey(event_data.c.data_id)),
    Column("printer_id", ForeignKey(usage_printers.c.printer_id)),
    Column("interval_id", ForeignKey(usage_intervals.c.interval_id)),
    Column("time_fired_ts", Float, nullable=False),
    Index("ix_usage_events_type_time", "event_type_id", "time_fired_ts"),
)

VIEWS: Final = {
    "events": """
        SELECT event_id, event_type_id, data_id, time_fired_ts, 0 AS origin_idx,
               CAST(NULL AS BLOB) AS context_id_bin, CAST(NULL AS BLOB) AS context_user_id_bin,
               CAST(NULL AS BLOB) AS context_parent_id_bin
        FROM usage_events
    """,
    "usage_prints": """
        SELECT event_id, time_fired_ts AS ended_ts, printer_key, substr(event_type, 5) AS result,
               json_extract(shared_data, '$.printer_type') AS printer_type,
               json_extract(shared_data, '$.duration_seconds') AS duration_seconds,
               json_extract(shared_data, '$.filament_mm') AS filament_mm,
               json_extract(shared_data, '$.filament_g') AS filament_g,
               json_extract(shared_data, '$.energy_wh') AS energy_wh,
               json_extract(shared_data, '$.energy_cost') AS energy_cost
        FROM usage_events JOIN event_types USING (event_type_id)
        LEFT JOIN event_data USING (data_id) LEFT JOIN usage_printers USING (printer_id)
        WHERE event_type IN ('job_completed', 'job_failed', 'job_cancelled')
    """,
}
