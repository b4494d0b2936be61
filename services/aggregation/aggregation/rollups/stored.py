"""The rows of `rollups`: read by their keys, and added to."""

from collections.abc import Collection, Iterable
from itertools import groupby
from operator import attrgetter
from secrets import randbits
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, text, update

from aggregation.rollups.lifetime import count_ever
from aggregation.rollups.totals import RollupKey, Totals, unpack, with_changes
from aggregation.storage.schema import ROLLUPS, WEEK_STATES
from aggregation.storage.submissions import SOME, select_in

_KEYS = tuple(ROLLUPS.c[name] for name in RollupKey._fields)
_OF_SCOPE = select(*_KEYS, ROLLUPS.c.totals).where(
    ROLLUPS.c.scope == bindparam("scope"),
    ROLLUPS.c.week.in_(bindparam("weeks", expanding=True)),
    ROLLUPS.c.scope_value.in_(SOME),
)
_BY_KEYS = {
    "sqlite": text(
        "SELECT r.scope, r.week, r.scope_value, r.totals FROM json_each(:keys) AS k CROSS JOIN rollups AS r"
        " ON r.scope = k.value ->> 0 AND r.week = k.value ->> 1 AND r.scope_value = k.value ->> 2"
    ),
    "postgresql": text(
        "SELECT r.scope, r.week, r.scope_value, r.totals FROM json_array_elements(CAST(:keys AS json)) AS k"
        " JOIN rollups AS r ON r.scope = k ->> 0 AND r.week = CAST(k ->> 1 AS integer)"
        " AND r.scope_value = k ->> 2"
    ),
}
"""All rows in one statement, which is the same however many they are; by the index."""
_CHANGE = (
    update(ROLLUPS)
    .where(*(column == bindparam(f"b_{column.name}", type_=column.type) for column in _KEYS))
    .values(totals=bindparam("b_totals", type_=ROLLUPS.c.totals.type))
)
STATE_BITS = 62
"""So many that no state ever comes twice."""


def apply(connection: Connection, changes: Totals) -> None:
    """Add to the rollups; sums of nothing are removed. The caller holds the lock."""
    known = _read(connection, changes)
    old: list[dict[str, object]] = []
    fresh: list[dict[str, object]] = []
    for key, sums in sorted(changes.items()):
        totals = with_changes(known.get(key), sums)
        if key in known:
            old.append({"b_totals": totals} | {f"b_{name}": part for name, part in key._asdict().items()})
        else:
            fresh.append({**key._asdict(), "totals": totals})
    if old:
        connection.execute(_CHANGE, old)
    if fresh:
        connection.execute(insert(ROLLUPS), fresh)
    _outdate(connection, {key.week for key in changes})
    count_ever(connection, changes)


def read_totals(connection: Connection, keys: Collection[RollupKey]) -> dict[RollupKey, dict[str, int]]:
    """Return the rollups of some keys that there are."""
    return {key: unpack(totals) for key, totals in _read(connection, keys).items()}


def _outdate(connection: Connection, weeks: Collection[int]) -> None:
    """Give weeks whose sums change another state."""
    if weeks:
        connection.execute(delete(WEEK_STATES).where(WEEK_STATES.c.week.in_(weeks)))
        states = [{"week": week, "state": randbits(STATE_BITS)} for week in sorted(weeks)]
        connection.execute(insert(WEEK_STATES), states)


def _read(connection: Connection, keys: Collection[RollupKey]) -> dict[RollupKey, str]:
    """Return stored rows of some keys that there are."""
    statement = _BY_KEYS.get(connection.dialect.name)
    rows: Iterable[Row[Any]]
    if statement is None:
        rows = _by_scope(connection, keys)
    else:
        rows = connection.execute(statement, {"keys": msgspec.json.encode(list(keys)).decode()})
    found = {RollupKey(row.scope, row.week, row.scope_value): row.totals for row in rows}
    return {key: totals for key, totals in found.items() if key in keys}


def _by_scope(connection: Connection, keys: Iterable[RollupKey]) -> Iterable[Row[Any]]:
    """Yield the rows of some keys, and maybe others: by the index, scope by scope."""
    for scope, some in groupby(sorted(keys), key=attrgetter("scope")):
        here = list(some)
        weeks = tuple({key.week for key in here})
        yield from select_in(
            connection, _OF_SCOPE, {key.scope_value for key in here}, scope=scope, weeks=weeks
        )
