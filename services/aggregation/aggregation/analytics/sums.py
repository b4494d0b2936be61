"""Reading the sums: only the weeks that are asked for, each row once as long as its week stays the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import batched, groupby

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from aggregation.analytics.answer import Freshness
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Memory, Row, Week
from aggregation.storage.schema import PENDING, ROLLUPS, WEEK_STATES

MOST_WAITING = 10_000
AT_ONCE = 16
"""Of so many properties of homes the weeks are read with one statement."""
_NOTHING: Week = {}
_ROWS = Memory[Week](8 * 2**20)
_SCOPES = Memory[Mapping[str, Week]](16 * 2**20)
_STATES = select(WEEK_STATES.c.week, WEEK_STATES.c.state).where(
    WEEK_STATES.c.week.between(bindparam("first"), bindparam("last"))
)
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
        self._states: dict[int, int | None] = {}
        self._rows: dict[tuple[str, str], dict[int, Week]] = {}
        self._scopes: dict[tuple[str, Weeks], Mapping[str, Mapping[int, Week]]] = {}

    def weeks(self, scope: str, value: str, weeks: Weeks) -> Mapping[int, Week]:
        """Return the weeks of the homes with one property; one without any is empty."""
        for first, last in _runs(self._unknown(scope, value, weeks)):
            asked = {"scope": scope, "value": value, "first": first, "last": last}
            rows = self._connection.execute(_OF_VALUE, asked).all()
            self._take(scope, value, range(first, last + 1), dict(rows))
        known = self._rows[scope, value]
        return {week: known[week] for week in weeks}

    def read(self, scope: str, spans: Mapping[str, Weeks]) -> None:
        """Read weeks of the homes with each of some properties, before they are asked for."""
        first = min((weeks.first for weeks in spans.values()), default=0)
        self._read_states(Weeks(first, max((weeks.last for weeks in spans.values()), default=first)))
        unknown = [(value, self._unknown(scope, value, weeks)) for value, weeks in spans.items()]
        wanted = [(value, range(weeks[0], weeks[-1] + 1)) for value, weeks in unknown if weeks]
        for some in batched(wanted, AT_ONCE, strict=False):
            asked: dict[str, str | int] = {"scope": scope}
            for number in range(AT_ONCE):
                value, weeks = some[min(number, len(some) - 1)]
                asked |= {f"value{number}": value, f"first{number}": weeks[0], f"last{number}": weeks[-1]}
            texts: dict[str, dict[int, str]] = {value: {} for value, _ in some}
            for value, week, text in self._connection.execute(_OF_VALUES, asked).all():
                texts[value][week] = text
            for value, weeks in some:
                self._take(scope, value, weeks, texts[value])

    def scope(self, scope: str, weeks: Weeks) -> Mapping[str, Mapping[int, Week]]:
        """Return the weeks of all values of a scope."""
        if (scope, weeks) not in self._scopes:
            self._scopes[scope, weeks] = self._scope(scope, weeks)
        return self._scopes[scope, weeks]

    def _scope(self, scope: str, weeks: Weeks) -> Mapping[str, Mapping[int, Week]]:
        """Read the weeks of all values of a scope."""
        self._read_states(weeks)
        remembered = {week: _SCOPES.find((scope, week), self._states[week]) for week in weeks}
        known = {week: rows for week, rows in remembered.items() if rows is not None}
        for first, last in _runs(week for week in weeks if week not in known):
            fresh: dict[int, dict[str, Row]] = {week: {} for week in range(first, last + 1)}
            asked = {"scope": scope, "first": first, "last": last}
            for value, week, text in self._connection.execute(_OF_SCOPE, asked).all():
                fresh[week][value] = Row(text)
            for week, rows in fresh.items():
                size = sum(len(row.text) for row in rows.values())
                _SCOPES.keep((scope, week), self._states[week], rows, size)
            known |= fresh
        empty: dict[int, Week] = dict.fromkeys(weeks, _NOTHING)
        found: dict[str, dict[int, Week]] = {}
        for week in weeks:
            for value, row in known[week].items():
                if value not in found:
                    found[value] = dict(empty)
                found[value][week] = row
        return found

    def _unknown(self, scope: str, value: str, weeks: Weeks) -> Sequence[int]:
        """Return the weeks of the homes with one property that nothing remembers."""
        known = self._rows.setdefault((scope, value), {})
        missing = [week for week in weeks if week not in known]
        if missing:
            self._read_states(Weeks(missing[0], missing[-1]))
        for week in missing:
            row = _ROWS.find((scope, value, week), self._states[week])
            if row is not None:
                known[week] = row
        return [week for week in missing if week not in known]

    def _take(self, scope: str, value: str, weeks: Iterable[int], texts: Mapping[int, str]) -> None:
        """Take what was read of the homes with one property."""
        for week in weeks:
            text = texts.get(week, "")
            row = self._rows[scope, value][week] = Row(text) if text else _NOTHING
            _ROWS.keep((scope, value, week), self._states[week], row, len(text))

    def _read_states(self, weeks: Weeks) -> None:
        """Read in which state the sums of weeks are, before them: what is read later is no older."""
        if any(week not in self._states for week in weeks):
            asked = {"first": weeks.first, "last": weeks.last}
            self._states |= dict.fromkeys(weeks)
            for week, state in self._connection.execute(_STATES, asked).all():
                self._states[week] = state

    @cached_property
    def freshness(self) -> Freshness:
        """How far the sums lag behind."""
        since, waiting = self._connection.execute(_WAITING).one()
        until = self._moment if since is None else datetime.fromtimestamp(since, UTC)
        return Freshness(until=until, waiting=waiting)


def _runs(weeks: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of weeks that follow each other."""
    for _, run in groupby(enumerate(weeks), key=lambda numbered: numbered[1] - numbered[0]):
        some = [week for _, week in run]
        yield some[0], some[-1]
