"""Reading the sums for protocol 1.0: by week, by day, and homes over several weeks, each once."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select

from aggregation.analytics import gaps
from aggregation.analytics.days import Days
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import Values, Week, values_of
from aggregation.analytics.sums import Sums
from aggregation.rollups.lifetime import read_ever
from aggregation.rollups.scopes import Scope
from aggregation.storage.schema import ROLLUPS

NOTHING = "{}"


class Reader:
    """The sums at one moment, of the weeks that are asked for."""

    def __init__(self, connection: Connection) -> None:
        """Take a connection that sees one state of the whole."""
        self._connection = connection
        self.sums = Sums(connection)
        self.days = Days(self.sums)
        self._gaps: dict[int, dict[str, Week]] = {}
        self._known: dict[tuple[int, int], gaps.Parts] = {}

    def read(self, weeks: Weeks) -> None:
        """Read the sums of weeks that are asked for one by one, at once."""
        self.sums.weeks(Scope.ALL, "", weeks)

    def values(self, measure: str, week: int) -> Values:
        """Return the sums of a measure in a week."""
        return values_of(self.sums.weeks(Scope.ALL, "", Weeks(week, week))[week], measure)

    def ever(self, measure: str) -> int:
        """Return what there has been since the beginning."""
        return read_ever(self._connection).get(measure, 0)

    def newest_week(self) -> int | None:
        """Return the newest week that there are reports about."""
        return self._newest(Scope.ALL)

    def latest_day(self) -> date | None:
        """Return the last day on which a report came."""
        week = self._newest(Scope.RECEIVED)
        return None if week is None else max(self.days.of(Weeks(week, week), "received"), default=None)

    def _newest(self, scope: str) -> int | None:
        """Return the newest week of all homes in a scope: the index is read from its end."""
        here = (ROLLUPS.c.scope == scope, ROLLUPS.c.scope_value == "", ROLLUPS.c.totals != NOTHING)
        statement = select(ROLLUPS.c.week).where(*here).order_by(ROLLUPS.c.week.desc()).limit(1)
        week: int | None = self._connection.scalar(statement)
        return week

    def over_weeks(self, measure: str, last: int, weeks: int) -> Counter[str]:
        """Return the sums of a measure over homes of several weeks: each home with its first report."""
        return _rounded(gaps.once(self._parts(last, weeks), measure))

    def versions_over_weeks(self, last: int, weeks: int) -> Counter[str]:
        """Return the versions of homes of several weeks: each home with its last report."""
        return _rounded(gaps.versions_once(self._parts(last, weeks)))

    def active(self, last: int, weeks: int) -> int:
        """Return how many homes there are reports of, about so many weeks."""
        return round(gaps.active_once(self.sums.weeks(Scope.ALL, "", Weeks.up_to(last, weeks))))

    def _parts(self, last: int, weeks: int) -> gaps.Parts:
        """Return the weeks of the homes by their gap, with the share that counts."""
        if (last, weeks) not in self._known:
            self._known[last, weeks] = gaps.parts_of(self._by_gap(last, weeks))
        return self._known[last, weeks]

    def _by_gap(self, last: int, weeks: int) -> Mapping[str, Mapping[int, Week]]:
        """Return the sums of weeks by how long ago the reports before were."""
        span = Weeks.up_to(last, weeks)
        missing = [week for week in span if week not in self._gaps]
        if missing:
            self._gaps |= {week: {} for week in missing}
            for gap, found in self.sums.scope(Scope.GAP, Weeks(missing[0], missing[-1])).items():
                for week in missing:
                    self._gaps[week][gap] = found[week]
        gaps = {gap for week in span for gap in self._gaps[week]}
        return {gap: {week: self._gaps[week].get(gap, {}) for week in span} for gap in gaps}


def _rounded(sums: Mapping[str, float]) -> Counter[str]:
    """Return whole numbers, without those that are none."""
    return Counter({value: round(total) for value, total in sums.items() if round(total) > 0})
