"""Tables of the store: event rows in the shapes of Home Assistant's recorder, and printers beside them.

Instants are float UTC epoch seconds (`*_ts`); payloads that repeat are stored once. The view `events`
has the recorder's columns, so that a query written for home-assistant_v2.db runs unchanged.
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

from .aggregates import METADATA, usage_intervals, usage_printers

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
    Column("interval_id", ForeignKey(usage_intervals.c.interval_id), nullable=False),
    Column("time_fired_ts", Float, nullable=False),
    Index("ix_usage_events_type_time", "event_type_id", "time_fired_ts"),
)

VIEWS: Final = {
    "events": """
        CREATE VIEW events AS
        SELECT event_id, event_type_id, data_id, time_fired_ts, 0 AS origin_idx,
               NULL AS context_id_bin, NULL AS context_user_id_bin, NULL AS context_parent_id_bin
        FROM usage_events
    """,
}
