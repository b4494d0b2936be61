"""Deleting at a person's wish; the file is written anew afterwards, so that nothing is left in it."""

from typing import Final

from sqlalchemy import Connection, delete, select

from .consent_ledger import start_over
from .marks import counters_changed
from .schema import event_data, event_types, usage_events
from .settings import ERASED, KEPT, ORIGIN, ensure_origin, set_setting
from .tables import (
    usage_aggregates,
    usage_imports,
    usage_intervals,
    usage_last_prints,
    usage_printers,
    usage_reports,
    usage_sessions,
    usage_settings,
)

_COUNTED: Final = (
    usage_events,
    event_data,
    event_types,
    usage_aggregates,
    usage_imports,
    usage_last_prints,
    usage_sessions,
    usage_printers,
)
_UNSENT: Final = "pending"


def erase_events(conn: Connection, now: float) -> None:
    """Delete what was counted, also in reports that still wait; those that were answered stay."""
    for table in _COUNTED:
        conn.execute(delete(table))
    conn.execute(delete(usage_reports).where(usage_reports.c.state == _UNSENT))
    sent = select(usage_reports.c.interval_id)
    conn.execute(delete(usage_intervals).where(usage_intervals.c.interval_id.not_in(sent)))
    _start_over(conn, now)


def erase_everything(conn: Connection, now: float) -> None:
    """Delete all but the deletions that the service was asked for, and what keeps them from coming back."""
    for table in (*_COUNTED, usage_reports, usage_intervals):
        conn.execute(delete(table))
    start_over(conn)
    conn.execute(delete(usage_settings).where(usage_settings.c.key.not_in(KEPT)))
    _start_over(conn, now)


def _start_over(conn: Connection, now: float) -> None:
    """Be another file from now on: an earlier export of this one may be imported again."""
    counters_changed(conn)
    conn.execute(delete(usage_settings).where(usage_settings.c.key == ORIGIN))
    ensure_origin(conn)
    set_setting(conn, ERASED, now)
