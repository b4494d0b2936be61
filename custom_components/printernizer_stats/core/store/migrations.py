"""Bringing the file's schema to the version that this code knows, one step at a time, and one step back."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from ..counters import (
    FAILED_PREFIX,
    LONGEST_SECONDS,
    TIMED_PRINTS,
    CounterKey,
    Scope,
    deltas,
    local_day,
    merged,
    outcome_of,
    owners,
)
from ..models import FLEET, LastPrint, UsageEvent
from . import migration_4, migration_6
from .counts import add_counts, load_last_prints, save_last_prints
from .queries import iter_events
from .schema import VIEWS
from .settings import set_setting
from .tables import METADATA, schema_changes, usage_imports, usage_last_prints

SCHEMA_VERSION: Final = 6

type Step = Callable[[Connection, tzinfo], None]


class StoreTooNewError(Exception):
    """The file was written by a newer version; nothing in it was touched."""


def migrate(conn: Connection, zone: tzinfo, now: float) -> None:
    """Create or upgrade the schema within the caller's transaction."""
    version = current_version(conn)
    if version > SCHEMA_VERSION:
        raise StoreTooNewError
    if version == 0:
        METADATA.create_all(conn)
        _make_views(conn)
        _note(conn, SCHEMA_VERSION, now)
        return
    for target in range(version + 1, SCHEMA_VERSION + 1):
        _UP[target](conn, zone)
        _note(conn, target, now)
    if version < SCHEMA_VERSION:
        _make_views(conn)


def downgrade(conn: Connection, zone: tzinfo, now: float) -> int:
    """Take the schema one version back, for an older release, and return that version."""
    version = current_version(conn)
    if version not in _DOWN:
        return version
    _DOWN[version](conn, zone)
    _note(conn, version - 1, now)
    return version - 1


def current_version(conn: Connection) -> int:
    """Return the version of the newest change, 0 for an empty file."""
    if not inspect(conn).has_table(schema_changes.name):
        return 0
    newest = select(schema_changes.c.schema_version).order_by(schema_changes.c.change_id.desc())
    return conn.scalar(newest.limit(1)) or 0


def _note(conn: Connection, version: int, now: float) -> None:
    conn.execute(insert(schema_changes).values(schema_version=version, changed_ts=now))


def _make_views(conn: Connection) -> None:
    for name, query in VIEWS.items():
        conn.execute(text(f"DROP VIEW IF EXISTS {name}"))
        conn.execute(text(f"CREATE VIEW {name} AS {query}"))


def _drop_views(conn: Connection) -> None:
    for name in VIEWS:
        conn.execute(text(f"DROP VIEW IF EXISTS {name}"))


_EVENT_COLUMNS: Final = "event_id, event_type_id, data_id, printer_id, interval_id, time_fired_ts"
_EVENTS_DDL: Final = """
    CREATE TABLE usage_events_new (
        event_id INTEGER NOT NULL PRIMARY KEY,
        event_type_id INTEGER NOT NULL REFERENCES event_types (event_type_id),
        data_id INTEGER REFERENCES event_data (data_id),
        printer_id INTEGER REFERENCES usage_printers (printer_id),
        interval_id INTEGER {null} REFERENCES usage_intervals (interval_id),
        time_fired_ts FLOAT NOT NULL
    )
"""


def _rebuild_events(conn: Connection, *, null: str) -> None:
    """Make the events table anew, since SQLite cannot change a column's constraint."""
    _drop_views(conn)
    for statement in (
        _EVENTS_DDL.format(null=null),
        f"INSERT INTO usage_events_new SELECT {_EVENT_COLUMNS} FROM usage_events",
        "DROP TABLE usage_events",
        "ALTER TABLE usage_events_new RENAME TO usage_events",
        "CREATE INDEX ix_usage_events_type_time ON usage_events (event_type_id, time_fired_ts)",
    ):
        conn.execute(text(statement))


def _is_new_in_2(metric: str) -> bool:
    return metric in (LONGEST_SECONDS, TIMED_PRINTS) or metric.startswith(FAILED_PREFIX)


def _up_2(conn: Connection, zone: tzinfo) -> None:
    """Events without a report interval; a last print of each printer; longest, mean and failed prints."""
    _rebuild_events(conn, null="")
    usage_last_prints.create(conn)
    _make_views(conn)
    added: dict[CounterKey, int] = {}
    last: dict[str, LastPrint] = {}
    for row in iter_events(conn):
        at = datetime.fromisoformat(row["time"]).timestamp()
        event = UsageEvent(type=row["type"], at=at, data=row["data"])
        if (outcome := outcome_of(event.type)) is None:
            continue
        duration = event.data.get("duration_seconds")
        ended = LastPrint(
            result=outcome,
            at=event.at,
            printer=row["printer"],
            duration=None if duration is None else int(duration),
        )
        for owner in owners(row["printer"]):
            last[owner] = ended
            for metric, amount in deltas(event).items():
                if _is_new_in_2(metric):
                    for scope, period in ((Scope.TOTAL, ""), (Scope.DAY, local_day(event.at, zone))):
                        key = CounterKey(scope, period, owner, metric)
                        added[key] = merged(metric, added.get(key, 0), amount)
    add_counts(conn, added)
    save_last_prints(conn, last)
    conn.execute(text("DELETE FROM usage_settings WHERE key = 'last_print'"))


def _down_2(conn: Connection, _zone: tzinfo) -> None:
    """Back to the first schema: what was found in the past has no place in it."""
    conn.execute(text("DELETE FROM usage_events WHERE interval_id IS NULL"))
    conn.execute(
        text("DELETE FROM usage_aggregates WHERE metric IN (:longest, :timed) OR metric LIKE :failed"),
        {"longest": LONGEST_SECONDS, "timed": TIMED_PRINTS, "failed": f"{FAILED_PREFIX}%"},
    )
    if (last := load_last_prints(conn).get(FLEET)) is not None:
        value = {
            "result": last.result,
            "at": last.at,
            "duration": last.duration,
            "printer": last.printer,
        }
        set_setting(conn, "last_print", value)
    _rebuild_events(conn, null="NOT NULL")
    conn.execute(text("DROP TABLE usage_last_prints"))
    conn.execute(text(f"CREATE VIEW events AS {VIEWS['events']}"))


def _up_3(conn: Connection, _zone: tzinfo) -> None:
    """Deletions that were asked of the service."""
    conn.execute(text(migration_4.DELETIONS_3))


def _down_3(conn: Connection, _zone: tzinfo) -> None:
    """Back to the second schema."""
    conn.execute(text("DROP TABLE usage_deletions"))


def _up_5(conn: Connection, _zone: tzinfo) -> None:
    """What was imported, by where it came from."""
    usage_imports.create(conn)


def _down_5(conn: Connection, _zone: tzinfo) -> None:
    """Back to the fourth schema; what was imported stays counted."""
    usage_imports.drop(conn)


_UP: Final[dict[int, Step]] = {2: _up_2, 3: _up_3, 4: migration_4.up, 5: _up_5, 6: migration_6.up}
_DOWN: Final[dict[int, Step]] = {2: _down_2, 3: _down_3, 4: migration_4.down, 5: _down_5, 6: migration_6.down}
