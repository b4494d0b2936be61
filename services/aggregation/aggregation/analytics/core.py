"""The query core: a question in, an answer out; all is read from the sums, nothing from single reports."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from aggregation.analytics import gaps
from aggregation.analytics.answer import Answer, Figure, Line, Point
from aggregation.analytics.completeness import Completeness
from aggregation.analytics.counting import Count, Counting, Told, amount, chosen, homes_of, share
from aggregation.analytics.intervals import Interval
from aggregation.analytics.question import VALUE, Question, Weeks
from aggregation.analytics.rows import Week, values_of
from aggregation.analytics.sums import Sums
from aggregation.rollups.facts import DERIVED_PROTOCOL
from aggregation.rollups.measures import UNITS, Kind, Measure
from aggregation.rollups.scopes import Scope

type Source = Mapping[int, Week]
"""The weeks of the homes that a line is about."""


class Core:
    """Answers questions at one moment, each row of the sums read once."""

    def __init__(self, connection: Connection, today: date) -> None:
        """Take a connection that sees one state of the whole, and the day (UTC)."""
        self._sums = Sums(connection)
        self._completeness = Completeness(self._sums, today)
        self._complete: dict[int, tuple[float, bool]] = {}
        self._points: dict[Kind, dict[tuple[int, Count], Point]] = {}
        self._each_once: dict[tuple[Weeks, str], Mapping[str, float]] = {}

    def ask(self, question: Question) -> Answer:
        """Return the answer to a question."""
        sources = self._sources(question)
        told = {label: Told(source.values()) for label, source in sources.items()}
        lines = [
            self._line(question, label, value, sources[whose], told[whose])
            for label, value, whose in _lines(question, sources)
        ]
        measure = question.measure
        return Answer(
            question=question,
            title=measure.declared.label,
            unit=measure.declared.unit or UNITS.get(question.value or "", ""),
            population=measure.population,
            lines=tuple(sorted(lines, key=lambda line: (-line.figure.amount, line.label))),
            freshness=self._sums.freshness,
        )

    def _sources(self, question: Question) -> Mapping[str, Source]:
        """Return the weeks of the homes of each line, by label; all in one without a split by homes."""
        if isinstance(question.split, Scope):
            return self._sums.scope(question.split, question.weeks)
        of_all = Scope.RECEIVED if question.measure.declared.kind is Kind.DAY else Scope.ALL
        scope, value = (question.filter.scope, question.filter.value) if question.filter else (of_all, "")
        return {"": self._sums.weeks(scope, value, question.weeks)}

    def _line(self, question: Question, label: str, value: str | None, source: Source, told: Told) -> Line:
        """Return a line about one value, or all."""
        counting = Counting(question.measure, value)
        counts = counting.counts(told)
        figure = (
            self._once(question, value, source) if question.once else counting.figure(counts, source.values())
        )
        return Line(label=label, points=self._points_of(counting, source, counts), figure=figure)

    def _points_of(self, counting: Counting, source: Source, counts: Sequence[Count]) -> tuple[Point, ...]:
        """Return the weeks of a line; one is the same in all lines where the count says everything."""
        known = {} if counting.is_squared else self._points.setdefault(counting.kind, {})
        keys = list(zip(source, counts, strict=True))
        for key in keys:
            if key not in known:
                week, count = key
                known[key] = self._point(week, counting.figure_of_week(source[week], count))
        return tuple(map(known.__getitem__, keys))

    def _point(self, week: int, figure: Figure) -> Point:
        """Return a week of a line."""
        if week not in self._complete:
            self._complete[week] = self._completeness.of(week), self._completeness.is_settled(week)
        complete, is_settled = self._complete[week]
        return Point(week=week, figure=figure, complete=complete, is_settled=is_settled)

    def _once(self, question: Question, value: str | None, source: Source) -> Figure:
        """Return a figure for which each home of the weeks counts once."""
        measure = question.measure
        if measure is Measure.ACTIVE:
            return self._active_once(question, source)
        part = amount(self._of_each(question.weeks, measure), chosen(measure, value))
        if measure is Measure.APP_VERSION:
            homes = sum(self._of_each(question.weeks, measure).values())
        else:
            homes = sum(
                homes_of(name, value, self._of_each(question.weeks, name)) for name in measure.declared.of
            )
        return share(part, homes, homes)

    def _active_once(self, question: Question, source: Source) -> Figure:
        """Return how many homes there are in weeks; the interval is for the share that surely differ."""
        homes = gaps.active_once(source)
        of_1 = None
        if not question.is_of_some:
            of_1 = self._sums.weeks(Scope.PROTOCOL, DERIVED_PROTOCOL, question.weeks)
        sure = 1 - gaps.twice_at_most(source, of_1) / homes if homes else 0.0
        return Figure(
            amount=homes, homes=homes, rate=float(homes > 0), interval=Interval(max(0.0, sure), 1.0)
        )

    def _of_each(self, weeks: Weeks, measure: str) -> Mapping[str, float]:
        """Return the sums of a measure over the homes of several weeks, each home once."""
        if (weeks, measure) not in self._each_once:
            parts = gaps.parts_of(self._sums.scope(Scope.GAP, weeks))
            is_version = measure == Measure.APP_VERSION
            found = gaps.versions_once(parts) if is_version else gaps.once(parts, measure)
            self._each_once[weeks, measure] = found
        return self._each_once[weeks, measure]


def _lines(question: Question, sources: Mapping[str, Source]) -> Iterator[tuple[str, str | None, str]]:
    """Yield the label and the value of each line, and whose weeks it is about."""
    for label, source in sources.items():
        if question.split != VALUE:
            yield label, question.value, label
            continue
        for value in sorted(
            {value for week in source.values() for value in values_of(week, question.measure)}
        ):
            if value:
                yield value, value, label
