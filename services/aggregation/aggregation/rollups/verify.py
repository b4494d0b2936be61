"""Counting everything again from the rows, to compare it with the rollups."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, func, select

from aggregation.rollups.facts import Entry, stored_facts
from aggregation.rollups.fold import derived_facts, totals_of
from aggregation.rollups.lifetime import read_ever, stored_ever
from aggregation.rollups.totals import RollupKey, Totals, unpack
from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import PENDING, PURGES, ROLLUPS, SUBMISSIONS

RAW_PURGE = "raw"
_EVER = RollupKey("lifetime", 0, "")
"""Stands for what there has been, which is what the sums of all weeks add up to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a recount found."""

    submissions: int
    rollups: int
    wrong: tuple[tuple[RollupKey, str], ...]
    """Sums that differ from the recount, or are missing, or should not be there."""
    wrong_facts: int
    """Rows of `submissions` whose derived facts differ."""

    @property
    def agrees(self) -> bool:
        """Tell whether everything is as it should be."""
        return not self.wrong and not self.wrong_facts


def verify(connection: Connection) -> Verification:
    """Recount all weeks whose rows are all there still. What waits in the outbox is left out."""
    horizon = connection.scalar(select(func.max(PURGES.c.before_week)).where(PURGES.c.kind == RAW_PURGE)) or 0
    expected = Totals()
    submissions = wrong_facts = 0
    for rows in _installations(connection):
        facts = derived_facts(rows)
        wrong_facts += sum(facts.get(row["id"], stored_facts(row)) != stored_facts(row) for row in rows)
        expected.add_all(totals_of(rows))
        submissions += len(rows)
    stored = _stored(connection, horizon)
    wrong = [
        *_differences({key: sums for key, sums in expected.items() if key.week >= horizon}, stored),
        *_differences({_EVER: stored_ever(connection)}, {_EVER: read_ever(connection)}),
    ]
    return Verification(
        submissions=submissions, rollups=len(stored), wrong=tuple(sorted(wrong)), wrong_facts=wrong_facts
    )


def _differences(
    expected: Mapping[RollupKey, Mapping[str, int]], stored: Mapping[RollupKey, Mapping[str, int]]
) -> Iterator[tuple[RollupKey, str]]:
    """Yield the sums that are not the same; one that is missing is 0."""
    for key in expected.keys() | stored.keys():
        wanted, found = expected.get(key, {}), stored.get(key, {})
        for name in wanted.keys() | found.keys():
            if wanted.get(name, 0) != found.get(name, 0):
                yield key, name


def hold_rollups(connection: Connection) -> None:
    """Keep everything as it is while it is being counted."""
    lock(connection, LockName.REPORTS)
    lock(connection, LockName.ROLLUPS)


def _installations(connection: Connection) -> Iterator[list[Entry]]:
    """Yield the folded rows of one installation after the other."""
    joined = SUBMISSIONS.outerjoin(PENDING, PENDING.c.submission_id == SUBMISSIONS.c.id)
    statement = select(SUBMISSIONS).select_from(joined).where(PENDING.c.submission_id.is_(None))
    ordered = statement.order_by(SUBMISSIONS.c.installation_id, SUBMISSIONS.c.period_start)
    rows = connection.execution_options(yield_per=1000).execute(ordered).mappings()
    for _, members in groupby(rows, key=lambda row: row["installation_id"]):
        yield [dict(member) for member in members]


def _stored(connection: Connection, horizon: int) -> dict[RollupKey, dict[str, int]]:
    """Return the rollups of a week and all later ones."""
    columns = [ROLLUPS.c[name] for name in RollupKey._fields]
    rows = connection.execute(select(*columns, ROLLUPS.c.totals).where(ROLLUPS.c.week >= horizon))
    return {RollupKey(*key): unpack(totals) for *key, totals in rows}
