"""Settings and open sessions in the file: small values that must survive a restart."""

from collections.abc import Mapping
import json
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select

from .tables import replace_row, usage_sessions, usage_settings

ORIGIN: Final = "origin"
"""A random number of the file: an import knows by it what it has already. It is never sent."""

REPORTED_UNTIL: Final = "reported_until"
"""The day up to which reports were made."""
FIRST_DAY: Final = "first_run_date"
"""The day on which counting began."""
ERASED: Final = "erased"
"""When counting began anew, in epoch seconds."""
DELETION_PLAN: Final = "deletion_plan"
"""When services are asked next for the deletions that wait."""
SERVICES: Final = "services"
"""What services say of themselves: their keys prove that they have deleted what they had."""
KEPT: Final = frozenset({"backfill", DELETION_PLAN, REPORTED_UNTIL, "running", SERVICES})
"""Settings that outlive deletion: what was deleted is not found again, no week is reported twice, and
deletions that wait at services go on."""

_VALUE: Final = select(usage_settings.c.value).where(usage_settings.c.key == bindparam("name"))


def get_setting(conn: Connection, key: str) -> Any:
    """Return a setting (JSON types), None when it was never set."""
    value = conn.scalar(_VALUE, {"name": key})
    return None if value is None else json.loads(value)


def set_setting(conn: Connection, key: str, value: object) -> None:
    """Store a setting (JSON types)."""
    replace_row(conn, usage_settings, {"key": key, "value": json.dumps(value)})


def remove_setting(conn: Connection, key: str) -> None:
    """Forget a setting."""
    conn.execute(delete(usage_settings).where(usage_settings.c.key == key))


def all_settings(conn: Connection) -> dict[str, Any]:
    """Return every setting."""
    rows = conn.execute(select(usage_settings.c.key, usage_settings.c.value))
    return {key: json.loads(value) for key, value in rows}


def save_sessions(conn: Connection, sessions: Mapping[str, object]) -> None:
    """Store what must be known of each printer after a restart."""
    for printer, state in sessions.items():
        replace_row(conn, usage_sessions, {"printer_key": printer, "state": json.dumps(state)})


def load_sessions(conn: Connection) -> dict[str, Any]:
    """Return the saved state of each printer, by printer key."""
    rows = conn.execute(select(usage_sessions.c.printer_key, usage_sessions.c.state))
    return {printer: json.loads(state) for printer, state in rows}


def ensure_origin(conn: Connection) -> None:
    """Give the file a number of its own, if it has none."""
    if get_setting(conn, ORIGIN) is None:
        set_setting(conn, ORIGIN, token_hex(8))
