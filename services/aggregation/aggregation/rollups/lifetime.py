"""Lifetime: what there has been since the beginning, so that no sums of weeks are added up for it."""

from collections import Counter

from sqlalchemy import Connection, delete, insert, select, update

from aggregation.rollups.scopes import Scope
from aggregation.rollups.totals import RollupKey, Totals, unpack
from aggregation.storage.engine import LockName, lock
from aggregation.storage.schema import LIFETIME, ROLLUPS

MEASURES = ("received", "new_homes")
_OF_ALL = ROLLUPS.c.scope_value.in_(["", Scope.APART.value])


def ever(totals: Totals) -> Counter[str]:
    """Return what totals add to what there has been, reports that are counted apart included."""
    counts: Counter[str] = Counter()
    for key, sums in totals.items():
        if key.scope == Scope.RECEIVED and key.scope_value in {"", Scope.APART}:
            for name, amount in sums.items():
                measure = name.partition(":")[0]
                if measure in MEASURES:
                    counts[measure] += amount
    return counts


def stored_ever(connection: Connection) -> Counter[str]:
    """Return what the sums of all weeks add up to."""
    totals = Totals()
    columns = [ROLLUPS.c[name] for name in RollupKey._fields]
    rows = select(*columns, ROLLUPS.c.totals).where(ROLLUPS.c.scope == Scope.RECEIVED, _OF_ALL)
    for *fields, text in connection.execute(rows):
        totals[RollupKey(*fields)].update(unpack(text))
    return ever(totals)


def rebuild_ever(connection: Connection) -> None:
    """Bring what there has been to what the sums of all weeks add up to."""
    lock(connection, LockName.ROLLUPS)
    connection.execute(delete(LIFETIME))
    if rows := [{"measure": name, "total": total} for name, total in stored_ever(connection).items()]:
        connection.execute(insert(LIFETIME), rows)


def count_ever(connection: Connection, changes: Totals) -> None:
    """Bring what there has been along with changes of the sums. The caller holds the lock."""
    known = read_ever(connection)
    for measure, amount in ever(changes).items():
        here = LIFETIME.c.measure == measure
        if measure in known:
            connection.execute(update(LIFETIME).where(here).values(total=LIFETIME.c.total + amount))
        else:
            connection.execute(insert(LIFETIME), {"measure": measure, "total": amount})


def read_ever(connection: Connection) -> dict[str, int]:
    """Return what there has been by measure."""
    return {row.measure: row.total for row in connection.execute(select(LIFETIME))}
