"""Reports that Printernizer sends by itself: when one that is connected was seen to share last.

The first report of protocol 2 tells its gap from there, so that a home that goes over is not a new one.
"""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from ..report_intervals import is_possible
from ..store.settings import get_setting, set_setting

_KEY: Final = "printernizer_shared"
_BEFORE: Final = timedelta(days=7)
"""It reports each week, about the seven days before: what it told last lies a week back."""


def note(conn: Connection, version: str, today: date) -> None:
    """Remember that a Printernizer shares by itself today, unless the clock cannot be right."""
    seen = [today.isoformat(), version]
    if is_possible(today) and get_setting(conn, _KEY) != seen:
        set_setting(conn, _KEY, seen)


def last(conn: Connection, start: date) -> tuple[date, str] | None:
    """Return a day that its last report was about, and its version, where that is before a day."""
    if (seen := get_setting(conn, _KEY)) is None:
        return None
    day = date.fromisoformat(seen[0]) - _BEFORE
    return (day, str(seen[1])) if day < start else None
