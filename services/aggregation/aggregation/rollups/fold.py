"""Folding: submissions from the outbox into the rollups, in one transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import UTC, datetime
from itertools import batched

from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, select, update

from aggregation.rollups.contributions import contribute
from aggregation.rollups.facts import (
    COUNTED_AS,
    DERIVED_PROTOCOL,
    FACTS,
    Entry,
    Facts,
    derive,
    stored_facts,
)
from aggregation.rollups.lifetime import count_ever
from aggregation.rollups.timeline import timeline_statement
from aggregation.rollups.totals import RollupKey, Totals, unpack, with_changes
from aggregation.rollups.values import KnownVersions, known_versions
from aggregation.storage.changes import note
from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import DROPPED, PENDING, ROLLUPS, SUBMISSIONS, VERSIONS
from aggregation.storage.submissions import PARAMETERS, SOME, select_in

type Group = tuple[str, int]
"""An installation and a week."""

_STORED = (*FACTS, *COUNTED_AS)
"""The columns that the fold writes."""
ERROR_LENGTH = 50

_NEXT = select(PENDING.c.submission_id).where(PENDING.c.put_aside.is_(None)).order_by(PENDING.c.submission_id)
_TIMELINE = timeline_statement()
_WHOLE = select(SUBMISSIONS).where(SUBMISSIONS.c.id.in_(SOME))
_KEYS = tuple(ROLLUPS.c[name] for name in RollupKey._fields)
_ROLLUPS = select(*_KEYS, ROLLUPS.c.totals).where(
    ROLLUPS.c.scope_value.in_(SOME), ROLLUPS.c.week.in_(bindparam("weeks", expanding=True))
)
_CHANGE = (
    update(ROLLUPS)
    .where(*(column == bindparam(f"b_{column.name}", type_=column.type) for column in _KEYS))
    .values(totals=bindparam("b_totals", type_=ROLLUPS.c.totals.type))
)


def fold(connection: Connection, limit: int) -> int:
    """Fold at most so many submissions, the oldest first; return how many there were."""
    lock(connection, LockName.ROLLUPS)
    fresh = set(connection.scalars(_NEXT.limit(limit)))
    if not fresh:
        return 0
    _count(connection, fresh, fresh)
    _forget(connection, fresh)
    return len(fresh)


def fold_anew(connection: Connection, numbers: Iterable[int]) -> None:
    """Count submissions that are folded as they should be by now, with those that depend on them."""
    lock(connection, LockName.ROLLUPS)
    _count(connection, set(numbers), set())


def _count(connection: Connection, numbers: set[int], fresh: set[int]) -> None:
    """Bring rows and rollups to what submissions add up to; those that are fresh are not in the rollups."""
    entries = _timelines(connection, numbers)
    facts = current_facts(entries, read_versions(connection), fresh)
    changed = {entry["id"] for entry in entries if facts[entry["id"]] != _stored(entry)}
    touched = fresh | changed
    groups = {_group(entry) for entry in entries if entry["id"] in touched}
    ids = [entry["id"] for entry in entries if _group(entry) in groups]
    apply(connection, _difference(_rows(connection, ids), facts, fresh))
    _store_facts(connection, {number: facts[number] for number in changed})
    for some in batched(sorted(touched), PARAMETERS, strict=False):
        note(connection, SUBMISSIONS.c.id.in_(some))


def read_versions(connection: Connection) -> KnownVersions:
    """Return the versions that were released."""
    return known_versions(frozenset(connection.scalars(select(VERSIONS.c.version))))


def current_facts(
    entries: Sequence[Entry], known: KnownVersions, fresh: AbstractSet[int] = frozenset()
) -> dict[int, Facts]:
    """Return what the fold writes into each row, by id."""
    derived = derived_facts(entries)
    facts: dict[int, Facts] = {}
    for entry in entries:
        row = derived.get(entry["id"]) or stored_facts(entry)
        previous = row["previous_app_version"]
        if entry["id"] in fresh:
            ways = known.counted_as(entry["app_version"]), known.counted_as(previous)
        else:
            is_same = previous == entry["previous_app_version"]
            before = entry["previous_version_as"] if is_same else known.counted_as(previous)
            ways = (
                known.counted_anew(entry["app_version"], entry["app_version_as"]),
                known.counted_anew(previous, before),
            )
        facts[entry["id"]] = row | dict(zip(COUNTED_AS, ways, strict=True))
    return facts


def put_aside(connection: Connection, error: str) -> None:
    """Let the oldest submission wait no more, since it cannot be folded: those after it can."""
    lock(connection, LockName.ROLLUPS)
    oldest = connection.scalar(_NEXT.limit(1))
    connection.execute(
        update(PENDING).where(PENDING.c.submission_id == oldest).values(put_aside=error[:ERROR_LENGTH])
    )


def take_back(connection: Connection) -> int:
    """Let all that was put aside wait again; return how many."""
    lock(connection, LockName.ROLLUPS)
    again = update(PENDING).where(PENDING.c.put_aside.is_not(None)).values(put_aside=None)
    return connection.execute(again).rowcount


def waiting_since(connection: Connection) -> datetime | None:
    """Return since when the oldest submission waits that is not put aside."""
    oldest = select(func.min(PENDING.c.since)).where(PENDING.c.put_aside.is_(None))
    seconds: int | None = connection.scalar(oldest)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def apply(connection: Connection, changes: Totals) -> None:
    """Add to the rollups; sums of nothing are removed. The caller holds the lock."""
    known = _read(connection, changes)
    old: list[dict[str, object]] = []
    fresh: list[dict[str, object]] = []
    for key, sums in sorted(changes.items()):
        text = with_changes(known.get(key), sums)
        if key in known:
            old.append({"b_totals": text} | {f"b_{name}": part for name, part in key._asdict().items()})
        else:
            fresh.append({**key._asdict(), "totals": text})
    if old:
        connection.execute(_CHANGE, old)
    if fresh:
        connection.execute(insert(ROLLUPS), fresh)
    count_ever(connection, changes)


def read_totals(connection: Connection, keys: Collection[RollupKey]) -> dict[RollupKey, dict[str, int]]:
    """Return the rollups of some keys that there are."""
    return {key: unpack(text) for key, text in _read(connection, keys).items()}


def _read(connection: Connection, keys: Collection[RollupKey]) -> dict[RollupKey, str]:
    """Return stored rows of some keys that there are."""
    weeks = {key.week for key in keys}
    rows = select_in(connection, _ROLLUPS, {key.scope_value for key in keys}, weeks=tuple(weeks))
    found = ((RollupKey(row.scope, row.week, row.scope_value), row.totals) for row in rows)
    return {key: text for key, text in found if key in keys}


def derived_facts(entries: Iterable[Entry]) -> dict[int, Facts]:
    """Return the facts of the rows of protocol 1.0, by id."""
    timelines: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry["protocol"] == DERIVED_PROTOCOL and not entry["installation_id"].startswith(DROPPED):
            timelines[entry["installation_id"]].append(entry)
    facts: dict[int, Facts] = {}
    for timeline in timelines.values():
        facts |= derive(timeline)
    return facts


def totals_of(rows: Iterable[Entry]) -> Totals:
    """Return what rows of any installations and weeks add up to."""
    groups: defaultdict[Group, list[Entry]] = defaultdict(list)
    for row in rows:
        groups[_group(row)].append(row)
    totals = Totals()
    for group in groups.values():
        contribute(totals, group)
    return totals


def _stored(entry: Entry) -> Facts:
    """Return what the fold has written into a row."""
    return {name: entry[name] for name in _STORED}


def _group(entry: Entry) -> Group:
    """Return which installation and week a row belongs to."""
    return entry["installation_id"], entry["week"]


def _timelines(connection: Connection, fresh: Iterable[int]) -> list[Entry]:
    """Return the new rows, the folded ones that their facts depend on, and those that depend on them."""
    rows = select_in(connection, _TIMELINE, sorted(fresh))
    return list({row.id: dict(row._mapping) for row in rows}.values())  # noqa: SLF001


def _rows(connection: Connection, ids: Sequence[int]) -> list[Entry]:
    """Return whole rows."""
    return [dict(row._mapping) for row in select_in(connection, _WHOLE, ids)]  # noqa: SLF001


def _difference(rows: Sequence[Entry], facts: Mapping[int, Facts], fresh: set[int]) -> Totals:
    """Return what whole groups add up to now, less what they did before."""
    totals = totals_of({**row, **facts.get(row["id"], {})} for row in rows)
    totals.subtract(totals_of(row for row in rows if row["id"] not in fresh))
    return totals


def _store_facts(connection: Connection, facts: Mapping[int, Facts]) -> None:
    """Write facts into their rows."""
    if not facts:
        return
    statement = update(SUBMISSIONS).where(SUBMISSIONS.c.id == bindparam("b_id", type_=Integer()))
    values = {name: bindparam(f"b_{name}", type_=SUBMISSIONS.c[name].type) for name in _STORED}
    changes = [
        {"b_id": number} | {f"b_{name}": fact[name] for name in _STORED} for number, fact in facts.items()
    ]
    connection.execute(statement.values(values), changes)


def _forget(connection: Connection, fresh: Iterable[int]) -> None:
    """Take submissions out of the outbox."""
    column = PENDING.c.submission_id
    numbers = sorted(fresh)
    for start in range(0, len(numbers), PARAMETERS):
        connection.execute(delete(PENDING).where(column.in_(numbers[start : start + PARAMETERS])))
