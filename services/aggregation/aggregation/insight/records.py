"""Records: what was worked out already."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from aggregation.storage.schema_alarms import WORKS


def note(connection: Connection, kind: str, number: int, made: int) -> None:
    """Note that something is worked out in this transaction; raises IntegrityError where it was before."""
    connection.execute(WORKS.insert().values(kind=kind, number=number, made=made))


def worked(connection: Connection, kind: str, numbers: Iterable[int]) -> set[int]:
    """Return for which of the numbers something was worked out."""
    asked = list(numbers)
    if not asked:
        return set()
    here = (WORKS.c.kind == kind, WORKS.c.number.between(min(asked), max(asked)))
    return {number for (number,) in connection.execute(select(WORKS.c.number).where(*here))}
