"""Rows that events share: types, metadata and printers are stored once and then known by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Final

from fnv_hash_fast import fnv1a_32
from sqlalchemy import Connection, Table, bindparam, insert, select

from ..counters import deltas, metric_of_type, outcome_of
from ..models import Counts, Outcome, UsageEvent
from .schema import event_data, event_types
from .tables import usage_printers

_CACHED: Final = 4096
_FIND_DATA: Final = select(event_data.c.data_id).where(
    event_data.c.hash == bindparam("hash"), event_data.c.shared_data == bindparam("shared_data")
)
_TYPES: Final = select(event_types.c.event_type, event_types.c.event_type_id)
_PRINTERS: Final = select(usage_printers.c.printer_key, usage_printers.c.printer_id)


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """The part of an event that repeats, worked out once: its rows, and what it adds to counters."""

    type_id: int
    data_id: int | None
    amounts: Counts
    of_type: str | None
    """The counter by type of printer that it adds one to, in a report interval."""
    outcome: Outcome | None


@dataclass(slots=True)
class SharedRows:
    """The ids that are known; valid for as long as no transaction fails."""

    _types: dict[str, int]
    _printers: dict[str, int]
    _payloads: dict[tuple[object, ...], Payload] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection) -> SharedRows:
        """Read the ids of types and printers; metadata is looked up when it comes."""
        types, printers = (dict(conn.execute(each).tuples().all()) for each in (_TYPES, _PRINTERS))
        return cls(_types=types, _printers=printers)

    def payload(self, conn: Connection, event: UsageEvent) -> Payload:
        """What all events of this type and with this metadata have in common."""
        key = (event.type, *event.data.items())
        if (known := self._payloads.get(key)) is not None:
            return known
        if len(self._payloads) >= _CACHED:
            self._payloads.clear()
        if event.type not in self._types:
            self._types[event.type] = _insert(conn, event_types, {"event_type": event.type})
        payload = self._payloads[key] = Payload(
            type_id=self._types[event.type],
            data_id=_data_id(conn, event.data) if event.data else None,
            amounts=deltas(event),
            of_type=metric_of_type(event),
            outcome=outcome_of(event.type),
        )
        return payload

    def printer(self, conn: Connection, printer: str | None) -> int | None:
        """The row of a printer, by our own key; None for an event of no printer."""
        if printer is None:
            return None
        if printer not in self._printers:
            self._printers[printer] = _insert(conn, usage_printers, {"printer_key": printer})
        return self._printers[printer]


def _data_id(conn: Connection, data: Mapping[str, object]) -> int:
    """The row of a payload, shared by all events that carry the same one."""
    text = json.dumps(dict(data), sort_keys=True, separators=(",", ":"))
    digest = fnv1a_32(text.encode())
    row = {"hash": digest, "shared_data": text}
    return conn.scalar(_FIND_DATA, row) or _insert(conn, event_data, row)


def _insert(conn: Connection, table: Table, row: Mapping[str, object]) -> int:
    created = conn.execute(insert(table), dict(row)).inserted_primary_key
    assert created is not None
    return int(created[0])
