"""Counter cache of the writer: counters as they are in the file after the last commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection

from ..counters import (
    EVENTS_STORED,
    MAXIMA,
    CounterKey,
    Scope,
    combine,
    first_day,
    local_day,
    merged,
    outcome_of,
    owners,
    periods_of,
)
from ..models import FLEET, Counts, LastPrint, Period, Snapshot, UsageEvent
from ..report_intervals import utc_day
from .counts import (
    add_counts,
    interval_counts,
    load_last_prints,
    owner_counts,
    save_last_prints,
)
from .redating import was_wrong
from .report_intervals import roll
from .settings import ERASED, get_setting
from .shared_rows import Payload, SharedRows

_CACHED: Final = 4096
_QUARTER: Final = 900
_INSERT: Final = (
    "INSERT INTO usage_events (event_type_id, data_id, printer_id, interval_id, time_fired_ts)"
    " VALUES (?, ?, ?, ?, ?)"
)

type Amounts = dict[CounterKey, int]
type Row = tuple[int, int | None, int | None, int | None, float]


type Group = tuple[str, str | None, bool]
"""Day, printer and whether it is historic: what decides to which counters an event goes."""


@dataclass(slots=True)
class CounterCache:
    """Counters, shared rows and the open interval; valid for as long as no transaction fails."""

    zone: tzinfo
    today: str
    interval: int
    counts: dict[Period, dict[str, Counts]]
    interval_counts: Counts
    last_prints: dict[str, LastPrint]
    erased: float | None
    shared: SharedRows
    clock_wrong: bool
    _days: dict[float, str] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection, zone: tzinfo, now: float) -> CounterCache:
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
            erased=get_setting(conn, ERASED),
            shared=SharedRows.load(conn),
            clock_wrong=was_wrong(conn),
        )

    def append(self, conn: Connection, events: Iterable[UsageEvent]) -> None:
        """Insert the events and add them to their counters, in the caller's transaction."""
        rows: list[Row] = []
        groups: dict[Group, dict[Payload, int]] = {}
        ended: dict[str | None, UsageEvent] = {}
        for event in events:
            at, printer, historic = event.at, event.printer, event.historic
            payload = self.shared.payload(conn, event)
            printer_id = self.shared.printer(conn, printer)
            interval = None if historic else self.interval
            rows.append((payload.type_id, payload.data_id, printer_id, interval, at))
            group = (self._day(at), printer, historic)
            payloads = groups.get(group) or groups.setdefault(group, {})
            payloads[payload] = payloads.get(payload, 0) + 1
            if payload.outcome is not None and not historic:
                ended[printer] = ended[None] = event
        if not rows:
            return
        conn.exec_driver_sql(_INSERT, rows)
        added: Amounts = {CounterKey(Scope.TOTAL, "", FLEET, EVENTS_STORED): len(rows)}
        for group, payloads in groups.items():
            self._spread(added, group, _totals(payloads))
            if not group[2]:
                self._add_types(added, payloads)
        self._apply(conn, added)
        if ended:
            last = {printer or FLEET: _last_print(event) for printer, event in ended.items()}
            self.last_prints |= last
            save_last_prints(conn, last)

    def add(self, conn: Connection, amounts: Mapping[str, int], at: float) -> None:
        """Add amounts that no event stands for, such as uptime."""
        added: Amounts = {}
        self._spread(added, (self._day(at), None, False), amounts)
        self._apply(conn, added)

    def snapshot(self) -> Snapshot:
        """Return the counters for the sensors."""
        return Snapshot(
            counts={period: dict(counts) for period, counts in self.counts.items()},
            interval=self.interval_counts,
            last_prints=dict(self.last_prints),
            events_stored=self.counts[Period.EVER].get(FLEET, {}).get(EVENTS_STORED, 0),
            erased=self.erased,
            clock_wrong=self.clock_wrong,
        )

    def missing_from(self, other: CounterCache) -> Amounts:
        """What this cache counted and the other has lost, as amounts to add to the other's file."""
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
        quarter = at // _QUARTER
        if (day := self._days.get(quarter)) is None:
            if len(self._days) >= _CACHED:
                self._days.clear()
            day = self._days[quarter] = local_day(at, self.zone)
        return day

    def _spread(self, added: Amounts, group: Group, amounts: Counts) -> None:
        """Add amounts to every counter they go to: ever, that day and the report interval."""
        day, printer, historic = group
        places = [(Scope.TOTAL, "", owner) for owner in owners(printer)]
        places += [(Scope.DAY, day, owner) for owner in owners(printer)]
        if not historic:
            places.append((Scope.INTERVAL, str(self.interval), FLEET))
        for metric, amount in amounts.items():
            for scope, period, owner in places:
                key = CounterKey(scope, period, owner, metric)
                added[key] = merged(metric, added.get(key, 0), amount)

    def _add_types(self, added: Amounts, payloads: Mapping[Payload, int]) -> None:
        """Add what is counted by type of printer, for the report only."""
        for payload, times in payloads.items():
            if payload.of_type is not None:
                key = CounterKey(Scope.INTERVAL, str(self.interval), FLEET, payload.of_type)
                added[key] = added.get(key, 0) + times

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


def _totals(payloads: Mapping[Payload, int]) -> dict[str, int]:
    """What a number of events with these payloads adds, all together."""
    totals: dict[str, int] = {}
    for payload, times in payloads.items():
        for metric, amount in payload.amounts.items():
            if metric in MAXIMA:
                totals[metric] = max(totals.get(metric, 0), amount)
            else:
                totals[metric] = totals.get(metric, 0) + amount * times
    return totals


def _sum(counts: Counts, amounts: Counts) -> dict[str, int]:
    changed = dict(counts)
    combine(changed, amounts)
    return changed


def _last_print(event: UsageEvent) -> LastPrint:
    outcome = outcome_of(event.type)
    assert outcome is not None
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
