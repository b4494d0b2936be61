"""The writer's memory: counters and row ids as they stand in the file after the last commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
import json
from typing import Final, NamedTuple

from fnv_hash_fast import fnv1a_32
from sqlalchemy import Connection, Table, insert, select

from ..counters import (
    EVENTS_STORED,
    MAXIMA,
    CounterKey,
    Scope,
    combine,
    deltas,
    first_day,
    local_day,
    merged,
    outcome_of,
    owners,
    periods_of,
)
from ..intervals import utc_day
from ..models import FLEET, Counts, LastPrint, Period, Snapshot, UsageEvent
from .counts import (
    add_counts,
    interval_counts,
    load_last_prints,
    owner_counts,
    save_last_prints,
)
from .schema import event_data, event_types
from .spans import roll
from .tables import usage_printers

_CACHED: Final = 4096
_QUARTER: Final = 900
_INSERT: Final = (
    "INSERT INTO usage_events (event_type_id, data_id, printer_id, interval_id, time_fired_ts)"
    " VALUES (?, ?, ?, ?, ?)"
)

type Amounts = dict[CounterKey, int]
type Row = tuple[int, int | None, int | None, int | None, float]


class Group(NamedTuple):
    """Events that go to the same counters; historic ones are never reported."""

    day: str
    printer: str | None
    historic: bool


@dataclass(slots=True)
class Ledger:
    """Counters, ids and the open interval; valid for as long as no transaction fails."""

    zone: tzinfo
    today: str
    interval: int
    counts: dict[Period, dict[str, Counts]]
    interval_counts: Counts
    last_prints: dict[str, LastPrint]
    _types: dict[str, int] = field(default_factory=dict)
    _printers: dict[str, int] = field(default_factory=dict)
    _data: dict[tuple[tuple[str, object], ...], int] = field(default_factory=dict)
    _days: dict[int, str] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection, zone: tzinfo, now: float) -> Ledger:
        """Read what is needed from the file; its cost does not depend on the number of events."""
        interval = roll(conn, utc_day(now))
        today = local_day(now, zone)
        return cls(
            zone=zone,
            today=today,
            interval=interval.id,
            counts={period: owner_counts(conn, since=first_day(period, today)) for period in Period},
            interval_counts=interval_counts(conn, interval.id),
            last_prints=load_last_prints(conn),
            _types=_ids(conn, event_types),
            _printers=_ids(conn, usage_printers),
        )

    def append(self, conn: Connection, events: Iterable[UsageEvent]) -> None:
        """Insert the events and add them to their counters, in the caller's transaction."""
        rows: list[Row] = []
        groups: dict[Group, dict[str, int]] = {}
        ended: dict[str, LastPrint] = {}
        for event in events:
            rows.append(self._row(conn, event))
            group = Group(self._day(event.at), event.printer, event.historic)
            combine(groups.setdefault(group, {}), deltas(event))
            if (last := _ended(event)) is not None and not event.historic:
                ended |= dict.fromkeys(owners(event.printer), last)
        if not rows:
            return
        conn.exec_driver_sql(_INSERT, rows)
        added: Amounts = {CounterKey(Scope.TOTAL, "", FLEET, EVENTS_STORED): len(rows)}
        for group, amounts in groups.items():
            self._spread(added, group, amounts)
        self._apply(conn, added)
        if ended:
            self.last_prints |= ended
            save_last_prints(conn, ended)

    def add(self, conn: Connection, amounts: Mapping[str, int], at: float) -> None:
        """Add amounts that no event stands for, such as uptime."""
        added: Amounts = {}
        self._spread(added, Group(self._day(at), None, historic=False), amounts)
        self._apply(conn, added)

    def snapshot(self) -> Snapshot:
        """Return the counters for the sensors."""
        return Snapshot(
            counts={period: dict(counts) for period, counts in self.counts.items()},
            interval=self.interval_counts,
            last_prints=dict(self.last_prints),
            events_stored=self.counts[Period.EVER].get(FLEET, {}).get(EVENTS_STORED, 0),
        )

    def missing_from(self, other: Ledger) -> Amounts:
        """What this ledger counted and the other has lost, as amounts to add to the other's file."""
        known: list[tuple[Scope, str, str, Counts, Counts]] = [
            (Scope.INTERVAL, str(other.interval), FLEET, self.interval_counts, other.interval_counts)
        ]
        for scope, period, day in ((Scope.TOTAL, Period.EVER, ""), (Scope.DAY, Period.DAY, self.today)):
            known += [
                (scope, day, owner, counts, other.counts[period].get(owner, {}))
                for owner, counts in self.counts[period].items()
            ]
        return {
            CounterKey(scope, day, owner, metric): value - found.get(metric, 0)
            for scope, day, owner, counts, found in known
            for metric, value in counts.items()
            if metric not in {*MAXIMA, EVENTS_STORED} and value > found.get(metric, 0)
        }

    def _day(self, at: float) -> str:
        """The user's day of an instant; zones change their offset on quarters of an hour only."""
        quarter = int(at // _QUARTER)
        if (day := self._days.get(quarter)) is None:
            if len(self._days) >= _CACHED:
                self._days.clear()
            day = self._days[quarter] = local_day(at, self.zone)
        return day

    def _spread(self, added: Amounts, group: Group, amounts: Counts) -> None:
        """Add amounts to every counter they go to: ever, that day and the report interval."""
        places = [(Scope.TOTAL, "", owner) for owner in owners(group.printer)]
        places += [(Scope.DAY, group.day, owner) for owner in owners(group.printer)]
        if not group.historic:
            places.append((Scope.INTERVAL, str(self.interval), FLEET))
        for metric, amount in amounts.items():
            for scope, period, owner in places:
                key = CounterKey(scope, period, owner, metric)
                added[key] = merged(metric, added.get(key, 0), amount)

    def _apply(self, conn: Connection, added: Amounts) -> None:
        """Store the amounts and show them; dictionaries that were shown are never changed."""
        add_counts(conn, added)
        changes: dict[tuple[Period, str], dict[str, int]] = {}
        interval: dict[str, int] = {}
        for key, amount in added.items():
            if key.scope == Scope.INTERVAL:
                interval[key.metric] = amount
                continue
            shown = (
                (Period.EVER,)
                if key.scope == Scope.TOTAL
                else (each for each in periods_of(key.period, self.today) if each is not Period.EVER)
            )
            for period in shown:
                combine(changes.setdefault((period, key.printer), {}), {key.metric: amount})
        for (period, owner), amounts in changes.items():
            self.counts[period][owner] = _sum(self.counts[period].get(owner, {}), amounts)
        self.interval_counts = _sum(self.interval_counts, interval)

    def _row(self, conn: Connection, event: UsageEvent) -> Row:
        printer = event.printer
        return (
            self._id(conn, event_types, self._types, event.type),
            self._data_id(conn, event.data) if event.data else None,
            None if printer is None else self._id(conn, usage_printers, self._printers, printer),
            None if event.historic else self.interval,
            event.at,
        )

    def _data_id(self, conn: Connection, data: Mapping[str, object]) -> int:
        """The row of a payload, shared by all events that carry the same one."""
        items = tuple(data.items())
        if (known := self._data.get(items)) is not None:
            return known
        text = json.dumps(dict(data), sort_keys=True, separators=(",", ":"))
        digest = fnv1a_32(text.encode())
        found = conn.scalar(
            select(event_data.c.data_id).where(event_data.c.hash == digest, event_data.c.shared_data == text)
        )
        if found is None:
            found = _insert(conn, event_data, {"hash": digest, "shared_data": text})
        if len(self._data) >= _CACHED:
            self._data.clear()
        self._data[items] = found
        return found

    @staticmethod
    def _id(conn: Connection, table: Table, known: dict[str, int], name: str) -> int:
        if name not in known:
            known[name] = _insert(conn, table, {table.columns[1].name: name})
        return known[name]


def _sum(counts: Counts, amounts: Counts) -> dict[str, int]:
    changed = dict(counts)
    combine(changed, amounts)
    return changed


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
    known = {
        name: int(event.data[key])
        for key, name in (
            ("duration_seconds", "duration"),
            ("filament_mm", "filament_mm"),
            ("filament_g", "filament_g"),
        )
        if key in event.data
    }
    return LastPrint(result=outcome, at=event.at, printer=event.printer, **known)
