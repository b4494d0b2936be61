"""Features in use: the first and the last day (UTC) of each, as a report tells them of its days."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from ..report_intervals import is_possible
from ..store.settings import get_setting, set_setting

FEATURES: Final = (
    "automations_used",
    "backfill_used",
    "dashboard_enabled",
    "described_printers_used",
    "energy_enabled",
    "exports_used",
    "maintenance_enabled",
)
"""What a report tells of. That sharing is on goes without saying."""
_KEY: Final = "feature_days"


def note(conn: Connection, names: Collection[str], today: date) -> None:
    """Remember that these are in use today, unless the clock cannot be right."""
    days = _days(conn)
    if not is_possible(today) or all(days.get(name, ["", ""])[1] >= today.isoformat() for name in names):
        return
    for name in names:
        first, last = days.get(name, [today.isoformat()] * 2)
        days[name] = [first, max(last, today.isoformat())]
    set_setting(conn, _KEY, days)


def in_use(conn: Connection, start: date, end: date) -> dict[str, bool]:
    """Return for each feature whether it was in use in `[start, end)`."""
    days = _days(conn)
    never = [end.isoformat()] * 2
    return {
        name: first < end.isoformat() and last >= start.isoformat()
        for name in FEATURES
        for first, last in [days.get(name, never)]
    }


def first_used(conn: Connection, start: date, end: date) -> tuple[str, ...]:
    """Return the features that were used for the first time in `[start, end)`."""
    days = _days(conn)
    return tuple(
        name for name in FEATURES if name in days and start.isoformat() <= days[name][0] < end.isoformat()
    )


def _days(conn: Connection) -> dict[str, Any]:
    found: dict[str, Any] = get_setting(conn, _KEY) or {}
    return found
