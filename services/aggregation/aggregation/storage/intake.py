"""Intake: what became of what was sent, by the week in which it came; also of what is stored nowhere."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from aggregation.storage.schema import INTAKE

LONGEST_NAME = 40


def add_intake(connection: Connection, week: int, counts: Mapping[str, int]) -> None:
    """Add to the counts of a week; raises SQLAlchemyError when another instance begins the same one now."""
    for what, count in sorted(counts.items()):
        here = (INTAKE.c.week == week, INTAKE.c.what == what[:LONGEST_NAME])
        changed = connection.execute(update(INTAKE).where(*here).values(total=INTAKE.c.total + count))
        if not changed.rowcount:
            row = {"week": week, "what": what[:LONGEST_NAME], "total": count}
            connection.execute(insert(INTAKE).values(row))


def intake(connection: Connection, first: int, last: int) -> Mapping[int, Counter[str]]:
    """Return the counts of some weeks."""
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in connection.execute(select(INTAKE).where(INTAKE.c.week.between(first, last))):
        found[row.week][row.what] = row.total
    return found
