"""Folding: submissions from the outbox into the rollups, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import UTC, datetime
from itertools import batched

from sqlalchemy import Connection, Integer, bindparam, delete, func, select, update

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
from aggregation.rollups.stored import apply
from aggregation.rollups.timeline import timeline_statement
from aggregation.rollups.totals import Tally, Totals
from aggregation.rollups.values import KnownVersions, known_versions
from aggregation.storage.changes import note
from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import DROPPED, PENDING, SUBMISSIONS, VERSIONS
from aggregation.storage.submissions import PARAMETERS, SOME, delete_in, select_in

type Group = tuple[str, int]
"""An installation and a week."""

_STORED = (*FACTS, *COUNTED_AS)
"""The columns that the fold writes."""
ERROR_LENGTH = 50

_NEXT = select(PENDING.c.submission_id).where(PENDING.c.put_aside.is_(None)).order_by(PENDING.c.submission_id)
_DONE = delete(PENDING).where(PENDING.c.submission_id.in_(SOME))
_TIMELINE = timeline_statement()
_NAMES = tuple(_TIMELINE.selected_columns.keys())
_STORE = (
    update(SUBMISSIONS)
    .where(SUBMISSIONS.c.id == bindparam("b_id", type_=Integer()))
    .values({name: bindparam(f"b_{name}", type_=SUBMISSIONS.c[name].type) for name in _STORED})
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
    rows = [entry for entry in entries if _group(entry) in groups]
    apply(connection, _difference(rows, facts, fresh))
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
        previous, app = row["previous_app_version"], entry["printernizer_version"]
        if entry["id"] in fresh:
            ways = tuple(map(known.counted_as, (entry["app_version"], previous, app)))
        else:
            is_same = previous == entry["previous_app_version"]
            before = entry["previous_version_as"] if is_same else known.counted_as(previous)
            ways = (
                known.counted_anew(entry["app_version"], entry["app_version_as"]),
                known.counted_anew(previous, before),
                known.counted_anew(app, entry["printernizer_as"]),
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
    tally = Tally()
    for group in groups.values():
        contribute(tally, group)
    return tally.totals()


def _stored(entry: Entry) -> Facts:
    """Return what the fold has written into a row."""
    return {name: entry[name] for name in _STORED}


def _group(entry: Entry) -> Group:
    """Return which installation and week a row belongs to."""
    return entry["installation_id"], entry["week"]


def _timelines(connection: Connection, fresh: Iterable[int]) -> list[Entry]:
    """Return the new rows, the folded ones that their facts depend on, and those that depend on them."""
    rows = select_in(connection, _TIMELINE, sorted(fresh))
    return list({row.id: dict(zip(_NAMES, row, strict=True)) for row in rows}.values())


def _difference(rows: Sequence[Entry], facts: Mapping[int, Facts], fresh: set[int]) -> Totals:
    """Return what whole groups add up to now, less what they did before."""
    totals = totals_of({**row, **facts.get(row["id"], {})} for row in rows)
    totals.subtract(totals_of(row for row in rows if row["id"] not in fresh))
    return totals


def _store_facts(connection: Connection, facts: Mapping[int, Facts]) -> None:
    """Write facts into their rows."""
    if not facts:
        return
    changes = [
        {"b_id": number} | {f"b_{name}": fact[name] for name in _STORED} for number, fact in facts.items()
    ]
    connection.execute(_STORE, changes)


def _forget(connection: Connection, fresh: Iterable[int]) -> None:
    """Take submissions out of the outbox."""
    delete_in(connection, _DONE, sorted(fresh))
