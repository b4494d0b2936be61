"""The writer's memory: counters and row ids as they stand in the file after the last commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
import json
from typing import Any, Final

from fnv_hash_fast import fnv1a_32
from sqlalchemy import Connection, Table, func, insert, select

from ..counters import EVENTS_STORED, CounterKey, Scope, deltas, local_day, outcome_of, spread
from ..intervals import utc_day
from ..models import LastPrint, Outcome, Snapshot, UsageEvent
from . import aggregates
from .aggregates import usage_printers
from .schema import event_data, event_types, usage_events

_LAST_PRINT: Final = "last_print"
_DATA_CACHE: Final = 4096
_DAYS_KEPT: Final = 400


@dataclass(slots=True)
class Ledger:
    """Counters, ids and the open interval; valid for as long as no transaction fails."""

    zone: tzinfo
    interval: int
    counts: dict[CounterKey, int]
    last_print: LastPrint | None
    _types: dict[str, int] = field(default_factory=dict)
    _printers: dict[str, int] = field(default_factory=dict)
    _data: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection, zone: tzinfo, now: float) -> Ledger:
        """Read what is needed from the file; its cost does not depend on the number of events."""
        interval = aggregates.roll(conn, utc_day(now))
        counts = aggregates.load_counts(conn, Scope.TOTAL)
        since = local_day(now - _DAYS_KEPT * 86400, zone)
        counts |= aggregates.load_counts(conn, Scope.DAY, since)
        open_counts = aggregates.interval_counts(conn, interval.id)
        for metric, value in open_counts.items():
            counts[CounterKey(Scope.INTERVAL, str(interval.id), "", metric)] = value
        last = aggregates.get_setting(conn, _LAST_PRINT)
        return cls(
            zone=zone,
            interval=interval.id,
            counts=counts,
            last_print=_last_print(last) if last else None,
            _types=_ids(conn, event_types),
            _printers=_ids(conn, usage_printers),
        )

    def append(self, conn: Connection, events: Iterable[UsageEvent]) -> None:
        """Insert the events and add them to their counters, in the caller's transaction."""
        rows: list[dict[str, Any]] = []
        added: dict[CounterKey, int] = {}
        last: LastPrint | None = None
        for event in events:
            rows.append(self._row(conn, event))
            self._count(added, deltas(event), event.at, event.printer)
            last = _ended(event) or last
        if not rows:
            return
        conn.execute(insert(usage_events), rows)
        stored = CounterKey(Scope.TOTAL, "", "", EVENTS_STORED)
        added[stored] = added.get(stored, 0) + len(rows)
        self._apply(conn, added)
        if last is not None:
            self.last_print = last
            aggregates.set_setting(conn, _LAST_PRINT, _as_json(last))

    def add(self, conn: Connection, amounts: Mapping[str, int], at: float) -> None:
        """Add amounts that no event stands for, such as uptime."""
        added: dict[CounterKey, int] = {}
        self._count(added, amounts, at, None)
        self._apply(conn, added)

    def snapshot(self) -> Snapshot:
        """Return the counters for the sensors."""
        totals: dict[str, int] = {}
        printers: dict[str, dict[str, int]] = {}
        days: dict[str, dict[str, int]] = {}
        interval: dict[str, int] = {}
        for key, value in self.counts.items():
            if key.scope == Scope.INTERVAL:
                if key.period == str(self.interval):
                    interval[key.metric] = value
            elif key.scope == Scope.DAY:
                if not key.printer:
                    days.setdefault(key.period, {})[key.metric] = value
            elif key.printer:
                printers.setdefault(key.printer, {})[key.metric] = value
            else:
                totals[key.metric] = value
        return Snapshot(
            events_stored=totals.pop(EVENTS_STORED, 0),
            totals=totals,
            printers=printers,
            interval=interval,
            days=days,
            last_print=self.last_print,
        )

    def _count(
        self,
        added: dict[CounterKey, int],
        amounts: Mapping[str, int],
        at: float,
        printer: str | None,
    ) -> None:
        day = local_day(at, self.zone)
        for key, amount in spread(amounts, day=day, interval=self.interval, printer=printer):
            added[key] = added.get(key, 0) + amount

    def _apply(self, conn: Connection, added: Mapping[CounterKey, int]) -> None:
        aggregates.add_counts(conn, added)
        for key, amount in added.items():
            self.counts[key] = self.counts.get(key, 0) + amount

    def _row(self, conn: Connection, event: UsageEvent) -> dict[str, Any]:
        return {
            "event_type_id": self._id(conn, event_types, self._types, event.type),
            "data_id": self._data_id(conn, event.data) if event.data else None,
            "printer_id": (
                self._id(conn, usage_printers, self._printers, event.printer) if event.printer else None
            ),
            "interval_id": self.interval,
            "time_fired_ts": event.at,
        }

    def _data_id(self, conn: Connection, data: Mapping[str, object]) -> int:
        """The row of a payload, shared by all events that carry the same one."""
        text = json.dumps(dict(data), sort_keys=True, separators=(",", ":"))
        if (known := self._data.get(text)) is not None:
            return known
        digest = fnv1a_32(text.encode())
        found = conn.scalar(
            select(event_data.c.data_id).where(event_data.c.hash == digest, event_data.c.shared_data == text)
        )
        if found is None:
            found = _insert(conn, event_data, {"hash": digest, "shared_data": text})
        if len(self._data) >= _DATA_CACHE:
            self._data.clear()
        self._data[text] = found
        return found

    @staticmethod
    def _id(conn: Connection, table: Table, known: dict[str, int], name: str) -> int:
        if name not in known:
            known[name] = _insert(conn, table, {table.columns[1].name: name})
        return known[name]


def count_events(conn: Connection) -> int:
    """Count the stored events by looking at each; for checks, not for sensors."""
    return conn.scalar(select(func.count()).select_from(usage_events)) or 0


def _ids(conn: Connection, table: Table) -> dict[str, int]:
    number, name = table.columns[0], table.columns[1]
    return {row[1]: row[0] for row in conn.execute(select(number, name))}


def _insert(conn: Connection, table: Table, row: Mapping[str, object]) -> int:
    created = conn.execute(insert(table).values(row)).inserted_primary_key
    assert created is not None
    return int(created[0])


def _ended(event: UsageEvent) -> LastPrint | None:
    if (outcome := outcome_of(event.type)) is None:
        return None
    duration = event.data.get("duration_seconds")
    return LastPrint(
        result=outcome,
        at=event.at,
        duration=None if duration is None else int(duration),
        printer=event.printer,
    )


def _as_json(last: LastPrint) -> dict[str, object]:
    return {
        "result": last.result,
        "at": last.at,
        "duration": last.duration,
        "printer": last.printer,
    }


def _last_print(raw: Mapping[str, Any]) -> LastPrint:
    return LastPrint(
        result=Outcome(raw["result"]),
        at=raw["at"],
        duration=raw["duration"],
        printer=raw["printer"],
    )
