"""Merge of an import: events and counters, each once, whatever was imported before."""

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from ..counters import ENERGY_COST, EVENTS_STORED, LONGEST_SECONDS
from ..models import Maintenance
from ..store.marks import counters_changed
from ..store.recovery import recount_events
from ..store.schema import usage_events
from ..store.settings import ORIGIN, get_setting, set_setting
from .reading import ImportRefusedError
from .staging import staged_settings
from .statements import COUNTERS, EVENTS, LAST_PRINTS

_PLAN: Final = "maintenance."
_LONGEST: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many events and reports an import brought that were not here."""

    events: int
    reports: int = 0


def merge(conn: Connection, head: dict[str, Any]) -> Imported:
    """Add the events, counters, latest prints and maintenance plans of the file that are not here yet.

    Counters are taken as they are, since they also hold what deleted events once counted.
    """
    counters_changed(conn)
    before = _events(conn)
    names = {
        "origin": head["origin"],
        "own": get_setting(conn, ORIGIN),
        "longest": LONGEST_SECONDS,
        "stored": EVENTS_STORED,
        "cost": ENERGY_COST,
    }
    for statement in (*EVENTS, *COUNTERS, LAST_PRINTS):
        known = {name: value for name, value in names.items() if f":{name}" in statement}
        conn.execute(text(statement), known)
    _add_maintenance(conn)
    recount_events(conn)
    return Imported(events=_events(conn) - before)


def _events(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(usage_events)) or 0


def _add_maintenance(conn: Connection) -> None:
    """Take over the plans of printers that have none here."""
    for key, value in staged_settings(conn).items():
        if key.startswith(_PLAN) and get_setting(conn, key) is None:
            if not _is_plan(value):
                raise ImportRefusedError("import_invalid", "settings, maintenance")
            set_setting(conn, key, value)


def _is_plan(value: object) -> bool:
    return (
        isinstance(value, dict)
        and {*value} == {each.name for each in fields(Maintenance)}
        and all(type(each) is int and 0 <= each < _LONGEST for each in value.values())
    )
