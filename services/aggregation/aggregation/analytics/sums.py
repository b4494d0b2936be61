"""Reading the sums: only the weeks that are asked for, each row once."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from msgspec.json import decode
from sqlalchemy import Connection, func, select

from aggregation.analytics.answer import Freshness
from aggregation.analytics.question import Weeks
from aggregation.rollups.fold import waiting_since
from aggregation.rollups.totals import Sums as Totals
from aggregation.storage.schema import PENDING, ROLLUPS

type Values = Mapping[str, int]
"""Sums of one measure by its value."""
type Week = Mapping[str, Values]
"""The measures of one week."""

MOST_WAITING = 10_000
REMEMBERED = 1024
"""Rows that are not parsed anew, with some 20 KB each."""
_NOTHING: Values = {}


class Sums:
    """The sums at one moment."""

    def __init__(self, connection: Connection) -> None:
        """Take a connection that sees one state of the whole."""
        self._connection = connection
        self._rows: dict[tuple[str, str], dict[int, Week]] = {}

    def weeks(self, scope: str, value: str, weeks: Weeks) -> Mapping[int, Week]:
        """Return the weeks of the homes with one property; one without any is empty."""
        known = self._rows.setdefault((scope, value), {})
        missing = [week for week in weeks if week not in known]
        if missing:
            here = (ROLLUPS.c.scope == scope, ROLLUPS.c.scope_value == value)
            between = ROLLUPS.c.week.between(missing[0], missing[-1])
            rows = self._connection.execute(select(ROLLUPS.c.week, ROLLUPS.c.totals).where(*here, between))
            found = {row.week: by_measure(row.totals) for row in rows}
            known |= {week: found.get(week, {}) for week in missing}
        return {week: known[week] for week in weeks}

    def scope(self, scope: str, weeks: Weeks) -> Mapping[str, Mapping[int, Week]]:
        """Return the weeks of all values of a scope."""
        between = ROLLUPS.c.week.between(weeks.first, weeks.last)
        rows = self._connection.execute(select(ROLLUPS).where(ROLLUPS.c.scope == scope, between))
        found: defaultdict[str, dict[int, Week]] = defaultdict(lambda: {week: {} for week in weeks})
        for row in rows:
            found[row.scope_value][row.week] = by_measure(row.totals)
        return found

    def freshness(self) -> Freshness:
        """Return how far the sums lag behind."""
        since = waiting_since(self._connection)
        some = select(PENDING.c.submission_id).where(PENDING.c.put_aside.is_(None)).limit(MOST_WAITING)
        waiting = self._connection.scalar(select(func.count()).select_from(some.subquery())) if since else 0
        return Freshness(until=since or datetime.now(UTC), waiting=waiting or 0)


def values_of(week: Week, measure: str) -> Values:
    """Return the sums of a measure in a week."""
    return week.get(measure, _NOTHING)


@lru_cache(maxsize=REMEMBERED)
def by_measure(text: str) -> Week:
    """Return the sums of a row by measure and value. Most are of weeks long past, and stay as they are."""
    week: Week = decode(text, type=Totals)
    return week
