"""Reading the sums: only the weeks that are asked for, each row once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from itertools import batched

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from aggregation.analytics.answer import Freshness
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Memory, Week
from aggregation.storage.schema import PENDING, ROLLUPS

MOST_WAITING = 10_000
AT_ONCE = 16
"""Of so many properties of homes the weeks are read with one statement."""
_NOTHING: Week = {}
_ROWS = Memory()
_BETWEEN = ROLLUPS.c.week.between(bindparam("first"), bindparam("last"))
_OF_SCOPE = select(ROLLUPS.c.scope_value, ROLLUPS.c.week, ROLLUPS.c.totals).where(
    ROLLUPS.c.scope == bindparam("scope"), _BETWEEN
)
_OF_VALUE = select(ROLLUPS.c.week, ROLLUPS.c.totals).where(
    ROLLUPS.c.scope == bindparam("scope"), ROLLUPS.c.scope_value == bindparam("value"), _BETWEEN
)
_OF_VALUES = select(ROLLUPS.c.scope_value, ROLLUPS.c.week, ROLLUPS.c.totals).where(
    or_(
        *(
            and_(
                ROLLUPS.c.scope == bindparam("scope"),
                ROLLUPS.c.scope_value == bindparam(f"value{number}"),
                ROLLUPS.c.week.between(bindparam(f"first{number}"), bindparam(f"last{number}")),
            )
            for number in range(AT_ONCE)
        )
    )
)
_WAITS = PENDING.c.put_aside.is_(None)
_SOME = select(PENDING.c.submission_id).where(_WAITS).limit(MOST_WAITING).subquery()
_WAITING = select(
    select(func.min(PENDING.c.since)).where(_WAITS).scalar_subquery(),
    select(func.count()).select_from(_SOME).scalar_subquery(),
)


class Sums:
    """The sums at one moment."""

    def __init__(self, connection: Connection) -> None:
        """Take a connection that sees one state of the whole."""
        self._connection = connection
        self._moment = datetime.now(UTC)
        self._rows: dict[tuple[str, str], dict[int, Week]] = {}
        self._scopes: dict[tuple[str, Weeks], Mapping[str, Mapping[int, Week]]] = {}

    def weeks(self, scope: str, value: str, weeks: Weeks) -> Mapping[int, Week]:
        """Return the weeks of the homes with one property; one without any is empty."""
        known = self._rows.setdefault((scope, value), {})
        missing = [week for week in weeks if week not in known]
        if missing:
            asked = {"scope": scope, "value": value, "first": missing[0], "last": missing[-1]}
            rows = self._connection.execute(_OF_VALUE, asked).all()
            found = {week: _ROWS.row((scope, value, week), totals) for week, totals in rows}
            known |= {week: found.get(week, {}) for week in missing}
        return {week: known[week] for week in weeks}

    def read(self, scope: str, spans: Mapping[str, Weeks]) -> None:
        """Read weeks of the homes with each of some properties, before they are asked for."""
        wanted = [(value, weeks) for value, weeks in spans.items() if (scope, value) not in self._rows]
        for some in batched(wanted, AT_ONCE, strict=False):
            asked: dict[str, str | int] = {"scope": scope}
            for number in range(AT_ONCE):
                value, weeks = some[min(number, len(some) - 1)]
                asked |= {f"value{number}": value, f"first{number}": weeks.first, f"last{number}": weeks.last}
            self._rows |= {(scope, value): dict.fromkeys(weeks, _NOTHING) for value, weeks in some}
            for value, week, totals in self._connection.execute(_OF_VALUES, asked).all():
                self._rows[scope, value][week] = _ROWS.row((scope, value, week), totals)

    def scope(self, scope: str, weeks: Weeks) -> Mapping[str, Mapping[int, Week]]:
        """Return the weeks of all values of a scope."""
        if (scope, weeks) not in self._scopes:
            self._scopes[scope, weeks] = self._scope(scope, weeks)
        return self._scopes[scope, weeks]

    def _scope(self, scope: str, weeks: Weeks) -> Mapping[str, Mapping[int, Week]]:
        """Read the weeks of all values of a scope."""
        asked = {"scope": scope, "first": weeks.first, "last": weeks.last}
        rows = self._connection.execute(_OF_SCOPE, asked).all()
        empty: dict[int, Week] = {week: {} for week in weeks}
        found: dict[str, dict[int, Week]] = {}
        for value, week, totals in rows:
            found.setdefault(value, dict(empty))[week] = _ROWS.row((scope, value, week), totals)
        return found

    @cached_property
    def freshness(self) -> Freshness:
        """How far the sums lag behind."""
        since, waiting = self._connection.execute(_WAITING).one()
        until = self._moment if since is None else datetime.fromtimestamp(since, UTC)
        return Freshness(until=until, waiting=waiting)
